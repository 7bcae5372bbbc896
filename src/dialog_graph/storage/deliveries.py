"""Deliveries and lanes as rows: written from the feed, claimed with a lease, settled under a fence (event rules §9.6).

A claim is committed before anything is sent, and the outcome has a transaction of its own: an attempt whose outcome
was never recorded is made again after its lease. All run on the dispatch road.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from dialog_graph.model.event import Event
from dialog_graph.model.party import Party
from dialog_graph.model.webhook import Webhook
from dialog_graph.storage import parties, webhooks
from dialog_graph.storage.database import Row, Transaction
from dialog_graph.storage.events import COLUMNS, event_of

LANE_LEASE = timedelta(seconds=60)
DEADLINE = timedelta(hours=80)
PENDING, DELIVERED, DEAD, SKIPPED = "PENDING", "DELIVERED", "DEAD", "SKIPPED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """An event that a webhook is to be told of."""

    webhook: Webhook
    event: Event

    @property
    def lane_id(self) -> UUID:
        """The events of one stream go in order, unless the consumer does not care."""
        return self.event.stream_id if self.webhook.ordering == "STREAM" else self.event.event_id


_EXPAND = """
with wanted as (
    select u.* from unnest($1::uuid[], $2::bigint[], $3::int[], $4::uuid[], $5::uuid[], $6::uuid[], $7::int[])
        as u (webhook_id, event_seq, party_id, event_id, lane_id, stream_id, stream_seq)
), added as (
    insert into delivery (webhook_id, event_seq, consumer, party_id, event_id, lane_id, stream_id, stream_seq, state,
                          next_at, deadline_at, created_at)
    select w.webhook_id, u.event_seq, w.consumer, u.party_id, u.event_id, u.lane_id, u.stream_id, u.stream_seq,
           'PENDING', $8, $9, $8
      from wanted u join webhook w using (webhook_id)
       for key share of w
    on conflict do nothing
    returning webhook_id, lane_id
), lanes as (
    insert into delivery_lane as l (webhook_id, lane_id, next_at)
    select distinct webhook_id, lane_id, $8::timestamptz from added order by webhook_id, lane_id
    on conflict (webhook_id, lane_id) do update set next_at = least(l.next_at, excluded.next_at)
)
select count(*) from added
"""


async def add(tx: Transaction, new: Sequence[NewDelivery]) -> int:
    """Writes deliveries and their lanes; those that are there already, or whose webhook is gone, are passed over."""
    return await tx.fetchval(
        _EXPAND,
        [item.webhook.webhook_id for item in new],
        [item.event.seq for item in new],
        [item.event.party_id for item in new],
        [item.event.event_id for item in new],
        [item.lane_id for item in new],
        [item.event.stream_id for item in new],
        [item.event.sequence for item in new],
        tx.now,
        tx.now + DEADLINE,
    )


@dataclass(frozen=True, slots=True)
class Lane:
    """A claimed lane. `fence`: of this claim; an outcome under another one is discarded."""

    webhook_id: UUID
    lane_id: UUID
    fence: int
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The oldest event of a lane that is still to be sent, with what the request is made of.

    `secret`: encrypted; `resource`: identifier of the event's resource; `party`: whose event it is; `consumer`: the
    party whose webhook it is, None for service owners; `attempt`: of this one, from 1; `at`: Unix seconds.
    """

    lane: Lane
    webhook: Webhook
    secret: bytes
    event: Event
    resource: str | None
    party: Party | None
    consumer: Party | None
    attempt: int
    at: int
    previous_is_dead: bool


_DUE = """
select l.webhook_id, l.lane_id, w.endpoint_host
  from delivery_lane l join webhook w using (webhook_id)
 where l.next_at <= $1 and (l.lease_until is null or l.lease_until < $1)
   and w.state = 'ACTIVE' and w.endpoint_host <> all ($2::text[])
 order by l.next_at, l.lane_id limit $3
   for update of l skip locked
"""
_CLAIM = """
update delivery_lane l set lease_until = $1, lease_owner = $2, fence = nextval('lane_fence')
  from unnest($3::uuid[], $4::uuid[]) as chosen (webhook_id, lane_id)
 where l.webhook_id = chosen.webhook_id and l.lane_id = chosen.lane_id
returning l.webhook_id, l.lane_id, l.fence
"""


async def due(tx: Transaction, busy_hosts: Collection[str], limit: int) -> list[Row]:
    """Lanes that have something to send now, locked for this transaction; not those of hosts that are busy."""
    return await tx.fetch(_DUE, tx.now, list(busy_hosts), limit)


async def claim(tx: Transaction, holder: str, chosen: Sequence[Row]) -> list[Lane]:
    """Leases lanes that `due` has locked; commit before anything is sent."""
    hosts = {(row["webhook_id"], row["lane_id"]): row["endpoint_host"] for row in chosen}
    keys = list(hosts)
    rows = await tx.fetch(_CLAIM, tx.now + LANE_LEASE, holder, [key[0] for key in keys], [key[1] for key in keys])
    return [Lane(row[0], row[1], row[2], hosts[row[0], row[1]]) for row in rows]


_NEXT = f"""
select l.webhook_id as of_webhook, l.lane_id, {COLUMNS}, r.identifier as event_resource, d.attempt, w.secret,
    coalesce((select p.state = 'DEAD' from delivery p
               where p.webhook_id = d.webhook_id and p.stream_id = d.stream_id and p.stream_seq < d.stream_seq
               order by p.stream_seq desc limit 1), false) as previous_is_dead
  from unnest($1::uuid[], $2::uuid[]) as l (webhook_id, lane_id)
  join webhook w on w.webhook_id = l.webhook_id and w.state = 'ACTIVE'
  cross join lateral (
      select * from delivery d
       where d.webhook_id = l.webhook_id and d.lane_id = l.lane_id and d.state = 'PENDING'
       order by d.stream_seq limit 1) d
  join event e on e.party_id = d.party_id and e.seq = d.event_seq
  left join resource r on r.resource_id = e.resource_id
"""


