"""The interpreter: one pure function from definition, state, command and facts to what follows (process engine §2).

No clock, randomness, I/O or exceptions for business outcomes. The run stops at every inline effect, because its hooks
may change the data that the next gateway reads; the caller carries the effects out and calls again with `Continue`
while `Advance.next` is true.
"""

from dataclasses import dataclass, replace

import orjson

from dialog_graph.bpmn.actions import Leaving, leaving
from dialog_graph.bpmn.cancelling import cancel_tokens, withdraw
from dialog_graph.bpmn.commands import REJECT, Activate, Cancel, Command, Complete, Continue, Retry, Start
from dialog_graph.bpmn.decisions import Decision
from dialog_graph.bpmn.definition import Definition, Element, TaskDefinition, TaskKind
from dialog_graph.bpmn.effects import Effect, LeaveTask
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.elements import behaviour_of
from dialog_graph.bpmn.elements.ad_hoc import activate
from dialog_graph.bpmn.elements.catching import throw
from dialog_graph.bpmn.elements.inclusive_gateway import release
from dialog_graph.bpmn.events import Event, ProcessCancelled, ProcessStarted, TaskLeft
from dialog_graph.bpmn.facts import Facts
from dialog_graph.bpmn.fitness import misfit
from dialog_graph.bpmn.run import AUTOMATIC, ROUNDS, TRANSITIONS, Run
from dialog_graph.bpmn.state import RESTING, State, Status, Token, TokenState
from dialog_graph.errors import Blocker, Refusal, Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """What follows from a command. `next`: carry out the effects, then call again with `Continue`.

    Where `next` is false the effects are still to be carried out, and nothing in the process moves any more.
    """

    state: State
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    decisions: tuple[Decision, ...] = ()
    next: bool = False


ERRORS = frozenset({"NO_FLOW", "CONDITION_FAILED"})
"""Failures that the model may catch as errors by these names (process engine §6.4)."""

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


def advance(definition: Definition, state: State, command: Command, facts: Facts) -> Advance | Refusal:
    """Runs one command, or one round of it, as far as it goes without the caller.

    A refused command leaves `state` as it is; the arguments are never changed. A state that does not belong to the
    definition is refused with `INTEGRITY`.
    """
    refusal = misfit(definition, state)
    if refusal is not None:
        return refusal
    if not state.is_quiescent and not isinstance(command, Continue):
        return Refusal(code="CONFLICT", expected="Continue", actual="the step before has not come to rest")
    run = Run(definition, state, facts)
    return _handle(run, command) or _settle(run) or _result(run)


def _handle(run: Run, command: Command) -> Refusal | None:
    match command:
        case Start():
            return _start(run, command)
        case Complete():
            return _complete(run, command)
        case Activate():
            return _activate(run, command)
        case Retry():
            return _retry(run, command)
        case Cancel():
            return _cancel(run, command)
        case Continue():
            return _continue(run, command)
        case _:
            return _not_active("something that waits for this", "nothing does")


def _result(run: Run) -> Advance | Refusal:
    state = run.state()
    limit = run.facts.limits.state_bytes
    if run.may_be_large() and (size := len(orjson.dumps(state.to_json()))) > limit:
        return Refusal(code="LOOP_LIMIT", expected=f"a state of at most {limit} bytes", actual=f"it has {size}")
    return Advance(
        state=state,
        events=tuple(run.events),
        effects=tuple(run.effects),
        decisions=tuple(run.decisions),
        next=not state.is_quiescent,
    )


def _settle(run: Run) -> Refusal | None:
    """Moves tokens, lowest id first, until an inline effect stops the run or all are at rest."""
    release(run)
    while not run.stopped and (token := run.movable()) is not None:
        behaviour = behaviour_of(run.element_of(token))
        verb = behaviour.leave if token.state is TokenState.LEFT else behaviour.enter
        refusal = _too_many_transitions(run) or verb(run, token, run.element_of(token))
        if refusal is not None and (refusal := _failed(run, token, refusal)):
            return refusal
        release(run)
    return None


def _too_many_transitions(run: Run) -> Refusal | None:
    limit = run.facts.limits.transitions
    if run.count(TRANSITIONS) <= limit:
        return None
    return Refusal(code="LOOP_LIMIT", expected=f"at most {limit} steps in one command", actual="there are more")


def _failed(run: Run, token: Token, refusal: Refusal) -> Refusal | None:
    """What becomes of a step that cannot be done: an error that is caught, an incident, or a refused command.

    A worker's command goes through with an incident where a caller's is refused (process engine §6.4).
    """
    if token.id not in run.tokens:
        return refusal
    if refusal.code in ERRORS and throw(run, token, EventType.ERROR, refusal.code, named=True) is True:
        return None
    if not run.facts.by_engine:
        return refusal
    resume = TokenState.LEFT if token.state is TokenState.LEFT else TokenState.GO
    run.open_incident(token, refusal.code, refusal.message, resume)
    return None


