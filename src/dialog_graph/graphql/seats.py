"""How many streams and connections there may be at once, per worker and per subject (security rules §14)."""

from collections import Counter
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass, field

from dialog_graph.errors import Refusal, Refused

DIALOG_STREAMS_RETRY = 5
"""Seconds after which a client with too many streams may try again."""


@dataclass(slots=True, kw_only=True)
class Seats:
    """The seats of one worker. `limited`: whether the numbers per subject hold, as rate limits do; the number of
    `dialogEvents` streams and of the worker always do."""

    limited: bool = False
    per_worker: int = 10_000
    streams_per_subject: int = 100
    dialog_streams_per_subject: int = 20
    connections_per_subject: int = 10
    connections_per_address: int = 100
    _taken: Counter[tuple[str, Hashable]] = field(default_factory=Counter[tuple[str, Hashable]])

    @contextmanager
    def stream(self, subject: Hashable, *, is_dialog: bool = False) -> Generator[None]:
        """A seat for one stream. Raises `Refused` with OVERLOADED or RATE_LIMITED."""
        with self._seat("worker", None, self.per_worker, "OVERLOADED"):
            if is_dialog:
                with self._seat("dialog", subject, self.dialog_streams_per_subject):
                    yield
                return
            with self._seat("stream", subject, self.streams_per_subject if self.limited else None):
                yield

    @contextmanager
    def connection(self, subject: Hashable) -> Generator[None]:
        """A seat for one WebSocket of a caller. Raises `Refused` with RATE_LIMITED."""
        with self._seat("connection", subject, self.connections_per_subject if self.limited else None):
            yield

    @contextmanager
    def address(self, host: str) -> Generator[None]:
        """A seat for one WebSocket of an address. Raises `Refused` with RATE_LIMITED."""
        with self._seat("address", host, self.connections_per_address if self.limited else None):
            yield

    @property
    def streams(self) -> int:
        """Streams of this worker now."""
        return self._taken["worker", None]

    @contextmanager
    def _seat(self, kind: str, owner: Hashable, maximum: int | None, code: str = "RATE_LIMITED") -> Generator[None]:
        key = (kind, owner)
        if maximum is not None and self._taken[key] >= maximum:
            raise Refused(
                Refusal(
                    code=code,
                    expected=f"streams at once: at most {maximum}",
                    actual=f"found {self._taken[key] + 1}",
                    retry_after=DIALOG_STREAMS_RETRY,
                )
            )
        self._taken[key] += 1
        try:
            yield
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]
