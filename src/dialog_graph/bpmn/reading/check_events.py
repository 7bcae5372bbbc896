"""Checks of events: boundaries, what errors and escalations refer to, starts of scopes (process engine §5)."""

from collections.abc import Iterator, Mapping

from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.check_compensation import check_compensation
from dialog_graph.bpmn.reading.events import activity_ref, events_of, is_interrupting, link_name, link_targets
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.graph import Graph
from dialog_graph.bpmn.reading.source import SourceNode

_ALWAYS_INTERRUPT = ("error", "cancel", "compensation")
_NAMED = ("error", "escalation")


def check_events(graph: Graph, codes: Mapping[str, str], findings: Findings) -> None:
    """Every event of the process. `codes`: of the errors and escalations that the file declares."""
    for node in graph.nodes.values():
        if node.tag == "boundaryEvent":
            for problem in _boundary_problems(node, graph):
                findings.add("DG2113", node.line, node.id, id=node.id, problem=problem)
        for problem in _reference_problems(node, graph, codes):
            findings.add("DG2116", node.line, node.id, id=node.id, problem=problem)
    _check_links(graph, findings)
    check_compensation(graph, findings)


def _check_links(graph: Graph, findings: Findings) -> None:
    catches: dict[tuple[str | None, str], SourceNode] = {}
    for node in graph.nodes.values():
        name = link_name(node)
        if name is not None and node.tag == "intermediateCatchEvent":
            if (node.scope, name) in catches:
                findings.add("DG2114", node.line, node.id, id=node.id, problem=f'is a second catch of "{name}"')
            catches.setdefault((node.scope, name), node)
            if graph.into[node.id]:
                findings.add("DG2114", node.line, node.id, id=node.id, problem="catches and has an incoming flow")
    for throw, targets in link_targets(graph.nodes.values()).items():
        node = graph.nodes[throw]
        if not targets:
            problem = f'leads to "{link_name(node)}", which nothing in its scope catches'
            findings.add("DG2114", node.line, node.id, id=node.id, problem=problem)
        if graph.out[throw]:
            findings.add("DG2114", node.line, node.id, id=node.id, problem="throws and has an outgoing flow")


def _boundary_problems(node: SourceNode, graph: Graph) -> Iterator[str]:
    host = graph.nodes.get(node.attached_to or "")
    words = [event.word for event in events_of(node)]
    if host is None or host.tag not in v.ACTIVITIES or host.scope != node.scope:
        yield "is attached to no activity beside it"
    if graph.into[node.id]:
        yield "is a boundary event and has an incoming flow"
    if not words:
        yield "has no event definition"
    if not is_interrupting(node):
        yield from (
            f"cannot be non-interrupting with its {word} definition" for word in words if word in _ALWAYS_INTERRUPT
        )


def _reference_problems(node: SourceNode, graph: Graph, codes: Mapping[str, str]) -> Iterator[str]:
    for event in events_of(node):
        if event.word in _NAMED and event.ref is not None and event.ref not in codes:
            yield f'refers to the unknown {event.word} "{event.ref}"'
        elif event.word in _NAMED and event.ref is None and node.tag in ("endEvent", "intermediateThrowEvent"):
            yield f"throws an {event.word} without a code"
    named = activity_ref(node)
    if named is not None and (
        named not in graph.nodes or graph.nodes[named].tag not in v.ACTIVITIES or graph.nodes[named].scope != node.scope
    ):
        yield f'compensates "{named}", which is no activity beside it'
