"""A task without a type: passes by command only and asks for nothing (process engine §8.3)."""

from dialog_graph.tasks.task_type import Awaits, TaskType

NONE = TaskType(name="none", awaits=Awaits.INPUT, required=("write",))
