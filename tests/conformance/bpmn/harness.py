"""Drives the interpreter and the oracle side by side along one random path, and tells where they part."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from unittest.mock import patch
from zlib import crc32

from dialog_graph.bpmn import (
    Activate,
    AskGateway,
    Cancel,
    Command,
    Complete,
    Continue,
    Definition,
    Effect,
    EvaluationFailed,
    Event,
    Facts,
    JoinForced,
    Limits,
    ProcessEnded,
    Replayed,
    Retry,
    Start,
    State,
    StepRecord,
    TaskEntered,
    TaskKind,
    TaskLeft,
    Vars,
    advance,
    read_process,
    replay,
)
from dialog_graph.bpmn.run import Run
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.conformance.bpmn.generated import text
from tests.conformance.bpmn.oracle import Model, Oracle

KINDS = dict.fromkeys(("data", "confirmation", "signing", "payment"), TaskKind.USER) | {"robot": TaskKind.SERVICE}
NOW = datetime(2030, 1, 1, tzinfo=UTC)
CAP = 60
_VALUES: tuple[Any, ...] = (True, True, True, True, False, False, False, None, "true", 1, "!")
PARTS: dict[str, tuple[Any, ...]] = {
    "collection": (["a", "b"], ["a", {"b": 1}, None], [], ["a"], "a", None, "!"),
    "cardinality": (0, 1, 2, 3, 2, 3, -1, "2", True, "!"),
    "outputElement": (None, 1, "x", {"y": []}, "!"),
}
_BLANDER: tuple[Any, ...] = (True, False, False, True, False, None)


@dataclass
class World:
    """The data of the instance: answers that depend on everything a condition may see and on the time."""

    seed: int
    model: Model
    disjoint: bool = False
    tick: int = 0

    def answer(self, of: str, action: str | None, last: str | None, at: str, argv: tuple[Any, ...]) -> Any:
        """Of a flow its condition, of a key with a colon the value of an expression."""
        part = of.partition(":")[2]
        if part in PARTS:
            return PARTS[part][self.draw(of, action, last, argv) % len(PARTS[part])]
        return self.condition(of, action, last, at, argv)

    def condition(self, flow: str, action: str | None, last: str | None, gateway: str, argv: tuple[Any, ...]) -> Any:
        if self.disjoint and self.model.nodes[gateway]["tag"] == "exclusiveGateway":
            flows = [each["id"] for each in self.model.out(gateway)]
            return flow == flows[self.draw(gateway, action, last) % len(flows)]
        values = _VALUES if self.seed % 3 == 0 else _BLANDER
        return values[self.draw(flow, action, last, gateway, argv) % len(values)]

    def code(self, gateway: str) -> tuple[str, ...]:
        flows = [each["id"] for each in self.model.out(gateway)]
        answers = [(flow,) for flow in flows] * 3 + [(), tuple(flows), ("elsewhere",)]
        return answers[self.draw(gateway) % len(answers)]

    def draw(self, *parts: object) -> int:
        return crc32(repr((self.seed, self.tick, *parts)).encode()) >> 3


@dataclass
class Asking:
    """The world as an `Evaluator`; keeps the questions."""

    world: World
    asked: list[Any] = field(default_factory=list[Any])

    def condition(self, flow_id: str, vars: Vars) -> "Json | EvaluationFailed":
        question = (flow_id, vars.gateway_action, vars.last_task, vars.gateway, vars.argv)
        self.asked.append(question)
        value = self.world.answer(*question)
        return EvaluationFailed("drawn") if value == "!" else value

    def value(self, key: str, vars: Vars) -> "Json | EvaluationFailed":
        return self.condition(key, vars)


@dataclass
class Instance:
    """The interpreter's side: state, everything told so far, the journal."""

    definition: Definition
    world: World
    by_engine: bool = False
    state: State = field(default_factory=State.empty)
    events: list[Event] = field(default_factory=list[Event])
    effects: list[Effect] = field(default_factory=list[Effect])
    journal: list[Json] = field(default_factory=list[Json])
    asked: list[Any] = field(default_factory=list[Any])
    taken: list[str] = field(default_factory=list[str])

    def send(self, command: Command) -> str | None:
        """The code of the refusal, or None; stores and loads the state between any two rounds (P5)."""
        asking = Asking(self.world)
        facts = Facts(
            now=NOW, actor="somebody", evaluator=asking, limits=Limits(transitions=CAP), by_engine=self.by_engine
        )
        record = StepRecord.begin(command, facts)
        state, pending, events, effects = self.state, command, list[Event](), list[Effect]()
        before = json.dumps(self.state.to_json())
        with _flows_taken(self.definition) as taken:
            while True:
                step = advance(self.definition, state, pending, facts)
                assert json.dumps(self.state.to_json()) == before, "the state that was given has changed"
                if isinstance(step, Refusal):
                    return step.code
                state = stored(step.state)
                events += step.events
                effects += step.effects
                record = record.add(pending, step.decisions)
                if not step.next:
                    break
                last = effects[-1]
                pending = Continue(self.world.code(last.element_id) if isinstance(last, AskGateway) else ())
        self.state, self.asked, self.taken = state, asking.asked, taken
        self.events += events
        self.effects += effects
        self.journal.append(json.loads(json.dumps(record.to_json())))
        return None


def stored(state: State) -> State:
    """The state after being written to and read from JSON text."""
    loaded = State.from_json(json.loads(json.dumps(state.to_json())))
    assert isinstance(loaded, State), loaded
    assert loaded == state, "storing has changed the state"
    return loaded


