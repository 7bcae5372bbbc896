"""Conditions over an instance's data: which element they read, and what a failure tells."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.apps import AppEvaluator, AppVersion
from dialog_graph.apps.standing import Standing
from dialog_graph.bpmn import EvaluationFailed, Evaluator, Vars
from dialog_graph.model.instance import DataElement
from dialog_graph.model.party import Party, PartyKind
from tests.unit.apps.sample import METADATA, PROCESS, SETS, TEXTS, form, instance, loaded, metadata, process

OWNER = Party(party_id=50001, uuid=UUID(int=3), kind=PartyKind.PERSON, identifier="1", name="Ada")
VARS = Vars(gateway_action=None, last_task="Task_1", gateway="Gateway")


def asked(expression: str, *data: DataElement, changes: dict[str, Any] | None = None, **more: Any) -> Any:
    version = loaded({PROCESS: process(flow=expression), **(changes or {})})
    return AppEvaluator(version=version, instance=instance(*data), **more).condition("Flow_3", VARS)


def test_it_is_the_evaluator_that_the_interpreter_asks() -> None:
    evaluator: Evaluator = AppEvaluator(version=loaded(), instance=instance())

    assert evaluator.condition("Flow_3", VARS) is False


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('["equals", ["dataModel", "name"], "A"]', True),
        ('["dataModel", "rows[1].item"]', "y"),
        ('["dataModel", "nowhere.at.all"]', None),
        ('["dataModel", "not a path"]', None),
        ('["dataModel", "name", "xml"]', None),
        ('["count", ["dataModel", "rows"]]', 2.0),
        ('["countDataElements", "model"]', 1.0),
        ('["countDataElements", "nowhere"]', 0.0),
        ('["plus", ["dataModel", "price"], 1]', 2.5),
        ('["gatewayAction"]', None),
        ('["instanceContext", "appId"]', "ttd/sample"),
        ('["instanceContext", "instanceOwnerPartyType"]', "person"),
        ('["instanceContext", "instanceOwnerName"]', "Ada"),
        ('["instanceContext", "instanceId"]', f"50001/{UUID(int=7)}"),
        ('["text", "a"]', "A"),
        ('["text", "nowhere"]', "nowhere"),
        ('["language"]', "nb"),
    ],
)
def test_what_a_condition_reads(expression: str, value: Any) -> None:
    data = form({"name": "A", "price": 1.5, "rows": [{"item": "x"}, {"item": "y"}]})

    assert asked(expression, data, owner=OWNER) == value


def test_the_action_that_led_to_the_gateway() -> None:
    version = loaded({PROCESS: process(flow='["equals", ["gatewayAction"], "reject"]')})
    evaluator = AppEvaluator(version=version, instance=instance())

    assert evaluator.condition("Flow_3", Vars(gateway_action="reject", last_task="Task_1", gateway="Gateway")) is True


def test_the_gateway_s_own_data_type_wins_over_that_of_the_form() -> None:
    connected = (
        "<b:extensionElements><a:gatewayExtension><a:connectedDataTypeId>xml</a:connectedDataTypeId>"
        "</a:gatewayExtension></b:extensionElements>"
    )
    changes = {PROCESS: process(flow='["dataModel", "name"]', after=connected)}
    data = (form({"name": "of the form"}), form({"name": "of the gateway"}, "xml", 2))

    assert asked("", *data, changes=changes) == "of the gateway"
    assert asked('["dataModel", "name"]', *data) == "of the form"


def test_without_a_form_the_first_form_type_of_the_task_is_meant() -> None:
    assert asked('["dataModel", "name"]', form({"name": "A"}), changes={SETS: {"sets": []}}) == "A"


def test_several_elements_of_the_gateway_s_type_give_the_oldest() -> None:
    young, old = form({"name": "young"}, number=5), form({"name": "old"}, number=2)

    assert asked('["dataModel", "name"]', young, old) == "old"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('["dataModel", "name", "xml"]', "Data type xml has more than one data element"),
        ('["greaterThan", ["dataModel", "name"], 1]', "Expected number, got another value (at [1])"),
        ('["formatDate", ["dataModel", "name"]]', "Unable to parse date: Unknown format (at [1])"),
        ('["component", "c"]', "Unable to find component with identifier c"),
        ('["divide", 1, 0]', "The second argument is 0, cannot divide by 0"),
    ],
)
def test_a_failure_tells_why_and_never_the_data(expression: str, message: str) -> None:
    data = (form({"name": "secret"}), form({}, "xml", 2), form({}, "xml", 3))

    answer = asked(expression, *data)

    assert isinstance(answer, EvaluationFailed)
    assert answer.message.startswith(message)
    assert "secret" not in answer.message


def test_a_flow_without_a_compiled_condition_fails() -> None:
    evaluator = AppEvaluator(version=loaded(), instance=instance())

    assert isinstance(evaluator.condition("Flow_4", VARS), EvaluationFailed)


def test_texts_are_filled_from_data_instance_and_settings() -> None:
    rows = [
        {
            "id": "greeting",
            "value": "{0} {1} {2} {3} {4} {9}",
            "variables": [
                {"key": "name", "dataSource": "dataModel.default"},
                {"key": "name", "dataSource": "dataModel.nowhere", "defaultValue": "-"},
                {"key": "instanceOwnerPartyId", "dataSource": "instanceContext"},
                {"key": "Phone", "dataSource": "applicationSettings"},
                {"key": "a", "dataSource": "text"},
            ],
        },
        {"id": "a", "value": "{0}", "variables": [{"key": "a", "dataSource": "text"}]},
    ]
    version = loaded(
        {TEXTS: {"language": "nb", "resources": rows}, "appsettings.json": {"FrontEndSettings": {"Phone": "800"}}}
    )
    evaluator = AppEvaluator(version=version, instance=instance(form({"name": "{1}"})))

    assert evaluator.text("greeting", Standing(data_type="model")) == "{1} - 50001 800 a {9}"


def test_labels_of_options_are_translated() -> None:
    options = {"options/o.json": [{"value": 1, "label": "a"}, {"value": True, "label": "plain"}]}

    assert asked('["optionLabel", "o", 1]', changes=options) == "A"
    assert asked('["optionLabel", "o", "true"]', changes=options) == "plain"
    assert asked('["optionLabel", "o", "9"]', changes=options) is None
    assert isinstance(asked('["optionLabel", "x", 1]', changes=options), EvaluationFailed)


def test_the_time_zone_of_the_app_shows_dates() -> None:
    expression = '["formatDate", "2026-01-01T00:30:00Z", "HH:mm"]'

    assert asked(expression) == "01:30"
    assert asked(expression, changes={"dialog-graph.toml": 'timezone = "UTC"'}) == "00:30"


def test_a_stored_document_that_cannot_be_read_is_a_fault() -> None:
    broken = replace(form({}), document=b"{")
    evaluator = AppEvaluator(version=loaded(), instance=instance(broken))

    with pytest.raises(ValueError, match="stored document"):
        evaluator.condition("Flow_3", VARS)


def test_an_app_of_several_types_keeps_its_versions_apart() -> None:
    version: AppVersion = loaded({METADATA: metadata(title={"nb": "Annen"})})

    assert version.title_for("fr") == "Annen"
    assert loaded().title_for("en") == "Sample"
