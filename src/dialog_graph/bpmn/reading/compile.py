"""From the written process to `Definition`: numbers instead of names, types instead of elements."""

from collections.abc import Mapping

from dialog_graph.bpmn.definition import Definition, Element, ElementKind, Flow, TaskDefinition, TaskKind
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.extensions import Extensions
from dialog_graph.bpmn.reading.source import SourceFlow, SourceNode, SourceProcess

_TYPE_OF_ELEMENT: Mapping[str, str] = {"businessRuleTask": "businessRule", "receiveTask": "receiveMessage"}
_NO_TYPE = "none"


def task_definition(node: SourceNode, extensions: Extensions, kinds: Mapping[str, TaskKind]) -> TaskDefinition:
    """What a task is, from its type; a type without code here is told by its element (app folder rules §3)."""
    declared = extensions.type or _TYPE_OF_ELEMENT.get(node.tag, _NO_TYPE)
    type = _usual_spelling(declared, kinds)
    by_element = TaskKind.SERVICE if node.tag in v.SERVICE_ELEMENTS else TaskKind.USER
    kind = TaskKind.USER if type == _NO_TYPE else kinds.get(type, by_element)
    return TaskDefinition(
        type=type,
        kind=kind,
        has_handler=type == _NO_TYPE or type in kinds,
        actions=extensions.actions,
        config=extensions.config,
    )


def _usual_spelling(type: str, kinds: Mapping[str, TaskKind]) -> str:
    if type in kinds:
        return type
    services = (known for known, kind in kinds.items() if kind is TaskKind.SERVICE)
    return next((known for known in services if known.lower() == type.lower()), type)


def compile_process(
    process: SourceProcess, tasks: Mapping[str, TaskDefinition], extensions: Mapping[str, Extensions], sha256: str
) -> Definition:
    """The compiled form of a process in which the checks found no error."""
    numbers = {node.id: number for number, node in enumerate(process.nodes)}
    flows = tuple(_flow(number, flow, numbers) for number, flow in enumerate(process.flows))
    by_id = {flow.id: flow.index for flow in flows}
    incoming: dict[int, list[int]] = {number: [] for number in numbers.values()}
    outgoing: dict[int, list[int]] = {number: [] for number in numbers.values()}
    for flow in flows:
        incoming[flow.target].append(flow.index)
        outgoing[flow.source].append(flow.index)
    elements = tuple(
        Element(
            index=number,
            id=node.id,
            kind=ElementKind(node.tag),
            line=node.line,
            name=node.name,
            task=tasks.get(node.id),
            lane=process.lanes.get(node.id),
            incoming=tuple(incoming[number]),
            outgoing=tuple(outgoing[number]),
            default=by_id[node.default] if node.default is not None else None,
            connected_data_type=extensions[node.id].connected_data_type if node.id in extensions else None,
            scope=numbers[node.scope] if node.scope is not None else None,
        )
        for number, node in enumerate(process.nodes)
    )
    return Definition(
        id=process.id,
        sha256=sha256,
        elements=elements,
        flows=flows,
        name=process.name,
        strict=process.strict,
        data_objects=process.data_objects,
    )


def _flow(number: int, flow: SourceFlow, numbers: Mapping[str, int]) -> Flow:
    return Flow(
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
