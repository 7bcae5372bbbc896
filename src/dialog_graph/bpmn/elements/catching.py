"""Who catches an error or an escalation, and what then happens (process engine §4.8–§4.10).

Searched from the innermost scope outward; in every scope its event subprocesses come before the boundary of what it is
the inside of, and a catcher of just this code before one of every code.
"""

from collections.abc import Iterable
from dataclasses import replace

from dialog_graph.bpmn.cancelling import cancel_tokens, withdraw
from dialog_graph.bpmn.definition import Element
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.state import Scope, ScopeKind, Token, TokenState
from dialog_graph.errors import Refusal


def throw(run: Run, thrower: Token, type: EventType, code: str, named: bool = False) -> bool | Refusal:
    """Finds the catcher and lets it act; False when there is none. `named`: a catcher of every code is none.

    The thrower is gone afterwards when the catcher interrupts and stands around it.
    """
    scope = run.scopes[thrower.scope]
    while True:
        start = _matching(_starts(run, scope), type, code, named)
        if start is not None:
            return _to_event_subprocess(run, scope, start, thrower)
        if scope.kind is ScopeKind.PROCESS:
            return False
        host = run.tokens[scope.host]
        boundary = _matching(_boundaries(run, host), type, code, named)
        if boundary is not None:
            return _to_boundary(run, host, boundary, thrower)
        scope = run.scopes[host.scope]


def _starts(run: Run, scope: Scope) -> Iterable[Element]:
    """The start events of the scope's event subprocesses, while its main path is not done.

    So nothing more is started once one of them has interrupted the scope.
    """
    tokens = (token for token in run.tokens.values() if token.scope == scope.id)
    if scope.kind is ScopeKind.BODY or all(run.element_of(token).by_event for token in tokens):
        return
    inside = run.definition.inside(None if scope.kind is ScopeKind.PROCESS else scope.element)
    yield from (run.definition.start_of(element.index) for element in inside if element.by_event)


def _to_event_subprocess(run: Run, scope: Scope, start: Element, thrower: Token) -> bool | Refusal:
    subprocess = run.definition.elements[start.scope or 0]
    if refusal := run.too_many_tokens(2) or run.too_many_scopes(subprocess):
        return refusal
    if start.interrupting:
        cancel_tokens(run, scope.id)
    host = replace(run.place(scope.id, subprocess), last_task=thrower.last_task)
    inner = run.open_scope(host, ScopeKind.EVENT_SUB_PROCESS)
    if isinstance(inner, Refusal):
        return inner
    run.place(inner.id, start, like=host)
    return True


def _boundaries(run: Run, host: Token) -> Iterable[Element]:
    """The events at the boundary of what a token stands for; those of a loop belong to its body, not its instances."""
    numbers = run.element_of(host).boundaries if host.loop_index is None else ()
    return (run.definition.elements[index] for index in numbers)


def _matching(catchers: Iterable[Element], type: EventType, code: str, named: bool) -> Element | None:
    """The first catcher of this code, else the first of every code."""
    of_type = [(element, element.event) for element in catchers if element.event and element.event.type is type]
    specific = (element for element, event in of_type if event.code == code)
    general = (element for element, event in of_type if event.code is None and not named)
    return next(specific, None) or next(general, None)


def _to_boundary(run: Run, host: Token, boundary: Element, thrower: Token) -> bool | Refusal:
    if boundary.interrupting:
        withdraw(run, host)
        moved = replace(host, on_flow=False, index=boundary.index, state=TokenState.LEFT, entry=None)
        run.put(replace(moved, gateway_action=None, last_task=thrower.last_task))
        return True
    if refusal := run.too_many_tokens(1):
        return refusal
    token = run.place(host.scope, boundary)
    run.put(replace(token, state=TokenState.LEFT, last_task=thrower.last_task))
    return True
