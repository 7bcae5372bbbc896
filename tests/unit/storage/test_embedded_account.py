"""As whom Postgres runs: the owner of what it serves, with nothing of ours but what it needs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dialog_graph.storage.embedded import account
from dialog_graph.storage.embedded.account import Account, can_reach, nobody, spawn, who_creates, who_serves

NAMELESS = 54321
US = Account(uid=os.geteuid(), gid=os.getegid())
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes folders of other users")


def test_a_user_serves_its_folders_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "is_root", lambda: False)
    assert who_serves(tmp_path) == US
    assert who_creates(Account(uid=NAMELESS, gid=NAMELESS)).uid == NAMELESS


@needs_root
def test_for_root_the_nearest_owner_who_is_not_root_serves(tmp_path: Path) -> None:
    cluster, data, around = tmp_path / "a/b/c", tmp_path / "a/b", tmp_path / "a"
    assert who_serves(cluster, data, around) == nobody()
    data.mkdir(parents=True)
    assert who_serves(cluster, data, around) == nobody()
    os.chown(around, 1001, 0)
    assert who_serves(cluster, data, around).uid == 1001
    os.chown(data, 1002, 0)
    assert who_serves(cluster, data, around).uid == 1002
    cluster.mkdir()
    os.chown(cluster, 1003, 0)
    assert who_serves(cluster, data, around) == Account(uid=1003, gid=1003), "never root's group"


@needs_root
def test_a_user_without_a_name_lets_nobody_make_its_cluster() -> None:
    assert str(Account(uid=NAMELESS, gid=NAMELESS)) == f"uid {NAMELESS}"
    assert who_creates(Account(uid=NAMELESS, gid=NAMELESS)) == nobody()
    assert who_creates(nobody()) == nobody()


@needs_root
def test_reach_counts_every_folder_on_the_way(tmp_path: Path) -> None:
    folder = tmp_path / "with blank"
    folder.mkdir(mode=0o755)
    (folder / "file").touch(mode=0o644)
    probes = [("-x", folder), ("-r", folder / "file")]
    assert not can_reach(nobody(), probes), "pytest's own folder is root's alone"
    assert can_reach(US, probes)
    assert can_reach(nobody(), [("-x", Path("/")), ("-r", Path("/etc/passwd"))])
    assert not can_reach(nobody(), [("-x", Path("/")), ("-r", Path("/etc/shadow"))])


def _output(who: Account, script: str) -> str:
    read, write = os.pipe()
    with spawn(who, ["/bin/sh", "-c", script], output=write) as child, os.fdopen(read) as said:
        os.close(write)
        text = said.read()
        assert child.wait() == 0
    return text


def test_a_program_gets_neither_our_environment_nor_our_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("LC_ALL", "xx_XX")
    said = _output(US, "env | grep -c PGPORT; echo $LC_ALL $HOME $(umask); /bin/pwd")
    assert said.split() == ["0", "C", "/", "0077", "/"]


def test_a_program_leads_its_own_session() -> None:
    with spawn(US, [sys.executable, "-S", "-c", "input()"]) as child:
        assert os.getsid(child.pid) == child.pid != os.getsid(0)


@needs_root
def test_none_of_roots_groups_stay() -> None:
    groups = _output(nobody(), "id -u; id -G").split()
    assert groups == [str(nobody().uid), str(nobody().gid)]


def test_only_what_is_kept_is_inherited(tmp_path: Path) -> None:
    kept, other = (os.open(tmp_path / name, os.O_CREAT | os.O_RDWR) for name in "ab")
    with spawn(US, ["/bin/sh", "-c", f"test -e /dev/fd/{kept} && ! test -e /dev/fd/{other}"], keep=[kept]) as child:
        assert child.wait() == 0
    os.close(kept)
    os.close(other)
    assert isinstance(child, subprocess.Popen)
