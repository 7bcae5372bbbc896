"""Link events and none throws (process engine §4.11)."""

import pytest

from tests.unit.bpmn.models import end, flow, found, line, node, process, start, task, walk


def link(tag: str, id: str, name: str = "there") -> str:
    return node(f"intermediate{tag}Event", id, f'<bpmn:linkEventDefinition name="{name}"/>')


def test_a_link_goes_on_at_the_catch_of_its_name():
    instance = walk(
        start(), link("Throw", "Away"), link("Catch", "Here"), link("Catch", "Other", "elsewhere"), task("A"),
        task("B"), end(), flow("Start", "Away"), flow("Here", "A"), flow("Other", "B"), flow("A", "End"),
        flow("B", "End"),
    ).start()  # fmt: skip
    assert instance.active == ["A#1"]


def test_a_none_throw_is_a_step_without_waiting():
    assert walk(*line(node("intermediateThrowEvent", "Milestone"), task("A"))).start().active == ["A#1"]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((link("Throw", "X"), flow("Start", "X")), "which nothing in its scope catches"),
        ((link("Throw", "X"), link("Catch", "Y"), flow("X", "End"), flow("Y", "End")), "throws and has an outgoing"),
        ((link("Catch", "X"), flow("Start", "X"), flow("X", "End")), "catches and has an incoming"),
        ((link("Catch", "X"), link("Catch", "Y")), "is a second catch"),
        ((link("Throw", "X"), node("subProcess", "S", start("I") + link("Catch", "Y"))), "which nothing in its scope"),
    ],
)
def test_links_that_lead_nowhere(parts: tuple[str, ...], words: str):
    assert any(words in finding.message for finding in found(process(*line(task("A")), *parts), "DG2114"))


def test_links_that_lead_in_a_circle_are_refused():
    parts = (link("Throw", "X"), link("Catch", "Y"), node("exclusiveGateway", "G"), flow("Y", "G"), flow("G", "X"))
    assert [finding.element_id for finding in found(process(*line(task("A")), *parts), "DG2205")] == ["X"]
