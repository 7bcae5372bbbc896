"""Link events (process engine §4.11): a throw goes on at the catch of the same name in the same scope."""

from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token
from dialog_graph.errors import Refusal


def throw(run: Run, token: Token, element: Element) -> Refusal | None:
    """Jumps; the reader has seen to it that there is exactly one catch."""
    target = element.event.target if element.event else None
    catch = run.definition.elements[element.index if target is None else target]
    run.leave_at(token, catch)
    return None
