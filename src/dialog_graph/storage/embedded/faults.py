"""What the launcher raises, and how long it waits before it does."""

import threading
import time

STEP = 0.02
"""Seconds between two looks at something that is about to happen."""


class EmbeddedError(Exception):
    """The embedded Postgres cannot be used; the text says why and what to do, for the one who started the server."""


class Patience:
    """How long a wait may go on: to a deadline, or until somebody asks us to end."""

    def __init__(self, seconds: float, ended: threading.Event | None = None) -> None:
        """Begin to wait now, for so many seconds; `ended` cuts it short."""
        self._deadline = time.monotonic() + seconds
        self._ended = ended or threading.Event()

    def left(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self._deadline - time.monotonic())

    def pause(self) -> bool:
        """Wait one step; False when the time is up or the end was asked for."""
        left = self.left()
        return left > 0 and not self._ended.wait(min(STEP, left))
