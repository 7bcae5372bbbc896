"""Embedded subprocess (process engine §4.6): a scope of its own, for which the token at the subprocess stands.

The scope completes when nothing is left in it; then that token goes on.
"""

from dialog_graph.bpmn.definition import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.state import ScopeKind, Token
from dialog_graph.errors import Refusal


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """Opens the scope and starts it."""
    scope = run.open_scope(token, ScopeKind.SUB_PROCESS)
    if isinstance(scope, Refusal):
        return scope
    run.place(scope.id, run.definition.start_of(element.index), like=token)
    return None
