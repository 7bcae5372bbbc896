"""Webhooks, what is delivered to them, and leases."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint

from dialog_graph.storage.tables import columns as c


def _gone_with(columns: tuple[str, ...], table: str) -> ForeignKeyConstraint:
    """The row goes when what it belongs to goes."""
    return ForeignKeyConstraint(columns, [f"{c.SCHEMA}.{table}.{column}" for column in columns], ondelete="CASCADE")


class Webhook(c.Table, table=True):
    """Who is told of which events, and where."""

    __table_args__ = (
        c.one_of("webhook", "format", "CLOUDEVENTS_JSON", "JSON", "BINARY"),
        c.one_of("webhook", "ordering", "STREAM", "NONE"),
        c.one_of("webhook", "on_dead", "CONTINUE", "BLOCK"),
        c.one_of("webhook", "state", "PENDING", "ACTIVE", "PAUSED", "FAILED", "DISABLED"),
        c.unique("consumer", "digest"),
        c.unique("webhook_id", "consumer"),
    )

    webhook_id: UUID = c.uuid(primary_key=True)
    consumer: str = c.text()
    kind: str = c.text()
    level: int = c.smallint()
    endpoint: str = c.text()
    endpoint_host: str = c.text()
    digest: str = c.text()
    types: list[str] = c.texts()
    resource_id: int | None = c.integer(foreign_key="dg.resource.resource_id")
    org: str | None = c.text()
    party_id: int | None = c.integer(foreign_key="dg.party.party_id")
    include_subunits: bool = c.flag()
    format: str = c.text()
    ordering: str = c.text()
    on_dead: str = c.text()
    rate_per_minute: int | None = c.integer()
    include_alternative_subject: bool = c.flag()
    description: str | None = c.text()
    state: str = c.text()
    state_reason: str | None = c.text()
    secret: bytes = c.binary()
    since_xid: int = c.xid8()
    since_seq: int = c.bigint()
    created_at: datetime = c.at()
    last_success_at: datetime | None = c.at()


class Delivery(c.Table, table=True):
    """One event for one webhook."""

    __table_args__ = (
        c.one_of("delivery", "state", "PENDING", "DELIVERED", "DEAD", "SKIPPED", "HELD"),
        _gone_with(("webhook_id", "consumer"), "webhook"),
        c.index("delivery_pending", "webhook_id", "lane_id", "stream_seq", where="state = 'PENDING'"),
        c.index("delivery_stream", "webhook_id", "stream_id", "stream_seq"),
    )

    webhook_id: UUID = c.uuid(primary_key=True)
    event_seq: int = c.bigint(primary_key=True)
    consumer: str = c.text()
    party_id: int = c.integer()
    event_id: UUID = c.uuid()
    lane_id: UUID = c.uuid()
    stream_id: UUID = c.uuid()
    stream_seq: int = c.integer()
    state: str = c.text()
    attempt: int = c.integer(default_sql="0")
    next_at: datetime | None = c.at()
    deadline_at: datetime = c.at()
    last_status: int | None = c.integer()
    last_error: str | None = c.text()
    created_at: datetime = c.at()


class DeliveryLane(c.Table, table=True):
    """What is sent in order and by one worker at a time."""

    __table_args__ = (
        _gone_with(("webhook_id",), "webhook"),
        c.index("delivery_lane_due", "next_at"),
    )

    webhook_id: UUID = c.uuid(primary_key=True)
    lane_id: UUID = c.uuid(primary_key=True)
    next_at: datetime = c.at()
    lease_until: datetime | None = c.at()
    lease_owner: str | None = c.text()
    fence: int | None = c.bigint()


class DeliveryAttempt(c.Table, table=True):
    """One request and what came of it."""

    __table_args__ = (_gone_with(("webhook_id", "event_seq"), "delivery"),)

    webhook_id: UUID = c.uuid(primary_key=True)
    event_seq: int = c.bigint(primary_key=True)
    attempt: int = c.integer(primary_key=True)
    consumer: str = c.text()
    at: datetime = c.at()
    status: int | None = c.integer()
    error: str | None = c.text()
    duration_ms: int = c.integer()
    response_text: str | None = c.text()


class Lease(c.Table, table=True):
    """Who carries out a duty, and how far it has read the feed."""

    name: str = c.text(primary_key=True)
    holder: str | None = c.text()
    fence: int = c.bigint(default_sql="0")
    expires_at: datetime | None = c.at()
    cursor_xid: int | None = c.xid8()
    cursor_seq: int | None = c.bigint()
