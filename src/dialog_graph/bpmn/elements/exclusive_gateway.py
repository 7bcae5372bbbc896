"""Exclusive gateway (process engine §4.2): exactly one flow.

Standard rule: conditions in document order, the first that is exactly true wins and later ones are not asked; the
default flow where none is true. Strict rule (`dg:strict="altinn"`): all are asked, exactly one must be true. Without
any condition the app's code chooses.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from dialog_graph.bpmn.decisions import gateway_decision
from dialog_graph.bpmn.effects import AskGateway
from dialog_graph.bpmn.elements.flows import Tested, failed_condition, no_choice
from dialog_graph.bpmn.nodes import Element, Flow
from dialog_graph.bpmn.questions import condition
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token, TokenState
from dialog_graph.errors import Refusal

Rule: TypeAlias = Callable[[Run, Token, Element, Sequence[Flow]], Flow | Refusal]


def is_code_gateway(flows: Sequence[Flow]) -> bool:
    """True when only the app's code can choose: several flows and no condition."""
    return len(flows) > 1 and all(flow.condition_text is None for flow in flows)


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """Takes the one flow, asks the conditions, or asks the app's code."""
    flows = run.definition.outgoing(element)
    if not flows:
        run.end(token)
        return None
    if is_code_gateway(flows):
        _ask(run, token, element, flows)
        return None
    rule = _exactly_one_true if run.definition.strict else _first_true
    return _take(run, token, rule(run, token, element, flows))


def _take(run: Run, token: Token, chosen: Flow | Refusal) -> Refusal | None:
    return chosen if isinstance(chosen, Refusal) else run.take(token, (chosen,))


def _ask(run: Run, token: Token, element: Element, flows: Sequence[Flow]) -> None:
    run.put(token.changed(on_flow=False, index=element.index, state=TokenState.ASK))
    run.ask(
        AskGateway(
            element_id=element.id,
            flows=tuple(flow.id for flow in flows),
            action=token.gateway_action,
            last_task=run.task_id(token.last_task),
        )
    )


def _first_true(run: Run, token: Token, element: Element, flows: Sequence[Flow]) -> Flow | Refusal:
    tested: list[Tested] = []
    for flow in flows:
        if flow.index == element.default:
            continue
        if flow.condition_text is None:
            return flow
        tested.append((flow, condition(run, flow, token, element)))
        if tested[-1][1] is True:
            return flow
        if refusal := failed_condition(element, tested):
            return refusal
    if element.default is not None:
        return run.definition.flows[element.default]
    return no_choice("NO_FLOW", "a true condition or a default flow", element, tested)


def _exactly_one_true(run: Run, token: Token, element: Element, flows: Sequence[Flow]) -> Flow | Refusal:
    tested: list[Tested] = []
    for flow in flows:
        answer = True if flow.condition_text is None else condition(run, flow, token, element)
        tested.append((flow, answer))
        if refusal := failed_condition(element, tested):
            return refusal
    true = [flow for flow, answer in tested if answer is True]
    if len(true) == 1:
        return true[0]
    return no_choice("GATEWAY_AMBIGUOUS", "exactly one true condition", element, tested)


def answer(run: Run, token: Token, element: Element, flows: tuple[str, ...]) -> Refusal | None:
    """Takes the flow that the app's code chose; without code the default flow."""
    run.decisions.append(gateway_decision(element.id, flows))
    return _take(run, token, _chosen(run, element, flows))


def _chosen(run: Run, element: Element, flows: tuple[str, ...]) -> Flow | Refusal:
    if len(flows) > 1:
        code, expected = "GATEWAY_AMBIGUOUS", "one flow"
    elif flows:
        found = next((flow for flow in run.definition.outgoing(element) if flow.id == flows[0]), None)
        if found is not None:
            return found
        code, expected = "NO_FLOW", "an outgoing flow"
    elif element.default is not None and not run.definition.strict:
        return run.definition.flows[element.default]
    else:
        code, expected = "NO_HANDLER", "code that chooses a flow"
    answered = ", ".join(f'"{flow}"' for flow in flows) or "none"
    return Refusal(
        code=code, expected=f'{expected} at "{element.id}"', actual=f"the answer is {answered}", path=(element.id,)
    )
