"""What a task type is: one row of the table of process engine §8.1."""

from dataclasses import dataclass
from enum import StrEnum

from dialog_graph.bpmn import TaskKind


class Awaits(StrEnum):
    """What the dialog says about a task of the type (inbox rules §13.2)."""

    INPUT = "INPUT"
    CONFIRMATION = "CONFIRMATION"
    SIGNATURE = "SIGNATURE"
    FEEDBACK = "FEEDBACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskType:
    """One task type.

    `required`: policy actions of which any suffices when the caller names none; `owner_required`: further ones that
    suffice for the owning org only; `default_action`: the gatewayAction without an explicit one; `is_gated`: the full
    validation of the task must pass; `reopens_after_abandon`: its data stays open when the same step enters it again.
    """

    name: str
    awaits: Awaits
    kind: TaskKind = TaskKind.USER
    required: tuple[str, ...]
    owner_required: tuple[str, ...] = ()
    default_action: str | None = None
    is_gated: bool = False
    reopens_after_abandon: bool = False

    def completing(self, *, is_owner: bool) -> tuple[str, ...]:
        """Policy actions of which any suffices; `is_owner`: for the org that owns the app."""
        return self.required + (self.owner_required if is_owner else ())

    @property
    def own_actions(self) -> frozenset[str]:
        """Actions that need no declaration on the task, the owner's included."""
        return frozenset(self.required) | frozenset(self.owner_required)
