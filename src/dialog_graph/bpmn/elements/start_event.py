"""Start events: open what the event subprocesses of their scope wait for, and go on (process engine §4.1, §4.9).

Which start event begins the process, and what it waited for before, is the caller's business.
"""

from dialog_graph.bpmn.elements.flows import take_true_flows
from dialog_graph.bpmn.elements.waiting import prepare, wait
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token
from dialog_graph.bpmn.waits import triggers_of
from dialog_graph.errors import Refusal


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """Leaves along every outgoing flow."""
    prepared = prepare(run, token, triggers_of(run.definition, run.scopes[token.scope]))
    if isinstance(prepared, Refusal):
        return prepared
    refusal = take_true_flows(run, token, element)
    scope = run.scopes.get(token.scope)
    if refusal is None and scope is not None and run.main_is_active(scope):
        wait(run, scope.id, prepared)
    return refusal
