"""Runs the interpreter until it rests: its events become rows, its inline effects are carried out between the rounds.

The journal row is the first of the command's events, also of those that tell what set the process going, and holds the
recorded answers of every round, so that `bpmn.replay` can repeat the step (process engine §14.3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from dialog_graph import tasks
from dialog_graph.apps import AppEvaluator
from dialog_graph.bpmn import (
    Advance,
    AskGateway,
    BoundaryFired,
    CloseWaits,
    Command,
    Continue,
    DataChanged,
    Definition,
    Effect,
    EndProcess,
    EnterTask,
    Event,
    Facts,
    IncidentOpened,
    IncidentResolved,
    JoinForced,
    LeaveTask,
    Limits,
    Migrate,
    MigrationFinding,
    MoveWait,
    Outcome,
    ProcessCancelled,
    ProcessEnded,
    ProcessStarted,
    StepRecord,
    TaskEntered,
    TaskKind,
    TaskLeft,
    WaitBegan,
    WaitEnded,
    advance,
    migrate,
)
from dialog_graph.commands.step import calls
from dialog_graph.commands.step.deferred import defer
from dialog_graph.commands.step.effects import carry_out
from dialog_graph.commands.step.work import Work
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.event import CATALOGUE, NewEvent
from dialog_graph.model.ids import derived
from dialog_graph.model.instance import TaskEntry, TaskState

Findings: TypeAlias = tuple[MigrationFinding, ...]


@dataclass(frozen=True, slots=True)
class Migration:
    """The first round of a migration that nothing stands against, and the journal's record of it."""

    first: Advance
    record: StepRecord


DATA_EVENTS = frozenset({"app.instance.data.created", "app.instance.data.updated", "app.instance.data.deleted"})
"""What tells of data that a condition may look at."""


JOURNAL = "process.step"
"""Type of the journal's events."""


async def run_process(work: Work, command: Command, note: str | None = None) -> None:
    """`advance` and its effects until the process rests or has ended. Raises `Refused` as the interpreter refuses."""
    by_engine = work.by_engine or isinstance(command, DataChanged)
    facts, before = _facts(work, by_engine), work.state
    first = advance(work.version.definition, before, command, facts)
    await _carry_on(work, StepRecord.begin(command, facts), first, note)
    await calls.settle(work, before)


def begin_migration(work: Work, old: Definition, command: Migrate) -> Migration | Findings:
    """The first round of a migration from `old` to the version that the work has now; or every reason against."""
    facts = _facts(work, work.by_engine)
    first = migrate(old, work.version.definition, work.state, command, facts)
    return Migration(first, StepRecord.begin(command, facts)) if isinstance(first, Advance) else first


async def finish_migration(work: Work, migration: Migration) -> None:
    """What follows from the first round; the waits that it moves or drops have been carried over before."""
    first = migration.first
    effects = tuple(effect for effect in first.effects if not isinstance(effect, CloseWaits | MoveWait))
    await _carry_on(work, migration.record, replace(first, effects=effects), None)
    await calls.settle(work, first.state)


async def _carry_on(work: Work, record: StepRecord, step: Advance | Refusal, note: str | None) -> None:
    """Does what each round asks for and lets the next one follow; then writes the journal, before all other events."""
    # A second run of one command stands behind the first.
    place = len(work.events) if any(event.type == JOURNAL for event in work.events) else 0
    while True:
        if isinstance(step, Refusal):
            raise Refused(step)
        work.state = step.state
        record = record.add(record.command, step.decisions)
        for event in step.events:
            _RECORDERS[type(event)](work, event, note)
        for effect in step.effects:
            _perform(work, effect)
        if not step.next:
            break
        step = advance(work.version.definition, step.state, Continue(), _facts(work, record.by_engine))
    work.change(process_state=step.state.to_json(), has_incident=bool(step.state.incidents))
    _write_journal(work, place, record)


def _write_journal(work: Work, place: int, record: StepRecord) -> None:
    history_type, audience = CATALOGUE[JOURNAL]
    journal = NewEvent(
        type=JOURNAL, history_type=history_type, audience=audience, actor=work.actor, data=record.to_json()
    )
    work.events.insert(place, journal)


async def tell_of_data(work: Work) -> None:
    """Lets conditional events look at data that this command has changed beside the process (process engine §4.12).

    What they set off is the process's own doing: where it stops, there is an incident, and the data is written.
    """
    told = {event.type for event in work.events}
    if told & DATA_EVENTS and JOURNAL not in told and work.state.has_conditions(work.version.definition):
        await run_process(work, DataChanged())


def _facts(work: Work, by_engine: bool) -> Facts:
    return Facts(
        now=work.now,
        actor=work.actor.key,
        evaluator=AppEvaluator(version=work.version, instance=work.instance, owner=work.owner),
        limits=_limits(work),
        environment=work.ports.settings.environment,
        by_engine=by_engine,
        zone=ZoneInfo(work.version.settings.time_zone),
    )


