"""Who catches an error or an escalation, and what then happens (process engine §4.8, §4.10).

Searched from the innermost scope outward; in every scope the boundary of what it is the inside of. A catcher of just
this code comes before one of every code.
"""

from collections.abc import Iterable
from dataclasses import replace

from dialog_graph.bpmn.cancelling import withdraw
from dialog_graph.bpmn.definition import Element
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.state import ScopeKind, Token, TokenState
from dialog_graph.errors import Refusal


def throw(run: Run, thrower: Token, type: EventType, code: str, named: bool = False) -> bool | Refusal:
    """Finds the catcher and lets it act; False when there is none. `named`: a catcher of every code is none.

    The thrower is gone afterwards when the catcher interrupts and stands around it.
    """
    scope = run.scopes[thrower.scope]
    while scope.kind is not ScopeKind.PROCESS:
        host = run.tokens[scope.host]
        boundary = _matching(_boundaries(run, host), type, code, named)
        if boundary is not None:
            return _to_boundary(run, host, boundary, thrower)
        scope = run.scopes[host.scope]
    return False


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
