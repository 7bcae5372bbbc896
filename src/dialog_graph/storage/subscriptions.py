"""Subscriptions as rows: who waits for a message or a signal of an org (process engine §4.11, §11)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dialog_graph.model.waits import Sort, Subscription
from dialog_graph.storage.database import Row, Snapshot, Transaction
from dialog_graph.storage.timers import app_of
from dialog_graph.urns import AppId


@dataclass(frozen=True, slots=True)
class Waiting:
    """A subscription with the instance that it belongs to."""

    instance_id: UUID
    app_id: AppId
    subscription: Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Whom a message is for. `key` or `instance_id` is given; with both, both must fit."""

    org: str
    name: str
    key: str = ""
    instance_id: UUID | None = None


# A message without a key reaches the instance that it names, whatever key that waits for.
FITS = """
s.name = m.name and s.org = m.org and (m.instance_id is null or s.instance_id = m.instance_id)
and case when m.key = '' then m.instance_id is not null else s.key = m.key end
"""
"""SQL: the message `m` is one that the subscription `s` waits for."""

ORDER = "s.opened_at, s.position, s.owner, s.subscription_id"
"""SQL: the oldest first; what was opened in one step in the order of the file (process engine §11, §18)."""

# Of each app the oldest only.
_FITTING = f"""
select * from (
    select distinct on (s.app_id) s.*
      from message_subscription s
      join (select $1::text as org, $2::text as name, $3::text as key, $4::uuid as instance_id) m on {FITS}
     where s.kind = 'message' and not s.is_held
     order by s.app_id, {ORDER}) s
 order by {ORDER}
"""
_OF_SIGNAL = f"""
select s.* from message_subscription s
 where s.org = $1 and s.name = $2 and s.key = '' and s.kind = 'signal' and not s.is_held and s.opened_at <= $3
   and ($4::uuid is null or ({ORDER}) > ($5::timestamptz, $6::int, $7::int, $4))
 order by {ORDER} limit $8
"""
_STILL = "select * from message_subscription where subscription_id = $1 and not is_held"
_OF = f"select s.* from message_subscription s where s.instance_id = any($1::uuid[]) order by {ORDER}"


async def fitting(tx: Snapshot, address: Address) -> list[Waiting]:
    """The subscriptions that a message would go to now: of each app the oldest, oldest first. As the caller sees."""
    rows = await tx.fetch(_FITTING, address.org, address.name, address.key, address.instance_id)
    return [_waiting(row) for row in rows]


async def of_signal(
    tx: Snapshot, name: str, thrown_at: datetime, after: Subscription | None, limit: int
) -> list[Waiting]:
    """A page of those of the worker's org who waited for a signal when it was thrown, the oldest first."""
    place = (None,) * 4 if after is None else (after.subscription_id, after.opened_at, after.position, after.owner)
    return [_waiting(row) for row in await tx.fetch(_OF_SIGNAL, tx.principal.org, name, thrown_at, *place, limit)]


async def still(tx: Transaction, subscription_id: UUID) -> Subscription | None:
    """The subscription, None when it is gone; asked again under the lock of its instance."""
    row = await tx.fetchrow(_STILL, subscription_id)
    return None if row is None else decode(row)


_RUNNING = """
select exists (select from message_subscription where kind = 'start' and app_id = $1 and name = $2 and key = $3)
"""


async def is_running(tx: Transaction, app_id: AppId, name: str, key: str) -> bool:
    """True while an instance runs that this message has started. As an org's worker: others do not see all of them."""
    return await tx.fetchval(_RUNNING, str(app_id), name, key)


async def of_instances(tx: Snapshot, ids: list[UUID]) -> list[tuple[UUID, Subscription]]:
    """The subscriptions of instances, the oldest first."""
    return [(row["instance_id"], decode(row)) for row in await tx.fetch(_OF, ids)]


def _waiting(row: Row) -> Waiting:
    return Waiting(row["instance_id"], app_of(row["app_id"]), decode(row))


def decode(row: Row) -> Subscription:
    """A subscription from its row."""
    return Subscription(
        subscription_id=row["subscription_id"],
        element_id=row["element_id"],
        owner=row["owner"],
        kind=Sort(row["kind"]),
        name=row["name"],
        position=row["position"],
        opened_at=row["opened_at"],
        key=row["key"],
        entry_id=row["entry_id"],
    )
