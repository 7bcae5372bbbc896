"""The task types: who may complete a task, what blocks it, and what entering and leaving it ask for.

One file per task type; `TYPES` in `types.py` is the table. The interpreter knows none of this: it is told which types
are services (`KINDS`), and its effects "task left", "task entered" and "process ended" are turned into the ordered
words of `effects.py` by `expand` (process engine §7.2). Tasks name tasks, never data types.
"""

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
from dialog_graph.tasks.expand import expand
from dialog_graph.tasks.locks import is_writable
from dialog_graph.tasks.rules import allowed, blockers, default_action, leaves_backwards, required, retrying
from dialog_graph.tasks.task_type import Awaits, TaskType
from dialog_graph.tasks.types import KINDS, TYPES, awaits_of, is_service, type_of
from dialog_graph.tasks.untyped import NONE

__all__ = [
    "KINDS",
    "NONE",
    "TYPES",
    "ArchiveInstance",
    "Awaits",
    "CreateData",
    "DeleteEndedData",
    "DeleteGenerated",
    "Finalise",
    "LockAll",
    "LockData",
    "TaskEffect",
    "TaskType",
    "UnlockData",
    "allowed",
    "awaits_of",
    "blockers",
    "default_action",
    "expand",
    "is_service",
    "is_writable",
    "leaves_backwards",
    "required",
    "retrying",
    "type_of",
]
