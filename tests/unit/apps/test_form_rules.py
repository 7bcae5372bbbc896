"""What a form asks for and takes away: required fields, hidden fields in validation, removal of hidden data."""

from dataclasses import replace
from typing import Any

import pytest

from dialog_graph.apps import AppVersion, Source, validate
from dialog_graph.apps.forms.hidden_data import remove_hidden
from dialog_graph.model.instance import DataElement
from tests.unit.apps.forms_sample import app, group, page, part
from tests.unit.apps.sample import METADATA, SETS, TEXTS, data_type, form, instance, loaded

REMOVING = {"appsettings.json": {"AppSettings": {"RemoveHiddenData": True}}}


def missing(version: AppVersion, document: Any, *others: DataElement) -> list[str | None]:
    issues = validate(version, instance(form(document), *others), "Task_1", [Source.REQUIRED])
    assert all(issue.code == "required" for issue in issues)
    return [issue.field for issue in issues]


# required


@pytest.mark.parametrize(
    ("value", "is_missing"),
    [(None, True), ("", True), (" \t", True), ([], True), (0, False), (False, False), ("x", False), (["a"], False)],
)
def test_null_blank_and_empty_are_missing(value: Any, is_missing: bool) -> None:
    version = app(part("a", bound="name", required=True))

    assert missing(version, {"name": value}) == (["name"] if is_missing else [])


def test_every_field_of_a_visible_component_in_every_row() -> None:
    bindings = {"address": "name", "zipCode": "address.city"}
    version = app(
        {"id": "a", "type": "Address", "dataModelBindings": bindings, "required": True},
        group("rows", "rows", "item", required=True, hiddenRow=["equals", ["dataModel", "rows.cost"], 0]),
        part("item", bound="rows.item", required=["greaterThan", ["dataModel", "rows.cost"], 1]),
        part("gone", bound="price", required=True, hidden=True),
        part("again", bound="name", required=True),
    )
    rows = [{"cost": 2}, {"cost": 1}, {"cost": 0}, {"cost": 3, "item": "x"}, {"cost": 4}]

    assert missing(version, {"rows": rows}) == ["name", "address.city", "rows[0].item", "rows[4].item"]


def test_data_of_other_tasks_is_not_asked_for() -> None:
    version = app(
        part("a", required=True, dataModelBindings={"simpleBinding": {"dataType": "xml", "field": "name"}}),
        changes={METADATA: data_type(1, taskId=None)},
    )

    assert missing(version, {}, form({}, "xml", 2)) == []


def test_the_task_s_data_without_an_element_is_missing_too() -> None:
    version = app(part("a", required=True, dataModelBindings={"simpleBinding": {"dataType": "xml", "field": "name"}}))

    (issue,) = validate(version, instance(form({})), "Task_1", [Source.REQUIRED])

    assert (issue.field, issue.data_element_id) == ("name", None)


def test_the_setting_switches_it_off() -> None:
    off = {"appsettings.json": {"AppSettings": {"RequiredValidation": False}}}

    assert missing(app(part("a", bound="name", required=True), changes=off), {}) == []


def test_the_app_s_own_words_know_the_place() -> None:
    names = ("field", "layoutId", "pageId", "componentId", "bindingName", "pageName", "componentTitle")
    variables = [{"key": name, "dataSource": "customTextParameters"} for name in names]
    texts = [
        {"id": "backend.validation_errors.required", "value": "{0}|{1}|{2}|{3}|{4}|{5}|{6}", "variables": variables},
        {"id": "one", "value": "Side én"},
        {
            "id": "title",
            "value": "Ting {0}",
            "variables": [{"key": "rows[{0}].cost", "dataSource": "dataModel.default"}],
        },
    ]
    version = app(
        group("rows", "rows", "item"),
        part("item", bound="rows.item", required=True, textResourceBindings={"title": "title"}),
        changes={TEXTS: {"language": "nb", "resources": texts}},
    )

    (issue,) = validate(version, instance(form({"rows": [{"cost": 7}]})), "Task_1", [Source.REQUIRED])

    assert issue.message["nb"] == "rows[0].item|form|one|item|simpleBinding|Side én|Ting 7"


def test_without_own_words_there_are_ours() -> None:
    (issue,) = validate(app(part("a", bound="name", required=True)), instance(form({})), "Task_1", [Source.REQUIRED])

    assert issue.message["nn"] == "Feltet må fyllast ut."


# rules of the app


def test_rules_skip_what_only_hidden_components_show() -> None:
    always = [{"message": "Nei", "condition": True}]
    paths = ("name", "age", "price", "rows.item", "rows.cost", "address.city")
    version = app(
        part("a", bound="name", hidden=True),
        part("b", bound="age", hidden=True),
        part("b2", bound="age"),
        group("rows", "rows", "item", hiddenRow=["equals", ["dataModel", "rows.cost"], 0]),
        part("item", bound="rows.item"),
        changes={"models/model.validation.json": {"validations": dict.fromkeys(paths, always)}},
    )
    document = {
        "name": "x",
        "age": 1,
        "price": 2,
        "rows": [{"item": "a", "cost": 0}, {"item": "b", "cost": 1}],
        "address": {"city": "c"},
    }

    issues = validate(version, instance(form(document)), "Task_1", [Source.EXPRESSION])

    assert [issue.field for issue in issues] == ["age", "price", "rows[1].item", "rows[1].cost", "address.city"]


