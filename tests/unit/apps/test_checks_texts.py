"""Texts that are named and not there, what is declared and never used, and models that disagree."""

from typing import Any

import pytest

from dialog_graph.apps.contents.shapes import Kind, Shape
from dialog_graph.apps.contents.text_ids import looks_like_id
from dialog_graph.apps.readers.shape_differences import MAX_DIFFERENCES, differences
from tests.unit.apps.faults import LOGIC, XSD, code, element, found_in, task_of
from tests.unit.apps.forms_sample import PAGE, page, part
from tests.unit.apps.sample import METADATA, PROCESS, SCHEMA, TEXTS, data_type, metadata, process

# Ids and texts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["form.name.title", "my_title", "skjema.navn", "Varemerke-alt-text", "a_b", "33317.Kravdatadef.Label"]
)
def test_joined_words_are_ids(text: str) -> None:
    assert looks_like_id(text) is (not text[0].isdigit())


@pytest.mark.parametrize(
    "text",
    [
        *("Navn", "navn", "next", "Fyll ut skjema", "Er du sikker?", "E-post", "e-post", "PDF-vedlegg", "Org.nr"),
        *(
            "f.eks",
            "www.altinn.no",
            "dd.MM.yyyy",
            "dd-MM-yyyy",
            "yyyy_MM_dd",
            "",
            "1.2.3",
            "Ja/nei",
            "a..b",
            "*",
            "§ 4",
        ),
    ],
)
def test_what_people_write_is_no_id(text: str) -> None:
    assert not looks_like_id(text)


def missing(changes: dict[str, Any]) -> list[tuple[str, int | None, str]]:
    """(file, line, id) of texts that are missing."""
    return [(i.file, i.line, i.message.split('"')[1]) for i in found_in(changes) if i.code == "DG9502"]


def title(text: Any, id: str = "c") -> dict[str, Any]:
    return part(id, bound="name", textResourceBindings={"title": text})


def test_titles_and_texts_in_expressions_are_looked_up() -> None:
    hidden = ["equals", ["text", "gone.from.here"], "x"]
    changes = {PAGE: page(title("form.name.title"), part("d", bound="age", hidden=hidden))}

    assert missing(changes) == [(PAGE, 11, "form.name.title"), (PAGE, 22, "gone.from.here")]


def test_an_id_that_one_language_has_is_there() -> None:
    texts = {"language": "en", "resources": [{"id": "form.name.title", "value": "Name"}]}

    assert missing({PAGE: page(title("form.name.title")), "config/texts/resource.en.json": texts}) == []


@pytest.mark.parametrize(
    "text",
    [
        "Navn",
        "Skriv navnet",
        "E-post",
        "confirm.title",
        "receipt.body",
        "appName",
        ["if", True, "one.two", "else", "x"],
    ],
)
def test_texts_and_what_front_ends_know_by_themselves_are_left_alone(text: Any) -> None:
    assert missing({PAGE: page(title(text))}) == []


def test_an_id_that_is_missing_at_many_places_is_told_once_with_all_of_them() -> None:
    changes = {PAGE: page(title("form.name.title"), title("form.name.title", "d"))}

    (item,) = [item for item in found_in(changes) if item.code == "DG9502"]

    assert (item.line, [place.line for place in item.related]) == (11, [21])


def test_names_of_pdf_files_are_ids_whatever_they_look_like() -> None:
    config = element("pdfConfig", element("filenameTextResourceKey", "receipt_name"))
    plain = element("pdfConfig", element("filenameTextResourceKey", "Kvittering for søknad"))

    assert missing(task_of("pdf", config)) == [(PROCESS, 5, "receipt_name")]
    assert missing(task_of("pdf", plain)) == []


def test_the_text_of_a_refused_scope_is_looked_up_too() -> None:
    changes = {METADATA: metadata(apiScopes={"errorMessageTextResourceKey": "scope_missing"})}

    assert missing(changes) == [(METADATA, 46, "scope_missing")]


