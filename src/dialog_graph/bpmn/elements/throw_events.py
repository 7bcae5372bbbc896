"""Events that throw and do not wait: error end, escalation end and throw (process engine §4.7, §4.8).

What nobody catches: an error stops the token here with incident `UNCAUGHT_ERROR`; an escalation has no effect.
"""

from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.elements.catching import throw
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token, TokenState
from dialog_graph.errors import Refusal


def _code(element: Element) -> str:
    return (element.event.code if element.event else None) or element.id


def error(run: Run, token: Token, element: Element) -> Refusal | None:
    """Error end event: always interrupts what catches it."""
    caught = throw(run, token, EventType.ERROR, _code(element))
    if isinstance(caught, Refusal):
        return caught
    if not caught:
        message = f'Expected something that catches error "{_code(element)}" of "{element.id}", but nothing does.'
        run.open_incident(token, "UNCAUGHT_ERROR", message, TokenState.GO)
    return None


def _escalate(run: Run, token: Token, element: Element) -> bool | Refusal:
    """True when the token is still there, to end or go on."""
    caught = throw(run, token, EventType.ESCALATION, _code(element))
    return caught if isinstance(caught, Refusal) else token.id in run.tokens


def escalation_end(run: Run, token: Token, element: Element) -> Refusal | None:
    """Escalates; unless that interrupts its scope, the token ends here."""
    stays = _escalate(run, token, element)
    if stays is True:
        run.end(token, element)
    return stays if isinstance(stays, Refusal) else None


def escalation(run: Run, token: Token, element: Element) -> Refusal | None:
    """Escalates; unless that interrupts its scope, the token goes on."""
    stays = _escalate(run, token, element)
    if stays is True:
        run.leave_at(token, element)
    return stays if isinstance(stays, Refusal) else None
