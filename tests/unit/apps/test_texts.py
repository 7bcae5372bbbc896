"""Texts: where the values of placeholders come from, what stands in for them; options with their texts (§8, §12)."""

from typing import Any

import pytest

from dialog_graph.apps import AppEvaluator, AppVersion
from dialog_graph.apps.contents import paths
from dialog_graph.apps.forms.drawing import shown_options
from dialog_graph.apps.standing import Standing, at_field
from dialog_graph.apps.stateless import blank
from tests.unit.apps.sample import TEXTS, form, instance, loaded
from tests.unit.apps.test_evaluator import OWNER

ENGLISH = "config/texts/resource.en.json"
DOCUMENT: Any = {
    "name": "Ada {0}",
    "age": 36,
    "price": 2.50,
    "agreed": False,
    "address": {"city": "Oslo"},
    "tags": ["a", "b"],
    "rows": [{"item": "Oak", "cost": 1}, {"item": "Elm", "cost": 2}],
}


def resource(id: str, value: str, *variables: tuple[str, ...]) -> dict[str, Any]:
    """`variables`: data source, key and, where there is one, default value."""
    named = [dict(zip(("dataSource", "key", "defaultValue"), variable, strict=False)) for variable in variables]
    return {"id": id, "value": value, "variables": named}


def app(*resources: dict[str, Any], **changes: Any) -> AppVersion:
    settings = {"FrontEndSettings": {"phone": "800"}}
    return loaded({TEXTS: {"language": "nb", "resources": list(resources)}, "appsettings.json": settings, **changes})


def told(version: AppVersion, key: str, standing: Standing | None = None, language: str = "nb") -> str:
    data = (form(DOCUMENT), form({"name": "other"}, "xml", 2))
    evaluator = AppEvaluator(version=version, instance=instance(*data), owner=OWNER, language=language)
    return evaluator.text(key, standing or Standing(data_type="model"))


@pytest.mark.parametrize(
    ("source", "key", "value"),
    [
        ("dataModel.default", "name", "Ada {0}"),
        ("dataModel.default", "age", "36"),
        ("dataModel.default", "price", "2.5"),
        ("dataModel.default", "agreed", "false"),
        ("dataModel.default", "address", '{"city":"Oslo"}'),
        ("dataModel.default", "tags", '["a","b"]'),
        ("dataModel.default", "rows[1].item", "Elm"),
        ("dataModel.model", "name", "Ada {0}"),
        ("dataModel.xml", "name", "other"),
        ("instanceContext", "appId", "ttd/sample"),
        ("instanceContext", "instanceOwnerName", "Ada"),
        ("applicationSettings", "phone", "800"),
        ("text", "inner", "Inner 36"),
    ],
)
def test_every_data_source_gives_its_value(source: str, key: str, value: str) -> None:
    inner = resource("inner", "Inner {0}", ("dataModel.default", "age"))

    assert told(app(resource("t", "<{0}>", (source, key)), inner), "t") == f"<{value}>"


def test_a_validation_issue_gives_parameters_of_its_own() -> None:
    version = app(resource("t", "{0} of {1}", ("customTextParameters", "field"), ("customTextParameters", "page")))

    assert told(version, "t", Standing(parameters={"field": "name"})) == "name of page"


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("dataModel.default", "nowhere"),
        ("dataModel.default", "not a path"),
        ("dataModel.default", "rows.item"),
        ("dataModel.nothing", "name"),
        ("dataModel.file", "name"),
        ("instanceContext", "height"),
        ("applicationSettings", "fax"),
        ("customTextParameters", "field"),
    ],
)
def test_what_has_no_value_gives_the_default_and_without_one_the_key(source: str, key: str) -> None:
    version = app(resource("with", "<{0}>", (source, key, "none")), resource("bare", "<{0}>", (source, key)))

    assert (told(version, "with"), told(version, "bare")) == ("<none>", f"<{key}>")


def test_an_unknown_data_source_is_reported_and_gives_the_key() -> None:
    version = app(resource("t", "{0}", ("weather", "today")))

    assert told(version, "t") == "today"
    assert "DG6004" in {finding.code for finding in version.diagnostics}


def test_a_default_may_be_empty() -> None:
    assert told(app(resource("t", "<{0}>", ("dataModel.default", "nowhere", ""))), "t") == "<>"


