"""Instances: by id, and the lists of parties and service owners (event rules §3).

A list statement joins the caller's readable rows, so authorization, filters, order and page are one piece of SQL. Its
text is made of constants; every value travels as a parameter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from dialog_graph.access import decisions
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.instance import Instance
from dialog_graph.ports import Ports
from dialog_graph.reads.access import PLACES, READ, columns, readable
from dialog_graph.reads.paging import MAX_TOTAL, Page, Position, check_first, decode, page_of
from dialog_graph.storage import instances, parties
from dialog_graph.storage.database import Snapshot
from dialog_graph.urns import PartyUrn

_FROM = f"""
  from unnest($1::int[], $2::int[], $3::bool[], $4::text[], $5::text[])
       as s (party_id, resource_id, holds, exceptions, folded)
  join instance i on i.resource_id = s.resource_id and (s.party_id is null or i.party_id = s.party_id)
  join app_version v using (version_id)
 where not i.is_hard_deleted
   and exists (
       select from unnest({PLACES}) as place (scope)
        where (s.holds <> (lower(place.scope) = any (string_to_array(s.folded, E'\\n'))))
              <> (place.scope = any (string_to_array(s.exceptions, E'\\n')))
   )
"""

CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "ids": "i.instance_id = any({0}::uuid[])",
        "party_ids": "i.party_id = any({0}::int[])",
        "application": "v.app_id = any({0}::text[])",
        "org": "i.org = {0}::text",
        "status": "i.status = any({0}::text[])",
        "current_task": "i.current_task = any({0}::text[])",
        "task_type": "i.task_type = any({0}::text[])",
        "is_completed": "(i.ended_at is not null) = {0}::bool",
        "is_archived": "(i.archived_at is not null) = {0}::bool",
        "is_deleted": "(i.deleted_at is not null) = {0}::bool",
        "is_hard_deleted": "i.is_hard_deleted = {0}::bool",
        "is_confirmed": (
            "exists (select from confirmation c where c.instance_id = i.instance_id and c.confirming_org = i.org)"
            " = {0}::bool"
        ),
        "unconfirmed_since": (
            "i.ended_at < {0}::timestamptz and i.archived_at is not null and not exists ("
            "select from confirmation c where c.instance_id = i.instance_id and c.confirming_org = i.org)"
        ),
        "waiting_for": "{0}::text = any (i.waiting_for)",
        "has_incident": "i.has_incident = {0}::bool",
        "end_event": "i.end_event = {0}::text",
        "substatus_label": "i.substatus ->> 'label' = {0}::text",
        "definition_version": "v.ordinal::text = {0}::text",
        "archive_reference": "right(i.instance_id::text, 12) = lower({0}::text)",
        "data_value": "i.data_values ->> ({0}::text[])[1] = ({0}::text[])[2]",
        **{
            f"{name}_{side}": f"i.{column} {operator} {{0}}::timestamptz"
            for name, column in (
                ("created", "created_at"),
                ("updated", "updated_at"),
                ("ended", "ended_at"),
                ("due", "due_at"),
                ("visible", "visible_from"),
            )
            for side, operator in (("after", ">="), ("before", "<="))
        },
    }
)
"""Member of the filter -> SQL with its parameter as {0}."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order of the list: column and direction; ties by id in the same direction."""

    column: str
    is_descending: bool


