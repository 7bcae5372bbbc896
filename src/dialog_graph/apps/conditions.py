"""Compiles the conditions of a process's flows and checks what they ask for (app folder §11, process engine §4.2)."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from dialog_graph.apps import paths
from dialog_graph.apps.diagnostics import PROCESS, At
from dialog_graph.apps.models import Model
from dialog_graph.apps.reading import Findings
from dialog_graph.bpmn import Definition, Flow
from dialog_graph.expressions import BROWSER_ONLY, Call, Expression, Kind, compile_expression, read_condition
from dialog_graph.model.diagnostic import Diagnostic

_NEVER_TRUE = (Kind.TEXT, Kind.NUMBER, Kind.LIST, Kind.OBJECT)


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
    if isinstance(result, tuple):
        findings.extend(tuple(_placed(item, flow) for item in result))
        return None
    for name in sorted(result.functions & frozenset(BROWSER_ONLY)):
        findings.add("DG7003", _at(flow), name=name)
    if result.result in _NEVER_TRUE or (not isinstance(result.source, (list, bool))):
        findings.add("DG7007", _at(flow))
    return result


def check_look_ups(
    definition: Definition, conditions: Mapping[str, Expression], models: Mapping[str, Model], known: frozenset[str]
) -> Findings:
    """Findings about `dataModel` in conditions that name a data type: is it known, has it the path."""
    findings = Findings()
    for flow_id, expression in conditions.items():
        flow = definition.flow(flow_id)
        for call in expression.calls("dataModel") if flow else ():
            _check(call, _at(flow) if flow else At(), models, known, findings)
    return findings


def _check(call: Call, at: At, models: Mapping[str, Model], known: frozenset[str], findings: Findings) -> None:
    path, data_type = call.literal(0), call.literal(1)
    if not isinstance(data_type, str):
        return
    if data_type not in known:
        findings.add("DG7005", at, id=data_type)
    model = models.get(data_type)
    if model is None or not isinstance(path, str):
        return
    steps = paths.parse(path)
    if steps is None or model.shape.at(steps) is None:
        findings.add("DG7004", at, path=path, type=data_type)


def _at(flow: Flow) -> At:
    return At(file=PROCESS, line=flow.condition_line or flow.line, element_id=flow.id)


def _placed(item: Diagnostic, flow: Flow) -> Diagnostic:
    """A finding inside of a condition text, moved to its place in the file."""
    line = (flow.condition_line or flow.line) + (item.line or 1) - 1
    return replace(item, file=PROCESS, line=line, column=None, element_id=flow.id)
