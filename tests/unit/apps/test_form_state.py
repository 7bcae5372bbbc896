"""A form as a front end gets it."""

from pathlib import Path
from typing import Any

import pytest

from dialog_graph.apps import Reader, Rights, form_state, load, validate
from dialog_graph.apps.form_data.documents import new_document
from dialog_graph.apps.forms.form_state import BoundField, ComponentState, FormState, FormText, RowState
from tests.unit.apps.forms_sample import app, group, page, part
from tests.unit.apps.sample import SETS, TEXTS, form, instance, loaded
from tests.unit.apps.test_corpus import APPS, read


def state(version: Any, document: Any, language: str = "nb") -> FormState:
    found = form_state(version, instance(form(document)), "Task_1", Reader(language=language))
    assert found is not None
    return found


def components(found: FormState) -> dict[str, ComponentState]:
    return {component.key: component for component in found.pages[0].components}


def test_pages_and_components_in_their_order_with_what_is_evaluated() -> None:
    changes = {
        "ui/form/Settings.json": {"pages": {"order": ["two", "one"], "showProgress": True}},
        "ui/form/layouts/two.json": page(hidden=["equals", ["dataModel", "name"], "x"]),
        "options/o.json": [{"value": 1, "label": "a"}],
    }
    version = app(
        part("b", bound="name", readOnly=["equals", ["dataModel", "name"], "x"], format="long"),
        part("a", "Dropdown", bound="age", optionsId="o", required=True, hidden=["not", True]),
        changes=changes,
    )

    found = state(version, {"name": "x"})

    assert (found.id, found.data_type, found.data_element_id) == ("form", "model", form({}).element_id)
    assert [(item.name, item.is_hidden) for item in found.pages] == [("two", True), ("one", False)]
    assert found.settings["pages"] == {"order": ["two", "one"], "showProgress": True}
    first, second = found.pages[1].components
    assert (first.id, first.is_read_only, first.is_required, first.is_hidden) == ("b", True, False, False)
    assert (second.id, second.is_read_only, second.is_required, second.is_hidden) == ("a", False, True, False)
    assert second.options_id == "o"
    assert first.source["format"] == "long"
    assert first.bindings == (
        BoundField(
            name="simpleBinding", data_type="model", path="name", data_element_id=form({}).element_id, value="x"
        ),
    )
    assert found.warnings == ()


def test_each_row_has_its_own_components() -> None:
    version = app(
        group("rows", "rows", "item", hiddenRow=["equals", ["dataModel", "rows.cost"], 0]),
        part("item", bound="rows.item", required=["equals", ["dataModel", "rows.cost"], 1]),
    )

    shown = components(state(version, {"rows": [{"cost": 0}, {"cost": 1, "item": "x"}]}))

    assert list(shown) == ["rows", "item[0]", "item[1]"]
    assert shown["rows"].rows == (
        RowState(index=0, is_hidden=True, children=("item[0]",)),
        RowState(index=1, children=("item[1]",)),
    )
    item = shown["item[1]"]
    assert (item.id, item.parent, item.row_indices, item.is_required) == ("item", "rows", (1,), True)
    assert [(bound.path, bound.value) for bound in item.bindings] == [("rows[1].item", "x")]
    assert shown["item[0]"].is_hidden


def test_texts_are_given_as_keys_and_filled_in_the_reader_s_language() -> None:
    variable = [{"key": "rows[{0}].cost", "dataSource": "dataModel.default"}]
    texts = {
        TEXTS: {"resources": [{"id": "t", "value": "Kost {0}", "variables": variable}, {"id": "one", "value": "Én"}]},
        "config/texts/resource.en.json": {
            "resources": [{"id": "t", "value": "Cost {0}", "variables": variable}, {"id": "one", "value": "One"}]
        },
    }
    bindings = {"title": "t", "help": ["concat", "#", ["dataModel", "rows.cost"]], "link": ["linkToPage", "a", "b"]}
    version = app(
        group("rows", "rows", "item"), part("item", bound="rows.item", textResourceBindings=bindings), changes=texts
    )

    found = state(version, {"rows": [{"cost": 5}]}, "en")

    assert found.pages[0].title == "One"
    assert components(found)["item[0]"].texts == (
        FormText(name="title", key="t", value="Cost 5"),
        FormText(name="help", value="#5"),
        FormText(name="link"),
    )


def test_groups_hold_their_components_and_subforms_their_pages() -> None:
    sets = [
        {"id": "form", "dataType": "model", "tasks": ["Task_1"]},
        {"id": "sub", "dataType": "xml", "type": "subform"},
    ]
    version = loaded(
        {
            SETS: {"sets": sets},
            "ui/form/layouts/one.json": page(
                part("g", "Group", children=["a"]), part("a", bound="name"), part("s", "Subform", layoutSet="sub")
            ),
            "ui/sub/layouts/p.json": page(part("n", bound="name")),
        }
    )
    other = form({"name": "inner"}, "xml", 2)

    found = form_state(version, instance(form({}), other), "Task_1")

    assert found is not None
    shown = components(found)
    assert list(shown) == ["g", "a", "s"]
    assert (shown["g"].children, shown["a"].parent) == (("a",), "g")
    (inner,) = shown["s"].pages
    assert (inner.name, inner.data_element_id) == ("p", other.element_id)
    assert inner.components[0].value == "inner"


def test_without_an_element_there_is_an_empty_form() -> None:
    found = form_state(app(part("a", bound="name")), instance(), "Task_1")

    assert found is not None
    assert found.data_element_id is None
    assert found.component("a").value is None


def test_the_form_knows_what_its_reader_may_do() -> None:
    version = app(part("a", bound="name", hidden=["not", ["authContext", "write"]], required=["authContext", "fly"]))

    found = form_state(version, instance(form({})), "Task_1", Reader(rights=Rights(allowed={"write": False})))

    assert found is not None
    assert found.pages[0].components[0].is_hidden
    assert [item.message for item in found.warnings] == [
        "a.required failed: Unknown Auth context property fly for task null"
    ]


def test_a_task_without_a_form_has_none() -> None:
    assert form_state(loaded(), instance(), "Task_9") is None


@pytest.mark.parametrize("name", APPS)
def test_the_forms_of_others_can_be_drawn_and_checked(shared_dir: Path, name: str) -> None:
    version, _ = load(read(shared_dir, name), "production")
    assert version is not None
    types = [data_type for data_type in version.data_types.values() if data_type.is_form]
    reader = Reader(rights=Rights(allowed=dict.fromkeys(("read", "write", "confirm", "sign", "pay", "reject"), True)))
    data = [form(new_document(version, t.id)[0], t.id, number) for number, t in enumerate(types, start=1)]

    for task in version.definition.tasks:
        found = form_state(version, instance(*data), task.id, reader)
        layout = version.layouts.of_task(task.id)
        assert (found is None) == (layout is None)
        if found is not None and layout is not None:
            assert tuple(page.name for page in found.pages) == layout.pages
            assert found.warnings == ()
        validate(version, instance(*data), task.id)
