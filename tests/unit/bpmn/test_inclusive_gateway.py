"""Inclusive gateways: every true flow, and joins that wait for what can still come (process engine §4.4)."""

import pytest

from dialog_graph.bpmn import JoinForced, ProcessEnded, State
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.unit.bpmn.models import Given, Walk, end, flow, found, gateway, node, process, start, task, walk


def some(id: str, default: str | None = None) -> str:
    return node("inclusiveGateway", id, attributes=f'default="{default}"' if default else "")


CHOICE = (
    start(), some("Split", "Split-C"), task("A"), task("B"), task("C"), some("Join"), task("After"), end(),
    flow("Start", "Split"), flow("Split", "A", '["a"]'), flow("Split", "B", '["b"]'), flow("Split", "C"),
    flow("A", "Join"), flow("B", "Join"), flow("C", "Join"), flow("Join", "After"), flow("After", "End"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "opened"),
    [((True, True), ["A#1", "B#1"]), ((True, False), ["A#1"]), ((False, False), ["C#1"]), ((None, "true"), ["C#1"])],
)
def test_every_true_flow_is_taken_and_the_default_when_none_is(answers: tuple[Given, Given], opened: list[str]):
    assert walk(*CHOICE, Split_A=answers[0], Split_B=answers[1]).start().active == opened


def test_the_join_waits_for_the_branches_that_were_taken_and_no_others():
    instance = walk(*CHOICE, Split_A=True, Split_B=True).start().complete("A")
    assert instance.active == ["B#1"]
    assert instance.complete("B").active == ["After#1"]
    assert walk(*CHOICE, Split_A=True).start().complete("A").active == ["After#1"]


def test_a_waiting_token_rests_on_its_flow():
    state = walk(*CHOICE, Split_A=True, Split_B=True).start().complete("A").state
    assert state.to_json()["tk"] == [[5, 1, "e", 3, "wait", {"en": 1}], [6, 1, "f", 4, "join", {"lt": 2}]]
    assert State.from_json(state.to_json()) == state


def test_no_true_flow_and_no_default_is_refused():
    parts = (start(), task("A"), some("Split"), end("X"), end("Y"), flow("Start", "A"), flow("A", "Split"),
             flow("Split", "X", '["x"]'), flow("Split", "Y", '["y"]'))  # fmt: skip
    refused = walk(*parts).start().try_complete("A")
    assert refused is not None
    assert refused.code == "NO_FLOW"


def test_a_branch_that_ends_elsewhere_lets_the_join_go_on():
    instance = walk(
        start(), some("Split"), task("A"), task("B"), gateway("Leave", "Leave-Join"), some("Join"), task("After"),
        end(), end("Early"),
        flow("Start", "Split"), flow("Split", "A", '["a"]'), flow("Split", "B", '["b"]'), flow("A", "Join"),
        flow("B", "Leave"), flow("Leave", "Early", '["x"]'), flow("Leave", "Join"), flow("Join", "After"),
        flow("After", "End"), Split_A=True, Split_B=True, Leave_Early=True,
    ).start()  # fmt: skip
    assert instance.complete("A").active == ["B#1"]
    assert instance.complete("B").active == ["After#1"]


def test_a_token_that_can_only_come_to_a_filled_flow_is_not_waited_for():
    instance = walk(
        start(), node("parallelGateway", "Split"), task("A"), task("Late"), task("B"), some("Join"), task("After"),
        end(),
        flow("Start", "Split"), flow("Split", "A"), flow("Split", "Late"), flow("Split", "B"), flow("A", "Join"),
        flow("Late", "A"), flow("B", "Join"), flow("Join", "After"), flow("After", "End"),
    ).start()  # fmt: skip
    instance.complete("A").complete("B")
    assert instance.active == ["Late#1", "After#1"]


KNOT = (
    start(), node("parallelGateway", "Split"), task("A"), task("B"), some("One"), some("Two"),
    gateway("AfterOne", "AfterOne-C"), gateway("AfterTwo", "AfterTwo-D"), task("C"), task("D"), end(),
    flow("Start", "Split"), flow("Split", "A"), flow("Split", "B"), flow("A", "One"), flow("B", "Two"),
    flow("One", "AfterOne"), flow("Two", "AfterTwo"), flow("AfterOne", "Two", '["x"]'), flow("AfterOne", "C"),
    flow("AfterTwo", "One", '["x"]'), flow("AfterTwo", "D"), flow("C", "End"), flow("D", "End"),
)  # fmt: skip


def test_of_two_joins_that_wait_for_each_other_the_first_goes_on():
    instance = walk(*KNOT).start().complete("B")
    assert instance.active == ["A#1"]
    instance.complete("A")
    assert instance.events.count(JoinForced(element_id="One")) == 1
    assert instance.active == ["D#1", "C#1"]
    assert JoinForced(element_id="Two") not in instance.events


def test_a_loop_back_into_the_split_is_waited_for():
    instance = walk(
        start(), gateway("Again"), some("Split"), task("A"), task("B"), some("Join"), gateway("Once", "Once-End"),
        end(),
        flow("Start", "Again"), flow("Again", "Split"), flow("Split", "A", '["a"]'), flow("Split", "B", '["b"]'),
        flow("A", "Join"), flow("B", "Join"), flow("Join", "Once"), flow("Once", "Again", '["x"]'), flow("Once", "End"),
        Split_A=True, Split_B=True, Once_Again=lambda vars: vars.gateway_action == "reject",
    ).start()  # fmt: skip
    instance.complete("A").complete("B", "abandon")
    assert instance.active == ["A#2", "B#2"]
    assert instance.complete("B").complete("A").events[-1] == ProcessEnded(end_event="End")


def test_a_token_may_not_wait_where_nothing_joins():
    instance = walk(*CHOICE, Split_A=True, Split_B=True).start().complete("A")
    spoiled: Json = [[5, 1, "e", 3, "wait", {"en": 1}], [6, 1, "f", 1, "join", {"lt": 2}]]
    state = State.from_json(instance.state.to_json() | {"tk": spoiled})
    assert isinstance(state, State)
    refused = Walk(instance.definition, state=state).try_complete("B")
    assert isinstance(refused, Refusal)
    assert refused.code == "INTEGRITY"


def test_conditions_that_exclude_each_other_need_no_inclusive_gateway():
    def conditions(first: str, second: str) -> bytes:
        return process(
            start(), some("Split"), task("A"), task("B"), end(), flow("Start", "Split"),
            flow("Split", "A", first), flow("Split", "B", second), flow("A", "End"), flow("B", "End"),
        )  # fmt: skip

    apart = conditions('["equals", ["gatewayAction"], "a"]', '["equals", ["gatewayAction"], "b"]')
    assert [finding.element_id for finding in found(apart, "DG2210")] == ["Split"]
    assert found(conditions('["equals", ["gatewayAction"], "a"]', '["x"]'), "DG2210") == []
