"""Errors and inputs of the peer's dialog queries, in every form that its client writes."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from dialog_graph.errors import CODES
from dialog_graph.graphql.types import dialog_payloads as wire
from dialog_graph.graphql.types.enums import OrderDirection
from dialog_graph.graphql.types.scalars import SCALARS
from dialog_graph.reads.dialog_search import ErrorKind, SearchError, SearchInput
from dialog_graph.reads.dialogs import DialogError, NotShown

AT = datetime(2026, 11, 20, 7, 53, 33, tzinfo=UTC)
FOUND: list[SearchInput] = []


@strawberry.type
class Query:
    @strawberry.field
    def search(self, input: wire.SearchDialogInput) -> bool:
        FOUND.append(wire.search_input(input))
        return True


SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))
DEFINITION = "query ($input: SearchDialogInput!) { search(input: $input) }"


def literal(text: str) -> SearchInput:
    return _read(f"{{ search(input: {text}) }}")


def variable(value: dict[str, Any]) -> SearchInput:
    return _read(DEFINITION, {"input": value})


def _read(query: str, variables: dict[str, Any] | None = None) -> SearchInput:
    FOUND.clear()
    answer = SCHEMA.execute_sync(query, variable_values=variables)
    assert answer.errors is None
    return FOUND.pop()


# Errors -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DialogError)
def test_every_reason_why_a_dialog_is_not_shown_has_its_type(kind: DialogError) -> None:
    error = wire.by_id_error(NotShown(error=kind, at=AT))
    assert type(error).__name__ == kind.value
    assert error.message
    assert error.code in CODES


def test_what_expired_and_what_is_not_visible_yet_tell_when() -> None:
    expired = wire.by_id_error(NotShown(error=DialogError.EXPIRED, at=AT))
    hidden = wire.by_id_error(NotShown(error=DialogError.NOT_VISIBLE, at=AT))
    assert isinstance(expired, wire.DialogByIdExpired)
    assert isinstance(hidden, wire.DialogByIdNotVisible)
    assert expired.expired_at == hidden.visible_from == AT


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_breach_of_a_search_has_its_type(kind: ErrorKind) -> None:
    error = wire.search_error(SearchError(kind, "Expected this, but it is that."))
    assert type(error).__name__ == kind.value
    assert error.message == "Expected this, but it is that."
    assert error.code in CODES


def test_all_error_types_are_registered() -> None:
    names = {*(kind.value for kind in DialogError), *(kind.value for kind in ErrorKind)}
    assert {item.__name__ for item in wire.PEER_ERRORS} == names


# Input --------------------------------------------------------------------------------------------------------------


def test_nothing_given_is_nothing_asked() -> None:
    assert literal("{}") == variable({}) == SearchInput()


def test_every_member_arrives() -> None:
    times = {
        f"{name}{side}": "2026-11-20T07:53:33.000Z"
        for name in ("created", "updated", "contentUpdated", "due")
        for side in ("After", "Before")
    }
    found = variable(
        {
            "org": ["ttd"],
            "serviceResource": ["urn:altinn:resource:app_ttd_x"],
            "party": ["p"],
            "extendedStatus": ["e"],
            "externalReference": "r",
            "status": ["DRAFT", "IN_PROGRESS"],
            "process": "urn:p",
            "systemLabel": ["ARCHIVE"],
            "excludeApiOnly": True,
            "isContentSeen": False,
            "search": "word",
            "searchLanguageCode": "nb",
            "limit": 7,
            "continuationToken": "t",
            "orderBy": [{"createdAt": "ASC"}],
            **times,
        }
    )
    unset = [item.name for item in fields(found) if getattr(found, item.name) in (None, {})]
    assert unset == []
    assert found.status == ["DRAFT", "IN_PROGRESS"]
    assert found.system_label == ["ARCHIVE"]
    assert set(found.bounds.values()) == {AT}
    assert len(found.bounds) == 8
    assert found.order_by == [{"createdat": False}]


@pytest.mark.parametrize(
    "order",
    [
        "{contentUpdatedAt: DESC}",
        "[{contentUpdatedAt: DESC}]",
        "{createdAt: null, updatedAt: null, dueAt: null, contentUpdatedAt: DESC}",
    ],
)
def test_one_order_may_stand_without_a_list_and_null_counts_as_not_set(order: str) -> None:
    assert literal(f"{{orderBy: {order}}}").order_by == [{"contentupdatedat": True}]


@pytest.mark.parametrize(
    "order",
    [
        {"contentUpdatedAt": "DESC"},
        [{"contentUpdatedAt": "DESC"}],
        {"createdAt": None, "updatedAt": None, "dueAt": None, "contentUpdatedAt": "DESC"},
    ],
)
def test_the_same_forms_work_as_variables(order: Any) -> None:
    assert variable({"orderBy": order}).order_by == [{"contentupdatedat": True}]


def test_what_the_rules_refuse_arrives_as_it_was_written() -> None:
    assert literal("{orderBy: []}").order_by == []
    assert literal("{orderBy: {}}").order_by == [{}]
    assert literal("{orderBy: null}").order_by is None
    assert literal("{orderBy: {dueAt: ASC, createdAt: DESC}}").order_by == [{"createdat": True, "dueat": False}]


def test_bare_values_and_variables_of_the_element_type_stand_for_lists() -> None:
    assert literal('{systemLabel: ARCHIVE, status: DRAFT, party: "p"}') == SearchInput(
        system_label=["ARCHIVE"], status=["DRAFT"], party=["p"]
    )
    query = "query ($label: SystemLabel!, $party: String!) { search(input: {systemLabel: [$label], party: [$party]}) }"
    assert _read(query, {"label": "BIN", "party": "p"}) == SearchInput(system_label=["BIN"], party=["p"])


def test_an_empty_filter_is_kept_and_null_is_not_set() -> None:
    assert literal("{serviceResource: [], party: null, createdAfter: null}") == SearchInput(service_resource=[])


@pytest.mark.parametrize(
    ("key", "member"),
    [
        ("createdat", "created_at"),
        ("updatedat", "updated_at"),
        ("dueat", "due_at"),
        ("contentupdatedat", "content_updated_at"),
    ],
)
def test_a_sort_key_is_echoed_in_its_own_member(key: str, member: str) -> None:
    found = wire.sort_type(key, True)
    set_members = {item.name: getattr(found, item.name) for item in fields(found)}
    assert {name for name, value in set_members.items() if value is not None} == {member}
    assert set_members[member] is OrderDirection.DESC
    assert getattr(wire.sort_type(key, False), member) is OrderDirection.ASC
