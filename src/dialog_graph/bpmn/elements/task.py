"""Tasks of every kind: who completes them follows from the type alone (process engine §1, §7.1, §9, §11, §13).

A user task rests until a command, a receive task until its message, a call activity until the other app's instance has
ended, any other service task until its job is done; a send task sends and is through. A type without code here stops
the token with incident `NO_HANDLER` at the entry.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from dialog_graph.bpmn.actions import Leaving
from dialog_graph.bpmn.commands import REJECT
from dialog_graph.bpmn.effects import EnterTask, StartJob, WaitEffect
from dialog_graph.bpmn.elements import sending
from dialog_graph.bpmn.elements.behaviour import resume
from dialog_graph.bpmn.elements.call_activity import call
from dialog_graph.bpmn.elements.entries import end_wait, leave_entry
from dialog_graph.bpmn.elements.waiting import Prepared, prepare, wait
from dialog_graph.bpmn.events import Outcome, TaskEntered
from dialog_graph.bpmn.nodes import CALL_APP, RECEIVE_MESSAGE, SEND_MESSAGE, Element, TaskDefinition, TaskKind
from dialog_graph.bpmn.questions import loop_index
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token, TokenState
from dialog_graph.bpmn.waits import edges_of
from dialog_graph.bpmn.working_copy import AUTOMATIC
from dialog_graph.errors import Refusal

_NONE = TaskDefinition(type="none", kind=TaskKind.USER, has_handler=True)
_DONE = Leaving(Outcome.COMPLETED, None)


def _over_limit(run: Run, element: Element, task: TaskDefinition, entry_no: int) -> Refusal | None:
    limits = run.facts.limits
    if entry_no > limits.entries_per_task:
        expected = f'at most {limits.entries_per_task} entries of task "{element.id}"'
        return Refusal(code="LOOP_LIMIT", expected=expected, actual="one more was due")
    automatic = task.kind is TaskKind.SERVICE and task.type != RECEIVE_MESSAGE
    if automatic and run.count(AUTOMATIC) > limits.automatic_tasks:
        expected = f"at most {limits.automatic_tasks} service tasks in a row without a caller's command"
        return Refusal(code="LOOP_LIMIT", expected=expected, actual=f'"{element.id}" is one more')
    return None


def _no_handler(element: Element, task: TaskDefinition) -> Refusal:
    return Refusal(
        code="NO_HANDLER",
        expected=f'code for the type of task "{element.id}"',
        actual=f'there is none for "{task.type}"',
        path=(element.id,),
    )


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """Begins a new entry of the task; what it waits for is opened when its start side has been done."""
    task = element.task or _NONE
    entered = _entered(run, token, element, task)
    if isinstance(entered, Refusal):
        return entered
    if not task.has_handler:
        lacking = _no_handler(element, task)
        run.open_incident(entered, lacking.code, lacking.message, TokenState.OPEN)
        return None
    if task.type in _LATER or edges_of(run.definition, element, token.loop_index):
        run.put(entered.changed(state=TokenState.OPEN))
        return None
    return _open_own(run, entered, element)


def _entered(run: Run, token: Token, element: Element, task: TaskDefinition) -> Token | Refusal:
    """The token in its new entry, where the start side is to be done first."""
    number = run.entries_of(element) + 1
    if refusal := _over_limit(run, element, task, number):
        return refusal
    run.events.append(
        TaskEntered(
            element_id=element.id,
            entry_no=number,
            task_type=task.type,
            from_task=run.task_id(token.last_task),
            action=token.gateway_action,
            by_send_back=token.gateway_action == REJECT,
            loop_index=loop_index(run, token),
        )
    )
    entered = run.enter(token, element)
    run.ask(EnterTask(element_id=element.id, entry_no=number))
    return entered


def begin(run: Run, token: Token, element: Element) -> Refusal | None:
    """Opens what the entry waits for: the events at its boundary, then its own."""
    task = element.task or _NONE
    if task.type == SEND_MESSAGE:
        return _send(run, token, element)
    prepared = prepare(run, token, edges_of(run.definition, element, token.loop_index))
    if isinstance(prepared, Refusal):
        return prepared
    return _open_own(run, token, element, prepared)


def _open_own(run: Run, token: Token, element: Element, before: Sequence[Prepared] = ()) -> Refusal | None:
    """Lets the token rest for what the task itself waits for. `before`: what else it waits for, opened first."""
    task = element.task or _NONE
    row = _OWN.get(task.type, _job)(run, token, element)
    if isinstance(row, Refusal):
        return row
    if token.state is not TokenState.WAIT:
        run.put(token.changed(state=TokenState.WAIT))
    wait(run, token.id, before)
    if row is not None:
        run.wait_for(token.id, element, row)
    return None


def _job(run: Run, token: Token, element: Element) -> WaitEffect | Refusal | None:
    task = element.task or _NONE
    if task.kind is TaskKind.USER:
        return None
    return StartJob(element_id=element.id, entry_no=token.entry or 0, owner=token.id, task_type=task.type)


def _subscription(run: Run, token: Token, element: Element) -> WaitEffect | Refusal | None:
    prepared = prepare(run, token, (element,))
    return prepared if isinstance(prepared, Refusal) else replace(prepared[0].rows[0], owner=token.id)


_OWN: Mapping[str, Callable[[Run, Token, Element], WaitEffect | Refusal | None]] = {
    RECEIVE_MESSAGE: _subscription,
    CALL_APP: call,
}
"""Task type -> the row that stands for what it waits for; every other service type has a job."""

_LATER = frozenset({RECEIVE_MESSAGE, CALL_APP, SEND_MESSAGE})
"""Types whose expressions look at the data as the start side leaves it."""


def _send(run: Run, token: Token, element: Element) -> Refusal | None:
    refusal = sending.send(run, token, element)
    if refusal is None:
        leave_entry(run, token, element, _DONE, None)
    return refusal


def occur(run: Run, owner: int, element: Element) -> Refusal | None:
    """The message of a receive task has come: to its entry, or to the event-based gateway before it."""
    token = run.tokens[owner]
    if run.element_of(token) == element:
        leave_entry(run, token, element, _DONE, None)
        return None
    end_wait(run, token)
    entered = _entered(run, token.changed(entry=None), element, element.task or _NONE)
    if isinstance(entered, Refusal):
        return entered
    leave_entry(run, entered, element, _DONE, None)
    return None


def retry(run: Run, token: Token, element: Element) -> Refusal | None:
    """Goes on where the entry stopped: opens everything, or only its own job or call once more."""
    task = element.task or _NONE
    if token.entry is None:
        return resume(run, token, element)
    if not task.has_handler:
        return _no_handler(element, task)
    incident = run.incidents[token.id]
    run.resolve_incident(token)
    if incident.resume is TokenState.OPEN:
        run.put(token.changed(state=TokenState.OPEN))
        return None
    return _open_own(run, token, element)
