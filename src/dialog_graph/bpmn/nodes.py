"""The parts of a compiled process: elements with what they say, and flows, as frozen values."""

from dataclasses import dataclass, field
from enum import StrEnum

from dialog_graph.bpmn.copied import Copied
from dialog_graph.bpmn.element_parts import (
    AdHoc,
    EventDefinition,
    EventType,
    MessageReference,
    MultiInstance,
    StandardLoop,
)
from dialog_graph.bpmn.task_config import TaskConfig


class ElementKind(StrEnum):
    """BPMN element names that this version executes; each has a row in `elements.BEHAVIOURS`."""

    START_EVENT = "startEvent"
    END_EVENT = "endEvent"
    TASK = "task"
    USER_TASK = "userTask"
    MANUAL_TASK = "manualTask"
    SERVICE_TASK = "serviceTask"
    SEND_TASK = "sendTask"
    RECEIVE_TASK = "receiveTask"
    BUSINESS_RULE_TASK = "businessRuleTask"
    EXCLUSIVE_GATEWAY = "exclusiveGateway"
    PARALLEL_GATEWAY = "parallelGateway"
    INCLUSIVE_GATEWAY = "inclusiveGateway"
    EVENT_BASED_GATEWAY = "eventBasedGateway"
    CALL_ACTIVITY = "callActivity"
    SUB_PROCESS = "subProcess"
    TRANSACTION = "transaction"
    AD_HOC_SUB_PROCESS = "adHocSubProcess"
    BOUNDARY_EVENT = "boundaryEvent"
    INTERMEDIATE_THROW_EVENT = "intermediateThrowEvent"
    INTERMEDIATE_CATCH_EVENT = "intermediateCatchEvent"


_SUB_PROCESSES = frozenset({ElementKind.SUB_PROCESS, ElementKind.TRANSACTION, ElementKind.AD_HOC_SUB_PROCESS})


RECEIVE_MESSAGE = "receiveMessage"
SEND_MESSAGE = "sendMessage"
CALL_APP = "callApp"
OWN_TYPES = frozenset({RECEIVE_MESSAGE, SEND_MESSAGE, CALL_APP})
"""Task types that the interpreter itself carries out: they need no code elsewhere."""


class TaskKind(StrEnum):
    """Who completes a task: `USER` a caller's command, `SERVICE` the server (a job, a message, another app)."""

    USER = "user"
    SERVICE = "service"


class ActionType(StrEnum):
    """`PROCESS`: may be given to `Complete`; `SERVER`: runs a handler and never moves the process."""

    PROCESS = "processAction"
    SERVER = "serverAction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action declared on a task."""

    name: str
    type: ActionType = ActionType.PROCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefinition:
    """What a task element says beyond its place in the graph.

    `type`: as declared (`none` when absent), a service type in its usual spelling whatever its case in the file.
    `has_handler`: the type has code here; without it an instance that reaches the task stops with `NO_HANDLER`.
    """

    type: str
    kind: TaskKind
    has_handler: bool
    actions: tuple[Action, ...] = ()
    config: TaskConfig = field(default_factory=TaskConfig)

    def declares(self, action: str, type: ActionType = ActionType.PROCESS) -> bool:
        """True when the task declares this action of this type."""
        return any(declared.name == action and declared.type is type for declared in self.actions)


@dataclass(frozen=True, kw_only=True)
class Element(Copied):
    """A BPMN flow node. `incoming`, `outgoing`, `default` are flow numbers in document order; `lane` is a name.

    `scope`: number of the element whose inside it belongs to, None = the process itself.
    `connected_data_type`: default data type of conditions (on a task: for the next gateway without its own).
    `host`: the activity that a boundary event is attached to; `boundaries`: the events attached to this activity.
    `handler`: what the compensation boundary of this activity leads to.
    `interrupting`: of boundary events and starts of event subprocesses. `by_event`: it is an event subprocess.
    `message`: of message events, receive and send tasks. `deadlines`: events made of the deadlines of this task, which
    stand behind the elements of the file (`is_made`).
    """

    index: int
    id: str
    kind: ElementKind
    line: int
    name: str | None = None
    task: TaskDefinition | None = None
    lane: str | None = None
    incoming: tuple[int, ...] = ()
    outgoing: tuple[int, ...] = ()
    default: int | None = None
    connected_data_type: str | None = None
    scope: int | None = None
    event: EventDefinition | None = None
    host: int | None = None
    boundaries: tuple[int, ...] = ()
    interrupting: bool = True
    by_event: bool = False
    loop: StandardLoop | MultiInstance | None = None
    handler: int | None = None
    for_compensation: bool = False
    ad_hoc: AdHoc | None = None
    message: MessageReference | None = None
    deadlines: tuple[int, ...] = ()
    is_made: bool = False

    @property
    def is_activity(self) -> bool:
        """True for tasks and subprocesses."""
        return self.task is not None or self.kind in _SUB_PROCESSES

    @property
    def event_type(self) -> EventType | None:
        """What its event definition is; None for none events and everything that is no event."""
        return self.event.type if self.event else None


@dataclass(frozen=True, kw_only=True)
class Flow(Copied):
    """A sequence flow; `source` and `target` are element numbers.

    `condition_text`: the JSON expression as written, stripped, None when there is none; `condition_line` its line.
    `flow_type`: the `altinn:flowtype` attribute, kept for history, without effect.
    """

    index: int
    id: str
    source: int
    target: int
    line: int
    name: str | None = None
    condition_text: str | None = None
    condition_line: int | None = None
    flow_type: str | None = None
