"""Mended files are written whole or not at all, and never over somebody else's change."""

import os
from pathlib import Path

import pytest

from dialog_graph.apps.linter import CheckedApp, Mended, NotWritten, check, mend, write
from tests.unit.apps.linter.examples import template
from tests.unit.apps.sample import METADATA

TEXTS = "config/texts/resource.nn.json"


def folder(root: Path) -> Path:
    """A folder with two files to mend."""
    contents = template()
    contents[TEXTS] = contents[TEXTS].replace(b'"nn"', b'"nb"')
    contents[METADATA] = contents[METADATA].replace(b"maxSize", b"maxSizes")
    for file, content in contents.items():
        place = root / "App" / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return root


def mended(root: Path) -> tuple[CheckedApp, Mended]:
    (app,) = check([root]).apps
    found = mend(app, "development")
    assert found is not None
    assert set(found.contents) == {TEXTS, METADATA}
    return app, found


def snapshot(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_changed_files_are_written_and_nothing_else(tmp_path: Path) -> None:
    root = folder(tmp_path)
    (root / "App" / METADATA).chmod(0o640)
    before = snapshot(root)

    write(*mended(root))

    after = snapshot(root)
    assert {file for file in before if before[file] != after[file]} == {f"App/{TEXTS}", f"App/{METADATA}"}
    assert set(before) == set(after), "no file is left behind"
    assert (root / "App" / METADATA).stat().st_mode & 0o777 == 0o640
    assert check([root]).apps[0].diagnostics == ()


@pytest.mark.parametrize("file", [TEXTS, METADATA])
def test_a_file_that_changed_meanwhile_is_left_and_so_are_the_others(tmp_path: Path, file: str) -> None:
    root = folder(tmp_path)
    app, found = mended(root)
    (root / "App" / file).write_bytes(b"{}")
    before = snapshot(root)

    with pytest.raises(NotWritten, match="changed meanwhile"):
        write(app, found)

    assert snapshot(root) == before


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    root = folder(tmp_path)
    app, found = mended(root)
    (root / "App" / TEXTS).unlink()

    with pytest.raises(NotWritten, match="cannot be read"):
        write(app, found)

    assert not (root / "App" / TEXTS).exists()


def test_a_fault_in_the_middle_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder(tmp_path)
    app, found = mended(root)
    before = snapshot(root)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotWritten, match="No space left"):
        write(app, found)

    assert snapshot(root) == before


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    root = folder(tmp_path)
    link, target = root / "App" / TEXTS, root / "App/config/texts/real.txt"
    link.rename(target)
    link.symlink_to(target.name)

    write(*mended(root))

    assert link.is_symlink()
    assert b'"nn"' in target.read_bytes()


def test_the_bare_form_of_a_folder_is_written_where_it_is(tmp_path: Path) -> None:
    root = folder(tmp_path)
    bare = tmp_path / "bare"
    (root / "App").rename(bare)

    write(*mended(bare))

    assert check([bare]).apps[0].diagnostics == ()
