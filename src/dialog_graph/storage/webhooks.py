"""Webhooks as rows: what their consumers do with them, and who listens to an event."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from dialog_graph.model.principal import PrincipalKind
from dialog_graph.model.webhook import Webhook
from dialog_graph.storage.database import Row, Snapshot, Transaction
from dialog_graph.storage.events import Cursor

MAX_PER_CONSUMER = 100

_COLUMNS = """
    w.webhook_id, w.consumer, w.kind, w.level, w.endpoint, w.types, w.resource_id, r.identifier as resource, w.org,
    w.party_id, w.include_subunits, w.format, w.ordering, w.on_dead, w.rate_per_minute, w.include_alternative_subject,
    w.description, w.state, w.state_reason, w.created_at, w.last_success_at
"""
_FROM = "webhook w left join resource r using (resource_id)"


def webhook_of(row: Row) -> Webhook:
    """A webhook from a row with the columns of this module."""
    return Webhook(
        webhook_id=row["webhook_id"],
        consumer=row["consumer"],
        kind=PrincipalKind(row["kind"]),
        level=row["level"],
        endpoint=row["endpoint"],
        types=tuple(row["types"]),
        resource_id=row["resource_id"],
        resource=row["resource"],
        org=row["org"],
        party_id=row["party_id"],
        include_subunits=row["include_subunits"],
        format=row["format"],
        ordering=row["ordering"],
        on_dead=row["on_dead"],
        rate_per_minute=row["rate_per_minute"],
        include_alternative_subject=row["include_alternative_subject"],
        description=row["description"],
        state=row["state"],
        state_reason=row["state_reason"],
        created_at=row["created_at"],
        last_success_at=row["last_success_at"],
    )


async def of_consumer(tx: Snapshot) -> list[Webhook]:
    """The webhooks of the transaction's principal, oldest first."""
    rows = await tx.fetch(f"select {_COLUMNS} from {_FROM} order by w.created_at, w.webhook_id")
    return [webhook_of(row) for row in rows]


async def find(tx: Snapshot, webhook_id: UUID) -> Webhook | None:
    """A webhook of the transaction's principal."""
    row = await tx.fetchrow(f"select {_COLUMNS} from {_FROM} where w.webhook_id = $1", webhook_id)
    return None if row is None else webhook_of(row)


async def lock_consumer(tx: Transaction, consumer: str) -> int:
    """Lets one transaction at a time make webhooks for a consumer; answers how many it has."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended('dg.webhook:' || $1::text, 0))", consumer)
    return await tx.fetchval("select count(*) from webhook where consumer = $1", consumer)


async def identical(tx: Snapshot, consumer: str, digest: str) -> UUID | None:
    """The webhook with the same consumer, endpoint and filters."""
    return await tx.fetchval("select webhook_id from webhook where consumer = $1 and digest = $2", consumer, digest)


_INSERT = """
insert into webhook (
    webhook_id, consumer, kind, level, endpoint, endpoint_host, digest, types, resource_id, org, party_id,
    include_subunits, format, ordering, on_dead, rate_per_minute, include_alternative_subject, description, state,
    secret, since_xid, since_seq, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21::text::xid8, $22,
        $23)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A new webhook. `digest`: of consumer, endpoint and filters; `secret`: encrypted; `since`: later events count."""

    webhook: Webhook
    host: str
    digest: str
    secret: bytes
    since: Cursor


async def insert(tx: Transaction, new: Registration) -> None:
    """Stores a new webhook."""
    webhook = new.webhook
    await tx.execute(
        _INSERT,
        webhook.webhook_id,
        webhook.consumer,
        webhook.kind.value,
        webhook.level,
        webhook.endpoint,
        new.host,
        new.digest,
        list(webhook.types),
        webhook.resource_id,
        webhook.org,
        webhook.party_id,
        webhook.include_subunits,
        webhook.format,
        webhook.ordering,
        webhook.on_dead,
        webhook.rate_per_minute,
        webhook.include_alternative_subject,
        webhook.description,
        webhook.state,
        new.secret,
        str(new.since.xid),
        new.since.seq,
        webhook.created_at,
    )


async def delete(tx: Transaction, webhook_id: UUID) -> bool:
    """Removes a webhook of the transaction's principal with all that was to be delivered; False when there is none."""
    return await tx.execute("delete from webhook where webhook_id = $1", webhook_id) == "DELETE 1"


async def by_ids(tx: Transaction, webhook_ids: Collection[UUID]) -> list[Webhook]:
    """These webhooks, whosever they are: for those who deliver."""
    rows = await tx.fetch(f"select {_COLUMNS} from {_FROM} where w.webhook_id = any ($1)", list(webhook_ids))
    return [webhook_of(row) for row in rows]


_LISTENING = f"""
select {_COLUMNS}, w.since_xid::text::bigint as since_xid, w.since_seq from {_FROM}
 where w.state = 'ACTIVE' and (w.consumer = any ($1::text[]) or w.party_id = any ($2::int[]))
"""


async def listening(
    tx: Transaction, consumers: Collection[str], party_ids: Collection[int]
) -> list[tuple[Webhook, Cursor]]:
    """The active webhooks of these consumers, and for these parties, each with the place since which it counts."""
    rows = await tx.fetch(_LISTENING, list(consumers), list(party_ids))
    return [(webhook_of(row), Cursor(row["since_xid"], row["since_seq"])) for row in rows]
