"""Decisions about events, shared by those who ask the same at the same time.

One event may have thousands of followers with the same rights; the policy is asked once for all of them. An answer
lives for a second, so it is never older than what event rules §8.4 allow.
"""

import asyncio
from collections.abc import Hashable, Sequence
from uuid import UUID

from dialog_graph.model.event import Event
from dialog_graph.model.principal import Principal
from dialog_graph.ports import Ports
from dialog_graph.reads.events import permitted

LIFE = 1.0
"""Seconds that an answer counts, from when it was asked for."""
MOST = 1024
"""Answers that are kept."""

_Ids = frozenset[UUID]


def rights_key(principal: Principal) -> Hashable:
    """Callers with the same key get the same decisions: everything about them that a policy is asked with."""
    return (
        principal.kind,
        principal.subject_id,
        principal.org,
        principal.level,
        principal.scopes,
        principal.urn,
        principal.organisation_number,
    )


class Decided:
    """Answers to `reads.events.permitted`, one question at a time for all who have it."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._asked: dict[Hashable, tuple[float, asyncio.Task[_Ids]]] = {}

    async def permitted(self, principal: Principal, found: Sequence[Event]) -> list[Event]:
        """Those of the events that the caller may be told of."""
        if not found:
            return []
        allowed = await asyncio.shield(self._task(principal, found))
        return [event for event in found if event.event_id in allowed]

    def _task(self, principal: Principal, found: Sequence[Event]) -> "asyncio.Task[_Ids]":
        key = (rights_key(principal), tuple(event.event_id for event in found))
        now = asyncio.get_running_loop().time()
        known = self._asked.get(key)
        if known is not None and now - known[0] < LIFE:
            return known[1]
        self._asked.pop(key, None)
        while len(self._asked) >= MOST:
            self._asked.pop(next(iter(self._asked)))
        task = asyncio.create_task(self._ask(principal, found))
        task.add_done_callback(lambda done: self._forget_failure(key, done))
        self._asked[key] = (now, task)
        return task

    def _forget_failure(self, key: Hashable, task: "asyncio.Task[_Ids]") -> None:
        """Whoever asks next asks anew; those who wait have been told."""
        if task.cancelled() or task.exception() is not None:
            self._asked.pop(key, None)

    async def _ask(self, principal: Principal, found: Sequence[Event]) -> _Ids:
        async with self._ports.database.snapshot(principal) as snapshot:
            return frozenset(event.event_id for event in await permitted(self._ports, snapshot, found))
