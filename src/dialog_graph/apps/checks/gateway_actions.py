"""Checks of gateways that read gatewayAction (app folder §14, `DG9205`, `DG9206`; process engine §6.3).

Only conditions that ask for nothing but the action are looked at: they are evaluated for every action that can come.
Of everything else nothing is said.
"""

from collections.abc import Iterator
from dataclasses import replace

from dialog_graph.apps.checks.places import at_element
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn import REJECT, ActionType, Element, ElementKind, TaskDefinition
from dialog_graph.bpmn.actions import type_actions
from dialog_graph.expressions import EMPTY, Expression, ExpressionError

_ASKED = "gatewayAction"
_ONLY_ACTION = frozenset({_ASKED, "equals", "notEquals", "not", "and", "or"})
_CHOICES = frozenset({ElementKind.EXCLUSIVE_GATEWAY, ElementKind.INCLUSIVE_GATEWAY})


def check_gateway_actions(version: AppVersion, findings: Findings) -> None:
    """What follows each task."""
    for element in version.definition.tasks:
        after = _after(version, element)
        task = element.task
        if task is None or after is None:
            continue
        if after.kind in _CHOICES:
            for action in _uncovered(version, after, task):
                shown = f'"{action}"' if action else "null"
                findings.add("DG9206", at_element(after), id=after.id, task=element.id, action=shown)
        elif task.declares(REJECT) and _ends_or_goes_on(after):
            findings.add("DG9205", at_element(element), task=element.id, target=after.id)


def _after(version: AppVersion, element: Element) -> Element | None:
    """What a token of the task comes to, mere merges left out; None where it depends on something."""
    definition, seen = version.definition, {element.index}
    while len(element.outgoing) == 1:
        flow = definition.flows[element.outgoing[0]]
        if flow.condition_text is not None:
            return element if element.kind in _CHOICES else None
        element = definition.elements[flow.target]
        if element.kind not in _CHOICES:
            return element
        if element.index in seen:
            return None
        seen.add(element.index)
    return element if element.kind in _CHOICES else None


def _ends_or_goes_on(after: Element) -> bool:
    """True for what forgets the action: tasks, and the end of the process. Behind a subprocess it may be asked for."""
    return after.is_activity or (after.kind is ElementKind.END_EVENT and after.scope is None)


def _uncovered(version: AppVersion, gateway: Element, task: TaskDefinition) -> Iterator[str | None]:
    """Actions for which no condition is true, where that can be known."""
    flows = version.definition.outgoing(gateway)
    if gateway.default is not None or any(flow.condition_text is None for flow in flows):
        return
    conditions = [version.conditions.get(flow.id) for flow in flows]
    known = [condition for condition in conditions if condition is not None]
    asked = any(condition.calls(_ASKED) for condition in known)
    if len(known) < len(flows) or not asked or any(not _is_simple(condition) for condition in known):
        return
    for action in _arriving(task):
        answers = [_answer(condition, action) for condition in known]
        if all(answer is False for answer in answers):
            yield action


def _is_simple(condition: Expression) -> bool:
    return condition.functions <= _ONLY_ACTION


def _answer(condition: Expression, action: str | None) -> bool:
    """Whether the flow may be taken; a condition that fails is another finding's matter."""
    try:
        return condition.evaluate(replace(EMPTY, gateway_action=action)) is not False
    except ExpressionError:
        return True


def _arriving(task: TaskDefinition) -> tuple[str | None, ...]:
    """The gatewayActions that completing and the declared actions give; the type's own actions give its default."""
    kind = type_actions(task.type)
    declared = (action.name for action in task.actions if action.type is ActionType.PROCESS)
    return tuple(dict.fromkeys((kind.default, *(name for name in declared if name not in kind.own))))
