"""Reads a BPMN file: `read_process`, the only way to a `Definition`.

All findings of one file are reported together. A file with an error gives no definition.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.nodes import TaskDefinition, TaskKind
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.check_elements import check_elements
from dialog_graph.bpmn.reading.check_events import check_events
from dialog_graph.bpmn.reading.check_gateways import check_gateways
from dialog_graph.bpmn.reading.check_graph import check_graph, check_ids
from dialog_graph.bpmn.reading.check_schema import check_schema
from dialog_graph.bpmn.reading.check_scopes import check_scopes
from dialog_graph.bpmn.reading.check_tasks import check_tasks
from dialog_graph.bpmn.reading.compile import Parts, compile_process, task_definition
from dialog_graph.bpmn.reading.declarations import Declarations, read_declarations
from dialog_graph.bpmn.reading.extensions import Extensions, read_extensions
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.graph import graph_of
from dialog_graph.bpmn.reading.loops import check_loops
from dialog_graph.bpmn.reading.source import (
    SourceProcess,
    attributes,
    children,
    foreign,
    known_part,
    read_process_source,
    split_name,
)
from dialog_graph.bpmn.reading.state_search import search_states
from dialog_graph.model import safe_xml
from dialog_graph.model.diagnostic import Diags, has_errors
from dialog_graph.model.safe_xml import Element

FILE = "config/process/process.bpmn"
"""Where the process of an app lies, below the app root."""


@dataclass(frozen=True, slots=True)
class _Checked:
    process: SourceProcess
    extensions: Mapping[str, Extensions]
    tasks: Mapping[str, TaskDefinition]


def read_process(xml: bytes, kinds: Mapping[str, TaskKind], file: str = FILE) -> tuple[Definition | None, Diags]:
    """The compiled process and every finding. `kinds`: task types that have code here. Never raises on bad input."""
    root = safe_xml.parse(xml, file=file)
    if isinstance(root, tuple):
        return None, root
    findings = Findings(file)
    if split_name(root) != (v.BPMN, "definitions"):
        findings.add("DG2001", root.sourceline, problem=f'the root element is "{split_name(root)[1]}"')
        return None, findings.all()
    processes = _read_file(root, findings)
    check_ids(root, processes, findings)
    check_schema(root, findings)
    declared = read_declarations(root, findings)
    checked = tuple(_check(process, kinds, declared, findings) for process in processes)
    chosen = _choose(root, checked, findings)
    if chosen is None or has_errors(findings.all()):
        return None, findings.all()
    sha256 = hashlib.sha256(xml).hexdigest()
    parts = Parts(chosen.tasks, chosen.extensions, declared)
    definition = compile_process(chosen.process, parts, sha256)
    search_states(definition, chosen.process.line, findings)
    return definition, findings.all()


def _read_file(root: Element, findings: Findings) -> tuple[SourceProcess, ...]:
    processes: list[SourceProcess] = []
    for namespace, local, child in children(root):
        if namespace != v.BPMN:
            foreign(child, findings)
        elif local == "process":
            processes.append(read_process_source(child, findings))
        else:
            known_part(child, local, findings)
            _read_collaboration(child, local, findings)
    return tuple(processes)


def _read_collaboration(xml: Element, local: str, findings: Findings) -> None:
    if local != "collaboration":
        return
    for namespace, part, child in children(xml):
        if namespace == v.BPMN:
            attributes(child, findings, set())
            known_part(child, part, findings)


def _check(
    process: SourceProcess, kinds: Mapping[str, TaskKind], declared: Declarations, findings: Findings
) -> _Checked:
    check_elements(process, findings)
    graph = graph_of(process)
    extensions = {
        node.id: read_extensions(node, findings) for node in graph.nodes.values() if node.tag in v.TASKS | v.CHOICES
    }
    tasks = {
        id: task_definition(graph.nodes[id], found, kinds)
        for id, found in extensions.items()
        if graph.nodes[id].tag in v.TASKS
    }
    if process.nodes:
        check_graph(process, graph, findings)
        check_scopes(process, graph, findings)
        check_events(graph, declared, tasks, findings)
        check_loops(graph, findings)
        check_gateways(graph, tasks, process.strict, findings)
        check_tasks(graph, tasks, kinds, findings)
    return _Checked(process, extensions, tasks)


def _choose(root: Element, checked: tuple[_Checked, ...], findings: Findings) -> _Checked | None:
    """The one process that has elements; further empty ones belong to other parties' pools."""
    filled = [each for each in checked if each.process.nodes]
    if not filled:
        problem = "the process has no elements" if checked else "there is no process"
        findings.add("DG2001", root.sourceline, problem=problem)
        return None
    if len(filled) > 1:
        names = ", ".join(each.process.id for each in filled)
        findings.add("DG2006", filled[1].process.line, filled[1].process.id, count=len(filled), names=names)
        return None
    return filled[0]
