"""What the interpreter asks its caller to do (process engine §2), in order.

Inline effects run in the transaction before the next step; deferred ones become rows. Where `Advance.next` is true the
inline effect is the last one that was asked before the interpreter stopped.
"""

from dataclasses import dataclass
from typing import TypeAlias

from dialog_graph.bpmn.events import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveTask:
    """Inline: the end side or the abandon side of a task entry.

    `reentered`: the command itself sends the token back into this task, so its data stay open (process engine §7.2).
    """

    element_id: str
    entry_no: int
    outcome: Outcome
    action: str | None = None
    reentered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterTask:
    """Inline: the start side of a task entry."""

    element_id: str
    entry_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndProcess:
    """Inline: the end of the process (process engine §10). `end_event`: as in `ProcessEnded`."""

    end_event: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskGateway:
    """Inline: the app's code chooses among `flows` (ids in document order); answered with `Continue(flows=…)`.

    `action`: the gatewayAction that the token carries. `last_task`: the task it left last.
    """

    element_id: str
    flows: tuple[str, ...]
    action: str | None = None
    last_task: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunService:
    """Deferred: the job of a service task."""

    element_id: str
    entry_no: int
    task_type: str


InlineEffect: TypeAlias = LeaveTask | EnterTask | EndProcess | AskGateway
DeferredEffect: TypeAlias = RunService
Effect: TypeAlias = InlineEffect | DeferredEffect
"""One wish of the interpreter."""
