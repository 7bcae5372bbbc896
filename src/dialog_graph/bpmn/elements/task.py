"""Tasks of every kind: a user task rests until a command, a service task until its job (process engine §1, §7.1, §9).

The type alone decides how a task behaves, not the kind of its element. A type without code here stops the token with
incident `NO_HANDLER` at the entry.
"""

from dataclasses import replace

from dialog_graph.bpmn.commands import REJECT
from dialog_graph.bpmn.definition import Element, TaskDefinition, TaskKind
from dialog_graph.bpmn.effects import EnterTask, StartJob
from dialog_graph.bpmn.elements.behaviour import resume
from dialog_graph.bpmn.events import TaskEntered
from dialog_graph.bpmn.questions import loop_index
from dialog_graph.bpmn.run import AUTOMATIC, Run
from dialog_graph.bpmn.state import Token, TokenState
from dialog_graph.errors import Refusal

_NONE = TaskDefinition(type="none", kind=TaskKind.USER, has_handler=True)


def _over_limit(run: Run, element: Element, task: TaskDefinition, entry_no: int) -> Refusal | None:
    limits = run.facts.limits
    if entry_no > limits.entries_per_task:
        expected = f'at most {limits.entries_per_task} entries of task "{element.id}"'
        return Refusal(code="LOOP_LIMIT", expected=expected, actual="one more was due")
    if task.kind is TaskKind.SERVICE and run.count(AUTOMATIC) > limits.automatic_tasks:
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
    """Begins a new entry of the task."""
    task = element.task or _NONE
    if refusal := _over_limit(run, element, task, run.entries_of(element) + 1):
        return refusal
    run.events.append(
        TaskEntered(
            element_id=element.id,
            entry_no=run.entries_of(element) + 1,
            task_type=task.type,
            from_task=run.task_id(token.last_task),
            action=token.gateway_action,
            by_send_back=token.gateway_action == REJECT,
            loop_index=loop_index(run, token),
        )
    )
    entered = run.enter(token, element)
    run.ask(EnterTask(element_id=element.id, entry_no=entered.entry or 0))
    if task.has_handler:
        _begin(run, entered, element, task)
    else:
        lacking = _no_handler(element, task)
        run.open_incident(entered, lacking.code, lacking.message, TokenState.WAIT)
    return None


def _begin(run: Run, token: Token, element: Element, task: TaskDefinition) -> None:
    run.put(replace(token, state=TokenState.WAIT))
    if task.kind is TaskKind.SERVICE:
        run.defer(StartJob(element_id=element.id, entry_no=token.entry or 0, owner=token.id, task_type=task.type))


def retry(run: Run, token: Token, element: Element) -> Refusal | None:
    """Begins the entry that lacked code, or repeats the choice of a flow after it."""
    task = element.task or _NONE
    if token.entry is None:
        return resume(run, token, element)
    if not task.has_handler:
        return _no_handler(element, task)
    run.resolve_incident(token)
    _begin(run, token, element, task)
    return None
