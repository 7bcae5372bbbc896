"""The instance aggregate: one run of an app for one party, with its tasks, data and confirmations.

Columns and their meaning: process engine §14.2. `Instance` is what a command loads, changes and writes, and what
GraphQL fields read; it never reaches back to the database.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import SYSTEM_ACTOR, Actor
from dialog_graph.model.waits import WaitingKind
from dialog_graph.urns import AppId, InstanceRef


class InstanceStatus(StrEnum):
    """`COMPLETED`: the process ended; `CONFIRMED`: and the owner confirmed receipt; `DELETED`: soft or hard."""

    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"
    DELETED = "DELETED"


class ProcessStatus(StrEnum):
    """`FAILED`: an incident is open; `WAITING`: only the server or others can move it (process engine §9.1)."""

    RUNNING = "RUNNING"
    WAITING = "WAITING"
    FAILED = "FAILED"
    ENDED = "ENDED"


class TaskState(StrEnum):
    """State of one task entry (process engine §9.1)."""

    ACTIVE = "ACTIVE"
    WAITING = "WAITING"
    COMPLETED = "COMPLETED"
    ABANDONED = "ABANDONED"
    FAILED = "FAILED"


OPEN_TASK_STATES = frozenset({TaskState.ACTIVE, TaskState.WAITING, TaskState.FAILED})

EVENT_TYPES = frozenset({"timer", "message", "signal", "condition", "eventBasedGateway"})
"""Types of the entries of events and gateways that a process waits at: they are shown like tasks and are none."""


class Lock(StrEnum):
    """Who locked a data element; `MANUAL` can be lifted by people, `PROCESS` only by the process."""

    NONE = "none"
    MANUAL = "manual"
    PROCESS = "process"


class FileScan(StrEnum):
    """Result of the virus scan."""

    PENDING = "PENDING"
    CLEAN = "CLEAN"
    INFECTED = "INFECTED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Substatus:
    """The owner's own words about the instance: text keys or literal texts."""

    label: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """One download by a service owner."""

    org: str
    sha256: str
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The owner's word that it has received the data."""

    org: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntry:
    """One activation of a task, or one wait at an event. `entry_no` counts from 1; `entry_id` is `ProcessTask.id`.

    `scope_id`: of the interpreter's state; `loop_index`: from 0, of the innermost loop around it.
    """

    entry_id: UUID
    element_id: str
    type: str
    entry_no: int
    state: TaskState
    started_at: datetime
    name: str | None = None
    lane: str | None = None
    flow_type: str | None = None
    started_by: Actor = SYSTEM_ACTOR
    ended_at: datetime | None = None
    ended_by: Actor | None = None
    action: str | None = None
    note: str | None = None
    due_at: datetime | None = None
    sent_back: bool = False
    scope_id: int = 0
    loop_index: int | None = None

    @property
    def is_open(self) -> bool:
        """True while the entry has not ended."""
        return self.state in OPEN_TASK_STATES

    @property
    def is_event(self) -> bool:
        """True for what is waited at and is no task."""
        return self.type in EVENT_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class DataElement:
    """One piece of data: a form (`document` set) or a file (`blob_key` set).

    `document`: canonical JSON of form data, loaded only where a step needs it; `xml`: the same as XML where the type
    is XML. `sha256` (lower-case hex) and `size` are of the bytes that a download delivers. `task_id`: BPMN id of the
    task that owns the data type.
    """

    element_id: UUID
    data_type: str
    content_type: str
    size: int
    sha256: str
    created_at: datetime
    updated_at: datetime
    created_by: Actor = SYSTEM_ACTOR
    task_id: str | None = None
    filename: str | None = None
    is_form: bool = False
    document: bytes | None = None
    xml: bytes | None = None
    blob_key: str | None = None
    lock: Lock = Lock.NONE
    is_read: bool = True
    revision: int = 1
    tags: tuple[str, ...] = ()
    metadata: dict[str, Json] | None = None
    file_scan: FileScan = FileScan.SKIPPED
    generated_from: str | None = None
    downloads: tuple[Download, ...] = ()
    deleted_at: datetime | None = None

    @property
    def wire(self) -> bytes | None:
        """The bytes of a form element as delivered; None for files and where documents were not loaded."""
        return self.xml if self.xml is not None else self.document


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One run of an app for one party. `process_state`: the interpreter's state as JSON (process engine §14.1)."""

    instance_id: UUID
    app_id: AppId
    party_id: int
    resource_id: int
    version_id: UUID
    created_by: Actor
    created_at: datetime
    updated_at: datetime
    version_ordinal: int = 1
    revision: int = 0
    event_seq: int = 0
    status: InstanceStatus = InstanceStatus.ACTIVE
    process_state: dict[str, Json] = field(default_factory=dict[str, Json])
    substatus: Substatus | None = None
    presentation_texts: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType[str, str]({}))
    data_values: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType[str, str]({}))
    due_at: datetime | None = None
    visible_from: datetime | None = None
    started_at: datetime | None = None
    start_event: str | None = None
    ended_at: datetime | None = None
    end_event: str | None = None
    archived_at: datetime | None = None
    deleted_at: datetime | None = None
    is_hard_deleted: bool = False
    waiting_for: tuple[WaitingKind, ...] = ()
    has_incident: bool = False
    tasks: tuple[TaskEntry, ...] = ()
    data: tuple[DataElement, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()

    @property
    def org(self) -> str:
        """Code of the owning service owner."""
        return self.app_id.org

    @property
    def ref(self) -> str:
        """The instance as other systems refer to it."""
        return str(InstanceRef(self.party_id, self.instance_id))

    @property
    def open_entries(self) -> tuple[TaskEntry, ...]:
        """Entries that have not ended, in order of activation."""
        return tuple(task for task in self.tasks if task.is_open)

    @property
    def open_tasks(self) -> tuple[TaskEntry, ...]:
        """The open entries of tasks, in order of activation."""
        return tuple(task for task in self.open_entries if not task.is_event)

    @property
    def current_entry(self) -> TaskEntry | None:
        """Where the process stands for people: the user task entered first, else what it waits at first."""
        active = (task for task in self.tasks if task.state is TaskState.ACTIVE)
        return next(active, None) or next(iter(self.open_entries), None)

    @property
    def elements(self) -> tuple[DataElement, ...]:
        """Data elements that are not deleted, in order of creation."""
        return tuple(element for element in self.data if element.deleted_at is None)

    @property
    def process_status(self) -> ProcessStatus:
        """What `Process.status` shows (process engine §9.1)."""
        if self.ended_at is not None or self.status is InstanceStatus.CANCELLED:
            return ProcessStatus.ENDED
        if self.has_incident:
            return ProcessStatus.FAILED
        is_running = any(task.state is TaskState.ACTIVE for task in self.tasks)
        return ProcessStatus.RUNNING if is_running else ProcessStatus.WAITING
