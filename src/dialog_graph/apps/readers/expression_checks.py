"""What the linter knows of a compiled expression: names it asks for, and parts that always fail (app folder §14)."""

from dialog_graph.apps.readers.expression_reader import Place
from dialog_graph.apps.readers.known import Known
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.expressions import BROWSER_ONLY, MAX_DEPTH, MAX_NODES, Call, Expression, Kind
from dialog_graph.model.diagnostic import DiagnosticSeverity

_NEVER_TRUE = (Kind.TEXT, Kind.NUMBER, Kind.LIST, Kind.OBJECT)
_NO_NUMBER = (Kind.BOOLEAN, Kind.LIST, Kind.OBJECT)
_COMPARISONS = ("greaterThan", "greaterThanEq", "lessThan", "lessThanEq")
_ALMOST = 0.8


def check_names(expression: Expression, data_type: str | None, known: Known, place: Place, findings: Findings) -> None:
    """Data types, fields and components that it names as literals. `data_type`: what `dataModel` means without one."""
    for call in expression.calls("dataModel"):
        _check_field(call, data_type, known, place, findings)
    for call in expression.calls("component"):
        id = call.literal(0)
        if isinstance(id, str) and id not in known.components:
            findings.add("DG7006", place(call.path), id=id)


def _check_field(call: Call, default: str | None, known: Known, place: Place, findings: Findings) -> None:
    path, named = call.literal(0), call.literal(1)
    data_type = named if isinstance(named, str) else default
    if data_type is None:
        return
    if data_type not in known.data_types:
        findings.add("DG7005", place(call.path), id=data_type)
    elif isinstance(path, str) and known.shape(data_type, path) is None:
        near = known.near(data_type, path)
        findings.add("DG7004", place(call.path), path=path, type=data_type, near=near)


def check_parts(expression: Expression, place: Place, findings: Findings) -> None:
    """Comparisons that cannot succeed, arguments that may fail although they are not needed, near limits."""
    for call in expression.all_calls:
        operands = _number_operands(call)
        if any(call.kinds[index] in _NO_NUMBER for index in operands):
            findings.add("DG7008", place(call.path), name=call.name)
        if call.name == "stringSlice" and any(_is_call(call, index, "stringIndexOf") for index in (1, 2)):
            findings.add("DG7009", place(call.path))
    for what, count, limit in (("nodes", expression.nodes, MAX_NODES), ("depth", expression.depth, MAX_DEPTH)):
        if count > _ALMOST * limit:
            findings.add("DG7010", place(""), what=what, n=count, m=limit)


def _number_operands(call: Call) -> tuple[int, ...]:
    if call.name in _COMPARISONS:
        return (0, 1)
    operators = [index for index in (1, 2) if call.literal(index) in _COMPARISONS]
    return (0, operators[0] + 1) if call.name == "compare" and operators else ()


def _is_call(call: Call, index: int, name: str) -> bool:
    argument = call.arguments[index] if index < len(call.arguments) else None
    return isinstance(argument, list) and argument[:1] == [name]


def check_condition(expression: Expression, place: Place, findings: Findings) -> None:
    """A condition must be able to give a boolean."""
    if expression.result in _NEVER_TRUE or not isinstance(expression.source, (list, bool)):
        findings.add("DG7007", place(""))


def check_server(
    expression: Expression, place: Place, findings: Findings, severity: DiagnosticSeverity | None = None
) -> None:
    """Outside of layouts nothing may ask for a browser."""
    for call in expression.all_calls:
        if call.name in BROWSER_ONLY:
            findings.add("DG7003", place(call.path), severity, name=call.name)
