"""What `postmaster.pid` says, half written or whole, and what it does not prove."""

import os
import socket
import sys
from pathlib import Path

import pytest

from dialog_graph.storage.embedded import Address
from dialog_graph.storage.embedded.postmaster import Postmaster, answering, read, runs_cluster

WHOLE = "4711\n/x/pg18\n1700000000\n5432\n{folder}\n\n  123 456\n{status}\n"


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    return tmp_path


def _write(cluster: Path, status: str = "ready   ", folder: str = "/tmp/dg") -> None:
    (cluster / "postmaster.pid").write_text(WHOLE.format(status=status, folder=folder))


def test_a_ready_server(cluster: Path) -> None:
    _write(cluster)
    assert read(cluster) == Postmaster(pid=4711, address=Address(host="/tmp/dg", port=5432), ready=True)


@pytest.mark.parametrize("status", ["starting", "stopping", "standby", ""])
def test_a_server_that_is_not_ready(cluster: Path, status: str) -> None:
    _write(cluster, status)
    said = read(cluster)
    assert said is not None
    assert not said.ready


def test_every_half_of_the_file_is_read_without_a_fault(cluster: Path) -> None:
    whole = WHOLE.format(status="ready", folder="/tmp/dg")
    readiness: list[bool] = []
    for length in range(len(whole)):
        (cluster / "postmaster.pid").write_text(whole[:length])
        said = read(cluster)
        readiness.append(said is not None and said.ready)
    assert readiness.index(True) == len(whole) - 1


@pytest.mark.parametrize("content", [b"", b"not a number\n" * 8, b"\xff\n" * 8])
def test_nonsense_says_nothing(cluster: Path, content: bytes) -> None:
    (cluster / "postmaster.pid").write_bytes(content)
    assert read(cluster) is None


def test_no_file_says_nothing(cluster: Path) -> None:
    assert read(cluster) is None


def test_a_killed_server_leaves_ready_behind_and_does_not_answer(cluster: Path) -> None:
    _write(cluster, folder=str(cluster))
    assert answering(cluster) is None
    with socket.socket(socket.AF_UNIX) as listening:
        # Bound by a short relative name: the folders of tests have long ones.
        before = Path.cwd()
        os.chdir(cluster)
        listening.bind(".s.PGSQL.5432")
        os.chdir(before)
        assert answering(cluster) is None
        listening.listen()
        assert answering(cluster) == Address(host=str(cluster))


def test_a_process_is_known_by_the_whole_path_of_its_cluster() -> None:
    word = sys.orig_argv[-1]
    assert runs_cluster(os.getpid(), Path(word)) == (str(Path(word)) == word)
    assert not runs_cluster(os.getpid(), Path(word[:-1]))
    assert not runs_cluster(2**22 + 1, Path(word))
