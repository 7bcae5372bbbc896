"""Checks of tasks: type, fit of type and element, targets of send-back (process engine §5, DG23xx)."""

from collections.abc import Mapping

from dialog_graph.bpmn.definition import TaskDefinition, TaskKind
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.graph import Graph, reachable


def check_tasks(
    graph: Graph, tasks: Mapping[str, TaskDefinition], kinds: Mapping[str, TaskKind], findings: Findings
) -> None:
    """Every task of the process."""
    for id, task in tasks.items():
        node = graph.nodes[id]
        by_element = TaskKind.SERVICE if node.tag in v.SERVICE_ELEMENTS else TaskKind.USER
        if task.type == "none":
            findings.add("DG2301", node.line, id, id=id)
        elif task.type in kinds and kinds[task.type] is not by_element:
            element, kind = node.tag, task.kind.value
            findings.add("DG2303", node.line, id, id=id, element=element, kind=kind, type=task.type)
        for target in task.config.send_back_to:
            problem = _send_back_problem(graph, id, target)
            if problem:
                findings.add("DG2306", node.line, id, id=id, target=target, problem=problem)


def _send_back_problem(graph: Graph, id: str, target: str) -> str | None:
    """None also for an unknown target: that is the app linter's DG9312."""
    if target not in graph.nodes:
        return None
    if graph.nodes[target].scope != graph.nodes[id].scope:
        return "which lies in another scope"
    if target == id or target not in reachable([id], graph.before):
        return "from which no flow leads here"
    return None
