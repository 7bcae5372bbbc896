"""Link events (process engine §4.11): a throw goes on at the catch of the same name in the same scope."""

from dataclasses import replace

from dialog_graph.bpmn.definition import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.state import Token, TokenState
from dialog_graph.errors import Refusal


def throw(run: Run, token: Token, element: Element) -> Refusal | None:
    """Jumps; the reader has seen to it that there is exactly one catch."""
    target = element.event.target if element.event else None
    catch = run.definition.elements[element.index if target is None else target]
    run.put(replace(token, on_flow=False, index=catch.index, state=TokenState.LEFT))
    return None
