"""Dialogs for end users: one by id with every rule of disclosure, and the list (inbox rules §3, §6, §11).

Lists are one statement over the caller's readable rows; per party the index gives the first rows in order, so a page
costs the same for small and large parties.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from dialog_graph.access import decisions
from dialog_graph.access.decisions import Target
from dialog_graph.errors import Refused, refuse
from dialog_graph.model.dialog import FOLDERS, Dialog
from dialog_graph.model.instance import Instance
from dialog_graph.model.party import Party
from dialog_graph.policy import task_scope
from dialog_graph.ports import Ports
from dialog_graph.reads import instances as reads
from dialog_graph.reads.access import READ, ReadableRow, readable
from dialog_graph.reads.dialog_search import SORT_COLUMNS, Search, Sort, Token, write_token
from dialog_graph.storage import dialogs, instances, parties
from dialog_graph.storage.database import Row, Snapshot

TASK_ATTRIBUTE = "urn:altinn:task:"
Asked = tuple[str, str | None]
"""Action and authorization attribute."""


class DialogError(StrEnum):
    """Why a dialog is not shown; the values are the type names of the wire."""

    NOT_FOUND = "DialogByIdNotFound"
    FORBIDDEN = "DialogByIdForbidden"
    LEVEL = "DialogByIdForbiddenAuthLevelTooLow"
    DELETED = "DialogByIdDeleted"
    EXPIRED = "DialogByIdExpired"
    NOT_VISIBLE = "DialogByIdNotVisible"


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogView:
    """A dialog as one caller sees it. `allowed`: the (action, attribute) pairs that it may use; `party`: its owner.

    `is_level_too_low`: shown in a list only, with its non-sensitive texts. `has_token`: read by its own root query, so
    that a token for its addresses goes with it.
    """

    dialog: Dialog
    party: Party
    allowed: frozenset[Asked] = frozenset()
    is_level_too_low: bool = False
    has_token: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotShown:
    """The answer in place of a dialog; `at`: when it expired or becomes visible."""

    error: DialogError
    at: datetime | None = None


# One dialog ---------------------------------------------------------------------------------------------------------


async def by_id(ports: Ports, snapshot: Snapshot, dialog_id: UUID) -> DialogView | NotShown:
    """The checks of inbox rules §6 in their order, then the whole dialog."""
    found = await dialogs.load(snapshot, [dialog_id], whole=True)
    if not found:
        return NotShown(error=DialogError.NOT_FOUND)
    dialog = found[0]
    place = await _place(ports, snapshot, dialog)
    if place is None:
        return NotShown(error=DialogError.NOT_FOUND)
    view = await _view(snapshot, dialog, place)
    refusal = await place.refusal(snapshot)
    if refusal == "FORBIDDEN" and not view.allowed and not await place.is_listed(snapshot):
        return NotShown(error=DialogError.FORBIDDEN)
    return _hidden(dialog, refusal, snapshot.now) or view


async def of_instances(ports: Ports, snapshot: Snapshot, ids: Sequence[UUID]) -> list[DialogView | None]:
    """The dialogs of instances that the caller may read; None where there is none, or none to be seen now."""
    owners = {item.instance_id: item for item in await reads.by_ids(ports, snapshot, ids) if item is not None}
    found = {dialog.instance_id: dialog for dialog in await dialogs.of_instances(snapshot, list(owners))}
    whose = await parties.by_ids(snapshot, sorted({dialog.party_id for dialog in found.values()}))
    is_owner = snapshot.principal.is_org
    shown: list[DialogView | None] = []
    for instance_id in ids:
        dialog = found.get(instance_id)
        if dialog is None or (not is_owner and _hidden(dialog, None, snapshot.now) is not None):
            shown.append(None)
        else:
            allowed = await _Place(ports, owners[instance_id]).allowed(snapshot, asked_of(dialog))
            shown.append(DialogView(dialog=dialog, party=whose[dialog.party_id], allowed=allowed))
    return shown


async def _view(snapshot: Snapshot, dialog: Dialog, place: "_Place") -> DialogView:
    owners = await parties.by_ids(snapshot, [dialog.party_id])
    allowed = await place.allowed(snapshot, asked_of(dialog))
    return DialogView(dialog=dialog, party=owners[dialog.party_id], allowed=allowed, has_token=True)


def _hidden(dialog: Dialog, refusal: str | None, now: datetime) -> NotShown | None:
    if refusal == "NOT_FOUND":
        return NotShown(error=DialogError.NOT_FOUND)
    if dialog.deleted_at is not None:
        return NotShown(error=DialogError.DELETED)
    if refusal == "AUTH_LEVEL_TOO_LOW":
        return NotShown(error=DialogError.LEVEL)
    if dialog.visible_from is not None and dialog.visible_from > now:
        return NotShown(error=DialogError.NOT_VISIBLE, at=dialog.visible_from)
    if dialog.expires_at is not None and dialog.expires_at < now:
        return NotShown(error=DialogError.EXPIRED, at=dialog.expires_at)
    return None


def asked_of(dialog: Dialog) -> frozenset[Asked]:
    """Everything that the dialog's parts want a decision about, and `read` on the whole."""
    actions = (*dialog.gui_actions, *dialog.api_actions)
    return frozenset((item.action, item.authorization_attribute) for item in actions) | {(READ, None)}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the policy is asked about a dialog: its app's newest table and its instance's present place."""

    ports: Ports
    instance: Instance

    async def refusal(self, snapshot: Snapshot) -> str | None:
        """Code of the refusal of `read`, None when it is permitted. With FORBIDDEN lists may show it all the same."""
        policy = (await self.ports.catalogue.policy(snapshot, self.instance.app_id)).policy
        try:
            await decisions.permit(snapshot, policy, decisions.of_instance(self.instance), (READ,))
        except Refused as refused:
            return refused.refusal.code
        return None

    async def is_listed(self, snapshot: Snapshot) -> bool:
        """True when lists show the dialog: reading holds somewhere in the app, though not here and now."""
        return bool(await readable(self.ports, snapshot, [self.instance.party_id], [str(self.instance.app_id)]))

    async def allowed(self, snapshot: Snapshot, asked: frozenset[Asked]) -> frozenset[Asked]:
        """The pairs that are permitted."""
        policy = (await self.ports.catalogue.policy(snapshot, self.instance.app_id)).policy
        found: set[Asked] = set()
        for action, attribute in asked:
            answer = await decisions.allowed(snapshot, policy, self._target(attribute), (action,))
            if answer[action]:
                found.add((action, attribute))
        return frozenset(found)

    def _target(self, attribute: str | None) -> Target:
        task_id = attribute.removeprefix(TASK_ATTRIBUTE) if attribute else None
        current = {task_scope(task.element_id) for task in self.instance.open_tasks}
        if task_id is not None and task_scope(task_id) not in current:
            return decisions.of_instance(self.instance)
        return decisions.of_instance(self.instance, task_id)


async def _place(ports: Ports, snapshot: Snapshot, dialog: Dialog) -> _Place | None:
    if dialog.instance_id is None:
        return None
    found = await instances.load(snapshot, [dialog.instance_id])
    return _Place(ports, found[0]) if found else None


BUDGET = 5.0
"""Seconds that the statement of one search may take (inbox rules §3.5)."""

# The list -----------------------------------------------------------------------------------------------------------

_LIST = """
select d.dialog_id, d.created_at, d.updated_at, d.due_at, d.content_updated_at
  from unnest($1::int[], $2::text[]) as s (party_id, resource_ids)
 cross join lateral (
    select d.dialog_id, d.created_at, d.updated_at, d.due_at, d.content_updated_at
      from dialog d
     where d.party_id = s.party_id and d.resource_id = any (string_to_array(s.resource_ids, ',')::int[])
       and d.deleted_at is null
       and (d.expires_at is null or d.expires_at > $3) and (d.visible_from is null or d.visible_from <= $3)
       {conditions}
     order by {order} limit {limit}
 ) d
 order by {order} limit {limit}
