"""Events as callers may see them: what a filter means for a caller, pages of the feed, histories of instances.

`scope` turns a caller's filter into conditions of the event table; row level security narrows them to the caller's
grants; `permitted` asks the policy once more about each event, with the rights and the place of the process of that
very moment. Queries, subscriptions and webhooks all pass here. Event rules §6.4, §7.2, §8.4.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from dialog_graph.access.decisions import Reach
from dialog_graph.errors import NOT_FOUND, Refusal, Refused, refuse
from dialog_graph.model.event import Audience, Event
from dialog_graph.model.principal import PrincipalKind
from dialog_graph.ports import Ports
from dialog_graph.reads import instances
from dialog_graph.reads.access import PLACES, readable
from dialog_graph.reads.paging import MAX_TOTAL, Page, Position, check_first, decode
from dialog_graph.storage import events, parties
from dialog_graph.storage.database import Row, Snapshot
from dialog_graph.storage.events import START, Cursor, EventFilter
from dialog_graph.urns import AppId

APP_EVENTS = "app."
"""How the types of instances' events begin; dialogs have a stream and names of their own."""

_STRANGERS = frozenset({PrincipalKind.ANONYMOUS, PrincipalKind.DIALOG_HOLDER, PrincipalKind.SYSTEM})
_COUNTED_AT_ONCE = 1000
_LIST = "sequence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events a caller asks for; at least one member beside `types` is set.

    `party`: URN; `applications`: `org/app` each; `types`: exact names, or beginnings written `x.*`; none = all.
    """

    instance_id: UUID | None = None
    party: str | None = None
    applications: tuple[str, ...] = ()
    org: str | None = None
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event and its cursor as clients keep it."""

    event: Event
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """A page of events. `end_cursor` is set also when the page is empty: poll with it."""

    page: Page[PlacedEvent]
    end_cursor: str


def _invalid(expected: str, *path: str) -> Refused:
    return Refused(Refusal(code="INVALID_INPUT", expected=expected, path=("filter", *path)))


async def scope(ports: Ports, snapshot: Snapshot, wanted: Wanted) -> EventFilter:
    """The conditions of the caller's filter: events of instances, of the caller's audience, within what it may ask.

    Raises `Refused`: UNAUTHENTICATED, INVALID_INPUT for what is not the caller's, NOT_FOUND for an instance it may
    not read.
    """
    principal = snapshot.principal
    if principal.kind in _STRANGERS:
        raise refuse("UNAUTHENTICATED")
    if not (wanted.instance_id or wanted.party or wanted.applications or wanted.org):
        raise _invalid("at least one of instanceId, party, application and org")
    return EventFilter(
        instance_id=wanted.instance_id,
        party_ids=await _party_ids(ports, snapshot, wanted),
        resource_ids=await _resource_ids(ports, snapshot, wanted.applications),
        org=_org(snapshot, wanted),
        types=_types(wanted.types),
        audience=Audience.OWNER if principal.is_org else Audience.PARTY,
    )


def _org(snapshot: Snapshot, wanted: Wanted) -> str | None:
    principal = snapshot.principal
    named = {application.partition("/")[0] for application in wanted.applications} | {wanted.org or principal.org}
    if principal.is_org and named != {principal.org}:
        raise _invalid("an org or application that you own")
    return principal.org if principal.is_org else wanted.org


def _types(types: Sequence[str]) -> list[str]:
    """Types of instances' events only; none of the caller's left means no events at all."""
    return [name for name in types if name.startswith(APP_EVENTS)] if types else [f"{APP_EVENTS}*"]


async def _resource_ids(ports: Ports, snapshot: Snapshot, applications: Sequence[str]) -> list[int] | None:
    if not applications:
        return None
    try:
        return [await ports.catalogue.resource_id(snapshot, _app_id(text)) for text in applications]
    except Refused as refused:
        if refused.refusal.code == "NOT_FOUND":
            raise _invalid("an application that exists", "application") from refused
        raise


def _app_id(text: str) -> AppId:
    parsed = AppId.parse(text)
    if isinstance(parsed, Refusal):
        raise Refused(parsed)
    return parsed


async def _party_ids(ports: Ports, snapshot: Snapshot, wanted: Wanted) -> list[int] | None:
    """The parties whose events are meant; None: a service owner does not ask by party."""
    if wanted.instance_id is not None:
        instance = await instances.one(ports, snapshot, wanted.instance_id)
        if instance is None:
            raise Refused(NOT_FOUND)
        own = [instance.party_id]
    else:
        own = None if snapshot.principal.is_org else await _represented(snapshot)
    if wanted.party is None:
        return own
    party = await parties.find(snapshot, wanted.party)
    if party is None or (own is not None and party.party_id not in own):
        raise _invalid("a party that you represent", "party")
    return [party.party_id]


async def _represented(snapshot: Snapshot) -> list[int]:
    found = await parties.all_represented(snapshot)
    both_levels = [item for main in found for item in (main, *main.sub_parties)]
    return [item.party.party_id for item in both_levels if item.relations.exists]


# Hidden by row level security like the instance itself.
_PLACES = f"select i.instance_id, i.is_hard_deleted, {PLACES} as places from instance i where i.instance_id = any($1)"


