"""How entries end: of tasks by their outcome, of waiting events when what they wait for has come."""

from dialog_graph.bpmn.actions import Leaving
from dialog_graph.bpmn.cancelling import withdraw
from dialog_graph.bpmn.effects import LeaveTask
from dialog_graph.bpmn.events import Outcome, TaskLeft, WaitEnded
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token, TokenState


def leave_entry(run: Run, token: Token, element: Element, step: Leaving, action: str | None) -> None:
    """Ends the entry of a task; `action`: as it was given."""
    entry_no = token.entry or 0
    run.close(token.id)
    run.resolve_incident(token)
    run.events.append(TaskLeft(element_id=element.id, entry_no=entry_no, outcome=step.outcome, action=action))
    run.ask(
        LeaveTask(
            element_id=element.id,
            entry_no=entry_no,
            outcome=step.outcome,
            action=action,
            reentered=step.target is not None and step.target.index == element.index,
        )
    )
    brought = {"gateway_action": step.gateway_action, "last_task": element.index}
    if step.target is None:
        run.leave_at(token, element, **brought)
    else:
        whole = _out_of_loop(run, token.changed(entry=None, spent=(), **brought))
        run.put(whole.changed(state=TokenState.GO, index=step.target.index))


def _out_of_loop(run: Run, token: Token) -> Token:
    """The token that is sent back: of an instance of a loop the activity's own, and the whole loop is given up."""
    if token.loop_index is None:
        return token
    host = run.tokens[run.scopes[token.scope].host]
    del run.tokens[token.id]
    withdraw(run, host)
    return host.changed(gateway_action=token.gateway_action, last_task=token.last_task, spent=())


def end_wait(run: Run, token: Token) -> None:
    """Ends the entry of a catch event or event-based gateway, because what it waited for has come."""
    element = run.element_of(token)
    run.close(token.id)
    run.events.append(WaitEnded(element_id=element.id, entry_no=token.entry or 0, outcome=Outcome.COMPLETED))