def test_placeholders_are_filled_once_and_those_without_variable_stay() -> None:
    version = app(
        resource("t", "{1} {0} {2} {x} {00} {0}", ("dataModel.default", "name"), ("dataModel.default", "age"))
    )

    assert told(version, "t") == "36 Ada {0} {2} {x} Ada {0} Ada {0}"


def test_index_markers_are_filled_by_the_row() -> None:
    version = app(
        resource("t", "{0} {1}", ("dataModel.default", "rows[{0}].item"), ("dataModel.default", "rows[{0}].cost"))
    )
    steps = paths.parse("rows[1].item")
    assert steps is not None

    assert told(version, "t", at_field("model", DOCUMENT, steps, "rows[1].item")) == "Elm 2"
    assert told(version, "t") == "rows[{0}].item rows[{0}].cost", "no row, no value"


def test_a_text_that_names_itself_gives_its_key_and_chains_end() -> None:
    chain = [resource(f"c{number}", f"{number}{{0}}", ("text", f"c{number + 1}")) for number in range(9)]
    version = app(resource("self", "<{0}>", ("text", "self")), *chain)

    assert told(version, "self") == "<self>"
    assert told(version, "c0") == "012345c6"


def test_each_text_falls_back_by_itself_inside_of_others_too() -> None:
    english = {"language": "en", "resources": [resource("outer", "Out {0}", ("text", "inner"))]}
    version = app(resource("outer", "Ut {0}", ("text", "inner")), resource("inner", "inne"), **{ENGLISH: english})

    assert [told(version, "outer", language=language) for language in ("nb", "nn", "en", "de")] == [
        "Ut inne",
        "Ut inne",
        "Out inne",
        "Ut inne",
    ]
    assert told(version, "nowhere", language="en") == "nowhere"


def test_front_ends_get_every_text_in_one_language() -> None:
    english = {"language": "en", "resources": [resource("a", "A in English"), resource("c", "C")]}
    version = app(resource("a", "A"), resource("b", "B"), **{ENGLISH: english})

    assert [(each.id, each.value) for each in version.texts.resources("en")] == [
        ("a", "A in English"),
        ("b", "B"),
        ("c", "C"),
    ]
    assert [each.value for each in version.texts.resources("nn")] == ["A", "B", "C"]


# Options --------------------------------------------------------------------------------------------------------------

LISTS: dict[str, Any] = {
    "options/o.json": [
        {"value": 1, "label": "one", "description": "t", "helpText": "help", "tags": {"a": [1]}},
        {"value": None, "label": "none"},
        {"value": True, "label": "yes"},
    ],
    "options/o.en.json": [{"value": 1, "label": "one"}],
    "options/only.en.json": [{"value": 1, "label": "English"}],
}
ONE = resource("one", "En for {0}", ("dataModel.default", "age", "?"))


def listed(name: str, language: str = "nb", version: AppVersion | None = None) -> Any:
    evaluator = AppEvaluator(
        version=version or app(ONE, resource("t", "T"), **LISTS), instance=instance(), language=language
    )
    return shown_options(evaluator, name)


def test_a_list_has_its_texts_in_order() -> None:
    first, second, third = listed("o")

    assert (first.value, first.label, first.description, first.help_text) == (1, "En for ?", "T", "help")
    assert first.tags == {"a": [1]}
    assert (second.value, second.label, second.tags) == (None, "none", None)
    assert third.value is True


def test_a_language_may_have_a_list_of_its_own() -> None:
    assert [option.label for option in listed("o", "en")] == ["En for ?"]
    assert [option.label for option in listed("only", "nb")] == ["English"]
    assert listed("nothing") is None


def test_a_list_is_secure_as_soon_as_one_component_says_so() -> None:
    pick = {"type": "Dropdown", "optionsId": "o", "dataModelBindings": {"simpleBinding": "name"}}
    layout = {"data": {"layout": [{"id": "a", **pick}, {"id": "b", "Secure": True, **pick}]}}
    version = app(ONE, **LISTS, **{"ui/form/layouts/one.json": layout})

    assert version.secure_options == frozenset({"o"})
    assert listed("o", version=version) is not None, "with an instance"
    assert shown_options(AppEvaluator(version=version, instance=blank(version, {})), "o") is None


@pytest.mark.parametrize(("value", "label"), [("1", "En for ?"), (None, "none"), ("true", "yes"), ("2", None)])
def test_the_label_of_a_value_can_be_computed(value: str | None, label: str | None) -> None:
    evaluator = AppEvaluator(version=app(ONE, **LISTS), instance=instance())

    assert evaluator.context(Standing()).option_label("o", value) == label
