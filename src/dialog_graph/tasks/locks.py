"""Which data may be written: the one function that every road asks (process engine §7.3)."""

from collections.abc import Collection

from dialog_graph.model.instance import InstanceStatus


def is_writable(task_id: str | None, active_task_ids: Collection[str], status: InstanceStatus) -> bool:
    """True when data of a type that belongs to `task_id` may be added, changed or deleted now.

    Types of a task are open only while an entry of that task is active; types without a task are open while the
    instance is. The owning org's right to add its own types later is the caller's exception, not decided here.
    """
    if status is not InstanceStatus.ACTIVE:
        return False
    return task_id is None or task_id in active_task_ids
