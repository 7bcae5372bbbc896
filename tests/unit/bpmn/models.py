"""Small BPMN texts for tests, and a driver that plays the caller of the interpreter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, TypeAlias

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
    Start,
    State,
    StepRecord,
    TaskKind,
    Vars,
    advance,
    read_process,
)
from dialog_graph.errors import Refusal
from dialog_graph.model.diagnostic import Diagnostic, Diags
from dialog_graph.model.json_value import Json

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


def file(*parts: str) -> bytes:
    """Definitions with these parts, one per line: the first part stands on line 2."""
    return "\n".join((HEAD, *parts, "</bpmn:definitions>")).encode()


def process(*parts: str, attributes: str = "") -> bytes:
    """A file with one process; the first part stands on line 3."""
    return file(f'<bpmn:process id="P" {attributes}>', *parts, "</bpmn:process>")


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

    `answers`: an `Answers`, or any other evaluator.
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

    @property
    def facts(self) -> Facts:
        return Facts(now=NOW, actor="tester", evaluator=self.answers, limits=self.limits, by_engine=self.by_engine)

    def send(self, command: Command) -> Refusal | None:
        """Runs the command to its rest; a refused one changes nothing."""
        events: list[Event] = []
        effects: list[Effect] = []
        record = StepRecord.begin(command, self.facts)
        state, pending = self.state, command
        while True:
            step = advance(self.definition, state, pending, self.facts)
            if isinstance(step, Refusal):
                return step
            state = step.state
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
        return None

    def start(self, start_event: str | None = None) -> "Walk":
        refusal = self.send(Start(start_event))
        assert refusal is None, refusal
        return self

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
        refusal = self.send(Complete(element_id, entry_no, action))
        assert refusal is None, refusal
        return self

    @property
    def active(self) -> list[str]:
        """The open entries as `{task}#{n}`."""
        return [f"{e.element_id}#{e.entry_no}" for e in self.state.active_entries(self.definition)]


def walk(*parts: str, attributes: str = "", values: Mapping[str, Given] | None = None, **answers: Given) -> Walk:
    """An instance of a process of these parts, with fixed answers: `Gateway_A` answers flow `Gateway-A`.

    `values`: answers by expression key.
    """
    by_flow = {name.replace("_", "-"): answer for name, answer in answers.items()} | dict(values or {})
    return Walk(read(process(*parts, attributes=attributes)), Answers(by_flow))
