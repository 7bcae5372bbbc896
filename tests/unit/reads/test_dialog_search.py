"""Rules of `searchDialogs` in their order, and the token that goes on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.reads.dialog_search import (
    DEFAULT_SORT,
    MAX_VALUES,
    SORT_COLUMNS,
    ErrorKind,
    Search,
    SearchError,
    SearchInput,
    Sort,
    Token,
    check,
    parse_token,
    write_token,
)
from dialog_graph.urns import PERSON, PartyUrn

AT = datetime(2026, 11, 20, 7, 53, 33, 123456, tzinfo=UTC)
ROW = UUID("01900000-0000-7000-8000-000000000001")
KARI = f"{PERSON}01817510120"
TOKEN = f"contentupdatedat_2026-11-20T07:53:33.123456Z,id_{ROW}"
NEWEST = [{"contentupdatedat": True}]


def given_input(**members: Any) -> SearchInput:
    return replace(SearchInput(party=[KARI]), **members)


def kinds(**members: Any) -> list[ErrorKind]:
    found = check(given_input(**members))
    return [] if isinstance(found, Search) else [error.kind for error in found]


# Order of evaluation ------------------------------------------------------------------------------------------------


ORDERED: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"order_by": NEWEST, "continuation_token": TOKEN}, []),
    ({"continuation_token": TOKEN}, ["VALIDATION"]),
    ({"order_by": []}, ["VALIDATION"]),
    ({"order_by": [{}]}, ["VALIDATION"]),
    ({"order_by": [{}, {"dueat": True, "createdat": True}]}, ["VALIDATION", "VALIDATION"]),
    ({"order_by": [{}], "continuation_token": "x", "party": []}, ["VALIDATION"]),
    ({"order_by": NEWEST, "continuation_token": "x", "party": []}, ["TOKEN"]),
    ({"order_by": NEWEST * 2, "continuation_token": TOKEN, "party": []}, ["ORDER"]),
    ({"order_by": [{"dueat": True}], "continuation_token": TOKEN}, ["VALIDATION"]),
    ({"order_by": [{"dueat": True}], "continuation_token": TOKEN, "limit": 0}, ["VALIDATION", "VALIDATION"]),
    ({"search": "ord"}, ["DOMAIN"]),
    ({"search": "ord", "limit": 0}, ["VALIDATION"]),
]


@pytest.mark.parametrize(("members", "expected"), ORDERED)
def test_the_first_group_that_is_broken_is_reported_and_no_later_one(
    members: dict[str, Any], expected: list[str]
) -> None:
    assert [kind.name for kind in kinds(**members)] == expected


def test_a_valid_search_says_what_it_means_in_full() -> None:
    found = check(given_input(order_by=[{"dueat": False}, {"createdat": True}]))
    assert isinstance(found, Search)
    assert found.parties == (PartyUrn(PERSON, "01817510120"),)
    assert found.sorts == (Sort("dueat", False), Sort("createdat", True))
    assert (found.token, found.limit) == (None, 100)


def test_without_an_order_the_newest_content_comes_first() -> None:
    found = check(given_input(limit=7))
    assert isinstance(found, Search)
    assert (found.sorts, found.limit) == (DEFAULT_SORT, 7) == ((Sort("contentupdatedat", True),), 7)


# Limits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "most"), [("party", 100), ("service_resource", 20), ("org", 20)])
def test_a_list_may_be_full_but_not_fuller(name: str, most: int) -> None:
    value = {"party": KARI, "service_resource": "urn:altinn:resource:app_ttd_x"}.get(name, "ttd")
    assert MAX_VALUES[name] == most
    assert kinds(**{name: [value] * most}) == []
    assert kinds(**{name: [value] * (most + 1)}) == [ErrorKind.VALIDATION]


@pytest.mark.parametrize(
    ("members", "count"),
    [
        ({"party": []}, 1),
        ({"party": None}, 1),
        ({"party": [], "service_resource": ["urn:altinn:resource:app_ttd_x"]}, 0),
        ({"service_resource": []}, 0),
        ({"service_resource": ["app_ttd_x"]}, 1),
        ({"party": [KARI, "urn:altinn:person:identifier-no:01817510121", "x"]}, 2),
        ({"party": [KARI.upper()]}, 0),
        ({"extended_status": ["x"] * 21}, 1),
        ({"limit": 1000}, 0),
        ({"limit": 1001}, 1),
        ({"limit": -1}, 1),
        ({"process": "x" * 1023}, 0),
        ({"process": "x" * 1024}, 1),
        ({"search": "or"}, 1),
        ({"search": "x" * 257}, 1),
        ({"search_language_code": "nb-NO"}, 0),
        ({"search_language_code": " EN "}, 0),
        ({"search_language_code": "no"}, 1),
        ({"search_language_code": "nor"}, 1),
        ({"search_language_code": ""}, 1),
    ],
)
def test_every_breach_is_one_validation_error(members: dict[str, Any], count: int) -> None:
    assert kinds(**members) == [ErrorKind.VALIDATION] * count


def test_an_empty_search_is_no_search() -> None:
    assert kinds(search="") == []


@pytest.mark.parametrize("name", ["created", "updated", "due", "content_updated"])
def test_bounds_may_meet_but_not_cross(name: str) -> None:
    assert kinds(bounds={f"{name}_after": AT, f"{name}_before": AT}) == []
    crossed = check(given_input(bounds={f"{name}_after": AT, f"{name}_before": AT - timedelta(microseconds=1)}))
    assert isinstance(crossed, tuple)
    (error,) = crossed
    wire = {"content_updated": "contentUpdated"}.get(name, name)
    assert error.message == f"Expected {wire}After at or before {wire}Before, but it is later."


def test_what_is_told_of_a_wrong_value_is_short() -> None:
    found = check(given_input(party=["x" * 5000], service_resource=["y" * 5000]))
    assert isinstance(found, tuple)
    assert all(len(error.message) < 250 for error in found)


# Tokens -------------------------------------------------------------------------------------------------------------

times = st.datetimes(timezones=st.just(UTC))
sort_lists = st.lists(st.sampled_from(sorted(SORT_COLUMNS)), min_size=1, unique=True)


@given(st.data(), sort_lists, st.uuids())
def test_a_token_comes_back_as_the_row_it_was_written_for(data: st.DataObject, keys: list[str], row: UUID) -> None:
    values = {key: data.draw(st.none() | times) for key in keys}
    sorts = [Sort(key, True) for key in keys]
    token = parse_token(write_token(sorts, values, row))
    assert token == Token(values, row)
    assert isinstance(token, Token)
    assert list(token.values) == keys


def test_a_token_has_the_peer_s_form() -> None:
    sorts = [Sort("contentupdatedat", True)]
    assert write_token(sorts, {"contentupdatedat": AT}, ROW) == TOKEN
    assert write_token([Sort("dueat", False)], {"dueat": None}, ROW) == f"dueat_,id_{ROW}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        f"id_{ROW}",
        "contentupdatedat_2026-11-20T07:53:33Z",
        f"contentupdatedat_2026-11-20T07:53:33Z,{ROW}",
        f"contentupdatedat_2026-11-20T07:53:33,id_{ROW}",
        f"contentupdatedat_soon,id_{ROW}",
        f"contentupdatedat_0001-01-01T00:00:00+23:59,id_{ROW}",
        f"contentUpdatedAt_2026-11-20T07:53:33Z,id_{ROW}",
        f"unknown_2026-11-20T07:53:33Z,id_{ROW}",
        f"dueat_,dueat_,id_{ROW}",
        f"id_{ROW},contentupdatedat_2026-11-20T07:53:33Z",
        "contentupdatedat_2026-11-20T07:53:33Z,id_17",
        f"contentupdatedat_2026-11-20T07:53:33Z,id_{ROW},",
    ],
)
def test_what_is_no_token_is_a_parsing_error(text: str) -> None:
    found = parse_token(text)
    assert isinstance(found, SearchError)
    assert found.kind is ErrorKind.TOKEN


@given(st.text() | st.text(alphabet="_,id-:TZ0123456789acdeptu+"))
def test_no_text_makes_reading_a_token_fail(text: str) -> None:
    found = parse_token(text)
    assert isinstance(found, Token) or found.kind is ErrorKind.TOKEN


def test_the_keys_of_a_token_must_be_those_of_the_order_in_that_order() -> None:
    token = f"createdat_2026-11-20T07:53:33Z,dueat_,id_{ROW}"
    assert kinds(continuation_token=token, order_by=[{"createdat": True}, {"dueat": False}]) == []
    assert kinds(continuation_token=token, order_by=[{"dueat": False}, {"createdat": True}]) == [ErrorKind.VALIDATION]
    assert kinds(continuation_token=token, order_by=[{"createdat": True}]) == [ErrorKind.VALIDATION]
