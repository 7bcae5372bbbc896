"""Timers that begin a process, as rows beside the active version of their app (process engine §12).

A new active version takes over: a timer that it does not have is gone, one that it has as it was goes on counting, also
when it has fired for the last time. What fires is decided under the lock of the row, in the transaction that makes the
instance, so each round makes one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from dialog_graph.apps import AppVersion
from dialog_graph.bpmn import Element
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.timers import Round, first, following
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.timers import LEASE, app_of
from dialog_graph.urns import AppId


@dataclass(frozen=True, slots=True)
class DueStart:
    """A claimed timer: which start event of which app."""

    app_id: AppId
    element_id: str


def timer_starts(version: AppVersion) -> Mapping[str, Element]:
    """The start events of an app that a timer sets off, by id."""
    starts = version.definition.start_events
    return {element.id: element for element in starts if element.event_type is EventType.TIMER}


def written(element: Element) -> str:
    """What the file says of the timer: when this changes, it begins anew."""
    timer = element.event.timer if element.event else None
    assert timer is not None, "only timers are asked for"
    return f"{timer.kind.value} {timer.text}"


_KNOWN = "select element_id, written from start_timer where app_id = $1"
_REMOVE = "delete from start_timer where app_id = $1 and element_id = any($2::text[])"
_PUT = """
insert into start_timer (app_id, element_id, org, written, anchor, k, duration, remaining, due_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (app_id, element_id) do update set
    written = excluded.written, anchor = excluded.anchor, k = excluded.k, duration = excluded.duration,
    remaining = excluded.remaining, due_at = excluded.due_at, lease_until = null
"""


async def arrange(tx: Transaction, version: AppVersion) -> None:
    """Makes the rows those of this version, which is the active one now. As the app's worker."""
    app_id, wanted = str(version.app_id), timer_starts(version)
    known = {row["element_id"]: row["written"] for row in await tx.fetch(_KNOWN, app_id)}
    if gone := sorted(known.keys() - wanted.keys()):
        await tx.execute(_REMOVE, app_id, gone)
    for name, element in wanted.items():
        if known.get(name) != written(element):
            await _put(tx, version, element)


async def _put(tx: Transaction, version: AppVersion, element: Element) -> None:
    timer = element.event.timer if element.event else None
    assert timer is not None, "only timers are asked for"
    found = first(timer, timer.text, tx.now, ZoneInfo(version.settings.time_zone))
    # One that is over before it begins leaves its row, so that nothing sets it off anew.
    row = found if isinstance(found, Round) else None
    at = row or Round(due_at=tx.now, anchor=tx.now)
    due_at = None if row is None else row.due_at
    app_id, place = str(version.app_id), (element.id, version.app_id.org, written(element))
    await tx.execute(_PUT, app_id, *place, at.anchor, at.k, at.duration, at.remaining, due_at)


_CLAIM = """
with due as (
    select app_id, element_id from start_timer
     where due_at <= $1 and (lease_until is null or lease_until < $1)
     order by due_at, app_id, element_id limit $3 for update skip locked
)
update start_timer t set lease_until = $2 from due where (t.app_id, t.element_id) = (due.app_id, due.element_id)
returning t.app_id, t.element_id, t.due_at
"""
_NEXT = """
select min(due_at) from start_timer where lease_until is null or lease_until < $1
"""


async def claim(tx: Transaction, limit: int) -> list[DueStart]:
    """Start timers that are due, leased to the caller; earliest first. Dispatch road; commit before they fire."""
    rows = await tx.fetch(_CLAIM, tx.now, tx.now + LEASE, limit)
    ordered = sorted(rows, key=lambda row: (row["due_at"], row["app_id"], row["element_id"]))
    return [DueStart(app_of(row["app_id"]), row["element_id"]) for row in ordered]


async def next_due(tx: Transaction) -> datetime | None:
    """When the next one comes due, None when there is none. Dispatch road."""
    return await tx.fetchval(_NEXT, tx.now)


DUE = """
select anchor, k, duration, remaining, due_at from start_timer
 where app_id = $1 and element_id = $2 and written = $3 and due_at <= $4 for update
"""
"""The round of a timer that is due, locked until the transaction ends."""
_MOVE = """
update start_timer set k = $3, remaining = $4, due_at = $5, lease_until = null where app_id = $1 and element_id = $2
"""


async def take(tx: Transaction, version: AppVersion, element: Element) -> Round | None:
    """The round that is due, with the row locked and moved on to the next; None when none is due any more.

    Of several rounds that were missed only one is had, unless the file wants each.
    """
    row = await tx.fetchrow(DUE, str(version.app_id), element.id, written(element), tx.now)
    if row is None:
        return None
    timer = element.event.timer if element.event else None
    done = Round(**dict(row))
    catch_up = timer is not None and timer.catch_up
    after = following(done, catch_up, tx.now, ZoneInfo(version.settings.time_zone))
    place = (done.k, 0, None) if after is None else (after.k, after.remaining, after.due_at)
    await tx.execute(_MOVE, str(version.app_id), element.id, *place)
    return done
