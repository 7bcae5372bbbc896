"""What the interpreter asks its caller to do (process engine §2), in order.

Inline effects run in the transaction before the next step; deferred ones become rows. Where `Advance.next` is true the
inline effect is the last one that was asked before the interpreter stopped.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from dialog_graph.bpmn.events import Outcome
from dialog_graph.model.json_value import Json


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


class SubscriptionKind(StrEnum):
    """What a subscription waits for."""

    MESSAGE = "message"
    SIGNAL = "signal"


# The deferred effects name a wait by its owner, a local id in the state, and its element: the token that waits (catch
# event, receive task, event-based gateway, service task, call activity), the host token of a boundary event, or the
# scope of the start event of an event subprocess.


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTimer:
    """Deferred: a timer, in place of the one that this owner and element may have (the next round of a cycle).

    `due_at` = `anchor` + `k` times `duration` by the calendar; `remaining`: rounds after this one, None for ever.
    """

    element_id: str
    owner: int
    due_at: datetime
    anchor: datetime
    k: int = 0
    duration: str | None = None
    remaining: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSubscription:
    """Deferred: waits for a message or signal of this name. `key`: of a message; None when only addressed directly."""

    element_id: str
    owner: int
    kind: SubscriptionKind
    name: str
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseWaits:
    """Deferred: every timer, subscription, job and call of the owner is over, or only that of one element."""

    owner: int
    element_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveWait:
    """Deferred: the wait, or the incident, of this owner and element goes on as that of another element.

    Only migrations ask for it.
    """

    element_id: str
    owner: int
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartJob:
    """Deferred: the job of a service task."""

    element_id: str
    entry_no: int
    owner: int
    task_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """Deferred: an event, and the message to the same org. `ttl`: how long it may wait for a receiver (ISO 8601)."""

    element_id: str
    name: str
    key: str | None = None
    ttl: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastSignal:
    """Deferred: the signal to all waiting instances of the same org."""

    element_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallApp:
    """Deferred: an instance of another app. `index`: in the loop around it; `data`: mapped values by target.

    `party`: what the expression gave, None for the party of this instance; `credentials` and `completion` as declared.
    """

    element_id: str
    entry_no: int
    owner: int
    app: str
    index: int | None = None
    party: Json = None
    credentials: str = "org"
    completion: str = "wait"
    data: Json = None


InlineEffect: TypeAlias = LeaveTask | EnterTask | EndProcess | AskGateway
WaitEffect: TypeAlias = OpenTimer | OpenSubscription | StartJob | CallApp | CloseWaits | MoveWait
DeferredEffect: TypeAlias = WaitEffect | SendMessage | BroadcastSignal
Effect: TypeAlias = InlineEffect | DeferredEffect
"""One wish of the interpreter."""
