"""The exclusive gateway: standard rule, strict rule, code gateway, failures."""

import pytest

from dialog_graph.bpmn import AskGateway, EvaluationFailed, IncidentOpened, IncidentResolved, Retry, Vars
from dialog_graph.model.json_value import Json
from tests.unit.bpmn.models import end, flow, gateway, start, task, walk

ENDS = (task("A"), task("B"), task("C"), end(), flow("A", "End"), flow("B", "End"), flow("C", "End"))
HEAD = (start(), task("Fill"), flow("Start", "Fill"), flow("Fill", "Gateway"))
CHOICE = (*HEAD, gateway(), flow("Gateway", "A", '["a"]'), flow("Gateway", "B", '["b"]'), *ENDS[:-1])
WITH_DEFAULT = (
    *HEAD, gateway(default="Gateway-C"),
    flow("Gateway", "C"), flow("Gateway", "A", '["a"]'), flow("Gateway", "B", '["b"]'), *ENDS,
)  # fmt: skip
STRICT = 'dg:strict="altinn"'


def test_the_first_true_condition_wins_and_later_ones_are_not_asked():
    instance = walk(*WITH_DEFAULT, Gateway_A=True, Gateway_B=True).start().complete("Fill")
    assert instance.active == ["A#1"]
    assert [flow_id for flow_id, _ in instance.answers.asked] == ["Gateway-A"]


def test_the_default_flow_is_taken_when_no_condition_is_true_wherever_it_stands():
    assert walk(*WITH_DEFAULT).start().complete("Fill").active == ["C#1"]


@pytest.mark.parametrize("nearly", ["true", 1, None, [True], {"a": True}, 1.0])
def test_only_exactly_true_is_true(nearly: Json):
    assert walk(*WITH_DEFAULT, Gateway_A=nearly).start().complete("Fill").active == ["C#1"]


def test_a_condition_sees_the_action_and_the_task_that_was_left():
    instance = walk(*CHOICE, Gateway_B=True).start().complete("Fill")
    assert instance.answers.asked == [
        ("Gateway-A", Vars(None, "Fill", "Gateway")),
        ("Gateway-B", Vars(None, "Fill", "Gateway")),
    ]


def test_no_true_condition_and_no_default_is_refused_with_every_answer():
    instance = walk(*CHOICE, Gateway_B="yes").start()
    refused = instance.try_complete("Fill")
    assert refused is not None
    assert (refused.code, refused.path) == ("NO_FLOW", ("Gateway",))
    assert refused.actual == '"Gateway-A" (["a"]) gave false, "Gateway-B" (["b"]) gave a string'
    assert instance.active == ["Fill#1"]


def test_a_condition_that_fails_is_refused_and_the_default_is_not_taken():
    refused = walk(*WITH_DEFAULT, Gateway_A=EvaluationFailed("no such field")).start().try_complete("Fill")
    assert refused is not None
    assert refused.code == "CONDITION_FAILED"
    assert "failed: no such field" in refused.actual


def test_a_flow_without_condition_among_others_is_true_at_its_place():
    parts = (
        *HEAD,
        gateway(),
        flow("Gateway", "A", '["a"]'),
        flow("Gateway", "B"),
        flow("Gateway", "C", '["c"]'),
        *ENDS,
    )
    assert walk(*parts, Gateway_C=True).start().complete("Fill").active == ["B#1"]
    assert walk(*parts, Gateway_A=True).start().complete("Fill").active == ["A#1"]


def test_a_gateway_with_one_flow_takes_it():
    assert walk(*HEAD, gateway(), flow("Gateway", "A"), *ENDS).start().complete("Fill").active == ["A#1"]


def test_the_strict_rule_asks_all_and_wants_exactly_one():
    instance = walk(*CHOICE, attributes=STRICT, Gateway_A=True).start().complete("Fill")
    assert instance.active == ["A#1"]
    assert len(instance.answers.asked) == 2


@pytest.mark.parametrize("both", [True, False])
def test_the_strict_rule_refuses_none_and_several(both: bool):
    refused = walk(*CHOICE, attributes=STRICT, Gateway_A=both, Gateway_B=both).start().try_complete("Fill")
    assert refused is not None
    assert refused.code == "GATEWAY_AMBIGUOUS"


def test_the_default_flow_is_nothing_special_under_the_strict_rule():
    assert walk(*WITH_DEFAULT, attributes=STRICT).start().complete("Fill").active == ["C#1"]
    refused = walk(*WITH_DEFAULT, attributes=STRICT, Gateway_A=True).start().try_complete("Fill")
    assert refused is not None
    assert refused.code == "GATEWAY_AMBIGUOUS"


CODE = (*HEAD, gateway(), flow("Gateway", "A"), flow("Gateway", "B"), *ENDS)
CODE_WITH_DEFAULT = (*HEAD, gateway(default="Gateway-B"), flow("Gateway", "A"), flow("Gateway", "B"), *ENDS)


def test_without_conditions_the_apps_code_chooses():
    instance = walk(*CODE)
    instance.gateways["Gateway"] = ("Gateway-B",)
    assert instance.start().complete("Fill").active == ["B#1"]
    asked = [effect for effect in instance.effects if isinstance(effect, AskGateway)]
    assert asked == [AskGateway(element_id="Gateway", flows=("Gateway-A", "Gateway-B"), last_task="Fill")]


@pytest.mark.parametrize(
    ("answer", "code"),
    [((), "NO_HANDLER"), (("Gateway-A", "Gateway-B"), "GATEWAY_AMBIGUOUS"), (("Elsewhere",), "NO_FLOW")],
)
def test_an_answer_that_is_not_one_flow_is_refused(answer: tuple[str, ...], code: str):
    instance = walk(*CODE).start()
    instance.gateways["Gateway"] = answer
    refused = instance.try_complete("Fill")
    assert refused is not None
    assert (refused.code, refused.path) == (code, ("Gateway",))
    assert instance.active == ["Fill#1"]


def test_without_code_the_default_flow_is_taken_but_not_under_the_strict_rule():
    assert walk(*CODE_WITH_DEFAULT).start().complete("Fill").active == ["B#1"]
    refused = walk(*CODE_WITH_DEFAULT, attributes=STRICT).start().try_complete("Fill")
    assert refused is not None
    assert refused.code == "NO_HANDLER"


def test_a_workers_command_parks_before_the_gateway_and_retry_goes_on():
    instance = walk(*CHOICE).start()
    instance.by_engine = True
    instance.complete("Fill")
    opened = instance.events[-1]
    assert isinstance(opened, IncidentOpened)
    assert (opened.element_id, opened.entry_no, opened.code) == ("Gateway", 0, "NO_FLOW")
    assert [i.element_id for i in instance.state.open_incidents(instance.definition)] == ["Gateway"]

    instance.by_engine = False
    refused = instance.send(Retry("Gateway", 0))
    assert refused is not None
    assert refused.code == "NO_FLOW"

    instance.answers.by_flow["Gateway-B"] = True
    assert instance.send(Retry("Gateway", 0)) is None
    assert IncidentResolved(element_id="Gateway", entry_no=0, code="NO_FLOW") in instance.events
    assert (instance.active, instance.state.incidents) == (["B#1"], ())


def test_a_workers_command_parks_at_a_code_gateway_and_retry_asks_again():
    instance = walk(*CODE).start()
    instance.by_engine = True
    instance.complete("Fill")
    assert instance.active == []
    instance.by_engine = False
    instance.gateways["Gateway"] = ("Gateway-A",)
    assert instance.send(Retry("Gateway", 0)) is None
    assert instance.active == ["A#1"]
