"""The journal: records, their JSON, replay, and what a wrong record is told."""

from zoneinfo import ZoneInfo

import orjson
import pytest

from dialog_graph.bpmn import (
    Activate,
    Cancel,
    ChildEnded,
    Command,
    Complete,
    Continue,
    DataChanged,
    EvaluationFailed,
    Facts,
    JobFailed,
    JobFinished,
    Limits,
    MessageReceived,
    Mismatch,
    RecordedAnswers,
    Replayed,
    Resolve,
    Retry,
    SignalReceived,
    Start,
    StepRecord,
    TimerFired,
    decode_command,
    encode_command,
    replay,
)
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.unit.bpmn.models import NOW, Walk, end, flow, gateway, start, task, walk

PARTS = (
    start(), task("Fill"), gateway(default="Gateway-End"), gateway("Code"), end(),
    flow("Start", "Fill"), flow("Fill", "Gateway"), flow("Gateway", "Fill", '["x"]'),
    flow("Gateway", "Code", '["y"]'), flow("Gateway", "End"), flow("Code", "Fill"), flow("Code", "End"),
)  # fmt: skip


def instance() -> Walk:
    """Three rounds of Fill: by a condition, by code, and to the end."""
    run = walk(*PARTS, Gateway_Fill=True).start().complete("Fill")
    run.answers.by_flow = {"Gateway-Fill": "a form field's value", "Gateway-Code": True}
    run.gateways["Code"] = ("Code-Fill",)
    run.complete("Fill")
    run.answers.by_flow = {}
    return run.complete("Fill")


def written(run: Walk) -> list[Json]:
    return [orjson.loads(orjson.dumps(record.to_json())) for record in run.records]


def test_replay_gives_state_events_and_effects_again():
    run = instance()
    replayed = replay(run.definition, written(run))
    assert replayed == Replayed(state=run.state, events=tuple(run.events), effects=tuple(run.effects))


def test_a_record_covers_all_rounds_and_holds_no_form_data():
    run = instance()
    assert written(run)[2] == {
        "command": {"type": "complete", "elementId": "Fill", "entryNo": 2},
        "decisions": [["c", "Gateway-Fill", "string"], ["c", "Gateway-Code", True], ["g", "Code", ["Code-Fill"]]],
        "facts": {"now": NOW.isoformat(), "actor": "tester", "environment": "development"},
    }


def test_a_failed_condition_and_an_incident_are_replayed():
    run = walk(*PARTS, Gateway_Fill=EvaluationFailed("no model"))
    run.by_engine = True
    run.start().complete("Fill")
    replayed = replay(run.definition, written(run))
    assert replayed == Replayed(state=run.state, events=tuple(run.events), effects=tuple(run.effects))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ([], "was asked"),
        ([["c", "Gateway-Code", True]], "was asked"),
        ([["c", "Gateway-Fill", True], ["c", "Gateway-Fill", True]], "not asked for"),
        ([["z", "Gateway-Fill", True]], "form is another one"),
    ],
)
def test_a_record_that_cannot_have_happened_is_a_mismatch(change: list[Json], problem: str):
    run = walk(*PARTS, Gateway_Fill=True).start().complete("Fill")
    records = written(run)
    assert isinstance(records[1], dict)
    records[1]["decisions"] = change
    mismatch = replay(run.definition, records)
    assert isinstance(mismatch, Mismatch)
    assert mismatch.record == 1
    assert problem in mismatch.problem


def test_a_command_that_is_refused_is_a_mismatch():
    run = walk(*PARTS).start()
    record = StepRecord.begin(Complete("Fill", 7), run.facts)
    assert isinstance(replay(run.definition, [*written(run), record.to_json()]), Mismatch)


@pytest.mark.parametrize(
    "command",
    [
        Start(),
        Start("Start"),
        Complete("Fill", 2),
        Complete("Fill", 2, "reject"),
        Retry("Gateway", 0),
        Cancel("why"),
        Continue(("a", "b")),
        Continue(),
        Activate("A"),
        Resolve("Robot", 1, "success"),
        TimerFired(element_id="T", owner=3, anchor=NOW, k=2, duration="P1M", remaining=None),
        TimerFired(element_id="T", owner=3, anchor=NOW, k=0),
        MessageReceived("M", 3, "paid"),
        SignalReceived("S", 3, "alarm"),
        JobFinished("Robot", 1),
        JobFinished("Robot", 1, "reject"),
        JobFailed(element_id="Robot", entry_no=1, code="JOB_FAILED", message="no answer"),
        JobFailed(element_id="R", entry_no=1, code="JOB_FAILED", message="m", error_code="E", action="reject"),
        ChildEnded("Call", 1, 9),
        ChildEnded("Call", 1, 9, "CHILD_CANCELLED"),
        DataChanged(),
    ],
)
def test_commands_are_read_as_they_were_written(command: Command):
    assert decode_command(orjson.loads(orjson.dumps(encode_command(command)))) == command


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "[]",
        "{}",
        '{"type":"fly"}',
        '{"type":"complete"}',
        '{"type":"complete","elementId":"A","entryNo":true}',
        '{"type":"complete","elementId":"A","entryNo":1,"action":2}',
        '{"type":"retry","elementId":1,"entryNo":1}',
        '{"type":"cancel"}',
        '{"type":"start","startEvent":1}',
        '{"type":"continue","flows":1}',
        '{"type":"continue","flows":[1]}',
        '{"type":"timerFired","elementId":"T","owner":3,"anchor":"yesterday","k":0}',
        '{"type":"timerFired","elementId":"T","owner":3,"anchor":"2030-01-01T00:00:00","k":0}',
        '{"type":"timerFired","elementId":"T","owner":3,"anchor":"2030-01-01T00:00:00Z","k":-1}',
        '{"type":"messageReceived","elementId":"M","owner":"3","name":"paid"}',
        '{"type":"childEnded","elementId":"M","entryNo":1}',
        '{"type":["start"]}',
    ],
)
def test_other_json_is_no_command(text: str):
    assert isinstance(decode_command(orjson.loads(text)), Refusal)


def test_unusual_facts_are_kept():
    facts = Facts(
        now=NOW,
        actor="worker",
        evaluator=RecordedAnswers(()),
        environment="production",
        by_engine=True,
        limits=Limits(tokens=3),
        zone=ZoneInfo("Asia/Tokyo"),
    )
    record = StepRecord.begin(Start(), facts)
    assert StepRecord.from_json(orjson.loads(orjson.dumps(record.to_json()))) == record


@pytest.mark.parametrize(
    "facts",
    [
        {"now": "yesterday", "actor": "a", "environment": "e"},
        {"now": 1, "actor": "a", "environment": "e"},
        {"actor": "a", "environment": "e"},
        {"now": NOW.isoformat(), "actor": "a", "environment": "e", "limits": {"wings": 2}},
        {"now": NOW.isoformat(), "actor": "a", "environment": "e", "limits": 1},
        {"now": NOW.isoformat(), "actor": "a", "environment": "e", "zone": "Nowhere/Land"},
        {"now": NOW.isoformat(), "actor": "a", "environment": "e", "zone": "../up"},
        {"now": NOW.isoformat(), "actor": "a", "environment": "e", "zone": 1},
    ],
)
def test_other_facts_are_no_record(facts: dict[str, Json]):
    record: dict[str, Json] = {"command": {"type": "start"}, "decisions": [], "facts": facts}
    assert isinstance(StepRecord.from_json(record), Refusal)
