"""What must hold on every path whatever the oracle says (process engine §20), checked after every command.

A check raises `Fault`, and counts in `seen` how often it had something to look at.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dialog_graph.bpmn import (
    Definition,
    Element,
    ElementKind,
    EnterTask,
    Event,
    IncidentOpened,
    IncidentResolved,
    LeaveTask,
    ProcessCancelled,
    ProcessEnded,
    ProcessStarted,
    Replayed,
    State,
    StepRecord,
    TaskEntered,
    TaskLeft,
    replay,
    replay_step,
)
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.conformance.bpmn.harness import Fault, Step
from tests.conformance.bpmn.world import Log, Taken

Place = tuple[int, int]
"""(scope, element number)."""


@dataclass
class Watch:
    """What one path has shown so far. `only`: the one invariant that is looked at, for those that test this watch."""

    definition: Definition
    seen: Counter[str]
    only: str | None = None
    arrivals: dict[Place, Counter[str]] = field(default_factory=dict[Place, Counter[str]])
    fired: Counter[Place] = field(default_factory=Counter[Place])
    parked: set[Place] = field(default_factory=set[Place])
    """Joins that a token has stopped before with an incident: it is on its way, and may never come."""
    open: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    last_entry: Counter[str] = field(default_factory=Counter[str])
    incidents: Counter[tuple[str, int, str]] = field(default_factory=Counter[tuple[str, int, str]])
    replayed: "tuple[Step, Replayed | Refusal] | None" = None
    started: bool = False
    ended: bool = False

    def step(self, step: Step) -> None:
        """Everything that must hold after one command."""
        self.seen["P5"] += 1
        if step.refusal is not None:
            self.seen["P4"] += 1
            return
        for invariant, check in self._checks():
            if self.only in (None, invariant):
                check(step)

    def _checks(self) -> Iterator[tuple[str, Callable[[Step], None]]]:
        yield "P2", self._state_replayed
        yield "P3", self._facts_replayed
        yield "P11", self._choices
        yield "P12", self._joins
        yield "P15", self._closed
        yield "P33", self._story

    def whole(self, journal: Sequence[Json], state: State) -> None:
        """P2: the journal from the empty state gives the stored state."""
        again = replay(self.definition, journal)
        if not isinstance(again, Replayed) or again.state != state:
            raise Fault("P2", f"the journal gives {again}, stored is {state}")

    def _replayed(self, step: Step) -> "Replayed | Refusal":
        """The replay of the step, made once."""
        if self.replayed is None or self.replayed[0] is not step:
            record = StepRecord.from_json(step.record)
            again = record if isinstance(record, Refusal) else replay_step(self.definition, step.before, record)
            self.replayed = (step, again)
        return self.replayed[1]

    def _state_replayed(self, step: Step) -> None:
        """P2: the record of a step gives its state again."""
        self.seen["P2"] += 1
        again = self._replayed(step)
        if isinstance(again, Refusal) or again.state != step.after:
            raise Fault("P2", f"{step.command} is replayed to {again}, not {step.after}")

    def _facts_replayed(self, step: Step) -> None:
        """P3: and its events and effects, to the letter."""
        self.seen["P3"] += len(step.events) + len(step.effects)
        again = self._replayed(step)
        if isinstance(again, Refusal) or repr((again.events, again.effects)) != repr((step.events, step.effects)):
            raise Fault("P3", f"{step.command} told {step.events}, {step.effects}, replayed {again}")

    # P11

    def _choices(self, step: Step) -> None:
        for number, entry in enumerate(step.log):
            if isinstance(entry, Taken):
                self._choice(self.definition.elements[entry.source], entry.flows, step.log[:number])

    def _choice(self, element: Element, taken: tuple[str, ...], before: Log) -> None:
        if element.kind is not ElementKind.EXCLUSIVE_GATEWAY:
            return
        self.seen["P11"] += 1
        wanted = self._chosen(element, _answers(before, element.id))
        if wanted is not None and taken != (wanted,):
            raise Fault("P11", f"{element.id} took {taken}, expected {wanted}")

    def _chosen(self, element: Element, answers: dict[str, Any]) -> str | None:
        """The flow that the answers stand for; None where the app's code chooses."""
        flows = self.definition.outgoing(element)
        conditional = [flow for flow in flows if flow.condition_text is not None]
        if len(flows) > 1 and not conditional:
            return None
        if self.definition.strict:
            true = [flow.id for flow in flows if flow.condition_text is None or answers.get(flow.id) is True]
            return true[0] if len(true) == 1 else "exactly one true condition"
        others = [flow for flow in flows if flow.index != element.default]
        true = [flow.id for flow in others if flow.condition_text is None or answers.get(flow.id) is True]
        return true[0] if true else next(flow.id for flow in flows if flow.index == element.default)

    # P12

    def _joins(self, step: Step) -> None:
        for entry in step.log:
            if isinstance(entry, Taken):
                self._count(entry)
        alive = {scope.id for scope in step.after.scopes}
        self.parked |= {
            (token.scope, self.definition.flows[token.index].target)
            for token in step.after.tokens
            if token.on_flow and token.state.value == "inc"
        }
        for (scope, index), arrived in self.arrivals.items():
            incoming = [self.definition.flows[flow].id for flow in self.definition.elements[index].incoming]
            full, fired = min(arrived[flow] for flow in incoming), self.fired[scope, index]
            fits = full >= fired if (scope, index) in self.parked else full == fired
            if scope in alive and not fits:
                about = f"{self.definition.elements[index].id}: {dict(arrived)} came"
                raise Fault("P12", f"{about}, and it fired {fired} times")

    def _count(self, taken: Taken) -> None:
        scope = taken.scope
        if self._is_join(self.definition.elements[taken.source]):
            self.seen["P12"] += 1
            self.fired[scope, taken.source] += 1
        for id in taken.flows:
            flow = self.definition.flow(id)
            if flow is not None and self._is_join(self.definition.elements[flow.target]):
                self.arrivals.setdefault((scope, flow.target), Counter())[id] += 1

    def _is_join(self, element: Element) -> bool:
        parallel = element.kind is ElementKind.PARALLEL_GATEWAY
        return parallel and len(element.incoming) > 1 and bool(element.outgoing)

    # P33

    def _story(self, step: Step) -> None:
        """Facts come in an order that can have happened: numbers without gaps, nothing twice, nothing after the end."""
        for event in step.events:
            self.seen["P33"] += 1
            problem = self._told(event)
            if problem:
                raise Fault("P33", f"{problem}: {event} in {step.events}")

    def _told(self, event: Event) -> str | None:
        if self.ended or self.started == isinstance(event, ProcessStarted):
            return "before the beginning, begun twice, or after the end"
        match event:
            case ProcessStarted():
                self.started = True
            case TaskEntered(element_id=id, entry_no=number):
                self.last_entry[id] += 1
                self.open.add((id, number))
                return None if number == self.last_entry[id] else "a number was left out"
            case TaskLeft(element_id=id, entry_no=number):
                return None if _taken_out(self.open, (id, number)) else "left, but not entered"
            case IncidentOpened(element_id=id, entry_no=number, code=code):
                self.incidents[id, number, code] += 1
            case IncidentResolved(element_id=id, entry_no=number, code=code):
                self.incidents[id, number, code] -= 1
                return None if self.incidents[id, number, code] >= 0 else "resolved, but not open"
            case ProcessEnded() | ProcessCancelled():
                self.ended = True
                return f"{self.open} are still open" if self.open else None
            case _:
                pass
        return None

    # P15

    def _closed(self, step: Step) -> None:
        """What was entered and not left is what is active: nothing remains of what was cancelled."""
        entered = [(e.element_id, e.entry_no) for e in step.effects if isinstance(e, EnterTask)]
        left = [(e.element_id, e.entry_no) for e in step.effects if isinstance(e, LeaveTask)]
        self.seen["P15"] += sum(e.outcome.value == "cancelled" for e in step.effects if isinstance(e, LeaveTask))
        before = [(e.element_id, e.entry_no) for e in step.before.active_entries(self.definition)]
        after = [(e.element_id, e.entry_no) for e in step.after.active_entries(self.definition)]
        if Counter(before) + Counter(entered) != Counter(after) + Counter(left):
            raise Fault("P15", f"{before} and entered {entered}, but active is {after} and left {left}")


def _answers(log: Log, gateway: str) -> dict[str, Any]:
    """What the gateway was told directly before."""
    answers: dict[str, Any] = {}
    for entry in reversed(log):
        if isinstance(entry, Taken) or entry.question[3] != gateway or entry.question[0] in answers:
            break
        answers[entry.question[0]] = entry.answer
    return answers


def _taken_out(open: set[tuple[str, int]], entry: tuple[str, int]) -> bool:
    known = entry in open
    open.discard(entry)
    return known
