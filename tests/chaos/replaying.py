"""Replay of every instance from its journal: the stored state, and the task rows, must come out again (P2, P10)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from dialog_graph import apps
from dialog_graph.apps import AppVersion
from dialog_graph.bpmn import Outcome, State, StepRecord, TaskEntered, TaskKind, TaskLeft, replay_step
from dialog_graph.errors import Refusal
from dialog_graph.model.ids import derived

INSTANCES = """
select instance_id, version_id, process_state, has_incident, ended_at from dg.instance
 where $1::uuid[] is null or instance_id = any($1)
"""
JOURNAL = "select data from dg.event where stream_id = $1 and type = 'process.step' order by stream_seq"
TASKS = """
select element_id, entry_no, type, status, action, entry_id, sent_back, started_at, ended_at from dg.process_task
 where instance_id = $1 order by position
"""
FILES = "select files from dg.app_version where version_id = $1"

_STATUS = {Outcome.COMPLETED: "COMPLETED", Outcome.ABANDONED: "ABANDONED", Outcome.CANCELLED: "ABANDONED"}

Entries = dict[tuple[str, int], dict[str, Any]]


def _entered(version: AppVersion, event: TaskEntered, instance_id: UUID, record: StepRecord) -> dict[str, Any]:
    task = version.definition.task(event.element_id)
    return {
        "element_id": event.element_id,
        "entry_no": event.entry_no,
        "type": event.task_type,
        "status": "ACTIVE" if task is not None and task.kind is TaskKind.USER else "WAITING",
        "action": None,
        "entry_id": derived(record.now, instance_id, f"{event.element_id}#{event.entry_no}"),
        "sent_back": event.by_send_back,
        "started_at": record.now,
        "ended_at": None,
    }


def _take(version: AppVersion, entries: Entries, event: object, instance_id: UUID, record: StepRecord) -> None:
    if isinstance(event, TaskEntered):
        entries[event.element_id, event.entry_no] = _entered(version, event, instance_id, record)
    elif isinstance(event, TaskLeft):
        entries[event.element_id, event.entry_no] |= {
            "status": _STATUS[event.outcome],
            "action": event.action,
            "ended_at": record.now,
        }


def _replayed(version: AppVersion, instance_id: UUID, journal: Sequence[Any]) -> tuple[State, Entries] | str:
    state, entries = State.empty(), Entries()
    for number, written in enumerate(journal):
        record = StepRecord.from_json(written)
        step = record if isinstance(record, Refusal) else replay_step(version.definition, state, record)
        if isinstance(step, Refusal) or isinstance(record, Refusal):
            return f"record {number} cannot be replayed: {getattr(step, 'message', '')}"
        for event in step.events:
            _take(version, entries, event, instance_id, record)
        state = step.state
    return state, entries


async def _version(connection: asyncpg.Connection, version_id: UUID) -> AppVersion:
    packed = await connection.fetchval(FILES, version_id)
    version, _ = apps.load(apps.Files.from_archive(packed), "development")
    assert version is not None, "it was compiled when it was registered"
    return version


async def differences(connection: asyncpg.Connection, instances: Sequence[UUID] | None = None) -> tuple[int, list[str]]:
    """How many instances were replayed, and where the replay gave something else than is stored."""
    versions: dict[UUID, AppVersion] = {}
    found: list[str] = []
    rows = await connection.fetch(INSTANCES, instances)
    for row in rows:
        if row["version_id"] not in versions:
            versions[row["version_id"]] = await _version(connection, row["version_id"])
        journal = [step["data"] for step in await connection.fetch(JOURNAL, row["instance_id"])]
        stored = [dict(task) for task in await connection.fetch(TASKS, row["instance_id"])]
        found.extend(
            f"replay: instance {row['instance_id']}: {text}"
            for text in _compared(versions[row["version_id"]], row, journal, stored)
        )
    return len(rows), found


def _compared(version: AppVersion, row: Any, journal: Sequence[Any], stored: list[dict[str, Any]]) -> list[str]:
    replayed = _replayed(version, row["instance_id"], journal)
    if isinstance(replayed, str):
        return [replayed]
    state, entries = replayed
    problems = [] if state.to_json() == row["process_state"] else ["the stored state is another one"]
    if list(entries.values()) != stored:
        problems.append(f"the task rows are others: {list(entries.values())} <> {stored}")
    return problems
