"""What processes wait for: timers, subscriptions and buffered messages, jobs, incidents, links between instances."""

from datetime import datetime
from typing import Any
from uuid import UUID

from dialog_graph.storage.tables import columns as c


class Timer(c.Table, table=True):
    """A moment at which a process is to go on."""

    __table_args__ = (
        c.part_of("instance"),
        c.unique("instance_id", "owner", "element_id"),
        c.index("timer_due", "due_at", "position", where="NOT is_held"),
    )

    timer_id: UUID = c.uuid(primary_key=True)
    instance_id: UUID = c.uuid()
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    app_id: str = c.text()
    element_id: str = c.text()
    owner: int = c.integer()
    entry_id: UUID | None = c.uuid()
    position: int = c.integer()
    anchor: datetime = c.at()
    k: int = c.integer()
    duration: str | None = c.text()
    remaining: int | None = c.integer()
    due_at: datetime = c.at()
    opened_at: datetime = c.at()
    is_held: bool = c.flag(default_sql="false")
    lease_until: datetime | None = c.at()


class StartTimer(c.Table, table=True):
    """A moment at which an app is to begin by itself."""

    __table_args__ = (c.index("start_timer_due", "due_at"),)

    app_id: str = c.text(primary_key=True)
    element_id: str = c.text(primary_key=True)
    org: str = c.text()
    written: str = c.text()
    anchor: datetime = c.at()
    k: int = c.integer()
    duration: str | None = c.text()
    remaining: int | None = c.integer()
    due_at: datetime | None = c.at()
    lease_until: datetime | None = c.at()


class MessageSubscription(c.Table, table=True):
    """A message or a signal that a process waits for, or the message that started it."""

    __table_args__ = (
        c.part_of("instance"),
        c.unique("instance_id", "owner", "element_id"),
        c.one_of("message_subscription", "kind", "message", "signal", "start"),
        c.index("message_subscription_name", "org", "name", "key", "opened_at"),
        c.index(
            "message_subscription_start",
            "app_id",
            "name",
            "key",
            unique=True,
            where="kind = 'start' AND key <> ''",
        ),
    )

    subscription_id: UUID = c.uuid(primary_key=True)
    instance_id: UUID = c.uuid()
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    app_id: str = c.text()
    element_id: str = c.text()
    owner: int = c.integer()
    entry_id: UUID | None = c.uuid()
    kind: str = c.text()
    name: str = c.text()
    key: str = c.text()
    position: int = c.integer()
    opened_at: datetime = c.at()
    is_held: bool = c.flag(default_sql="false")


class MessageBuffer(c.Table, table=True):
    """A message that was sent, until nothing can come of it any more."""

    __table_args__ = (
        c.unique("org", "sender", "external_id"),
        c.index("message_buffer_name", "org", "name", "key", "sent_at"),
        c.index("message_buffer_open", "expires_at"),
        c.index("message_buffer_age", "kept_until"),
    )

    message_id: UUID = c.uuid(primary_key=True)
    org: str = c.text()
    sender: str = c.text()
    external_id: str | None = c.text()
    name: str = c.text()
    key: str = c.text()
    instance_id: UUID | None = c.uuid()
    party_id: int | None = c.integer()
    payload: bytes | None = c.binary()
    apps: list[str] = c.texts(default_sql="'{}'::text[]")
    start_apps: list[str] = c.texts(default_sql="'{}'::text[]")
    result: Any = c.json()
    sent_at: datetime = c.at()
    expires_at: datetime = c.at()
    kept_until: datetime = c.at()


class Job(c.Table, table=True):
    """Work outside of any transaction that an instance has asked for."""

    __table_args__ = (
        c.part_of("instance"),
        c.unique("org", "key"),
        c.index("job_due", "next_at", "job_seq", where="NOT is_held"),
        c.index("job_instance", "instance_id", "job_seq"),
    )

    job_id: UUID = c.uuid(primary_key=True)
    job_seq: int = c.bigint(identity="always")
    instance_id: UUID = c.uuid()
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    app_id: str = c.text()
    kind: str = c.text()
    key: str = c.text()
    element_id: str = c.text()
    owner: int = c.integer()
    entry_no: int = c.integer()
    entry_id: UUID | None = c.uuid()
    task_type: str | None = c.text()
    stage: int = c.integer(default_sql="0")
    is_ordered: bool = c.flag()
    data: Any = c.json(default_sql="'{}'::jsonb")
    attempt: int = c.integer(default_sql="0")
    failures: int = c.integer(default_sql="0")
    crashes: int = c.integer(default_sql="0")
    deferrals: int = c.integer(default_sql="0")
    created_at: datetime = c.at()
    next_at: datetime = c.at()
    lease_until: datetime | None = c.at()
    lease_owner: str | None = c.text()
    last_code: str | None = c.text()
    last_error: str | None = c.text()
    reason: Any | None = c.json()
    done: int | None = c.integer()
    total: int | None = c.integer()
    is_held: bool = c.flag(default_sql="false")


class Incident(c.Table, table=True):
    """A token that stopped and needs help."""

    __table_args__ = (c.part_of("instance"), c.unique("instance_id", "token"))

    incident_id: UUID = c.uuid(primary_key=True)
    instance_id: UUID = c.uuid()
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    token: int = c.integer()
    element_id: str = c.text()
    entry_no: int = c.integer()
    entry_id: UUID | None = c.uuid()
    code: str = c.text()
    message: str = c.text()
    details: str | None = c.text()
    attempts: int = c.integer()
    is_retryable: bool = c.flag()
    opened_at: datetime = c.at()


class Link(c.Table, table=True):
    """A call of another app, as one of its two sides knows it."""

    __table_args__ = (
        c.part_of("instance"),
        c.unique("org", "relation", "key"),
        c.one_of("link", "relation", "child", "parent"),
        c.one_of("link", "completion", "wait", "detach"),
        c.one_of("link", "state", "CALLING", "LINKED", "ENDED", "UNLINKED"),
        c.index("link_instance", "instance_id", "created_at"),
    )

    link_id: UUID = c.uuid(primary_key=True)
    instance_id: UUID = c.uuid()
    org: str = c.text()
    party_id: int = c.integer()
    resource_id: int = c.integer()
    relation: str = c.text()
    other_id: UUID | None = c.uuid()
    other_app: str = c.text()
    key: str = c.text()
    element_id: str = c.text()
    owner: int = c.integer()
    entry_no: int = c.integer()
    entry_id: UUID | None = c.uuid()
    loop_index: int | None = c.integer()
    completion: str = c.text()
    state: str = c.text()
    depth: int = c.integer()
    settings: Any = c.json(default_sql="'{}'::jsonb")
    created_at: datetime = c.at()
    ended_at: datetime | None = c.at()
