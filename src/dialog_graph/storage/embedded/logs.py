"""What initdb and Postgres say at a start, and how a failed start shows it (rule 7)."""

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from dialog_graph.storage.embedded.account import give
from dialog_graph.storage.embedded.faults import EmbeddedError
from dialog_graph.storage.embedded.site import Site

_SHOWN = 12
_READ = 8192
_COLLECTED, _STEP = 2.0, 0.02
"""Seconds: how long the collector may take, and how often its log is looked at."""

_LAST_WORDS = ("FATAL", "PANIC")
"""Weights of what a server says when it gives up; the house's clusters speak English."""


@contextmanager
def start_log(site: Site) -> Generator[int, None, None]:
    """The log of one start, emptied, for a child to write in."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    log = os.open(site.start_log, flags, 0o600)
    try:
        give(log, site.data)
        yield log
    finally:
        os.close(log)


@contextmanager
def explained(site: Site) -> Generator[None, None, None]:
    """Add to an `EmbeddedError` what the logs say: once the collector runs, the reason stands only in its own.

    The collector outlives the server that failed and writes last, so it is waited for until the reason stands there.
    """
    before = _collected(site)
    try:
        yield
    except EmbeddedError as fault:
        end = time.monotonic() + _COLLECTED
        while not _has_last_words(site, before) and time.monotonic() < end:
            time.sleep(_STEP)
        said = "".join(f"\n{log}:\n{tail}" for log in _logs(site) if (tail := _tail(log)))
        raise EmbeddedError(f"{fault}{said}") from fault


def _logs(site: Site) -> list[Path]:
    return [site.start_log, *_collectors(site)[-1:]]


def _collectors(site: Site) -> list[Path]:
    return sorted((site.cluster / "log").glob("*.log"), key=lambda log: log.stat().st_mtime)


def _collected(site: Site) -> int:
    return sum(log.stat().st_size for log in _collectors(site))


def _has_last_words(site: Site, before: int) -> bool:
    """True when the collectors' logs have grown and end with the reason."""
    logs = _collectors(site)[-1:]
    return _collected(site) > before and any(word in _tail(log) for log in logs for word in _LAST_WORDS)


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _READ))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-_SHOWN:])
    except OSError:
        return ""
