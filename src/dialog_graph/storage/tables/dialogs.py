"""Dialogs with their parts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from dialog_graph.storage.tables import columns as c


class Dialog(c.Table, table=True):
    """What lists of dialogs show."""

    __table_args__ = (
        c.part_of("instance"),
        c.unique("dialog_id", "org", "party_id"),
        c.holds("dialog_folder_check", "folder >= 0 AND folder <= 2"),
        c.one_of(
            "dialog", "status", "IN_PROGRESS", "DRAFT", "AWAITING", "REQUIRES_ATTENTION", "COMPLETED", "NOT_APPLICABLE"
        ),
        c.index(
            "dialog_content_updated",
            "party_id",
            "content_updated_at desc",
            "dialog_id desc",
            where="deleted_at IS NULL",
            include=[
                "resource_id",
                "status",
                "folder",
                "is_sent",
                "marked_unopened",
                "seen",
                "is_api_only",
                "visible_from",
                "expires_at",
            ],
        ),
        c.index("dialog_created", "party_id", "created_at desc", "dialog_id desc", where="deleted_at IS NULL"),
        c.index("dialog_due", "party_id", "due_at desc", "dialog_id desc", where="deleted_at IS NULL"),
        c.index("dialog_idempotent_key", "org", "idempotent_key", where="idempotent_key IS NOT NULL", unique=True),
        c.index(
            "dialog_resource", "resource_id", "content_updated_at desc", "dialog_id desc", where="deleted_at IS NULL"
        ),
        c.index("dialog_updated", "party_id", "updated_at desc", "dialog_id desc", where="deleted_at IS NULL"),
    )

    dialog_id: UUID = c.uuid(primary_key=True)
    revision: UUID = c.uuid()
    org: str = c.text()
    party_id: int = c.integer(foreign_key="dg.party.party_id")
    resource_id: int = c.integer(foreign_key="dg.resource.resource_id")
    instance_id: UUID | None = c.uuid(unique=True)
    idempotent_key: str | None = c.text()
    status: str = c.text()
    progress: int | None = c.smallint()
    extended_status: str | None = c.text()
    external_reference: str | None = c.text()
    process: str | None = c.text()
    preceding_process: str | None = c.text()
    due_at: datetime | None = c.at()
    expires_at: datetime | None = c.at()
    visible_from: datetime | None = c.at()
    created_at: datetime = c.at()
    updated_at: datetime = c.at()
    content_updated_at: datetime = c.at()
    deleted_at: datetime | None = c.at()
    is_api_only: bool = c.flag(default_sql="false")
    is_frozen: bool = c.flag(default_sql="false")
    folder: int = c.smallint(default_sql="0")
    is_sent: bool = c.flag(default_sql="false")
    marked_unopened: bool = c.flag(default_sql="false")
    seen: bool = c.flag(default_sql="false")
    has_unopened_content: bool = c.flag(default_sql="false")
    from_service_owner_transmissions: int = c.smallint(default_sql="0")
    from_party_transmissions: int = c.smallint(default_sql="0")
    gui_attachment_count: int = c.smallint(default_sql="0")
    context_revision: UUID = c.uuid()
    last_update_seq: int = c.integer(default_sql="0")
    content: Any = c.json()
    latest_activity: Any | None = c.json()


class DialogDetail(c.Table, table=True):
    """What only the whole dialog shows."""

    __table_args__ = (c.part_of("dialog"),)

    dialog_id: UUID = c.uuid(primary_key=True)
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    instance_id: UUID | None = c.uuid()
    content: Any = c.json()
    gui_actions: Any = c.json()
    api_actions: Any = c.json()
    attachments: Any = c.json()


class DialogTransmission(c.Table, table=True):
    """A message between party and service owner."""

    __table_args__ = (
        c.key("dialog_id", "transmission_id"),
        c.part_of("dialog"),
        c.index("dialog_transmission_order", "dialog_id", "created_at desc", "transmission_id desc"),
    )

    transmission_id: UUID = c.uuid(primary_key=True)
    dialog_id: UUID = c.uuid(primary_key=True)
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    instance_id: UUID | None = c.uuid()
    created_at: datetime = c.at()
    type: str = c.text()
    document: Any = c.json()


class DialogActivity(c.Table, table=True):
    """A line of the dialog's history."""

    __table_args__ = (
        c.key("dialog_id", "activity_id"),
        c.part_of("dialog"),
        c.index("dialog_activity_order", "dialog_id", "created_at desc", "activity_id desc"),
    )

    activity_id: UUID = c.uuid(primary_key=True)
    dialog_id: UUID = c.uuid(primary_key=True)
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    instance_id: UUID | None = c.uuid()
    created_at: datetime = c.at()
    type: str = c.text()
    performed_by: Any = c.json()
    transmission_id: UUID | None = c.uuid()
    description: Any | None = c.json()


class DialogSeen(c.Table, table=True):
    """Somebody's look at the dialog."""

    __table_args__ = (
        c.key("dialog_id", "seen_id"),
        c.part_of("dialog"),
        c.index("dialog_seen_actor", "dialog_id", "actor", "seen_at desc"),
    )

    seen_id: UUID = c.uuid(primary_key=True)
    dialog_id: UUID = c.uuid(primary_key=True)
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    instance_id: UUID | None = c.uuid()
    actor: str = c.text()
    seen_by: Any = c.json()
    seen_at: datetime = c.at()
    is_via_service_owner: bool = c.flag(default_sql="false")


class DialogLabelLog(c.Table, table=True):
    """A change of labels."""

    __table_args__ = (
        c.key("dialog_id", "log_id"),
        c.part_of("dialog"),
        c.one_of("dialog_label_log", "action", "set", "remove"),
    )

    log_id: UUID = c.uuid(primary_key=True)
    dialog_id: UUID = c.uuid(primary_key=True)
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    instance_id: UUID | None = c.uuid()
    name: str = c.text()
    action: str = c.text()
    performed_by: Any = c.json()
    at: datetime = c.at()


class DialogSoLabel(c.Table, table=True):
    """A label of the service owner's own."""

    __table_args__ = (
        c.part_of("dialog"),
        c.index(
            "dialog_so_label_reserved",
            "org",
            "value",
            where="value like 'urn:altinn:integration:storage:%' or value like 'urn:altinn:correspondence-id:%'",
            unique=True,
        ),
        c.index("dialog_so_label_value", "value", ops={"value": "text_pattern_ops"}),
    )

    dialog_id: UUID = c.uuid(primary_key=True)
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    instance_id: UUID | None = c.uuid()
    value: str = c.text(primary_key=True)
