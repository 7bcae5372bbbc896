"""Begins to wait (process engine §11, §12): what has to be known is asked first, so that nothing is half opened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from dialog_graph.bpmn.effects import OpenSubscription, OpenTimer, SubscriptionKind
from dialog_graph.bpmn.element_expressions import CORRELATION, TIMER
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.questions import value
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.timers import NoTime, Round, first
from dialog_graph.bpmn.tokens import Scope, ScopeKind, Token
from dialog_graph.bpmn.waits import edges_of
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

_MAX_KEY = 255
_NOBODY = 0

_Row: TypeAlias = OpenTimer | OpenSubscription


@dataclass(frozen=True, slots=True)
class Prepared:
    """An element that is about to be waited for. `rows`: what stands for it; `is_spent`: it can never occur."""

    element: Element
    rows: tuple[_Row, ...] = ()
    is_spent: bool = False


def prepare(run: Run, token: Token, elements: Iterable[Element]) -> list[Prepared] | Refusal:
    """Asks for everything that the elements need to be waited for, as seen by a token."""
    prepared: list[Prepared] = []
    for element in elements:
        found = _PREPARE[element.event_type](run, token, element)
        if isinstance(found, Refusal):
            return found
        prepared.append(found)
    return prepared


def wait(run: Run, owner: int, prepared: Sequence[Prepared]) -> None:
    """Begins to wait for everything that was prepared."""
    for each in prepared:
        if each.is_spent:
            run.spend(owner, each.element)
        else:
            run.wait_for(owner, each.element, *(replace(row, owner=owner) for row in each.rows))


def _timer(run: Run, token: Token, element: Element) -> Prepared | Refusal:
    timer = element.event.timer if element.event else None
    if timer is None:
        return Prepared(element, is_spent=True)
    given = value(run, TIMER, token, element) if timer.expression else timer.text
    if isinstance(given, Refusal):
        return replace(given, code="TIMER_FAILED")
    found = first(timer, given, run.facts.now, run.facts.zone)
    if isinstance(found, NoTime):
        return Refusal(
            code="TIMER_FAILED",
            expected=f'{found.expected} as the time of "{element.id}"',
            actual="it is another value",
            path=(element.id,),
        )
    return Prepared(element, is_spent=True) if found is None else Prepared(element, (timer_row(element, found),))


def timer_row(element: Element, due: Round, owner: int = _NOBODY) -> OpenTimer:
    """The row of one round of a timer."""
    return OpenTimer(
        element_id=element.id,
        owner=owner,
        due_at=due.due_at,
        anchor=due.anchor,
        k=due.k,
        duration=due.duration,
        remaining=due.remaining,
    )


def _message(run: Run, token: Token, element: Element) -> Prepared | Refusal:
    key = correlation_key(run, token, element)
    if isinstance(key, Refusal):
        return key
    name = element.message.name if element.message else element.id
    row = OpenSubscription(element_id=element.id, owner=_NOBODY, kind=SubscriptionKind.MESSAGE, name=name, key=key)
    return Prepared(element, (row,))


def correlation_key(run: Run, token: Token, element: Element) -> str | Refusal | None:
    """The key of the element's message as text; None where there is none, or where its expression gives null."""
    if element.message is None or element.message.key is None:
        return None
    match value(run, CORRELATION, token, element):
        case Refusal() as refusal:
            return refusal
        case None:
            return None
        case bool() as flag:
            return "true" if flag else "false"
        case str() | int() | float() as key if len(text := _text(key)) <= _MAX_KEY:
            return text
        case _:
            return Refusal(
                code="CONDITION_FAILED",
                expected=f'a text or number of at most {_MAX_KEY} characters as the key of "{element.id}"',
                actual="it is another value",
                path=(element.id,),
            )


def _text(key: str | int | float) -> str:
    """Whole numbers without a point, so that 5 and 5.0 are one key."""
    whole = not isinstance(key, str) and key == key // 1
    return str(int(key)) if whole else str(key)


def _signal(run: Run, token: Token, element: Element) -> Prepared | Refusal:
    name = (element.event.signal if element.event else None) or element.id
    return Prepared(
        element,
        (OpenSubscription(element_id=element.id, owner=_NOBODY, kind=SubscriptionKind.SIGNAL, name=name),),
    )


def _condition(run: Run, token: Token, element: Element) -> Prepared | Refusal:
    return Prepared(element)


_PREPARE = {
    EventType.TIMER: _timer,
    EventType.MESSAGE: _message,
    EventType.SIGNAL: _signal,
    EventType.CONDITIONAL: _condition,
    None: _message,
}
"""Event type -> what it needs; None are the tasks that wait for a message."""


def open_around(run: Run, token: Token, kind: ScopeKind, **extra: Json) -> Scope | Refusal:
    """Opens a scope that an activity's token stands for, and waits for the events at its boundary.

    A token that waits gets a new id, so that no wait of an earlier round has the same owner.
    """
    element = run.element_of(token)
    prepared = prepare(run, token, edges_of(run.definition, element, token.loop_index))
    if isinstance(prepared, Refusal):
        return prepared
    if refusal := run.too_many_scopes(element):
        return refusal
    host = run.renewed(token) if prepared else token
    scope = run.open_scope(host, kind, **extra)
    if not isinstance(scope, Refusal):
        wait(run, host.id, prepared)
    return scope
