"""Where a cluster lives: what is refused before anything is touched, and whose folders are made how."""

import os
import stat
from pathlib import Path

import pytest

from dialog_graph.storage.embedded import EmbeddedError, EmbeddedPostgres
from dialog_graph.storage.embedded import site as site_module
from dialog_graph.storage.embedded.binaries import Binaries
from dialog_graph.storage.embedded.site import make_data_folder, refuse_other_major, settle

OURS = 0o711 if os.geteuid() == 0 else 0o700
INSTALLED = Binaries(root=Path("/"), version="18.6")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _tree(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns) for path in (folder, *folder.rglob("*"))}


@pytest.mark.parametrize("name", ["pg17", "pg18", "pg-before"])
def test_another_major_is_refused_under_any_name_and_nothing_is_touched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir(mode=0o755)
    (tmp_path / name / "PG_VERSION").write_text("17\n")
    before = _tree(tmp_path)
    with pytest.raises(EmbeddedError) as refused:
        EmbeddedPostgres(tmp_path).start()
    text = str(refused.value)
    assert str(tmp_path / name) in text
    assert "Postgres 17" in text
    assert "Postgres 18" in text
    assert "Nothing was changed" in text
    assert "migrate --rebase-feed" in text
    assert "DIALOG_GRAPH_DATA" in text
    assert _tree(tmp_path) == before


def test_another_major_of_a_database_kept_elsewhere_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "pg17"
    elsewhere.mkdir(parents=True)
    (elsewhere / "PG_VERSION").write_text("17\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "away").symlink_to(elsewhere.parent)
    with pytest.raises(EmbeddedError, match="Postgres 17"):
        refuse_other_major(tmp_path / "data", "18")


def test_a_second_cluster_of_our_major_is_nobodys_business(tmp_path: Path) -> None:
    (tmp_path / "pg-copy").mkdir()
    (tmp_path / "pg-copy" / "PG_VERSION").write_text("18\n")
    (tmp_path / "pg-notes").write_text("")
    refuse_other_major(tmp_path, "18")


def test_a_data_folder_is_made_with_those_above_it_and_made_again(tmp_path: Path) -> None:
    data = tmp_path / "a" / "b"
    make_data_folder(data)
    make_data_folder(data)
    assert _mode(data) == OURS
    assert _mode(tmp_path / "a") & 0o700 == 0o700


def test_an_empty_folder_becomes_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_data_folder(tmp_path)
    assert _mode(tmp_path) == OURS


def test_a_folder_with_something_else_in_it_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "somebody's").touch()
    tmp_path.chmod(0o755)
    make_data_folder(tmp_path)
    assert _mode(tmp_path) == 0o755


def test_a_shared_temp_folder_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    (tmp_path / "launcher.lock").touch()
    make_data_folder(tmp_path)
    assert _mode(tmp_path) == 0o1777


def test_a_line_break_in_the_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="line break"):
        make_data_folder(tmp_path / "a\nb")


@pytest.mark.parametrize("target", ["elsewhere", "gone", "../etc"])
def test_a_link_that_we_did_not_make_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setattr(site_module, "AWAY", tmp_path / "lib")
    (tmp_path / "lib" / "elsewhere").mkdir(parents=True)
    (tmp_path / "away").symlink_to(tmp_path / "lib" / target)
    with pytest.raises(EmbeddedError, match="remove the link to begin with an empty database"):
        settle(tmp_path, INSTALLED)


def test_a_file_in_the_folders_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(EmbeddedError, match=r"cannot be started in .*DATABASE_URL"):
        EmbeddedPostgres(tmp_path / "data").start()
