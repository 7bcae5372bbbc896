"""Form data on its way in and out: new documents, bytes, what is refused, values shown on the instance."""

from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.apps.form_data.documents import (
    ROW_ID,
    add_row_ids,
    changed_paths,
    check_document,
    data_values,
    new_document,
    presentation_texts,
    read_wire,
    strip_row_ids,
    wire,
)
from dialog_graph.apps.form_data.shadow_fields import without_shadow_fields
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.unit.apps.sample import METADATA, loaded, metadata

VERSION = loaded()


def refusal(value: "Json | Refusal") -> Refusal:
    assert isinstance(value, Refusal), value
    return value


def test_a_new_document_has_the_defaults_of_the_schema() -> None:
    assert new_document(VERSION, "model") == ({"agreed": False}, ())


def test_prefill_is_converted_to_the_fields_and_what_has_no_place_is_told() -> None:
    given: Json = {
        "name": 12,
        "age": "44",
        "price": "1.5",
        "agreed": "yes",
        "address.city": "Moss",
        "nowhere": 1,
        "rows[0].item": "x",
        "address": "x",
        "a b": 1,
        "tags": "x",
        "name.inside": 1,
        "price.x": {"y": 1},
    }

    document, warnings = new_document(VERSION, "model", given)

    assert document == {"agreed": False, "name": "12", "age": 44, "price": 1.5, "address": {"city": "Moss"}}
    assert warnings == (
        "nowhere: no such field",
        "rows[0].item: no such row",
        "a b: no such field",
        "tags: expected array",
        "name.inside: no such field",
        "price.x: no such field",
    )


def test_prefill_never_overwrites_a_default_that_is_there() -> None:
    """`agreed` has the default false, which is a value: only nulls are filled."""
    document, warnings = new_document(VERSION, "model", {"agreed": True})

    assert (document, warnings) == ({"agreed": False}, ())


def test_prefill_by_data_type_reaches_its_own_type_only() -> None:
    given: Json = {"model": {"name": "A"}, "xml": {"name": "B"}}

    assert new_document(VERSION, "model", given)[0] == {"agreed": False, "name": "A"}
    assert new_document(VERSION, "xml", given)[0] == {"agreed": False, "name": "B"}


@pytest.mark.parametrize("given", [[], "x", 3, None, {}])
def test_prefill_of_another_form_is_no_prefill(given: Any) -> None:
    assert new_document(VERSION, "model", given) == ({"agreed": False}, ())


def test_json_types_are_stored_canonical_and_have_no_xml() -> None:
    document: Any = {"price": Decimal("1.50"), "name": "ø", "age": None}

    stored, xml = wire(VERSION, "model", document)

    assert stored == '{"age":null,"name":"ø","price":1.50}'.encode()
    assert xml is None


def test_numbers_stay_as_they_were_written() -> None:
    document = read_wire(VERSION, "model", "application/json", b'{"price": 0.10, "age": 12345678901234567890}')

    assert not isinstance(document, Refusal)
    assert wire(VERSION, "model", document)[0] == b'{"age":12345678901234567890,"price":0.10}'


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("application/json", b"[]", "INVALID_INPUT"),
        ("application/json", b'{"a": NaN}', "BAD_JSON"),
        ("application/json", b'{"a": 1, "a": 2}', "BAD_JSON"),
        ("application/json", b"\xff", "BAD_JSON"),
        ("application/json", b"[" * 100_000, "BAD_JSON"),
        ("application/xml", b"<model/>", "UNSUPPORTED_MEDIA_TYPE"),
        ("text/html", b"{}", "UNSUPPORTED_MEDIA_TYPE"),
        ("", b"{}", "UNSUPPORTED_MEDIA_TYPE"),
        ("application/json", b" " * ((10 << 20) + 1), "PAYLOAD_TOO_LARGE"),
    ],
)
def test_hostile_json_is_refused(content_type: str, body: bytes, code: str) -> None:
    assert refusal(read_wire(VERSION, "model", content_type, body)).code == code


