"""The words in which task types ask for things around a step; `commands/step/effects.py` carries them out.

Each names a task by its BPMN id; which data types belong to it is known to the app version only.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Finalise:
    """The task's data takes its final form: row ids are stripped (process engine §7.2 end side b)."""

    task_id: str


@dataclass(frozen=True, slots=True)
class LockData:
    """Every element whose type belongs to the task is locked."""

    task_id: str


@dataclass(frozen=True, slots=True)
class UnlockData:
    """The elements of the task's types are opened again."""

    task_id: str


@dataclass(frozen=True, slots=True)
class DeleteGenerated:
    """Elements that an earlier round of the task generated are deleted."""

    task_id: str


@dataclass(frozen=True, slots=True)
class CreateData:
    """For each form type of the task with automatic creation and no element, one is made."""

    task_id: str


@dataclass(frozen=True, slots=True)
class LockAll:
    """The process has ended: every element is locked."""


@dataclass(frozen=True, slots=True)
class ArchiveInstance:
    """The instance is archived with the end event that was reached."""

    end_event: str | None


@dataclass(frozen=True, slots=True)
class DeleteEndedData:
    """Elements of types that are deleted at the end of the process go."""


TaskEffect: TypeAlias = (
    Finalise | LockData | UnlockData | DeleteGenerated | CreateData | LockAll | ArchiveInstance | DeleteEndedData
)
