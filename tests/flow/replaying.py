"""What the journal of an instance says, held against what is stored: the check at the end of every flow test.

The state must come out of a replay byte for byte, and the rows that repeat it for readers (tasks, columns of the
instance, the process events) must be those that one recomputes from the replayed events alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg

from dialog_graph.apps import Files, load
from dialog_graph.bpmn import (
    Definition,
    Event,
    IncidentOpened,
    IncidentResolved,
    JoinForced,
    Mismatch,
    Outcome,
    ProcessCancelled,
    ProcessEnded,
    ProcessStarted,
    Replayed,
    TaskEntered,
    TaskKind,
    TaskLeft,
    WaitBegan,
    WaitEnded,
    replay,
)
from dialog_graph.storage.database import prepare_connection
from dialog_graph.tasks import KINDS
from tests.flow.replaying_waits import check_waits

INSTANCES = """
select i.instance_id, i.version_id, v.ordinal, i.process_state, i.event_seq, i.current_task, i.task_type,
       i.has_incident, i.start_event, i.end_event, i.ended_at is not null as is_ended, i.status, i.is_hard_deleted
  from dg.instance i join dg.app_version v using (version_id)
 where $1::uuid is null or i.instance_id = $1 order by i.instance_id
"""
VERSIONS = """
select version_id, ordinal from dg.app_version
 where app_id = (select app_id from dg.app_version where version_id = $1) order by ordinal
"""
EVENTS = """
select type, stream_seq, data from dg.event where stream_id = $1 and instance_id = $1 order by stream_seq
"""
TASKS = """
select element_id, entry_no, type, status, action, sent_back
  from dg.process_task where instance_id = $1 order by position
"""

MIGRATED = "app.instance.migrated"

COMMANDS = ("app.instance.process.timer", "app.instance.process.message")
"""Told by the commands themselves, and no facts of the interpreter."""

FORCED = "process.join.forced"
"""The one entry of the journal that is no event of the instance and yet a fact of the interpreter."""


@dataclass(frozen=True, slots=True)
class Task:
    """A row of `process_task`, as far as the process decides it."""

    element_id: str
    entry_no: int
    type: str
    status: str
    action: str | None
    sent_back: bool

    @property
    def is_open(self) -> bool:
        return self.status in ("ACTIVE", "WAITING", "FAILED")


async def check_replays(login: dict[str, Any], kinds: Mapping[str, TaskKind] = KINDS) -> int:
    """Replays all instances of the database of this superuser login; gives how many. Raises `AssertionError`.

    `kinds`: the task types that there was code for.
    """
    connection = await asyncpg.connect(**login)
    try:
        await prepare_connection(connection)
        return await Replays(connection, kinds).check()
    finally:
        await connection.close()


class Replays:
    """The check over one superuser's session, with the versions that it has met."""

    def __init__(self, connection: asyncpg.Connection, kinds: Mapping[str, TaskKind] = KINDS) -> None:
        self._connection = connection
        self._kinds = kinds
        self._known: dict[UUID, Definition | None] = {}

    async def check(self, instance_id: UUID | None = None) -> int:
        """Replays one instance, or all; gives how many. Raises `AssertionError`."""
        found = await self._connection.fetch(INSTANCES, instance_id)
        for instance in found:
            versions: dict[str, Definition] = {}
            for version_id, ordinal in await self._connection.fetch(VERSIONS, instance["version_id"]):
                if version_id not in self._known:
                    self._known[version_id] = await self._definition(version_id)
                definition = self._known[version_id]
                if definition is not None:
                    versions[str(ordinal)] = definition
            await _check(self._connection, versions, instance)
        return len(found)

    async def _definition(self, version_id: UUID) -> Definition | None:
        """None for a version with errors, which is stored and which no instance can have begun with."""
        archive = await self._connection.fetchval("select files from dg.app_version where version_id = $1", version_id)
        version, _ = load(Files.from_archive(archive), "development", kinds=self._kinds)
        return version.definition if version is not None else None


async def _check(connection: asyncpg.Connection, versions: Mapping[str, Definition], instance: asyncpg.Record) -> None:
    instance_id = instance["instance_id"]
    events = await connection.fetch(EVENTS, instance_id)
    numbers = [event["stream_seq"] for event in events]
    assert numbers == list(range(1, instance["event_seq"] + 1)), f"{instance_id}: gaps in the stream: {numbers}"
    records = [event["data"] for event in events if event["type"] == "process.step"]
    path = _path(events, str(instance["ordinal"]))
    replayed = replay(versions[path[0]], records, versions)
    definition = versions[path[-1]]
    assert isinstance(replayed, Replayed), f"{instance_id}: {replayed}"
    assert replayed.state.to_json() == instance["process_state"], f"{instance_id}: another state than the stored one"
    rows = await connection.fetch(TASKS, instance_id)
    tasks = recomputed_tasks([versions[version] for version in path], replayed.events, _renamed(events))
    assert [Task(*row) for row in rows] == tasks, f"{instance_id}: other tasks than the stored ones"
    assert process_events(events) == list(told(replayed.events)), f"{instance_id}: other events than the stored ones"
    _check_columns(instance, tasks, replayed)
    await check_waits(connection, definition, instance, replayed)


def _path(events: Iterable[asyncpg.Record], last: str) -> list[str]:
    """The versions that an instance has had, in order."""
    told = [event["data"]["from"] for event in events if event["type"] == MIGRATED]
    return [*told, last]


