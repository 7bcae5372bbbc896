"""The interpreter's side of a path: sends commands with all their rounds and keeps everything that came of them."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dialog_graph.bpmn import (
    AskGateway,
    Command,
    Continue,
    Definition,
    Effect,
    Event,
    Facts,
    Limits,
    State,
    StepRecord,
    TaskKind,
    advance,
)
from dialog_graph.bpmn.run import Run
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.conformance.bpmn.world import Asked, Asking, Log, Taken, World
from tests.unit.bpmn.rows import Rows

KINDS = dict.fromkeys(("data", "confirmation", "signing", "payment"), TaskKind.USER) | {"robot": TaskKind.SERVICE}
NOW = datetime(2030, 1, 1, tzinfo=UTC)
CAP = 60


class Fault(Exception):
    """An invariant does not hold; raised where it is noticed, told by whoever drives the path."""

    def __init__(self, invariant: str, problem: str) -> None:
        super().__init__(f"{invariant}: {problem}")
        self.invariant = invariant


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one command did. `log`: questions and taken flows in their order; `refusal`: its code, then nothing else."""

    command: Command
    before: State
    after: State
    refusal: str | None = None
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    log: Log = ()
    record: Json = None

    @property
    def asked(self) -> list[Any]:
        """The questions."""
        return [entry.question for entry in self.log if isinstance(entry, Asked)]

    @property
    def taken(self) -> list[str]:
        """The ids of the flows that tokens were sent along."""
        return [flow for entry in self.log if isinstance(entry, Taken) for flow in entry.flows]


@dataclass
class Instance:
    """The interpreter's side: the state, what was told so far, the journal."""

    definition: Definition
    world: World
    by_engine: bool = False
    state: State = field(default_factory=State.empty)
    events: list[Event] = field(default_factory=list[Event])
    effects: list[Effect] = field(default_factory=list[Effect])
    journal: list[Json] = field(default_factory=list[Json])
    now: datetime = NOW
    rows: Rows = field(default_factory=Rows)

    def send(self, command: Command) -> Step:
        """One command; stores and loads the state between any two rounds."""
        asking = Asking(self.world)
        limits = Limits(transitions=CAP)
        facts = Facts(now=self.now, actor="somebody", evaluator=asking, limits=limits, by_engine=self.by_engine)
        with flows_taken(asking.log):
            step = self._rounds(command, facts, asking)
        if step.refusal is None:
            self.state = step.after
            self.events += step.events
            self.effects += step.effects
            self.journal.append(step.record)
            self._keep_rows(step)
        return step

    def _keep_rows(self, step: Step) -> None:
        """What is open as the effects tell is what is open as the state tells (P15)."""
        try:
            self.rows.keep(step.effects)
        except AssertionError as error:
            raise Fault("P15", f"{step.command}: {error}") from error
        open_now = sorted(self.state.waits(self.definition))
        if self.rows.waits != open_now:
            raise Fault("P15", f"{step.command}: rows {self.rows.waits}, but the state waits for {open_now}")

    def _rounds(self, command: Command, facts: Facts, asking: Asking) -> Step:
        record = StepRecord.begin(command, facts)
        state, pending, events, effects = self.state, command, list[Event](), list[Effect]()
        while True:
            step = self._advance(state, pending, facts)
            if isinstance(step, Refusal):
                return Step(command=command, before=self.state, after=self.state, refusal=step.code)
            state = stored(step.state)
            events += step.events
            effects += step.effects
            record = record.add(pending, step.decisions)
            if not step.next:
                break
            last = step.effects[-1] if step.effects else None
            pending = Continue(self.world.code(last.element_id) if isinstance(last, AskGateway) else ())
        return Step(
            command=command,
            before=self.state,
            after=state,
            events=tuple(events),
            effects=tuple(effects),
            log=tuple(asking.log),
            record=json.loads(json.dumps(record.to_json())),
        )

    def _advance(self, state: State, command: Command, facts: Facts) -> Any:
        """`advance`, which may change nothing that it was given, and not raise (P4)."""
        before = json.dumps(state.to_json())
        try:
            step = advance(self.definition, state, command, facts)
        except Exception as error:
            raise Fault("P4", f"{command} raised {error!r}") from error
        if json.dumps(state.to_json()) != before:
            raise Fault("P4", f"{command} changed the state that it was given")
        return step


def stored(state: State) -> State:
    """The state after being written to and read from JSON text (P5)."""
    loaded = State.from_json(json.loads(json.dumps(state.to_json())))
    if loaded != state:
        raise Fault("P5", f"storing has changed the state: {state} is read as {loaded}")
    return state if isinstance(loaded, Refusal) else loaded


@contextmanager
def flows_taken(log: list[Asked | Taken]) -> Generator[None]:
    """Notes the flows that tokens are sent along."""
    original = Run.take

    def take(self: Run, token: Any, flows: Any) -> Any:
        if flows:
            log.append(Taken(token.scope, flows[0].source, tuple(flow.id for flow in flows)))
        return original(self, token, flows)

    Run.take = take
    try:
        yield
    finally:
        Run.take = original
