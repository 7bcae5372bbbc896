"""Compiles the expressions of JSON files; findings stand at their line and column (app folder §11.1)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dialog_graph.apps.diagnostics import WARNING, At
from dialog_graph.apps.readers.reading import Json_
from dialog_graph.expressions import Expression, ExpressionError, compile_expression, place, to_boolean
from dialog_graph.model.diagnostic import Diagnostic, DiagnosticSeverity

Place = Callable[[str], At]
"""Where a part of an expression is: `[1][2]` -> file, line, column."""

LAYOUT = "DG7002"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An expression as it stands in a file: compiled, and how to find its parts there."""

    expression: Expression
    place: Place


def place_in(node: Json_, element_id: str | None = None) -> Place:
    """Finds parts of an expression that begins at a node. `element_id`: what the findings are about."""

    def find(path: str) -> At:
        found = node.document.nearest(*node.path, *place(path))
        return At(file=node.file, line=found.line, column=found.column, element_id=element_id)

    return find


def read_expression(node: Json_, element_id: str | None = None, *, is_layout: bool = False) -> Written | None:
    """The compiled value of a node; what does not compile is reported. In layouts that is only a warning."""
    result = compile_expression(node.value)
    find = place_in(node, element_id)
    if isinstance(result, Expression):
        return Written(expression=result, place=find)
    node.findings.extend(tuple(_placed(item, find, is_layout) for item in result))
    return None


def report_never_boolean(written: Written, node: Json_) -> None:
    """Of a member of a layout that says yes or no: a plain value that is neither counts as no."""
    if isinstance(written.expression.source, list):
        return
    try:
        to_boolean(written.expression.source)
    except ExpressionError as error:
        found = Diagnostic(code=LAYOUT, severity=WARNING, message=error.message, file=node.file, hint="correct it")
        node.findings.extend((_placed(found, written.place, True),))


def _placed(item: Diagnostic, find: Place, is_layout: bool) -> Diagnostic:
    at = find(item.path or "")
    moved = replace(
        item, file=at.file, line=at.line, column=at.column, element_id=at.element_id, path=item.path or None
    )
    return replace(moved, code=LAYOUT, severity=DiagnosticSeverity(WARNING)) if is_layout else moved
