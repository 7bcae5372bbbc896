"""What a client may send as JSON, and what it is told when it may not."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.errors import Refusal
from dialog_graph.model import strict_json

BIG = 1 << 20


def read(text: str | bytes, *, decimals: bool = False) -> object:
    data = text.encode() if isinstance(text, str) else text
    return strict_json.parse(data, max_bytes=BIG, decimals=decimals)


def refusal(text: str | bytes, *, decimals: bool = False) -> Refusal:
    answer = read(text, decimals=decimals)
    assert isinstance(answer, Refusal), answer
    assert answer.code == "BAD_JSON"
    return answer


def test_ordinary_values_are_read_as_they_are() -> None:
    assert read(' {"a": [1, -2.5e3, true, null, "æ\\u00e5"]} ') == {"a": [1, -2500.0, True, None, "æå"]}


@pytest.mark.parametrize(
    ("text", "expected", "place"),
    [
        ('{"a": 1,\n "a": 2}', "occur once", "line 2, column 2"),
        ('{"\\u0061":1,"a":2}', "occur once", "column 13"),
        ('{"a":{"b":1},"b":{"b":2,"b":3}}', "occur once", "column 25"),
        ("[NaN]", "finite", "column 2"),
        ("-Infinity", "finite", "column 1"),
        ("[0, 1e999]", "range of a double", "column 5"),
        ("[" + "1" * 4301 + "]", "at most 4300 digits", "column 2"),
        ('["\\ud800"]', "surrogates", "column 3"),
        ('["\\udc00\\ud800"]', "surrogates", "column 3"),
        ('{"\\u0000": 1}', "U+0000", "column 3"),
        ("[1] 2", "JSON text", "column 5"),
        ("[01]", "JSON text", "column 3"),
        ("[1,]", "JSON text", "line 1"),
        ("// no\n1", "JSON text", "column 1"),
        ('"\t"', "JSON text", "column 2"),
        ("\ufeff1", "JSON text", "column 1"),
        ("", "JSON text", "column 1"),
        ("[" * 100_000, "nesting of at most 64", "column 65"),
        ('{"a":' * 65, "nesting of at most 64", "column 321"),
    ],
)
def test_a_broken_rule_is_named_with_its_place(text: str, expected: str, place: str) -> None:
    told = refusal(text)
    assert expected in told.expected
    assert place in told.actual


def test_text_that_only_looks_suspicious_is_accepted() -> None:
    assert read('["\\\\u0000", "\\\\ud800", "\\ud83d\\ude00"]') == ["\\u0000", "\\ud800", "😀"]
    assert read('["' + "[" * 1000 + '", "\\"[[["]') == ["[" * 1000, '"[[[']
    assert read("[" + "1" * 4300 + "]") == [int("1" * 4300)]
    assert read("[" * 64 + "]" * 64) == json.loads("[" * 64 + "]" * 64)


def test_bytes_that_are_not_utf8_and_bodies_that_are_too_long_are_refused() -> None:
    assert "byte 2" in refusal(b'"a\xff"').actual
    assert "byte 1" in refusal('"\ud800"'.encode("utf-8", "surrogatepass")).actual
    answer = strict_json.parse(b"[1, 2]", max_bytes=5)
    assert isinstance(answer, Refusal)
    assert answer.expected == "at most 5 bytes"


def test_form_data_keeps_every_digit() -> None:
    assert read('{"sum": 0.10, "n": 10, "x": 12345678901234567.25}', decimals=True) == {
        "sum": Decimal("0.10"),
        "n": 10,
        "x": Decimal("12345678901234567.25"),
    }
    assert str(read("1.50", decimals=True)) == "1.50"


@pytest.mark.parametrize("text", ["1e-999999999", "1e-9999999999999999999", "0e-5000"])
def test_a_short_number_never_becomes_a_long_text(text: str) -> None:
    assert "4300 digits" in refusal(text, decimals=True).expected


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u0d8\n-1eN ', max_size=60).map(str.encode), st.booleans())
def test_no_bytes_make_the_reader_raise(data: bytes, decimals: bool) -> None:
    answer = strict_json.parse(data, max_bytes=BIG, decimals=decimals)
    if not isinstance(answer, Refusal):
        assert json.loads(data, parse_float=Decimal if decimals else float) == answer


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(values)
def test_the_canonical_form_is_plain_sorted_json_and_reads_back(value: object) -> None:
    data = strict_json.canonical(value)
    assert data == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if b"\\u0000" not in data:
        assert strict_json.parse(data, max_bytes=BIG) == value


def test_the_canonical_form_sorts_by_code_point_and_writes_numbers_as_read() -> None:
    value = read('{"b": 1.50, "Å": [], "a": {"z": 0.10, "é": {}}, "A": -0.0}', decimals=True)
    assert strict_json.canonical(value).decode() == '{"A":-0.0,"a":{"z":0.10,"é":{}},"b":1.50,"Å":[]}'


def test_values_that_are_not_json_are_faults() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        strict_json.canonical([float("nan")])
    with pytest.raises(TypeError):
        strict_json.canonical({"a": object()})
