"""What a process waits for, as rows beside its state: they let workers find it (process engine §9, §11–§14.2).

`owner` is the local id of the token or scope in the state that a wait belongs to; with the element it names the wait.
`entry_id` is the task entry that a reader is shown it at, None where there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from dialog_graph.errors import Texts
from dialog_graph.model.json_value import Json


class WaitingKind(StrEnum):
    """What an entry, or the whole instance, waits for."""

    TIMER = "TIMER"
    MESSAGE = "MESSAGE"
    JOB = "JOB"
    CHILD = "CHILD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """Fires at `due_at` = `anchor` + `k` · `duration` (ISO 8601) by calendar arithmetic.

    `remaining`: firings after this one, None = for ever. `position`: number of the element in the file.
    """

    timer_id: UUID
    element_id: str
    owner: int
    position: int
    anchor: datetime
    k: int
    due_at: datetime
    opened_at: datetime
    duration: str | None = None
    remaining: int | None = None
    entry_id: UUID | None = None


class Sort(StrEnum):
    """Sorts of subscriptions; `START`: the instance was started by this message, and no second one may be."""

    MESSAGE = "message"
    SIGNAL = "signal"
    START = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A message or signal that is waited for. `key`: empty where none is needed.

    `position`: number of the element in the file, which decides between those that were opened in one step.
    """

    subscription_id: UUID
    element_id: str
    owner: int
    kind: Sort
    name: str
    position: int
    opened_at: datetime
    key: str = ""
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work outside of any transaction. `kind`: row of the workers' table; `key`: unique per effect, goes with the call.

    `is_ordered`: one at a time with the other ordered jobs of the instance. `attempt`: raised by every claim, the fence
    of its outcome; `failures`, `crashes`, `deferrals`: what became of the attempts. `data`: what the work needs.
    `last_error`: for the owning org. `reason`, `done`, `total`: what a deferral says of itself. `element_id` is empty
    and `owner` 0 for work that the process does not wait for.
    """

    job_id: UUID
    kind: str
    key: str
    created_at: datetime
    next_at: datetime
    element_id: str = ""
    owner: int = 0
    entry_no: int = 0
    entry_id: UUID | None = None
    task_type: str | None = None
    stage: int = 0
    is_ordered: bool = False
    data: Mapping[str, Json] = field(default_factory=dict[str, Json])
    attempt: int = 0
    failures: int = 0
    crashes: int = 0
    deferrals: int = 0
    last_code: str | None = None
    last_error: str | None = None
    reason: Texts | None = None
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An open incident. `token`: the token that stopped; `message` holds no form data, `details` are the org's.

    `attempts`: made by the job before it was given up.
    """

    incident_id: UUID
    token: int
    element_id: str
    entry_no: int
    code: str
    message: str
    opened_at: datetime
    entry_id: UUID | None = None
    details: str | None = None
    attempts: int = 0
    is_retryable: bool = True


class Relation(StrEnum):
    """What the other instance of a link is."""

    CHILD = "child"
    PARENT = "parent"


class LinkState(StrEnum):
    """`CALLING`: no child yet; `ENDED`: the child has; `UNLINKED`: the caller went on without it."""

    CALLING = "CALLING"
    LINKED = "LINKED"
    ENDED = "ENDED"
    UNLINKED = "UNLINKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A call of another app as one side knows it. `other_app`: `org/app`; `depth`: callers above the child.

    `element_id`, `owner`, `entry_no`, `entry_id`, `loop_index`: of the call activity. `settings`: what the call says of
    attachments and of values to return.
    """

    link_id: UUID
    relation: Relation
    other_app: str
    key: str
    element_id: str
    owner: int
    entry_no: int
    completion: str
    state: LinkState
    depth: int
    created_at: datetime
    other_id: UUID | None = None
    entry_id: UUID | None = None
    loop_index: int | None = None
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """All that one instance waits for, in the order in which it came about."""

    timers: tuple[Timer, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    jobs: tuple[Job, ...] = ()
    incidents: tuple[Incident, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitChanges:
    """What a step does to the rows. `closed`: (owner, element or None for all of the owner); `resolved`: tokens.

    `jobs`: new ones; `finished`: those that are done; `links`: new and changed ones. `is_over`: the process has ended,
    so its start message may start another one.
    """

    closed: tuple[tuple[int, str | None], ...] = ()
    timers: tuple[Timer, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    jobs: tuple[Job, ...] = ()
    finished: tuple[UUID, ...] = ()
    incidents: tuple[Incident, ...] = ()
    resolved: tuple[int, ...] = ()
    links: tuple[Link, ...] = ()
    is_over: bool = False
