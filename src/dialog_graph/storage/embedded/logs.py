"""What initdb and Postgres say at a start, and how a failed start shows it (rule 7)."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from dialog_graph.storage.embedded.account import give
from dialog_graph.storage.embedded.faults import EmbeddedError
from dialog_graph.storage.embedded.site import Site

_SHOWN = 12
_READ = 8192


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
    """Add to an `EmbeddedError` what the logs say: once the collector runs, the reason stands only in its own."""
    try:
        yield
    except EmbeddedError as fault:
        said = "".join(f"\n{log}:\n{tail}" for log in _logs(site) if (tail := _tail(log)))
        raise EmbeddedError(f"{fault}{said}") from fault


def _logs(site: Site) -> list[Path]:
    return [site.start_log, *sorted((site.cluster / "log").glob("*.log"), key=lambda log: log.stat().st_mtime)[-1:]]


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _READ))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-_SHOWN:])
    except OSError:
        return ""
