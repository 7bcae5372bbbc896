"""Checks of events: boundaries, what they refer to, when they are due, links (process engine §5)."""

from collections.abc import Iterator, Mapping

from dialog_graph.bpmn.nodes import CALL_APP, TaskDefinition
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.called_apps import call_problems
from dialog_graph.bpmn.reading.check_compensation import check_compensation
from dialog_graph.bpmn.reading.deadlines import deadline_problems, made_ids
from dialog_graph.bpmn.reading.declarations import Declarations
from dialog_graph.bpmn.reading.events import (
    activity_ref,
    condition_of,
    events_of,
    is_interrupting,
    link_name,
    link_targets,
)
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.graph import Graph
from dialog_graph.bpmn.reading.messages import lacks_key, message_problems, signal_problems, ttl_problem
from dialog_graph.bpmn.reading.source import SourceNode
from dialog_graph.bpmn.reading.start_parties import start_problems
from dialog_graph.bpmn.reading.timers import timer_problems

_ALWAYS_INTERRUPT = ("error", "cancel", "compensation")
_NAMED = ("error", "escalation")


Tasks = Mapping[str, TaskDefinition]
"""Node id -> what its extensions declare."""


def check_events(graph: Graph, declared: Declarations, tasks: Tasks, findings: Findings) -> None:
    """Every event of the process, and the messages of tasks."""
    for node in graph.outspoken:
        task = tasks.get(node.id)
        problems = (
            ("DG2113", _boundary_problems(node, graph)),
            ("DG2115", message_problems(node, task, declared)),
            ("DG2115", signal_problems(node, declared)),
            ("DG2116", _reference_problems(node, graph, declared.codes)),
            ("DG2117", _time_problems(node, task, graph)),
            ("DG2124", start_problems(node)),
            ("DG2120", call_problems(node) if task is not None and task.type == CALL_APP else ()),
        )
        for code, found in problems:
            for problem in found:
                findings.add(code, node.line, node.id, id=node.id, problem=problem)
        for id, _, _ in made_ids(node.id, task) if task is not None else ():
            if id in graph.nodes:
                findings.add("DG2101", graph.nodes[id].line, id, node.line, id=id)
        if lacks_key(node, task, declared):
            begins = node.tag == "startEvent" and node.scope is None
            findings.add("DG2115 start" if begins else "DG2115 key", node.line, node.id, id=node.id)
        if any(event.word == "conditional" and condition_of(event) is None for event in events_of(node)):
            findings.add("DG2123", node.line, node.id, id=node.id)
    _check_links(graph, findings)
    check_compensation(graph, findings)


def _time_problems(node: SourceNode, task: TaskDefinition | None, graph: Graph) -> Iterator[str]:
    begins = node.tag == "startEvent" and not _is_of_event_subprocess(node, graph)
    around = node.tag in ("startEvent", "boundaryEvent")
    for event in events_of(node):
        if event.word == "timer":
            # A repeated timer on an interrupting boundary is refused as an element (DG2002).
            repeats = begins or node.tag == "boundaryEvent" or (around and not is_interrupting(node))
            yield from timer_problems(node, event.xml, repeats=repeats, begins=begins)
    if problem := ttl_problem(node, task):
        yield problem
    if task is not None:
        yield from deadline_problems(node, task)


def _is_of_event_subprocess(node: SourceNode, graph: Graph) -> bool:
    return node.scope is not None and graph.nodes[node.scope].is_by_event


def _check_links(graph: Graph, findings: Findings) -> None:
    catches: dict[tuple[str | None, str], SourceNode] = {}
    for node in graph.outspoken:
        name = link_name(node)
        if name is not None and node.tag == "intermediateCatchEvent":
            if (node.scope, name) in catches:
                findings.add("DG2114", node.line, node.id, id=node.id, problem=f'is a second catch of "{name}"')
            catches.setdefault((node.scope, name), node)
            if graph.into[node.id]:
                findings.add("DG2114", node.line, node.id, id=node.id, problem="catches and has an incoming flow")
    for throw, targets in link_targets(graph.outspoken).items():
        node = graph.nodes[throw]
        if not targets:
            problem = f'leads to "{link_name(node)}", which nothing in its scope catches'
            findings.add("DG2114", node.line, node.id, id=node.id, problem=problem)
        if graph.out[throw]:
            findings.add("DG2114", node.line, node.id, id=node.id, problem="throws and has an outgoing flow")


def _boundary_problems(node: SourceNode, graph: Graph) -> Iterator[str]:
    if node.tag != "boundaryEvent":
        return
    host = graph.nodes.get(node.attached_to or "")
    words = [event.word for event in events_of(node)]
    if host is None or host.tag not in v.ACTIVITIES or host.scope != node.scope or host.is_by_event:
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
