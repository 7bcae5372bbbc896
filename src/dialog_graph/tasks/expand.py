"""The interpreter's inline effects as the ordered words of the task types (process engine §7.2 and §10, as data)."""

from dialog_graph.bpmn import EndProcess, EnterTask, LeaveTask, Outcome
from dialog_graph.tasks.effects import (
    ArchiveInstance,
    CreateData,
    DeleteEndedData,
    DeleteGenerated,
    Finalise,
    LockAll,
    LockData,
    TaskEffect,
    UnlockData,
)
from dialog_graph.tasks.types import TaskType


def _leave(effect: LeaveTask, task_type: TaskType) -> tuple[TaskEffect, ...]:
    if effect.outcome is Outcome.COMPLETED:
        return (Finalise(effect.element_id), LockData(effect.element_id))
    if effect.reentered and task_type.reopens_after_abandon:
        return ()
    return (LockData(effect.element_id),)


def _enter(effect: EnterTask) -> tuple[TaskEffect, ...]:
    task = effect.element_id
    return (DeleteGenerated(task), UnlockData(task), CreateData(task))


def expand(effect: LeaveTask | EnterTask | EndProcess, task_type: TaskType) -> tuple[TaskEffect, ...]:
    """What is to be done, in this order, for one inline effect of the interpreter.

    `task_type`: the type of the task that is left or entered; not looked at when the process ends.
    """
    if isinstance(effect, LeaveTask):
        return _leave(effect, task_type)
    if isinstance(effect, EnterTask):
        return _enter(effect)
    return (LockAll(), ArchiveInstance(effect.end_event), DeleteEndedData())
