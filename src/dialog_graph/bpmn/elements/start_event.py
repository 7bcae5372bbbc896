"""None start event: the token goes on at once (process engine §4.1)."""

from dialog_graph.bpmn.definition import Element
from dialog_graph.bpmn.elements.flows import take_true_flows
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.state import Token
from dialog_graph.errors import Refusal


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """Leaves along every outgoing flow."""
    return take_true_flows(run, token, element)
