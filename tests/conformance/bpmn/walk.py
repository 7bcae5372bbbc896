"""One random path through one model, in interpreter and oracle side by side."""

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest.mock import patch

from dialog_graph.bpmn import (
    Activate,
    BoundaryFired,
    BroadcastSignal,
    Cancel,
    ChildEnded,
    Command,
    Complete,
    DataChanged,
    Definition,
    JobFailed,
    JobFinished,
    JoinForced,
    MessageReceived,
    ProcessEnded,
    Resolve,
    Retry,
    SendMessage,
    SignalReceived,
    Start,
    State,
    TaskEntered,
    TaskLeft,
    TimerFired,
    WaitBegan,
    WaitEnded,
    read_process,
)
from dialog_graph.bpmn.reading import state_search
from dialog_graph.bpmn.waits import kind_of
from tests.conformance.bpmn.drawn_commands import awaited_now, drawn_command
from tests.conformance.bpmn.generated import text
from tests.conformance.bpmn.harness import CAP, KINDS, Fault, Instance, Step
from tests.conformance.bpmn.invariants import Watch
from tests.conformance.bpmn.oracle import Model, Oracle
from tests.conformance.bpmn.world import World

REFUSED_AT_LOAD = frozenset({"DG2205", "DG2119"})
"""Findings that a drawn model may have: a circle that never waits."""

WORKERS = (TimerFired, MessageReceived, SignalReceived, JobFinished, JobFailed, ChildEnded, DataChanged)
"""Commands that only workers send."""


def compiled(model: Model) -> Definition | None:
    """The definition of a drawn model; None when it is one of those that are rightly refused."""
    with patch.object(state_search, "MAX_MARKINGS", 300):
        definition, diagnostics = read_process(text(model), KINDS)
    if definition is None:
        codes = {diagnostic.code for diagnostic in diagnostics if diagnostic.is_error}
        if not codes <= REFUSED_AT_LOAD:
            raise Fault("P35", f"a drawn model was refused: {diagnostics}")
    return definition


def perform(oracle: Oracle, command: Command, ages: Mapping[int, int]) -> str | None:
    """The command in the oracle; the code of the refusal, or None. `ages`: by the id that an owner has in the state."""
    match command:
        case Start():
            return oracle.start(command.start_event)
        case Complete():
            return oracle.complete(command.element_id, command.entry_no, command.action)
        case Activate():
            return oracle.activate(command.element_id)
        case Retry():
            return oracle.retry(command.element_id, command.entry_no)
        case Resolve():
            return oracle.resolve(command.element_id, command.entry_no, command.outcome)
        case Cancel():
            return oracle.cancel()
        case _:
            return _work(oracle, command, ages)


def _work(oracle: Oracle, command: Command, ages: Mapping[int, int]) -> str | None:
    match command:
        case TimerFired():
            return oracle.come("timer", ages.get(command.owner, 0), command.element_id)
        case MessageReceived():
            return oracle.come("message", ages.get(command.owner, 0), command.element_id)
        case SignalReceived():
            return oracle.come("signal", ages.get(command.owner, 0), command.element_id)
        case JobFinished():
            return oracle.job_finished(command.element_id, command.entry_no, command.action)
        case JobFailed():
            return oracle.job_failed(command.element_id, command.entry_no, command.error_code, command.action)
        case ChildEnded():
            age = ages.get(command.owner, 0)
            return oracle.child_ended(command.element_id, command.entry_no, age, command.error_code)
        case DataChanged():
            return oracle.data_changed()
        case _:
            raise AssertionError(f"no path contains {command}")


@dataclass
class Walk:
    """A path: `seen` counts by invariant how often it could have been broken.

    `only`: the one invariant that is looked at, without the oracle's judgement.
    """

    random: Random
    definition: Definition
    model: Model
    game: type[Oracle] = Oracle
    seen: Counter[str] = field(default_factory=Counter[str])
    only: str | None = None
    whole: bool = True
    ages: dict[int, int] = field(default_factory=dict[int, int])
    stale: list[Command] = field(default_factory=list[Command])

    def run(self, steps: int = 14) -> None:
        """Goes the path; raises `Fault` where interpreter and oracle part, or an invariant is broken.

        `whole`: the journal is also replayed from the empty state.
        """
        world = World(self.random.randrange(1 << 20), self.model)
        instance = Instance(self.definition, world)
        oracle = self.game(self.model, world.answer, world.code, cap=CAP)
        oracle.seen = self.seen
        watch = Watch(self.definition, self.seen, self.only)
        for number in range(steps):
            command = drawn_command(self.random, oracle, instance, self.stale)
            if command is None:
                break
            world.tick = number
            by_engine = isinstance(command, WORKERS) or self.random.random() < 0.15
            instance.by_engine = oracle.by_engine = by_engine
            self._let_time_pass(instance, command)
            oracle.now = instance.now
            oracle = self._step(command, instance, oracle, watch)
        if self.only is None and self.whole:
            watch.whole(instance.journal, instance.state)

    def _step(self, command: Command, instance: Instance, oracle: Oracle, watch: Watch) -> Oracle:
        before = copied(oracle)
        self.stale += awaited_now(self.random, instance)
        told = perform(oracle, command, self.ages)
        if told is not None:
            oracle = before
        oracle.asked, oracle.taken = (oracle.asked, oracle.taken) if told is None else ([], [])
        step = instance.send(command)
        self.seen["P1"] += 1
        problem = difference(step, told, instance, oracle)
        if problem and self.only is None:
            sender = "engine" if oracle.by_engine else "caller"
            raise Fault("P1", f"{command} ({sender}): {problem}")
        watch.step(step)
        self._name_owners(instance, oracle)
        return oracle

    def _let_time_pass(self, instance: Instance, command: Command) -> None:
        """A timer fires when it is due."""
        for row in instance.rows.timers:
            if isinstance(command, TimerFired) and (row.owner, row.element_id) == (command.owner, command.element_id):
                instance.now = max(instance.now, row.due_at)

    def _name_owners(self, instance: Instance, oracle: Oracle) -> None:
        """Both sides number what waits in the order of making, each in its own way."""
        owners = sorted({owner for owner, _ in instance.state.awaited(instance.definition)})
        self.ages |= dict(zip(owners, (owner["age"] for owner in oracle.owners()), strict=False))


