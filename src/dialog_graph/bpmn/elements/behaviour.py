"""The verbs that every element type has. A verb changes the `Run`, or says with a `Refusal` why it cannot."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from dialog_graph.bpmn.definition import Element
from dialog_graph.bpmn.elements.flows import take_true_flows
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.state import Token, TokenState
from dialog_graph.errors import Refusal

Verb: TypeAlias = Callable[[Run, Token, Element], Refusal | None]
AnswerVerb: TypeAlias = Callable[[Run, Token, Element, tuple[str, ...]], Refusal | None]


def not_asked(run: Run, token: Token, element: Element, flows: tuple[str, ...]) -> Refusal | None:
    """An element whose code is never asked has no use for an answer."""
    return Refusal(code="INTEGRITY", expected="a gateway that was asked", actual=f'"{element.id}" is none')


def resume(run: Run, token: Token, element: Element) -> Refusal | None:
    """Lets a parked token act again as it was about to."""
    incident = run.incidents[token.id]
    run.resolve_incident(token)
    run.put(replace(token, state=TokenState.LEFT if incident.resume is TokenState.LEFT else TokenState.GO))
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One row of the element table.

    `enter`: a token arrives; `leave`: the element's entry has ended; `answer`: the app's code has chosen flows;
    `retry`: the incident at this element is to be overcome.
    """

    enter: Verb
    leave: Verb = take_true_flows
    answer: AnswerVerb = not_asked
    retry: Verb = resume