"""

CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "org": "d.org = any({0}::text[])",
        "status": "d.status = any({0}::text[])",
        "extended_status": "d.extended_status = any({0}::text[])",
        "external_reference": "d.external_reference = {0}::text",
        "process": "d.process = {0}::text",
        "is_content_seen": "(d.seen and not d.marked_unopened) = {0}::bool",
        **{
            f"{name}_{side}": f"d.{column} {operator} {{0}}::timestamptz"
            for name, column in (
                ("created", "created_at"),
                ("updated", "updated_at"),
                ("due", "due_at"),
                ("content_updated", "content_updated_at"),
            )
            for side, operator in (("after", ">="), ("before", "<="))
        },
    }
)

LABELS: Mapping[str, str] = MappingProxyType(
    {
        **{folder.value: f"d.folder = {number}" for number, folder in enumerate(FOLDERS)},
        "MARKED_AS_UNOPENED": "d.marked_unopened",
        "SENT": "d.is_sent",
    }
)


@dataclass(slots=True)
class _Sql:
    """Conditions and their parameters while a statement grows."""

    parameters: list[object]
    conditions: list[str] = field(default_factory=list[str])

    def add(self, condition: str, *values: object) -> None:
        numbers = [f"${len(self.parameters) + n + 1}" for n in range(len(values))]
        self.parameters += values
        self.conditions.append(condition.format(*numbers))


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of `searchDialogs`; `token` continues after its last row."""

    items: tuple[DialogView, ...] = ()
    has_next: bool = False
    token: str | None = None
    sorts: tuple[Sort, ...]


