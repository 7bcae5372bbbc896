"""The compiled process: elements and flows of one BPMN file as frozen values.

Made by `reader.read_process`, immutable, cached by `sha256`. Elements and flows are numbered from 0 in document order
(process engine §1, §4.1); all "first" rules and the stored state use these numbers, the API only ever shows ids.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from dialog_graph.bpmn.element_expressions import expressions_of
from dialog_graph.bpmn.element_parts import AWAITED, EventType, Expression
from dialog_graph.bpmn.nodes import Element, ElementKind, Flow, TaskDefinition, TaskKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One compiled process. `sha256`: of the file's bytes, lower-case hex. `strict`: `dg:strict="altinn"`.

    `reach`: what can come to the flows of inclusive joins, see `reading.reach`. `has_waits`: something in it may wait
    for more than a caller's command; `has_conditions`: for a condition.
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
    _edges: dict[int, tuple[Element, ...]] = field(init=False, repr=False, compare=False)
    _triggers: dict[int | None, tuple[Element, ...]] = field(init=False, repr=False, compare=False)
    _outgoing: dict[int, tuple[Flow, ...]] = field(init=False, repr=False, compare=False)
    has_waits: bool = field(init=False, repr=False, compare=False)
    has_conditions: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Builds the look-ups once."""
        awaited = [element for element in self.elements if element.event and self._is_awaited(element)]
        edges = [(element.host, element) for element in awaited if element.host is not None and not element.is_made]
        starts = [(element.scope, element) for element in awaited if element.kind is ElementKind.START_EVENT]
        triggers = [(self.elements[around].scope, start) for around, start in starts if around is not None]
        served = [element for element in self.elements if element.task and element.task.kind is TaskKind.SERVICE]
        made = {
            "_elements_by_id": {element.id: element for element in self.elements},
            "_flows_by_id": {flow.id: flow for flow in self.flows},
            "_inside": _grouped([(element.scope, element) for element in self.elements]),
            "_edges": _grouped(edges),
            "_triggers": _grouped(triggers),
            "_outgoing": {},
            "has_waits": bool(awaited or served),
            "has_conditions": any(element.event_type is EventType.CONDITIONAL for element in awaited),
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    def _is_awaited(self, element: Element) -> bool:
        """True for events that a token or scope of an instance waits for; the start events of the process are not."""
        if element.event_type not in AWAITED:
            return False
        inner = element.kind is ElementKind.START_EVENT and element.scope is not None
        return inner or element.kind in (ElementKind.BOUNDARY_EVENT, ElementKind.INTERMEDIATE_CATCH_EVENT)

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
        found = self._outgoing.get(element.index)
        if found is None:
            found = self._outgoing[element.index] = tuple(self.flows[index] for index in element.outgoing)
        return found

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
            for part, expression in expressions_of(element)
        }

    def inside(self, scope: int | None) -> tuple[Element, ...]:
        """The elements directly inside a subprocess, or with None of the process itself, in document order."""
        return self._inside.get(scope, ())

    def start_of(self, scope: int) -> Element:
        """The one start event of a subprocess; the reader has seen to it that there is one."""
        return next(element for element in self.inside(scope) if element.kind is ElementKind.START_EVENT)

    def edges(self, host: int) -> tuple[Element, ...]:
        """The awaited events at the boundary of an activity, deadlines left out, in document order."""
        return self._edges.get(host, ())

    def triggers(self, scope: int | None) -> tuple[Element, ...]:
        """The awaited start events of the event subprocesses in a scope, in document order."""
        return self._triggers.get(scope, ())

    @property
    def written(self) -> tuple[Element, ...]:
        """The elements of the file, without what is made of deadlines."""
        return tuple(element for element in self.elements if not element.is_made)

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


_Key = TypeVar("_Key")


def _grouped(pairs: Iterable[tuple[_Key, Element]]) -> dict[_Key, tuple[Element, ...]]:
    grouped: dict[_Key, list[Element]] = {}
    for key, element in pairs:
        grouped.setdefault(key, []).append(element)
    return {key: tuple(elements) for key, elements in grouped.items()}