async def messages(tx: Transaction, lanes: Sequence[Lane]) -> list[Message]:
    """What is to be sent next on each lane; nothing for a lane that is empty or whose webhook is not active."""
    by_key = {(lane.webhook_id, lane.lane_id): lane for lane in lanes}
    rows = await tx.fetch(_NEXT, [lane.webhook_id for lane in lanes], [lane.lane_id for lane in lanes])
    found = {item.webhook_id: item for item in await webhooks.by_ids(tx, {row["of_webhook"] for row in rows})}
    subjects = {item.subject_id for item in found.values() if item.subject_id is not None}
    people = await parties.by_ids(tx, subjects | {row["party_id"] for row in rows})
    return [
        _message(by_key[row["of_webhook"], row["lane_id"]], found[row["of_webhook"]], row, people, tx) for row in rows
    ]


def _message(lane: Lane, webhook: Webhook, row: Row, people: dict[int, Party], tx: Transaction) -> Message:
    return Message(
        lane=lane,
        webhook=webhook,
        secret=row["secret"],
        event=event_of(row),
        resource=row["event_resource"],
        party=people.get(row["party_id"]),
        consumer=people.get(webhook.subject_id or 0),
        attempt=row["attempt"] + 1,
        at=int(tx.now.timestamp()),
        previous_is_dead=row["previous_is_dead"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a message. `state`: DELIVERED, DEAD or SKIPPED; `error`: a word, None for success.

    `duration_ms` None: nothing was sent. `text`: beginning of the answer, without control characters.
    """

    state: str
    status: int | None = None
    error: str | None = None
    duration_ms: int | None = None
    text: str | None = None


_LOCK = "select fence from delivery_lane where webhook_id = $1 and lane_id = $2 for update"
_SETTLE = """
update delivery set state = $3, attempt = $4, last_status = $5, last_error = $6, next_at = null
 where webhook_id = $1 and event_seq = $2 and state = 'PENDING'
"""
_ATTEMPT = """
insert into delivery_attempt (webhook_id, event_seq, attempt, consumer, at, status, error, duration_ms, response_text)
values ($1, $2, $3, $4, to_timestamp($5::float8), $6, $7, $8, $9)
"""
# To the second, so that the lanes of a busy webhook do not queue up for its row.
_SUCCESS = """
update webhook set last_success_at = $2
 where webhook_id = $1 and (last_success_at is null or last_success_at < $2::timestamptz - interval '1 second')
"""
_IS_LEFT = """
select exists (select from delivery where webhook_id = $1 and lane_id = $2 and state = 'PENDING')
"""
_RENEW = "update delivery_lane set lease_until = $3, next_at = $4 where webhook_id = $1 and lane_id = $2"
_DELETE = "delete from delivery_lane where webhook_id = $1 and lane_id = $2"


async def settle(tx: Transaction, message: Message, outcome: Outcome, *, goes_on: bool) -> bool:
    """Records what came of a message; True when the holder keeps the lane and its lease begins anew.

    An outcome of a lane that another worker has claimed since, or whose webhook is gone, is discarded. `goes_on`: the
    holder would send the next event of the lane, if there is one.
    """
    lane, event = message.lane, message.event
    if await tx.fetchval(_LOCK, lane.webhook_id, lane.lane_id) != lane.fence:
        return False
    was_sent = outcome.duration_ms is not None
    attempt = message.attempt if was_sent else message.attempt - 1
    await tx.execute(_SETTLE, lane.webhook_id, event.seq, outcome.state, attempt, outcome.status, outcome.error)
    if was_sent:
        await _record(tx, message, outcome)
    # A statement of its own, after the lock: it sees what was added while the lock was waited for.
    if not await tx.fetchval(_IS_LEFT, lane.webhook_id, lane.lane_id):
        await tx.execute(_DELETE, lane.webhook_id, lane.lane_id)
        return False
    await tx.execute(_RENEW, lane.webhook_id, lane.lane_id, tx.now + LANE_LEASE if goes_on else None, tx.now)
    return goes_on


async def _record(tx: Transaction, message: Message, outcome: Outcome) -> None:
    webhook_id, event = message.lane.webhook_id, message.event
    await tx.execute(
        _ATTEMPT,
        webhook_id,
        event.seq,
        message.attempt,
        message.webhook.consumer,
        float(message.at),
        outcome.status,
        outcome.error,
        outcome.duration_ms,
        outcome.text,
    )
    if outcome.state == DELIVERED:
        await tx.execute(_SUCCESS, webhook_id, tx.now)


async def release(tx: Transaction, lanes: Sequence[Lane]) -> None:
    """Gives lanes back that this worker has claimed and will not send on; what is to be sent stays due. Lanes without
    anything to send go."""
    for lane in lanes:
        if await tx.fetchval(_LOCK, lane.webhook_id, lane.lane_id) == lane.fence:
            is_left = await tx.fetchval(_IS_LEFT, lane.webhook_id, lane.lane_id)
            await tx.execute(
                "update delivery_lane set lease_until = null where webhook_id = $1 and lane_id = $2"
                if is_left
                else _DELETE,
                lane.webhook_id,
                lane.lane_id,
            )
