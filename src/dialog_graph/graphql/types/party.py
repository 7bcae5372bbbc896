"""Parties, and the peer's list of the parties that a caller represents."""

from datetime import date
from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.enums import PartyKindShown, party_kind
from dialog_graph.graphql.types.paging import PageInfo, counted, page_info
from dialog_graph.model.party import KEY_ROLES, PartyKind, RepresentedParty
from dialog_graph.model.party import Party as PartyValue
from dialog_graph.reads import parties
from dialog_graph.reads.paging import Page


def _id(root: PartyValue) -> int:
    return root.party_id


def _kind(root: PartyValue) -> PartyKindShown:
    return party_kind(root.kind)


async def _parent(root: PartyValue, info: Info[Context, None]) -> "Party | None":
    if root.parent_id is None:
        return None
    return await info.context.parties.load(root.parent_id)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


async def _sub_parties(root: PartyValue, info: Info[Context, None]) -> "list[Party]":
    return await info.context.read(parties.sub_parties, root.party_id)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


@strawberry.type(description="A person, an organisation, or another owner of dialogs.")
class Party:
    """`id`: the number in instance references; it opens nothing."""

    urn: str
    id: int = strawberry.field(resolver=_id)
    uuid: UUID
    kind: PartyKindShown = strawberry.field(resolver=_kind)
    name: str
    is_deleted: bool
    parent: "Party | None" = strawberry.field(resolver=_parent)
    sub_parties: "list[Party]" = strawberry.field(resolver=_sub_parties)


@strawberry.type(description="A party and its place in the list.")
class PartyEdge:
    """One row of a page."""

    node: Party
    cursor: str


def _edges(root: Page[PartyValue]) -> list[PartyEdge]:
    pairs = zip(root.items, root.cursors, strict=True)
    return [PartyEdge(node=item, cursor=cursor) for item, cursor in pairs]  # pyright: ignore[reportArgumentType] -- fields are read from the model's values


def _info(root: Page[PartyValue]) -> PageInfo:
    return page_info(root)


async def _total(root: Page[PartyValue], info: Info[Context, None]) -> int:
    return await counted(info, root)


@strawberry.type(description="A page of parties.")
class PartyConnection:
    """By name."""

    edges: list[PartyEdge] = strawberry.field(resolver=_edges)
    page_info: PageInfo = strawberry.field(resolver=_info)
    total_count: int = strawberry.field(resolver=_total)


@strawberry.type(description="A sub-unit that the caller represents.")
class AuthorizedSubParty:
    """`party`: its URN."""

    party: str
    party_uuid: UUID
    party_id: int
    name: str
    date_of_birth: str | None
    party_type: str
    is_deleted: bool
    has_key_role: bool
    is_current_end_user: bool
    is_main_administrator: bool
    is_access_manager: bool


@strawberry.type(description="A party that the caller represents, with its sub-units.")
class AuthorizedParty(AuthorizedSubParty):
    """`has_only_access_to_sub_parties`: listed as a parent only."""

    has_only_access_to_sub_parties: bool
    sub_parties: list[AuthorizedSubParty] | None


_TYPES = {PartyKind.PERSON: "Person", PartyKind.ORGANISATION: "Organization", PartyKind.SUBUNIT: "Organization"}


_PLACES = (slice(0, 2), slice(2, 4), slice(4, 6), slice(6, 9))
_CENTURIES = (
    (range(500), range(100), 1900),
    (range(500, 750), range(54, 100), 1800),
    (range(500, 1000), range(40), 2000),
    (range(900, 1000), range(40, 100), 1900),
)
"""Individual numbers, years of two digits, century: first match; other pairs are never given out."""


def birth_date(identifier: str) -> str | None:
    """Date of birth in a person number; None where it tells no date.

    Synthetic numbers add 40 or 80 to the month, D-numbers 40 to the day.
    """
    if len(identifier) != 11 or not identifier.isascii() or not identifier.isdigit():
        return None
    day, month, year, individual = (int(identifier[place]) for place in _PLACES)
    century = next((first for people, years, first in _CENTURIES if individual in people and year in years), None)
    if century is None or day > 71 or 12 < month < 41 or 52 < month < 81:
        return None
    try:
        return date(century + year, month % 40, day % 40).isoformat()
    except ValueError:
        return None


def _facts(item: RepresentedParty) -> dict[str, object]:
    party, roles = item.party, item.relations.roles
    return {
        "party": party.urn,
        "party_uuid": party.uuid,
        "party_id": party.party_id,
        "name": party.name,
        "date_of_birth": birth_date(party.identifier) if party.kind is PartyKind.PERSON else None,
        "party_type": _TYPES.get(party.kind, "SelfIdentified"),
        "is_deleted": party.is_deleted,
        "has_key_role": bool(roles & KEY_ROLES),
        "is_current_end_user": item.is_self,
        "is_main_administrator": "HADM" in roles,
        "is_access_manager": "ADMAI" in roles,
    }


def authorized_party(item: RepresentedParty) -> AuthorizedParty:
    """A represented party as the peer's wire has it; `subParties` is null when there are none."""
    units = [AuthorizedSubParty(**_facts(unit)) for unit in item.sub_parties]  # pyright: ignore[reportArgumentType] -- members by name
    return AuthorizedParty(
        **_facts(item),  # pyright: ignore[reportArgumentType] -- members by name
        has_only_access_to_sub_parties=item.only_sub_parties,
        sub_parties=units or None,
    )
