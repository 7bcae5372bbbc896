"""Waits for the service owner, who may add feedback and then completes the task (process engine §8.3).

The general `write` of a party must not pass it; the owning org may also use its own `write`.
"""

from dialog_graph.tasks.task_type import Awaits, TaskType

FEEDBACK = TaskType(
    name="feedback",
    awaits=Awaits.FEEDBACK,
    required=("feedback",),
    owner_required=("write",),
)
