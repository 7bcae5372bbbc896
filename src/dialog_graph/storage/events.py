"""Reading the event table: the feed by its gap-free cursor, and the history of one instance.

A number is taken when a row is inserted, the row is seen when its transaction commits; whoever reads on from the last
number seen passes rows that are still open and never comes back to them. So the feed is ordered by (xid, seq) and ends
below the oldest transaction that is still running: nothing can appear behind a cursor any more. Event rules §7.
"""

import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.event import Audience, Event
from dialog_graph.model.principal import Actor
from dialog_graph.storage.database import Row, Snapshot

_TOKEN = struct.Struct(">BQQQ")
_VERSION = 1
_LARGEST_SEQ = (1 << 63) - 1

_BAD_CURSOR = Refusal(code="BAD_CURSOR", expected="a cursor as this server gives them", path=("after",))


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A position of the whole feed: everything up to and including it has been seen."""

    xid: int
    seq: int

    def token(self, epoch: int) -> str:
        """The position as clients keep it. `epoch`: of the feed, see `meta`."""
        return base64.urlsafe_b64encode(_TOKEN.pack(_VERSION, epoch, self.xid, self.seq)).decode().rstrip("=")


START = Cursor(0, 0)
"""Before the first event."""


@dataclass(frozen=True, slots=True)
class FeedMeta:
    """What makes a token valid: the feed's epoch, and the highest position that has been removed."""

    epoch: int
    floor: Cursor

    def read(self, token: str) -> "Cursor | Refusal":
        """The position of a token; BAD_CURSOR when it is none of ours, RESYNC_REQUIRED when it cannot be resumed."""
        unpacked = _unpacked(token)
        if unpacked is None:
            return _BAD_CURSOR
        epoch, cursor = unpacked
        if epoch != self.epoch or cursor < self.floor:
            return Refusal(code="RESYNC_REQUIRED", floor=self.floor.token(self.epoch))
        return cursor


def _unpacked(token: str) -> tuple[int, Cursor] | None:
    """Epoch and position; None unless the text is exactly what `Cursor.token` writes."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        version, epoch, xid, seq = _TOKEN.unpack(raw)
    except (binascii.Error, ValueError, struct.error):
        return None
    cursor = Cursor(xid, seq)
    is_ours = version == _VERSION and seq <= _LARGEST_SEQ and cursor.token(epoch) == token
    return (epoch, cursor) if is_ours else None


async def meta(tx: Snapshot) -> FeedMeta:
    """The feed's epoch and floor."""
    row = await tx.fetchrow("select epoch, floor_xid::text::bigint as xid, floor_seq as seq from feed_meta")
    assert row is not None
    return FeedMeta(row["epoch"], Cursor(row["xid"], row["seq"]))


async def resume(tx: Snapshot, token: str | None) -> Cursor:
    """Where to read on: after the token's position, or from the present horizon. Raises refusals of `FeedMeta.read`."""
    if token is None:
        return await horizon(tx)
    cursor = (await meta(tx)).read(token)
    if isinstance(cursor, Refusal):
        raise Refused(cursor)
    return cursor