ORDERS: Mapping[str, Order] = MappingProxyType(
    {
        "UPDATED_DESC": Order("updated_at", True),
        "CREATED_DESC": Order("created_at", True),
        "ENDED_DESC": Order("ended_at", True),
        "ENDED_ASC": Order("ended_at", False),
        "DUE_ASC": Order("due_at", False),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a list is asked for. `filters`: members of `CONDITIONS` that are set."""

    filters: Mapping[str, object] = field(default_factory=dict[str, object])
    party_ids: tuple[int, ...] | None = None
    applications: tuple[str, ...] = ()
    order: str = "UPDATED_DESC"
    first: int | None = 50
    after: str | None = None


async def by_ids(ports: Ports, snapshot: Snapshot, ids: Sequence[UUID]) -> list[Instance | None]:
    """The instances of `ids`, in order; None for what the caller may not read."""
    found = {item.instance_id: item for item in await instances.load(snapshot, ids, documents=True)}
    await _acquainted(snapshot, found.values())
    allowed = {key: item for key, item in found.items() if await _may_read(ports, snapshot, item)}
    return [allowed.get(instance_id) for instance_id in ids]


async def _acquainted(snapshot: Snapshot, found: Iterable[Instance]) -> None:
    """Asks once what the caller is to all these parties: each instance's decisions then ask nothing any more."""
    await parties.relations_to(snapshot, sorted({item.party_id for item in found}))


async def _may_read(ports: Ports, snapshot: Snapshot, instance: Instance) -> bool:
    policy = (await ports.catalogue.policy(snapshot, instance.app_id)).policy
    answer = await decisions.allowed(snapshot, policy, decisions.of_instance(instance), (READ,))
    return answer[READ]


async def one(ports: Ports, snapshot: Snapshot, instance_id: UUID) -> Instance | None:
    """One instance; None when it does not exist for the caller, `Refused` when only level or action is missing."""
    found = await instances.load(snapshot, [instance_id], documents=True)
    if not found:
        return None
    policy = (await ports.catalogue.policy(snapshot, found[0].app_id)).policy
    try:
        await decisions.permit(snapshot, policy, decisions.of_instance(found[0]), (READ,))
    except Refused as refused:
        if refused.refusal.code == "NOT_FOUND":
            return None
        raise
    return found[0]


def _keyset(order: Order, position: Position | None, number: int) -> tuple[str, list[object]]:
    """The condition for rows behind the position; rows without a value come last in both directions."""
    if position is None:
        return "", []
    sign = "<" if order.is_descending else ">"
    column = f"i.{order.column}"
    value, row_id = f"${number}::timestamptz", f"${number + 1}::uuid"
    if position.value is None:
        return f" and {column} is null and {value} is null and i.instance_id {sign} {row_id}", [None, position.id]
    behind = f"({column}, i.instance_id) {sign} ({value}, {row_id})"
    return f" and ({behind} or {column} is null)", [position.time, position.id]


async def search(ports: Ports, snapshot: Snapshot, query: Query) -> Page[Instance]:
    """One page of the instances that the caller may read."""
    first = check_first(query.first)
    order = ORDERS[query.order]
    position = decode(query.after, query.order)
    scope = await readable(ports, snapshot, query.party_ids, query.applications)
    parameters: list[object] = list(columns(scope))
    conditions = ""
    # A service owner's rows are for any party, so the parties asked for are a condition of their own.
    parties_asked = {} if query.party_ids is None else {"party_ids": list(query.party_ids)}
    for name, value in {**query.filters, **parties_asked}.items():
        parameters.append(value)
        conditions += f" and {CONDITIONS[name].format(f'${len(parameters)}')}"
    counted = list(parameters)
    behind, values = _keyset(order, position, len(parameters) + 1)
    parameters += [*values, first + 1]
    direction = "desc" if order.is_descending else "asc"
    rows = await snapshot.fetch(
        f"select i.instance_id, i.{order.column} as value {_FROM}{conditions}{behind}"
        f" order by i.{order.column} {direction} nulls last, i.instance_id {direction} limit ${len(parameters)}",
        *parameters,
    )
    found = {
        item.instance_id: item for item in await instances.load(snapshot, [row[0] for row in rows], documents=True)
    }
    await _acquainted(snapshot, found.values())
    page = page_of(
        [(found[row[0]], Position(query.order, row[1], row[0])) for row in rows if row[0] in found],
        first,
        query.after,
    )
    counting = f"select count(*) from (select {_FROM}{conditions} limit {MAX_TOTAL}) c"

    async def total(snapshot: Snapshot) -> int:
        return await snapshot.fetchval(counting, *counted)

    return Page(page.items, page.cursors, page.has_next, page.has_previous, total)


async def narrowed(
    ports: Ports, snapshot: Snapshot, party: Sequence[str] | None, org: str | None, applications: Sequence[str]
) -> tuple[int, ...] | None:
    """Ids of the parties asked for, None when none was named; INVALID_INPUT for what the caller may not ask.

    A service owner may name only its own org and apps, and any party; everybody else only parties that it represents.
    An unknown party is told the same as a foreign one.
    """
    own = snapshot.principal.org
    asked = ({org} if org else set[str]()) | {application.partition("/")[0] for application in applications}
    if snapshot.principal.is_org and asked - {own}:
        raise Refused(Refusal(code="INVALID_INPUT", expected="an org or application that you own", path=("filter",)))
    if party is None:
        return None
    urns = [PartyUrn.parse(text) for text in party]
    for urn in urns:
        if isinstance(urn, Refusal):
            raise Refused(urn)
    found = await parties.find_all(snapshot, [urn for urn in urns if isinstance(urn, PartyUrn)])
    ids = tuple(item.party_id for item in found if item is not None)
    if not snapshot.principal.is_org:
        relations = await parties.relations_to(snapshot, ids)
        known = [key for key in ids if relations[key].exists or key == snapshot.principal.subject_id]
        if len(known) < len(urns):
            raise Refused(
                Refusal(code="INVALID_INPUT", expected="parties that you represent", path=("filter", "party"))
            )
    return ids
