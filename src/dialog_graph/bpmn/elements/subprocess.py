"""Subprocesses (process engine §4.6, §4.9): a scope of its own, for which the token at the subprocess stands.

The scope completes when nothing is left in it; then that token goes on. An event subprocess is never entered along a
flow (`event_subprocesses`), and its token ends with it.
"""

from dialog_graph.bpmn.elements.flows import take_true_flows
from dialog_graph.bpmn.elements.waiting import open_around
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import ScopeKind, Token
from dialog_graph.errors import Refusal


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """Opens the scope and starts it."""
    scope = open_around(run, token, ScopeKind.SUB_PROCESS)
    if isinstance(scope, Refusal):
        return scope
    run.place(scope.id, run.definition.start_of(element.index), like=token)
    return None


def leave(run: Run, token: Token, element: Element) -> Refusal | None:
    """Goes on behind the subprocess."""
    if element.by_event:
        run.end(token)
        return None
    return take_true_flows(run, token, element)