async def search(ports: Ports, snapshot: Snapshot, search: Search) -> SearchPage:
    """The dialogs that fit, as far as the caller may read them; no access is an empty page, never an error."""
    scope = await _scope(ports, snapshot, search)
    empty = SearchPage(token=search.given.continuation_token, sorts=search.sorts)
    if not scope:
        return empty
    try:
        async with asyncio.timeout(BUDGET):
            rows = await _rows(snapshot, scope, search)
    except TimeoutError:
        raise refuse("TIMEOUT", f"an answer within {BUDGET:g} seconds", "the search takes longer") from None
    shown = rows[: search.limit]
    if not shown:
        return empty
    last = shown[-1]
    values = {sort.key: last[SORT_COLUMNS[sort.key]] for sort in search.sorts}
    return SearchPage(
        items=await _views(snapshot, [row["dialog_id"] for row in shown], scope),
        has_next=len(rows) > search.limit,
        token=write_token(search.sorts, values, last["dialog_id"]),
        sorts=search.sorts,
    )


async def _scope(ports: Ports, snapshot: Snapshot, search: Search) -> list[ReadableRow]:
    asked: list[int] | None = None
    if search.parties:
        found = await parties.find_all(snapshot, search.parties)
        asked = [party.party_id for party in found if party is not None]
    prefix = len("urn:altinn:resource:")
    wanted = {text[prefix:] for text in search.given.service_resource or ()}
    apps = [
        str(version.app_id)
        for version in (await ports.catalogue.all_active(snapshot)).values()
        if version.app_id.resource in wanted
    ]
    if wanted and not apps:
        return []
    return await readable(ports, snapshot, asked, apps)


async def _rows(snapshot: Snapshot, scope: Sequence[ReadableRow], search: Search) -> Sequence[Row]:
    by_party: dict[int, list[str]] = {}
    for row in scope:
        if row.party_id is not None:
            by_party.setdefault(row.party_id, []).append(str(row.resource_id))
    resources = [",".join(found) for found in by_party.values()]
    sql = _Sql([list(by_party), resources, snapshot.now])
    _filter(sql, search)
    if search.token is not None:
        _continue(sql, search.sorts, search.token)
    order = ", ".join(f"d.{SORT_COLUMNS[sort.key]} {'desc' if sort.is_descending else 'asc'}" for sort in search.sorts)
    conditions = "".join(f" and {condition}" for condition in sql.conditions)
    # A page size is a checked number; written into the text, the planner knows how few rows are wanted.
    limit = search.limit + 1
    statement = _LIST.format(conditions=conditions, order=f"{order}, d.dialog_id desc", limit=limit)
    return await snapshot.fetch(statement, *sql.parameters)


def _filter(sql: _Sql, search: Search) -> None:
    given = search.given
    for name, condition in CONDITIONS.items():
        value = given.bounds.get(name) if name.endswith(("_after", "_before")) else getattr(given, name)
        if value is not None and value != []:
            sql.add(condition, value)
    for label in given.system_label or ():
        sql.add(LABELS[label])
    if given.exclude_api_only:
        sql.add("not d.is_api_only")


def _continue(sql: _Sql, sorts: Sequence[Sort], token: Token) -> None:
    """The keyset predicate: behind the token in the order of `sorts`, then of the id (descending)."""
    alternatives: list[str] = []
    equal: list[str] = []
    for sort in sorts:
        column, value = f"d.{SORT_COLUMNS[sort.key]}", token.values[sort.key]
        sql.parameters.append(value)
        number = f"${len(sql.parameters)}::timestamptz"
        alternatives.append(" and ".join((*equal, _behind(column, number, value is None, sort.is_descending))))
        equal.append(f"{column} is not distinct from {number}")
    sql.parameters.append(token.dialog_id)
    alternatives.append(" and ".join((*equal, f"d.dialog_id < ${len(sql.parameters)}::uuid")))
    sql.conditions.append("(" + " or ".join(f"({item})" for item in alternatives) + ")")


def _behind(column: str, number: str, is_null: bool, is_descending: bool) -> str:
    """NULLs come first in descending order and last in ascending order."""
    if is_null:
        return f"{column} is not null and {number} is null" if is_descending else f"{number} is not null"
    return f"{column} < {number}" if is_descending else f"({column} > {number} or {column} is null)"


async def _views(snapshot: Snapshot, ids: Sequence[UUID], scope: Sequence[ReadableRow]) -> tuple[DialogView, ...]:
    found = await dialogs.load(snapshot, ids, whole=False)
    owners = await parties.by_ids(snapshot, list({dialog.party_id for dialog in found}))
    levels = {(row.party_id, row.resource_id): row.reach.min_level for row in scope}
    level = snapshot.principal.level
    return tuple(
        DialogView(
            dialog=dialog,
            party=owners[dialog.party_id],
            is_level_too_low=level < levels.get((dialog.party_id, dialog.resource_id), 0),
        )
        for dialog in found
    )
