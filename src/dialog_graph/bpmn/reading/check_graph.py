"""Checks of the graph: ids, ends of flows, flow lists, shapes of gateways."""

from collections import Counter

from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.graph import Graph
from dialog_graph.bpmn.reading.source import SourceFlow, SourceNode, SourceProcess
from dialog_graph.model.safe_xml import Element

_NO_CONDITIONS = {
    "startEvent": "start event",
    "parallelGateway": "parallel gateway",
    "eventBasedGateway": "event-based gateway",
}


def check_ids(root: Element, processes: tuple[SourceProcess, ...], findings: Findings) -> None:
    """Ids are unique in the whole file, those that are given here included."""
    first: dict[str, int | None] = {}
    told: set[str] = set()
    for element in root.iter(f"{{{v.BPMN}}}*"):
        id = element.get("id")
        if id in first:
            findings.add("DG2101", element.sourceline, id, first[id], id=id)
            told.add(id)
        elif id is not None:
            first[id] = element.sourceline
    made = Counter(part.id for process in processes for part in (*process.nodes, *process.flows))
    for id, count in made.items():
        if count > 1 and id not in told:
            findings.add("DG2101", first.get(id), id, id=id)


def check_graph(process: SourceProcess, graph: Graph, findings: Findings) -> None:
    """Everything about the graph of one process."""
    for flow in process.flows:
        _check_flow(flow, graph, findings)
    _check_doubles(graph, findings)
    for node in graph.nodes.values():
        _check_lists(node, graph, findings)
        _check_shape(node, graph, findings)


def _check_flow(flow: SourceFlow, graph: Graph, findings: Findings) -> None:
    ends = (("source", flow.source), ("target", flow.target))
    for end, ref in ends:
        if ref not in graph.nodes:
            findings.add("DG2102", flow.line, flow.id, id=flow.id, end=end, ref=ref)
    if flow.flow_type is not None:
        findings.add("DG2305", flow.line, flow.id, id=flow.id)
    if not all(ref in graph.nodes for _, ref in ends):
        return
    source, target = graph.nodes[flow.source], graph.nodes[flow.target]
    for problem in _misplaced(source, target):
        findings.add("DG2103", flow.line, flow.id, id=flow.id, problem=problem)
    if flow.condition is not None and source.tag in _NO_CONDITIONS:
        findings.add("DG2122", flow.line, flow.id, id=flow.id, kind=_NO_CONDITIONS[source.tag])


def _misplaced(source: SourceNode, target: SourceNode) -> list[str]:
    problems = {
        "crosses the border of a subprocess": source.scope != target.scope,
        "leads into a start event": target.tag == "startEvent",
        "leaves an end event": source.tag == "endEvent",
        "leads into a boundary event": target.tag == "boundaryEvent",
    }
    return [problem for problem, there in problems.items() if there]


def _check_doubles(graph: Graph, findings: Findings) -> None:
    seen: set[tuple[str, str]] = set()
    for flow in graph.flows:
        if (flow.source, flow.target) in seen:
            findings.add("DG2104", flow.line, flow.id, id=flow.id, source=flow.source, target=flow.target)
        seen.add((flow.source, flow.target))


def _check_lists(node: SourceNode, graph: Graph, findings: Findings) -> None:
    real = (
        frozenset(flow.id for flow in graph.into[node.id]),
        frozenset(flow.id for flow in graph.out[node.id]),
    )
    if node.listed is not None and node.listed != real:
        findings.add("DG2105", node.line, node.id, id=node.id)


def _check_shape(node: SourceNode, graph: Graph, findings: Findings) -> None:
    came, went = len(graph.into[node.id]), len(graph.out[node.id])
    activity = node.tag in v.ACTIVITIES
    if went > 1 and (activity or node.tag == "startEvent"):
        effect = "all without a condition are taken at once"
        findings.add("DG2107", node.line, node.id, id=node.id, side="outgoing", effect=effect)
    if came > 1 and activity:
        effect = "each token passes alone, none is waited for"
        findings.add("DG2107", node.line, node.id, id=node.id, side="incoming", effect=effect)
    if node.tag in v.GATEWAYS and came > 1 and went > 1:
        findings.add("DG2111", node.line, node.id, id=node.id)
    if node.tag in v.GATEWAYS and came == went == 1:
        findings.add("DG2111 superfluous", node.line, node.id, id=node.id)
    ends = node.tag == "endEvent" or node.is_by_event or node.is_for_compensation or graph.jumps.get(node.id)
    in_ad_hoc = node.scope is not None and graph.nodes[node.scope].tag == "adHocSubProcess"
    if went == 0 and node.tag in v.EXECUTED and not ends and not in_ad_hoc:
        findings.add("DG2110", node.line, node.id, id=node.id)
