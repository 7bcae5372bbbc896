"""Standard loops and multi-instances (process engine §4.13, §13.1, invariant P18)."""

import pytest

from dialog_graph.bpmn import (
    EvaluationFailed,
    Facts,
    Limits,
    Outcome,
    Start,
    State,
    TaskEntered,
    TaskLeft,
    Vars,
    advance,
)
from dialog_graph.bpmn.journal import replay
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.unit.bpmn.models import (
    NOW,
    Given,
    Walk,
    end,
    flow,
    found,
    line,
    node,
    process,
    read,
    start,
    task,
    walk,
)


def looped(id: str, loop: str, tag: str = "userTask", inside: str = "") -> str:
    return node(tag, id, inside + loop)


def rounds(condition: str = "", attributes: str = "") -> str:
    inside = f"<bpmn:loopCondition>{condition}</bpmn:loopCondition>" if condition else ""
    return f"<bpmn:standardLoopCharacteristics {attributes}>{inside}</bpmn:standardLoopCharacteristics>"


def several(*parts: str, sequential: bool = False, ours: str = "") -> str:
    attributes = ' isSequential="true"' if sequential else ""
    own = f"<bpmn:extensionElements><dg:multiInstance {ours}/></bpmn:extensionElements>" if ours else ""
    return (
        f"<bpmn:multiInstanceLoopCharacteristics{attributes}>{own}{''.join(parts)}"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


COUNT = '<bpmn:loopCardinality>["n"]</bpmn:loopCardinality>'
ENOUGH = '<bpmn:completionCondition>["c"]</bpmn:completionCondition>'
LIST = """collection='["parties"]'"""
OUTPUT = """outputElement='["o"]' outputCollection="answers" """


def instance_of(loop: str, **values: Given) -> Walk:
    given = {f"T:{part}": answer for part, answer in values.items()}
    return walk(*line(looped("T", loop), task("After")), values=given).start()


def finish(instance: Walk) -> list[str]:
    """Completes the first open entry until none of T is left; what was open each time."""
    seen: list[str] = []
    while instance.active and instance.active[0].startswith("T"):
        seen.append(" ".join(instance.active))
        instance.complete("T")
    return [*seen, *instance.active]


def test_a_loop_runs_while_its_condition_is_true():
    instance = instance_of(rounds('["x"]'), loopCondition=lambda vars: vars.argv[4] != 3)
    assert finish(instance) == ["T#1", "T#2", "T#3", "After#1"]


def test_a_maximum_caps_a_loop():
    assert finish(instance_of(rounds('["x"]', 'loopMaximum="2"'), loopCondition=True)) == ["T#1", "T#2", "After#1"]
    assert finish(instance_of(rounds("", 'loopMaximum="2"'))) == ["T#1", "T#2", "After#1"]


def test_a_condition_tested_before_may_skip_the_activity():
    assert finish(instance_of(rounds('["x"]', 'testBefore="true"'), loopCondition=False)) == ["After#1"]
    once = instance_of(rounds('["x"]', 'testBefore="true"'), loopCondition=lambda vars: vars.argv[1] == 0)
    assert finish(once) == ["T#1", "After#1"]


def test_sequential_instances_follow_each_other():
    assert finish(instance_of(several(COUNT, sequential=True), cardinality=3)) == ["T#1", "T#2", "T#3", "After#1"]


def test_parallel_instances_are_open_together():
    instance = instance_of(several(COUNT), cardinality=3)
    assert [e.loop_index for e in instance.events if isinstance(e, TaskEntered)] == [0, 1, 2]
    assert finish(instance) == ["T#1 T#2 T#3", "T#2 T#3", "T#3", "After#1"]


@pytest.mark.parametrize(
    ("loop", "values"), [(several(COUNT), {"cardinality": 0}), (several(ours=LIST), {"collection": []})]
)
def test_no_items_complete_at_once(loop: str, values: dict[str, Given]):
    assert instance_of(loop, **values).active == ["After#1"]


def test_the_collection_is_read_once_and_kept():
    items: list[Json] = ["kari", "ola"]
    instance = instance_of(several(ours=LIST, sequential=True), collection=items)
    assert instance.state.to_json()["sc"] == [
        [1, 0, 0, "p", {}],
        [3, 1, 1, "m", {"h": 2, "n": 2, "c": ["kari", "ola"]}],
    ]
    instance.answers.by_flow["T:collection"] = ["somebody", "else", "now"]
    assert finish(instance) == ["T#1", "T#2", "After#1"]


def test_the_condition_that_completes_cancels_the_rest():
    seen: list[tuple[Json, ...]] = []

    def enough(vars: Vars) -> bool:
        seen.append(vars.argv)
        return vars.argv[4] == 2

    instance = instance_of(several(ENOUGH, ours=LIST), collection=["a", "b", "c"], completionCondition=enough)
    instance.send_entry("T", 2)
    instance.send_entry("T", 1)
    assert instance.active == ["After#1"]
    assert seen == [("b", 1, 3, 2, 1), ("a", 0, 3, 1, 2)]
    assert TaskLeft(element_id="T", entry_no=3, outcome=Outcome.CANCELLED) in instance.events


def test_outputs_are_in_the_order_of_the_items_and_null_for_cancelled_ones():
    instance = instance_of(
        several(ENOUGH, ours=f"{LIST} {OUTPUT}"),
        collection=["a", "b", "c"],
        outputElement=lambda vars: {"of": vars.argv[0]},
        completionCondition=lambda vars: vars.argv[4] == 2,
    )
    instance.send_entry("T", 3)
    instance.send_entry("T", 1)
    assert instance.state.vars == {"answers": [{"of": "a"}, None, {"of": "c"}]}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"cardinality": -1}, "CONDITION_FAILED"),
        ({"cardinality": 1.5}, "CONDITION_FAILED"),
        ({"cardinality": True}, "CONDITION_FAILED"),
        ({"cardinality": "2"}, "CONDITION_FAILED"),
        ({"cardinality": EvaluationFailed("no data")}, "CONDITION_FAILED"),
        ({"cardinality": 10_001}, "LOOP_LIMIT"),
        ({"cardinality": 501}, "LOOP_LIMIT"),
    ],
)
def test_a_number_that_is_none_is_refused(values: dict[str, Given], code: str):
    instance = walk(*line(looped("T", several(COUNT))), values={"T:cardinality": values["cardinality"]})
    refused = instance.send(Start())
    assert refused is not None
    assert refused.code == code


