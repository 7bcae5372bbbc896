"""What an instance waits for, three times: as its rows say, as its replayed effects add up, as its state alone says.

P10 and P15: the rows are those that one recomputes, so nothing of a cancelled scope is left and nothing is missing.
"""

from collections.abc import Iterable
from typing import Any, TypeAlias

import asyncpg

from dialog_graph.bpmn import (
    CallApp,
    CloseWaits,
    Definition,
    Effect,
    MoveWait,
    OpenSubscription,
    OpenTimer,
    Replayed,
    StartJob,
    State,
    Wait,
    WaitKind,
)

Row: TypeAlias = tuple[Any, ...]

QUERIES = {
    "timer": "select owner, element_id, due_at, anchor, k, duration, remaining from dg.timer",
    "subscription": "select owner, element_id, kind, name, key from dg.message_subscription",
    "job": "select owner, element_id, entry_no, task_type from dg.job",
    "call": "select owner, element_id, entry_no, other_app from dg.link",
    "incident": "select token, element_id, entry_no, code from dg.incident",
}
CONDITIONS = {
    "subscription": "and kind <> 'start'",
    "job": "and kind = 'service'",
    "call": "and relation = 'child' and state in ('CALLING', 'LINKED')",
}
HELD = """
select 1 from dg.instance i where i.instance_id = $1 and exists (
    select from (select is_held from dg.timer where instance_id = $1 union all
                 select is_held from dg.message_subscription where instance_id = $1 union all
                 select is_held from dg.job where instance_id = $1) w
     where w.is_held <> (i.deleted_at is not null and not i.is_hard_deleted))
"""


async def check_waits(
    connection: asyncpg.Connection, definition: Definition, instance: asyncpg.Record, replayed: Replayed
) -> None:
    """Holds the rows of an instance against its replay. Raises `AssertionError`."""
    instance_id = instance["instance_id"]
    expected = recomputed(replayed.effects)
    for table, query in QUERIES.items():
        sql = f"{query} where instance_id = $1 {CONDITIONS.get(table, '')}"
        stored = {tuple(row) for row in await connection.fetch(sql, instance_id)}
        wanted = incidents(definition, replayed.state) if table == "incident" else expected[table]
        assert stored == wanted, f"{instance_id}: other rows of waits: {table} {stored} != {wanted}"
    assert waits_of(expected) == set(replayed.state.waits(definition)), f"{instance_id}: the state waits for others"
    assert not await connection.fetch(HELD, instance_id), f"{instance_id}: rows are held, or not held, by mistake"


def incidents(definition: Definition, state: State) -> set[Row]:
    """The rows of open incidents that a state gives."""
    places = zip(state.incidents, state.open_incidents(definition), strict=True)
    return {(incident.token, place.element_id, place.entry_no, place.code) for incident, place in places}


def recomputed(effects: Iterable[Effect]) -> dict[str, set[Row]]:
    """The rows that are left when all effects have been carried out, by table."""
    open_rows: dict[tuple[int, str], tuple[str, Row]] = {}
    for effect in effects:
        match effect:
            case CloseWaits(owner=owner, element_id=element):
                gone = [place for place in open_rows if place[0] == owner and element in (None, place[1])]
                for place in gone:
                    del open_rows[place]
            case MoveWait(owner=owner, element_id=element, to=to) if (owner, element) in open_rows:
                table, row = open_rows.pop((owner, element))
                open_rows[owner, to] = table, (owner, to, *row[2:])
            case OpenTimer() | OpenSubscription() | StartJob() | CallApp():
                open_rows[effect.owner, effect.element_id] = _row(effect)
            case _:
                pass
    found: dict[str, set[Row]] = {table: set() for table in QUERIES}
    for table, row in open_rows.values():
        found[table].add(row)
    return found


def _row(effect: OpenTimer | OpenSubscription | StartJob | CallApp) -> tuple[str, Row]:
    place = (effect.owner, effect.element_id)
    match effect:
        case OpenTimer():
            parts = (effect.due_at, effect.anchor, effect.k, effect.duration, effect.remaining)
            return "timer", (*place, *parts)
        case OpenSubscription():
            return "subscription", (*place, effect.kind.value, effect.name, effect.key or "")
        case StartJob():
            return "job", (*place, effect.entry_no, effect.task_type)
        case CallApp():
            return "call", (*place, effect.entry_no, effect.app)


def waits_of(rows: dict[str, set[Row]]) -> set[Wait]:
    """The rows as the state names waits."""
    kinds = {"timer": WaitKind.TIMER, "job": WaitKind.JOB, "call": WaitKind.CALL}
    found = {Wait(row[0], row[1], kinds[table]) for table in kinds for row in rows[table]}
    return found | {Wait(row[0], row[1], WaitKind(row[2])) for row in rows["subscription"]}
