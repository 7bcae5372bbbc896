"""The stored form of the state."""

import orjson
import pytest

from dialog_graph.bpmn import Complete, State, Status, advance
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.unit.bpmn.models import Walk, line, process, read, task, walk

STORED: dict[str, Json] = {
    "v": 1, "n": 12, "st": "active", "fl": 3,
    "sc": [[1, 0, 0, "p", {}]],
    "tk": [[7, 1, "e", 4, "wait", {"en": 2, "lt": 3}], [9, 1, "e", 2, "inc", {"en": 1, "ga": "reject"}]],
    "jn": {"1:9": {"14": 1}}, "ent": {"4": 2, "6": 1},
    "cp": [[1, [3], [4], {}], [1, [8, 5], [2, 6], {"lv": ["a", 0], "by": 7, "in": [[3, [4], [5], {}]]}]],
    "inc": [[9, "NO_HANDLER", "wait"]], "vars": {"a": [1, None]},
}  # fmt: skip


def test_the_stored_form_is_read_and_written_the_same():
    state = State.from_json(STORED)
    assert isinstance(state, State)
    assert state.to_json() == STORED


def test_a_null_gateway_action_reads_as_none():
    written: dict[str, Json] = {**STORED, "tk": [[7, 1, "e", 4, "wait", {"en": 2, "ga": None, "lt": 3}]], "inc": []}
    state = State.from_json(written)
    assert isinstance(state, State)
    assert state.tokens[0].gateway_action is None


def test_a_running_state_in_full():
    instance = walk(*line(task("Fill"), task("Check"))).start().complete("Fill")
    assert instance.state.to_json() == {
        "v": 1,
        "n": 4,
        "st": "active",
        "fl": 2,
        "sc": [[1, 0, 0, "p", {}]],
        "tk": [[4, 1, "e", 2, "wait", {"en": 1, "lt": 1}]],
        "ent": {"1": 1, "2": 1},
    }


def test_empty_members_are_left_out():
    assert State.empty().to_json() == {"v": 1, "n": 0, "st": "new", "fl": 0}
    ended = walk(*line(task("Fill"))).start().complete("Fill").state
    assert ended.to_json() == {"v": 1, "n": 3, "st": "ended", "fl": 1, "ent": {"1": 1}}


NO_STATES: list[dict[str, Json]] = [
    {"v": 2},
    {"v": None},
    {"st": "asleep"},
    {"n": -1},
    {"n": 8},
    {"n": True},
    {"fl": "3"},
    {"xx": 1},
    {"sc": []},
    {"sc": [[1, 0, 0, "p"]]},
    {"sc": [[1, 5, 0, "p", {}]]},
    {"tk": [[7, 1, "g", 4, "wait", {}]], "inc": []},
    {"tk": [[7, 1, "e", 4, "sleep", {}]], "inc": []},
    {"tk": [[7, 1, "e", 4, "wait", {"zz": 1}]], "inc": []},
    {"tk": [[7, 1, "e", 4, "wait", {"ga": 1}]], "inc": []},
    {"tk": [[7, 3, "e", 4, "wait", {}]], "inc": []},
    {"tk": [[7, 1, "e", 4, "wait", {}], [7, 1, "e", 4, "wait", {}]], "inc": []},
    {"inc": []},
    {"inc": [[9, "NO_HANDLER", "wait"], [9, "NO_HANDLER", "wait"]]},
    {"jn": {"1": {}}},
    {"jn": {"a:b": {}}},
    {"ent": {"x": 1}},
    {"ent": [1]},
]


@pytest.mark.parametrize("change", NO_STATES)
def test_what_is_no_state_is_refused(change: dict[str, Json]):
    refused = State.from_json({**STORED, **change})
    assert isinstance(refused, Refusal)
    assert refused.code == "INTEGRITY"


@pytest.mark.parametrize("text", ["null", "1", "[]", "{}", '"state"'])
def test_json_of_another_kind_is_refused(text: str):
    assert isinstance(State.from_json(orjson.loads(text)), Refusal)


def test_a_state_of_another_process_is_refused():
    definition = read(process(*line(task("Fill"))))
    state = State.from_json(STORED)
    assert isinstance(state, State)
    refused = advance(definition, state, Complete("Fill", 1), Walk(definition).facts)
    assert isinstance(refused, Refusal)
    assert refused.code == "INTEGRITY"


def test_status_and_tokens_belong_together():
    instance = walk(*line(task("Fill"))).start()
    written = instance.state.to_json() | {"st": "ended"}
    state = State.from_json(written)
    assert isinstance(state, State)
    assert state.status is Status.ENDED
    assert isinstance(advance(instance.definition, state, Complete("Fill", 1), instance.facts), Refusal)
