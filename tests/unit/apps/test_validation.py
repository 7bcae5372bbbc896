"""What stops a task, in the words of three languages."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dialog_graph.apps import Source, validate, validate_element
from dialog_graph.apps.form_data.row_ids import ROW_ID
from dialog_graph.apps.validation.gate import MAX_ISSUES, file_issues, validate_document
from dialog_graph.apps.validation_texts import CODES, LANGUAGES, message
from dialog_graph.errors import Issue, Severity
from dialog_graph.model.instance import FileScan
from tests.unit.apps.sample import MODEL, SCHEMA, attachment, findings, form, instance, loaded

VERSION = loaded()
FILE = VERSION.data_types["file"]
GOOD = form({"name": "A"})


def of_schema(schema: dict[str, Any]) -> Callable[[Any], tuple[Issue, ...]]:
    version = loaded({SCHEMA: {"type": "object", **schema}})
    return lambda document: validate_document(version, "model", document)


def told(issues: tuple[Issue, ...]) -> list[tuple[str, str | None]]:
    return [(issue.code, issue.field) for issue in issues]


def test_a_filled_in_form_passes() -> None:
    assert validate(VERSION, instance(GOOD), "Task_1") == ()


def test_too_few_and_too_many_elements() -> None:
    files = [attachment(number) for number in (2, 3, 4)]

    issues = validate(VERSION, instance(*files), "Task_1", [Source.TASK])

    assert told(issues) == [("TooFewDataElementsOfType", "model"), ("TooManyDataElementsOfType", "file")]
    assert issues[1].message == {
        "nb": "Det kan være høyst 2 av «file», men det er 3.",
        "nn": "Det kan vera høgst 2 av «file», men det er 3.",
        "en": 'There may be at most 2 of "file", but there are 3.',
    }


def test_a_form_whose_document_was_not_loaded_passes_no_gate() -> None:
    with pytest.raises(ValueError, match="loaded"):
        validate(VERSION, instance(replace(GOOD, document=None)), "Task_1")


def test_deleted_elements_and_other_tasks_do_not_count() -> None:
    gone = attachment(2, deleted_at=attachment().created_at, content_type="text/plain")

    assert validate(VERSION, instance(GOOD, gone), "Task_1") == ()
    assert validate(VERSION, instance(), "Task_2") == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content_type": ""}, "MissingContentType"),
        ({"content_type": "image/png"}, "ContentTypeNotAllowed"),
        ({"size": (1 << 20) + 1}, "DataElementTooLarge"),
        ({"file_scan": FileScan.INFECTED}, "DataElementFileInfected"),
        ({"file_scan": FileScan.PENDING}, "DataElementFileScanPending"),
    ],
)
def test_files_are_checked_at_the_gate(changes: dict[str, Any], code: str) -> None:
    element = attachment(**changes)

    (issue,) = validate(VERSION, instance(GOOD, element), "Task_1")

    assert (issue.code, issue.source, issue.data_element_id) == (code, "File", element.element_id)
    assert validate_element(VERSION, element) == (issue,)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (None, "MissingFileName"),
        ("  ", "MissingFileName"),
        ("a/b.pdf", "InvalidFileNameFormat"),
        ("a\x00.pdf", "InvalidFileNameFormat"),
        ("fdp.\u202eexe", "InvalidFileNameFormat"),
        ("å" * 128, "InvalidFileNameFormat"),
        ("\ud800", None),
        ("søknad.pdf", None),
    ],
)
def test_names_are_checked_at_upload(name: str | None, code: str | None) -> None:
    found = file_issues(FILE, "application/pdf; charset=x", 5, name)

    assert [issue.code for issue in found] == ([code] if code else [])


FAULTS: list[Any] = [
    ({"required": ["a"]}, {}, [("required", "a")]),
    ({"required": ["a"]}, {"a": None}, [("required", "a")]),
    ({"required": ["a"]}, {"a": {"b": None, "c": {}}}, [("required", "a")]),
    ({"properties": {"a": {"required": ["b"]}}}, {}, []),
    ({"properties": {"a": {"required": ["b"]}}}, {"a": {"b": None}}, []),
    ({"properties": {"a": {"required": ["b"]}}}, {"a": {"c": 1}}, [("required", "a.b")]),
    ({"properties": {"r": {"items": {"required": ["b"]}}}}, {"r": [{"b": 1}, {}]}, [("required", "r[1].b")]),
    ({"properties": {"r": {"items": {"type": "object"}}}}, {"r": [{}, 5]}, [("type", "r[1]")]),
    ({"properties": {"a": {"maxLength": 2}}}, {"a": "abc"}, [("maxLength", "a")]),
    ({"properties": {"a": {"minLength": 2}}}, {"a": "ø"}, [("minLength", "a")]),
    ({"properties": {"a": {"pattern": "^[0-9]{4}$"}}}, {"a": "12"}, [("pattern", "a")]),
    ({"properties": {"a": {"format": "date"}}}, {"a": "2026-02-30"}, [("format", "a")]),
    ({"properties": {"a": {"enum": ["x"]}}}, {"a": "y"}, [("enum", "a")]),
    ({"properties": {"a": {"const": 1}}}, {"a": 2}, [("const", "a")]),
    (
        {"properties": {"a": {"minimum": 1, "multipleOf": 0.01}}},
        {"a": 0.105},
        [("minimum", "a"), ("multipleOf", "a")],
    ),
    ({"properties": {"a": {"exclusiveMaximum": 1}}}, {"a": 1}, [("exclusiveMaximum", "a")]),
    ({"properties": {"a": {"minItems": 2, "uniqueItems": True}}}, {"a": [1]}, [("minItems", "a")]),
    (
        {"properties": {"a": {}}, "additionalProperties": False},
        {"b": 1, "c": 2},
        [("additionalProperties", "b"), ("additionalProperties", "c")],
    ),
    ({"properties": {"a": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}}, {"a": []}, [("oneOf", "a")]),
    ({"properties": {"a": False}}, {"a": 1}, [("falseSchema", "a")]),
    ({"additionalProperties": False}, {ROW_ID: "x"}, []),
]


@pytest.mark.parametrize(
    ("schema", "document", "expected"),
    FAULTS,
)
def test_the_schema_s_keyword_is_the_code_and_the_path_is_the_field(
    schema: dict[str, Any], document: Any, expected: list[tuple[str, str]]
) -> None:
    issues = of_schema(schema)(document)

    assert sorted(told(issues), key=str) == sorted(expected, key=str)
    assert all(issue.source == "DataModel" and issue.severity is Severity.ERROR for issue in issues)


def test_messages_hold_the_limits_of_the_schema_and_never_the_value() -> None:
    check = of_schema({"properties": {"a": {"maxLength": 3}, "b": {"type": ["integer", "null"]}}})

    issues = {issue.field: issue for issue in check({"a": "secret", "b": "secret"})}

    assert issues["a"].message == {
        "nb": "Bruk høyst 3 tegn.",
        "nn": "Bruk høgst 3 teikn.",
        "en": "Use at most 3 characters.",
    }
    assert issues["b"].message["en"] == "The value must be a whole number or empty."
    assert "secret" not in str(issues)


def test_braces_in_a_schema_are_no_placeholders() -> None:
    (issue,) = of_schema({"properties": {"a": {"const": "{types} {0}"}}})({"a": "b"})

    assert issue.message["en"] == "The value must be {types} {0}."


@pytest.mark.parametrize("code", [*sorted(CODES), "contains"])
def test_every_code_has_a_text_in_every_language(code: str) -> None:
    parameters: dict[str, object] = dict.fromkeys(
        ("limit", "type", "count", "found", "types", "value", "format", "multiple_of", "line"), "1"
    )

    texts = message(code, parameters)

    assert tuple(texts) == LANGUAGES
    assert len(set(texts.values())) >= 2
    assert not any(re.search(r"[{}]", text) for text in texts.values())


def test_a_pattern_that_runs_away_is_stopped() -> None:
    (issue,) = of_schema({"properties": {"a": {"pattern": r"^(a|a)*\1b$"}}})({"a": "a" * 60})

    assert issue.field == "a"


def test_references_outside_the_file_make_no_validator_and_open_nothing() -> None:
    version = loaded({SCHEMA: {"type": "object"}})
    assert version.models["model"].validator is not None


def test_a_document_with_thousands_of_faults_gives_a_bounded_answer() -> None:
    issues = of_schema({"properties": {"a": {"items": {"type": "string"}}}})({"a": list(range(5_000))})

    assert len(issues) == MAX_ISSUES


SMALL: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=25) | st.integers(),
        "age": st.integers(-3, 3) | st.text(max_size=2),
        "rows": st.lists(st.fixed_dictionaries({"item": st.booleans() | st.text(max_size=2)}), max_size=2),
        "address": st.fixed_dictionaries({"city": st.text(max_size=2)}),
    },
)


@given(SMALL)
def test_another_implementation_of_the_standard_agrees(document: Any) -> None:
    ours = {(issue.code, issue.field) for issue in validate_document(VERSION, "model", document)}

    oracle = Draft202012Validator(MODEL)
    theirs = {str(error.validator) for error in oracle.iter_errors(document)}  # pyright: ignore[reportUnknownMemberType]

    assert {code for code, _ in ours} == theirs


XSD_MODEL = """<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:element name="form"><s:complexType><s:sequence>
<s:element name="name" type="s:string"/><s:element name="age" type="s:integer" minOccurs="0"/>
</s:sequence></s:complexType></s:element></s:schema>"""
XSD_ON: dict[str, Any] = {
    SCHEMA: None,
    "models/model.xsd": XSD_MODEL,
    "appsettings.json": {"AppSettings": {"XsdValidation": True}},
}


def of_xsd(changes: dict[str, Any], xml: bytes) -> list[str]:
    element = form({}, "xml", 2, xml=xml)
    issues = validate(loaded(changes), instance(GOOD, element), "Task_1", [Source.XSD])
    assert all((issue.source, issue.data_element_id) == ("Xsd", element.element_id) for issue in issues)
    return [issue.message["en"] for issue in issues]


def test_the_xsd_stops_a_task_where_the_app_asks_for_it() -> None:
    wrong = b"<form>\n<name>x</name>\n<age>many</age>\n<more/></form>"

    assert of_xsd(XSD_ON, b"<form><name>x</name></form>") == []
    assert of_xsd(XSD_ON, wrong) == [
        "Line 3 of the XML document does not follow the schema.",
        "Line 4 of the XML document does not follow the schema.",
    ]
    assert of_xsd({**XSD_ON, "appsettings.json": None}, wrong) == []
    assert validate_element(loaded(XSD_ON), form({}, "xml", 2, xml=wrong)) == ()


def test_an_xsd_that_cannot_check_stops_the_version_where_the_app_asks_for_it() -> None:
    changes = {**XSD_ON, "models/model.xsd": XSD_MODEL.replace("s:integer", "s:nothing")}

    assert {item.code for item in findings(changes) if item.is_error} == {"DG5002"}
    assert not [item for item in findings({**changes, "appsettings.json": None}) if item.is_error]
