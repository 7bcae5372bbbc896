"""Checks of tasks: what their type needs; advice on types and targets of send-back (process engine §5, DG23xx)."""

from collections.abc import Callable, Mapping

from dialog_graph.bpmn.definition import TaskDefinition, TaskKind
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.graph import Graph, reachable
from dialog_graph.bpmn.task_config import SubformPdfConfig, TaskConfig


def check_tasks(graph: Graph, tasks: Mapping[str, TaskDefinition], findings: Findings) -> None:
    """What every task of the process cannot do without."""
    for node in graph.outspoken:
        task = tasks.get(node.id)
        needed = _NEEDED.get(task.type.lower()) if task else None
        missing = needed(task.config) if task and needed and node.tag != "callActivity" else None
        if task and missing:
            findings.add("DG2304", node.line, node.id, id=node.id, type=task.type, missing=missing)


def advise_tasks(
    graph: Graph, tasks: Mapping[str, TaskDefinition], kinds: Mapping[str, TaskKind], findings: Findings
) -> None:
    """What is odd about the tasks of the process."""
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


def _missing_call(config: TaskConfig) -> str | None:
    return None if config.call_app else "dg:callApp with the id of an app"


def _missing_subforms(config: TaskConfig) -> str | None:
    subforms = config.subform_pdf or SubformPdfConfig()
    keys = {"subformComponentId": subforms.subform_component_ids, "subformDataTypeId": subforms.subform_data_type_ids}
    missing = [key for key, values in keys.items() if not values]
    return f"subformPdfConfig with {' and '.join(missing)}" if missing else None


_NEEDED: Mapping[str, Callable[[TaskConfig], str | None]] = {
    "callapp": _missing_call,
    "subformpdf": _missing_subforms,
}
"""Service type in lower case -> what it cannot do without. What signing, payment and eFormidling need the app linter
tells (DG9301, DG9310, DG9313): it names the single values, and goes on to look at everything else."""


def _send_back_problem(graph: Graph, id: str, target: str) -> str | None:
    """None also for an unknown target: that is the app linter's DG9312."""
    if target not in graph.nodes:
        return None
    if graph.nodes[target].scope != graph.nodes[id].scope:
        return "which lies in another scope"
    if target == id or target not in reachable([id], graph.before):
        return "from which no flow leads here"
    return None
