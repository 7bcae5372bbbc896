"""How long streams live: times of the transports, expiry and age, and the order of closing at shutdown.

Numbers: event rules §8.2, §17, security rules §14. At shutdown feed streams end first, `dialogEvents` streams last.
"""

import asyncio
from dataclasses import dataclass, field

from dialog_graph.model.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds. `upkeep`: how often a cursor is sent without an event; `fair`: items after which others get a turn."""

    connection_init: float = 10.0
    send: float = 10.0
    heartbeat: float = 15.0
    upkeep: float = 30.0
    stream_age: float = 3600.0
    missed_pongs: int = 2
    fair: int = 32


@dataclass(slots=True)
class Closing:
    """What the server tells its streams when it stops."""

    feeds: asyncio.Event = field(default_factory=asyncio.Event)
    dialogs: asyncio.Event = field(default_factory=asyncio.Event)

    def close_feeds(self) -> None:
        """Feed streams end with their cursor; `dialogEvents` streams stay."""
        self.feeds.set()

    def close_all(self) -> None:
        """All streams end."""
        self.feeds.set()
        self.dialogs.set()


@dataclass(frozen=True, slots=True)
class End:
    """When a stream ends by itself: seconds from now, and the WebSocket close code with its reason."""

    after: float
    code: int
    reason: str


RESTART = End(0, 1012, "restart")


def end_of(principal: Principal, times: Times, now: float) -> End:
    """The end of a feed stream: expiry of its token or its age, whichever comes first."""
    left = principal.expires_at - now if principal.expires_at is not None else times.stream_age
    if left < times.stream_age:
        return End(max(left, 0.0), 4440, "token expired")
    return End(times.stream_age, 1012, "stream age")
