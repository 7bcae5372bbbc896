"""Boundary events (process engine §4.10): interrupting ones take the host away, others start a token beside it."""

from dialog_graph.bpmn.cancelling import withdraw
from dialog_graph.bpmn.events import BoundaryFired
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token, TokenState
from dialog_graph.errors import Refusal


def occur(run: Run, owner: int, element: Element) -> Refusal | None:
    """What the event waits for has come; behind it the host counts as the last task."""
    host = run.tokens[owner]
    return fire(run, host, element, last_task_of(run, host))


def last_task_of(run: Run, host: Token) -> int | None:
    """The task that a token leaves by the boundary of its host."""
    return host.last_task if run.element_of(host).task is None else host.index


def fire(run: Run, host: Token, boundary: Element, last_task: int | None) -> Refusal | None:
    """Goes on behind the boundary event, in place of the host or beside it."""
    if not boundary.interrupting and (refusal := run.too_many_tokens(1)):
        return refusal
    tell(run, host, boundary)
    if boundary.interrupting:
        withdraw(run, host)
        run.leave_at(host.changed(gateway_action=None, last_task=last_task), boundary)
    else:
        token = run.place(host.scope, boundary)
        run.put(token.changed(state=TokenState.LEFT, last_task=last_task))
    return None


def tell(run: Run, host: Token, boundary: Element) -> None:
    """Notes that the event has occurred."""
    run.events.append(
        BoundaryFired(
            element_id=boundary.id,
            host_id=run.element_of(host).id,
            host_entry_no=host.entry or 0,
            interrupting=boundary.interrupting,
        )
    )
