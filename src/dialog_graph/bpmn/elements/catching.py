"""Who catches an error or an escalation, and what then happens (process engine §4.8–§4.10).

Searched from the innermost scope outward; in every scope its event subprocesses come before the boundary of what it is
the inside of, and a catcher of just this code before one of every code.
"""

from collections.abc import Iterable

from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.elements import boundary_events, event_subprocesses
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Scope, ScopeKind, Token
from dialog_graph.errors import Refusal


def throw(run: Run, thrower: Token, type: EventType, code: str, named: bool = False) -> bool | Refusal:
    """Finds the catcher and lets it act; False when there is none. `named`: a catcher of every code is none.

    The thrower is gone afterwards when the catcher interrupts and stands around it.
    """
    scope = run.scopes[thrower.scope]
    while True:
        start = _matching(_starts(run, scope), type, code, named)
        if start is not None:
            return event_subprocesses.begin(run, scope, start, thrower.last_task) or True
        if scope.kind is ScopeKind.PROCESS:
            return False
        host = run.tokens[scope.host]
        boundary = _matching(_boundaries(run, host), type, code, named)
        if boundary is not None:
            return boundary_events.fire(run, host, boundary, thrower.last_task) or True
        scope = run.scopes[host.scope]


def throw_from_activity(run: Run, thrower: Token, code: str) -> bool | Refusal:
    """An error of the activity itself: its own boundary comes before everything around it."""
    boundary = _matching(_boundaries(run, thrower), EventType.ERROR, code, named=False)
    if boundary is None:
        return throw(run, thrower, EventType.ERROR, code)
    return boundary_events.fire(run, thrower, boundary, boundary_events.last_task_of(run, thrower)) or True


def _starts(run: Run, scope: Scope) -> Iterable[Element]:
    """The start events of the scope's event subprocesses, while its main path is not done."""
    if scope.kind is ScopeKind.BODY or not run.main_is_active(scope):
        return
    inside = run.definition.inside(None if scope.kind is ScopeKind.PROCESS else scope.element)
    yield from (run.definition.start_of(element.index) for element in inside if element.by_event)


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
