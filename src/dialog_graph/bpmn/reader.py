"""Reads a BPMN file: `compile_process` and `read_process`, the only ways to a `Definition`.

Both look for everything that would refuse the file: a file with an error gives no definition. `read_process` also
tells what is odd and searches the states that the process can come to: what is told when a version is checked or
deployed need not be looked for again whenever a server compiles it. All findings of one file are reported together.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.nodes import TaskDefinition, TaskKind
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.check_elements import check_elements
from dialog_graph.bpmn.reading.check_events import check_events
from dialog_graph.bpmn.reading.check_gateways import advise_gateways, check_gateways
from dialog_graph.bpmn.reading.check_graph import advise_graph, check_flows, check_ids
from dialog_graph.bpmn.reading.check_schema import advise_schema
from dialog_graph.bpmn.reading.check_scopes import advise_scopes, check_scopes
from dialog_graph.bpmn.reading.check_tasks import advise_tasks, check_tasks
from dialog_graph.bpmn.reading.compile import Parts, definition_of, task_definition
from dialog_graph.bpmn.reading.declarations import Declarations, read_declarations
from dialog_graph.bpmn.reading.extensions import NOTHING_SAID, Extensions, read_extensions
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.graph import Graph, graph_of
from dialog_graph.bpmn.reading.ignored import attributes, foreign, known_part
from dialog_graph.bpmn.reading.loops import check_loops
from dialog_graph.bpmn.reading.markup import children, split_name
from dialog_graph.bpmn.reading.source import SourceProcess, read_process_source
from dialog_graph.bpmn.reading.state_search import search_states
from dialog_graph.model import safe_xml
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.safe_xml import Element

FILE = "config/process/process.bpmn"
"""Where the process of an app lies, below the app root."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """A process in which everything has been looked for that would refuse it."""

    process: SourceProcess
    graph: Graph
    extensions: Mapping[str, Extensions]
    tasks: Mapping[str, TaskDefinition]


@dataclass(frozen=True, slots=True)
class _File:
    """A file and its processes; `chosen`: the one that is compiled, None where something refuses it."""

    root: Element
    declared: Declarations
    checked: tuple[_Checked, ...]
    chosen: _Checked | None
    findings: Findings


def compile_process(xml: bytes, kinds: Mapping[str, TaskKind], file: str = FILE) -> tuple[Definition | None, Diags]:
    """The compiled process, or the errors that refuse it: for files that `read_process` has looked at before.

    `kinds`: task types that have code here. Never raises on bad input; the definition is that of `read_process`.
    """
    read = _read(xml, kinds, file)
    if isinstance(read, tuple):
        return None, read
    return _definition(read, xml), read.findings.refusals()


def read_process(xml: bytes, kinds: Mapping[str, TaskKind], file: str = FILE) -> tuple[Definition | None, Diags]:
    """The compiled process and every finding, what only a search through its states shows included.

    `kinds`: task types that have code here. Never raises on bad input.
    """
    read = _read(xml, kinds, file)
    if isinstance(read, tuple):
        return None, read
    definition = _definition(read, xml)
    _advise(read, kinds)
    if definition is not None and read.chosen is not None:
        search_states(definition, read.chosen.process.line, read.findings)
    return definition, read.findings.all()


def _definition(read: _File, xml: bytes) -> Definition | None:
    chosen = read.chosen
    if chosen is None:
        return None
    parts = Parts(chosen.tasks, chosen.extensions, read.declared)
    return definition_of(chosen.process, parts, hashlib.sha256(xml).hexdigest())


def _read(xml: bytes, kinds: Mapping[str, TaskKind], file: str) -> _File | Diags:
    """The file with everything that would refuse it."""
    root = safe_xml.parse(xml, file=file)
    if isinstance(root, tuple):
        return root
    findings = Findings(file)
    if split_name(root) != (v.BPMN, "definitions"):
        findings.add("DG2001", root.sourceline, problem=f'the root element is "{split_name(root)[1]}"')
        return findings.all()
    processes = _read_file(root, findings)
    check_ids(root, processes, findings)
    declared = read_declarations(root, findings)
    checked = tuple(_check(process, kinds, declared, findings) for process in processes)
    chosen = _choose(root, checked, findings)
    return _File(root, declared, checked, None if findings.has_refusals else chosen, findings)


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
    extensions = {node.id: read_extensions(node, findings) for node in graph.outspoken if node.tag in v.EXTENDED}
    tasks = {
        id: task_definition(node, extensions.get(id, NOTHING_SAID), kinds)
        for id, node in graph.nodes.items()
        if node.tag in v.TASKS
    }
    if process.nodes:
        check_flows(process, graph, findings)
        check_scopes(process, graph, findings)
        check_events(graph, declared, tasks, findings)
        check_loops(graph, findings)
        check_gateways(graph, tasks, findings)
        check_tasks(graph, tasks, findings)
    return _Checked(process, graph, extensions, tasks)


def _advise(read: _File, kinds: Mapping[str, TaskKind]) -> None:
    """Everything that refuses nothing."""
    findings = read.findings
    advise_schema(read.root, findings)
    for each in read.checked:
        if each.process.nodes:
            advise_graph(each.process, each.graph, findings)
            advise_scopes(each.process, each.graph, findings)
            advise_gateways(each.graph, each.tasks, each.process.strict, findings)
            advise_tasks(each.graph, each.tasks, kinds, findings)


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
