"""The journal of the interpreter and its replay (process engine §14.3, §18).

One record stands for one command of a caller or a worker with all its `Continue` rounds. Replaying the records of an
instance from the empty state gives its stored state, events and effects again, without evaluator and app code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dialog_graph.bpmn.advance import Advance, advance
from dialog_graph.bpmn.command_forms import decode_command, encode_command
from dialog_graph.bpmn.commands import Continue, JournalCommand, Migrate
from dialog_graph.bpmn.decisions import CONDITION, GATEWAY, VALUE, Decision, RecordedAnswers
from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.effects import AskGateway, Effect
from dialog_graph.bpmn.events import Event
from dialog_graph.bpmn.facts import OSLO, Facts, Limits
from dialog_graph.bpmn.migration import migrate
from dialog_graph.bpmn.state import State
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

_LIMITS = tuple(member.name for member in fields(Limits))


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """What the journal keeps of one command: itself, the answers it used, and the facts that shaped it."""

    command: JournalCommand
    decisions: tuple[Decision, ...]
    now: datetime
    actor: str
    environment: str = "development"
    by_engine: bool = False
    limits: Limits = field(default_factory=Limits)
    zone: tzinfo = OSLO

    @staticmethod
    def begin(command: JournalCommand, facts: Facts) -> "StepRecord":
        """The record of a command before its first round."""
        return StepRecord(
            command=command,
            decisions=(),
            now=facts.now,
            actor=facts.actor,
            environment=facts.environment,
            by_engine=facts.by_engine,
            limits=facts.limits,
            zone=facts.zone,
        )

    def add(self, command: JournalCommand, decisions: tuple[Decision, ...]) -> "StepRecord":
        """The record after one more round. `command`: the command of that round; answers of gateways are decisions."""
        return replace(self, decisions=self.decisions + decisions)

    def to_json(self) -> dict[str, Json]:
        """The record as JSON: `{command, decisions, facts}`; limits and zone only where they are not the usual ones."""
        facts: dict[str, Json] = {
            "now": self.now.isoformat(),
            "actor": self.actor,
            "environment": self.environment,
        }
        if self.by_engine:
            facts["byEngine"] = True
        if self.limits != Limits():
            facts["limits"] = {name: getattr(self.limits, name) for name in _LIMITS}
        if self.zone != OSLO:
            facts["zone"] = str(self.zone)
        return {
            "command": encode_command(self.command),
            "decisions": [_write_decision(decision) for decision in self.decisions],
            "facts": facts,
        }

    @staticmethod
    def from_json(written: Json) -> "StepRecord | Refusal":
        """The record that `to_json` wrote; anything else is refused (`INTEGRITY`)."""
        record = _read(written)
        if record is None:
            return Refusal(code="INTEGRITY", expected="a record of the journal", actual="its form is another one")
        return record


def _write_decision(decision: Decision) -> list[Json]:
    kind, of, answer = decision
    if isinstance(answer, tuple):
        return [kind, of, list(answer)]
    return [kind, of, answer if answer is None or isinstance(answer, bool | str) else dict(answer)]


def _read_decision(written: Json) -> Decision | None:
    match written:
        case ["c", str() as of, bool() | str() | None as answer]:
            return (CONDITION, of, answer)
        case ["c", str() as of, {"error": str() as message}]:
            return (CONDITION, of, {"error": message})
        case ["v", str() as of, {"value": _} | {"error": str()} as answer] if len(answer) == 1:
            return (VALUE, of, answer)
        case ["g", str() as of, list() as flows]:
            return (GATEWAY, of, tuple(str(flow) for flow in flows))
        case _:
            return None


def _read_limits(written: Json) -> Limits | None:
    if written is None:
        return Limits()
    if not isinstance(written, dict):
        return None
    kept = {name: value for name, value in written.items() if name in _LIMITS and isinstance(value, int)}
    return Limits(**kept) if len(kept) == len(written) else None


def _read_time(written: Json) -> datetime | None:
    try:
        return datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None


def _read_zone(written: Json) -> tzinfo | None:
    try:
        return OSLO if written is None else ZoneInfo(str(written))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _read(written: Json) -> StepRecord | None:
    match written:
        case {
            "command": command,
            "decisions": list() as decisions,
            "facts": {"now": now, "actor": str() as actor, "environment": str() as environment, **others},
        }:
            read = decode_command(command)
            kept = tuple(decision for decision in map(_read_decision, decisions) if decision)
            at, limits, zone = _read_time(now), _read_limits(others.get("limits")), _read_zone(others.get("zone"))
            if isinstance(read, Refusal) or len(kept) != len(decisions) or not (at and limits and zone):
                return None
            return StepRecord(
                command=read,
                decisions=kept,
                now=at,
                actor=actor,
                environment=environment,
                by_engine=others.get("byEngine") is True,
                limits=limits,
                zone=zone,
            )
        case _:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay gives: the state after the last record, and all events and effects in order."""

    state: State
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Record number `record` (from 0) cannot have happened on this definition; `problem` says why."""

    record: int
    problem: str


Versions: TypeAlias = Mapping[str, Definition]
"""Definitions by the name of the app version, for records that tell of a migration."""


def replay(
    definition: Definition, records: Iterable[Json], versions: Versions = MappingProxyType({})
) -> Replayed | Mismatch:
    """Replays records (as JSON) from the empty state; `definition`: of the version that the instance began with."""
    done = Replayed(state=State.empty())
    for number, written in enumerate(records):
        record = StepRecord.from_json(written)
        step = record if isinstance(record, Refusal) else replay_step(definition, done.state, record, versions)
        if isinstance(step, Refusal):
            return Mismatch(record=number, problem=step.message)
        if isinstance(record, StepRecord) and isinstance(record.command, Migrate):
            definition = versions[record.command.to_version]
        done = Replayed(state=step.state, events=done.events + step.events, effects=done.effects + step.effects)
    return done


def replay_step(
    definition: Definition, state: State, record: StepRecord, versions: Versions = MappingProxyType({})
) -> Replayed | Refusal:
    """Replays one record on a state."""
    answers = RecordedAnswers(record.decisions)
    facts = Facts(
        now=record.now,
        actor=record.actor,
        evaluator=answers,
        limits=record.limits,
        environment=record.environment,
        by_engine=record.by_engine,
        zone=record.zone,
    )
    result = _step(definition, state, record.command, (facts, answers, versions))
    problem = answers.mismatch or (f"{answers.left_over} answers were not asked for" if answers.left_over else None)
    if problem is not None and not isinstance(result, Refusal):
        return Refusal(code="INTEGRITY", expected="the answers that the step asks for", actual=problem)
    return result


_Given: TypeAlias = tuple[Facts, RecordedAnswers, Versions]


def _step(definition: Definition, state: State, command: JournalCommand, given: _Given) -> Replayed | Refusal:
    facts, answers, versions = given
    if not isinstance(command, Migrate):
        return _rounds(definition, advance(definition, state, command, facts), facts, answers)
    new = versions.get(command.to_version)
    if new is None:
        return Refusal(code="INTEGRITY", expected=f"version {command.to_version}", actual="it is not at hand")
    result = migrate(definition, new, state, command, facts)
    if not isinstance(result, Advance):
        return Refusal(code="INTEGRITY", expected="a migration that succeeded", actual=result[0].message)
    return _rounds(new, result, facts, answers)


def _rounds(
    definition: Definition, result: Advance | Refusal, facts: Facts, answers: RecordedAnswers
) -> Replayed | Refusal:
    """The first round and those after it."""
    events: list[Event] = []
    effects: list[Effect] = []
    while not isinstance(result, Refusal):
        events.extend(result.events)
        effects.extend(result.effects)
        if not result.next:
            return Replayed(state=result.state, events=tuple(events), effects=tuple(effects))
        result = advance(definition, result.state, _next(result, answers), facts)
    return result


def _next(result: Advance, answers: RecordedAnswers) -> Continue:
    asked = result.effects[-1] if result.effects else None
    return Continue(answers.gateway(asked.element_id) if isinstance(asked, AskGateway) else ())
