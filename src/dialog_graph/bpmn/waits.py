"""What an instance waits for, as it follows from its state alone (process engine §14.2).

Somebody owns every wait: a token at the element that waits, a token at the activity that a boundary event is attached
to, or the scope whose event subprocesses can be started. What an owner waits for follows from where it stands; only
what is spent has to be remembered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.nodes import CALL_APP, RECEIVE_MESSAGE, Element, ElementKind, TaskKind
from dialog_graph.bpmn.tokens import OVER, Incident, Joins, Scope, ScopeKind, Token, TokenState


class WaitKind(StrEnum):
    """Which row stands for a wait."""

    TIMER = "timer"
    MESSAGE = "message"
    SIGNAL = "signal"
    JOB = "job"
    CALL = "call"


@dataclass(frozen=True, slots=True, order=True)
class Wait:
    """One open wait; owner and element name it in its instance."""

    owner: int
    element_id: str
    kind: WaitKind


_OF_EVENTS: Mapping[EventType | None, WaitKind] = {
    EventType.TIMER: WaitKind.TIMER,
    EventType.MESSAGE: WaitKind.MESSAGE,
    EventType.SIGNAL: WaitKind.SIGNAL,
}
_OF_TASKS: Mapping[str, WaitKind] = {RECEIVE_MESSAGE: WaitKind.MESSAGE, CALL_APP: WaitKind.CALL}

_WITH_STARTS = frozenset({ScopeKind.PROCESS, ScopeKind.SUB_PROCESS, ScopeKind.EVENT_SUB_PROCESS})


def kind_of(element: Element) -> WaitKind | None:
    """The row of a wait for this element; None for conditions, which have none."""
    if element.task is not None:
        return _OF_TASKS.get(element.task.type, WaitKind.JOB)
    return _OF_EVENTS.get(element.event_type)


def triggers_of(definition: Definition, scope: Scope) -> tuple[Element, ...]:
    """The awaited start events of the event subprocesses that a scope may have."""
    if scope.kind not in _WITH_STARTS:
        return ()
    return definition.triggers(None if scope.kind is ScopeKind.PROCESS else scope.element)


def edges_of(definition: Definition, element: Element, loop_index: int | None) -> tuple[Element, ...]:
    """The awaited boundary events that a token at an activity owns.

    In a loop those of the file belong to the whole, and deadlines to every instance.
    """
    found: tuple[Element, ...] = ()
    if not definition.has_waits:
        return found
    if loop_index is None:
        found += definition.edges(element.index)
    if element.loop is None or loop_index is not None:
        found += tuple(definition.elements[index] for index in element.deadlines)
    return found


def targets_of(definition: Definition, element: Element) -> tuple[Element, ...]:
    """What an event-based gateway waits for, in the order of its flows."""
    return tuple(definition.elements[flow.target] for flow in definition.outgoing(element))


def main_is_active(definition: Definition, scope: Scope, tokens: Sequence[Token], joins: Joins) -> bool:
    """True while something besides event subprocesses is active in a scope, or may still be activated.

    So nothing more is started once one of them has interrupted the scope.
    """
    if scope.kind is ScopeKind.SUB_PROCESS and definition.elements[scope.element].ad_hoc is not None:
        return OVER not in scope.extra
    if any(waiting == scope.id for waiting, _ in joins):
        return True
    inside = (definition.element_of(token.index, token.on_flow) for token in tokens if token.scope == scope.id)
    return not all(element.by_event for element in inside)


@dataclass(frozen=True, slots=True)
class Marking:
    """The parts of a state that tell what is awaited."""

    scopes: Sequence[Scope]
    tokens: Sequence[Token]
    joins: Joins
    incidents: Mapping[int, Incident]


def awaited(definition: Definition, marking: Marking) -> Iterator[tuple[int, Element]]:
    """Owner and element of everything that is awaited, conditions included: by owner, then in order of opening."""
    owned = [(token.id, _of_token(definition, token, marking.incidents.get(token.id))) for token in marking.tokens]
    owned += [(scope.id, _of_scope(definition, scope, marking)) for scope in marking.scopes]
    for owner, elements in sorted(owned, key=lambda each: each[0]):
        yield from ((owner, element) for element in elements)


def _of_token(definition: Definition, token: Token, incident: Incident | None) -> list[Element]:
    if token.on_flow or token.state not in (TokenState.WAIT, TokenState.HOST, TokenState.INCIDENT):
        return []
    if incident is not None and incident.resume is not TokenState.WAIT:
        return []
    element = definition.elements[token.index]
    found = [edge for edge in edges_of(definition, element, token.loop_index) if _is_open(edge, token.spent)]
    if token.state is TokenState.WAIT:
        found += own_waits(definition, element)
    return found


def own_waits(definition: Definition, element: Element) -> tuple[Element, ...]:
    """What a token that rests at an element waits for there."""
    if element.kind is ElementKind.EVENT_BASED_GATEWAY:
        return targets_of(definition, element)
    is_server = element.task is not None and element.task.kind is TaskKind.SERVICE
    return (element,) if is_server or element.kind is ElementKind.INTERMEDIATE_CATCH_EVENT else ()


def _is_open(element: Element, spent: Sequence[int]) -> bool:
    """A condition goes on being looked at after it was true."""
    return element.index not in spent or element.event_type is EventType.CONDITIONAL


def _of_scope(definition: Definition, scope: Scope, marking: Marking) -> list[Element]:
    triggers = triggers_of(definition, scope)
    if not triggers or not main_is_active(definition, scope, marking.tokens, marking.joins):
        return []
    if any(token.scope == scope.id and _has_not_begun(definition, token) for token in marking.tokens):
        return []
    return [start for start in triggers if _is_open(start, scope.spent)]


def _has_not_begun(definition: Definition, token: Token) -> bool:
    """True for a token that is still at the start event, which opens what its scope waits for."""
    return not token.on_flow and definition.elements[token.index].kind is ElementKind.START_EVENT
