"""The interpreter: one pure function from definition, state, command and facts to what follows (process engine §2).

No clock, randomness, I/O or exceptions for business outcomes. The run stops at every inline effect, because its hooks
may change the data that the next gateway reads; the caller carries the effects out and calls again with `Continue`
while `Advance.next` is true.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import orjson

from dialog_graph.bpmn import caller_commands, worker_commands
from dialog_graph.bpmn import commands as c
from dialog_graph.bpmn.copied import Copied
from dialog_graph.bpmn.decisions import Decision
from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.effects import Effect
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.elements import behaviour_of
from dialog_graph.bpmn.elements.behaviour import Behaviour, Verb
from dialog_graph.bpmn.elements.catching import throw
from dialog_graph.bpmn.elements.conditional_events import look
from dialog_graph.bpmn.elements.inclusive_gateway import release
from dialog_graph.bpmn.events import Event
from dialog_graph.bpmn.facts import Facts
from dialog_graph.bpmn.fitness import misfit
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.state import State, Status
from dialog_graph.bpmn.tokens import Token, TokenState
from dialog_graph.bpmn.working_copy import ROUNDS, TRANSITIONS
from dialog_graph.errors import Refusal


@dataclass(frozen=True, kw_only=True)
class Advance(Copied):
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

TIMER_FAILED = "TIMER_FAILED"
"""Failure that is an incident whoever sent the command (process engine §12)."""


def advance(definition: Definition, state: State, command: c.Command, facts: Facts) -> Advance | Refusal:
    """Runs one command, or one round of it, as far as it goes without the caller.

    A refused command leaves `state` as it is; the arguments are never changed. A state that does not belong to the
    definition is refused with `INTEGRITY`.
    """
    refusal = misfit(definition, state)
    if refusal is not None:
        return refusal
    if not isinstance(command, c.Continue) and not state.is_quiescent:
        return Refusal(code="CONFLICT", expected="Continue", actual="the step before has not come to rest")
    run = Run(definition, state, facts)
    return _HANDLERS[type(command)](run, command) or _settle(run) or _result(run)


def _result(run: Run) -> Advance | Refusal:
    """Where something waits for a condition, the effects of the last round may have changed what it sees."""
    follows = not run.is_quiescent or (run.stopped and run.has_conditions)
    state = run.state(at_rest=not follows)
    limit = run.facts.limits.state_bytes
    if run.may_be_large() and (size := len(orjson.dumps(state.to_json()))) > limit:
        return Refusal(code="LOOP_LIMIT", expected=f"a state of at most {limit} bytes", actual=f"it has {size}")
    return Advance.of(
        state=state,
        events=tuple(run.events),
        effects=tuple(run.effects),
        decisions=tuple(run.decisions),
        next=follows,
    )


def _settle(run: Run) -> Refusal | None:
    """Moves tokens, lowest id first, until an inline effect stops the run or all are at rest."""
    release(run)
    while not run.stopped:
        token = run.movable()
        moved = _look(run) if token is None else _move(run, token)
        if isinstance(moved, Refusal):
            return moved
        if not moved:
            return None
        release(run)
    return None


def _look(run: Run) -> bool | Refusal:
    """At rest: whether a condition that is waited for has turned true."""
    return run.has_conditions and look(run, _occur)


def _occur(run: Run, owner: int, element: Element) -> Refusal | None:
    return _too_many_transitions(run) or behaviour_of(element).occur(run, owner, element)


_VERBS: Mapping[TokenState, Callable[[Behaviour], Verb]] = {
    TokenState.GO: attrgetter("enter"),
    TokenState.OPEN: attrgetter("begin"),
    TokenState.LEFT: attrgetter("leave"),
}
"""State of a token in motion -> what its element does with it."""


def _move(run: Run, token: Token) -> bool | Refusal:
    element = run.element_of(token)
    verb = _VERBS[token.state](behaviour_of(element))
    refusal = _too_many_transitions(run) or verb(run, token, element)
    return (refusal is not None and _failed(run, token, refusal)) or True


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
    if not run.facts.by_engine and refusal.code != TIMER_FAILED:
        return refusal
    resume = token.state if token.state in (TokenState.LEFT, TokenState.OPEN) else TokenState.GO
    run.open_incident(token, refusal.code, _told(refusal), resume)
    return None


def _told(refusal: Refusal) -> str:
    if refusal.code != TIMER_FAILED:
        return refusal.message
    return f"The time of a timer is not known. Expected {refusal.expected}, but {refusal.actual}."


def _continue(run: Run, command: c.Continue) -> Refusal | None:
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


def _data_changed(run: Run, command: c.DataChanged) -> Refusal | None:
    """Conditions are looked at whenever the process comes to rest."""
    if run.status is Status.ACTIVE:
        return None
    return caller_commands.not_active("a process that runs", f"it is {run.status}")


_HANDLERS: Mapping[type[c.Command], Callable[[Run, Any], Refusal | None]] = {
    c.Start: caller_commands.start,
    c.Complete: caller_commands.complete,
    c.Activate: caller_commands.activate_one,
    c.Retry: caller_commands.retry,
    c.Resolve: caller_commands.resolve,
    c.Cancel: caller_commands.cancel,
    c.TimerFired: worker_commands.timer_fired,
    c.MessageReceived: worker_commands.message_received,
    c.SignalReceived: worker_commands.signal_received,
    c.JobFinished: worker_commands.job_finished,
    c.JobFailed: worker_commands.job_failed,
    c.ChildEnded: worker_commands.child_ended,
    c.DataChanged: _data_changed,
    c.Continue: _continue,
}
"""Command -> what it does before the tokens move."""
