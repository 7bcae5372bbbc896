"""How late timers fired: from the moment at which the shared clock first showed that they were due."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import asyncpg

from tests.chaos.waits.witness import STEPS

FIRINGS = """
select r.due_at, r.opened_at, g.at, f.instance_id, f.element_id, f.k from chaos.fired f
  join chaos.round r using (instance_id, owner, element_id, k)
  join chaos.firing g on g.instance_id = f.instance_id and g.xid = f.xid
 where not exists (
    select from dg.event e where e.stream_id = f.instance_id and e.type = 'app.instance.deleted')
"""
"""Nothing comes to a case while it is deleted, so what comes to it afterwards is not late."""
Step = tuple[datetime, timedelta]
"""Since when the shared clock is how far ahead."""


def shown_at(steps: Sequence[Step], due: datetime) -> datetime:
    """The real moment at which the clock first shows a time. `steps`: the oldest first, at least one."""
    for (since, ahead), (until, _) in pairwise(steps):
        moment = max(since, due - ahead)
        if moment < until:
            return moment
    since, ahead = steps[-1]
    return max(since, due - ahead)


@dataclass(frozen=True, slots=True)
class Late:
    """Seconds between due and fired, of every timer that fired while workers lived, sorted."""

    seconds: Sequence[float]
    worst: str

    def share(self, part: float) -> float:
        """So many seconds late was this part of them at most."""
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * part))] if self.seconds else 0.0

    def beyond(self, limit: float) -> int:
        """How many were later."""
        return len(self.seconds) - bisect_right(self.seconds, limit)


async def measured(connection: asyncpg.Connection, until: datetime) -> Late:
    """Of all that were due before `until`, the moment from which no worker lived; what fired later counts till then."""
    steps = [(row["at"], row["ahead"]) for row in await connection.fetch(STEPS)]
    found: list[tuple[float, str]] = []
    for row in await connection.fetch(FIRINGS):
        due = max(shown_at(steps, row["due_at"]), row["opened_at"])
        if due < until:
            late = (min(row["at"], until) - due).total_seconds()
            found.append((late, f"{row['element_id']} k={row['k']} of {row['instance_id']}"))
    found.sort()
    return Late([late for late, _ in found], found[-1][1] if found else "none")
