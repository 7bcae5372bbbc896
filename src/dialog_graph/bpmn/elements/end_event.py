"""End events without a throw (process engine §4.7): the token ends, and with the last one its scope."""

from dialog_graph.bpmn.cancelling import cancel_tokens
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token
from dialog_graph.errors import Refusal


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """None: consumes the token; the process remembers this end event as the last one reached."""
    run.end(token, element)
    return None


def terminate(run: Run, token: Token, element: Element) -> Refusal | None:
    """Terminate: everything else in the same scope goes, and the scope completes as usual."""
    cancel_tokens(run, token.scope, spare=token)
    run.end(token, element)
    return None
