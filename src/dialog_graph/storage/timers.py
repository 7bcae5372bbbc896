"""Timers as rows: who is due by the database's clock, and the one that an instance fires next (process engine §12).

A claim only tells workers apart; what fires is decided under the instance's lock, from the rows that are there then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dialog_graph.model.waits import Timer
from dialog_graph.storage.database import Row, Snapshot, Transaction
from dialog_graph.urns import AppId

LEASE = timedelta(seconds=3)
"""How long others leave a due timer to the worker that has claimed it. When that one dies, this and the pause until the
next look together are still less than the five seconds that a timer may be late (process engine §12)."""


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A claimed timer: whose it is. Another one of the instance may be due before it."""

    timer_id: UUID
    instance_id: UUID
    app_id: AppId


_CLAIM = """
with due as (
    select timer_id from timer
     where due_at <= $1 and not is_held and (lease_until is null or lease_until < $1)
     order by due_at, position, timer_id limit $3 for update skip locked
)
update timer t set lease_until = $2 from due where t.timer_id = due.timer_id
returning t.timer_id, t.instance_id, t.app_id, t.due_at, t.position
"""
# One that is leased is soon gone, or free again.
_NEXT = """
select due_at from timer where not is_held and (lease_until is null or lease_until < $1) order by due_at limit 1
"""


async def claim(tx: Transaction, limit: int) -> list[DueTimer]:
    """Timers that are due, leased to the caller; earliest first. Dispatch road; commit before they are fired."""
    rows = await tx.fetch(_CLAIM, tx.now, tx.now + LEASE, limit)
    ordered = sorted(rows, key=lambda row: (row["due_at"], row["position"], row["timer_id"]))
    return [DueTimer(row["timer_id"], row["instance_id"], app_of(row["app_id"])) for row in ordered]


async def next_due(tx: Transaction) -> datetime | None:
    """When the next timer comes due, None when there is none. Dispatch road."""
    return await tx.fetchval(_NEXT, tx.now)


def app_of(text: str) -> AppId:
    """The application that a row names; rows are written by us."""
    return AppId(*text.split("/"))


_EARLIEST = """
select * from timer where instance_id = $1 and due_at <= $2 order by due_at, position, owner limit 1
"""
_OF = "select * from timer where instance_id = any($1::uuid[]) order by due_at, position, owner"


async def earliest(tx: Transaction, instance_id: UUID) -> Timer | None:
    """The timer of a locked instance that fires first of those that are due by now, None when none is."""
    row = await tx.fetchrow(_EARLIEST, instance_id, tx.now)
    return None if row is None else decode(row)


async def of_instances(tx: Snapshot, ids: list[UUID]) -> list[tuple[UUID, Timer]]:
    """The timers of instances, the earliest first."""
    return [(row["instance_id"], decode(row)) for row in await tx.fetch(_OF, ids)]


def decode(row: Row) -> Timer:
    """A timer from its row."""
    return Timer(
        timer_id=row["timer_id"],
        element_id=row["element_id"],
        owner=row["owner"],
        position=row["position"],
        anchor=row["anchor"],
        k=row["k"],
        duration=row["duration"],
        remaining=row["remaining"],
        due_at=row["due_at"],
        opened_at=row["opened_at"],
        entry_id=row["entry_id"],
    )
