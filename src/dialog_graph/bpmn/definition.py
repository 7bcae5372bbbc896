"""The compiled process: elements and flows of one BPMN file as frozen values.

Made by `reader.read_process`, immutable, cached by `sha256`. Elements and flows are numbered from 0 in document order
(process engine §1, §4.1); all "first" rules and the stored state use these numbers, the API only ever shows ids.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dialog_graph.bpmn.element_parts import AdHoc, EventDefinition, EventType, Expression, MultiInstance, StandardLoop
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
    SUB_PROCESS = "subProcess"
    TRANSACTION = "transaction"
    AD_HOC_SUB_PROCESS = "adHocSubProcess"
    BOUNDARY_EVENT = "boundaryEvent"
    INTERMEDIATE_THROW_EVENT = "intermediateThrowEvent"
    INTERMEDIATE_CATCH_EVENT = "intermediateCatchEvent"


_SUB_PROCESSES = frozenset({ElementKind.SUB_PROCESS, ElementKind.TRANSACTION, ElementKind.AD_HOC_SUB_PROCESS})


class TaskKind(StrEnum):
    """Who completes a task: `USER` a caller's command, `SERVICE` a job."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A BPMN flow node. `incoming`, `outgoing`, `default` are flow numbers in document order; `lane` is a name.

    `scope`: number of the element whose inside it belongs to, None = the process itself.
    `connected_data_type`: default data type of conditions (on a task: for the next gateway without its own).
    `host`: the activity that a boundary event is attached to; `boundaries`: the events attached to this activity.
    `handler`: what the compensation boundary of this activity leads to.
    `interrupting`: of boundary events and starts of event subprocesses. `by_event`: it is an event subprocess.
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

    @property
    def is_activity(self) -> bool:
        """True for tasks and subprocesses."""
        return self.task is not None or self.kind in _SUB_PROCESSES

    @property
    def event_type(self) -> EventType | None:
        """What its event definition is; None for none events and everything that is no event."""
        return self.event.type if self.event else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One compiled process. `sha256`: of the file's bytes, lower-case hex. `strict`: `dg:strict="altinn"`.

    `reach`: what can come to the flows of inclusive joins, see `reading.reach`.
    """

    id: str
    sha256: str
    elements: tuple[Element, ...]
    flows: tuple[Flow, ...]
    name: str | None = None
    strict: bool = False
    data_objects: tuple[str, ...] = ()
    reach: Mapping[int, Mapping[int, int]] = field(default_factory=dict[int, Mapping[int, int]])
    _elements_by_id: dict[str, Element] = field(init=False, repr=False, compare=False)
    _inside: dict[int | None, tuple[Element, ...]] = field(init=False, repr=False, compare=False)
    _flows_by_id: dict[str, Flow] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Builds the look-ups by id once."""
        object.__setattr__(self, "_elements_by_id", {element.id: element for element in self.elements})
        object.__setattr__(self, "_flows_by_id", {flow.id: flow for flow in self.flows})
        inside: dict[int | None, list[Element]] = {}
        for element in self.elements:
            inside.setdefault(element.scope, []).append(element)
        object.__setattr__(self, "_inside", {scope: tuple(elements) for scope, elements in inside.items()})

    def element(self, element_id: str) -> Element | None:
        """The element with this id."""
        return self._elements_by_id.get(element_id)

    def flow(self, flow_id: str) -> Flow | None:
        """The flow with this id."""
        return self._flows_by_id.get(flow_id)

    def task(self, element_id: str) -> TaskDefinition | None:
        """What the task with this id declares; None when there is no such task."""
        element = self.element(element_id)
        return element.task if element else None

    def element_of(self, index: int, on_flow: bool) -> Element:
        """The element with this number, or the one that the flow with this number leads to."""
        return self.elements[self.flows[index].target if on_flow else index]

    def outgoing(self, element: Element) -> tuple[Flow, ...]:
        """The flows that leave the element, in document order."""
        return tuple(self.flows[index] for index in element.outgoing)

    def offered(self, around: Element) -> tuple[Element, ...]:
        """The activities of an ad-hoc subprocess that may be activated: those that no flow leads to."""
        return tuple(
            element
            for element in self.inside(around.index)
            if element.is_activity and not (element.incoming or element.by_event or element.for_compensation)
        )

    def handler_of(self, element: Element) -> Element | None:
        """Where the compensation of an activity begins: at its handler, or inside its compensation event subprocess."""
        if element.handler is not None:
            return self.elements[element.handler]
        starts = (self.start_of(inner.index) for inner in self.inside(element.index) if inner.by_event)
        return next((start for start in starts if start.event_type is EventType.COMPENSATION), None)

    @property
    def expressions(self) -> Mapping[str, tuple[Element, Expression]]:
        """What `ValueEvaluator.value` may be asked, by key `{element id}:{part}`."""
        return {
            f"{element.id}:{part}": (element, expression)
            for element in self.elements
            for part, expression in _expressions(element)
        }

    def inside(self, scope: int | None) -> tuple[Element, ...]:
        """The elements directly inside a subprocess, or with None of the process itself, in document order."""
        return self._inside.get(scope, ())

    def start_of(self, scope: int) -> Element:
        """The one start event of a subprocess; the reader has seen to it that there is one."""
        return next(element for element in self.inside(scope) if element.kind is ElementKind.START_EVENT)

    @property
    def tasks(self) -> tuple[Element, ...]:
        """All tasks in document order."""
        return tuple(element for element in self.elements if element.task is not None)

    @property
    def start_events(self) -> tuple[Element, ...]:
        """The start events of the process itself."""
        return tuple(e for e in self.inside(None) if e.kind is ElementKind.START_EVENT)

    @property
    def end_events(self) -> tuple[Element, ...]:
        """The end events of the process itself."""
        return tuple(e for e in self.inside(None) if e.kind is ElementKind.END_EVENT)


def _expressions(element: Element) -> Iterator[tuple[str, Expression]]:
    match element.loop:
        case StandardLoop(condition=condition):
            parts = {"loopCondition": condition}
        case MultiInstance() as loop:
            parts = {
                "collection": loop.collection,
                "cardinality": loop.cardinality,
                "completionCondition": loop.completion,
                "outputElement": loop.output,
            }
        case None:
            parts = dict[str, Expression | None]()
    if element.ad_hoc is not None:
        parts = parts | {"adHocCompletion": element.ad_hoc.completion}
    yield from ((part, expression) for part, expression in parts.items() if expression is not None)
