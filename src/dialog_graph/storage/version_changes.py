"""What the one statement of a step leaves as it is, and a migration changes: names of places, owners of data.

Called in the transaction of the step, before its statement (process engine §16).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from dialog_graph.model.diagnostic import has_errors
from dialog_graph.storage.app_versions import stored_diagnostics
from dialog_graph.storage.database import Snapshot, Transaction
from dialog_graph.urns import AppId


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """An open task entry as the new version calls it."""

    entry_id: UUID
    element_id: str
    name: str | None
    lane: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What changes its place. `closed`, `moved`: owner and element of waits, and what a moved one is called now.

    `positions`: number in the new file of every element that is waited at.
    """

    entries: Sequence[Renamed]
    closed: Sequence[tuple[int, str]]
    moved: Sequence[tuple[int, str, str]]
    positions: Sequence[tuple[str, int]]
    data: Sequence[tuple[UUID, str | None]]


_CLOSED = "delete from {table} where instance_id = $1 and owner = $2 and element_id = $3"
_MOVED = "update {table} set element_id = $4 where instance_id = $1 and {owner} = $2 and element_id = $3"
_PLACED = "update {table} set position = $3 where instance_id = $1 and element_id = $2"
_WAITS = ("timer", "message_subscription")
_MOVING = (*((table, "owner") for table in (*_WAITS, "job", "link")), ("incident", "token"))
"""Tables of what can be called otherwise, and their column for the owner."""


@dataclass(frozen=True, slots=True)
class Known:
    """A version of an app as it was registered. `has_errors`: nothing can run it, whether or not it compiles."""

    version_id: UUID
    has_errors: bool


async def known_version(tx: Snapshot, app_id: AppId, ordinal: int) -> Known | None:
    """A version by its number."""
    row = await tx.fetchrow(
        "select version_id, diagnostics from app_version where app_id = $1 and ordinal = $2", str(app_id), ordinal
    )
    return None if row is None else Known(row["version_id"], has_errors(stored_diagnostics(row["diagnostics"])))


async def carry(tx: Transaction, instance_id: UUID, carried: Carried) -> None:
    """Renames entries and waits, drops the waits that are over, and gives data its new task."""
    for table in _WAITS:
        await tx.executemany(_CLOSED.format(table=table), [(instance_id, *place) for place in carried.closed])
    for table, owner in _MOVING:
        await tx.executemany(
            _MOVED.format(table=table, owner=owner), [(instance_id, *place) for place in carried.moved]
        )
    for table in _WAITS:
        await tx.executemany(_PLACED.format(table=table), [(instance_id, *place) for place in carried.positions])
    await tx.executemany(
        "update process_task set element_id = $3, name = $4, lane = $5 where instance_id = $1 and entry_id = $2",
        [(instance_id, item.entry_id, item.element_id, item.name, item.lane) for item in carried.entries],
    )
    await tx.executemany(
        "update data_element set task_id = $3 where instance_id = $1 and element_id = $2",
        [(instance_id, *place) for place in carried.data],
    )
