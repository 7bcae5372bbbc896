"""What workers send: timers, messages, signals, jobs, children, changed data (process engine §6.1).

Each names what it is for; where nothing waits for that any more the command is refused and changes nothing.
"""

from dialog_graph.bpmn.actions import failed_with
from dialog_graph.bpmn.caller_commands import not_active, open_entry
from dialog_graph.bpmn.commands import ChildEnded, JobFailed, JobFinished, MessageReceived, SignalReceived, TimerFired
from dialog_graph.bpmn.elements import behaviour_of
from dialog_graph.bpmn.elements.catching import throw_from_activity
from dialog_graph.bpmn.elements.entries import leave_entry
from dialog_graph.bpmn.elements.waiting import timer_row
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.timers import Round, following
from dialog_graph.bpmn.tokens import Token, TokenState
from dialog_graph.bpmn.waits import WaitKind, kind_of
from dialog_graph.bpmn.working_copy import AUTOMATIC
from dialog_graph.errors import Refusal

_CHILD_FAILED = "CHILD_FAILED"


def timer_fired(run: Run, command: TimerFired) -> Refusal | None:
    """A timer is due: the next round of a cycle is asked for, and the event occurs."""
    element = _awaited(run, command.owner, command.element_id, WaitKind.TIMER)
    if element is None:
        return _nothing_waits(command.element_id, command.owner)
    if command.anchor.tzinfo is None:
        return Refusal(code="INVALID_INPUT", expected="an anchor with a zone", actual="it has none", path=("anchor",))
    if not element.interrupting:
        _go_on(run, command, element)
    run.forget(AUTOMATIC)
    return behaviour_of(element).occur(run, command.owner, element)


def _go_on(run: Run, command: TimerFired, element: Element) -> None:
    """What becomes of a timer that is waited for after it has fired."""
    anchor, k = command.anchor, command.k
    done = Round(due_at=anchor, anchor=anchor, k=k, duration=command.duration, remaining=command.remaining)
    catch_up = element.event is not None and element.event.timer is not None and element.event.timer.catch_up
    following_round = following(done, catch_up, run.facts.now, run.facts.zone)
    if following_round is None:
        run.close_one(command.owner, element)
        run.spend(command.owner, element)
    else:
        run.wait_for(command.owner, element, timer_row(element, following_round, command.owner))


def message_received(run: Run, command: MessageReceived) -> Refusal | None:
    """The message of a subscription has come."""
    element = _awaited(run, command.owner, command.element_id, WaitKind.MESSAGE)
    if element is None or element.message is None or element.message.name != command.name:
        return _nothing_waits(f"{command.name} at {command.element_id}", command.owner)
    run.forget(AUTOMATIC)
    return behaviour_of(element).occur(run, command.owner, element)


def signal_received(run: Run, command: SignalReceived) -> Refusal | None:
    """The signal of a subscription was broadcast."""
    element = _awaited(run, command.owner, command.element_id, WaitKind.SIGNAL)
    if element is None or element.event is None or element.event.signal != command.name:
        return _nothing_waits(f"{command.name} at {command.element_id}", command.owner)
    run.forget(AUTOMATIC)
    return behaviour_of(element).occur(run, command.owner, element)


def _awaited(run: Run, owner: int, element_id: str, kind: WaitKind) -> Element | None:
    element = run.definition.element(element_id)
    if element is None or not run.awaits(owner, element) or kind_of(element) is not kind:
        return None
    return element


def _nothing_waits(what: str, owner: int) -> Refusal:
    return not_active(f'a wait of {owner} for "{what}"', "there is none")


def job_finished(run: Run, command: JobFinished) -> Refusal | None:
    """A service task is through."""
    found = _at_work(run, command.element_id, command.entry_no, WaitKind.JOB)
    if isinstance(found, Refusal):
        return found
    leave_entry(run, *found, failed_with(command.action), command.action)
    return None


def job_failed(run: Run, command: JobFailed) -> Refusal | None:
    """A service task has failed for good: the error that it names, its action, or an incident."""
    found = _at_work(run, command.element_id, command.entry_no, WaitKind.JOB)
    if isinstance(found, Refusal):
        return found
    caught = command.error_code is not None and throw_from_activity(run, found[0], command.error_code)
    if isinstance(caught, Refusal):
        return caught
    if not caught and command.action is not None:
        leave_entry(run, *found, failed_with(command.action), command.action)
    elif not caught:
        _stop(run, *found, command.code, command.message)
    return None


def child_ended(run: Run, command: ChildEnded) -> Refusal | None:
    """The other app's instance has ended, well or by an error."""
    found = _at_work(run, command.element_id, command.entry_no, WaitKind.CALL)
    if isinstance(found, Refusal):
        return found
    token, element = found
    if token.id != command.owner:
        return _nothing_waits(command.element_id, command.owner)
    if command.error_code is None:
        leave_entry(run, token, element, failed_with(None), None)
        return None
    caught = throw_from_activity(run, token, command.error_code)
    if caught is False:
        message = f'Expected something that catches error "{command.error_code}" of the called app, but nothing does.'
        _stop(run, token, element, _CHILD_FAILED, message)
    return caught if isinstance(caught, Refusal) else None


def _at_work(run: Run, element_id: str, entry_no: int, kind: WaitKind) -> tuple[Token, Element] | Refusal:
    """The token of a task that waits for the server."""
    found = open_entry(run, element_id, entry_no)
    if found is not None and run.awaits(found[0].id, found[1]) and kind_of(found[1]) is kind:
        return found[0], found[1]
    return not_active(f'entry {entry_no} of "{element_id}" to wait for its {kind}', "it does not")


def _stop(run: Run, token: Token, element: Element, code: str, message: str) -> None:
    """The task stops; the events at its boundary are still waited for."""
    run.close_one(token.id, element)
    run.open_incident(token, code, message, TokenState.WAIT)
