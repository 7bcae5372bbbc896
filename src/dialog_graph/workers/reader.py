"""The one reader of a process: tails the event table and hands each event to the subscribers that want it.

It decodes a row once, however many follow, and runs only while somebody does. A subscriber's queue is bounded; one
that does not keep up loses its queue, not its events: it reads them from the table by its own cursor instead. Event
rules §8.3.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from dialog_graph.errors import Refused
from dialog_graph.model.event import Audience, Event
from dialog_graph.ports import Ports
from dialog_graph.storage import events
from dialog_graph.storage.database import Database
from dialog_graph.storage.doorbell import Doorbell, Listener
from dialog_graph.storage.events import START, Cursor, EventFilter
from dialog_graph.workers.decided import Decided
from dialog_graph.workers.matching import Matcher, Place, places_of
from dialog_graph.workers.stopping import stop

QUEUE = 256
"""Events that wait for one subscriber. They are shared with all others, and an event holds at most 4 KB of data."""
PAGE = 500
POLL = 1.0
"""Seconds after which the table is read without a ring."""
SETTLING = 0.02
"""Seconds after a ring that brought nothing: the event waits for an older transaction, which may end without a ring."""
CATCHING_UP = 4
"""Subscribers that read from the table at a time."""

TOLD = EventFilter(audience=Audience.BOTH)
"""Events that somebody may be told of; the others are the engine's journal."""

_log = logging.getLogger(__name__)


class Subscriber:
    """One follower's place with the reader. `is_over`: events were dropped, read them from the table."""

    def __init__(self, chosen: EventFilter) -> None:
        self.matcher = Matcher(chosen)
        self.queue: deque[Event] = deque()
        self.is_over = False
        self._arrived = asyncio.Event()

    def offer(self, event: Event) -> None:
        """Called by the reader for events that may fit."""
        if self.is_over or not self.matcher.fits(event):
            return
        if len(self.queue) == QUEUE:
            self.queue.clear()
            self.is_over = True
        else:
            self.queue.append(event)
        self._arrived.set()

    async def wait(self, timeout: float) -> None:
        """Until something has happened, at most `timeout` seconds."""
        if not self.queue and not self.is_over:
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._arrived.wait()

    def take(self, limit: int) -> list[Event]:
        """The oldest events that wait."""
        return [self.queue.popleft() for _ in range(min(limit, len(self.queue)))]


class Pace:
    """When to look at the table again: at once after a ring, soon when a ring brought nothing, else after a while."""

    def __init__(self, doorbell: Doorbell) -> None:
        self._listener: Listener = doorbell.listener()
        self._is_rung = False

    async def next_look(self, *, is_fruitful: bool) -> None:
        """Waits. `is_fruitful`: the look before brought something."""
        is_settling = self._is_rung and not is_fruitful
        self._is_rung = await self._listener.rung(SETTLING if is_settling else POLL)


class Reader:
    """The reader of one database. All events up to and including `position` have been offered."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._places: dict[Place, set[Subscriber]] = {}
        self._followers = 0
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.position = START
        self.catching_up = asyncio.Semaphore(CATCHING_UP)
        self.decided = Decided(ports)

    async def enter(self) -> None:
        """One more follower; the first starts the reader."""
        self._followers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        await self._ready.wait()

    async def leave(self) -> None:
        """One follower less; the last stops the reader."""
        self._followers -= 1
        if self._followers == 0 and self._task is not None:
            # Gone from the register before the first await: whoever comes now gets a new reader.
            del _readers[self._ports.database]
            await stop(self._task)

    def join(self, subscriber: Subscriber) -> Cursor:
        """Offers the subscriber everything behind the position that is answered."""
        for place in subscriber.matcher.places():
            self._places.setdefault(place, set()).add(subscriber)
        return self.position

    def part(self, subscriber: Subscriber) -> None:
        """Offers it nothing more."""
        for place in subscriber.matcher.places():
            members = self._places.get(place, set())
            members.discard(subscriber)
            if not members:
                self._places.pop(place, None)

    def _route(self, event: Event) -> None:
        for place in places_of(event):
            for subscriber in self._places.get(place, ()):
                subscriber.offer(event)

    async def _run(self) -> None:
        pace = Pace(self._ports.doorbell)
        while True:
            is_full = is_fruitful = False
            try:
                is_full, is_fruitful = await self._look()
            except Refused as refused:
                _log.warning("the feed could not be read: %s", refused.refusal.code)
            except Exception:  # a mistake of ours must not leave every follower waiting for ever
                _log.exception("the feed could not be read")
            if not is_full:
                await pace.next_look(is_fruitful=is_fruitful)

    async def _look(self) -> tuple[bool, bool]:
        """Reads one page on; is the page full, is there anything in it? The first look only finds the beginning."""
        async with self._ports.database.dispatch() as tx:
            if not self._ready.is_set():
                self.position = await events.horizon(tx)
                self._ready.set()
                return False, False
            page = await events.after(tx, self.position, TOLD, PAGE)
        # No await from here: a subscriber that joins sees the position either before all of the page or behind it.
        for event in page.events:
            self._route(event)
        self.position = page.end_cursor
        return len(page.events) == PAGE, bool(page.events)


_readers: dict[Database, Reader] = {}


@asynccontextmanager
async def reading(ports: Ports) -> AsyncGenerator[Reader, None]:
    """The process's reader of this database, running for as long as somebody is inside."""
    reader = _readers.get(ports.database) or _readers.setdefault(ports.database, Reader(ports))
    try:
        await reader.enter()
        yield reader
    finally:
        await reader.leave()
