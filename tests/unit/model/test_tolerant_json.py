"""The JSON reader of app folders: what it forgives, what it refuses, and where it says things stand."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_graph.model.diagnostic import Diagnostic
from dialog_graph.model.tolerant_json import MAX_BYTES, MAX_DEPTH, Document, read

FOLDER = """\ufeff// the app
{
  "id": "ttd/permit", /* kept
  as written */
  "dataTypes": [
    { "id": "form", "taskId": "Task_1", },
    { "id": "æ🌍", "maxCount": 0 },
  ],
}
"""


def document(data: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Document:
    found = read(data, max_bytes=max_bytes, max_depth=max_depth)
    assert isinstance(found, Document), found
    return found


def finding(data: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Diagnostic:
    found = read(data, max_bytes=max_bytes, max_depth=max_depth)
    assert isinstance(found, tuple)
    (only,) = found
    assert only.is_error
    return only


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_marks_comments_and_trailing_commas_are_forgiven(encoding: str):
    read_back = document(FOLDER.encode(encoding))

    assert read_back.value == {
        "id": "ttd/permit",
        "dataTypes": [{"id": "form", "taskId": "Task_1"}, {"id": "æ🌍", "maxCount": 0}],
    }
    assert read_back.diagnostics == ()


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 2, 1),
        (("id",), 3, 9),
        (("dataTypes",), 5, 16),
        (("dataTypes", 0), 6, 5),
        (("dataTypes", 0, "taskId"), 6, 31),
        (("dataTypes", 1, "maxCount"), 7, 31),
    ],
)
def test_every_value_has_its_place_in_the_original_text(path: tuple[str | int, ...], line: int, column: int):
    place = document(FOLDER).position(*path)

    assert place is not None
    assert (place.line, place.column) == (line, column)


def test_names_have_places_and_what_is_missing_has_the_nearest():
    read_back = document(FOLDER)

    key = read_back.key_position("dataTypes", 0, "taskId")
    assert key is not None
    assert (key.line, key.column) == (6, 21)
    assert read_back.position("dataTypes", 2) is None
    assert read_back.position("id", "deeper") is None
    assert read_back.key_position("dataTypes", 0) is None
    assert read_back.key_position() is None
    assert read_back.nearest("dataTypes", 0, "maxSize") == read_back.position("dataTypes", 0)
    assert read_back.nearest("dataTypes", 0, "id", "x") == read_back.position("dataTypes", 0, "id")
    assert read_back.nearest("nothing") == read_back.position()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_count(end: str):
    place = document(end.join(["[", "1,", "  2", "]"])).position(1)

    assert place is not None
    assert (place.line, place.column) == (3, 3)


def test_the_mark_is_a_character_of_the_first_line():
    place = document("\ufeff[1]").position(0)

    assert place is not None
    assert place.column == 3


def test_a_key_written_twice_is_a_warning_and_the_last_counts():
    read_back = document('{"a": {"b": 1},\n "a": {"c": 2}, "A": 3}')

    assert read_back.value == {"a": {"c": 2}, "A": 3}
    (warning,) = read_back.diagnostics
    assert (warning.code, warning.message) == ("DG1007", 'duplicate JSON key "a", last value used')
    assert (warning.line, warning.column, warning.related[0].line) == (2, 2, 1)
    assert not warning.is_error
    assert read_back.position("a", "b") is None
    assert read_back.position("a", "c") is not None


def test_no_more_than_a_thousand_warnings():
    assert len(document("{" + '"a":1,' * 5_000 + "}").diagnostics) == 1_000


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("", "expected a value, but the text ends", 1, 1),
        ("// only this", "expected a value, but the text ends", 1, 13),
        ("[", "expected a value, but the text ends", 1, 2),
        ("[,]", 'expected a value, but found ","', 1, 2),
        ("[1,,2]", 'expected a value, but found ","', 1, 4),
        ("[1 2]", 'expected a comma or "]", but found "2"', 1, 4),
        ('{"a":1]', 'expected a comma or "}", but found "]"', 1, 7),
        ("{a:1}", 'expected a key in quotation marks or "}", but found "a"', 1, 2),
        ("{'a':1}", 'expected a key in quotation marks or "}", but found "\'"', 1, 2),
        ('{"a" 1}', 'expected a colon, but found "1"', 1, 6),
        ('{"a":}', 'expected a value, but found "}"', 1, 6),
        ("[1]\n[2]", 'expected the end of the text, but found "["', 2, 1),
        ("[True]", 'expected a value, but found "True"', 1, 2),
        ("[NaN]", 'expected a value, but found "NaN"', 1, 2),
        ("[-Infinity]", 'expected a number, but found "-"', 1, 2),
        ("[01]", 'expected a comma or "]", but found "1"', 1, 3),
        ("[1.]", 'expected a comma or "]", but found "."', 1, 3),
        ("[1e999]", 'expected a number within the range of a double, but found "1e999"', 1, 2),
        ('["abc', "expected a closing quotation mark, but the text ends", 1, 2),
        ('["a\nb"]', "expected control characters in strings to be escaped, but found U+000A", 1, 4),
        ('["\\x"]', 'expected an escape such as \\n or \\u00e5, but found "\\x"', 1, 3),
        ('["\\u12"]', 'expected an escape such as \\n or \\u00e5, but found "\\u"', 1, 3),
        ('["\\ud800"]', "expected surrogates in pairs, but found one half", 1, 2),
        ('["\\ude00\\ud83d"]', "expected surrogates in pairs, but found one half", 1, 2),
        ("/* no end", "expected */ after this comment, but the text ends", 1, 1),
        ("[1] /", 'expected the end of the text, but found "/"', 1, 5),
        ("[1]\x00", "expected the end of the text, but found U+0000", 1, 4),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, message: str, line: int, column: int):
    fault = finding(text)

    assert (fault.code, fault.message) == ("DG1004", f"{message} at {line}:{column}")
    assert (fault.line, fault.column) == (line, column)


def test_escapes_mean_what_json_says():
    assert document(r'"\"\\\/\b\f\n\r\t\u00e5\ud83d\ude00"').value == '"\\/\b\f\n\r\tå😀'


@pytest.mark.parametrize(
    ("data", "byte"), [(b'["\xff"]', 2), (b"\xff\xfe[\x00\x00\xd8", 4), (b"\xfe\xff\x00", 2), ('["\ud800"]', 2)]
)
def test_what_is_no_text_is_refused_with_the_byte(data: bytes | str, byte: int):
    fault = finding(data)

    assert fault.code == "DG1002"
    assert fault.message == f"cannot decode at byte {byte}"


def test_limits_hold_exactly():
    assert document("[1]", max_bytes=3).value == [1]
    assert finding("[1] ", max_bytes=3).message == "file size is 4, limit 3"
    assert finding('"å"', max_bytes=3).message == "file size is 4, limit 3"
    assert document("[[]]", max_depth=2).value == [[]]
    assert (finding("[[{}]]", max_depth=2).code, finding("[[{}]]", max_depth=2).message) == (
        "DG1003",
        "JSON depth is 3, limit 2",
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 1_000_000, "DG1003"),
        ('{"a":' * 100_000, "DG1003"),
        ("1" * 1_000_000, "DG1004"),
        ("-" * 1_000_000, "DG1004"),
        ("1e" + "9" * 300, "DG1004"),
        ('"' + "\\" * 1_999_999, "DG1004"),
        ("/*" + "*" * 1_000_000, "DG1004"),
        ("/" * 1_000_000, "DG1004"),
        ("/**/" * 400_000 + "x", "DG1004"),
        (" " * 1_000_000 + "x", "DG1004"),
    ],
    ids=["arrays", "objects", "digits", "minus", "exponent", "backslashes", "stars", "slashes", "comments", "blanks"],
)
def test_hostile_texts_are_refused_at_their_first_fault(text: str, code: str):
    assert finding(text).code == code


def test_the_file_is_named_in_every_finding():
    refused = read("[", file="config/x.json")
    warned = read('{"a":1,"a":2}', file="config/x.json")

    assert isinstance(refused, tuple)
    assert isinstance(warned, Document)
    assert {refused[0].file, warned.diagnostics[0].file, warned.diagnostics[0].related[0].file} == {"config/x.json"}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=150, deadline=None)
@given(JSON, st.booleans(), st.sampled_from([None, 1]))
def test_strict_json_reads_as_the_standard_reader_reads_it(value: Any, escaped: bool, indent: int | None):
    assert document(json.dumps(value, ensure_ascii=escaped, indent=indent)).value == value


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='[]{},:"\\/*ue0 1-.+\n\ufefftrue') | st.binary())
def test_any_input_is_read_or_refused(data: Any):
    found = read(data)

    assert isinstance(found, Document) or all(fault.is_error for fault in found)


def test_every_json_file_of_the_shared_folder_can_be_read(shared_dir: Path):
    files = sorted(shared_dir.rglob("*.json"))

    assert len(files) > 300
    assert [path for path in files if isinstance(read(path.read_bytes()), tuple)] == []
