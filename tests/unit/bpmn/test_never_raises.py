"""Any command on any state is answered, never with an exception, and changes nothing that was given (P4, P5, P15).

Random paths through a process in which everything waits; at every place commands that fit, commands that are spoiled,
and states that are. `DIALOG_GRAPH_MODELS` sets the number of paths; the failing one is printed.
"""

import os
from dataclasses import fields, replace
from datetime import timedelta
from random import Random
from typing import Any, cast

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialog_graph.bpmn import (
    Activate,
    Advance,
    CallApp,
    Cancel,
    ChildEnded,
    Command,
    Complete,
    Continue,
    DataChanged,
    Element,
    Facts,
    JobFailed,
    JobFinished,
    Limits,
    MessageReceived,
    OpenSubscription,
    OpenTimer,
    Resolve,
    Retry,
    SignalReceived,
    Start,
    StartJob,
    State,
    SubscriptionKind,
    Vars,
    advance,
)
from dialog_graph.bpmn.facts import EvaluationFailed
from dialog_graph.bpmn.run import Run
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.unit.bpmn.models import NOW, Walk, fired, process, read
from tests.unit.bpmn.test_cancelling_waits import everything

DEFINITION = read(process(*everything()))
IDS = [element.id for element in DEFINITION.elements] + ["Nowhere", ""]
PATHS = int(os.environ.get("DIALOG_GRAPH_MODELS", "60"))
VALUES: tuple[Any, ...] = (True, False, None, "x", "2030-06-01", "P1D", 3, -1, [], {}, ["a"], EvaluationFailed("drawn"))


class Drawn:
    """An evaluator that answers by chance."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def condition(self, flow_id: str, vars: Vars) -> Any:
        return self.random.choice(VALUES)

    def value(self, key: str, vars: Vars) -> Any:
        return self.random.choice(VALUES)


def fitting(random: Random, instance: Walk) -> Command:
    """A command that something waits for, mostly."""
    state = instance.state
    commands: list[Command] = [random.choice([Start(), DataChanged(), Activate("A")])]
    for row in instance.rows.by_place.values():
        match row:
            case OpenTimer():
                commands.append(fired(row))
            case OpenSubscription():
                kind = MessageReceived if row.kind is SubscriptionKind.MESSAGE else SignalReceived
                commands.append(kind(row.element_id, row.owner, row.name))
            case StartJob():
                done = JobFinished(row.element_id, row.entry_no, random.choice([None, "reject"]))
                failed = JobFailed(
                    element_id=row.element_id, entry_no=row.entry_no, code="JOB_FAILED", message="m",
                    error_code=random.choice([None, "e"]), action=random.choice([None, "reject"]),
                )  # fmt: skip
                commands += [done, failed]
            case CallApp():
                commands.append(ChildEnded(row.element_id, row.entry_no, row.owner, random.choice([None, "e"])))
    commands += [Complete(e.element_id, e.entry_no) for e in state.active_entries(DEFINITION)]
    for incident in state.open_incidents(DEFINITION):
        commands += [Retry(incident.element_id, incident.entry_no), Resolve(incident.element_id, 1, "success")]
    return random.choice(commands) if random.random() < 0.97 else Cancel("drawn")


def spoiled(random: Random, command: Command) -> Command:
    """The command with one member that is wrong."""
    members = fields(command)
    if not members:
        return command
    member = random.choice(members)
    before = getattr(command, member.name)
    worse: Any = {
        "element_id": random.choice(IDS),
        "owner": random.choice([0, -1, 1, 2, 3, 10**30]),
        "k": random.choice([-(10**12), -1, 0, 1, 10**30]),
        "anchor": random.choice([NOW.replace(year=1), NOW.replace(year=9999), NOW.replace(tzinfo=None)]),
        "duration": random.choice([None, "", "P", "P1000Y", "PT1S", "P1M", "nonsense"]),
        "remaining": random.choice([None, -5, 0, 10**30]),
        "entry_no": random.choice([-1, 0, 1, 10**9]),
        "flows": random.choice([(), ("A",), ("Nowhere", "")]),
    }.get(member.name, random.choice(["", "x", "paid", "alarm", "success", "reject", "abandon", "sendBack:Fill"]))
    return cast(Command, replace(command, **{member.name: worse if worse != before else before}))  # type: ignore[type-var]  (every command is a dataclass)


def spoiled_state(random: Random, state: State) -> State | None:
    """The state after a change of its JSON by chance; None where that is no state any more."""
    text = orjson.dumps(state.to_json()).decode()
    numbers = [place for place, letter in enumerate(text) if letter.isdigit()]
    for _ in range(random.randrange(1, 3)):
        place = random.choice(numbers)
        text = text[:place] + random.choice("0123456789") + text[place + 1 :]
    for old, new in random.sample([('"wait"', '"inc"'), ('"sub"', '"wait"'), ('"e"', '"f"'), ('"wait"', '"open"')], 1):
        text = text.replace(old, new, random.randrange(2))
    try:
        written: Json = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    found = State.from_json(written)
    return found if isinstance(found, State) else None


def check(state: State, command: Command, facts: Facts) -> None:
    """Answered, and nothing that was given has changed."""
    before = orjson.dumps(state.to_json())
    answer = advance(DEFINITION, state, command, facts)
    assert isinstance(answer, Advance | Refusal)
    assert orjson.dumps(state.to_json()) == before
    if isinstance(answer, Advance):
        state.waits(DEFINITION)
        assert State.from_json(orjson.loads(orjson.dumps(answer.state.to_json()))) == answer.state


def path(random: Random, steps: int = 12) -> None:
    """One path; whatever the walk checks by itself is checked too (rows, storing, inputs)."""
    instance = Walk(DEFINITION, Drawn(random), by_engine=True, limits=Limits(transitions=200, tokens=60)).start()
    for _ in range(steps):
        instance.by_engine = random.random() < 0.5
        instance.now += timedelta(hours=random.randrange(30))
        command = fitting(random, instance)
        for wrong in (spoiled(random, command), spoiled(random, spoiled(random, command)), Continue(("x",))):
            check(instance.state, wrong, instance.facts)
        other = spoiled_state(random, instance.state)
        if other is not None:
            check(other, command, instance.facts)
        instance.send(command)


@settings(
    max_examples=PATHS, deadline=None, database=None, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)  # fmt: skip
@given(st.integers(0, 1 << 40).map(Random))
def test_every_command_is_answered(random: Random):
    path(random)


def paths() -> None:
    for seed in range(50):
        path(Random(seed))


def test_a_change_of_what_was_given_is_seen(monkeypatch: pytest.MonkeyPatch):
    """The same paths on an interpreter that forgets to copy what it changes."""
    original = Run.__init__

    def careless(self: Run, definition: Any, state: State, facts: Facts) -> None:
        original(self, definition, state, facts)
        self._entries = cast(dict[int, int], state.entries)  # pyright: ignore[reportPrivateUsage]  (the defect)

    monkeypatch.setattr(Run, "__init__", careless)
    with pytest.raises(AssertionError):
        paths()


def test_an_exception_would_be_seen(monkeypatch: pytest.MonkeyPatch):
    """The same paths on an interpreter that does not ask whether anything is awaited."""

    def always(self: Run, owner: int, element: Element) -> bool:
        return True

    monkeypatch.setattr(Run, "awaits", always)
    with pytest.raises((KeyError, AssertionError, AttributeError)):
        paths()
