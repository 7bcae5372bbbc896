"""Event subprocesses (process engine §4.9): whoever catches the event of their start event opens them."""

from dialog_graph.bpmn.cancelling import cancel_tokens
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Scope, ScopeKind, Token
from dialog_graph.errors import Refusal


def occur(run: Run, owner: int, element: Element) -> Refusal | None:
    """What the start event waits for has come."""
    scope = run.scopes[owner]
    return begin(run, scope, element, _last_task(run, scope))


def _last_task(run: Run, scope: Scope) -> int | None:
    host: Token | None = run.tokens.get(scope.host)
    return host.last_task if host else None


def begin(run: Run, scope: Scope, start: Element, last_task: int | None) -> Refusal | None:
    """Opens the event subprocess; an interrupting one takes everything else in the scope away."""
    subprocess = run.definition.elements[start.scope or 0]
    if refusal := run.too_many_tokens(2) or run.too_many_scopes(subprocess):
        return refusal
    if start.interrupting:
        cancel_tokens(run, scope.id)
        run.close(scope.id)
    host = run.place(scope.id, subprocess).changed(last_task=last_task)
    inner = run.open_scope(host, ScopeKind.EVENT_SUB_PROCESS)
    if isinstance(inner, Refusal):
        return inner
    run.place(inner.id, start, like=host)
    return None
