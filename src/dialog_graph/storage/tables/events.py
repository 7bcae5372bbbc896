"""The append-only event table and what makes a cursor valid."""

from datetime import datetime
from typing import Any
from uuid import UUID

from dialog_graph.storage.tables import columns as c


class Event(c.Table, table=True):
    """A fact."""

    __table_args__ = (
        c.key("party_id", "seq"),
        c.unique("party_id", "event_id"),
        c.unique("party_id", "stream_id", "stream_seq"),
        c.holds("event_audience_check", "audience >= 0 AND audience <= 3"),
        c.index("event_feed", "xid", "seq"),
        c.index("event_org", "org", "xid", "seq"),
        c.index("event_party", "party_id", "xid", "seq"),
    )

    seq: int = c.bigint(primary_key=True, identity="always")
    xid: int = c.xid8(default_sql="pg_current_xact_id()")
    event_id: UUID = c.uuid()
    stream_id: UUID = c.uuid()
    stream_seq: int = c.integer()
    instance_id: UUID | None = c.uuid()
    dialog_id: UUID | None = c.uuid()
    org: str = c.text()
    party_id: int = c.integer(primary_key=True)
    resource_id: int | None = c.integer()
    type: str = c.text()
    history_type: str | None = c.text()
    time: datetime = c.at()
    actor: Any = c.json()
    audience: int = c.smallint()
    data: Any = c.json()
    element_id: str | None = c.text()
    entry_id: UUID | None = c.uuid()
    command_id: UUID | None = c.uuid()
    traceparent: str | None = c.text()


class FeedMeta(c.Table, table=True):
    """The feed's epoch and the highest position that was removed."""

    __table_args__ = (c.holds("feed_meta_is_only_check", "is_only"),)

    is_only: bool = c.flag(primary_key=True, default_sql="true")
    epoch: int = c.bigint()
    floor_xid: int = c.xid8()
    floor_seq: int = c.bigint()
