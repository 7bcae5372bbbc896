"""Decides afterwards whether one order of all calls explains what the clients saw.

The database knows the order: the events of an instance are numbered, and the outcome stored under a call's key has the
time of its events. So no search is needed: each call has its place, and the answers must fit the places.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from tests.chaos.story import FAULT, OK, REFUSED, UNKNOWN, Call

STORED = "select key, result, created_at, result ->> 'instance_id' as instance_id from dg.idempotency"
ORDER = """
select instance_id::text, time, min(stream_seq) as first from dg.event
 where stream_id = instance_id group by 1, 2 order by 1, 3
"""
DOCUMENTS = """
select instance_id::text, document from dg.data_element where document is not null and deleted_at is null
"""
ELEMENTS = "select element_id::text, sha256, deleted_at from dg.data_element"


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database says of a call: its answer, and its place (the revision that it made)."""

    result: dict[str, Any]
    instance_id: str
    place: int


async def stored_calls(connection: asyncpg.Connection) -> tuple[dict[str, Stored], list[str]]:
    """Every committed call by its key; and keys whose outcome stands without events."""
    places: dict[tuple[str, datetime], int] = {}
    counted: dict[str, int] = defaultdict(int)
    for row in await connection.fetch(ORDER):
        counted[row["instance_id"]] += 1
        places[row["instance_id"], row["time"]] = counted[row["instance_id"]]
    found: dict[str, Stored] = {}
    problems: list[str] = []
    for row in await connection.fetch(STORED):
        place = places.get((row["instance_id"], row["created_at"]))
        if place is None:
            problems.append(f"{row['key']}: its outcome is stored, its events are not")
            continue
        found[row["key"]] = Stored(row["result"], row["instance_id"], place)
    return found, problems


async def problems(connection: asyncpg.Connection, calls: Sequence[Call]) -> list[str]:
    """Everything in the clients' records that no order of the calls explains."""
    stored, found = await stored_calls(connection)
    return [*found, *unexplained(calls, stored), *await _contents(connection, calls, stored)]


def unexplained(calls: Sequence[Call], stored: Mapping[str, Stored]) -> Iterator[str]:
    """Answers that do not fit what was carried out, or the order in which it was."""
    for call in calls:
        yield from (f"{call.name} {call.key}: {text}" for text in _of_call(call, stored.get(call.key)))
    extra = stored.keys() - {call.key for call in calls}
    yield from (f"{key}: stored, but nobody called" for key in sorted(extra))
    yield from _out_of_order(calls, stored)
    yield from _revisions(calls, stored)


def _of_call(call: Call, stored: Stored | None) -> Iterator[str]:
    if call.outcome == REFUSED and call.answer["refused"] not in call.foreseen:
        yield f"expected to be accepted, but it was refused with {call.answer['refused']}"
    if call.outcome == UNKNOWN:
        yield "it has never been answered"
    elif call.outcome == FAULT:
        yield f"expected an answer or a refusal, but {call.answer['fault']}"
    elif call.outcome == REFUSED and stored is not None:
        yield f"it was refused with {call.answer['refused']}, but has been carried out"
    elif call.outcome == OK and stored is None and call.always_writes:
        yield "it was acknowledged, but is lost"
    elif call.outcome == OK and stored is not None:
        told = call.answer["ok"]
        yield from (
            f"{name}: told {told[name]}, stored {stored.result[name]}"
            for name in told.keys() & stored.result.keys()
            if told[name] != stored.result[name]
        )
        expected = _expected(call)
        if expected is not None and stored.place != expected + 1:
            yield f"it expected revision {expected} and made revision {stored.place}"


def _expected(call: Call) -> int | None:
    return call.given.get("expected_revision", call.given.get("expectedRevision"))


def _by_place(calls: Sequence[Call], stored: Mapping[str, Stored]) -> dict[str, list[Call]]:
    by_instance: dict[str, list[tuple[int, int, Call]]] = defaultdict(list)
    for number, call in enumerate(calls):
        if call.key in stored:
            mine = stored[call.key]
            by_instance[mine.instance_id].append((mine.place, number, call))
    return {each: [call for _, _, call in sorted(found)] for each, found in by_instance.items()}


def _out_of_order(calls: Sequence[Call], stored: Mapping[str, Stored]) -> Iterator[str]:
    """A call that was over before another began stands before it."""
    for ordered in _by_place(calls, stored).values():
        earliest_end = None
        for call in reversed(ordered):
            if earliest_end is not None and earliest_end.ended < call.invoked:
                yield f"{call.key} began after {earliest_end.key} was over, but stands before it"
            if earliest_end is None or call.ended < earliest_end.ended:
                earliest_end = call


def _revisions(calls: Sequence[Call], stored: Mapping[str, Stored]) -> Iterator[str]:
    """A refusal with CONCURRENCY names a revision that the instance had at some moment of the call."""
    ordered = _by_place(calls, stored)
    for call in calls:
        revision = call.answer.get("revision")
        if call.answer.get("refused") != "CONCURRENCY" or revision is None:
            continue
        others = ordered.get(call.instance_id or "", [])
        least = sum(other.ended < call.invoked for other in others)
        most = sum(other.invoked < call.ended for other in others)
        if revision == _expected(call) or not least <= revision <= most:
            yield f"{call.key} was told revision {revision}, but it was one of {least} to {most}"


async def _contents(connection: asyncpg.Connection, calls: Sequence[Call], stored: Mapping[str, Stored]) -> list[str]:
    """The form holds what the last write wrote, and every file that was not removed is there."""
    found: list[str] = []
    documents = {row["instance_id"]: row["document"] for row in await connection.fetch(DOCUMENTS)}
    elements = {row["element_id"]: row for row in await connection.fetch(ELEMENTS)}
    for instance_id, ordered in _by_place(calls, stored).items():
        writes = [call for call in ordered if call.name == "write"]
        if writes and instance_id in documents:
            mark = orjson.loads(documents[instance_id])["project"]["description"]
            if mark != writes[-1].key:
                found.append(f"{instance_id}: the form is of {mark}, but the last write was {writes[-1].key}")
        removed = {call.given["data_element_id"] for call in ordered if call.name == "remove"}
        for call in ordered:
            if call.name == "upload":
                element_id = stored[call.key].result["data_element_id"]
                row = elements.get(element_id)
                if row is None or (row["deleted_at"] is not None) != (element_id in removed):
                    found.append(f"{call.key}: its file {element_id} is not as the calls left it")
    return found