def test_without_any_texts_only_that_is_told() -> None:
    found = {item.code for item in found_in({TEXTS: None, PAGE: page(title("form.name.title"))})}

    assert found == {"DG2202", "DG6001"}


# What nothing uses ----------------------------------------------------------------------------------------------------


def unused(changes: dict[str, Any]) -> list[tuple[str, int | None, str]]:
    """(file, line, message) of what is never used."""
    return [(i.file, i.line, i.message) for i in found_in(changes) if i.code == "DG9504"]


def texts(*ids: str, **more: Any) -> dict[str, Any]:
    return {TEXTS: {"language": "nb", "resources": [{"id": id, "value": id, **more} for id in ids]}}


def test_a_text_is_told_in_the_first_language_that_has_it() -> None:
    english = {"language": "en", "resources": [{"id": "left.over", "value": "x"}, {"id": "a", "value": "A"}]}

    found = unused({**texts("a", "left.over"), "config/texts/resource.en.json": english})

    assert found == [(TEXTS, 8, 'the text "left.over" is never used')]


USES: list[dict[str, Any]] = [
    {PAGE: page(title("left.over"))},
    {PAGE: page(title(["concat", "left.", ["text", "x"]]))},
    {PAGE: page(part("c", bound="name", hidden=["equals", ["text", "left.over"], "x"]))},
    {"options/a.json": [{"value": "1", "label": "left.over"}]},
    {"models/model.validation.json": {"validations": {"name": [{"message": "left.over", "condition": False}]}}},
    {"ui/form/layouts/left.over.json": {"data": {"layout": []}}},
    {METADATA: metadata(keywords=["left.over"])},
    {METADATA: data_type(2, grouping="left.over")},
    code('TITLE = "left.over"'),
    {LOGIC: "app ="},
    task_of("pdf", element("pdfConfig", element("filenameTextResourceKey", "left.over"))),
    texts("left.over", variables=[{"key": "left.over", "dataSource": "text"}]),
    {PAGE: page(title(["dataModel", "name"]))},
    {PAGE: page({"id": "l", "type": "Likert", "dataModelBindings": {"questions": "rows", "answer": "rows.item"}})},
    {PAGE: b"\xff\xfe" + '{"data": {"layout": [{"id": "c", "type": "X", "title": "left.over"}]}}'.encode("utf-16-le")},
]


@pytest.mark.parametrize("changes", USES)
def test_whatever_names_a_text_uses_it_and_texts_out_of_data_may_be_any(changes: dict[str, Any]) -> None:
    found = unused({**texts("left.over"), **changes})

    assert not any("left.over" in message for *_, message in found)


def test_texts_that_are_looked_up_without_being_named_are_used() -> None:
    assert (
        unused(texts("a", "appName", "receipt.title", "dp.title", "next", "backend.validation_errors.required")) == []
    )


def test_an_option_list_that_no_component_asks_for() -> None:
    options = [{"value": "1", "label": "En"}]
    asked = {PAGE: page(part("c", "Dropdown", bound="name", optionsId="cities"))}

    assert unused({"options/cities.json": options}) == [
        ("options/cities.json", None, 'the option list "cities" is never used')
    ]
    assert unused({"options/cities.nb.json": options}) == [
        ("options/cities.nb.json", None, 'the option list "cities" is never used')
    ]
    assert unused({"options/cities.json": options, **asked}) == []
    assert unused({"options/cities.json": options, **code("x = [app.options(n) for n in 'ab']")}) == []


SCHEMA_OF = '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema">{}</s:schema>'
MODEL_XSD = SCHEMA_OF.format('<s:element name="m"><s:complexType>{}</s:complexType></s:element>')


def test_an_xsd_that_no_model_has() -> None:
    left = MODEL_XSD.format("<s:sequence/>")
    including = SCHEMA_OF.format('<s:include schemaLocation="left.xsd"/><s:element name="m"/>')

    assert unused({"models/left.xsd": left}) == [("models/left.xsd", None, 'the XSD "left.xsd" is never used')]
    assert unused({"models/left.xsd": left, XSD: including}) == []