@contextmanager
def _flows_taken(definition: Definition) -> Generator[list[str]]:
    """The flows that tokens are sent along, in order."""
    taken: list[str] = []
    original = Run.take

    def take(run: Run, token: Any, flows: Any) -> Any:
        taken.extend(flow.id for flow in flows)
        return original(run, token, flows)

    with patch.object(Run, "take", take):
        yield taken


def path(random: Random, oracle: Oracle) -> Command:
    """A command that mostly fits, sometimes not."""
    if oracle.status == "new" and random.random() < 0.95:
        starts = [id for id in oracle.model.inside(None) if oracle.model.nodes[id]["tag"] == "startEvent"]
        return Start(random.choice([*starts * 5, None, "nowhere"]))
    stuck, chance = oracle.stuck(), random.random()
    if chance < 0.03:
        return random.choice(
            [
                Start(),
                Cancel("drawn"),
                Complete("nowhere", 1),
                Retry("nowhere", 0),
                Activate(random.choice(list(oracle.model.nodes))),
            ]
        )
    if stuck and chance < 0.3:
        at, entry, _ = random.choice(stuck)
        return Retry(at, entry)
    offered = [id for id in oracle.model.nodes if oracle.offers(id)]
    if offered and random.random() < 0.5:
        return Activate(random.choice(offered))
    opened = oracle.open()
    if not opened:
        return Complete(random.choice(list(oracle.model.nodes)), 1)
    task, entry, _ = random.choice(opened)
    node = oracle.model.nodes[task]
    actions = [None, None, *node["actions"], *(f"sendBack:{target}" for target in node["back"]), "abandon"]
    odd = ["reject", "write", "sendBack:nowhere", "dance", node["type"]]
    return Complete(task, entry + (random.random() < 0.03), random.choice(actions if random.random() < 0.85 else odd))


def perform(oracle: Oracle, command: Command) -> str | None:
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
            raise AssertionError("no path contains it")


def parting(random: Random, model: Model, game: type[Oracle] = Oracle, steps: int = 14) -> str | None:
    """Where interpreter and oracle differ on one model and one path; None when they agree to the end.

    `game`: the oracle, or a broken twin of it.
    """
    definition, diagnostics = read_process(text(model), KINDS)
    if definition is None:
        codes = {diagnostic.code for diagnostic in diagnostics if diagnostic.is_error}
        assert codes <= {"DG2205", "DG2119"}, diagnostics
        return None
    world = World(random.randrange(1 << 20), model)
    instance = Instance(definition, world)
    oracle = game(model, world.answer, world.code, cap=CAP)
    for number in range(steps):
        if oracle.status in ("ended", "cancelled") and random.random() < 0.7:
            break
        world.tick = number
        instance.by_engine = oracle.by_engine = random.random() < 0.15
        command = path(random, oracle)
        before = _copy(oracle)
        told = perform(oracle, command)
        if told is not None:
            oracle = before
        oracle.asked, oracle.taken = (oracle.asked, oracle.taken) if told is None else ([], [])
        code = instance.send(command)
        difference = _difference(code, told, instance, oracle)
        if difference:
            return f"{command} ({'engine' if oracle.by_engine else 'caller'}): {difference}"
        again = replay(definition, instance.journal)
        if again != Replayed(state=instance.state, events=tuple(instance.events), effects=tuple(instance.effects)):
            return f"replay after {command}: {again}"
    return None


def _copy(oracle: Oracle) -> Oracle:
    copied = type(oracle)(oracle.model, oracle.answer, oracle.code, cap=oracle.cap)
    for name in ("entries", "status", "end_event", "entered", "left", "clock", "forced", "vars", "by_engine"):
        value = getattr(oracle, name)
        setattr(copied, name, value.copy() if isinstance(value, dict | list) else value)
    copied.tokens, copied.records = deepcopy((oracle.tokens, oracle.records))
    return copied


def _difference(code: str | None, told: str | None, instance: Instance, oracle: Oracle) -> str | None:
    if code is not None or told is not None:
        return None if code == told else f"refused with {code}, expected {told}"
    state, definition = instance.state, instance.definition
    entered = [
        (e.element_id, e.entry_no, e.from_task, e.action, e.by_send_back, e.loop_index)
        for e in instance.events
        if isinstance(e, TaskEntered)
    ]
    left = [(e.element_id, e.entry_no, e.outcome.value) for e in instance.events if isinstance(e, TaskLeft)]
    ended = next((e.end_event for e in instance.events if isinstance(e, ProcessEnded)), None)
    incidents = sorted((i.element_id, i.entry_no, i.code) for i in state.open_incidents(definition))
    views = {
        "offered": (sorted(state.offered(definition)), sorted(id for id in oracle.model.nodes if oracle.offers(id))),
        "vars": (state.vars, oracle.vars),
        "status": (state.status.value, oracle.status),
        "open entries": (
            [(e.element_id, e.entry_no, e.incident) for e in state.active_entries(definition)],
            oracle.open(),
        ),
        "incidents": (incidents, sorted(oracle.stuck())),
        "entered": (entered, oracle.entered),
        "left": (left, oracle.left),
        "forced": ([e.element_id for e in instance.events if isinstance(e, JoinForced)], oracle.forced),
        "end": (ended, oracle.end_event if oracle.status == "ended" else None),
        "asked": (instance.asked, oracle.asked),
        "taken": (instance.taken, oracle.taken),
    }
    oracle.asked, oracle.taken = [], []
    return next(
        (f"{name}: {ours}, expected {theirs}" for name, (ours, theirs) in views.items() if ours != theirs), None
    )