COPIED = (
    *("entries", "status", "end_event", "entered", "left", "clock", "forced", "vars", "by_engine"),
    *("now", "waited", "ceased", "fired", "sent"),
)


def copied(oracle: Oracle) -> Oracle:
    """The oracle as it is now, for the case that the command is refused."""
    same = type(oracle)(oracle.model, oracle.answer, oracle.code, cap=oracle.cap)
    for name in COPIED:
        value = getattr(oracle, name)
        setattr(same, name, value.copy() if isinstance(value, dict | list) else value)
    same.tokens, same.records = deepcopy((oracle.tokens, oracle.records))
    same.seen = oracle.seen
    return same


def difference(step: Step, told: str | None, instance: Instance, oracle: Oracle) -> str | None:
    """The first view in which the two sides differ."""
    if step.refusal is not None or told is not None:
        return None if step.refusal == told else f"refused with {step.refusal}, expected {told}"
    views = [*views_of_state(instance.state, instance.definition, oracle), *views_of_facts(instance, oracle)]
    views += [("asked", step.asked, oracle.asked), ("taken", step.taken, oracle.taken)]
    oracle.asked, oracle.taken = [], []
    return next((f"{name}: {ours}, expected {theirs}" for name, ours, theirs in views if ours != theirs), None)


def views_of_state(state: State, definition: Definition, oracle: Oracle) -> list[tuple[str, Any, Any]]:
    """What is open now."""
    entries = [(e.element_id, e.entry_no, e.incident) for e in state.active_entries(definition)]
    incidents = sorted((i.element_id, i.entry_no, i.code) for i in state.open_incidents(definition))
    offered = sorted(id for id in oracle.model.nodes if oracle.offers(id))
    return [
        ("status", state.status.value, oracle.status),
        ("open entries", entries, oracle.open()),
        ("places", places(state, definition), oracle.places()),
        ("open events", [(e.element_id, e.entry_no) for e in state.open_events(definition)], oracle.open_events()),
        ("waits", waits(state, definition), waits_of(oracle)),
        ("incidents", incidents, sorted(oracle.stuck())),
        ("offered", sorted(state.offered(definition)), offered),
        ("vars", state.vars, oracle.vars),
    ]


def views_of_facts(instance: Instance, oracle: Oracle) -> list[tuple[str, Any, Any]]:
    """What has been told from the beginning."""
    entered = [
        (e.element_id, e.entry_no, e.from_task, e.action, e.by_send_back, e.loop_index)
        for e in instance.events
        if isinstance(e, TaskEntered)
    ]
    left = [(e.element_id, e.entry_no, e.outcome.value) for e in instance.events if isinstance(e, TaskLeft)]
    began = [(e.element_id, e.entry_no, e.type.value) for e in instance.events if isinstance(e, WaitBegan)]
    ceased = [(e.element_id, e.entry_no, e.outcome.value) for e in instance.events if isinstance(e, WaitEnded)]
    fired = [
        (e.element_id, e.host_id, e.host_entry_no, e.interrupting)
        for e in instance.events
        if isinstance(e, BoundaryFired)
    ]
    sent = [
        (e.element_id, e.name, e.key if isinstance(e, SendMessage) else None)
        for e in instance.effects
        if isinstance(e, SendMessage | BroadcastSignal)
    ]
    ended = next((e.end_event for e in instance.events if isinstance(e, ProcessEnded)), None)
    return [
        ("entered", entered, oracle.entered),
        ("left", left, oracle.left),
        ("began to wait", began, oracle.waited),
        ("ended to wait", ceased, oracle.ceased),
        ("fired", fired, oracle.fired),
        ("sent", sent, oracle.sent),
        ("forced", [e.element_id for e in instance.events if isinstance(e, JoinForced)], oracle.forced),
        ("end", ended, oracle.end_event if oracle.status == "ended" else None),
    ]


def waits(state: State, definition: Definition) -> list[tuple[int, str, str]]:
    """(rank of the owner, element, kind), conditions included."""
    found = [(owner, element.id, kind_of(element)) for owner, element in state.awaited(definition)]
    owners = sorted({owner for owner, _, _ in found})
    return sorted((owners.index(owner), id, kind.value if kind else "conditional") for owner, id, kind in found)


def waits_of(oracle: Oracle) -> list[tuple[int, str, str]]:
    """The same of the oracle."""
    ranked = enumerate(oracle.owners())
    return sorted((rank, id, wait["kind"]) for rank, owner in ranked for id, wait in owner["waits"].items())


_RESTING = {"wait": "rest", "inc": "stuck", "sub": "host", "join": "join"}


def places(state: State, definition: Definition) -> list[tuple[str, str]]:
    """Where every token is, those that a parallel join holds included."""
    found = [(definition.element_of(t.index, t.on_flow).id, _RESTING[t.state.value]) for t in state.tokens]
    for (_, gateway), counts in state.joins.items():
        found += [(definition.elements[gateway].id, "join")] * sum(counts.values())
    return sorted(found)
