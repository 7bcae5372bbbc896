"""Compensation and transactions (process engine §4.14): throw, end and cancel end events, and the handlers they run.

A thrower undoes the records of its own scope, the latest first and one after another: for each it stands for a scope
in which the handler runs, and when that is done the record goes and the next one follows. An activity is undone by the
handler of its compensation boundary, a subprocess by its compensation event subprocess, else by what it holds.
"""

from collections.abc import Callable
from dataclasses import replace

from dialog_graph.bpmn.cancelling import cancel_tokens
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.elements.catching import throw
from dialog_graph.bpmn.elements.flows import take_true_flows
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.records import Record
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import ScopeKind, Token
from dialog_graph.bpmn.working_copy import LOOP_VARIABLES
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """Begins to compensate."""
    run.leave_at(token, element)
    return None


def enter_cancel(run: Run, token: Token, element: Element) -> Refusal | None:
    """Cancel end: whatever is still active in the transaction goes first, so that nothing more completes meanwhile."""
    cancel_tokens(run, token.scope, spare=token)
    return enter(run, token, element)


def go_on(run: Run, token: Token, element: Element) -> Refusal | None:
    """Throw: when everything is undone, goes on."""
    return _next(run, token, element, take_true_flows)


def end(run: Run, token: Token, element: Element) -> Refusal | None:
    """End: when everything is undone, ends."""
    return _next(run, token, element, _end)


def leave_transaction(run: Run, token: Token, element: Element) -> Refusal | None:
    """Cancel end: when everything is undone, leaves the transaction by its cancel boundary."""
    return _next(run, token, element, _to_cancel_boundary)


def _end(run: Run, token: Token, element: Element) -> Refusal | None:
    run.end(token, element)
    return None


def _to_cancel_boundary(run: Run, token: Token, element: Element) -> Refusal | None:
    caught = throw(run, token, EventType.CANCEL, element.id)
    if caught is False:
        run.end(token, element)
    return caught if isinstance(caught, Refusal) else None


def _next(
    run: Run, token: Token, element: Element, done: Callable[[Run, Token, Element], Refusal | None]
) -> Refusal | None:
    """Undoes the next record; `done`: what follows when there is none."""
    run.records = tuple(record for record in run.records if record.by != token.id)
    activity = element.event.target if element.event else None
    found = [record for record in run.records if _is_open(run, record, token.scope, activity)]
    if not found:
        return done(run, token, element)
    return _undo(run, token, max(found, key=lambda record: record.order))


def _is_open(run: Run, record: Record, scope: int, activity: int | None) -> bool:
    """True for a record of the scope (and the activity) that nobody undoes now."""
    return record.scope == scope and activity in (None, record.of[0]) and record.by not in run.tokens


def _undo(run: Run, token: Token, record: Record) -> Refusal | None:
    undone = run.definition.elements[record.of[-1]]
    handler = run.definition.handler_of(undone)
    if handler is None:
        return Refusal(code="INTEGRITY", expected=f'a handler of "{undone.id}"', actual="there is none")
    if refusal := run.too_many_tokens(1):
        return refusal
    kept: dict[str, Json] = {} if record.loop is None else {LOOP_VARIABLES: list(record.loop)}
    scope = run.open_scope(token, ScopeKind.COMPENSATION, **kept)
    if isinstance(scope, Refusal):
        return scope
    run.place(scope.id, handler)
    held = tuple(replace(inner, scope=scope.id, by=None) for inner in record.inner)
    marked = tuple(replace(other, by=token.id) if other == record else other for other in run.records)
    run.records = marked + held
    return None
