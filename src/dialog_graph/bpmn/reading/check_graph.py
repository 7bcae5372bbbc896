"""Checks of the graph: ids, ends of flows; advice on flow lists and shapes of gateways."""

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
    written = [(id, element) for element in root.iter(f"{{{v.BPMN}}}*") if (id := element.get("id")) is not None]
    parts = [part.id for process in processes for part in (*process.nodes, *process.flows)]
    first = dict(reversed(written))
    told: set[str] = set()
    if len(first) < len(written):
        for id, element in written:
            if element is not first[id]:
                findings.add("DG2101", element.sourceline, id, first[id].sourceline, id=id)
                told.add(id)
    if len(set(parts)) == len(parts):
        return
    for id in [id for id, count in Counter(parts).items() if count > 1 and id not in told]:
        findings.add("DG2101", first[id].sourceline if id in first else None, id, id=id)


def check_flows(process: SourceProcess, graph: Graph, findings: Findings) -> None:
    """Where the flows of one process lead."""
    for flow in process.flows:
        source, target = graph.nodes.get(flow.source), graph.nodes.get(flow.target)
        if source is None:
            findings.add("DG2102", flow.line, flow.id, id=flow.id, end="source", ref=flow.source)
        if target is None:
            findings.add("DG2102", flow.line, flow.id, id=flow.id, end="target", ref=flow.target)
        if source is not None and target is not None:
            _check_ends(flow, source, target, findings)


def advise_graph(process: SourceProcess, graph: Graph, findings: Findings) -> None:
    """What is odd about the graph of one process."""
    for flow in process.flows:
        if flow.flow_type is not None:
            findings.add("DG2305", flow.line, flow.id, id=flow.id)
    _advise_doubles(graph, findings)
    for node in graph.nodes.values():
        _advise_lists(node, graph, findings)
        _advise_shape(node, graph, findings)


_LEADS_INTO = {"startEvent": "leads into a start event", "boundaryEvent": "leads into a boundary event"}


def _check_ends(flow: SourceFlow, source: SourceNode, target: SourceNode, findings: Findings) -> None:
    if source.scope != target.scope:
        findings.add("DG2103", flow.line, flow.id, id=flow.id, problem="crosses the border of a subprocess")
    if target.tag in _LEADS_INTO:
        findings.add("DG2103", flow.line, flow.id, id=flow.id, problem=_LEADS_INTO[target.tag])
    if source.tag == "endEvent":
        findings.add("DG2103", flow.line, flow.id, id=flow.id, problem="leaves an end event")
    if flow.condition is not None and source.tag in _NO_CONDITIONS:
        kind = _NO_CONDITIONS[source.tag]
        findings.add("DG2122", flow.line, flow.id, id=flow.id, kind=kind, source=source.id)


def _advise_doubles(graph: Graph, findings: Findings) -> None:
    seen: set[tuple[str, str]] = set()
    for flow in graph.flows:
        if (flow.source, flow.target) in seen:
            findings.add("DG2104", flow.line, flow.id, id=flow.id, source=flow.source, target=flow.target)
        seen.add((flow.source, flow.target))


def _advise_lists(node: SourceNode, graph: Graph, findings: Findings) -> None:
    real = (
        frozenset(flow.id for flow in graph.into[node.id]),
        frozenset(flow.id for flow in graph.out[node.id]),
    )
    if node.listed is not None and node.listed != real:
        findings.add("DG2105", node.line, node.id, id=node.id)


def _advise_shape(node: SourceNode, graph: Graph, findings: Findings) -> None:
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
