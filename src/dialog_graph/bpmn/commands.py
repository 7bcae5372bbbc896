"""The commands of the interpreter (process engine §6.1): what callers send, what workers send, and `Continue`.

Their form in the journal is in `command_forms`. A worker's command names a wait by owner and element, as the effect
that opened it did; where nothing waits there any more, it is refused with `NOT_ACTIVE` and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

SEND_BACK = "sendBack:"
REJECT = "reject"
ABANDON = "abandon"
SUCCESS = "success"
"""Outcome of `Resolve` that is no action."""


@dataclass(frozen=True, slots=True)
class Start:
    """Starts the process. `start_event` may be left out when the process has one without a definition."""

    start_event: str | None = None


@dataclass(frozen=True, slots=True)
class Complete:
    """Ends an active task entry.

    `action`: None, an action of the task's type or declared on it, `reject`, `abandon`, or `sendBack:{taskId}`.
    """

    element_id: str
    entry_no: int
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Repeats the step that an incident stopped. `entry_no`: 0 where the incident stands at a gateway."""

    element_id: str
    entry_no: int


@dataclass(frozen=True, slots=True)
class Resolve:
    """Completes by hand a task that only the server completes and that an incident stopped.

    `outcome`: `success`, or the action with which the task would have failed.
    """

    element_id: str
    entry_no: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Activate:
    """Starts an activity that an open ad-hoc subprocess offers."""

    element_id: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Aborts the process from outside."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """A timer came due. `anchor`, `k`, `duration`, `remaining`: as in the row that `OpenTimer` made."""

    element_id: str
    owner: int
    anchor: datetime
    k: int
    duration: str | None = None
    remaining: int | None = 0


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A message was correlated to a subscription; its payload is stored before."""

    element_id: str
    owner: int
    name: str


@dataclass(frozen=True, slots=True)
class SignalReceived:
    """A signal was broadcast that a subscription names."""

    element_id: str
    owner: int
    name: str


@dataclass(frozen=True, slots=True)
class JobFinished:
    """The job of a service task is done. `action`: None on success, else that of `Fail(action)`."""

    element_id: str
    entry_no: int
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailed:
    """The job of a service task has failed for good.

    An error boundary of `error_code` counts first, then `action`; else it is an incident `code`. `message`: without
    form data.
    """

    element_id: str
    entry_no: int
    code: str
    message: str
    error_code: str | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """The instance that a call activity waits for has ended; with `completion="detach"`: it exists.

    `error_code`: `CHILD_CANCELLED`, or the code of the child's error end.
    """

    element_id: str
    entry_no: int
    owner: int
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class DataChanged:
    """The instance's data has changed: conditional events are looked at again."""


@dataclass(frozen=True, slots=True)
class Continue:
    """Goes on after the inline effects were carried out.

    `flows`: what the code gateway of the last `AskGateway` answered; empty when the app has no code for it.
    """

    flows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Migrate:
    """Goes on by another version of the definition; given to `migration.migrate`, never to `advance`.

    `mapping`: element ids, old to new, of elements that are called otherwise. `entered`: by id in the new version, the
    highest number that an entry of an element ever had, also where the state has forgotten it.
    """

    to_version: str
    mapping: Mapping[str, str] = field(default_factory=dict[str, str])
    entered: Mapping[str, int] = field(default_factory=dict[str, int])


CallerCommand: TypeAlias = Start | Complete | Activate | Retry | Resolve | Cancel
WaitCommand: TypeAlias = TimerFired | MessageReceived | SignalReceived
WorkerCommand: TypeAlias = WaitCommand | JobFinished | JobFailed | ChildEnded | DataChanged
Command: TypeAlias = CallerCommand | WorkerCommand | Continue
"""Whatever `advance` accepts."""

JournalCommand: TypeAlias = Command | Migrate
"""Whatever the journal keeps."""
