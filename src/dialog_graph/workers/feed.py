"""Following the feed: what subscriptions are made of (event rules §8.3, §8.4).

A follower first reads the table from its cursor, then takes what the process's reader hands it, and goes back to the
table whenever it did not keep up. At the handover it stands in the reader's queue before it reads the last page, and
drops what it has seen twice: no gap, no duplicate. Every event passes the policy just before it is given out.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from dialog_graph.model.event import Event
from dialog_graph.model.principal import Principal
from dialog_graph.ports import Ports
from dialog_graph.reads.events import Wanted, permitted, scope
from dialog_graph.storage import events
from dialog_graph.storage.database import Snapshot
from dialog_graph.storage.events import Cursor, EventFilter
from dialog_graph.workers.reader import Reader, Subscriber, reading

PAGE = 100
FAIR_SHARE = 32
"""Events of one follower before others get their turn."""
RENEWAL = 30.0
"""Seconds until the rights behind the filter are looked at again."""
UPKEEP = 15.0
"""Seconds without events until the position is told all the same."""


def _ignore(_: str) -> None:
    """For those who need no positions."""


class Following:
    """One opened stream. `moved` is told each position that is safe to resume from, before its event is given out.

    Made by `open_stream`, which has refused what the caller may not ask. Iterate `events()` once.
    """

    def __init__(
        self, ports: Ports, principal: Principal, wanted: Wanted, moved: Callable[[str], None] = _ignore
    ) -> None:
        self._ports = ports
        self._principal = principal
        self._wanted = wanted
        self._moved = moved
        self._at = events.START
        self._epoch = 0
        self._chosen = EventFilter()
        self._renewed = 0.0
        self._behind: Cursor | None = events.START
        self._subscriber = Subscriber(self._chosen)

    async def prepare(self, after: str | None) -> None:
        """Finds the place to begin at. Raises `Refused` for a filter or cursor that the caller may not use."""
        async with self._ports.database.snapshot(self._principal) as snapshot:
            await self._renew(snapshot)
            self._epoch = (await events.meta(snapshot)).epoch
            self._at = await events.resume(snapshot, after)

    def token(self, event: Event) -> str:
        """The cursor of an event as clients keep it."""
        return Cursor(event.xid, event.seq).token(self._epoch)

    @property
    def position(self) -> str:
        """Where the stream begins, before `events` is iterated; later positions are told to `moved`."""
        return self._at.token(self._epoch)

    async def events(self) -> AsyncGenerator[Event, None]:
        """The events, for ever. Ends by `Refused` when nothing of the filter is left to the caller."""
        async with reading(self._ports) as reader:
            self._join(reader)
            try:
                while True:
                    for event in await self._batch(reader):
                        self._moved(self.token(event))
                        yield event
                    self._moved(self.position)
                    await asyncio.sleep(0)
            finally:
                reader.part(self._subscriber)

    def _join(self, reader: Reader) -> None:
        """Takes a new place in the queue; until its beginning is reached, the table is read."""
        reader.part(self._subscriber)
        self._subscriber = Subscriber(self._chosen)
        self._behind = reader.join(self._subscriber)

    async def _batch(self, reader: Reader) -> Sequence[Event]:
        """The next events that may be given out, often none."""
        if self._behind is not None and self._at < self._behind:
            return await self._page(reader)
        self._behind = None
        await self._subscriber.wait(UPKEEP)
        if self._subscriber.is_over:
            self._join(reader)
            return ()
        return await self._queued(reader)

    async def _page(self, reader: Reader) -> Sequence[Event]:
        """Events from the table, by the caller's own rights."""
        async with reader.catching_up, self._ports.database.snapshot(self._principal) as snapshot:
            await self._renew_when_due(snapshot, reader)
            page = await events.after(snapshot, self._at, self._chosen, PAGE)
            found = await permitted(self._ports, snapshot, page.events)
        self._at = page.end_cursor
        return found

    async def _queued(self, reader: Reader) -> Sequence[Event]:
        """Events from the queue; an empty queue moves the position to that of the reader."""
        taken = self._subscriber.take(FAIR_SHARE)
        end = Cursor(taken[-1].xid, taken[-1].seq) if taken else reader.position
        fresh = [event for event in taken if Cursor(event.xid, event.seq) > self._at]
        if self._is_due():
            async with self._ports.database.snapshot(self._principal) as snapshot:
                await self._renew_when_due(snapshot, reader)
        found = await reader.decided.permitted(self._principal, fresh)
        self._at = max(self._at, end)
        return found

    def _is_due(self) -> bool:
        return asyncio.get_running_loop().time() - self._renewed > RENEWAL

    async def _renew_when_due(self, snapshot: Snapshot, reader: Reader) -> None:
        if self._is_due() and await self._renew(snapshot):
            self._join(reader)

    async def _renew(self, snapshot: Snapshot) -> bool:
        """Works out the filter anew; True when it means something else now."""
        before, self._chosen = self._chosen, await scope(self._ports, snapshot, self._wanted)
        self._renewed = asyncio.get_running_loop().time()
        return before != self._chosen


async def open_stream(
    ports: Ports,
    principal: Principal,
    wanted: Wanted,
    after: str | None,
    moved: Callable[[str], None] = _ignore,
) -> Following:
    """A stream that may be followed; `after`: a cursor, None begins with what happens from now on. Raises `Refused`."""
    following = Following(ports, principal, wanted, moved)
    await following.prepare(after)
    return following


async def follow(
    ports: Ports, principal: Principal, wanted: Wanted, after: str | None = None
) -> AsyncGenerator[Event, None]:
    """The events of a filter from a cursor on, for ever. Raises `Refused` at its first step."""
    following = await open_stream(ports, principal, wanted, after)
    stream = following.events()
    try:
        async for event in stream:
            yield event
    finally:
        await stream.aclose()
