"""JSON Patch within bounds: all operations or none, and a refusal that names the one that failed."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.apps.form_data.patches import MAX_OPERATIONS, apply_patch
from dialog_graph.errors import Refusal

DOCUMENT: Any = {"name": "A", "age": 1, "rows": [{"item": "x"}, {"item": "y"}], "a/b": {"m~n": 0}}


DONE: list[Any] = [
    ([], DOCUMENT),
    ([{"op": "add", "path": "/rows/-", "value": {}}], DOCUMENT | {"rows": [*DOCUMENT["rows"], {}]}),
    ([{"op": "replace", "path": "/a~1b/m~0n", "value": 5}], DOCUMENT | {"a/b": {"m~n": 5}}),
    ([{"op": "remove", "path": "/rows/0"}], DOCUMENT | {"rows": [{"item": "y"}]}),
    (
        [{"op": "move", "from": "/age", "path": "/name"}],
        {k: v for k, v in DOCUMENT.items() if k != "age"} | {"name": 1},
    ),
    ([{"op": "replace", "path": "", "value": {"b": 1}}], {"b": 1}),
    (
        [{"op": "test", "path": "/age", "value": 1.0}, {"op": "remove", "path": "/a~1b"}],
        {k: v for k, v in DOCUMENT.items() if k != "a/b"},
    ),
]


@pytest.mark.parametrize(
    ("patch", "expected"),
    DONE,
)
def test_operations_take_effect_in_order(patch: Any, expected: Any) -> None:
    before = deepcopy(DOCUMENT)

    assert apply_patch(DOCUMENT, patch) == expected
    assert before == DOCUMENT


REFUSED: list[Any] = [
    ({}, "a list of operations", ""),
    ([{"op": "remove", "path": "/nowhere"}], 'operation 0 at "/nowhere"', "0 path"),
    ([{"op": "remove", "path": "/age"}, {"op": "remove", "path": "/age"}], 'operation 1 at "/age"', "1 path"),
    ([{"op": "add", "path": "/rows/9", "value": 1}], 'operation 0 at "/rows/9"', "0 path"),
    ([{"op": "add", "path": "/rows/01", "value": 1}], "operation 0", "0 path"),
    ([{"op": "replace", "path": "/name/0", "value": 1}], "operation 0", "0 path"),
    ([{"op": "move", "from": "/nowhere", "path": "/name"}], "it is not there", "0 from"),
    ([{"op": "copy", "from": "/rows/7", "path": "/name"}], "it is not there", "0 from"),
    ([{"op": "copy", "from": "/rows/0", "path": "/x/y"}], "it is not there", "0 path"),
    ([{"op": "test", "path": "/nowhere", "value": None}], "it is not there", "0 path"),
    ([{"op": "test", "path": "/age", "value": True}], "what stands at the path", "0 value"),
    ([{"op": "test", "path": "/age", "value": 2}], "what stands at the path", "0 value"),
    ([{"op": "explode", "path": "/age"}], "add or remove or replace", "0 op"),
    ([{"op": 1, "path": "/age"}], "add or remove or replace", "0 op"),
    ([{"path": "/a"}], "it is missing", "0 op"),
    ([{"op": "add", "path": "/x"}], "the member value", "0 value"),
    ([{"op": "add", "value": 1}], "the member path", "0 path"),
    ([{"op": "move", "path": "/x"}], "the member from", "0 from"),
    ([{"op": "add", "path": 5, "value": 1}], "a JSON Pointer", "0 path"),
    ([{"op": "add", "path": "no-slash", "value": 1}], "a JSON Pointer", "0 path"),
    ([{"op": "add", "path": "/~2", "value": 1}], "a JSON Pointer", "0 path"),
    ([{"op": "copy", "from": 5, "path": "/a"}], "a JSON Pointer", "0 from"),
    (["x"], "an object", "0"),
    ([None], "an object", "0"),
    ([{"op": "remove", "path": "/age"}, []], "operation 1", "1"),
    ([{"op": "replace", "path": "", "value": []}], "an object", ""),
    ([{"op": "remove", "path": ""}], "", "0 path"),
    ([{"op": "test", "path": "/age", "value": 1}] * (MAX_OPERATIONS + 1), "at most 100 operations", ""),
]


@pytest.mark.parametrize(("patch", "words", "place"), REFUSED)
def test_what_cannot_be_done_is_refused_by_name(patch: Any, words: str, place: str) -> None:
    refusal = apply_patch(DOCUMENT, patch)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "INVALID_INPUT"
    assert words in refusal.message
    assert refusal.path == ("patch", *place.split())


def test_the_most_operations_are_done() -> None:
    patch: Any = [{"op": "test", "path": "/age", "value": 1}] * MAX_OPERATIONS

    assert apply_patch(DOCUMENT, patch) == DOCUMENT


def test_copies_of_copies_end_at_the_largest_document() -> None:
    double: Any = [{"op": "copy", "from": "/rows", "path": "/rows/-"}] * 60

    refusal = apply_patch({"rows": [1]}, double)

    assert isinstance(refusal, Refusal)
    assert "values" in refusal.message or "nesting" in refusal.message


def test_copies_into_themselves_end_at_the_deepest_document() -> None:
    deepen: Any = [{"op": "copy", "from": "", "path": "/a"}] * 70

    refusal = apply_patch({"a": 1}, deepen)

    assert isinstance(refusal, Refusal)


PATCH: st.SearchStrategy[Any] = st.lists(
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x"]),
            "path": st.sampled_from(
                ["", "/", "/rows", "/rows/0", "/rows/-", "/rows/-1", "/name/0", "/a~1b", "/~2", "/x/y"]
            ),
        },
        optional={
            "value": st.none() | st.booleans() | st.integers() | st.just({"k": [1]}),
            "from": st.sampled_from(["", "/rows", "/rows/1", "/name", "/nowhere", "/rows/0/item/0"]),
        },
    ),
    max_size=6,
)


@given(PATCH)
def test_any_patch_gives_an_object_or_a_refusal(patch: Any) -> None:
    result = apply_patch(deepcopy(DOCUMENT), patch)

    assert isinstance(result, (dict, Refusal))