def _renamed(events: Iterable[asyncpg.Record]) -> dict[str, str]:
    """Ids of elements that migrations gave other names, old to new."""
    renamed: dict[str, str] = {}
    for event in events:
        if event["type"] == MIGRATED:
            renamed |= event["data"].get("mapping", {})
    return renamed


def _check_columns(instance: asyncpg.Record, tasks: Sequence[Task], replayed: Replayed) -> None:
    """The columns of the instance that repeat the state for queries."""
    open_tasks = [task for task in tasks if task.is_open]
    active = [task for task in open_tasks if task.status == "ACTIVE"]
    first = next(iter(active or open_tasks), None)
    stored = (instance["current_task"], instance["task_type"], instance["has_incident"], instance["is_ended"])
    expected = (
        first.element_id if first else None,
        first.type if first else None,
        bool(replayed.state.incidents),
        any(isinstance(event, ProcessEnded | ProcessCancelled) for event in replayed.events),
    )
    assert stored == expected, f"{instance['instance_id']}: other columns than the state says: {stored} != {expected}"
    ends = [event.end_event for event in replayed.events if isinstance(event, ProcessEnded)]
    assert instance["end_event"] == (ends[0] if ends else None)


def recomputed_tasks(
    versions: Sequence[Definition], events: Iterable[Event], renamed: Mapping[str, str] = MappingProxyType({})
) -> list[Task]:
    """The task rows that these events give, in order of activation.

    `versions`: the definitions that the instance has had; `renamed`: what migrations called otherwise.
    """
    tasks = dict[tuple[str, int], Task]()
    for event in events:
        match event:
            case TaskEntered():
                found = (version.element(event.element_id) for version in versions)
                element = next(element for element in found if element is not None)
                assert element.task is not None
                status = "ACTIVE" if element.task.kind is TaskKind.USER else "WAITING"
                tasks[event.element_id, event.entry_no] = Task(
                    event.element_id, event.entry_no, event.task_type, status, None, event.by_send_back
                )
            case WaitBegan():
                tasks[event.element_id, event.entry_no] = Task(
                    event.element_id, event.entry_no, event.type.value, "WAITING", None, False
                )
            case TaskLeft() | WaitEnded():
                _rename(tasks, event.element_id, event.entry_no, renamed)
                old = tasks[event.element_id, event.entry_no]
                status = "COMPLETED" if event.outcome is Outcome.COMPLETED else "ABANDONED"
                action = event.action if isinstance(event, TaskLeft) else None
                tasks[event.element_id, event.entry_no] = Task(
                    old.element_id, old.entry_no, old.type, status, action, old.sent_back
                )
            case IncidentOpened() | IncidentResolved() if (event.element_id, event.entry_no) in tasks:
                old = tasks[event.element_id, event.entry_no]
                if old.is_open:
                    status = "FAILED" if isinstance(event, IncidentOpened) else "WAITING"
                    tasks[event.element_id, event.entry_no] = Task(
                        old.element_id, old.entry_no, old.type, status, old.action, old.sent_back
                    )
            case _:
                pass
    return [_as_named(task, renamed) for task in tasks.values()]


def _rename(tasks: dict[tuple[str, int], Task], element_id: str, entry_no: int, renamed: Mapping[str, str]) -> None:
    """An entry that a migration has renamed ends under its new name; the others keep their place in the order."""
    former = [place for place in tasks if place[1] == entry_no and renamed.get(place[0]) == element_id]
    if (element_id, entry_no) not in tasks and former:
        kept = list(tasks.items())
        tasks.clear()
        for place, task in kept:
            is_it = place == former[0]
            tasks[(element_id, entry_no) if is_it else place] = replace(task, element_id=element_id) if is_it else task


def _as_named(task: Task, renamed: Mapping[str, str]) -> Task:
    """An open task has the name that its migration gave it."""
    return replace(task, element_id=renamed.get(task.element_id, task.element_id)) if task.is_open else task


def told(events: Iterable[Event]) -> Iterable[str]:
    """The types of event rows that the interpreter's events stand for (event rules §6.2)."""
    for event in events:
        match event:
            case ProcessStarted():
                yield "app.instance.process.started"
            case TaskEntered():
                if event.by_send_back:
                    yield f"app.instance.process.sentBack.{event.element_id}"
                yield f"app.instance.process.movedTo.{event.element_id}"
            case TaskLeft():
                if event.outcome is not Outcome.CANCELLED:
                    word = "taskEnded" if event.outcome is Outcome.COMPLETED else "taskAbandoned"
                    yield f"app.instance.process.{word}.{event.element_id}"
            case ProcessEnded():
                yield "app.instance.process.completed"
            case ProcessCancelled():
                yield "app.instance.process.cancelled"
            case IncidentOpened() | IncidentResolved():
                yield "app.instance.process.incident"
            case JoinForced():
                yield FORCED
            case _:
                pass


def process_events(rows: Iterable[asyncpg.Record]) -> list[str]:
    """The types of the stored rows that the interpreter's events stand for."""
    types = [row["type"] for row in rows if row["type"] not in COMMANDS]
    return [type for type in types if type.startswith("app.instance.process.") or type == FORCED]


__all__ = ["Mismatch", "Replays", "Task", "check_replays", "process_events", "recomputed_tasks", "told"]
