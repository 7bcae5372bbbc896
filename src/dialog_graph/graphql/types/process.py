"""The process of an instance and its tasks, with what the caller may do (process engine §9.1)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.graphql.context import Context
from dialog_graph.graphql.cost import COST, Weight
from dialog_graph.graphql.types.actor import Actor, actor
from dialog_graph.graphql.types.enums import ProcessStatus, TaskState
from dialog_graph.graphql.types.errors import Blocker, blocker
from dialog_graph.graphql.types.form import Form, form_of_task
from dialog_graph.graphql.types.localization import Localization, localize, preferred
from dialog_graph.graphql.types.waiting import TaskFailure, WaitingFor, WaitingView, failure_of
from dialog_graph.model.instance import Instance, TaskEntry
from dialog_graph.reads import drawings, instance_details
from dialog_graph.reads.instance_details import ActionView
from dialog_graph.reads.waits import EntryWaits, of_entry, stopped_between


@strawberry.type(description="Something that can be done with a task.")
class TaskAction:
    """`is_authorized`: what the command would decide; `blockers` never run the validation."""

    action: str
    is_authorized: bool
    blockers: list[Blocker]
    moves_process: bool


@dataclass(frozen=True, slots=True)
class ProcessView:
    """The instance as the value behind `Process`."""

    instance: Instance


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task entry with its instance, as the value behind `ProcessTask`."""

    instance: Instance
    entry: TaskEntry


def task_views(instance: Instance) -> list[TaskView]:
    """All entries in order of activation."""
    return [TaskView(instance, entry) for entry in instance.tasks]


def _id(root: TaskView) -> UUID:
    return root.entry.entry_id


def _element_id(root: TaskView) -> str:
    return root.entry.element_id


async def _name(root: TaskView, info: Info[Context, None]) -> list[Localization]:
    texts = await info.context.read(instance_details.task_name, root.instance, root.entry)
    return localize(texts, info.context.languages)


def _type(root: TaskView) -> str:
    return root.entry.type


def _lane(root: TaskView) -> str | None:
    return root.entry.lane


def _entry(root: TaskView) -> int:
    return root.entry.entry_no


def _loop_index(root: TaskView) -> int | None:
    return root.entry.loop_index


def _state(root: TaskView) -> TaskState:
    return root.entry.state


def _started_at(root: TaskView) -> datetime:
    return root.entry.started_at


def _ended_at(root: TaskView) -> datetime | None:
    return root.entry.ended_at


async def _started_by(root: TaskView, info: Info[Context, None]) -> Actor:
    return await actor(info, root.entry.started_by, root.instance.instance_id)


async def _ended_by(root: TaskView, info: Info[Context, None]) -> Actor | None:
    ended_by = root.entry.ended_by
    return None if ended_by is None else await actor(info, ended_by, root.instance.instance_id)


def _action(root: TaskView) -> str | None:
    return root.entry.action


def _note(root: TaskView) -> str | None:
    return root.entry.note


async def _due_at(root: TaskView, info: Info[Context, None]) -> datetime | None:
    if not root.entry.is_open:
        return root.entry.due_at
    waits = await info.context.waits.load(root.instance.instance_id)
    return await info.context.read(instance_details.due_at, root.instance, root.entry, waits)


async def _actions(root: TaskView, info: Info[Context, None]) -> list[TaskAction]:
    is_retrying = root.entry.state is TaskState.WAITING and (await _waits(root, info)).is_retrying
    found: list[ActionView] = await info.context.read(instance_details.actions, root.instance, root.entry, is_retrying)
    return [
        TaskAction(
            action=item.action,
            is_authorized=item.is_authorized,
            blockers=[blocker(value, info.context.languages) for value in item.blockers],
            moves_process=item.moves_process,
        )
        for item in found
    ]


async def _form(root: TaskView, info: Info[Context, None]) -> Form | None:
    return await form_of_task(info, root.instance, root.entry)


async def _waits(root: TaskView, info: Info[Context, None]) -> EntryWaits:
    """Asked for together for all instances of an answer, and only for entries that can wait for something."""
    if not root.entry.is_open:
        return EntryWaits()
    return of_entry(await info.context.waits.load(root.instance.instance_id), root.entry)


async def _waiting_for(root: TaskView, info: Info[Context, None]) -> WaitingFor | None:
    if root.entry.state is TaskState.ACTIVE:
        return None
    waits = await _waits(root, info)
    return WaitingView(waits) if waits.is_any else None  # pyright: ignore[reportReturnType] -- fields are read from the view


async def _failure(root: TaskView, info: Info[Context, None]) -> TaskFailure | None:
    return failure_of(info, await _waits(root, info))


