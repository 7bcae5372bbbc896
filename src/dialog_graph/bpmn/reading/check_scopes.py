"""Checks of subprocesses and of the process as scopes: starts; advice on ends and reachability (process engine §5)."""

from collections.abc import Iterator

from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.events import events_of, is_interrupting
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.graph import Graph, reachable
from dialog_graph.bpmn.reading.source import SourceNode, SourceProcess


def check_scopes(process: SourceProcess, graph: Graph, findings: Findings) -> None:
    """How the process and every subprocess begin."""
    if not _starts(None, graph):
        findings.add("DG2106", process.line, process.id)
    _check_typed(process.id, None, graph, findings)
    for node in graph.outspoken:
        if node.is_by_event:
            for problem in _event_problems(node, graph):
                findings.add("DG2119", node.line, node.id, id=node.id, problem=problem)
        elif node.tag == "adHocSubProcess":
            for problem in _ad_hoc_problems(node, graph):
                findings.add("DG2119", node.line, node.id, id=node.id, problem=problem)
        elif node.tag in v.CONTAINERS and node.tag in v.EXECUTED:
            _check_starts(node, graph, findings)


def advise_scopes(process: SourceProcess, graph: Graph, findings: Findings) -> None:
    """Ends, and what can be reached."""
    if all(node.tag != "endEvent" for node in graph.inside(None)):
        findings.add("DG2106 end", process.line, process.id)
    _advise_reach(graph, findings)


def _starts(scope: str | None, graph: Graph) -> list[SourceNode]:
    return [node for node in graph.inside(scope) if node.tag == "startEvent"]


def _check_typed(id: str, scope: str | None, graph: Graph, findings: Findings) -> None:
    """Where a start event must be blank; a process may also begin with what comes from outside."""
    allowed = v.STARTS_PROCESS if scope is None else frozenset[str]()
    for start in _starts(scope, graph):
        words = {event.word for event in events_of(start)}
        if any((start.tag, word) in v.EXECUTED_EVENTS for word in words - allowed):
            problem = f'has the typed start event "{start.id}", which only an event subprocess may have'
            findings.add("DG2119", start.line, start.id, id=id, problem=problem)


def _check_starts(node: SourceNode, graph: Graph, findings: Findings) -> None:
    starts = _starts(node.id, graph)
    if not starts:
        findings.add("DG2106 inner", node.line, node.id, id=node.id)
    _check_typed(node.id, node.id, graph, findings)
    if len(starts) > 1:
        findings.add("DG2119", node.line, node.id, id=node.id, problem="has several start events")


def _ad_hoc_problems(node: SourceNode, graph: Graph) -> Iterator[str]:
    inside = graph.inside(node.id)
    if any(inner.tag in ("startEvent", "endEvent") for inner in inside):
        yield "is an ad-hoc subprocess and has a start or end event"
    if not any(_is_offered(inner, graph) for inner in inside):
        yield "is an ad-hoc subprocess without an activity that can be activated"


def _is_offered(node: SourceNode, graph: Graph) -> bool:
    """True for an activity of an ad-hoc subprocess that no flow leads to."""
    around = graph.nodes.get(node.scope or "")
    offered = around is not None and around.tag == "adHocSubProcess" and node.tag in v.ACTIVITIES
    return offered and not (graph.into[node.id] or node.is_by_event or node.is_for_compensation)


def _event_problems(node: SourceNode, graph: Graph) -> Iterator[str]:
    starts = _starts(node.id, graph)
    if len(starts) != 1 or not events_of(starts[0]):
        yield "is an event subprocess and needs exactly one start event with a definition"
    if graph.into[node.id] or graph.out[node.id]:
        yield "is an event subprocess and has flows"
    if any(event.word == "error" and not is_interrupting(start) for start in starts for event in events_of(start)):
        yield "starts with an error, which always interrupts"


def _advise_reach(graph: Graph, findings: Findings) -> None:
    """Elements that are refused count as starts and ends, so that one finding does not bring a dozen others."""
    nodes = graph.nodes.values()
    refused = {node.id for node in nodes if node.tag not in v.EXECUTED}
    starts = {node.id for node in nodes if node.tag == "startEvent" or _is_offered(node, graph)} | {
        id for id in refused if not graph.into[id]
    }
    ends = {node.id for node in nodes if not graph.out[node.id]} | refused
    forward, backward = reachable(starts, graph.after), reachable(ends, graph.before)
    for node in nodes:
        if starts and node.id not in forward and _is_checked(node, graph):
            findings.add("DG2108", node.line, node.id, id=node.id)
        if node.tag in v.ACTIVITIES and node.id not in backward:
            findings.add("DG2109", node.line, node.id, id=node.id)


def _is_checked(node: SourceNode, graph: Graph) -> bool:
    """What lies in an element that is refused, or in a scope without a start, is told with that."""
    if node.is_by_event or node.scope is None:
        return not node.is_by_event
    return graph.nodes[node.scope].tag in v.EXECUTED and any(
        inner.tag == "startEvent" or _is_offered(inner, graph) for inner in graph.inside(node.scope)
    )
