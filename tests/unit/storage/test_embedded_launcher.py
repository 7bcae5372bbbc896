"""The launcher itself: what it says before it runs, and that a start cut short leaves nothing behind."""

import os
import threading
from pathlib import Path

import pytest

from dialog_graph.storage.embedded import EmbeddedError, EmbeddedPostgres, account, cluster, launcher, locks, logs
from dialog_graph.storage.embedded import site as site_module
from dialog_graph.storage.embedded.binaries import Binaries
from dialog_graph.storage.embedded.faults import Patience
from dialog_graph.storage.embedded.site import Site


@pytest.fixture(autouse=True)
def away(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root the folders of tests cannot be reached by nobody; what then goes elsewhere must not stay."""
    monkeypatch.setattr(site_module, "AWAY", tmp_path_factory.mktemp("away"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    us = account.Account(uid=os.geteuid(), gid=os.getegid())
    return Site(data=tmp_path, base=tmp_path, account=us, binaries=Binaries(root=tmp_path, version="18.6"))


def test_nothing_is_touched_before_the_start(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path / "data")
    with pytest.raises(EmbeddedError, match="has not been started"):
        _ = postgres.address
    with pytest.raises(EmbeddedError, match="has not been started"):
        postgres.watch()
    postgres.stop()
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_the_system_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: cluster.Cluster, patience: Patience) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cluster.Cluster, "ensure", full)
    with pytest.raises(EmbeddedError, match="No space left on device") as fault:
        EmbeddedPostgres(tmp_path).start()
    assert "DIALOG_GRAPH_DATA" in str(fault.value)
    assert "DATABASE_URL" in str(fault.value)
    assert all(locks.is_free(lock) for lock in tmp_path.glob("*.lock"))


def test_ctrl_c_in_a_start_stops_what_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[cluster.Cluster] = []

    def interrupted(self: cluster.Cluster, patience: Patience) -> None:
        raise KeyboardInterrupt

    def stop(self: cluster.Cluster, patience: Patience) -> None:
        stopped.append(self)

    monkeypatch.setattr(cluster.Cluster, "ensure", interrupted)
    monkeypatch.setattr(cluster.Cluster, "stop", stop)
    with pytest.raises(KeyboardInterrupt):
        EmbeddedPostgres(tmp_path).start()
    assert len(stopped) == 1
    assert all(locks.is_free(lock) for lock in tmp_path.glob("*.lock"))


def test_a_healing_that_fails_is_told_once_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    tries = threading.Semaphore(0)

    def ready(self: cluster.Cluster, patience: Patience) -> None: ...

    def dead(self: cluster.Cluster) -> bool:
        tries.release()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(launcher, "LOOK_EVERY", 0.001)
    monkeypatch.setattr(cluster.Cluster, "ensure", ready)
    monkeypatch.setattr(cluster.Cluster, "lives", dead)
    monkeypatch.setattr(cluster.Cluster, "stop", ready)
    postgres = EmbeddedPostgres(tmp_path, report=told.append)
    postgres.start()
    postgres.watch()
    assert [tries.acquire(timeout=30) for _ in range(4)] == [True] * 4
    postgres.stop()
    assert len(told) == 1
    assert "No space left on device" in told[0]


def test_patience_ends_when_asked_and_when_the_time_is_up() -> None:
    assert not Patience(0).pause()
    ended = threading.Event()
    patience = Patience(1000, ended)
    assert patience.pause()
    ended.set()
    assert not patience.pause()


def test_a_fault_shows_the_ends_of_both_logs(site: Site) -> None:
    (site.cluster / "log").mkdir(parents=True)
    site.start_log.write_text("".join(f"start {n}\n" for n in range(100)))
    for age, day in enumerate(("Mon", "Tue")):
        log = site.cluster / "log" / f"postgres-{day}.log"
        log.write_text(f"reason of {day}\n")
        os.utime(log, (1000 - age, 1000 - age))
    with pytest.raises(EmbeddedError) as fault, logs.explained(site):
        raise EmbeddedError("it ended")
    lines = str(fault.value).splitlines()
    assert lines[:3] == ["it ended", f"{site.start_log}:", "start 88"]
    assert lines[-1] == "reason of Mon"
    assert "reason of Tue" not in lines


def test_the_log_of_a_start_begins_empty_and_follows_no_link(site: Site) -> None:
    site.start_log.write_text("before")
    with logs.start_log(site):
        assert site.start_log.read_text() == ""
    site.start_log.unlink()
    (site.data / "victim").write_text("theirs")
    site.start_log.symlink_to(site.data / "victim")
    with pytest.raises(OSError, match="symbolic links"), logs.start_log(site):
        pytest.fail("opened")
    assert (site.data / "victim").read_text() == "theirs"