@strawberry.type(description="One activation of a task.")
class ProcessTask:
    """`entry` counts from 1 per task and is 0 where the process stopped before a gateway; `id` names it in inputs."""

    id: UUID = strawberry.field(resolver=_id)
    element_id: str = strawberry.field(resolver=_element_id)
    name: list[Localization] = strawberry.field(resolver=_name)
    type: str = strawberry.field(resolver=_type)
    lane: str | None = strawberry.field(resolver=_lane)
    entry: int = strawberry.field(resolver=_entry)
    loop_index: int | None = strawberry.field(
        resolver=_loop_index, description="Number of the item, from 0, where the task is done for each of several."
    )
    state: TaskState = strawberry.field(resolver=_state)
    started_at: datetime = strawberry.field(resolver=_started_at)
    ended_at: datetime | None = strawberry.field(resolver=_ended_at)
    started_by: Actor = strawberry.field(resolver=_started_by)
    ended_by: Actor | None = strawberry.field(resolver=_ended_by)
    action: str | None = strawberry.field(resolver=_action)
    note: str | None = strawberry.field(resolver=_note)
    due_at: datetime | None = strawberry.field(resolver=_due_at)
    actions: list[TaskAction] = strawberry.field(resolver=_actions)
    form: Form | None = strawberry.field(resolver=_form, description="Over the data of the instance as it is now.")
    waiting_for: WaitingFor | None = strawberry.field(resolver=_waiting_for)
    failure: TaskFailure | None = strawberry.field(resolver=_failure)


def _status(root: ProcessView) -> ProcessStatus:
    return root.instance.process_status


def _process_started_at(root: ProcessView) -> datetime:
    return root.instance.started_at or root.instance.created_at


def _start_event(root: ProcessView) -> str:
    return root.instance.start_event or ""


def _process_ended_at(root: ProcessView) -> datetime | None:
    return root.instance.ended_at


def _end_event(root: ProcessView) -> str | None:
    return root.instance.end_event


async def _stopped(root: ProcessView, info: Info[Context, None]) -> list[TaskView]:
    """Where the process has stopped and is in no task."""
    waits = await info.context.waits.load(root.instance.instance_id)
    found = await info.context.read(stopped_between, root.instance, waits)
    return [TaskView(root.instance, entry) for entry in found]


async def _with_stopped(root: ProcessView, info: Info[Context, None], views: list[TaskView]) -> list[TaskView]:
    return views + await _stopped(root, info)


async def _first_stopped(root: ProcessView, info: Info[Context, None]) -> TaskView | None:
    return next(iter(await _stopped(root, info)), None)


def _current_task(root: ProcessView, info: Info[Context, None]) -> ProcessTask | None:
    """Only a process with an incident has anything to be waited for."""
    entry = root.instance.current_entry
    if entry is None and root.instance.has_incident:
        return _first_stopped(root, info)  # pyright: ignore[reportReturnType] -- awaited by the execution
    return None if entry is None else TaskView(root.instance, entry)  # pyright: ignore[reportReturnType] -- fields are read from the view


def _current_tasks(root: ProcessView, info: Info[Context, None]) -> list[ProcessTask]:
    views = [TaskView(root.instance, entry) for entry in root.instance.open_entries]
    return _with_stopped(root, info, views) if root.instance.has_incident else views  # pyright: ignore[reportReturnType] -- as above


def _tasks(root: ProcessView, info: Info[Context, None]) -> list[ProcessTask]:
    views = task_views(root.instance)
    return _with_stopped(root, info, views) if root.instance.has_incident else views  # pyright: ignore[reportReturnType] -- as above


def _version(root: ProcessView) -> str:
    return str(root.instance.version_ordinal)


async def _svg(root: ProcessView, info: Info[Context, None]) -> str:
    return await info.context.read(drawings.of_instance, root.instance, preferred(info.context.languages))


@strawberry.type(description="Where the process of an instance stands.")
class Process:
    """`tasks`: all entries in order of activation; `definition_version`: the application version it is pinned to."""

    status: ProcessStatus = strawberry.field(resolver=_status)
    started_at: datetime = strawberry.field(resolver=_process_started_at)
    start_event: str = strawberry.field(resolver=_start_event)
    ended_at: datetime | None = strawberry.field(resolver=_process_ended_at)
    end_event: str | None = strawberry.field(resolver=_end_event)
    current_task: ProcessTask | None = strawberry.field(resolver=_current_task)
    current_tasks: list[ProcessTask] = strawberry.field(resolver=_current_tasks)
    tasks: list[ProcessTask] = strawberry.field(resolver=_tasks)
    definition_version: str = strawberry.field(resolver=_version)
    svg: str = strawberry.field(
        resolver=_svg, metadata={COST: Weight(own=20)}, description="The drawing with the present state."
    )
