"""What callers send: start, complete, activate, retry, resolve, cancel (process engine §6.1)."""

from dialog_graph.bpmn.actions import failed_with, leaving
from dialog_graph.bpmn.cancelling import cancel_tokens
from dialog_graph.bpmn.commands import REJECT, SUCCESS, Activate, Cancel, Complete, Resolve, Retry, Start
from dialog_graph.bpmn.elements import behaviour_of
from dialog_graph.bpmn.elements.ad_hoc import activate
from dialog_graph.bpmn.elements.entries import leave_entry
from dialog_graph.bpmn.events import ProcessCancelled, ProcessStarted
from dialog_graph.bpmn.nodes import Element, TaskDefinition, TaskKind
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.state import Status
from dialog_graph.bpmn.tokens import RESTING, Token
from dialog_graph.bpmn.working_copy import AUTOMATIC
from dialog_graph.errors import Blocker, Refusal, Texts

BLOCKERS: dict[str, Texts] = {
    "PROCESSING": {
        "nb": "Steget behandles.",
        "nn": "Steget blir behandla.",
        "en": "The step is being processed.",
    },
    "INCIDENT": {
        "nb": "Steget har stanset og må følges opp.",
        "nn": "Steget har stansa og må følgjast opp.",
        "en": "The step has stopped and is being handled.",
    },
}
"""Why an active entry cannot be completed by a command, in the user's languages."""


def start(run: Run, command: Start) -> Refusal | None:
    """Places the first token; without a name at the only start event that waits for nothing."""
    if run.status is not Status.NEW:
        return not_active("a process that has not started", f"it is {run.status}")
    starts = {element.id: element for element in run.definition.start_events}
    plain = [id for id, element in starts.items() if element.event is None]
    named = command.start_event or (plain[0] if len(plain) == 1 else None)
    if named not in starts:
        return Refusal(
            code="START_EVENT_REQUIRED",
            expected=f"one of the start events {', '.join(starts)}",
            actual=f'"{command.start_event}" was given' if command.start_event else "none was given",
        )
    run.place(run.open_process(), starts[named])
    run.events.append(ProcessStarted(start_event=named))
    return None


def complete(run: Run, command: Complete) -> Refusal | None:
    """Ends a task entry."""
    found = open_entry(run, command.element_id, command.entry_no)
    if found is None:
        return not_active(f'an open entry {command.entry_no} of task "{command.element_id}"', "there is none")
    token, element, task = found
    if refusal := _blocked(run, token, element, task, command.action):
        return refusal
    step = leaving(run.definition, element, task, command.action)
    if isinstance(step, Refusal):
        return step
    _called(run)
    leave_entry(run, token, element, step, command.action)
    return None


def _blocked(run: Run, token: Token, element: Element, task: TaskDefinition, action: str | None) -> Refusal | None:
    incident = run.incidents.get(token.id)
    if incident is not None and action == REJECT and task.declares(REJECT):
        return None
    code = "INCIDENT" if incident else "PROCESSING" if task.kind is TaskKind.SERVICE else None
    if code is None:
        return None
    return Refusal(
        code="TASK_NOT_READY",
        expected=f'task "{element.id}" to wait for a command',
        actual=f"it has stopped with {incident.code}" if incident else "the server is working on it",
        blockers=(Blocker(code=code, message=BLOCKERS[code]),),
    )


def activate_one(run: Run, command: Activate) -> Refusal | None:
    """Starts an activity that is offered."""
    element = run.definition.element(command.element_id)
    if element is None:
        return not_active(f'an activity "{command.element_id}"', "there is none")
    refusal = activate(run, element)
    if refusal is None:
        _called(run)
    return refusal


def retry(run: Run, command: Retry) -> Refusal | None:
    """Repeats the step that an incident stopped."""
    for token in run.tokens.values():
        element = run.element_of(token)
        if (element.id, token.entry or 0) == (command.element_id, command.entry_no) and token.id in run.incidents:
            _called(run)
            return behaviour_of(element).retry(run, token, element)
    return not_active(f'an open incident at "{command.element_id}", entry {command.entry_no}', "there is none")


def resolve(run: Run, command: Resolve) -> Refusal | None:
    """Completes by hand what only the server completes and has stopped; data that are missing are the caller's."""
    found = open_entry(run, command.element_id, command.entry_no)
    if found is None or found[0].id not in run.incidents or not _is_the_servers(found[2]):
        expected = f'an open incident of entry {command.entry_no} of "{command.element_id}", a task of the server'
        return not_active(expected, "there is none")
    token, element, task = found
    outcome = command.outcome
    if outcome not in (SUCCESS, REJECT) and not task.declares(outcome):
        return Refusal(
            code="ACTION_NOT_ALLOWED",
            expected=f'"{SUCCESS}", "{REJECT}" or a declared action of task "{element.id}"',
            actual=f'"{outcome}" was given',
            action=outcome,
        )
    _called(run)
    action = None if outcome == SUCCESS else outcome
    leave_entry(run, token, element, failed_with(action), action)
    return None


def _is_the_servers(task: TaskDefinition) -> bool:
    return task.kind is TaskKind.SERVICE or not task.has_handler


def cancel(run: Run, command: Cancel) -> Refusal | None:
    """Takes everything away."""
    if run.status is not Status.ACTIVE:
        return not_active("a process that runs", f"it is {run.status}")
    root = min(run.scopes)
    cancel_tokens(run, root)
    run.close(root)
    run.events.append(ProcessCancelled(reason=command.reason))
    run.clear()
    return None


def _called(run: Run) -> None:
    """A caller's command ends the row of automatic tasks."""
    if not run.facts.by_engine:
        run.forget(AUTOMATIC)


def open_entry(run: Run, element_id: str, entry_no: int) -> tuple[Token, Element, TaskDefinition] | None:
    """The token of an open task entry, with the task."""
    element = run.definition.element(element_id)
    if element is None or element.task is None:
        return None
    for token in run.tokens.values():
        if (token.index, token.entry, token.on_flow) == (element.index, entry_no, False) and token.state in RESTING:
            return token, element, element.task
    return None


def not_active(expected: str, actual: str) -> Refusal:
    """The refusal of a command that comes too late, too early, or to the wrong place."""
    return Refusal(code="NOT_ACTIVE", expected=expected, actual=actual)
