"""Rules of the app: which fields they look at, what stops a task, and rules that give no answer."""

from typing import Any

import pytest

from dialog_graph.apps import AppVersion, Reader, Source, validate, validate_element
from dialog_graph.errors import Issue, Refused, Severity
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party
from tests.unit.apps.sample import METADATA, TEXTS, data_type, form, instance, loaded
from tests.unit.apps.test_evaluator import OWNER

RULES_FILE = "models/model.validation.json"
FIELD: Json = ["dataModel", ["argv", 0]]


def app(validations: Any, changes: dict[str, Any] | None = None, **definitions: Any) -> AppVersion:
    return loaded({RULES_FILE: {"validations": validations, "definitions": definitions}, **(changes or {})})


def rule(condition: Any, message: Any = "Nei", **more: Any) -> dict[str, Any]:
    return {"message": message, "condition": condition, **more}


def run(version: AppVersion, document: Any, owner: Party | None = None) -> tuple[Issue, ...]:
    return validate(version, instance(form(document)), "Task_1", [Source.EXPRESSION], Reader(owner=owner))


def test_a_condition_that_is_true_gives_an_issue_at_its_field() -> None:
    version = app({"name": [rule(["equals", FIELD, "x"])]})

    (issue,) = run(version, {"name": "x"})

    assert (issue.code, issue.source, issue.field, issue.severity) == ("Nei", "Expression", "name", Severity.ERROR)
    assert issue.message == {"nb": "Nei", "nn": "Nei", "en": "Nei"}
    assert run(version, {"name": "y"}) == ()


def test_every_row_is_looked_at_and_sees_itself() -> None:
    version = app({"rows.item": [rule(["greaterThan", ["dataModel", "rows.cost"], 10])]})
    rows = [{"item": "a", "cost": 20}, {"item": "b", "cost": 5}, {"cost": 30}, {"item": None, "cost": 30}]

    assert [issue.field for issue in run(version, {"rows": rows})] == ["rows[0].item"]


def test_an_array_at_the_end_is_one_field() -> None:
    version = app({"tags": [rule(["greaterThan", ["count", ["dataModel", "tags"]], 1])]})

    assert [issue.field for issue in run(version, {"tags": ["a", "b"]})] == ["tags"]


@pytest.mark.parametrize("document", [{}, {"name": None}, {"rows": "no list"}])
def test_what_is_null_is_left_to_required(document: Any) -> None:
    version = app({"name": [rule(True)], "rows.item": [rule(True)]})

    assert run(version, document) == ()


@pytest.mark.parametrize(
    "condition", ["true", 1, ["dataModel", "nowhere"], ["concat", "true"], ["divide", 1, 0], ["greaterThan", FIELD, 1]]
)
def test_a_rule_that_gives_no_answer_stops_the_run_and_names_file_and_field(condition: Any) -> None:
    version = app({"name": [rule(condition)]})

    with pytest.raises(Refused) as caught:
        run(version, {"name": "secret"})

    refusal = caught.value.refusal
    assert (refusal.code, refusal.path) == ("VALIDATION_RULE_FAILED", ("name",))
    assert RULES_FILE in refusal.expected
    assert "secret" not in refusal.message


def test_while_editing_a_rule_that_gives_no_answer_is_an_issue() -> None:
    version = app({"age": [rule(["equals", FIELD, 5])], "name": [rule(1)]})
    element = form({"name": "x", "age": 5})

    issues = validate_element(version, element, instance(element))

    assert [(issue.code, issue.field) for issue in issues] == [("Nei", "age"), ("VALIDATION_RULE_FAILED", "name")]
    assert validate_element(version, element) == ()


def test_definitions_lend_what_a_rule_does_not_say_itself() -> None:
    version = app(
        {"name": ["base", {"ref": "warned", "message": "Egen"}]},
        base=rule(["equals", FIELD, "x"], "Felles"),
        warned={"ref": "base", "severity": "warning"},
    )

    issues = run(version, {"name": "x"})

    assert [(issue.code, issue.severity) for issue in issues] == [
        ("Felles", Severity.ERROR),
        ("Egen", Severity.WARNING),
    ]


@pytest.mark.parametrize(
    ("written", "severity"),
    [
        ("error", Severity.ERROR),
        ("warning", Severity.WARNING),
        ("informational", Severity.INFORMATION),
        ("success", Severity.SUCCESS),
        ("fixed", None),
    ],
)
def test_severities(written: str, severity: Severity | None) -> None:
    issues = run(app({"name": [rule(True, severity=written)]}), {"name": "x"})

    assert [issue.severity for issue in issues] == ([severity] if severity else [])


def test_messages_are_texts_with_values_in_each_language() -> None:
    variables = [
        {"key": "field", "dataSource": "customTextParameters"},
        {"key": "rows[{0}].cost", "dataSource": "dataModel.default"},
    ]

    def text(value: str) -> dict[str, Any]:
        return {"resources": [{"id": "too.much", "value": value, "variables": variables}]}

    version = app(
        {"rows.item": [rule(["greaterThan", ["dataModel", "rows.cost"], 10], "too.much")]},
        {TEXTS: text("{0} koster {1}"), "config/texts/resource.en.json": text("{0} costs {1}")},
    )

    (issue,) = run(version, {"rows": [{"item": "a"}, {"item": "b", "cost": 20}]})

    assert issue.code == "too.much"
    assert issue.message == {
        "nb": "rows[1].item koster 20",
        "nn": "rows[1].item koster 20",
        "en": "rows[1].item costs 20",
    }


def test_a_message_may_be_computed() -> None:
    version = app({"name": [rule(True, ["concat", "Hei ", FIELD])]})

    (issue,) = run(version, {"name": "Ada"})

    assert issue.message["en"] == "Hei Ada"


def test_a_message_that_only_a_browser_can_make_still_gives_the_issue() -> None:
    version = app({"name": [rule(True, ["linkToPage", "a", "b"])]})

    (issue,) = run(version, {"name": "Ada"})

    assert issue.code == "expression"
    assert issue.message["en"] == "The value is not valid."


def test_several_elements_of_a_type_are_each_checked_in_their_own_data() -> None:
    version = app({"name": [rule(["equals", ["dataModel", "age"], 2])]}, {METADATA: data_type(maxCount=2)})
    first, second = form({"name": "a", "age": 1}, number=1), form({"name": "b", "age": 2}, number=2)

    (issue,) = validate(version, instance(first, second), "Task_1", [Source.EXPRESSION])

    assert issue.data_element_id == second.element_id


def test_rules_may_ask_for_the_owner() -> None:
    version = app({"name": [rule(["equals", ["instanceContext", "instanceOwnerName"], "Ada"])]})

    assert len(run(version, {"name": "x"}, OWNER)) == 1
    assert run(version, {"name": "x"}) == ()


def test_the_setting_switches_the_source_off() -> None:
    off = {"appsettings.json": {"AppSettings": {"ExpressionValidation": False}}}

    assert run(app({"name": [rule(1)]}, off), {"name": "x"}) == ()
