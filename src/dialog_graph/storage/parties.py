"""The party register: look-ups, and what the transaction's principal is to a party.

Parties and roles are no tenant tables: every road may read them, so whoever shows a party to a caller asks `relations`
first. What a subject is to a party (own roles, what was delegated to an organisation whose key role it holds, both
again for sub-units) stands in the SQL functions `relation_of` and `delegation_of`, which the grant builder uses too.
Rules: security rules §3, inbox rules §10.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

from dialog_graph import urns
from dialog_graph.errors import Refusal, Texts
from dialog_graph.model.party import URN_PREFIXES, Party, PartyKind, Relations, RepresentedParty
from dialog_graph.storage.database import Row, Snapshot
from dialog_graph.urns import PartyUrn

Place: TypeAlias = tuple[str, int]
"""A place in the list of represented parties: name and party id of the last one seen."""

NO_RELATIONS = Relations()

_COLUMNS = "party_id, uuid, kind, identifier, name, parent_id, is_deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOwner:
    """An organisation that owns apps. `org`: its code; `name`: per language."""

    org: str
    organisation_number: str
    name: Texts


def party_of(row: Row) -> Party:
    """A party from a row with the register's columns."""
    return Party(
        party_id=row["party_id"],
        uuid=row["uuid"],
        kind=PartyKind(row["kind"]),
        identifier=row["identifier"],
        name=row["name"],
        parent_id=row["parent_id"],
        is_deleted=row["is_deleted"],
    )


async def find(tx: Snapshot, urn: PartyUrn | str) -> Party | None:
    """The party that a URN names; None when there is none, or when the text is no party URN."""
    parsed = PartyUrn.parse(urn) if isinstance(urn, str) else urn
    if isinstance(parsed, Refusal):
        return None
    if parsed.prefix == urns.PARTY_ID:
        return (await by_ids(tx, [int(parsed.identifier)])).get(int(parsed.identifier))
    kinds = [kind.value for kind, prefix in URN_PREFIXES.items() if prefix == parsed.prefix]
    row = await tx.fetchrow(
        f"select {_COLUMNS} from party where identifier = $1 and kind = any ($2)", parsed.identifier, kinds
    )
    return party_of(row) if row else None


async def find_all(tx: Snapshot, urns_: Sequence[PartyUrn]) -> list[Party | None]:
    """The parties that URNs name, in their order, by one statement; None where there is none."""
    ids = [int(urn.identifier) for urn in urns_ if urn.prefix == urns.PARTY_ID]
    names = [urn.identifier for urn in urns_ if urn.prefix != urns.PARTY_ID]
    rows = await tx.fetch(
        f"select {_COLUMNS} from party where party_id = any ($1::int[]) or identifier = any ($2::text[])", ids, names
    )
    found = [party_of(row) for row in rows]
    by_urn = {(URN_PREFIXES.get(party.kind), party.identifier): party for party in found}
    by_id = {(urns.PARTY_ID, str(party.party_id)): party for party in found}
    return [by_id.get(key) or by_urn.get(key) for key in ((urn.prefix, urn.identifier) for urn in urns_)]


async def subject_by_identifier(tx: Snapshot, identifier: str) -> Party | None:
    """The party with this national, organisation or user number or address, whatever its kind."""
    row = await tx.fetchrow(f"select {_COLUMNS} from party where identifier = $1", identifier)
    return party_of(row) if row else None


async def by_ids(tx: Snapshot, ids: Iterable[int]) -> dict[int, Party]:
    """The parties with these ids; unknown ids are left out."""
    rows = await tx.fetch(f"select {_COLUMNS} from party where party_id = any ($1)", list(ids))
    return {row["party_id"]: party_of(row) for row in rows}


