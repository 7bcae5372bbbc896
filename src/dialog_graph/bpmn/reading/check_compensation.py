"""Checks of compensation and transactions: boundaries, handlers, cancel ends (process engine §4.14, `DG2113`)."""

from collections import Counter
from collections.abc import Iterator

from dialog_graph.bpmn.reading.events import events_of
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.graph import Graph
from dialog_graph.bpmn.reading.source import SourceNode

_ONCE = ("cancel", "compensation")


def check_compensation(graph: Graph, findings: Findings) -> None:
    """Everything that has to do with compensation."""
    seen: Counter[tuple[str | None, str]] = Counter()
    for node in graph.outspoken:
        words = [event.word for event in events_of(node)]
        if node.tag == "boundaryEvent":
            seen.update((node.attached_to, word) for word in words if word in _ONCE)
        for problem in (*_boundary(node, words, graph), *_cancel(node, words, graph), *_handler(node, graph)):
            findings.add("DG2113", node.line, node.id, id=node.id, problem=problem)
    for (host, word), count in seen.items():
        if host is not None and host in graph.nodes and count > 1:
            findings.add("DG2113", graph.nodes[host].line, host, id=host, problem=f"has {count} {word} boundary events")


def _boundary(node: SourceNode, words: list[str], graph: Graph) -> Iterator[str]:
    if node.tag != "boundaryEvent" or "compensation" not in words:
        return
    targets = [graph.nodes[id] for id in graph.jumps.get(node.id, ())]
    if len(targets) != 1 or not targets[0].is_for_compensation or targets[0].scope != node.scope:
        yield "needs one association with an activity beside it that is for compensation"
    if graph.out[node.id]:
        yield "is a compensation boundary and has an outgoing flow"


def _cancel(node: SourceNode, words: list[str], graph: Graph) -> Iterator[str]:
    if "cancel" not in words:
        return
    around = graph.nodes.get(node.scope or "")
    host = graph.nodes.get(node.attached_to or "")
    if node.tag == "boundaryEvent" and host is not None and host.tag != "transaction":
        yield "is a cancel boundary of something that is no transaction"
    if node.tag != "endEvent":
        return
    if around is None or around.tag != "transaction":
        yield "is a cancel end event outside of a transaction"
    elif not any("cancel" in _words(graph.nodes[id]) for id in graph.jumps.get(around.id, ())):
        yield f'cancels the transaction "{around.id}", which has no cancel boundary event'


def _words(node: SourceNode) -> list[str]:
    return [event.word for event in events_of(node)]


def _handler(node: SourceNode, graph: Graph) -> Iterator[str]:
    if node.is_for_compensation and (graph.into[node.id] or graph.out[node.id]):
        yield "is for compensation and has flows"
