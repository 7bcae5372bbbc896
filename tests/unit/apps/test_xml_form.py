"""Form data as XML and back: what is kept, what is left out, what is refused."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from dialog_graph.apps.form_data.documents import read_wire, wire
from dialog_graph.apps.form_data.row_ids import ROW_ID
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.unit.apps.sample import SCHEMA, loaded

VERSION = loaded()
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
ORDERED_XSD = """<?xml version="1.0"?>
<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" xmlns="urn:t" {form}>
  <x:element name="form" type="Form"/>
  <x:complexType name="Form"><x:complexContent><x:extension base="Base">
    <x:sequence><x:element name="rows" maxOccurs="unbounded" type="Row"/>
      <x:element name="name" type="x:string"/></x:sequence>
    <x:attribute name="kind" type="x:string"/>
  </x:extension></x:complexContent></x:complexType>
  <x:complexType name="Base"><x:sequence><x:element name="age" type="Whole"/></x:sequence></x:complexType>
  <x:complexType name="Row"><x:simpleContent><x:extension base="x:decimal">
    <x:attribute name="unit" type="x:string"/></x:extension></x:simpleContent></x:complexType>
  <x:simpleType name="Whole"><x:restriction base="x:int"/></x:simpleType>
</x:schema>"""


def body(xml: "bytes | None") -> str:
    assert xml is not None
    return xml.decode().removeprefix('<?xml version="1.0" encoding="utf-8"?>')


def written(document: Json, version: Any = VERSION) -> str:
    return body(wire(version, "xml", document)[1])


def reading(text: str, version: Any = VERSION) -> "Json | Refusal":
    return read_wire(version, "xml", "application/xml", text.encode())


def test_members_stand_in_the_order_of_the_schema() -> None:
    document: Json = {"tags": ["a", "b"], "age": 3, "name": "x", "address": {"city": "Moss"}}

    assert written(document) == (
        "<xml><name>x</name><age>3</age><address><city>Moss</city></address><tags>a</tags><tags>b</tags></xml>"
    )


def test_nulls_empty_objects_and_row_ids_are_left_out() -> None:
    document: Json = {"name": None, "address": {"city": None}, "rows": [{ROW_ID: "1", "item": "a"}, {ROW_ID: "2"}]}

    assert written(document) == "<xml><rows><item>a</item></rows></xml>"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("1.50"), "1.50"),
        (1e21, "1000000000000000000000"),
        (1.5e-7, "0.00000015"),
        (7, "7"),
    ],
)
def test_numbers_have_no_exponent(value: Any, text: str) -> None:
    assert written({"price": value}) == f"<xml><price>{text}</price></xml>"


def test_text_is_escaped_and_what_xml_cannot_hold_is_replaced() -> None:
    xml = wire(VERSION, "xml", {"name": "<&>\"'\r\n\x01\ufffe]]>"})[1]

    assert xml is not None
    assert etree.fromstring(xml).findtext("name") == "<&>\"'\r\n\ufffd\ufffd]]>"


def test_names_that_xml_cannot_hold_are_escaped() -> None:
    version = loaded({SCHEMA: {"type": "object", "properties": {"a/b": {}, "1": {}, "x_x0041_": {}}}})
    document: Json = {"a/b": "1", "1": "2", "x_x0041_": "3"}

    text = written(document, version)

    etree.fromstring(text)
    assert reading(text, version) == document


def test_reading_trims_and_gives_each_field_its_kind() -> None:
    text = f"""<xml {XSI} xsi:noNamespaceSchemaLocation="x.xsd"><!-- a -->
      <name>  two <!-- b --> words </name><age> 12 </age><price>1.50</price><agreed>1</agreed>
      <address xsi:nil="true"/><rows><item>a</item></rows><rows><cost>2</cost></rows><tags>x</tags></xml>"""

    assert reading(text) == {
        "name": "two  words",
        "age": 12,
        "price": Decimal("1.50"),
        "agreed": True,
        "address": None,
        "rows": [{"item": "a"}, {"cost": 2}],
        "tags": ["x"],
    }


def test_a_value_of_the_wrong_kind_stays_a_text_for_validation_to_tell() -> None:
    assert reading(
        "<xml><age>many</age><price>1e999</price><agreed>ja</agreed><cost/></xml>".replace("<cost/>", "")
    ) == {
        "age": "many",
        "price": Decimal("1E+999"),
        "agreed": "ja",
    }


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("<xml><nme>x</nme></xml>", "UNKNOWN_FIELD", ("nme",)),
        ("<xml><address><street/></address></xml>", "UNKNOWN_FIELD", ("address", "street")),
        ("<xml><rows><item/></rows><rows><x/></rows></xml>", "UNKNOWN_FIELD", ("rows", "1", "x")),
        ("<xml><name><b/></name></xml>", "UNKNOWN_FIELD", ("name", "b")),
        ("<xml><name/><name/></xml>", "UNKNOWN_FIELD", ("name",)),
        ('<xml colour="red"/>', "UNKNOWN_FIELD", ("colour",)),
        ('<xml xmlns:o="urn:o"><o:name>x</o:name></xml>', "UNKNOWN_FIELD", ("name",)),
        ("<other/>", "UNKNOWN_FIELD", ()),
        ("<xml>", "INVALID_INPUT", ("body",)),
        ("", "INVALID_INPUT", ("body",)),
        ('<!DOCTYPE a [<!ENTITY e "x">]><xml><name>&e;</name></xml>', "INVALID_INPUT", ("body",)),
        (
            '<xml xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="/etc/passwd"/></xml>',
            "INVALID_INPUT",
            ("body",),
        ),
        ("<xml>" + "<address>" * 200, "INVALID_INPUT", ("body",)),
        ("<xml>" + "<tags/>" * 200_001 + "</xml>", "INVALID_INPUT", ("body",)),
    ],
)
def test_hostile_and_unknown_xml_is_refused(text: str, code: str, path: tuple[str, ...]) -> None:
    value = reading(text)

    assert isinstance(value, Refusal)
    assert (value.code, value.path) == (code, path)


@pytest.mark.parametrize("form", ['elementFormDefault="qualified"', ""])
def test_order_attributes_text_and_namespace_come_from_the_xsd(form: str) -> None:
    version = loaded({SCHEMA: None, "models/model.xsd": ORDERED_XSD.format(form=form)})
    document: Any = {
        "name": "n",
        "rows": [{"value": Decimal("1.5"), "unit": "kg"}, {"value": 2}],
        "kind": "k",
        "age": 3,
    }

    text = written(document, version)

    inner = '<age>3</age><rows unit="kg">1.5</rows><rows>2</rows><name>n</name>'
    expected = (
        f'<form xmlns="urn:t" kind="k">{inner}</form>' if form else f'<n:form xmlns:n="urn:t" kind="k">{inner}</n:form>'
    )
    assert text == expected
    assert reading(text, version) == document
    assert etree.XMLSchema(etree.fromstring(ORDERED_XSD.format(form=form).encode())).validate(etree.fromstring(text))


def test_an_xsd_that_refers_to_itself_ends() -> None:
    xsd = (
        '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:element name="a" type="T"/><s:complexType name="T">'
        '<s:sequence><s:group ref="g"/><s:element name="a" type="T" minOccurs="0"/></s:sequence></s:complexType>'
        '<s:group name="g"><s:sequence><s:element name="n" type="s:int"/><s:group ref="g"/></s:sequence></s:group>'
        '<s:simpleType name="x"><s:restriction base="x"/></s:simpleType></s:schema>'
    )
    version = loaded({SCHEMA: None, "models/model.xsd": xsd})
    document: Json = {"n": 1, "a": {"n": 2, "a": {"n": 3}}}

    assert reading(written(document, version), version) == document


def test_a_model_without_schema_takes_any_element() -> None:
    version = loaded({SCHEMA: None})
    text = "<xml><a>1</a><b><c>x</c></b><d>1</d><d>2</d></xml>"

    document = reading(text, version)

    assert document == {"a": "1", "b": {"c": "x"}, "d": ["1", "2"]}
    assert not isinstance(document, Refusal)
    assert written(document, version) == text


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
ROWS = st.lists(st.fixed_dictionaries({"item": st.text("ab<&é ", min_size=1).map(str.strip)}), max_size=3)
DOCUMENTS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text("ab<&\"'é \n").map(str.strip),
        "age": st.integers(),
        "price": st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9),
        "agreed": st.booleans(),
        "address": st.fixed_dictionaries({"city": st.text("xyz", min_size=1)}),
        "rows": ROWS.filter(bool),
        "tags": st.lists(st.text("abc"), min_size=1, max_size=3),
    },
)


@given(DOCUMENTS)
def test_what_is_written_is_read_back(document: Any) -> None:
    back = reading(written(document))

    assert back == document


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    )
)
def test_writing_never_fails_and_is_always_xml(value: Any) -> None:
    for version in (VERSION, loaded({SCHEMA: None})):
        xml = wire(version, "xml", {"name": value, "rows": value, "other": value})[1]
        assert xml is not None
        etree.fromstring(xml)
