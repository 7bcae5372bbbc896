"""The event definitions of a node, and where they lead."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dialog_graph.bpmn.element_parts import EventDefinition, EventType, Expression
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.declarations import Declarations, referred
from dialog_graph.bpmn.reading.markup import children, flag, text_of
from dialog_graph.bpmn.reading.messages import signal_of
from dialog_graph.bpmn.reading.source import SourceNode
from dialog_graph.bpmn.reading.start_parties import start_party
from dialog_graph.bpmn.reading.timers import timer_of
from dialog_graph.model.safe_xml import Element

_CATCH, _THROW = "intermediateCatchEvent", "intermediateThrowEvent"


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """An event definition as written. `word`: as in `EVENT_DEFINITIONS`; `ref`: id of what it throws or catches."""

    word: str
    xml: Element

    @property
    def ref(self) -> str | None:
        """The error, escalation, message or signal that it refers to."""
        return referred(self.xml.get(f"{self.word}Ref"))


def events_of(node: SourceNode) -> list[SourceEvent]:
    """The event definitions of an event, in their order."""
    return list(_events(node)) if node.tag in v.EVENTS else []


def _events(node: SourceNode) -> Iterator[SourceEvent]:
    for namespace, local, child in children(node.xml):
        if namespace == v.BPMN and local in v.EVENT_DEFINITIONS:
            yield SourceEvent(v.EVENT_DEFINITIONS[local], child)


def link_name(node: SourceNode) -> str | None:
    """The name of a link event."""
    return next((event.xml.get("name") or "" for event in events_of(node) if event.word == "link"), None)


def link_targets(nodes: Iterable[SourceNode]) -> Mapping[str, list[SourceNode]]:
    """Throwing link event -> the catching ones of the same name in the same scope."""
    links = [(node, link_name(node)) for node in nodes]
    catches = [(node.scope, name, node) for node, name in links if name is not None and node.tag == _CATCH]
    return {
        node.id: [catch for scope, other, catch in catches if (scope, other) == (node.scope, name)]
        for node, name in links
        if name is not None and node.tag == _THROW
    }


def handlers(nodes: Mapping[str, SourceNode], associations: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    """Compensation boundary -> the handlers that associations lead to."""
    boundaries = [id for id, node in nodes.items() if node.tag == "boundaryEvent" and _is_compensation(node)]
    pairs = list(associations)
    return {id: [target for source, target in pairs if source == id and target in nodes] for id in boundaries}


def _is_compensation(node: SourceNode) -> bool:
    return any(event.word == "compensation" for event in events_of(node))


def activity_ref(node: SourceNode) -> str | None:
    """The one activity that a compensation throw names."""
    return next((event.xml.get("activityRef") for event in events_of(node) if event.word == "compensation"), None)


def is_interrupting(node: SourceNode) -> bool:
    """What `cancelActivity` of a boundary, or `isInterrupting` of a start event says."""
    name = "cancelActivity" if node.tag == "boundaryEvent" else "isInterrupting"
    return flag(node.xml, name, default=True)


def condition_of(event: SourceEvent) -> Expression | None:
    """The condition of a conditional event."""
    found = next(event.xml.iterchildren(f"{{{v.BPMN}}}condition"), None)
    text = text_of(found) if found is not None else ""
    return Expression(text, found.sourceline or 1) if found is not None and text else None


def event_definition(node: SourceNode, declared: Declarations, target: int | None) -> EventDefinition | None:
    """The compiled event definition of a node in which the checks found no error; `target`: link, activity."""
    event = next(iter(events_of(node)), None)
    if event is None:
        return None
    type = EventType(event.word)
    return EventDefinition(
        type=type,
        code=declared.codes.get(event.ref or ""),
        target=target,
        timer=timer_of(node, event.xml) if type is EventType.TIMER else None,
        signal=signal_of(node, declared) if type is EventType.SIGNAL else None,
        condition=condition_of(event) if type is EventType.CONDITIONAL else None,
        party=start_party(node),
    )
