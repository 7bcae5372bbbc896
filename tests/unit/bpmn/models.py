"""Small BPMN texts for tests, and a driver that plays the caller of the interpreter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, TypeAlias

import orjson

from dialog_graph.bpmn import (
    AskGateway,
    Command,
    Complete,
    Continue,
    Definition,
    Effect,
    EvaluationFailed,
    Event,
    Facts,
    Limits,
    MessageReceived,
    OpenTimer,
    SignalReceived,
    Start,
    State,
    Status,
    StepRecord,
    TaskKind,
    TimerFired,
    Vars,
    advance,
    read_process,
)
from dialog_graph.bpmn.facts import OSLO
from dialog_graph.errors import Refusal
from dialog_graph.model.diagnostic import Diagnostic, Diags
from dialog_graph.model.json_value import Json
from tests.unit.bpmn.rows import Rows

KINDS: Mapping[str, TaskKind] = {
    "data": TaskKind.USER,
    "confirmation": TaskKind.USER,
    "signing": TaskKind.USER,
    "feedback": TaskKind.USER,
    "pdf": TaskKind.SERVICE,
}
NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:altinn="http://altinn.no/process" xmlns:old="http://altinn.no" xmlns:dg="urn:dialog-graph:process:1" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="definitions">'
)

DECLARED = (
    '<bpmn:message id="paid-id" name="paid"/>',
    '<bpmn:message id="sent-id" name="sent"/>',
    '<bpmn:signal id="alarm-id" name="alarm"/>',
    '<bpmn:signal id="quiet-id" name="quiet"/>',
)


def file(*parts: str) -> bytes:
    """Definitions with these parts, one per line: the first part stands on line 2."""
    return "\n".join((HEAD, *parts, "</bpmn:definitions>")).encode()


def process(*parts: str, attributes: str = "", declared: str = "") -> bytes:
    """A file with one process and, behind it, what events refer to; the first part stands on line 3."""
    return file(f'<bpmn:process id="P" {attributes}>', *parts, "</bpmn:process>", *DECLARED, declared)


def node(tag: str, id: str, inside: str = "", attributes: str = "") -> str:
    return f'<bpmn:{tag} id="{id}" {attributes}>{inside}</bpmn:{tag}>'


def start(id: str = "Start") -> str:
    return node("startEvent", id)


def end(id: str = "End") -> str:
    return node("endEvent", id)


def task(id: str, type: str | None = "data", actions: str = "", tag: str = "task", extra: str = "") -> str:
    """`actions`: names separated by blanks; `extra`: more extension elements."""
    listed = "".join(f"<altinn:action>{name}</altinn:action>" for name in actions.split())
    parts = f"<altinn:taskType>{type}</altinn:taskType>" if type else ""
    parts += f"<altinn:actions>{listed}</altinn:actions>" if listed else ""
    extension = f"<altinn:taskExtension>{parts}</altinn:taskExtension>" if parts else ""
    return node(tag, id, f"<bpmn:extensionElements>{extension}{extra}</bpmn:extensionElements>")


def gateway(id: str = "Gateway", default: str | None = None) -> str:
    return node("exclusiveGateway", id, attributes=f'default="{default}"' if default else "")


def flow(source: str, target: str, condition: str | None = None, id: str | None = None) -> str:
    """A flow with the id `{source}-{target}` unless told otherwise."""
    inside = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    return node("sequenceFlow", id or f"{source}-{target}", inside, f'sourceRef="{source}" targetRef="{target}"')


def catch(id: str, definition: str) -> str:
    """An intermediate catch event."""
    return node("intermediateCatchEvent", id, definition)


def boundary(id: str, host: str, definition: str, interrupting: bool = True) -> str:
    stays = "" if interrupting else ' cancelActivity="false"'
    return node("boundaryEvent", id, definition, f'attachedToRef="{host}"{stays}')


def after(duration: str) -> str:
    """A timer that is due after a duration."""
    return f"<bpmn:timerEventDefinition><bpmn:timeDuration>{duration}</bpmn:timeDuration></bpmn:timerEventDefinition>"


def at(time: str) -> str:
    """A timer that is due at a time, or at what an expression gives."""
    return f"<bpmn:timerEventDefinition><bpmn:timeDate>{time}</bpmn:timeDate></bpmn:timerEventDefinition>"


def every(cycle: str) -> str:
    """A timer that repeats."""
    return f"<bpmn:timerEventDefinition><bpmn:timeCycle>{cycle}</bpmn:timeCycle></bpmn:timerEventDefinition>"


def begun_for(party: str = "urn:altinn:party:id:1") -> str:
    """Whose instance a start event makes that begins by itself."""
    return f"<bpmn:extensionElements><dg:start party='{party}'/></bpmn:extensionElements>"


def message(name: str = "paid", key: str = '["key"]') -> str:
    """A message event definition with a correlation key."""
    extension = f"<bpmn:extensionElements><dg:correlation key='{key}'/></bpmn:extensionElements>" if key else ""
    return f'<bpmn:messageEventDefinition messageRef="{name}-id">{extension}</bpmn:messageEventDefinition>'


def signal(name: str = "alarm") -> str:
    return f'<bpmn:signalEventDefinition signalRef="{name}-id"/>'


def when(condition: str = '["free"]') -> str:
    """A conditional event definition."""
    return (
        f"<bpmn:conditionalEventDefinition><bpmn:condition>{condition}</bpmn:condition>"
        "</bpmn:conditionalEventDefinition>"
    )


def event_subprocess(id: str, definition: str, *inside: str, interrupting: bool = True) -> str:
    """An event subprocess with a start event `{id}-start` before these nodes, one after the other, and an end event."""
    ids = [f"{id}-start", *(part.split('id="')[1].split('"')[0] for part in inside), f"{id}-end"]
    stays = "" if interrupting else 'isInterrupting="false"'
    flows = "".join(flow(a, b) for a, b in pairwise(ids))
    parts = node("startEvent", ids[0], definition, stays) + "".join(inside) + end(ids[-1]) + flows
    return node("subProcess", id, parts, 'triggeredByEvent="true"')


def subprocess(id: str, *inside: str, more: str = "", attributes: str = "") -> str:
    """A subprocess of these nodes, one after the other; `more`: other parts in it."""
    ids = [f"{id}-start", *(part.split('id="')[1].split('"')[0] for part in inside), f"{id}-end"]
    flows = "".join(flow(a, b) for a, b in pairwise(ids))
    return node("subProcess", id, start(ids[0]) + "".join(inside) + end(ids[-1]) + flows + more, attributes)


def back_to(*ids: str) -> str:
    return f'<dg:external sendBackTo="{" ".join(ids)}"/>'


def line(*parts: str) -> tuple[str, ...]:
    """Start, these nodes (by their ids) one after the other, and End, with their flows."""
    ids = ["Start", *(part.split('id="')[1].split('"')[0] for part in parts), "End"]
    return (start(), *parts, end(), *(flow(a, b) for a, b in pairwise(ids)))


def read(xml: bytes) -> Definition:
    """The definition; a model with errors fails the test."""
    definition, diagnostics = read_process(xml, KINDS)
    assert definition is not None, diagnostics
    return definition


def findings(xml: bytes, kinds: Mapping[str, TaskKind] = KINDS) -> Diags:
    return read_process(xml, kinds)[1]


def found(xml: bytes, code: str) -> list[Diagnostic]:
    return [diagnostic for diagnostic in findings(xml) if diagnostic.code == code]


def codes(xml: bytes) -> list[str]:
    return [diagnostic.code for diagnostic in findings(xml)]


Given: TypeAlias = "Json | EvaluationFailed | Callable[[Vars], Json]"


@dataclass
class Answers:
    """An evaluator with fixed answers by flow id or key (absent: false); keeps what it was asked."""

    by_flow: dict[str, Given] = field(default_factory=dict[str, Given])
    asked: list[tuple[str, Vars]] = field(default_factory=list[tuple[str, Vars]])

    def condition(self, flow_id: str, vars: Vars):
        self.asked.append((flow_id, vars))
        answer = self.by_flow.get(flow_id, False)
        return answer(vars) if callable(answer) else answer

    def value(self, key: str, vars: Vars):
        return self.condition(key, vars)


@dataclass
class Walk:
    """An instance of a process: sends commands, carries effects out, keeps everything that came of them.

    `answers`: an `Answers`, or any other evaluator; `rows`: what is open, as the effects tell. After every command the
    state tells the same, is as before when written and read, and the state before it is unchanged.
    """

    definition: Definition
    answers: Any = field(default_factory=Answers)
    gateways: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    limits: Limits = field(default_factory=Limits)
    by_engine: bool = False
    state: State = field(default_factory=State.empty)
    events: list[Event] = field(default_factory=list[Event])
    effects: list[Effect] = field(default_factory=list[Effect])
    records: list[StepRecord] = field(default_factory=list[StepRecord])
    before_continue: Callable[[Effect], None] = lambda effect: None
    now: datetime = NOW
    zone: tzinfo = OSLO
    rows: Rows = field(default_factory=Rows)

    @property
    def facts(self) -> Facts:
        return Facts(
            now=self.now,
            actor="tester",
            evaluator=self.answers,
            limits=self.limits,
            by_engine=self.by_engine,
            zone=self.zone,
        )

    def send(self, command: Command) -> Refusal | None:
        """Runs the command to its rest; a refused one changes nothing."""
        events: list[Event] = []
        effects: list[Effect] = []
        record = StepRecord.begin(command, self.facts)
        before, state, pending = self.state.to_json(), self.state, command
        while True:
            step = advance(self.definition, state, pending, self.facts)
            assert self.state.to_json() == before, "the state that was given has changed"
            if isinstance(step, Refusal):
                return step
            state = reloaded(step.state)
            events += step.events
            effects += step.effects
            record = record.add(pending, step.decisions)
            if not step.next:
                break
            self.before_continue(effects[-1])
            last = effects[-1]
            pending = Continue(self.gateways.get(last.element_id, ()) if isinstance(last, AskGateway) else ())
        self.state = state
        self.events += events
        self.effects += effects
        self.records.append(record)
        self.rows.keep(effects)
        assert self.rows.waits == sorted(state.waits(self.definition)), "the rows are not those of the state"
        return None

    def do(self, command: Command) -> "Walk":
        """Sends a command; a refusal fails the test."""
        refusal = self.send(command)
        assert refusal is None, refusal
        return self

    def start(self, start_event: str | None = None) -> "Walk":
        return self.do(Start(start_event))

    def complete(self, element_id: str, action: str | None = None) -> "Walk":
        """Completes the open entry of a task; a refusal fails the test."""
        refusal = self.try_complete(element_id, action)
        assert refusal is None, refusal
        return self

    def try_complete(self, element_id: str, action: str | None = None) -> Refusal | None:
        numbers = [e.entry_no for e in self.state.active_entries(self.definition) if e.element_id == element_id]
        return self.send(Complete(element_id, numbers[0] if numbers else 1, action))

    def send_entry(self, element_id: str, entry_no: int, action: str | None = None) -> "Walk":
        """Completes one of several open entries of a task."""
        return self.do(Complete(element_id, entry_no, action))

    # what workers do

    def pass_time(self, **duration: float) -> "Walk":
        """Lets time pass; every timer that comes due fires, the earliest first and those due together in order."""
        until = self.now + timedelta(**duration)
        while due := [row for row in self.rows.timers if row.due_at <= until]:
            first = min(due, key=lambda row: row.due_at)
            self.now = max(self.now, first.due_at)
            self.worker(fired(first))
        self.now = until
        return self

    def sleep(self, **duration: float) -> "Walk":
        """Lets time pass while no worker lives."""
        self.now += timedelta(**duration)
        return self

    def worker(self, command: Command) -> "Walk":
        """Sends a command as a worker does; a refusal fails the test."""
        refusal = self.try_worker(command)
        assert refusal is None, refusal
        return self

    def try_worker(self, command: Command) -> Refusal | None:
        usual, self.by_engine = self.by_engine, True
        refusal = self.send(command)
        self.by_engine = usual
        return refusal

    def deliver(self, name: str, number: int = 0) -> "Walk":
        """Delivers a message to the first, or another, of the subscriptions of its name."""
        row = self.rows.subscriptions(name)[number]
        return self.worker(MessageReceived(row.element_id, row.owner, name))

    def broadcast(self, name: str) -> "Walk":
        """Delivers a signal to every subscription of its name that is open now."""
        for row in self.rows.subscriptions(name):
            self.worker(SignalReceived(row.element_id, row.owner, name))
        return self

    # what can be seen

    @property
    def active(self) -> list[str]:
        """The open entries of tasks as `{task}#{n}`."""
        return [f"{e.element_id}#{e.entry_no}" for e in self.state.active_entries(self.definition)]

    @property
    def waiting(self) -> list[str]:
        """The events that are waited for, as `{element}: {kind}`."""
        return [f"{wait.element_id}: {wait.kind}" for wait in self.state.waits(self.definition)]

    @property
    def incidents(self) -> list[tuple[str, int, str]]:
        return [(i.element_id, i.entry_no, i.code) for i in self.state.open_incidents(self.definition)]

    @property
    def ended(self) -> bool:
        return self.state.status is Status.ENDED


def reloaded(state: State) -> State:
    """The state after being written to and read from JSON text."""
    loaded = State.from_json(orjson.loads(orjson.dumps(state.to_json())))
    assert loaded == state, "storing has changed the state"
    return state


def fired(row: OpenTimer) -> TimerFired:
    """The command of the worker that has claimed a timer."""
    return TimerFired(
        element_id=row.element_id,
        owner=row.owner,
        anchor=row.anchor,
        k=row.k,
        duration=row.duration,
        remaining=row.remaining,
    )


def walk(
    *parts: str,
    attributes: str = "",
    declared: str = "",
    values: Mapping[str, Given] | None = None,
    **answers: Given,
) -> Walk:
    """An instance of a process of these parts, with fixed answers: `Gateway_A` answers flow `Gateway-A`.

    `values`: answers by expression key; `declared`: more that events refer to.
    """
    by_flow = {name.replace("_", "-"): answer for name, answer in answers.items()} | dict(values or {})
    return Walk(read(process(*parts, attributes=attributes, declared=declared)), Answers(by_flow))
