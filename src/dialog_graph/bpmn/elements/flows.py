"""How a token leaves an element that is no gateway (process engine §4.1), and the words for a failed choice."""

from collections.abc import Sequence

from dialog_graph.bpmn.decisions import Answer
from dialog_graph.bpmn.facts import EvaluationFailed
from dialog_graph.bpmn.nodes import Element, Flow
from dialog_graph.bpmn.questions import condition
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token
from dialog_graph.errors import Refusal

_MAX_CONDITION = 120

Tested = tuple[Flow, Answer | EvaluationFailed]
"""A flow and the answer of its condition."""


def _shown(answer: Answer | EvaluationFailed) -> str:
    match answer:
        case EvaluationFailed():
            return f"failed: {answer.message}"
        case None:
            return "gave null"
        case bool():
            return "gave true" if answer else "gave false"
        case _:
            return f"gave a {answer}"


def no_choice(code: str, expected: str, element: Element, tested: Sequence[Tested]) -> Refusal:
    """A choice that cannot be made, with condition and answer of every flow that was tested."""
    shown = (f'"{flow.id}" ({(flow.condition_text or "always")[:_MAX_CONDITION]}) {_shown(a)}' for flow, a in tested)
    return Refusal(
        code=code,
        expected=f'{expected} at "{element.id}"',
        actual=", ".join(shown) or "no flow has a condition",
        path=(element.id,),
    )


def failed_condition(element: Element, tested: Sequence[Tested]) -> Refusal | None:
    """The refusal for the last tested condition, when it could not be evaluated."""
    if tested and isinstance(tested[-1][1], EvaluationFailed):
        return no_choice("CONDITION_FAILED", "conditions that can be evaluated", element, tested)
    return None


def take_true_flows(run: Run, token: Token, element: Element) -> Refusal | None:
    """Every flow without condition and every true one fires; the default where no condition is true."""
    flows = run.definition.outgoing(element)
    if not flows:
        run.end(token)
        return None
    if len(flows) == 1 and flows[0].condition_text is None:
        return run.take(token, flows)
    tested: list[Tested] = []
    for flow in flows:
        if flow.condition_text is not None and flow.index != element.default:
            tested.append((flow, condition(run, flow, token, element)))
            if refusal := failed_condition(element, tested):
                return refusal
    true = {flow.index for flow, answer in tested if answer is True}
    always = {flow.index for flow in flows if flow.condition_text is None and flow.index != element.default}
    default = {element.default} if not true and element.default is not None else set[int]()
    fired = [flow for flow in flows if flow.index in true | always | default]
    if not fired:
        return no_choice("NO_FLOW", "a flow that can be taken", element, tested)
    return run.take(token, fired)
