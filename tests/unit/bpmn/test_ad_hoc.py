"""Ad-hoc subprocesses: offered activities, one or several at a time, and when they are left (process engine §4.15)."""

import pytest

from dialog_graph.bpmn import Activate, Outcome, Start, State, TaskLeft
from dialog_graph.bpmn.command_forms import decode_command, encode_command
from dialog_graph.bpmn.journal import replay
from dialog_graph.errors import Refusal
from tests.unit.bpmn.models import Given, Walk, end, flow, found, line, node, process, start, task, walk

DONE = '<bpmn:completionCondition>["done"]</bpmn:completionCondition>'


def ad_hoc(*parts: str, completion: bool = False, attributes: str = "") -> str:
    return node("adHocSubProcess", "Free", "".join(parts) + (DONE if completion else ""), attributes)


def instance_of(*parts: str, done: Given = False, completion: bool = False, attributes: str = "") -> Walk:
    shown = ad_hoc(*parts, completion=completion, attributes=attributes)
    return walk(*line(shown, task("After")), values={"Free:adHocCompletion": done}).start()


def activate(instance: Walk, *names: str) -> Walk:
    for name in names:
        refusal = instance.send(Activate(name))
        assert refusal is None, refusal
    return instance


def test_nothing_is_active_until_it_is_activated():
    instance = instance_of(task("A"), task("B"))
    assert (instance.active, instance.state.offered(instance.definition)) == ([], ("A", "B"))
    assert activate(instance, "B", "A", "B").active == ["B#1", "A#1", "B#2"]


def test_without_a_condition_it_is_left_when_everything_has_ended():
    instance = activate(instance_of(task("A"), task("B")), "A", "B").complete("A")
    assert instance.active == ["B#1"]
    assert instance.complete("B").active == ["After#1"]


def test_with_a_condition_it_stays_open_until_that_is_true():
    instance = instance_of(task("A"), completion=True, done=lambda vars: vars.last_task is None and len(seen) > 1)
    seen: list[str] = []
    for _ in range(2):
        activate(instance, "A")
        seen.append("A")
        instance.complete("A")
    assert instance.active == ["After#1"]


def test_the_rest_is_cancelled_or_waited_for():
    cancelled = activate(instance_of(task("A"), task("B"), completion=True, done=True), "A", "B").complete("A")
    assert cancelled.active == ["After#1"]
    assert TaskLeft(element_id="B", entry_no=1, outcome=Outcome.CANCELLED) in cancelled.events
    rules = 'cancelRemainingInstances="false"'
    waited = activate(instance_of(task("A"), task("B"), completion=True, done=True, attributes=rules), "A", "B")
    assert waited.complete("A").active == ["B#1"]
    assert waited.state.offered(waited.definition) == ()
    assert waited.complete("B").active == ["After#1"]


def test_in_order_only_one_is_active_at_a_time():
    instance = activate(instance_of(task("A"), task("B"), completion=True, attributes='ordering="Sequential"'), "A")
    assert instance.state.offered(instance.definition) == ()
    refused = instance.send(Activate("B"))
    assert isinstance(refused, Refusal)
    assert refused.code == "NOT_ACTIVE"
    assert activate(instance.complete("A"), "B").active == ["B#1"]


def test_what_a_flow_leads_to_is_not_offered_but_follows():
    instance = activate(instance_of(task("A"), task("B"), flow("A", "B")), "A")
    assert isinstance(instance.send(Activate("B")), Refusal)
    assert instance.complete("A").active == ["B#1"]


@pytest.mark.parametrize("name", ["Nowhere", "After", "Start", "Free"])
def test_only_what_is_offered_can_be_activated(name: str):
    refused = instance_of(task("A")).send(Activate(name))
    assert isinstance(refused, Refusal)
    assert refused.code == "NOT_ACTIVE"


def test_the_command_is_part_of_the_journal():
    assert decode_command(encode_command(Activate("A"))) == Activate("A")
    assert isinstance(decode_command({"type": "activate"}), Refusal)
    instance = activate(instance_of(task("A"), completion=True), "A")
    again = replay(instance.definition, [record.to_json() for record in instance.records])
    assert getattr(again, "state", None) == instance.state
    assert State.from_json(instance.state.to_json()) == instance.state


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        (start("In") + task("A"), "start or end event"),
        (task("A") + end("Out"), "start or end event"),
        ("", "without an activity"),
        (task("A") + flow("A", "A"), "without an activity"),
    ],
)
def test_ad_hoc_subprocesses_that_cannot_be(inside: str, words: str):
    text = process(*line(ad_hoc(inside)))
    assert any(words in finding.message for finding in found(text, "DG2119"))


def test_no_process_no_activation():
    refused = walk(*line(ad_hoc(task("A")))).send(Activate("A"))
    assert isinstance(refused, Refusal)
    assert walk(*line(ad_hoc(task("A")))).send(Start()) is None
