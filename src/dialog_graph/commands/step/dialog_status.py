"""From the state of an instance to the status of its dialog: the first match of inbox rules §13.2."""

from collections.abc import Collection
from types import MappingProxyType
from typing import TypeAlias

from dialog_graph.commands.step.dialog_texts import Derived
from dialog_graph.model.dialog import DialogStatus
from dialog_graph.model.instance import Instance, InstanceStatus, TaskEntry, TaskState
from dialog_graph.tasks import Awaits, awaits_of, is_service

STATUSES = MappingProxyType(
    {
        Derived.CANCELLED: DialogStatus.NOT_APPLICABLE,
        Derived.ARCHIVED_CONFIRMED: DialogStatus.COMPLETED,
        Derived.ARCHIVED_UNCONFIRMED: DialogStatus.AWAITING,
        Derived.REJECTED: DialogStatus.REQUIRES_ATTENTION,
        Derived.AWAITING_FEEDBACK: DialogStatus.AWAITING,
        Derived.AWAITING_CONFIRMATION: DialogStatus.IN_PROGRESS,
        Derived.AWAITING_SIGNATURE: DialogStatus.IN_PROGRESS,
        Derived.AWAITING_ADDITIONAL_INPUT: DialogStatus.IN_PROGRESS,
        Derived.AWAITING_INPUT_FROM_PREFILL: DialogStatus.IN_PROGRESS,
        Derived.AWAITING_INPUT: DialogStatus.DRAFT,
    }
)

_BY_AWAITS = MappingProxyType(
    {
        Awaits.FEEDBACK: Derived.AWAITING_FEEDBACK,
        Awaits.CONFIRMATION: Derived.AWAITING_CONFIRMATION,
        Awaits.SIGNATURE: Derived.AWAITING_SIGNATURE,
    }
)

_USER_FIRST = (
    Derived.REJECTED,
    Derived.AWAITING_CONFIRMATION,
    Derived.AWAITING_SIGNATURE,
    Derived.AWAITING_ADDITIONAL_INPUT,
    Derived.AWAITING_INPUT_FROM_PREFILL,
    Derived.AWAITING_INPUT,
    Derived.AWAITING_FEEDBACK,
)
"""Which of several open tasks the dialog speaks of: the one that the user must act on first."""


Standing: TypeAlias = tuple[Derived, TaskEntry | None]
"""What an instance means to its party, and the current task that the dialog speaks of (None where no task is)."""

_NEVER_OF_USERS = frozenset({TaskState.WAITING, TaskState.FAILED})


def _initial(instance: Instance) -> Derived:
    return Derived.AWAITING_INPUT_FROM_PREFILL if instance.created_by.org else Derived.AWAITING_INPUT


def _of_task(instance: Instance, task: TaskEntry, by_server: Collection[str]) -> Derived:
    if task.type.lower() == "reject" or task.sent_back:
        return Derived.REJECTED
    found = _BY_AWAITS.get(awaits_of(task.type))
    if found is not None:
        return found
    others = [entry for entry in instance.tasks if entry.entry_id != task.entry_id]
    if task.type.lower() != "data" or any(_is_behind(entry, by_server) for entry in others):
        return Derived.AWAITING_ADDITIONAL_INPUT
    return _initial(instance)


def _is_of_server(entry: TaskEntry, by_server: Collection[str]) -> bool:
    return entry.is_event or is_service(entry.type) or entry.element_id in by_server


def _is_behind(entry: TaskEntry, by_server: Collection[str]) -> bool:
    """The party has been asked before: a feedback task was current, or a user task has been completed."""
    is_done = entry.state is TaskState.COMPLETED and not _is_of_server(entry, by_server)
    return is_done or awaits_of(entry.type) is Awaits.FEEDBACK


def _waits_for_people(entry: TaskEntry) -> bool:
    return entry.state is TaskState.ACTIVE or (entry.is_open and awaits_of(entry.type) is Awaits.FEEDBACK)


def _was_for_people(entry: TaskEntry, by_server: Collection[str]) -> bool:
    return entry.state not in _NEVER_OF_USERS and not _is_of_server(entry, by_server)


def derive(instance: Instance, by_server: Collection[str] = ()) -> Standing:
    """The first match of the table; of several open tasks the one that the user must act on first.

    While only services run, or something else is waited for, the status stays that of the last user task. `by_server`:
    elements of further tasks that only the server completes.
    """
    has_ended = instance.ended_at is not None
    if instance.status is InstanceStatus.CANCELLED or (has_ended and instance.archived_at is None):
        return Derived.CANCELLED, None
    if instance.archived_at is not None:
        return (Derived.ARCHIVED_CONFIRMED if instance.confirmations else Derived.ARCHIVED_UNCONFIRMED), None
    waiting = [(_of_task(instance, task, by_server), task) for task in instance.tasks if _waits_for_people(task)]
    if waiting:
        return min(waiting, key=lambda pair: _USER_FIRST.index(pair[0]))
    last = next((task for task in reversed(instance.tasks) if _was_for_people(task, by_server)), None)
    current = next(iter(instance.open_tasks), None)
    return (_initial(instance) if last is None else _of_task(instance, last, by_server)), current