# Models that disagree -------------------------------------------------------------------------------------------------


def shape(kind: Kind = Kind.OBJECT, *, is_open: bool = False, **members: Shape) -> Shape:
    return Shape(kind=kind, members=dict(members), is_open=is_open)


def rows(of: Shape) -> Shape:
    return Shape(kind=Kind.ARRAY, items=of)


TEXT, NUMBER = shape(Kind.STRING), shape(Kind.NUMBER)

DIFFERENT: list[tuple[Shape, Shape, list[tuple[str, str]]]] = [
    (shape(a=TEXT), shape(a=TEXT), []),
    (shape(a=TEXT), shape(a=NUMBER), []),
    (shape(a=TEXT, b=TEXT), shape(a=TEXT), [("b", "only the schema has it")]),
    (shape(a=TEXT), shape(a=TEXT, b=TEXT), [("b", "only the XSD has it")]),
    (
        shape(g=shape(a=TEXT)),
        shape(g=shape(b=TEXT)),
        [("g.a", "only the schema has it"), ("g.b", "only the XSD has it")],
    ),
    (shape(r=rows(shape(a=TEXT))), shape(r=rows(shape())), [("r.a", "only the schema has it")]),
    (shape(r=rows(TEXT)), shape(r=TEXT), [("r", "only the schema allows several")]),
    (shape(r=TEXT), shape(r=rows(TEXT)), [("r", "only the XSD allows several")]),
    (shape(r=shape(a=TEXT)), shape(r=TEXT), [("r", "only the schema has fields in it")]),
    (shape(r=TEXT), shape(r=shape(a=TEXT)), [("r", "only the XSD has fields in it")]),
    (shape(r=shape(Kind.ANY)), shape(r=rows(TEXT)), []),
    (shape(is_open=True), shape(a=TEXT), []),
    (shape(a=TEXT), shape(is_open=True), []),
]


@pytest.mark.parametrize(("schema", "xsd", "expected"), DIFFERENT)
def test_where_schema_and_xsd_differ(schema: Shape, xsd: Shape, expected: list[tuple[str, str]]) -> None:
    assert list(differences(schema, xsd)) == expected


def test_models_that_hold_themselves_are_compared_once() -> None:
    left, right = shape(a=TEXT), shape(b=TEXT)
    left.members["inner"], right.members["inner"] = left, right

    assert [path for path, _ in differences(left, right)] == ["a", "b"]


def test_models_of_different_forms_are_not_told_in_full() -> None:
    left = Shape(kind=Kind.OBJECT, members={f"m{n}": TEXT for n in range(100)})

    assert len(list(differences(left, shape()))) == MAX_DIFFERENCES


def test_a_difference_stands_at_the_nearest_line_of_the_schema() -> None:
    """References and unions are gone through; what the schema lacks stands where it would be."""
    schema = {
        "oneOf": [{"$ref": "#/$defs/m"}],
        "$defs": {
            "m": {"type": "object", "properties": {"group": {"$ref": "#/$defs/g"}, "rows": {"$ref": "#/$defs/r"}}},
            "g": {"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}}]},
            "r": {"type": "array", "items": {"type": "object", "properties": {"b": {"type": "string"}}}},
        },
    }
    xsd = MODEL_XSD.format(
        '<s:sequence><s:element name="group"><s:complexType><s:sequence/></s:complexType></s:element>'
        '<s:element name="rows" maxOccurs="unbounded"><s:complexType><s:sequence>'
        '<s:element name="c" type="s:string"/></s:sequence></s:complexType></s:element></s:sequence>'
    )
    found = found_in({SCHEMA: schema, XSD: xsd, PROCESS: process()})

    assert [(i.path, i.line, i.column) for i in found if i.code == "DG5004"] == [
        ("rows.c", 14, 13),
        ("group.a", 24, 12),
        ("rows.b", 36, 11),
    ]
