"""The verbs that every element type has. A verb changes the `Run`, or says with a `Refusal` why it cannot."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from dialog_graph.bpmn.elements.flows import take_true_flows
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token, TokenState
from dialog_graph.errors import Refusal

Verb: TypeAlias = Callable[[Run, Token, Element], Refusal | None]
AnswerVerb: TypeAlias = Callable[[Run, Token, Element, tuple[str, ...]], Refusal | None]
OccurVerb: TypeAlias = Callable[[Run, int, Element], Refusal | None]


def not_asked(run: Run, token: Token, element: Element, flows: tuple[str, ...]) -> Refusal | None:
    """An element whose code is never asked has no use for an answer."""
    return Refusal(code="INTEGRITY", expected="a gateway that was asked", actual=f'"{element.id}" is none')


def not_opened(run: Run, token: Token, element: Element) -> Refusal | None:
    """An element without entries has nothing to open."""
    return Refusal(code="INTEGRITY", expected="an element with entries", actual=f'"{element.id}" has none')


def not_awaited(run: Run, owner: int, element: Element) -> Refusal | None:
    """An element that nothing waits for cannot occur."""
    return Refusal(code="NOT_ACTIVE", expected=f'something that waits for "{element.id}"', actual="nothing does")


def resume(run: Run, token: Token, element: Element) -> Refusal | None:
    """Lets a parked token act again as it was about to."""
    incident = run.incidents[token.id]
    run.resolve_incident(token)
    run.put(token.changed(state=incident.resume if incident.resume is TokenState.LEFT else TokenState.GO))
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One row of the element table.

    `enter`: a token arrives; `begin`: its entry has been entered, and it opens what it waits for; `leave`: its entry
    has ended; `answer`: the app's code has chosen flows; `retry`: the incident at this element is to be overcome;
    `occur`: what an owner (a local id) waits for at this element has come.
    """

    enter: Verb
    begin: Verb = not_opened
    leave: Verb = take_true_flows
    answer: AnswerVerb = not_asked
    retry: Verb = resume
    occur: OccurVerb = not_awaited