def test_a_collection_must_be_a_list_of_bounded_size():
    wrong: tuple[tuple[Json, str], ...] = (({"a": 1}, "CONDITION_FAILED"), (["x" * 70_000], "LOOP_LIMIT"))
    for value, code in wrong:
        refused = walk(*line(looped("T", several(ours=LIST))), values={"T:collection": value}).send(Start())
        assert refused is not None
        assert refused.code == code


class OnlyConditions:
    def condition(self, flow_id: str, vars: Vars) -> Json:
        return True


def test_an_evaluator_without_values_fails_the_loop_by_name():
    definition = read(process(*line(looped("T", several(COUNT)))))
    facts = Facts(now=NOW, actor="tester", evaluator=OnlyConditions())
    refused = advance(definition, State.empty(), Start(), facts)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.path) == ("CONDITION_FAILED", ("T",))


def test_values_are_part_of_the_journal():
    instance = instance_of(several(ENOUGH, ours=LIST), collection=["a", {"b": None}], completionCondition=False)
    instance.send_entry("T", 2)
    again = replay(instance.definition, [record.to_json() for record in instance.records])
    assert getattr(again, "state", None) == instance.state


def test_the_boundary_belongs_to_all_instances():
    inside = (start("In"), task("A"), node("endEvent", "Throw", '<bpmn:errorEventDefinition errorRef="e"/>'),
              flow("In", "A"), flow("A", "Throw"))  # fmt: skip
    parts = (
        start(), looped("Sub", several(COUNT), "subProcess", "".join(inside)),
        node("boundaryEvent", "Edge", "<bpmn:errorEventDefinition/>", 'attachedToRef="Sub"'), task("Caught"), end(),
        flow("Start", "Sub"), flow("Sub", "End"), flow("Edge", "Caught"), flow("Caught", "End"),
    )  # fmt: skip
    text = process(*parts).replace(b'<bpmn:process id="P"', b'<bpmn:error id="e"/><bpmn:process id="P"')
    instance = Walk(read(text))
    instance.answers.by_flow["Sub:cardinality"] = 3
    instance.start()
    assert instance.active == ["A#1", "A#2", "A#3"]
    instance.send_entry("A", 2)
    assert instance.active == ["Caught#1"]


def test_a_sent_back_instance_takes_the_whole_activity_with_it():
    parts = line(task("Before"), looped("T", several(COUNT), inside=BACK), task("After"))
    instance = walk(*parts, values={"T:cardinality": 3}).start().complete("Before")
    instance.send_entry("T", 2, "sendBack:Before")
    assert instance.active == ["Before#2"]


BACK = '<bpmn:extensionElements><dg:external sendBackTo="Before"/></bpmn:extensionElements>'


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (looped("X", rounds()), "without a condition or a maximum"),
        (looped("X", rounds("", 'loopMaximum="0"')), "no whole number above 0"),
        (looped("X", rounds('["x"]', 'loopMaximum="many"')), "no whole number above 0"),
        (looped("X", several()), "neither collection nor cardinality"),
        (looped("X", several(COUNT, ours='outputCollection="a"')), "needs both"),
        (looped("X", several(COUNT), "exclusiveGateway"), "cannot loop"),
    ],
)
def test_loops_that_cannot_be(part: str, words: str):
    assert any(words in finding.message for finding in found(process(*line(task("A")), part), "DG2118"))


def test_ten_open_tasks_stay_small():
    instance = instance_of(several(COUNT), cardinality=10)
    from_json = State.from_json(instance.state.to_json())
    assert from_json == instance.state
    assert len(str(instance.state.to_json()).replace(" ", "")) <= 600


def test_a_body_that_does_not_fit_is_refused():
    instance = instance_of(several(COUNT), cardinality=2)
    for change in ({"ix": 0}, {}):
        written = instance.state.to_json()
        written["tk"] = [[2, 1, "e", 1, "sub", {"ix": 0} if change else {}], [6, 3, "e", 1, "wait", {"en": 1}]]
        state = State.from_json(written)
        assert isinstance(state, State)
        refused = Walk(instance.definition, state=state, limits=Limits()).try_complete("T")
        assert isinstance(refused, Refusal)
        assert refused.code == "INTEGRITY"
