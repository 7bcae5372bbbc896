"""Our types have the names, fields and nullability of the schema that existing inbox front ends are built against.

The peer's schema is read where it lies beside the project. What is not due yet is listed by name, so that a type or
field that is there can never drift unseen, and one that is added must leave the list.
"""

from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, build_schema

from dialog_graph.graphql.schema import sdl

ROOTS = {"Queries": "Query", "Mutations": "Mutation", "Subscriptions": "Subscription"}
LATER_FIELDS = {
    "Queries": {"dialogLookup", "limits", "serviceResources"},
    "Mutations": {"setSystemLabel", "bulkSetSystemLabels"},
    "Subscriptions": {"dialogEvents"},
}
LATER_TYPES = ("DialogLookup", "SetSystemLabel", "BulkSetSystemLabel", "ServiceResourceMetadata", "DialogEvent")
LATER_NAMES = {
    "Limits",
    "EndUserSearchLimits",
    "ServiceOwnerSearchLimits",
    "DialogRevisionInput",
    "ApplyPolicy",  # of a directive that clients never send
}


@pytest.fixture(scope="module")
def peer(shared_dir: Path) -> str:
    return (shared_dir / "contracts" / "dialogporten.graphql").read_text(encoding="utf-8")


def differences(ours: str, theirs: str) -> list[str]:
    """What a client of theirs would miss in ours."""
    mine, other = build_schema(ours), build_schema(theirs, assume_valid=True)
    found: list[str] = []
    for name, wanted in other.type_map.items():
        present = mine.type_map.get(ROOTS.get(name, name))
        if present is None:
            if name not in LATER_NAMES and not name.startswith(LATER_TYPES) and not name.startswith("__"):
                found.append(f"type {name} is missing")
        elif isinstance(wanted, GraphQLEnumType):
            assert isinstance(present, GraphQLEnumType)
            found += [f"{name}.{value} is missing" for value in wanted.values if value not in present.values]
            found += [f"{name}.{value} is unknown to clients" for value in present.values if value not in wanted.values]
        elif isinstance(wanted, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            assert isinstance(present, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType)
            for field, value in wanted.fields.items():
                own = present.fields.get(field)
                if own is None and field not in LATER_FIELDS.get(name, set()):
                    found.append(f"{name}.{field} is missing")
                elif own is not None and str(own.type) != str(value.type):
                    found.append(f"{name}.{field} is {own.type}, expected {value.type}")
    return found


def test_what_front_ends_ask_for_is_there(peer: str) -> None:
    assert differences(sdl(), peer) == []


def test_what_is_listed_as_later_is_not_there_yet(peer: str) -> None:
    mine = build_schema(sdl())
    present = {
        f"{root}.{field}"
        for root, fields in LATER_FIELDS.items()
        for field in fields
        if field in getattr(mine.type_map[ROOTS[root]], "fields", {})
    }
    assert present == set(), "take these off the list"


@pytest.mark.parametrize(
    ("written", "changed"),
    [
        ("hasUnopenedContent: Boolean!", "hasUnopenedContent: Boolean"),
        ("  REQUIRES_ATTENTION\n", ""),
        ("guiAttachmentCount: Int", "attachmentCount: Int"),
    ],
)
def test_a_drift_is_told(peer: str, written: str, changed: str) -> None:
    ours = sdl()
    assert written in ours
    assert differences(ours.replace(written, changed), peer) != []
