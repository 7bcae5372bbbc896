"""Scalars: what clients may write, and the one form in which they are answered."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
import strawberry
from hypothesis import given
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig

from dialog_graph.graphql.types.scalars import (
    SCALARS,
    JsonScalar,
    Url,
    read_date_time,
    read_uuid,
    write_date_time,
)

ROW = UUID("01900000-0000-7000-8000-00000000abcd")
AT = datetime(2026, 11, 20, 7, 53, 33, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-11-20T07:53:33Z", 0),
        ("2026-11-20T07:53:33.000Z", 0),
        ("2026-11-20t07:53:33.5z", 500_000),
        ("2026-11-20 08:53:33.123456+01:00", 123_456),
        ("2026-11-20T07:53:33.123456999Z", 123_456),
        ("2026-11-19T19:53:33.1-12:00", 100_000),
    ],
)
def test_a_time_is_read_as_utc_and_cut_to_microseconds(text: str, microsecond: int) -> None:
    found = read_date_time(text)
    assert found == AT.replace(microsecond=microsecond)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        None,
        1_795_000_000,
        "",
        "2026-11-20",
        "2026-11-20T07:53:33",
        "2026-11-20T07:53Z",
        "2026-11-20T07:53:33.Z",
        "2026-11-20T07:53:33.1234567890Z",
        "2026-11-20T07:53:33+0100",
        "2026-11-20T07:53:33Z\n",
        "2026-02-30T07:53:33Z",
        "2026-11-20T07:53:33+25:00",
        "٢٠٢٦-11-20T07:53:33Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ],
)
def test_other_times_are_no_times(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_date_time(value)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_that_is_answered_can_be_sent_again(at: datetime) -> None:
    text = write_date_time(at)
    assert text.endswith("Z")
    assert len(text) == len("2026-11-20T07:53:33.000000Z")
    assert read_date_time(text) == at


def test_answers_are_utc_with_six_digits_whatever_the_zone() -> None:
    assert write_date_time(AT.astimezone(timezone(timedelta(hours=1)))) == "2026-11-20T07:53:33.000000Z"


@pytest.mark.parametrize("text", [str(ROW), str(ROW).upper()])
def test_an_id_is_read_in_any_letter_case(text: str) -> None:
    assert read_uuid(text) == ROW


@pytest.mark.parametrize(
    "value", [None, 7, "", ROW.hex, f"{{{ROW}}}", ROW.hex + "----", f"urn:uuid:{ROW}", "+" + str(ROW)[1:], f"{ROW}\n"]
)
def test_an_id_without_its_hyphens_in_place_is_none(value: object) -> None:
    with pytest.raises(ValueError, match="expected a UUID with hyphens"):
        read_uuid(value)


# Through a schema ---------------------------------------------------------------------------------------------------


@strawberry.type
class Query:
    @strawberry.field
    def at(self, value: datetime) -> datetime:
        return value

    @strawberry.field
    def id(self, value: UUID) -> UUID:
        return value

    @strawberry.field
    def url(self) -> Url:
        return Url("urn:dialogporten:unauthorized")

    @strawberry.field
    def json(self, value: JsonScalar) -> JsonScalar:
        return value


SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ('{ at(value: "2026-11-20T08:53:33+01:00") }', {"at": "2026-11-20T07:53:33.000000Z"}),
        (f'{{ id(value: "{str(ROW).upper()}") }}', {"id": str(ROW)}),
        ("{ url }", {"url": "urn:dialogporten:unauthorized"}),
        ('{ json(value: {a: [1, 2.5, true, null, "x"]}) }', {"json": {"a": [1, 2.5, True, None, "x"]}}),
    ],
)
def test_the_schema_uses_them(query: str, answer: dict[str, Any]) -> None:
    found = SCHEMA.execute_sync(query)
    assert (found.errors, found.data) == (None, answer)


@pytest.mark.parametrize("value", ['"2026-11-20T07:53:33"', "17", "true", "A"])
def test_a_wrong_literal_is_a_coercion_error(value: str) -> None:
    found = SCHEMA.execute_sync(f"{{ at(value: {value}) }}")
    assert found.data is None
    assert found.errors is not None
    assert "expected a date-time" in found.errors[0].message


def test_a_wrong_variable_is_a_coercion_error() -> None:
    found = SCHEMA.execute_sync("query ($at: DateTime!) { at(value: $at) }", variable_values={"at": "yesterday"})
    assert found.errors is not None
    assert "expected a date-time" in found.errors[0].message
