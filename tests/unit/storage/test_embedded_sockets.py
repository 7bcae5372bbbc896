"""The socket folder: short, ours alone, and where it was before."""

import os
import tempfile
from pathlib import Path

import pytest

from dialog_graph.storage.embedded import EmbeddedError, sockets
from dialog_graph.storage.embedded.account import Account
from dialog_graph.storage.embedded.sockets import make_folder, remove_folder

US = Account(uid=os.geteuid(), gid=os.getegid())
CLUSTER = Path("/somewhere/pg18")


@pytest.fixture(autouse=True)
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temp folder with a short enough name, whatever pytest calls its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sockets, "_LONGEST_TEMP", 1000)
    return tmp_path


def test_the_folder_is_named_for_user_and_cluster_and_closed(temp: Path) -> None:
    folder = make_folder(CLUSTER, US, None)
    assert folder.parent == temp
    assert folder.name.startswith(f"dg-{US.uid}-")
    assert len(folder.name.rpartition("-")[2]) == 12
    folder.chmod(0o777)
    assert make_folder(CLUSTER, US, None).stat().st_mode & 0o777 == 0o700
    assert make_folder(Path("/other/pg18"), US, None) != folder


@pytest.mark.parametrize(("length", "kept"), [(59, True), (60, False)])
def test_the_whole_path_of_a_socket_stays_below_104_bytes(
    monkeypatch: pytest.MonkeyPatch, length: int, kept: bool
) -> None:
    monkeypatch.setattr(sockets, "_LONGEST_TEMP", 60)
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        long = Path(short) / ("t" * (length - len(short) - 1))
        long.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(long))
        folder = make_folder(CLUSTER, US, None)
        remove_folder(folder)
    assert folder.parent == (long if kept else Path("/tmp"))
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) < 104


def test_a_link_in_its_place_is_refused(temp: Path) -> None:
    folder = make_folder(CLUSTER, US, None)
    folder.rename(temp / "target")
    folder.symlink_to(temp / "target")
    with pytest.raises(EmbeddedError, match="it is no folder: remove it"):
        make_folder(CLUSTER, US, None)


def test_a_folder_of_somebody_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def reaches(account: Account, probes: object) -> bool:
        return True

    monkeypatch.setattr(sockets, "is_root", lambda: False)
    monkeypatch.setattr(sockets, "can_reach", reaches)
    somebody = Account(uid=US.uid + 4711, gid=US.gid)
    with pytest.raises(EmbeddedError, match="it belongs to"):
        make_folder(CLUSTER, somebody, None)


def test_a_restart_keeps_the_place_that_others_have_in_hand(temp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    former = make_folder(CLUSTER, US, None)
    other = temp / "other"
    other.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(other))
    assert make_folder(CLUSTER, US, str(former)) == former


def test_a_former_place_that_is_gone_or_another_clusters_is_not_used(temp: Path) -> None:
    former = make_folder(CLUSTER, US, None)
    foreign = make_folder(Path("/other/pg18"), US, None)
    assert make_folder(CLUSTER, US, str(foreign)) == former
    elsewhere = temp / "gone" / former.name
    assert make_folder(CLUSTER, US, str(elsewhere)) == former


def test_only_our_own_empty_folders_go(temp: Path) -> None:
    folder = make_folder(CLUSTER, US, None)
    (folder / "used").touch()
    (temp / "theirs").mkdir()
    remove_folder(folder)
    remove_folder(temp / "theirs")
    assert folder.exists()
    assert (temp / "theirs").exists()
    (folder / "used").unlink()
    remove_folder(folder)
    assert not folder.exists()
