"""Messages as rows: what was sent, who has had it, and what its sender was told (process engine §11).

A message that nobody waits for yet meets its receiver in a worker's join; whoever takes it for an app marks its row in
the transaction of the step, so each app has it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dialog_graph.errors import Refusal, Refused
from dialog_graph.model import strict_json
from dialog_graph.model.json_value import Json
from dialog_graph.storage import idempotency
from dialog_graph.storage.database import Row, Transaction
from dialog_graph.storage.subscriptions import FITS, ORDER, Address
from dialog_graph.storage.timers import app_of
from dialog_graph.urns import AppId

KEPT = timedelta(hours=24)
"""How long an id of a message is known, unless the message itself waits for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. `sender`: as in idempotency rows; `external_id`: the sender's own id of it. `party_id`: whose
    instance it starts. `apps`: those that have had it; `start_apps`: those that it could start."""

    message_id: UUID
    address: Address
    sender: str
    sent_at: datetime
    expires_at: datetime
    external_id: str | None = None
    party_id: int | None = None
    payload: Json = None
    apps: tuple[str, ...] = ()
    start_apps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meeting:
    """A message and who waits for it: a subscription of an instance, or without one an app that it may start."""

    message_id: UUID
    app_id: AppId
    instance_id: UUID | None = None
    subscription_id: UUID | None = None


_EARLIER = """
select result, kept_until from message_buffer where org = $1 and sender = $2 and external_id = $3
"""
_FORGET = "delete from message_buffer where org = $1 and sender = $2 and external_id = $3"
_ADD = """
insert into message_buffer (
    message_id, org, sender, external_id, name, key, instance_id, party_id, payload, apps, start_apps, result, sent_at,
    expires_at, kept_until
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""


async def earlier(tx: Transaction, org: str, sender: str, external_id: str) -> Json | None:
    """What the sender was told of its message with this id; a second one at the same time waits here for the first."""
    await idempotency.lock(tx, f"message:{org}", sender, external_id)
    row = await tx.fetchrow(_EARLIER, org, sender, external_id)
    if row is None:
        return None
    if row["kept_until"] > tx.now:
        return row["result"]
    await tx.execute(_FORGET, org, sender, external_id)
    return None


async def add(tx: Transaction, message: Message, result: Json) -> None:
    """Keeps the message until nothing can come of it, and its id for a day at least."""
    address = message.address
    await tx.execute(
        _ADD,
        message.message_id,
        address.org,
        message.sender,
        message.external_id,
        address.name,
        address.key,
        address.instance_id,
        message.party_id,
        None if message.payload is None else strict_json.canonical(message.payload),
        list(message.apps),
        list(message.start_apps),
        result,
        message.sent_at,
        message.expires_at,
        max(message.expires_at, message.sent_at + KEPT),
    )


_TAKE = """
update message_buffer set apps = apps || $2::text
 where message_id = $1 and not $2 = any (apps) and expires_at > $3
returning *
"""


async def take(tx: Transaction, message_id: UUID, app_id: AppId) -> Message | None:
    """Marks the message as the app's; None when the app has had it, or its time is over. As the org's worker."""
    row = await tx.fetchrow(_TAKE, message_id, str(app_id), tx.now)
    return None if row is None else _decode(row)


_MEETINGS = f"""
select m.message_id, s.app_id, s.instance_id, s.subscription_id
  from message_buffer m
  join message_subscription s on {FITS} and s.kind = 'message' and not s.is_held
 where m.expires_at > $1 and not s.app_id = any (m.apps)
 order by m.sent_at, m.message_id, {ORDER} limit $2
"""
_STARTS = """
select m.message_id, a.app_id, null::uuid as instance_id, null::uuid as subscription_id
  from message_buffer m cross join lateral unnest(m.start_apps) as a (app_id)
 where m.expires_at > $1 and not a.app_id = any (m.apps)
   and not exists (select from message_subscription s
                    where s.kind = 'start' and s.app_id = a.app_id and s.name = m.name and s.key = m.key)
 order by m.sent_at, m.message_id limit $2
"""


async def meetings(tx: Transaction, limit: int) -> list[Meeting]:
    """Messages that wait, with those who wait for them, the oldest first; then those that may start an app now.
    Dispatch road; whether it still is so is decided under the locks."""
    found: Sequence[Row] = await tx.fetch(_MEETINGS, tx.now, limit)
    found = found or await tx.fetch(_STARTS, tx.now, limit)
    return [
        Meeting(row["message_id"], app_of(row["app_id"]), row["instance_id"], row["subscription_id"]) for row in found
    ]


async def remove_old(tx: Transaction) -> None:
    """Removes messages that nothing can come of and whose ids may be used again."""
    await tx.execute("delete from message_buffer where kept_until < $1", tx.now)


def _read(payload: bytes) -> Json:
    value = strict_json.parse(payload, max_bytes=len(payload))
    if isinstance(value, Refusal):
        raise Refused(value)
    return value


def _decode(row: Row) -> Message:
    payload = row["payload"]
    return Message(
        message_id=row["message_id"],
        address=Address(org=row["org"], name=row["name"], key=row["key"], instance_id=row["instance_id"]),
        sender=row["sender"],
        sent_at=row["sent_at"],
        expires_at=row["expires_at"],
        external_id=row["external_id"],
        party_id=row["party_id"],
        payload=None if payload is None else _read(payload),
        apps=tuple(row["apps"]),
        start_apps=tuple(row["start_apps"]),
    )
