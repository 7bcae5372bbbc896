"""From the state of an instance to the status of its dialog: the first match of inbox rules §13.2."""

from types import MappingProxyType

from dialog_graph.commands.step.dialog_texts import Derived
from dialog_graph.model.dialog import DialogStatus
from dialog_graph.model.instance import Instance, InstanceStatus, TaskEntry, TaskState
from dialog_graph.tasks import Awaits, type_of

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


def _of_task(instance: Instance, task: TaskEntry) -> Derived:
    awaits = type_of(task.type).awaits
    if task.type.lower() == "reject" or task.sent_back:
        return Derived.REJECTED
    if awaits in _BY_AWAITS:
        return _BY_AWAITS[awaits]
    earlier = [entry for entry in instance.tasks if entry.entry_id != task.entry_id]
    is_later_input = any(
        entry.state is TaskState.COMPLETED or type_of(entry.type).awaits is Awaits.FEEDBACK for entry in earlier
    )
    if is_later_input or task.type.lower() != "data":
        return Derived.AWAITING_ADDITIONAL_INPUT
    return Derived.AWAITING_INPUT_FROM_PREFILL if instance.created_by.org else Derived.AWAITING_INPUT


def _user_tasks(instance: Instance) -> tuple[TaskEntry, ...]:
    """The open user tasks; while only services run, the last user task keeps its word."""
    open_tasks = tuple(task for task in instance.tasks if task.state is TaskState.ACTIVE)
    return open_tasks or instance.tasks[-1:]


def derive(instance: Instance) -> tuple[Derived, TaskEntry | None]:
    """What the instance means to its party, and the task that the dialog speaks of (None after the end)."""
    has_ended = instance.ended_at is not None
    if instance.status is InstanceStatus.CANCELLED or (has_ended and instance.archived_at is None):
        return Derived.CANCELLED, None
    if instance.archived_at is not None:
        return (Derived.ARCHIVED_CONFIRMED if instance.confirmations else Derived.ARCHIVED_UNCONFIRMED), None
    found = [(_of_task(instance, task), task) for task in _user_tasks(instance)]
    if not found:
        return Derived.AWAITING_INPUT, None
    return min(found, key=lambda pair: _USER_FIRST.index(pair[0]))
