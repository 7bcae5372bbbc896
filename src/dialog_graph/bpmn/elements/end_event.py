"""None end event: the token ends, and with the last one its scope (process engine §4.7)."""

from dialog_graph.bpmn.definition import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.state import Token
from dialog_graph.errors import Refusal


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """Consumes the token; the scope remembers this end event as the last one reached."""
    run.end(token, element)
    return None
