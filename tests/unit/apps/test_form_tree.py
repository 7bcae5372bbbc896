"""Components in their rows: what is hidden, and what components see of each other."""

from typing import Any

import pytest

from dialog_graph.apps.forms.form_tree import MAX_NODES
from dialog_graph.errors import Refused
from dialog_graph.expressions import Expression, ExpressionError, compile_expression
from tests.unit.apps.forms_sample import app, group, hidden, node, page, part, tree
from tests.unit.apps.sample import METADATA, MODEL, SCHEMA, SETS, data_type, form, loaded

TWO_ROWS: Any = {"rows": [{"item": "a", "cost": 1}, {"item": "b", "cost": 2}]}


def value_at(form_: Any, id: str, expression: Any, *rows: int) -> Any:
    compiled = compile_expression(expression)
    assert isinstance(compiled, Expression)
    return compiled.evaluate(form_.evaluator.context(form_.standing(node(form_, id, *rows))))


def test_pages_hold_components_groups_hold_rows_in_the_order_of_the_file() -> None:
    version = app(
        part("first", bound="name"),
        group("rows", "rows", "item"),
        part("item", bound="rows.item"),
        part("box", "Group", children=["inside"]),
        part("inside", bound="age"),
    )

    found = [(n.component.id if n.component else "page", n.rows, n.is_row) for n in tree(version, TWO_ROWS).nodes()]

    assert found == [
        ("page", (), False),
        ("first", (), False),
        ("rows", (), False),
        ("rows", (0,), True),
        ("item", (0,), False),
        ("rows", (1,), True),
        ("item", (1,), False),
        ("box", (), False),
        ("inside", (), False),
    ]


def test_what_stands_in_something_hidden_is_hidden() -> None:
    version = app(
        part("box", "Group", children=["inner"], hidden=["equals", ["dataModel", "name"], "x"]),
        part("inner", "Accordion", children=["field"]),
        part("field", bound="age"),
        part("beside", bound="price"),
    )

    assert hidden(tree(version, {"name": "x"})) == ["box", "inner", "field"]
    assert hidden(tree(version, {"name": "y"})) == []


def test_a_hidden_page_hides_all() -> None:
    assert hidden(tree(app(part("a", bound="name"), hidden=True), {})) == ["one", "a"]


def test_rows_are_hidden_one_by_one_and_null_rows_always() -> None:
    version = app(
        group("rows", "rows", "item", hiddenRow=["greaterThan", ["dataModel", "rows.cost"], 1]),
        part("item", bound="rows.item"),
    )

    assert hidden(tree(version, {"rows": [{"cost": 1}, {"cost": 2}, None]})) == [
        "rows/1",
        "item[1]",
        "rows/2",
        "item[2]",
    ]


def test_cells_before_and_after_the_rows_stand_outside_of_them() -> None:
    cells = [{"cells": [{"text": "x"}, None, {"component": "sum"}, {"labelFrom": "item"}]}]
    version = app(
        group("rows", "rows", "item", rowsAfter=cells), part("item", bound="rows.item"), part("sum", bound="price")
    )

    form_ = tree(version, TWO_ROWS)

    assert node(form_, "sum").rows == ()
    assert node(form_, "item", 1).rows == (1,)


@pytest.mark.parametrize(
    ("holder", "ids"),
    [
        ({"type": "Grid", "rows": [{"cells": [{"component": "a"}, {}]}, {"cells": [{"component": "b"}]}]}, "ab"),
        ({"type": "tabs", "tabs": [{"id": "t", "children": ["a"]}, {"id": "u", "children": ["b"]}]}, "ab"),
        ({"type": "Cards", "cards": [{"children": ["a"], "media": "b"}]}, "ba"),
        ({"type": "Group", "children": ["0:a", "1:b"], "edit": {"multiPage": True}}, "ab"),
        ({"type": "GROUP", "maxCount": 1, "children": ["b", "a"]}, "ba"),
        ({"type": "ButtonGroup", "children": ["a", "b"]}, "ab"),
    ],
)
def test_every_type_holds_its_components_in_its_own_way(holder: dict[str, Any], ids: str) -> None:
    version = app({"id": "holder", **holder}, part("a", bound="name"), part("b", bound="age"))

    form_ = tree(version, {})

    assert "".join(child.component.id for child in node(form_, "holder").children if child.component) == ids
    assert [child.component.id for child in form_.scope.pages[0].children if child.component] == ["holder"]


