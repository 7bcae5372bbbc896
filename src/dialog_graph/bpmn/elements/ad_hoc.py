"""Ad-hoc subprocess (process engine §4.15): its activities are offered, and the command `Activate` starts them.

With a completion condition it is open until that is true after one of its activities; without one it is left when
everything that was activated has ended.
"""

from dialog_graph.bpmn.cancelling import cancel_tokens
from dialog_graph.bpmn.element_expressions import AD_HOC_COMPLETION
from dialog_graph.bpmn.elements.waiting import open_around, prepare, wait
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.questions import is_true, loop_arguments
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import OVER, Scope, ScopeKind, Token
from dialog_graph.errors import Refusal


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """Opens the scope; nothing in it is active yet."""
    prepared = prepare(run, token, run.definition.triggers(element.index))
    if isinstance(prepared, Refusal):
        return prepared
    scope = open_around(run, token, ScopeKind.SUB_PROCESS)
    if isinstance(scope, Refusal):
        return scope
    wait(run, scope.id, prepared)
    return None


def activate(run: Run, element: Element) -> Refusal | None:
    """Starts an activity in the first open scope that offers it."""
    scope = next((scope for _, scope in sorted(run.scopes.items()) if _offers(run, scope, element)), None)
    if scope is None:
        return Refusal(
            code="NOT_ACTIVE",
            expected=f'an open ad-hoc subprocess that offers "{element.id}" now',
            actual="there is none",
        )
    if refusal := run.too_many_tokens(1):
        return refusal
    run.place(scope.id, element, like=run.tokens[scope.host])
    return None


def _offers(run: Run, scope: Scope, element: Element) -> bool:
    around = run.definition.elements[scope.element]
    if scope.kind is not ScopeKind.SUB_PROCESS or around.ad_hoc is None or OVER in scope.extra:
        return False
    return element in run.definition.offered(around) and not (around.ad_hoc.sequential and not run.is_empty(scope.id))


def is_complete(run: Run, token: Token) -> bool | Refusal:
    """Whether the activity that a token leaves completes the ad-hoc subprocess around it."""
    around = _around(run, token)
    known = around is not None and around.ad_hoc is not None and around.ad_hoc.completion is not None
    if around is None or not known or OVER in run.scopes[token.scope].extra:
        return False
    return is_true(run, AD_HOC_COMPLETION, run.tokens[run.scopes[token.scope].host], around, loop_arguments(run, token))


def complete(run: Run, token: Token) -> None:
    """The condition is true: the rest is cancelled, or waited for."""
    scope, around = run.scopes[token.scope], _around(run, token)
    if around is not None and around.ad_hoc is not None and around.ad_hoc.cancel_remaining:
        cancel_tokens(run, scope.id)
    run.set_extra(scope.id, OVER, 1)
    run.close(scope.id)
    if run.is_empty(scope.id):
        run.complete(run.scopes[scope.id], token)


def _around(run: Run, token: Token) -> Element | None:
    """The ad-hoc subprocess whose scope a token is in."""
    scope = run.scopes[token.scope]
    return run.definition.elements[scope.element] if scope.kind is ScopeKind.SUB_PROCESS else None