async def sub_parties(tx: Snapshot, ids: Iterable[int]) -> dict[int, tuple[Party, ...]]:
    """The sub-units of these main units, by name; those without any are left out."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from party where parent_id = any ($1) and kind = 'SUBUNIT' order by name, party_id",
        list(ids),
    )
    found: dict[int, tuple[Party, ...]] = {}
    for row in rows:
        found[row["parent_id"]] = (*found.get(row["parent_id"], ()), party_of(row))
    return found


def _service_owner(row: Row | None) -> ServiceOwner | None:
    if row is None:
        return None
    return ServiceOwner(org=row["org"], organisation_number=row["organisation_number"], name=row["name"])


async def service_owner(tx: Snapshot, org: str) -> ServiceOwner | None:
    """The service owner with this code."""
    row = await tx.fetchrow("select org, organisation_number, name from service_owner where org = $1", org)
    return _service_owner(row)


async def service_owner_by_number(tx: Snapshot, organisation_number: str) -> ServiceOwner | None:
    """The service owner with this organisation number."""
    row = await tx.fetchrow(
        "select org, organisation_number, name from service_owner where organisation_number = $1", organisation_number
    )
    return _service_owner(row)


# One row per party. Delegations come as texts "{resource}[/{instance id}] {action}".
_RELATION = """
with relation as materialized (select party_id, role_kind, role_code from relation_of($1)),
delegated as materialized (
    select d.party_id, s.identifier || coalesce('/' || d.instance_id, '') || ' ' || a.action as grant_text
      from delegation_of($1) d join resource s using (resource_id) cross join unnest(d.actions) as a (action)
),
held as (
    select party_id,
           array_agg(distinct upper(role_code)) filter (where role_kind <> 'accesspackage') as roles,
           array_agg(distinct role_code) filter (where role_kind = 'accesspackage') as packages
      from relation group by party_id
),
given as (select party_id, array_agg(distinct grant_text) as grants from delegated group by party_id),
represented as (select party_id, roles, packages, grants from held full join given using (party_id))
"""


def _relations_of(row: Row) -> Relations:
    delegations: dict[str, frozenset[str]] = {}
    for text in row["grants"] or ():
        resource, _, action = text.rpartition(" ")
        delegations[resource] = delegations.get(resource, frozenset()) | {action}
    return Relations(
        roles=frozenset(row["roles"] or ()),
        packages=frozenset(row["packages"] or ()),
        delegations=MappingProxyType(delegations),
    )


def _key(party_id: int) -> tuple[str, int]:
    return ("relations", party_id)


async def relations_to(tx: Snapshot, ids: Sequence[int]) -> dict[int, Relations]:
    """What the transaction's principal is to each of these parties; asked once per transaction."""
    subject = tx.principal.subject_id
    missing = [party_id for party_id in ids if _key(party_id) not in tx.cache]
    if missing and subject is not None:
        rows = await tx.fetch(f"{_RELATION} select * from represented where party_id = any ($2)", subject, missing)
        tx.cache.update({_key(row["party_id"]): _relations_of(row) for row in rows})
    return {party_id: tx.cache.setdefault(_key(party_id), NO_RELATIONS) for party_id in ids}


async def relations(tx: Snapshot, party_id: int) -> Relations:
    """What the transaction's principal is to this party. Empty for service owners, who act by their code alone."""
    return (await relations_to(tx, [party_id]))[party_id]


def _represented_of(row: Row, subject: int) -> RepresentedParty:
    return RepresentedParty(party=party_of(row), relations=_relations_of(row), is_self=row["party_id"] == subject)


async def represented(
    tx: Snapshot, *, search: str | None = None, after: Place | None = None, limit: int = 50
) -> list[RepresentedParty]:
    """A page of the parties that the principal represents, by name and id; sub-units stand for themselves.

    `search`: part of a name in any letter case, or the beginning of a number.
    """
    subject = tx.principal.subject_id
    if subject is None:
        return []
    rows = await tx.fetch(
        f"""{_RELATION}
        select p.*, r.roles, r.packages, r.grants
          from represented r join party p using (party_id)
         where ($2::text is null or strpos(lower(p.name), lower($2)) > 0 or starts_with(p.identifier, $2))
           and ($3::text is null or (p.name, p.party_id) > ($3, $4::int))
         order by p.name, p.party_id limit $5
        """,
        subject,
        search or None,
        *(after or (None, None)),
        limit,
    )
    return [_represented_of(row, subject) for row in rows]


async def all_represented(tx: Snapshot) -> list[RepresentedParty]:
    """Every party that the principal represents on two levels: sub-units under their main unit, by name.

    A main unit that the principal has no relation to itself is listed for its sub-units, `only_sub_parties`.
    """
    subject = tx.principal.subject_id
    if subject is None:
        return []
    rows = await tx.fetch(
        f"{_RELATION} select p.*, r.roles, r.packages, r.grants from represented r join party p using (party_id)"
        " order by p.name, p.party_id",
        subject,
    )
    found = [_represented_of(row, subject) for row in rows]
    return await _on_two_levels(tx, found)


async def _on_two_levels(tx: Snapshot, found: list[RepresentedParty]) -> list[RepresentedParty]:
    units: dict[int, list[RepresentedParty]] = {}
    for item in found:
        if item.party.kind is PartyKind.SUBUNIT and item.party.parent_id is not None:
            units.setdefault(item.party.parent_id, []).append(item)
    tops = {item.party.party_id: item for item in found if item.party.kind is not PartyKind.SUBUNIT}
    strangers = await by_ids(tx, [party_id for party_id in units if party_id not in tops])
    for party_id, party in strangers.items():
        tops[party_id] = RepresentedParty(party=party, relations=NO_RELATIONS, only_sub_parties=True)
    listed = (replace(item, sub_parties=tuple(units.get(party_id, ()))) for party_id, item in tops.items())
    return sorted(listed, key=lambda item: (item.party.name, item.party.party_id))
