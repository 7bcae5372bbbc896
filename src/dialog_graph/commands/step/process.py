"""Runs the interpreter until it rests: its events become rows, its inline effects are carried out between the rounds.

The journal row stands before all other events of the command and holds the recorded answers of every round, so that
`bpmn.replay` can repeat the step (process engine §14.3).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dialog_graph import tasks
from dialog_graph.apps import AppEvaluator
from dialog_graph.bpmn import (
    AskGateway,
    BoundaryFired,
    Command,
    Continue,
    Effect,
    EndProcess,
    EnterTask,
    Event,
    Facts,
    IncidentOpened,
    IncidentResolved,
    JoinForced,
    LeaveTask,
    Outcome,
    ProcessCancelled,
    ProcessEnded,
    ProcessStarted,
    State,
    StepRecord,
    TaskEntered,
    TaskKind,
    TaskLeft,
    WaitBegan,
    WaitEnded,
    advance,
)
from dialog_graph.commands.step.effects import carry_out
from dialog_graph.commands.step.work import Work
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.event import CATALOGUE, NewEvent
from dialog_graph.model.ids import derived
from dialog_graph.model.instance import TaskEntry, TaskState


async def run_process(work: Work, command: Command, note: str | None = None) -> None:
    """`advance` and its effects until the process rests or has ended. Raises `Refused` as the interpreter refuses."""
    record = StepRecord.begin(command, _facts(work))
    place = len(work.events)
    state = _state(work)
    pending: Command | None = command
    while pending is not None:
        step = advance(work.version.definition, state, pending, _facts(work))
        if isinstance(step, Refusal):
            raise Refused(step)
        state = step.state
        record = record.add(pending, step.decisions)
        for event in step.events:
            _RECORDERS[type(event)](work, event, note)
        for effect in step.effects:
            _perform(work, effect)
        pending = Continue() if step.next else None
    work.change(process_state=state.to_json(), has_incident=bool(state.incidents))
    history_type, audience = CATALOGUE["process.step"]
    journal = NewEvent(
        type="process.step",
        history_type=history_type,
        audience=audience,
        actor=work.principal.actor,
        data=record.to_json(),
    )
    work.events.insert(place, journal)


def _state(work: Work) -> State:
    if not work.instance.process_state:
        return State.empty()
    state = State.from_json(work.instance.process_state)
    if isinstance(state, Refusal):
        raise Refused(state)
    return state


def _facts(work: Work) -> Facts:
    return Facts(
        now=work.now,
        actor=work.principal.actor.key,
        evaluator=AppEvaluator(version=work.version, instance=work.instance, owner=work.owner),
        environment=work.ports.settings.environment,
    )


def _perform(work: Work, effect: Effect) -> None:
    """Inline effects as the words of the task types; a code gateway has no code in this version, so no answer."""
    if isinstance(effect, LeaveTask | EnterTask | EndProcess):
        element_id = "" if isinstance(effect, EndProcess) else effect.element_id
        definition = work.version.definition.task(element_id)
        task_type = tasks.type_of(definition.type if definition else tasks.NONE.name)
        for word in tasks.expand(effect, task_type):
            carry_out(work, word)
    elif not isinstance(effect, AskGateway):
        raise RuntimeError(f"expected no job, for no handler is known to the process, but {effect} was asked for")


# Events of the interpreter -> rows -----------------------------------------------------------------------------------


def _entry(work: Work, element_id: str, entry_no: int) -> TaskEntry:
    return next(task for task in work.instance.tasks if task.element_id == element_id and task.entry_no == entry_no)


def _started(work: Work, event: ProcessStarted, note: str | None) -> None:
    work.change(started_at=work.now, start_event=event.start_event)
    work.record("app.instance.process.started", data={"startEvent": event.start_event}, element_id=event.start_event)


def _entered(work: Work, event: TaskEntered, note: str | None) -> None:
    element = work.version.definition.element(event.element_id)
    assert element is not None, "the interpreter enters only elements of its definition"
    assert element.task is not None, "the interpreter enters only tasks"
    is_user = element.task.kind is TaskKind.USER
    entry = TaskEntry(
        entry_id=derived(work.now, work.instance.instance_id, f"{event.element_id}#{event.entry_no}"),
        element_id=event.element_id,
        type=event.task_type,
        entry_no=event.entry_no,
        state=TaskState.ACTIVE if is_user else TaskState.WAITING,
        started_at=work.now,
        name=element.name,
        lane=element.lane,
        started_by=work.principal.actor,
        sent_back=event.by_send_back,
    )
    work.put_task(entry)
    place = {"element_id": event.element_id, "entry_id": entry.entry_id}
    origin = work.data(taskId=event.element_id, fromTaskId=event.from_task, action=event.action)
    if event.by_send_back:
        work.record("app.instance.process.sentBack", suffix=event.element_id, data=dict(origin), **place)
    details = dict(origin) | {"taskType": event.task_type, "entry": event.entry_no}
    work.record("app.instance.process.movedTo", suffix=event.element_id, data=details, **place)


_ENDED_AS = {
    Outcome.COMPLETED: (TaskState.COMPLETED, "app.instance.process.taskEnded"),
    Outcome.ABANDONED: (TaskState.ABANDONED, "app.instance.process.taskAbandoned"),
    Outcome.CANCELLED: (TaskState.ABANDONED, None),
}


def _left(work: Work, event: TaskLeft, note: str | None) -> None:
    state, type = _ENDED_AS[event.outcome]
    entry = replace(
        _entry(work, event.element_id, event.entry_no),
        state=state,
        ended_at=work.now,
        ended_by=work.principal.actor,
        action=event.action,
        note=note,
    )
    work.put_task(entry)
    if type is not None:
        details = dict(work.data(action=event.action))
        work.record(type, suffix=event.element_id, data=details, element_id=event.element_id, entry_id=entry.entry_id)


def _ended(work: Work, event: ProcessEnded, note: str | None) -> None:
    work.change(ended_at=work.now, end_event=event.end_event)
    work.record(
        "app.instance.process.completed", data=dict(work.data(endEvent=event.end_event)), element_id=event.end_event
    )
    work.record("app.instance.submitted")


def _cancelled(work: Work, event: ProcessCancelled, note: str | None) -> None:
    work.change(ended_at=work.now)
    work.record("app.instance.process.cancelled", data={"reasonGiven": bool(event.reason)})


def _incident(work: Work, event: IncidentOpened | IncidentResolved, note: str | None) -> None:
    is_open = isinstance(event, IncidentOpened)
    if event.entry_no:
        entry = _entry(work, event.element_id, event.entry_no)
        if entry.is_open:
            work.put_task(replace(entry, state=TaskState.FAILED if is_open else TaskState.WAITING))
    details = {"state": "opened" if is_open else "resolved", "code": event.code, "elementId": event.element_id}
    work.record("app.instance.process.incident", data=details, element_id=event.element_id)


def _forced(work: Work, event: JoinForced, note: str | None) -> None:
    work.record("process.join.forced", data={"elementId": event.element_id}, element_id=event.element_id)


def _no_row(work: Work, event: WaitBegan | WaitEnded | BoundaryFired, note: str | None) -> None:
    """No model with such events loads in this version."""


_RECORDERS: Mapping[type[Event], Callable[[Work, Any, str | None], None]] = {
    ProcessStarted: _started,
    TaskEntered: _entered,
    TaskLeft: _left,
    ProcessEnded: _ended,
    ProcessCancelled: _cancelled,
    IncidentOpened: _incident,
    IncidentResolved: _incident,
    JoinForced: _forced,
    WaitBegan: _no_row,
    WaitEnded: _no_row,
    BoundaryFired: _no_row,
}
"""Past-tense event of the interpreter -> the function that makes rows of it."""
