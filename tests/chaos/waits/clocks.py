"""The two clocks of a worker: the database's, which all share and which tests step, and its own, which may be wrong.

How far the database's clock is ahead stands in a file of eight bytes that every process has mapped, so that a step is
seen by all at once. The table `chaos.step` says the same to the database; it is written first, so no worker is ever
ahead of what the database knows.
"""

import mmap
import os
import struct
import time
from datetime import timedelta
from pathlib import Path

from dialog_graph.storage.clock import Clock

NAME = "clock"
_AHEAD = struct.Struct("=d")

_real = time.time
_wrong_by = [0.0]


def _own() -> float:
    return _real() + _wrong_by[0]


def jump(seconds: float) -> None:
    """Makes this process's own clock wrong by so much; nothing may depend on it."""
    _wrong_by[0] = seconds
    time.time = _own


def wrong_by() -> timedelta:
    """How wrong this process's own clock is."""
    return timedelta(seconds=_wrong_by[0])


class SharedClock(Clock):
    """The clock of a process's database, stepped by others."""

    def __init__(self, file: Path) -> None:
        number = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(number, _AHEAD.size)
            self._shared = mmap.mmap(number, _AHEAD.size)
        finally:
            os.close(number)

    @property
    def offset(self) -> timedelta:  # pyright: ignore[reportIncompatibleVariableOverride] -- only ever read by the product
        """How far ahead everybody is now."""
        return timedelta(seconds=_AHEAD.unpack(self._shared[:])[0])

    def step_to(self, ahead: timedelta) -> None:
        """Moves all who share it. One aligned store, which nobody sees half done."""
        self._shared[:] = _AHEAD.pack(ahead.total_seconds())
