"""What happened in the process: facts in the past tense, in order (process engine §17).

The command layer makes event and task rows of them; ids are element ids, `entry_no` counts from 1 per task.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Outcome(StrEnum):
    """How a task entry ended. `ABANDONED`: reject, abandon, send-back; `CANCELLED`: with the process or its scope."""

    COMPLETED = "completed"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStarted:
    """The process began at this start event."""

    start_event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntered:
    """A task entry began. `from_task`: last task the token left; `action`: the gatewayAction that it brought.

    `by_send_back`: the token came by reject, abandon or send-back (something may have to be corrected).
    `loop_index`: from 0, of the innermost loop around it.
    """

    element_id: str
    entry_no: int
    task_type: str
    from_task: str | None = None
    action: str | None = None
    by_send_back: bool = False
    loop_index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLeft:
    """A task entry ended. `action`: as the command gave it."""

    element_id: str
    entry_no: int
    outcome: Outcome
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEnded:
    """The process came to its end. `end_event`: the last one reached, None when there was none on the way."""

    end_event: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessCancelled:
    """The process was aborted from outside."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened:
    """A token stopped and needs help. `message` holds no form data; `entry_no` is 0 at a gateway."""

    element_id: str
    entry_no: int
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentResolved:
    """The incident is no longer open: retried, rejected or cancelled."""

    element_id: str
    entry_no: int
    code: str


class WaitType(StrEnum):
    """What an event that is no activity waits for."""

    TIMER = "timer"
    MESSAGE = "message"
    SIGNAL = "signal"
    CONDITION = "condition"
    EVENT_BASED_GATEWAY = "eventBasedGateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitBegan:
    """An intermediate catch event or event-based gateway waits; it has entry numbers as tasks have."""

    element_id: str
    entry_no: int
    type: WaitType


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEnded:
    """The wait is over: what was waited for came (`COMPLETED`), or it was cancelled."""

    element_id: str
    entry_no: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryFired:
    """The boundary event `element_id` of an activity occurred. `host_entry_no`: 0 for a host without entries."""

    element_id: str
    host_id: str
    host_entry_no: int
    interrupting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinForced:
    """Inclusive joins waited for each other, and this one went on (process engine §4.4)."""

    element_id: str


Event: TypeAlias = (
    ProcessStarted
    | TaskEntered
    | TaskLeft
    | ProcessEnded
    | ProcessCancelled
    | IncidentOpened
    | IncidentResolved
    | WaitBegan
    | WaitEnded
    | BoundaryFired
    | JoinForced
)
"""One fact of the interpreter."""
