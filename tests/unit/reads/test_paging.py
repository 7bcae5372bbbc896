"""Cursors: our own come back, and nothing else gets through to a statement."""

import base64
import json
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.errors import Refused
from dialog_graph.reads.paging import MAX_FIRST, Page, Position, check_first, decode, page_of

AT = datetime(2026, 11, 20, 7, 53, 33, 123456, tzinfo=UTC)
ROW = UUID("01900000-0000-7000-8000-000000000001")

times = st.datetimes(timezones=st.just(UTC))
positions = (
    st.builds(Position, st.just("UPDATED_DESC"), st.none() | times, st.uuids())
    | st.builds(Position, st.just("name"), st.text(st.characters(exclude_characters="\0"), max_size=200), st.none())
    | st.builds(Position, st.just("sequence"), st.integers(0, 2**31 - 1), st.none())
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(AT.isoformat()) | st.just(str(ROW)),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)


def cursor(*members: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()


def code(text: str, order: str) -> str | None:
    try:
        decode(text, order)
    except Refused as refused:
        return refused.refusal.code
    return None


@given(positions)
def test_a_position_comes_back_from_its_cursor(position: Position) -> None:
    found = decode(position.encode(), position.order)
    assert found is not None
    assert (found.order, found.id) == (position.order, position.id)
    if isinstance(position.value, datetime):
        assert found.time == position.value
    else:
        assert found.value == position.value


def test_no_cursor_is_the_beginning() -> None:
    assert decode(None, "UPDATED_DESC") is None


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("", "UPDATED_DESC"),
        ("!", "UPDATED_DESC"),
        ("å", "UPDATED_DESC"),
        ("AAAA", "UPDATED_DESC"),
        (Position("CREATED_DESC", AT, ROW).encode(), "UPDATED_DESC"),
        (cursor("UPDATED_DESC", AT.isoformat()), "UPDATED_DESC"),
        (cursor("UPDATED_DESC", AT.isoformat(), None), "UPDATED_DESC"),
        (cursor("UPDATED_DESC", AT.isoformat(), "no id"), "UPDATED_DESC"),
        (cursor("UPDATED_DESC", "yesterday", str(ROW)), "UPDATED_DESC"),
        (cursor("UPDATED_DESC", "2026-11-20T07:53:33", str(ROW)), "UPDATED_DESC"),
        (cursor("UPDATED_DESC", "0001-01-01T00:00:00+23:59", str(ROW)), "UPDATED_DESC"),
        (cursor("UPDATED_DESC", 5, str(ROW)), "UPDATED_DESC"),
        (cursor("UPDATED_DESC", 1.5, str(ROW)), "UPDATED_DESC"),
        (cursor("name", 5, None), "name"),
        (cursor("name", None, None), "name"),
        (cursor("name", "A", str(ROW)), "name"),
        (cursor("name", "A" * 2000, None), "name"),
        (cursor("sequence", -1, None), "sequence"),
        (cursor("sequence", True, None), "sequence"),
        (cursor("sequence", 2**31, None), "sequence"),
        (cursor("sequence", "7", None), "sequence"),
    ],
)
def test_anything_else_is_a_bad_cursor(text: str, order: str) -> None:
    assert code(text, order) == "BAD_CURSOR"


def test_a_bad_cursor_does_not_echo_its_text() -> None:
    with pytest.raises(Refused) as caught:
        decode("c2VjcmV0", "name")
    assert "c2VjcmV0" not in caught.value.refusal.message


@given(st.text() | st.lists(json_values, max_size=4).map(lambda members: cursor(*members)))
def test_no_text_makes_reading_fail(text: str) -> None:
    for order in ("UPDATED_DESC", "name", "sequence"):
        assert code(text, order) in (None, "BAD_CURSOR")


@given(json_values, json_values)
def test_what_gets_through_is_what_a_statement_takes(value: object, row_id: object) -> None:
    for order in ("UPDATED_DESC", "name", "sequence"):
        text = cursor(order, value, row_id)
        if code(text, order) is None:
            found = decode(text, order)
            assert found is not None
            assert isinstance(found.value, {"name": str, "sequence": int}.get(order, str | None))
            assert (found.id is None) is (order != "UPDATED_DESC")


@pytest.mark.parametrize("first", [1, 50, MAX_FIRST])
def test_a_page_size_in_range_is_taken(first: int) -> None:
    assert check_first(first) == first


@pytest.mark.parametrize("first", [0, -1, MAX_FIRST + 1])
def test_a_page_size_out_of_range_is_refused(first: int) -> None:
    with pytest.raises(Refused) as caught:
        check_first(first)
    assert caught.value.refusal.code == "LIMIT_PAGE"
    assert f"it is {first}" in caught.value.refusal.message


def page(count: int, first: int, after: str | None = None) -> Page[int]:
    return page_of([(number, Position("sequence", number, None)) for number in range(count)], first, after)


@pytest.mark.parametrize(("count", "shown", "has_next"), [(0, 0, False), (2, 2, False), (3, 3, False), (4, 3, True)])
def test_the_row_too_many_tells_of_a_next_page_and_is_not_shown(count: int, shown: int, has_next: bool) -> None:
    found = page(count, 3)
    assert list(found.items) == list(range(shown))
    assert found.has_next is has_next
    assert [decode(item, "sequence") for item in found.cursors] == [
        Position("sequence", number, None) for number in range(shown)
    ]


def test_a_page_behind_a_cursor_has_a_previous_one() -> None:
    assert not page(1, 3).has_previous
    assert page(1, 3, Position("sequence", 9, None).encode()).has_previous


async def test_a_page_that_nobody_counts_tells_none() -> None:
    assert await page(2, 3).total(cast(Any, "no snapshot is asked")) == 0