# commands


def _start(run: Run, command: Start) -> Refusal | None:
    if run.status is not Status.NEW:
        return _not_active("a process that has not started", f"it is {run.status}")
    starts = {element.id: element for element in run.definition.start_events}
    named = command.start_event or (next(iter(starts)) if len(starts) == 1 else None)
    if named not in starts:
        return Refusal(
            code="START_EVENT_REQUIRED",
            expected=f"one of the start events {', '.join(starts)}",
            actual=f'"{command.start_event}" was given' if command.start_event else "none was given",
        )
    run.place(run.open_process(), starts[named])
    run.events.append(ProcessStarted(start_event=named))
    return None


def _complete(run: Run, command: Complete) -> Refusal | None:
    found = _entry(run, command.element_id, command.entry_no)
    if found is None:
        return _not_active(f'an open entry {command.entry_no} of task "{command.element_id}"', "there is none")
    token, element, task = found
    if refusal := _blocked(run, token, element, task, command.action):
        return refusal
    step = leaving(run.definition, element, task, command.action)
    if isinstance(step, Refusal):
        return step
    _called(run)
    _leave(run, token, element, step, command.action)
    return None


def _leave(run: Run, token: Token, element: Element, step: Leaving, action: str | None) -> None:
    entry_no = token.entry or 0
    run.resolve_incident(token)
    run.events.append(TaskLeft(element_id=element.id, entry_no=entry_no, outcome=step.outcome, action=action))
    run.ask(
        LeaveTask(
            element_id=element.id,
            entry_no=entry_no,
            outcome=step.outcome,
            action=action,
            reentered=step.target == element,
        )
    )
    left = replace(token, entry=None, gateway_action=step.gateway_action, last_task=element.index)
    if step.target is None:
        run.put(replace(left, state=TokenState.LEFT))
    else:
        whole = _out_of_loop(run, left)
        run.put(replace(whole, state=TokenState.GO, index=step.target.index))


def _out_of_loop(run: Run, token: Token) -> Token:
    """The token that is sent back: of an instance of a loop the activity's own, and the whole loop is given up."""
    if token.loop_index is None:
        return token
    host = run.tokens[run.scopes[token.scope].host]
    del run.tokens[token.id]
    withdraw(run, host)
    return replace(host, gateway_action=token.gateway_action, last_task=token.last_task)


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


def _activate(run: Run, command: Activate) -> Refusal | None:
    element = run.definition.element(command.element_id)
    if element is None:
        return _not_active(f'an activity "{command.element_id}"', "there is none")
    refusal = activate(run, element)
    if refusal is None:
        _called(run)
    return refusal


def _retry(run: Run, command: Retry) -> Refusal | None:
    for token in run.tokens.values():
        element = run.element_of(token)
        if (element.id, token.entry or 0) == (command.element_id, command.entry_no) and token.id in run.incidents:
            _called(run)
            return behaviour_of(element).retry(run, token, element)
    return _not_active(f'an open incident at "{command.element_id}", entry {command.entry_no}', "there is none")


def _cancel(run: Run, command: Cancel) -> Refusal | None:
    if run.status is not Status.ACTIVE:
        return _not_active("a process that runs", f"it is {run.status}")
    cancel_tokens(run, min(run.scopes))
    run.events.append(ProcessCancelled(reason=command.reason))
    run.clear()
    return None


def _continue(run: Run, command: Continue) -> Refusal | None:
    asked = run.asked()
    if asked is None and command.flows:
        return Refusal(
            code="INVALID_INPUT", expected="no answer, because no gateway was asked", actual="flows were given"
        )
    if run.scopes and run.count(ROUNDS) > run.facts.limits.rounds:
        limit = run.facts.limits.rounds
        return Refusal(code="LOOP_LIMIT", expected=f"at most {limit} rounds in one command", actual="one more was due")
    if asked is None:
        return None
    element = run.element_of(asked)
    refusal = behaviour_of(element).answer(run, asked, element, command.flows)
    return _failed(run, asked, refusal) if refusal else None


def _called(run: Run) -> None:
    """A caller's command ends the row of automatic tasks."""
    if not run.facts.by_engine:
        run.forget(AUTOMATIC)


def _entry(run: Run, element_id: str, entry_no: int) -> tuple[Token, Element, TaskDefinition] | None:
    element = run.definition.element(element_id)
    if element is None or element.task is None:
        return None
    for token in run.tokens.values():
        if (token.index, token.entry, token.on_flow) == (element.index, entry_no, False) and token.state in RESTING:
            return token, element, element.task
    return None


def _not_active(expected: str, actual: str) -> Refusal:
    return Refusal(code="NOT_ACTIVE", expected=expected, actual=actual)
