"""Form filling by the party or a system (process engine §8.2)."""

from dialog_graph.tasks.task_type import Awaits, TaskType

DATA = TaskType(
    name="data",
    awaits=Awaits.INPUT,
    required=("write",),
    is_gated=True,
    reopens_after_abandon=True,
)
