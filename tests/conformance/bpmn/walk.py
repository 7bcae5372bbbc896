"""One random path through one model, in interpreter and oracle side by side."""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest.mock import patch

from dialog_graph.bpmn import (
    Activate,
    Cancel,
    Command,
    Complete,
    Definition,
    JoinForced,
    ProcessEnded,
    Retry,
    Start,
    State,
    TaskEntered,
    TaskLeft,
    read_process,
)
from dialog_graph.bpmn.reading import state_search
from tests.conformance.bpmn.generated import text
from tests.conformance.bpmn.harness import CAP, KINDS, Fault, Instance, Step
from tests.conformance.bpmn.invariants import Watch
from tests.conformance.bpmn.oracle import Model, Oracle
from tests.conformance.bpmn.world import World

REFUSED_AT_LOAD = frozenset({"DG2205", "DG2119"})
"""Findings that a drawn model may have: a circle that never waits."""

ODD = 0.08
"""Share of commands that are drawn without a look at what fits."""


def compiled(model: Model) -> Definition | None:
    """The definition of a drawn model; None when it is one of those that are rightly refused."""
    with patch.object(state_search, "MAX_MARKINGS", 300):
        definition, diagnostics = read_process(text(model), KINDS)
    if definition is None:
        codes = {diagnostic.code for diagnostic in diagnostics if diagnostic.is_error}
        if not codes <= REFUSED_AT_LOAD:
            raise Fault("P35", f"a drawn model was refused: {diagnostics}")
    return definition


def drawn_command(random: Random, oracle: Oracle) -> Command | None:
    """A command that mostly fits, sometimes not; None where the path may as well end."""
    if random.random() < ODD:
        return _odd(random, oracle)
    if oracle.status == "new":
        starts = [id for id in oracle.model.inside(None) if oracle.model.nodes[id]["tag"] == "startEvent"]
        return Start(random.choice(starts))
    fitting = [*_completions(random, oracle), *_others(oracle)]
    return random.choice(fitting) if fitting else None


def _others(oracle: Oracle) -> list[Command]:
    """Activities that are offered, incidents at gateways and after tasks."""
    offered = [Activate(id) for id in oracle.model.nodes if oracle.offers(id)]
    return [*offered, *(Retry(at, entry) for at, entry, code in oracle.stuck() if code != "NO_HANDLER")]


def _completions(random: Random, oracle: Oracle) -> list[Command]:
    usual = [(at, entry) for at, entry, code in oracle.open() if not oracle.model.nodes[at]["service"] and not code]
    rejected = [
        (at, entry) for at, entry, code in oracle.open() if code and "reject" in oracle.model.nodes[at]["actions"]
    ]
    commands: list[Command] = [Complete(at, entry, "reject") for at, entry in rejected]
    return commands + [_completion(random, oracle, at, entry) for at, entry in usual]


def _odd(random: Random, oracle: Oracle) -> Command:
    """Anything, whether it fits or not."""
    ids = [*oracle.model.nodes, "nowhere"]
    at, number = random.choice(ids), random.choice([0, 1, 1, 2])
    if random.random() < 0.3 and oracle.open():
        at, number, _ = random.choice(oracle.open())
    action = random.choice([None, "reject", "write", "sendBack:nowhere", "dance", "abandon"])
    odd = [Start(), Start(at), Activate(at), Retry(at, number), Complete(at, number), Complete(at, number, action)]
    return random.choice([*odd, *odd, Cancel("drawn")])


def _completion(random: Random, oracle: Oracle, task: str, entry: int) -> Command:
    node = oracle.model.nodes[task]
    declared = [*node["actions"], *(f"sendBack:{target}" for target in node["back"])]
    return Complete(task, entry, random.choice([None, None, *declared, "abandon" if random.random() < 0.3 else None]))


def perform(oracle: Oracle, command: Command) -> str | None:
    """The command in the oracle; the code of the refusal, or None."""
    match command:
        case Start():
            return oracle.start(command.start_event)
        case Complete():
            return oracle.complete(command.element_id, command.entry_no, command.action)
        case Activate():
            return oracle.activate(command.element_id)
        case Retry():
            return oracle.retry(command.element_id, command.entry_no)
        case Cancel():
            return oracle.cancel()
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
            command = drawn_command(self.random, oracle)
            if command is None:
                break
            world.tick = number
            instance.by_engine = oracle.by_engine = self.random.random() < 0.15
            oracle = self._step(command, instance, oracle, watch)
        if self.only is None and self.whole:
            watch.whole(instance.journal, instance.state)

    def _step(self, command: Command, instance: Instance, oracle: Oracle, watch: Watch) -> Oracle:
        before = copied(oracle)
        told = perform(oracle, command)
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
        return oracle


def copied(oracle: Oracle) -> Oracle:
    """The oracle as it is now, for the case that the command is refused."""
    same = type(oracle)(oracle.model, oracle.answer, oracle.code, cap=oracle.cap)
    for name in ("entries", "status", "end_event", "entered", "left", "clock", "forced", "vars", "by_engine"):
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
    ended = next((e.end_event for e in instance.events if isinstance(e, ProcessEnded)), None)
    return [
        ("entered", entered, oracle.entered),
        ("left", left, oracle.left),
        ("forced", [e.element_id for e in instance.events if isinstance(e, JoinForced)], oracle.forced),
        ("end", ended, oracle.end_event if oracle.status == "ended" else None),
    ]


_RESTING = {"wait": "rest", "inc": "stuck", "sub": "host", "join": "join"}


def places(state: State, definition: Definition) -> list[tuple[str, str]]:
    """Where every token is, those that a parallel join holds included."""
    found = [(definition.element_of(t.index, t.on_flow).id, _RESTING[t.state.value]) for t in state.tokens]
    for (_, gateway), counts in state.joins.items():
        found += [(definition.elements[gateway].id, "join")] * sum(counts.values())
    return sorted(found)
