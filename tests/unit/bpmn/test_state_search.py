"""Joins that do not fit the splits before them are found by playing with free conditions (process engine §5)."""

import pytest

from dialog_graph.bpmn.reading import state_search
from tests.unit.bpmn.models import codes, end, flow, found, gateway, line, node, process, start, task


def both(id: str) -> str:
    return node("parallelGateway", id)


def diamond(split: str, join: str, *, conditions: bool) -> bytes:
    texts = ('["x"]', '["y"]') if conditions else (None, None)
    return process(
        start(), split, task("A"), task("B"), join, task("After"), end(), flow("Start", "Split"),
        flow("Split", "A", texts[0]), flow("Split", "B", texts[1]), flow("A", "Join"), flow("B", "Join"),
        flow("Join", "After"), flow("After", "End"),
    )  # fmt: skip


FOUND = ["DG2207", "DG2208", "DG2209"]


def of_search(text: bytes) -> list[str]:
    return [code for code in codes(text) if code in FOUND]


def test_a_join_fits_its_own_kind_of_split():
    assert of_search(diamond(both("Split"), both("Join"), conditions=False)) == []
    assert of_search(diamond(gateway("Split"), gateway("Join"), conditions=True)) == []
    some = (node("inclusiveGateway", "Split"), node("inclusiveGateway", "Join"))
    assert of_search(diamond(*some, conditions=True)) == []


def test_a_parallel_join_behind_a_choice_waits_for_ever():
    text = diamond(gateway("Split"), both("Join"), conditions=True)
    assert [finding.element_id for finding in found(text, "DG2207")] == ["Join"]


def test_a_parallel_join_behind_an_inclusive_split_may_wait_for_ever():
    text = diamond(node("inclusiveGateway", "Split"), both("Join"), conditions=True)
    assert [finding.element_id for finding in found(text, "DG2207")] == ["Join"]


def test_an_exclusive_merge_behind_a_parallel_split_lets_two_tokens_pass():
    text = diamond(both("Split"), gateway("Join"), conditions=False)
    assert [finding.element_id for finding in found(text, "DG2208")] == ["Join"]


def test_an_inclusive_join_takes_what_comes_from_any_split():
    assert of_search(diamond(both("Split"), node("inclusiveGateway", "Join"), conditions=False)) == []


def test_every_scope_is_looked_at_for_itself():
    inside = (
        start("In"), gateway("Choice"), task("A"), task("B"), both("Inner"), end("Out"), flow("In", "Choice"),
        flow("Choice", "A", '["x"]'), flow("Choice", "B", '["y"]'), flow("A", "Inner"), flow("B", "Inner"),
        flow("Inner", "Out"),
    )  # fmt: skip
    text = process(*line(node("subProcess", "Sub", "".join(inside))))
    assert [finding.element_id for finding in found(text, "DG2207")] == ["Inner"]


def test_a_terminate_end_leaves_nothing_waiting():
    stop = node("endEvent", "Stop", "<bpmn:terminateEventDefinition/>")
    text = process(
        start(), both("Split"), task("A"), gateway("Choice", "Choice-Join"), stop, task("B"), both("Join"), end(),
        flow("Start", "Split"), flow("Split", "A"), flow("Split", "B"), flow("A", "Choice"),
        flow("Choice", "Stop", '["x"]'), flow("Choice", "Join"), flow("B", "Join"), flow("Join", "End"),
    )  # fmt: skip
    assert of_search(text) == []


def test_the_search_has_an_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(state_search, "MAX_MARKINGS", 3)
    text = diamond(both("Split"), both("Join"), conditions=False)
    assert [(finding.code, finding.element_id) for finding in found(text, "DG2209")] == [("DG2209", "P")]


def test_branches_that_cannot_hinder_each_other_are_not_played_in_every_order():
    names = [f"T{number}" for number in range(60)]
    text = process(
        start(), both("Split"), *(task(name) for name in names), both("Join"), end(), flow("Start", "Split"),
        *(flow("Split", name) for name in names), *(flow(name, "Join") for name in names), flow("Join", "End"),
    )  # fmt: skip
    assert of_search(text) == []


def test_two_tokens_behind_a_merge_are_found_behind_long_branches():
    text = process(
        start(), both("Split"), task("A"), task("B"), task("C"), gateway("Merge"), task("Then"), end(),
        flow("Start", "Split"), flow("Split", "A"), flow("A", "B"), flow("B", "Merge"), flow("Split", "C"),
        flow("C", "Merge"), flow("Merge", "Then"), flow("Then", "End"),
    )  # fmt: skip
    assert [finding.element_id for finding in found(text, "DG2208")] == ["Merge"]


def test_many_branches_that_choose_stop_the_search_and_not_the_reader():
    names = [f"T{number}" for number in range(16)]
    text = process(
        start(), both("Split"), *(task(name) for name in names), both("Join"), end(), flow("Start", "Split"),
        *(flow("Split", name) for name in names), *(flow(name, "Join") for name in names), flow("Join", "End"),
        *(flow(name, name, '["x"]') for name in names),
    )  # fmt: skip
    assert "DG2209" in of_search(text)
