"""Compiles the conditions of a process's flows and checks what they ask for (app folder §11, process engine §4.2)."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from dialog_graph.apps.diagnostics import PROCESS, At
from dialog_graph.apps.readers.expression_checks import check_condition, check_names, check_parts, check_server
from dialog_graph.apps.readers.expression_reader import Place
from dialog_graph.apps.readers.known import Known
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.bpmn import Definition, Flow
from dialog_graph.expressions import Expression, compile_expression, place, read_condition
from dialog_graph.model.diagnostic import Diagnostic
from dialog_graph.model.tolerant_json import Document, read

MAX_BYTES = 1 << 20
"""Size of a condition text: that of the file around it."""


def read_conditions(definition: Definition, findings: Findings) -> Mapping[str, Expression]:
    """The compiled conditions by flow id; one that does not compile is reported and left out."""
    found: dict[str, Expression] = {}
    for flow in definition.flows:
        expression = _compiled(flow, findings) if flow.condition_text is not None else None
        if expression is not None:
            found[flow.id] = expression
    return MappingProxyType(found)


def _compiled(flow: Flow, findings: Findings) -> Expression | None:
    source = read_condition(flow.condition_text or "")
    result = source if isinstance(source, tuple) else compile_expression(source)
    if isinstance(result, Expression):
        return result
    place = _place(flow)
    findings.extend(tuple(_placed(item, flow, place) for item in result))
    return None


def check_conditions(
    definition: Definition, conditions: Mapping[str, Expression], known: Known, findings: Findings
) -> None:
    """Findings about what conditions ask for. They see no components; only a named data type can be checked."""
    for flow in definition.flows:
        expression = conditions.get(flow.id)
        if expression is not None:
            find = _place(flow)
            check_server(expression, find, findings)
            check_condition(expression, find, findings)
            check_names(expression, None, replace(known, components=frozenset()), find, findings)
            check_parts(expression, find, findings)


def _place(flow: Flow) -> Place:
    """Finds the lines of the file. Columns are unknown: XML may write a character as several."""
    document = read(flow.condition_text or "", max_bytes=MAX_BYTES)

    def find(path: str) -> At:
        line = document.nearest(*place(path)).line if isinstance(document, Document) else 1
        return At(file=PROCESS, line=_line(flow, line), element_id=flow.id)

    return find


def _line(flow: Flow, line: int) -> int:
    """A line of the condition's text as a line of the file."""
    return (flow.condition_line or flow.line) + line - 1


def _placed(item: Diagnostic, flow: Flow, find: Place) -> Diagnostic:
    """A finding inside of a condition text, moved to its place in the file."""
    line = _line(flow, item.line) if item.line is not None else find(item.path or "").line
    return replace(item, file=PROCESS, line=line, column=None, element_id=flow.id)
