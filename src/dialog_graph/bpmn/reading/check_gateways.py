"""Checks of choices: defaults, what may follow, circles; advice on conditions (process engine §4.2, §5)."""

from collections.abc import Iterator, Mapping

from dialog_graph.bpmn.actions import type_actions
from dialog_graph.bpmn.commands import REJECT
from dialog_graph.bpmn.nodes import RECEIVE_MESSAGE, SEND_MESSAGE, ActionType, TaskDefinition, TaskKind
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.conditions import are_complete, are_disjoint, comparison
from dialog_graph.bpmn.reading.declarations import referred
from dialog_graph.bpmn.reading.events import events_of, link_name
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.graph import Graph, circles
from dialog_graph.bpmn.reading.loops import LOOPS
from dialog_graph.bpmn.reading.markup import children
from dialog_graph.bpmn.reading.source import SourceNode

Tasks = Mapping[str, TaskDefinition]
"""Node id -> what its extensions declare."""


def check_gateways(graph: Graph, tasks: Tasks, findings: Findings) -> None:
    """Every place where a token chooses, and circles in which it would go round for ever."""
    for node in graph.nodes.values():
        if node.default is not None:
            _check_default(node, graph, findings)
        if node.tag == "eventBasedGateway":
            _check_event_based(node, graph, findings)
    for circle in _certain_circles(graph, tasks):
        _tell_circle("DG2205", circle, graph, findings)


def advise_gateways(graph: Graph, tasks: Tasks, strict: bool, findings: Findings) -> None:
    """Conditions that leave a token nowhere or two ways to go, and circles in which nobody is asked."""
    for node in graph.nodes.values():
        if node.tag == "exclusiveGateway":
            _advise_exclusive(node, graph, tasks, strict, findings)
        if node.tag == "inclusiveGateway":
            _advise_inclusive(node, graph, findings)
    refused = {id for circle in _certain_circles(graph, tasks) for id in circle}
    for circle in circles(graph.nodes, lambda id: _automatic(graph, tasks, id)):
        if refused.isdisjoint(circle):
            _tell_circle("DG2206", circle, graph, findings)


def _check_default(node: SourceNode, graph: Graph, findings: Findings) -> None:
    flow = next((flow for flow in graph.out[node.id] if flow.id == node.default), None)
    problem = "is not one of its flows" if flow is None else "has a condition" if flow.condition is not None else None
    if problem:
        findings.add("DG2204", node.line, node.id, id=node.id, flow=node.default, problem=problem)


def _advise_exclusive(node: SourceNode, graph: Graph, tasks: Tasks, strict: bool, findings: Findings) -> None:
    flows = [flow for flow in graph.out[node.id] if flow.id != node.default]
    conditional = [flow for flow in flows if flow.condition is not None]
    always = [flow for flow in flows if flow.condition is None]
    if not conditional:
        return
    for flow in always:
        findings.add("DG2203", flow.line, flow.id, id=flow.id, gateway=node.id)
    compared = [comparison(flow.condition) for flow in conditional if flow.condition is not None]
    if not always and node.default is None and not are_complete(compared, _arriving_actions(node, graph, tasks)):
        findings.add("DG2201", node.line, node.id, id=node.id)
    why = (
        "it has a default flow"
        if node.default is not None
        else "a flow has no condition"
        if always
        else "conditions may be true together"
        if not are_disjoint(compared)
        else None
    )
    if why and not strict:
        findings.add("DG2202", node.line, node.id, id=node.id, why=why)


def _advise_inclusive(node: SourceNode, graph: Graph, findings: Findings) -> None:
    flows = [flow for flow in graph.out[node.id] if flow.id != node.default]
    compared = [comparison(flow.condition) if flow.condition is not None else None for flow in flows]
    if len(graph.out[node.id]) > 1 and compared and are_disjoint(compared) and None not in compared:
        findings.add("DG2210", node.line, node.id, id=node.id)