def test_rules_may_look_at_components_from_their_row() -> None:
    rule = {"message": "Nei", "condition": ["equals", ["component", "cost"], 1]}
    version = app(
        group("rows", "rows", "cost"),
        part("cost", bound="rows.cost"),
        changes={"models/model.validation.json": {"validations": {"rows.item": [rule]}}},
    )
    document = {"rows": [{"item": "a", "cost": 1}, {"item": "b", "cost": 2}]}

    issues = validate(version, instance(form(document)), "Task_1", [Source.EXPRESSION])

    assert [issue.field for issue in issues] == ["rows[0].item"]


# hidden data


def cleaned(version: AppVersion, document: Any) -> Any:
    element = form(document)
    return remove_hidden(version, instance(element), "Task_1").get(element.element_id, "unchanged")


def test_fields_that_only_hidden_components_show_are_emptied() -> None:
    version = app(
        part("a", bound="name", hidden=True),
        part("b", bound="age", hidden=True),
        part("b2", bound="age"),
        part("kept", bound="price", hidden=True, removeWhenHidden=False),
        part("null", bound="address.city", hidden=True, removeWhenHidden=["dataModel", "nowhere"]),
        changes=REMOVING,
    )
    document = {"name": "x", "age": 1, "price": 2, "agreed": True, "address": {"city": "c"}}

    assert cleaned(version, document) == {
        "name": None,
        "age": 1,
        "price": 2,
        "agreed": True,
        "address": {"city": None},
    }
    assert cleaned(version, {"age": 1}) == "unchanged"


def test_hidden_rows_go_and_the_others_keep_their_data() -> None:
    version = app(
        group("rows", "rows", "item", hiddenRow=["equals", ["dataModel", "rows.cost"], 0]),
        part("item", bound="rows.item", hidden=["equals", ["dataModel", "rows.cost"], 9]),
        changes=REMOVING,
    )
    rows = [{"item": "a", "cost": 0}, {"item": "b", "cost": 9}, None, {"item": "c", "cost": 0}, {"item": "d"}]

    assert cleaned(version, {"rows": rows})["rows"] == [{"item": None, "cost": 9}, {"item": "d"}]


def test_a_row_that_another_group_shows_stays() -> None:
    version = app(
        group("rows", "rows", "item", hiddenRow=True),
        part("item", bound="rows.item"),
        group("twin", "rows", "cost"),
        part("cost", bound="rows.cost"),
        changes=REMOVING,
    )

    assert cleaned(version, {"rows": [{"item": "a", "cost": 1}]}) == {"rows": [{"item": None, "cost": 1}]}


def test_a_row_of_which_a_field_is_shown_elsewhere_stays() -> None:
    version = app(
        group("rows", "rows", "item", hidden=True),
        part("item", bound="rows.item"),
        part("first", bound="rows[0].cost"),
        changes=REMOVING,
    )
    rows = [{"item": "a", "cost": 1}, {"item": "b", "cost": 2}]

    assert cleaned(version, {"rows": rows}) == {"rows": [{"item": None, "cost": 1}]}


@pytest.mark.parametrize("more", [{"removeWhenHidden": False}, {"removeWhenHidden": ["divide", 1, 0]}])
def test_a_group_that_keeps_its_data_keeps_what_is_in_it(more: dict[str, Any]) -> None:
    version = app(group("rows", "rows", "item", hidden=True, **more), part("item", bound="rows.item"), changes=REMOVING)

    assert cleaned(version, {"rows": [{"item": "a"}]}) == "unchanged"


def test_rows_of_a_likert_stay_without_their_answers() -> None:
    bindings = {"questions": "rows", "answer": "rows.item"}
    version = app({"id": "l", "type": "Likert", "dataModelBindings": bindings, "hidden": True}, changes=REMOVING)

    assert cleaned(version, {"rows": [{"item": "a", "cost": 1}]}) == {"rows": [{"item": None, "cost": 1}]}


def test_it_is_off_unless_the_app_asks_for_it() -> None:
    assert cleaned(app(part("a", bound="name", hidden=True)), {"name": "x"}) == "unchanged"


def test_data_of_other_tasks_stays() -> None:
    bound = {"simpleBinding": {"dataType": "xml", "field": "name"}}
    version = app(
        {"id": "a", "type": "Input", "dataModelBindings": bound, "hidden": True},
        changes={**REMOVING, METADATA: data_type(1, taskId=None)},
    )

    assert remove_hidden(version, instance(form({}), form({"name": "x"}, "xml", 2)), "Task_1") == {}


def test_a_task_without_a_form_requires_and_hides_nothing() -> None:
    version = loaded({SETS: {"sets": []}, **REMOVING})
    element = replace(form({"name": "x"}))

    assert validate(version, instance(element), "Task_1", [Source.REQUIRED]) == ()
    assert remove_hidden(version, instance(element), "Task_1") == {}


def test_hidden_parts_of_a_page_that_is_not_in_the_order_do_not_count() -> None:
    changes = {**REMOVING, "ui/form/layouts/two.json": page(part("a", bound="name", hidden=True, required=True))}

    assert cleaned(app(changes=changes), {"name": "x"}) == "unchanged"