@pytest.mark.parametrize(
    "component",
    [
        {"type": "Likert", "dataModelBindings": {"questions": "rows", "answer": "rows.item"}},
        {
            "type": "Checkboxes",
            "optionsId": "o",
            "dataModelBindings": {"group": "rows", "simpleBinding": "rows.item", "checked": "rows.cost"},
        },
    ],
)
def test_lists_of_choices_stand_in_each_row_themselves(component: dict[str, Any]) -> None:
    options = {"options/o.json": [{"value": "a", "label": "A"}]}

    form_ = tree(app({"id": "c", **component}, changes=options), TWO_ROWS)

    assert form_.fields(node(form_, "c")) == []
    assert form_.fields(node(form_, "c", 1))[0].path == "rows[1].item"


# look-ups


def test_a_component_sees_those_of_its_row_then_those_outside() -> None:
    version = app(
        group("rows", "rows", "item", "cost"),
        part("item", bound="rows.item"),
        part("cost", bound="rows.cost"),
        part("top", bound="name"),
    )
    form_ = tree(version, {**TWO_ROWS, "name": "t"})

    assert value_at(form_, "item", ["component", "cost"], 1) == 2
    assert value_at(form_, "item", ["component", "top"], 1) == "t"
    with pytest.raises(ExpressionError, match="Unable to find component with identifier cost"):
        value_at(form_, "top", ["component", "cost"])
    with pytest.raises(ExpressionError, match="has no simpleBinding"):
        value_at(form_, "top", ["component", "rows"])


def test_the_component_of_the_own_page_comes_first() -> None:
    changes = {
        "ui/form/Settings.json": {"pages": {"order": ["one", "two"]}},
        "ui/form/layouts/two.json": page(part("a", bound="age"), part("b", bound="price")),
    }
    form_ = tree(app(part("a", bound="name"), changes=changes), {"name": "one", "age": 2})

    assert value_at(form_, "b", ["component", "a"]) == 2
    assert form_.component_from(())("a") == "one"


def test_rows_of_another_group_do_not_reach_into_the_data_of_this_one() -> None:
    schema = {**MODEL, "properties": {**MODEL["properties"], "others": MODEL["properties"]["rows"]}}
    version = app(group("rows", "rows", "item"), part("item", bound="rows.item"), changes={SCHEMA: schema})
    form_ = tree(version, {**TWO_ROWS, "others": [{"item": "p"}, {"item": "q"}]})

    assert value_at(form_, "item", ["dataModel", "rows.item"], 1) == "b"
    assert value_at(form_, "item", ["dataModel", "others.item"], 1) is None
    assert value_at(form_, "item", ["dataModel", "others[0].item"], 1) == "p"


# rules that fail


def test_a_rule_that_fails_hides_nothing_and_warns_once() -> None:
    version = app(
        group("rows", "rows", "item"),
        part("item", bound="rows.item", hidden=["divide", 1, 0], required=["displayValue", "x"]),
        part("loose", bound="name", hidden=["list", 1]),
    )
    form_ = tree(version, TWO_ROWS)

    assert hidden(form_) == []
    assert not any(form_.is_required(item) for item in form_.nodes())
    assert [(item.code, item.message.partition(" failed")[0], item.element_id) for item in form_.warnings] == [
        ("DG7110", "item.hidden", "one.item"),
        ("DG7110", "item.required", "one.item"),
    ]


