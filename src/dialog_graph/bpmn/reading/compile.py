"""From the written process to `Definition`: numbers instead of names, types instead of elements."""

from collections.abc import Mapping
from dataclasses import dataclass

from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.nodes import (
    CALL_APP,
    OWN_TYPES,
    RECEIVE_MESSAGE,
    SEND_MESSAGE,
    Element,
    ElementKind,
    Flow,
    TaskDefinition,
    TaskKind,
)
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.deadlines import with_deadlines
from dialog_graph.bpmn.reading.declarations import Declarations
from dialog_graph.bpmn.reading.events import activity_ref, event_definition, handlers, is_interrupting, link_targets
from dialog_graph.bpmn.reading.extensions import Extensions
from dialog_graph.bpmn.reading.loops import ad_hoc_of, loop_of
from dialog_graph.bpmn.reading.messages import message_of
from dialog_graph.bpmn.reading.reach import reach_of
from dialog_graph.bpmn.reading.source import SourceFlow, SourceNode, SourceProcess

_TYPE_OF_ELEMENT: Mapping[str, str] = {
    "businessRuleTask": "businessRule",
    "receiveTask": RECEIVE_MESSAGE,
    "callActivity": CALL_APP,
}
_NO_TYPE = "none"


_PLAIN_TASK = TaskDefinition(type=_NO_TYPE, kind=TaskKind.USER, has_handler=True)
_KINDS = {kind.value: kind for kind in ElementKind}


def task_definition(node: SourceNode, extensions: Extensions, kinds: Mapping[str, TaskKind]) -> TaskDefinition:
    """What a task is, from its type; a type without code here is told by its element (app folder rules §3)."""
    if node.is_plain:
        return _PLAIN_TASK
    type = _usual_spelling(extensions.type or _type_of_element(node), kinds)
    by_element = TaskKind.SERVICE if node.tag in v.SERVICE_ELEMENTS or type in OWN_TYPES else TaskKind.USER
    kind = TaskKind.USER if type == _NO_TYPE else kinds.get(type, by_element)
    return TaskDefinition(
        type=type,
        kind=kind,
        has_handler=type == _NO_TYPE or type in OWN_TYPES or type in kinds,
        actions=extensions.actions,
        config=extensions.config,
    )


def _type_of_element(node: SourceNode) -> str:
    """A send task sends its message, if it has one."""
    if node.tag == "sendTask" and node.xml.get("messageRef"):
        return SEND_MESSAGE
    return _TYPE_OF_ELEMENT.get(node.tag, _NO_TYPE)


def _usual_spelling(type: str, kinds: Mapping[str, TaskKind]) -> str:
    if type == _NO_TYPE or type in kinds:
        return type
    services = (CALL_APP, *(known for known, kind in kinds.items() if kind is TaskKind.SERVICE))
    return next((known for known in services if known.lower() == type.lower()), type)


@dataclass(frozen=True, slots=True)
class Parts:
    """What is known of the nodes besides their place: tasks and extensions by node id, and what events refer to."""

    tasks: Mapping[str, TaskDefinition]
    extensions: Mapping[str, Extensions]
    declared: Declarations


@dataclass(frozen=True, slots=True)
class _Places:
    """Numbers of nodes and flows by id, and what lies around a node."""

    numbers: Mapping[str, int]
    incoming: Mapping[str, list[int]]
    outgoing: Mapping[str, list[int]]
    flows: Mapping[str, int]
    attached: Mapping[str, list[int]]
    targets: Mapping[str, int]
    handlers: Mapping[str, int]


def definition_of(process: SourceProcess, parts: Parts, sha256: str) -> Definition:
    """The compiled form of a process in which the checks found no error."""
    places = _places(process)
    elements = with_deadlines(tuple([_element(process, parts, places, node) for node in process.nodes]))
    flows = tuple([_flow(number, flow, places.numbers) for number, flow in enumerate(process.flows)])
    return Definition(
        id=process.id,
        sha256=sha256,
        elements=elements,
        flows=flows,
        name=process.name,
        strict=process.strict,
        data_objects=process.data_objects,
        reach=reach_of(elements, flows),
    )


def _places(process: SourceProcess) -> _Places:
    numbers = {node.id: number for number, node in enumerate(process.nodes)}
    incoming: dict[str, list[int]] = {id: [] for id in numbers}
    outgoing: dict[str, list[int]] = {id: [] for id in numbers}
    for number, flow in enumerate(process.flows):
        incoming[flow.target].append(number)
        outgoing[flow.source].append(number)
    flows = {flow.id: number for number, flow in enumerate(process.flows)}
    outspoken = {node.id: node for node in process.nodes if not node.is_plain}
    attached: dict[str, list[int]] = {}
    for node in outspoken.values():
        if node.attached_to is not None:
            attached.setdefault(node.attached_to, []).append(numbers[node.id])
    targets = {throw: numbers[catches[0].id] for throw, catches in link_targets(outspoken.values()).items()}
    targets |= {node.id: numbers[ref] for node in outspoken.values() if (ref := activity_ref(node)) is not None}
    undo = {
        outspoken[boundary].attached_to or "": numbers[found[0]]
        for boundary, found in handlers(outspoken, process.associations).items()
    }
    return _Places(numbers, incoming, outgoing, flows, attached, targets, undo)


def _element(process: SourceProcess, parts: Parts, places: _Places, node: SourceNode) -> Element:
    place: dict[str, object] = {
        "index": places.numbers[node.id],
        "id": node.id,
        "kind": _KINDS[node.tag],
        "line": node.line,
        "name": node.name,
        "task": parts.tasks.get(node.id),
        "incoming": tuple(places.incoming[node.id]),
        "outgoing": tuple(places.outgoing[node.id]),
    }
    if node.default is not None:
        place["default"] = places.flows[node.default]
    if node.scope is not None:
        place["scope"] = places.numbers[node.scope]
    if node.id in process.lanes:
        place["lane"] = process.lanes[node.id]
    if node.id in places.attached:
        place["boundaries"] = tuple(places.attached[node.id])
        place["handler"] = places.handlers.get(node.id)
    return Element.of(**place) if node.is_plain else Element.of(**place, **_said(node, parts, places))


def _said(node: SourceNode, parts: Parts, places: _Places) -> Mapping[str, object]:
    """The members that only what an element says can give."""
    extensions = parts.extensions.get(node.id)
    return {
        "connected_data_type": extensions.connected_data_type if extensions else None,
        "event": event_definition(node, parts.declared, places.targets.get(node.id)),
        "host": places.numbers[node.attached_to] if node.attached_to is not None else None,
        "interrupting": is_interrupting(node),
        "by_event": node.is_by_event,
        "loop": loop_of(node),
        "for_compensation": node.is_for_compensation,
        "ad_hoc": ad_hoc_of(node),
        "message": message_of(node, parts.tasks.get(node.id), parts.declared),
    }


def _flow(number: int, flow: SourceFlow, numbers: Mapping[str, int]) -> Flow:
    return Flow.of(
        index=number,
        id=flow.id,
        source=numbers[flow.source],
        target=numbers[flow.target],
        line=flow.line,
        name=flow.name,
        condition_text=flow.condition,
        condition_line=flow.condition_line,
        flow_type=flow.flow_type,
    )