async def horizon(tx: Snapshot) -> Cursor:
    """The position that the feed has reached: later events have a higher one, earlier events are all visible."""
    xmin = await tx.fetchval("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return Cursor(xmin, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to read; None means that it does not matter.

    `types`: exact names, or beginnings written `x.*`. `audience`: at least one of these bits. Who may see an event at
    all is decided by row level security and by the caller.
    """

    instance_id: UUID | None = None
    party_ids: Sequence[int] | None = None
    resource_ids: Sequence[int] | None = None
    org: str | None = None
    types: Sequence[str] | None = None
    audience: Audience | None = None


EVERYTHING = EventFilter()

_CONDITIONS: dict[str, str] = {
    "instance_id": "e.instance_id = {}",
    "party_ids": "e.party_id = any ({}::int[])",
    "resource_ids": "e.resource_id = any ({}::int[])",
    "org": "e.org = {}",
    "exact": "e.type = any ({}::text[])",
    "prefixes": "e.type ^@ any ({}::text[])",
    "audience": "e.audience & {}::smallint <> 0",
}
"""One condition per member of a filter. Only those that are set become part of the statement, so that each is an
index condition where it can be."""


def _parameters(chosen: EventFilter) -> dict[str, object]:
    types = None if chosen.types is None else list(chosen.types)
    return {
        "instance_id": chosen.instance_id,
        "party_ids": None if chosen.party_ids is None else list(chosen.party_ids),
        "resource_ids": None if chosen.resource_ids is None else list(chosen.resource_ids),
        "org": chosen.org,
        "exact": None if types is None else [name for name in types if not name.endswith(".*")],
        "prefixes": None if types is None else [name[:-1] for name in types if name.endswith(".*")],
        "audience": None if chosen.audience is None else int(chosen.audience),
    }


def _where(chosen: EventFilter, first: int) -> tuple[str, list[object]]:
    """The conditions of a filter, beginning with `and`, and their parameters, numbered from `first`."""
    given = {name: value for name, value in _parameters(chosen).items() if value is not None}
    texts = {name: _CONDITIONS[name].format(f"${number}") for number, name in enumerate(given, first)}
    either = [texts.pop(name) for name in ("exact", "prefixes") if name in texts]
    conditions = [*texts.values(), *([f"({' or '.join(either)})"] if either else [])]
    return "".join(f" and {condition}" for condition in conditions), list(given.values())


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in the order of the feed, and the position reached: set also when there are none."""

    events: tuple[Event, ...]
    end_cursor: Cursor


COLUMNS = """
    e.xid::text::bigint as xid_number, e.seq, e.event_id, e.stream_id, e.stream_seq, e.instance_id, e.dialog_id, e.org,
    e.party_id, e.resource_id, e.type, e.history_type, e.time, e.actor, e.audience, e.data, e.element_id, e.entry_id,
    e.traceparent
"""
"""What `event_of` reads, of the table under the name `e`."""

# The horizon is read by the same statement, hence from the same snapshot, as the rows below it.
_AFTER = """
with horizon as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as xmin)
select h.xmin::text::bigint as horizon, page.*
  from horizon h
  left join lateral (
      select {columns} from event e
       where (e.xid, e.seq) > ($1::text::xid8, $2) and e.xid < (select xmin from horizon){conditions}
       order by e.xid, e.seq limit $3
  ) page on true
 order by page.xid_number, page.seq
"""


async def after(tx: Snapshot, cursor: Cursor, chosen: EventFilter, limit: int) -> EventPage:
    """The next events of the feed, at most `limit`. Nothing that commits later can belong before `end_cursor`."""
    conditions, parameters = _where(chosen, 4)
    sql = _AFTER.format(columns=COLUMNS, conditions=conditions)
    rows = await tx.fetch(sql, str(cursor.xid), cursor.seq, limit, *parameters)
    events = tuple(event_of(row) for row in rows if row["event_id"] is not None)
    if len(events) == limit:
        return EventPage(events, Cursor(events[-1].xid, events[-1].seq))
    return EventPage(events, max(cursor, Cursor(rows[0]["horizon"], 0)))


async def of_instance(
    tx: Snapshot, instance_ids: Sequence[UUID], *, after_sequence: int = 0, limit: int = 100, journal: bool = False
) -> dict[UUID, list[Event]]:
    """History of instances, each in the order of its stream, at most `limit` events after the given number.

    `journal`: also the engine's own notes, which nobody but the server reads.
    """
    rows = await tx.fetch(
        f"""
        select page.* from unnest($1::uuid[]) as wanted (id) join instance i on i.instance_id = wanted.id
          cross join lateral (
            select {COLUMNS} from event e
             where e.party_id = i.party_id and e.stream_id = i.instance_id and e.stream_seq > $2
               and ($4 or e.audience <> 0)
             order by e.stream_seq limit $3) page
        """,
        list(instance_ids),
        after_sequence,
        limit,
        journal,
    )
    found: dict[UUID, list[Event]] = {instance_id: [] for instance_id in instance_ids}
    for row in rows:
        found[row["stream_id"]].append(event_of(row))
    return found


def event_of(row: Row) -> Event:
    """An event from a row with the columns of this module."""
    return Event(
        event_id=row["event_id"],
        xid=row["xid_number"],
        seq=row["seq"],
        stream_id=row["stream_id"],
        sequence=row["stream_seq"],
        type=row["type"],
        history_type=row["history_type"],
        time=row["time"],
        actor=Actor.from_json(row["actor"]),
        audience=Audience(row["audience"]),
        data=row["data"],
        instance_id=row["instance_id"],
        dialog_id=row["dialog_id"],
        org=row["org"],
        party_id=row["party_id"],
        resource_id=row["resource_id"],
        element_id=row["element_id"],
        entry_id=row["entry_id"],
        traceparent=row["traceparent"],
    )
