"""Compiles the expressions of a process, the conditions of its flows first, and checks what they ask for (app folder
§11, process engine §4.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from dialog_graph.apps.diagnostics import PROCESS, At
from dialog_graph.apps.readers.expression_checks import check_condition, check_names, check_parts, check_server
from dialog_graph.apps.readers.expression_reader import Place
from dialog_graph.apps.readers.known import Known
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.bpmn import Definition
from dialog_graph.bpmn.element_expressions import IS_CONDITION
from dialog_graph.expressions import Expression, compile_expression, place, read_condition
from dialog_graph.model.diagnostic import Diagnostic
from dialog_graph.model.tolerant_json import Document, read

MAX_BYTES = 1 << 20
"""Size of a condition text: that of the file around it."""


@dataclass(frozen=True, slots=True)
class _Written:
    """An expression as it stands in the file. `key`: what the interpreter asks for it by."""

    key: str
    text: str
    line: int
    element_id: str
    is_condition: bool


def _written(definition: Definition) -> Iterator[_Written]:
    for flow in definition.flows:
        if flow.condition_text is not None:
            yield _Written(flow.id, flow.condition_text, flow.condition_line or flow.line, flow.id, True)
    for key, (element, expression) in definition.expressions.items():
        part = key.removeprefix(f"{element.id}:")
        shown = definition.elements[element.host] if element.is_made and element.host is not None else element
        yield _Written(key, expression.text, expression.line, shown.id, part in IS_CONDITION)


def read_conditions(definition: Definition, findings: Findings) -> Mapping[str, Expression]:
    """The compiled expressions: conditions by flow id, others by the keys of `Definition.expressions`.

    One that does not compile is reported and left out.
    """
    found = {written.key: _compiled(written, findings) for written in _written(definition)}
    return MappingProxyType({key: expression for key, expression in found.items() if expression is not None})


def _compiled(written: _Written, findings: Findings) -> Expression | None:
    source = read_condition(written.text)
    result = source if isinstance(source, tuple) else compile_expression(source)
    if isinstance(result, Expression):
        return result
    place = _place(written)
    findings.extend(tuple(_placed(item, written, place) for item in result))
    return None


def check_conditions(
    definition: Definition, conditions: Mapping[str, Expression], known: Known, findings: Findings
) -> None:
    """Findings about what they ask for. They see no components; only a named data type can be checked."""
    for written in _written(definition):
        expression = conditions.get(written.key)
        if expression is not None:
            find = _place(written)
            check_server(expression, find, findings)
            if written.is_condition:
                check_condition(expression, find, findings)
            check_names(expression, None, replace(known, components=frozenset()), find, findings)
            check_parts(expression, find, findings)


def _place(written: _Written) -> Place:
    """Finds the lines of the file. Columns are unknown: XML may write a character as several."""
    document = read(written.text, max_bytes=MAX_BYTES)

    def find(path: str) -> At:
        line = document.nearest(*place(path)).line if isinstance(document, Document) else 1
        return At(file=PROCESS, line=_line(written, line), element_id=written.element_id)

    return find


def _line(written: _Written, line: int) -> int:
    """A line of the text as a line of the file."""
    return written.line + line - 1


def _placed(item: Diagnostic, written: _Written, find: Place) -> Diagnostic:
    """A finding inside of a text, moved to its place in the file."""
    line = _line(written, item.line) if item.line is not None else find(item.path or "").line
    return replace(item, file=PROCESS, line=line, column=None, element_id=written.element_id)