def _check_event_based(node: SourceNode, graph: Graph, findings: Findings) -> None:
    targets = [graph.nodes[flow.target] for flow in graph.out[node.id]]
    problems = [problem for target in targets for problem in _target_problems(target, graph)]
    in_tasks = {_message_of(each) for each in targets if each.tag == "receiveTask"} - {""}
    in_events = {_message_of(each) for each in targets if each.tag != "receiveTask"} - {""}
    if in_tasks & in_events:
        problems.append("waits for one message in an event and in a task")
    for problem in problems:
        findings.add("DG2112", node.line, node.id, id=node.id, problem=problem)


def _target_problems(target: SourceNode, graph: Graph) -> Iterator[str]:
    """Why an event-based gateway may not lead there; a catch event without a definition is told for itself."""
    words = {event.word for event in events_of(target)}
    receives = target.tag == "receiveTask"
    if not receives and (target.tag != "intermediateCatchEvent" or words - v.AWAITED):
        yield f'leads to "{target.id}", a {" ".join([*sorted(words), target.tag])}'
    elif len(graph.into[target.id]) > 1:
        yield f'leads to "{target.id}", which has other incoming flows'
    if receives and graph.jumps.get(target.id):
        yield f'leads to "{target.id}", which has events at its boundary'
    if receives and any(local in LOOPS for _, local, _ in children(target.xml)):
        yield f'leads to "{target.id}", which loops'


def _message_of(node: SourceNode) -> str:
    event = next((event for event in events_of(node) if event.word == "message"), None)
    return (event.ref if event else referred(node.xml.get("messageRef"))) or ""


def _arriving_actions(node: SourceNode, graph: Graph, tasks: Tasks) -> frozenset[str | None] | None:
    """Every gatewayAction that can arrive at the gateway, where only user tasks lie directly before it."""
    found: set[str | None] = set()
    for before in graph.before(node.id):
        task = tasks.get(before)
        if task is None or task.kind is not TaskKind.USER:
            return None
        kind = type_actions(task.type)
        declared = {action.name for action in task.actions if action.type is ActionType.PROCESS}
        found |= {kind.default, REJECT} | (declared - set(kind.own))
    return frozenset(found) or None


def _certain_circles(graph: Graph, tasks: Tasks) -> list[list[str]]:
    passing = [node.id for node in graph.nodes.values() if not node.is_plain or node.tag in v.GATEWAYS]
    return circles(passing, lambda id: _certain(graph, tasks, id))


def _tell_circle(code: str, circle: list[str], graph: Graph, findings: Findings) -> None:
    first = graph.nodes[circle[0]]
    findings.add(code, first.line, first.id, names=", ".join(circle[:20]))


def _is_passing(node: SourceNode, tasks: Tasks) -> bool:
    """True for events that hold nothing up, and for tasks that only send."""
    sends = node.id in tasks and tasks[node.id].type == SEND_MESSAGE
    return sends or node.tag in v.PASSING or link_name(node) is not None


def _certain(graph: Graph, tasks: Tasks, id: str) -> list[str]:
    """Where a token that arrives at a passing element goes without any choice."""
    node, flows = graph.nodes[id], graph.out[id]
    if _is_passing(node, tasks):
        return [flow.target for flow in flows if flow.condition is None] + list(graph.jumps.get(id, ()))
    if node.tag == "parallelGateway":
        return graph.after(id) if len(graph.into[id]) < 2 else []
    if node.tag == "eventBasedGateway":
        return []
    if node.tag == "inclusiveGateway":
        return [flow.target for flow in flows if flow.condition is None and flow.id != node.default]
    first = next((flow for flow in flows if flow.id != node.default or len(flows) == 1), None)
    code = len(flows) > 1 and all(flow.condition is None for flow in flows)
    passes = node.tag in v.GATEWAYS and not code
    return [first.target] if passes and first is not None and first.condition is None else []


def _automatic(graph: Graph, tasks: Tasks, id: str) -> list[str]:
    """Where a token can go without a user: gateways and service tasks pass it on."""
    task = tasks.get(id)
    node = graph.nodes[id]
    served = task is not None and task.kind is TaskKind.SERVICE and task.type != RECEIVE_MESSAGE
    passes = node.tag in v.GATEWAYS and node.tag != "eventBasedGateway"
    return graph.after(id) if passes or served or _is_passing(node, tasks) else []