def circle() -> Any:
    return app(
        part("a", bound="name", hidden=["not", ["equals", ["component", "b"], None]]),
        part("b", bound="age", hidden=["not", ["equals", ["component", "a"], None]]),
        part("c", bound="price", hidden=["equals", ["component", "a"], None]),
        part("d", bound="agreed", hidden=["equals", ["component", "a"], "x"]),
        part("e", bound="address.city", hidden=True),
    )


@pytest.mark.parametrize("order", ["abcde", "edcba", "cabde"])
def test_rules_that_ask_in_a_circle_hide_nothing_whoever_is_asked_first(order: str) -> None:
    form_ = tree(circle(), {"name": "x", "age": 1, "price": 2})

    assert {id: form_.is_hidden(node(form_, id)) for id in order} == {
        "a": False,
        "b": False,
        "c": False,
        "d": False,
        "e": True,
    }
    assert {item.message.partition(" failed")[0] for item in form_.warnings} == {
        "a.hidden",
        "b.hidden",
        "c.hidden",
        "d.hidden",
    }
    assert all("Circular hidden expression" in item.message for item in form_.warnings)


def test_a_long_chain_of_rules_ends() -> None:
    chain = [part(f"c{n}", bound="name", hidden=["equals", ["component", f"c{n + 1}"], "x"]) for n in range(300)]
    form_ = tree(app(*chain, part("c300", bound="name")), {"name": "y"})

    hidden(form_)

    assert form_.warnings


def test_more_rows_than_a_form_can_hold_are_refused() -> None:
    version = app(group("rows", "rows", "item"), part("item", bound="rows.item"))

    with pytest.raises(Refused) as caught:
        tree(version, {"rows": [{}] * MAX_NODES})

    assert caught.value.refusal.code == "VALIDATION_RULE_FAILED"


# subforms


def subform_app(*components: Any) -> Any:
    sets = [
        {"id": "form", "dataType": "model", "tasks": ["Task_1"]},
        {"id": "sub", "dataType": "xml", "type": "subform"},
    ]
    return loaded(
        {
            METADATA: data_type(1, maxCount=2),
            SETS: {"sets": sets},
            "ui/form/layouts/one.json": page(part("s", "Subform", layoutSet="sub"), part("top", bound="name")),
            "ui/sub/Settings.json": {"pages": {"order": ["p"]}},
            "ui/sub/layouts/p.json": page(*components),
        }
    )


def test_a_subform_stands_over_each_element_of_its_type() -> None:
    version = subform_app(
        part("n", bound="name", hidden=["equals", ["component", "m"], 1]),
        part("m", bound="age"),
        part("t", bound="price", hidden=["equals", ["component", "top"], "x"]),
        part("again", "Subform", layoutSet="sub"),
    )
    form_ = tree(version, {"name": "x"}, form({"name": "a", "age": 1}, "xml", 2), form({"name": "b"}, "xml", 3))

    names = [item for item in form_.nodes() if item.component and item.component.id == "n" and item.scope.depth == 2]

    assert [form_.fields(item)[0].value for item in names] == ["a", "b"]
    assert [form_.is_hidden(item) for item in names] == [True, False]
    assert all(form_.is_hidden(item) for item in form_.nodes() if item.component and item.component.id == "t")


def test_a_hidden_subform_hides_what_is_in_it() -> None:
    version = subform_app(part("n", bound="name"))
    other = form({"name": "a"}, "xml", 2)
    shown = tree(version, {}, other)
    assert hidden(shown) == []

    changed = loaded(
        {
            METADATA: data_type(1, maxCount=2),
            SETS: {
                "sets": [
                    {"id": "form", "dataType": "model", "tasks": ["Task_1"]},
                    {"id": "sub", "dataType": "xml", "type": "subform"},
                ]
            },
            "ui/form/layouts/one.json": page(part("s", "Subform", layoutSet="sub", hidden=True)),
            "ui/sub/layouts/p.json": page(part("n", bound="name")),
        }
    )
    assert hidden(tree(changed, {}, other)) == ["s", "p", "n"]
