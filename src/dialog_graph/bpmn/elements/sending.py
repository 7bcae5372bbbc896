"""Messages and signals that are thrown (process engine §4.11, §11), by events and send tasks; nobody waits for them."""

from dialog_graph.bpmn.effects import BroadcastSignal, SendMessage
from dialog_graph.bpmn.elements.waiting import correlation_key
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token
from dialog_graph.errors import Refusal


def send(run: Run, token: Token, element: Element) -> Refusal | None:
    """Sends the message of the element."""
    key = correlation_key(run, token, element)
    if isinstance(key, Refusal):
        return key
    if element.message is not None:
        message = element.message
        run.defer(SendMessage(element_id=element.id, name=message.name, key=key, ttl=message.ttl))
    return None


def _broadcast(run: Run, element: Element) -> None:
    name = (element.event.signal if element.event else None) or element.id
    run.defer(BroadcastSignal(element_id=element.id, name=name))


def throw_message(run: Run, token: Token, element: Element) -> Refusal | None:
    """Message throw event: sends and goes on."""
    refusal = send(run, token, element)
    if refusal is None:
        run.leave_at(token, element)
    return refusal


def end_message(run: Run, token: Token, element: Element) -> Refusal | None:
    """Message end event: sends and ends."""
    refusal = send(run, token, element)
    if refusal is None:
        run.end(token, element)
    return refusal


def throw_signal(run: Run, token: Token, element: Element) -> Refusal | None:
    """Signal throw event: broadcasts and goes on."""
    _broadcast(run, element)
    run.leave_at(token, element)
    return None


def end_signal(run: Run, token: Token, element: Element) -> Refusal | None:
    """Signal end event: broadcasts and ends."""
    _broadcast(run, element)
    run.end(token, element)
    return None
