"""Instances with their tasks, data and confirmations, and the stored outcomes of commands."""

from datetime import datetime
from typing import Any
from uuid import UUID

from dialog_graph.storage.tables import columns as c


class Instance(c.Table, table=True):
    """One run of an app for one party."""

    __table_args__ = (
        c.unique("instance_id", "org", "party_id"),
        c.one_of("instance", "status", "ACTIVE", "COMPLETED", "CONFIRMED", "CANCELLED", "DELETED"),
        c.index("instance_ended", "org", "ended_at", "instance_id", where="ended_at IS NOT NULL"),
        c.index("instance_org", "org", "updated_at desc", "instance_id desc"),
        c.index("instance_party", "party_id", "updated_at desc", "instance_id desc"),
        c.index("instance_resource", "resource_id", "updated_at desc", "instance_id desc"),
    )

    instance_id: UUID = c.uuid(primary_key=True)
    org: str = c.text()
    party_id: int = c.integer(foreign_key="dg.party.party_id")
    resource_id: int = c.integer(foreign_key="dg.resource.resource_id")
    version_id: UUID = c.uuid(foreign_key="dg.app_version.version_id")
    revision: int = c.integer()
    event_seq: int = c.integer()
    status: str = c.text()
    process_state: Any = c.json()
    substatus: Any | None = c.json()
    presentation_texts: Any = c.json(default_sql="'{}'::jsonb")
    data_values: Any = c.json(default_sql="'{}'::jsonb")
    created_by: Any = c.json()
    created_at: datetime = c.at()
    updated_at: datetime = c.at()
    due_at: datetime | None = c.at()
    visible_from: datetime | None = c.at()
    started_at: datetime | None = c.at()
    start_event: str | None = c.text()
    ended_at: datetime | None = c.at()
    end_event: str | None = c.text()
    archived_at: datetime | None = c.at()
    deleted_at: datetime | None = c.at()
    is_hard_deleted: bool = c.flag(default_sql="false")
    current_task: str | None = c.text()
    task_type: str | None = c.text()
    waiting_for: list[str] | None = c.texts()
    has_incident: bool = c.flag(default_sql="false")


class ProcessTask(c.Table, table=True):
    """One activation of a task."""

    __table_args__ = (
        c.part_of("instance"),
        c.unique("instance_id", "element_id", "entry_no"),
        c.one_of("process_task", "status", "ACTIVE", "WAITING", "COMPLETED", "ABANDONED", "FAILED"),
        c.index("process_task_instance", "instance_id", "position"),
    )

    entry_id: UUID = c.uuid(primary_key=True)
    instance_id: UUID = c.uuid()
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    element_id: str = c.text()
    type: str = c.text()
    name: str | None = c.text()
    lane: str | None = c.text()
    entry_no: int = c.integer()
    scope_id: int = c.integer(default_sql="0")
    status: str = c.text()
    flow_type: str | None = c.text()
    sent_back: bool = c.flag(default_sql="false")
    position: int = c.integer()
    started_at: datetime = c.at()
    started_by: Any = c.json()
    ended_at: datetime | None = c.at()
    ended_by: Any | None = c.json()
    action: str | None = c.text()
    note: str | None = c.text()
    due_at: datetime | None = c.at()
    loop_index: int | None = c.integer()


class DataElement(c.Table, table=True):
    """A form or a file of an instance."""

    __table_args__ = (
        c.part_of("instance"),
        c.holds("data_element_check", "num_nonnulls(document, blob_key) = 1 OR deleted_at IS NOT NULL"),
        c.one_of("data_element", "file_scan", "PENDING", "CLEAN", "INFECTED", "SKIPPED"),
        c.one_of("data_element", "lock", "none", "manual", "process"),
        c.index("data_element_instance", "instance_id", "created_at", "element_id"),
    )

    element_id: UUID = c.uuid(primary_key=True)
    instance_id: UUID = c.uuid()
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    data_type: str = c.text()
    task_id: str | None = c.text()
    content_type: str = c.text()
    filename: str | None = c.text()
    size: int = c.bigint()
    sha256: str = c.text()
    document: bytes | None = c.binary()
    xml: bytes | None = c.binary()
    blob_key: str | None = c.text()
    lock: str = c.text()
    is_read: bool = c.flag()
    revision: int = c.integer()
    tags: list[str] = c.texts(default_sql="'{}'::text[]")
    # SQLModel keeps the name `metadata` to itself.
    element_metadata: Any | None = c.json(column_name="metadata")
    file_scan: str = c.text()
    generated_from: str | None = c.text()
    downloads: Any = c.json(default_sql="'[]'::jsonb")
    created_by: Any = c.json()
    created_at: datetime = c.at()
    updated_at: datetime = c.at()
    deleted_at: datetime | None = c.at()


class Confirmation(c.Table, table=True):
    """An org's word that it has received the data."""

    __table_args__ = (c.part_of("instance"),)

    instance_id: UUID = c.uuid(primary_key=True)
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    confirming_org: str = c.text(primary_key=True)
    confirmed_at: datetime = c.at()


class Idempotency(c.Table, table=True):
    """The outcome of a command under its caller's key."""

    __table_args__ = (
        c.holds("idempotency_key_check", "length(key) <= 64"),
        c.index("idempotency_age", "created_at"),
    )

    scope: str = c.text(primary_key=True)
    actor: str = c.text(primary_key=True)
    key: str = c.text(primary_key=True)
    command: str = c.text()
    request_hash: str = c.text()
    result: Any = c.json()
    created_at: datetime = c.at()