def test_an_xml_type_takes_json_as_well_if_xml_can_hold_it() -> None:
    assert read_wire(VERSION, "xml", "Application/JSON", b'{"name": "a"}') == {"name": "a"}
    assert refusal(read_wire(VERSION, "xml", "application/json", b'{"name": "\\u0001"}')).code == "INVALID_INPUT"
    assert check_document(VERSION, "model", {"name": "\x01"}) == {"name": "\x01"}


def test_the_smaller_of_the_type_s_size_and_ours_holds() -> None:
    version = loaded({METADATA: metadata(dataTypes=[metadata()["dataTypes"][0] | {"maxSize": 1}])})

    assert refusal(read_wire(version, "model", "application/json", b" " * ((1 << 20) + 1))).code == "PAYLOAD_TOO_LARGE"


def test_presentation_texts_and_data_values_come_from_the_documents() -> None:
    fields = [
        {"id": "who", "path": "name", "dataTypeId": "model"},
        {"id": "where", "path": "address.city", "dataTypeId": "model"},
        {"id": "cost", "path": "price", "dataTypeId": "model"},
    ]
    version = loaded({METADATA: metadata(presentationFields=fields, dataFields=fields[2:])})
    documents: dict[str, Json] = {"model": {"name": "Ada", "price": 2.5, "address": {"city": None}}}

    assert presentation_texts(version, documents) == {"who": "Ada", "cost": "2.5"}
    assert data_values(version, documents) == {"cost": "2.5"}
    assert data_values(version, {}) == {}


def test_changed_paths_name_what_the_server_made_of_it() -> None:
    assert changed_paths({"a": 1, "rows": [{}]}, {"a": 2, "rows": [{ROW_ID: "x"}]}) == ("a", f"rows[0].{ROW_ID}")


def ids() -> "Any":
    numbers = count(1)
    return lambda: UUID(int=next(numbers))


def test_rows_get_ids_and_keep_those_they_have() -> None:
    kept = str(UUID(int=99))
    document: Json = {"rows": [{ROW_ID: kept, "in": [{}]}, {}, {ROW_ID: kept}, {ROW_ID: 7}], "tags": ["a"], "o": {}}

    result = add_row_ids(document, ids())

    assert result == {
        "rows": [
            {ROW_ID: kept, "in": [{ROW_ID: str(UUID(int=1))}]},
            {ROW_ID: str(UUID(int=2))},
            {ROW_ID: str(UUID(int=3))},
            {ROW_ID: str(UUID(int=4))},
        ],
        "tags": ["a"],
        "o": {},
    }
    assert add_row_ids(result, ids()) == result
    assert strip_row_ids(result) == {"rows": [{"in": [{}]}, {}, {}, {}], "tags": ["a"], "o": {}}
    assert document["rows"][1] == {}  # type: ignore[index]  (the given document is not touched)


def test_a_prefill_makes_no_rows_and_nothing_in_their_place() -> None:
    document, warnings = new_document(loaded(), "model", {"rows.item": "x", "name": "y"})

    assert document == {"agreed": False, "name": "y"}
    assert warnings == ("rows.item: no such row",)


SHADOWED: list[tuple[Any, Any]] = [
    ({"x_a": 1, "b": 2, "ax_": 3}, {"b": 2, "ax_": 3}),
    ({"rows": [{"x_a": 1, "b": [{"x_": {}}]}, 4, None]}, {"rows": [{"b": [{}]}, 4, None]}),
    ({"X_a": "x_a"}, {"X_a": "x_a"}),
    ("x_", "x_"),
]


@pytest.mark.parametrize(("document", "kept"), SHADOWED)
def test_shadow_fields_are_known_by_the_beginning_of_their_name(document: Json, kept: Json) -> None:
    assert without_shadow_fields(document, "x_") == kept
