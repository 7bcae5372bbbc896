"""The three locks: who may share, what a link in their place does, and how long one waits."""

import fcntl
import os
from pathlib import Path

import pytest

from dialog_graph.storage.embedded import EmbeddedError, locks
from dialog_graph.storage.embedded.faults import Patience


def test_many_may_share_and_only_the_last_one_gets_it_alone(tmp_path: Path) -> None:
    first, second = (locks.opened(tmp_path / locks.LAUNCHER) for _ in range(2))
    assert locks.taken(first, shared=True)
    assert locks.taken(second, shared=True)
    assert not locks.taken(first)
    locks.given_up(first)
    assert locks.taken(second)
    locks.given_up(second)


def test_a_lock_lives_as_long_as_any_process_that_inherited_it(tmp_path: Path) -> None:
    path = tmp_path / locks.SERVER
    with locks.tried(path) as lock:
        assert lock is not None
        inherited = os.dup(lock)
    assert not locks.is_free(path)
    os.close(inherited)
    assert locks.is_free(path)


def test_giving_up_the_launcher_lock_frees_it_from_forked_processes_too(tmp_path: Path) -> None:
    lock = locks.opened(tmp_path / locks.LAUNCHER)
    assert locks.taken(lock)
    forked = os.dup(lock)
    locks.given_up(lock)
    assert locks.is_free(tmp_path / locks.LAUNCHER)
    os.close(forked)


def test_a_start_waits_for_another_and_says_so_when_it_gives_up(tmp_path: Path) -> None:
    path = tmp_path / locks.START
    with (
        locks.held(path, Patience(0)),
        pytest.raises(EmbeddedError, match="starting or stopping"),
        locks.held(path, Patience(0.05)),
    ):
        pytest.fail("held twice")
    with locks.held(path, Patience(0)):
        assert not locks.is_free(path)


def test_a_link_in_a_locks_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("theirs")
    (tmp_path / locks.START).symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic links"):
        locks.opened(tmp_path / locks.START)


def test_a_second_name_of_somebody_elses_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("theirs")
    (tmp_path / locks.START).hardlink_to(tmp_path / "victim")
    with pytest.raises(EmbeddedError, match="expected a lock file of our own, but"):
        locks.opened(tmp_path / locks.START)


def test_no_program_inherits_a_lock_by_chance(tmp_path: Path) -> None:
    lock = locks.opened(tmp_path / locks.START)
    assert fcntl.fcntl(lock, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
    os.close(lock)
