"""The three locks of a data folder (rule 6).

`launcher.lock` is shared: one per process that uses the server, so the last one out can know it. `start.lock` is
exclusive while somebody starts or stops. `server.lock` is exclusive and belongs to Postgres itself, which inherits the
descriptor: it is held exactly as long as any process of the cluster lives, by whatever pid and in whatever container.
Whoever can take it knows that nothing of the cluster lives; no pid needs to be believed.

A lock belongs to the open file, which processes share: `server.lock` is given up by closing the descriptor, never by
unlocking, since that would take it from Postgres too.
"""

import fcntl
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from dialog_graph.storage.embedded.account import give
from dialog_graph.storage.embedded.faults import EmbeddedError, Patience

LAUNCHER = "launcher.lock"
START = "start.lock"
SERVER = "server.lock"


def opened(path: Path) -> int:
    """Open, or make, a lock file that the folder's owner may open too; no link is followed, as we may be root."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    found = os.fstat(lock)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(lock)
        raise EmbeddedError(f"expected a lock file of our own, but {path} is something else: remove it and start again")
    give(lock, path.parent)
    return lock


def taken(lock: int, *, shared: bool = False) -> bool:
    """Try to take a lock, without waiting."""
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def given_up(lock: int) -> None:
    """Unlock and close: also for processes that were forked from ours and still have the file open."""
    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_UN)
    os.close(lock)


@contextmanager
def tried(path: Path) -> Generator[int | None, None, None]:
    """The descriptor of an exclusive lock, or None while somebody else has it; ours is closed at the end."""
    lock = opened(path)
    try:
        yield lock if taken(lock) else None
    finally:
        os.close(lock)


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock."""
    with tried(path) as lock:
        return lock is not None


@contextmanager
def held(path: Path, patience: Patience) -> Generator[None, None, None]:
    """Hold an exclusive lock, waiting for it; `EmbeddedError` when the patience ends first."""
    lock = opened(path)
    try:
        while not taken(lock):
            if not patience.pause():
                raise EmbeddedError(
                    f"another server has been starting or stopping Postgres in {path.parent} all the time: "
                    "wait for it or stop it, then start again"
                )
        yield
    finally:
        os.close(lock)