async def permitted(ports: Ports, snapshot: Snapshot, found: Collection[Event]) -> list[Event]:
    """Those of the events that the caller may be told of now: of its audience, of instances that it may read.

    Events of instances whose rows are gone are left out, and for others than the owner also those of hard-deleted ones.
    """
    instance_ids = {event.instance_id for event in found if event.instance_id is not None}
    if not instance_ids:
        return []
    reaches = await _reaches(ports, snapshot, found)
    rows = {row["instance_id"]: row for row in await snapshot.fetch(_PLACES, list(instance_ids))}
    return [event for event in found if _is_permitted(snapshot, event, reaches, rows)]


async def _reaches(ports: Ports, snapshot: Snapshot, found: Collection[Event]) -> dict[tuple[int | None, int], Reach]:
    active = await ports.catalogue.all_active(snapshot)
    apps = {str(active[event.resource_id].app_id) for event in found if event.resource_id in active}
    if not apps:
        return {}
    rows = await readable(ports, snapshot, {event.party_id for event in found}, apps)
    return {(row.party_id, row.resource_id): row.reach for row in rows}


def _is_permitted(
    snapshot: Snapshot, event: Event, reaches: Mapping[tuple[int | None, int], Reach], rows: Mapping[UUID, Row]
) -> bool:
    is_org = snapshot.principal.is_org
    audience = Audience.OWNER if is_org else Audience.PARTY
    row = rows.get(event.instance_id) if event.instance_id is not None else None
    if row is None or event.resource_id is None or not event.audience & audience:
        return False
    reach = reaches.get((None if is_org else event.party_id, event.resource_id))
    if reach is None or (row["is_hard_deleted"] and not is_org):
        return False
    return any(reach.holds_at(place) for place in row["places"])


async def feed_page(ports: Ports, snapshot: Snapshot, wanted: Wanted, first: int, after: str | None) -> EventPage:
    """The next events of the feed behind the cursor; without one the feed begins with its first event."""
    check_first(first)
    chosen = await scope(ports, snapshot, wanted)
    meta = await events.meta(snapshot)
    start = START if after is None else await events.resume(snapshot, after)
    found, end, has_next = await _full_page(ports, snapshot, chosen, (start, first))

    async def total(snapshot: Snapshot) -> int:
        return await _counted(ports, snapshot, chosen)

    placed = [PlacedEvent(event, Cursor(event.xid, event.seq).token(meta.epoch)) for event in found]
    cursors = [item.cursor for item in placed]
    page = Page(placed, cursors, has_next=has_next, has_previous=after is not None, total=total)
    return EventPage(page=page, end_cursor=end.token(meta.epoch))


async def _full_page(
    ports: Ports, snapshot: Snapshot, chosen: EventFilter, place: tuple[Cursor, int]
) -> tuple[list[Event], Cursor, bool]:
    """Reads on until the page is full or the horizon is reached, whatever had to be left out on the way."""
    at, first = place
    found: list[Event] = []
    while True:
        read = await events.after(snapshot, at, chosen, first - len(found))
        at = read.end_cursor
        is_last = len(read.events) < first - len(found)
        found += await permitted(ports, snapshot, read.events)
        if is_last:
            return found, at, False
        if len(found) == first:
            more = await events.after(snapshot, at, chosen, 1)
            return found, at, bool(more.events)


async def _counted(ports: Ports, snapshot: Snapshot, chosen: EventFilter) -> int:
    """All events of the filter that the caller may see, up to `MAX_TOTAL`."""
    at, count, is_last = START, 0, False
    while not is_last and count < MAX_TOTAL:
        read = await events.after(snapshot, at, chosen, _COUNTED_AT_ONCE)
        at, is_last = read.end_cursor, len(read.events) < _COUNTED_AT_ONCE
        count += len(await permitted(ports, snapshot, read.events))
    return min(count, MAX_TOTAL)


async def of_instances(
    ports: Ports, snapshot: Snapshot, instance_ids: Sequence[UUID], first: int, after: str | None
) -> dict[UUID, EventPage]:
    """A page of each instance's history, in the order of its stream, without the engine's journal.

    The caller may read the instances. `after`: the end cursor of an earlier page of the same history; the events'
    own cursors are positions of the feed, never beyond what the feed has reached.
    """
    check_first(first)
    position = decode(after, _LIST)
    sequence = position.value if position is not None and isinstance(position.value, int) else 0
    found = await events.of_instance(snapshot, instance_ids, after_sequence=sequence, limit=first + 1)
    meta, horizon = await events.meta(snapshot), await events.horizon(snapshot)

    def placed(event: Event) -> PlacedEvent:
        return PlacedEvent(event, min(Cursor(event.xid, event.seq), horizon).token(meta.epoch))

    pages: dict[UUID, EventPage] = {}
    for instance_id, history in found.items():
        cursors = [Position(_LIST, event.sequence, None).encode() for event in history[:first]]
        page = Page(
            [placed(event) for event in history[:first]],
            cursors,
            has_next=len(history) > first,
            has_previous=after is not None,
            total=_Total(instance_id),
        )
        end = cursors[-1] if cursors else after or Position(_LIST, 0, None).encode()
        pages[instance_id] = EventPage(page=page, end_cursor=end)
    return pages


@dataclass(frozen=True, slots=True)
class _Total:
    """Counts the history of one instance when it is asked."""

    instance_id: UUID

    async def __call__(self, snapshot: Snapshot) -> int:
        return await snapshot.fetchval(
            "select count(*) from (select from event e join instance i on i.instance_id = $1"
            " where e.party_id = i.party_id and e.stream_id = $1 and e.audience <> 0 limit $2) c",
            self.instance_id,
            MAX_TOTAL,
        )
