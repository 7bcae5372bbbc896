"""The party looks at what it has filled in and confirms it; its data is locked by then (process engine §8.3)."""

from dialog_graph.tasks.task_type import Awaits, TaskType

CONFIRMATION = TaskType(
    name="confirmation",
    awaits=Awaits.CONFIRMATION,
    required=("confirm",),
    default_action="confirm",
    is_gated=True,
)
