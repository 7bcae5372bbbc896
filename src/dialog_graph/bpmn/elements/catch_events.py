"""Intermediate catch events and event-based gateways: a token rests until what it waits for comes (§4.5, §11, §12)."""

from collections.abc import Mapping, Sequence

from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.elements.entries import end_wait
from dialog_graph.bpmn.elements.waiting import prepare, wait
from dialog_graph.bpmn.events import WaitBegan, WaitType
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token
from dialog_graph.bpmn.waits import targets_of
from dialog_graph.errors import Refusal

_TYPES: Mapping[EventType | None, WaitType] = {
    EventType.TIMER: WaitType.TIMER,
    EventType.MESSAGE: WaitType.MESSAGE,
    EventType.SIGNAL: WaitType.SIGNAL,
    EventType.CONDITIONAL: WaitType.CONDITION,
}


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """Catch event: rests until it occurs."""
    return _rest(run, token, element, (element,))


def enter_gateway(run: Run, token: Token, element: Element) -> Refusal | None:
    """Event-based gateway: waits for all that follow; the first that occurs wins."""
    return _rest(run, token, element, targets_of(run.definition, element))


def _rest(run: Run, token: Token, element: Element, awaited: Sequence[Element]) -> Refusal | None:
    prepared = prepare(run, token, awaited)
    if isinstance(prepared, Refusal):
        return prepared
    resting = run.rest(token, element)
    type = _TYPES.get(element.event_type, WaitType.EVENT_BASED_GATEWAY)
    run.events.append(WaitBegan(element_id=element.id, entry_no=resting.entry or 0, type=type))
    wait(run, resting.id, prepared)
    return None


def occur(run: Run, owner: int, element: Element) -> Refusal | None:
    """The token goes on from the event, whether it rests there or at the gateway before it."""
    token = run.tokens[owner]
    end_wait(run, token)
    run.leave_at(token, element)
    return None