def _limits(work: Work) -> Limits:
    """The usual caps; an app may only want less (process engine §15)."""
    usual = Limits()
    wanted = work.version.settings.max_transitions
    return usual if wanted >= usual.transitions else replace(usual, transitions=wanted)


def _perform(work: Work, effect: Effect) -> None:
    """Inline effects as the words of the task types; a code gateway has no code in this version, so no answer."""
    if isinstance(effect, LeaveTask | EnterTask | EndProcess):
        element_id = "" if isinstance(effect, EndProcess) else effect.element_id
        definition = work.version.definition.task(element_id)
        task_type = tasks.type_of(definition.type if definition else tasks.NONE.name)
        for word in tasks.expand(effect, task_type):
            carry_out(work, word)
    elif not isinstance(effect, AskGateway):
        defer(work, effect)


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
        started_by=work.actor,
        sent_back=event.by_send_back,
        scope_id=_scope_of(work, element.index, event.entry_no),
        loop_index=event.loop_index,
    )
    work.put_task(entry)
    place = {"element_id": event.element_id, "entry_id": entry.entry_id}
    origin = work.data(taskId=event.element_id, fromTaskId=event.from_task, action=event.action)
    if event.by_send_back:
        work.record("app.instance.process.sentBack", suffix=event.element_id, data=dict(origin), **place)
    details = dict(origin) | {"taskType": event.task_type, "entry": event.entry_no}
    work.record("app.instance.process.movedTo", suffix=event.element_id, data=details, **place)


def _scope_of(work: Work, index: int, entry_no: int) -> int:
    """The scope whose token stands in this entry."""
    found = (token.scope for token in work.state.tokens if (token.index, token.entry) == (index, entry_no))
    return next(found, 0)


def _wait_began(work: Work, event: WaitBegan, note: str | None) -> None:
    """Waits are entries like tasks for those who look at the process, without events of their own."""
    element = work.version.definition.element(event.element_id)
    assert element is not None, "the interpreter waits only at elements of its definition"
    entry = TaskEntry(
        entry_id=derived(work.now, work.instance.instance_id, f"{event.element_id}#{event.entry_no}"),
        element_id=event.element_id,
        type=event.type.value,
        entry_no=event.entry_no,
        state=TaskState.WAITING,
        started_at=work.now,
        name=element.name,
        lane=element.lane,
        started_by=work.actor,
        scope_id=_scope_of(work, element.index, event.entry_no),
    )
    work.put_task(entry)


def _wait_ended(work: Work, event: WaitEnded, note: str | None) -> None:
    state, _ = _ENDED_AS[event.outcome]
    entry = _entry(work, event.element_id, event.entry_no)
    work.put_task(replace(entry, state=state, ended_at=work.now, ended_by=work.actor))


def _boundary_fired(work: Work, event: BoundaryFired, note: str | None) -> None:
    """What set it off has its own event, and so has whatever it interrupts."""


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
        ended_by=work.actor,
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
    work.waiting.end_process()


def _cancelled(work: Work, event: ProcessCancelled, note: str | None) -> None:
    work.change(ended_at=work.now)
    work.record("app.instance.process.cancelled", data={"reasonGiven": bool(event.reason)})
    work.waiting.end_process()


def _incident(work: Work, event: IncidentOpened | IncidentResolved, note: str | None) -> None:
    is_open = isinstance(event, IncidentOpened)
    if event.entry_no:
        entry = _entry(work, event.element_id, event.entry_no)
        if entry.is_open:
            work.put_task(replace(entry, state=TaskState.FAILED if is_open else TaskState.WAITING))
    if isinstance(event, IncidentOpened):
        work.waiting.note_incident(event)
    details = {"state": "opened" if is_open else "resolved", "code": event.code, "elementId": event.element_id}
    work.record("app.instance.process.incident", data=details, element_id=event.element_id)


def _forced(work: Work, event: JoinForced, note: str | None) -> None:
    work.record("process.join.forced", data={"elementId": event.element_id}, element_id=event.element_id)


_RECORDERS: Mapping[type[Event], Callable[[Work, Any, str | None], None]] = {
    ProcessStarted: _started,
    TaskEntered: _entered,
    TaskLeft: _left,
    ProcessEnded: _ended,
    ProcessCancelled: _cancelled,
    IncidentOpened: _incident,
    IncidentResolved: _incident,
    JoinForced: _forced,
    WaitBegan: _wait_began,
    WaitEnded: _wait_ended,
    BoundaryFired: _boundary_fired,
}
"""Past-tense event of the interpreter -> the function that makes rows of it."""
