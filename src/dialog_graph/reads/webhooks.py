"""Webhooks as their consumers see them: registrations, and every delivery with its attempts (event rules §9.9).

Row level security shows each consumer its own and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from dialog_graph.model.webhook import Delivery, DeliveryAttempt, Webhook
from dialog_graph.ports import Ports
from dialog_graph.reads.paging import MAX_TOTAL, Page, Position, check_first, decode, page_of
from dialog_graph.storage import webhooks
from dialog_graph.storage.database import Row, Snapshot
from dialog_graph.storage.events import COLUMNS, event_of

_ORDER = "delivery"


async def of_caller(ports: Ports, snapshot: Snapshot, org: str | None) -> list[Webhook]:
    """The caller's webhooks, oldest first; none of another org than its own."""
    if org is not None and org != snapshot.principal.org:
        return []
    return await webhooks.of_consumer(snapshot)


async def one(ports: Ports, snapshot: Snapshot, webhook_id: UUID) -> Webhook | None:
    """One of the caller's webhooks."""
    return await webhooks.find(snapshot, webhook_id)


async def counts(ports: Ports, snapshot: Snapshot, webhook_id: UUID) -> dict[str, int]:
    """Number of deliveries per state; states without any are left out."""
    rows = await snapshot.fetch(
        "select state, count(*) as number from delivery where webhook_id = $1 group by state", webhook_id
    )
    return {row["state"]: row["number"] for row in rows}


async def oldest_pending(ports: Ports, snapshot: Snapshot, webhook_id: UUID) -> datetime | None:
    """When the oldest delivery that is still to be sent was due first."""
    return await snapshot.fetchval(
        "select min(created_at) from delivery where webhook_id = $1 and state = 'PENDING'", webhook_id
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQuery:
    """Which deliveries of a webhook; `filters`: members of `CONDITIONS` that are set."""

    webhook_id: UUID
    filters: Mapping[str, object]
    first: int = 50
    after: str | None = None


CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "state": "d.state = {}::text",
        "type": "e.type = {}::text",
        "stream_id": "d.stream_id = {}::uuid",
        "since": "e.time >= {}::timestamptz",
        "until": "e.time <= {}::timestamptz",
    }
)
"""Member of the filter -> SQL with its parameter as {}."""

_FROM = "from delivery d join event e on e.party_id = d.party_id and e.seq = d.event_seq where d.webhook_id = $1"


async def deliveries(ports: Ports, snapshot: Snapshot, query: DeliveryQuery) -> Page[Delivery]:
    """A page of deliveries, newest event first."""
    first = check_first(query.first)
    position = decode(query.after, _ORDER)
    chosen = [CONDITIONS[name].format(f"${number}") for number, name in enumerate(query.filters, 2)]
    where = "".join(f" and {condition}" for condition in chosen)
    parameters: list[object] = [query.webhook_id, *query.filters.values()]
    behind = "" if position is None else f" and d.event_seq < ${len(parameters) + 2}::bigint"
    rows = await snapshot.fetch(
        f"select d.webhook_id, d.state, d.attempt, d.next_at, d.deadline_at, d.last_status, d.last_error, {COLUMNS}"
        f" {_FROM}{where}{behind} order by d.event_seq desc limit ${len(parameters) + 1}",
        *parameters,
        first + 1,
        *([] if position is None else [position.value]),
    )

    async def total(snapshot: Snapshot) -> int:
        return await snapshot.fetchval(f"select count(*) from (select {_FROM}{where} limit {MAX_TOTAL}) c", *parameters)

    page = page_of([(_delivery(row), Position(_ORDER, row["seq"], None)) for row in rows], first, query.after)
    return Page(page.items, page.cursors, page.has_next, page.has_previous, total)


def _delivery(row: Row) -> Delivery:
    return Delivery(
        webhook_id=row["webhook_id"],
        event=event_of(row),
        state=row["state"],
        attempt=row["attempt"],
        next_at=row["next_at"],
        deadline_at=row["deadline_at"],
        last_status=row["last_status"],
        last_error=row["last_error"],
    )


async def attempts(ports: Ports, snapshot: Snapshot, delivery: Delivery) -> list[DeliveryAttempt]:
    """What has been tried, in order."""
    rows = await snapshot.fetch(
        "select at, status, error, duration_ms, response_text from delivery_attempt"
        " where webhook_id = $1 and event_seq = $2 order by attempt",
        delivery.webhook_id,
        delivery.event.seq,
    )
    return [
        DeliveryAttempt(
            at=row["at"],
            status=row["status"],
            error=row["error"],
            duration_ms=row["duration_ms"],
            response_text=row["response_text"],
        )
        for row in rows
    ]
