"""Calculated fields: order, rows, conversion, and calculations that fail."""

from decimal import Decimal
from typing import Any

import pytest

from dialog_graph.apps.form_data.calculate import calculate
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.unit.apps.sample import MODEL, SCHEMA, form, instance, loaded
from tests.unit.apps.test_evaluator import OWNER

CALCULATIONS = "models/model.calculation.json"


def run(calculations: Any, document: Any, *data: Any) -> Any:
    version = loaded({CALCULATIONS: {"calculations": calculations}})
    return calculate(version, "model", document, instance(*data), OWNER)


def document_after(calculations: Any, document: Json) -> Any:
    result, _, warnings = run(calculations, document)
    assert warnings == ()
    return result


def test_without_a_file_nothing_changes() -> None:
    document: Json = {"name": "x"}

    assert calculate(loaded(), "model", document, instance(), None) == (document, (), ())


def test_the_given_document_stays_as_it_is() -> None:
    document: Json = {"price": 2}

    result, changed, _ = run({"name": ["concat", ["dataModel", "price"], " kr"]}, document)

    assert document == {"price": 2}
    assert result == {"price": 2, "name": "2 kr"}
    assert changed == ("name",)


def test_later_calculations_see_earlier_ones_once() -> None:
    calculations = {"age": ["plus", ["dataModel", "age"], 1], "price": ["multiply", ["dataModel", "age"], 2]}

    assert document_after(calculations, {"age": 4}) == {"age": 5, "price": 10}


def test_each_row_computes_from_itself() -> None:
    calculations = {"rows.item": ["concat", ["argv", 0], "=", ["dataModel", "rows.cost"]]}
    rows: Json = [{"cost": 1}, {"cost": 2.5}]

    assert document_after(calculations, {"rows": rows})["rows"] == [
        {"cost": 1, "item": "rows[0].item=1"},
        {"cost": 2.5, "item": "rows[1].item=2.5"},
    ]
    assert document_after(calculations, {}) == {}


def test_missing_groups_are_made_rows_are_not() -> None:
    assert document_after({"address.city": "Oslo", "rows.item": "x"}, {}) == {"address": {"city": "Oslo"}}


def test_null_empties_a_field_and_makes_none() -> None:
    assert document_after({"name": None, "address.city": None}, {"name": "x"}) == {"name": None}


def test_results_become_the_field_s_type() -> None:
    calculations = {
        "age": ["concat", "4", "2"],
        "price": ["round", 2.345, 2],
        "agreed": ["concat", "TRUE"],
        "name": ["plus", 1, 1],
    }

    assert document_after(calculations, {}) == {"age": 42, "price": 2.35, "agreed": True, "name": "2"}


def test_the_same_number_keeps_its_digits() -> None:
    result, changed, _ = run({"price": ["plus", 1, 1.5]}, {"price": Decimal("2.50")})

    assert str(result["price"]) == "2.50"
    assert changed == ()


def test_a_result_without_a_place_leaves_the_field_and_warns() -> None:
    result, changed, warnings = run({"age": ["concat", "many"], "price": ["list", 1]}, {"age": 3})

    assert (result, changed) == ({"age": 3}, ())
    assert [(item.code, item.path) for item in warnings] == [("DG7203", "age"), ("DG7203", "price")]


def test_other_data_is_that_of_the_instance() -> None:
    version = loaded({CALCULATIONS: {"calculations": {"name": ["dataModel", "name", "xml"]}}})
    elements = (form({"name": "old"}), form({"name": "of the other"}, "xml", 2))

    result = calculate(version, "model", {}, instance(*elements), None)

    assert not isinstance(result, Refusal)
    assert result[0] == {"name": "of the other"}


def test_the_owner_may_be_asked_for() -> None:
    assert document_after({"name": ["instanceContext", "instanceOwnerName"]}, {}) == {"name": "Ada"}


@pytest.mark.parametrize("expression", [["divide", 1, 0], ["plus", ["dataModel", "name"], 1], ["component", "a"]])
def test_a_failing_calculation_refuses_and_names_file_and_field(expression: Any) -> None:
    refusal = run({"age": 1, "price": expression}, {"name": "secret"})

    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.path) == ("CALCULATION_FAILED", ("price",))
    assert CALCULATIONS in refusal.expected
    assert "secret" not in refusal.message


def test_an_open_model_takes_what_comes() -> None:
    version = loaded({SCHEMA: None, CALCULATIONS: {"calculations": {"a.b": ["list", 1, "x"]}}})

    result = calculate(version, "model", {}, instance(), None)

    assert not isinstance(result, Refusal)
    assert result[0] == {"a": {"b": [1, "x"]}}
    assert "a" not in MODEL["properties"]
