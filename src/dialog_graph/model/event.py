"""Facts: rows of the append-only event table (event rules §6 and §7)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType
from uuid import UUID

from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Actor


class Audience(IntEnum):
    """Who is told of an event, as bits; 0 = the server's own journal."""

    INTERNAL = 0
    OWNER = 1
    PARTY = 2
    BOTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """A fact before it has a place in its stream; the step gives it sequence, id and time.

    `is_dialog`: it belongs to the dialog's stream, else to the instance's. `element_id`: BPMN element or data element
    type it is about, `entry_id`: the task entry.
    """

    type: str
    audience: Audience
    actor: Actor
    history_type: str | None = None
    data: dict[str, Json] = field(default_factory=dict[str, Json])
    element_id: str | None = None
    entry_id: UUID | None = None
    is_dialog: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A committed fact. `xid` and `seq` place it in the feed, `sequence` in its stream (from 1, gap-free).

    `command_id`: the same for all that one command has caused, in the streams of the instance and of its dialog.
    """

    event_id: UUID
    xid: int
    seq: int
    stream_id: UUID
    sequence: int
    type: str
    history_type: str | None
    time: datetime
    actor: Actor
    audience: Audience
    data: dict[str, Json]
    instance_id: UUID | None = None
    dialog_id: UUID | None = None
    org: str | None = None
    party_id: int = 0
    resource_id: int | None = None
    element_id: str | None = None
    entry_id: UUID | None = None
    command_id: UUID | None = None
    traceparent: str | None = None


_RULES = {
    "app.instance.created": ("Created", Audience.BOTH),
    "app.instance.process.started": ("process_StartEvent", Audience.BOTH),
    "app.instance.process.movedTo": ("process_StartTask", Audience.BOTH),
    "app.instance.process.sentBack": (None, Audience.BOTH),
    "app.instance.process.taskEnded": ("process_EndTask", Audience.BOTH),
    "app.instance.process.taskAbandoned": ("process_AbandonTask", Audience.BOTH),
    "app.instance.process.completed": ("process_EndEvent", Audience.BOTH),
    "app.instance.submitted": ("Submited", Audience.BOTH),
    "app.instance.process.cancelled": (None, Audience.BOTH),
    "app.instance.process.incident": (None, Audience.OWNER),
    "app.instance.process.message": (None, Audience.OWNER),
    "app.instance.process.timer": (None, Audience.OWNER),
    "app.instance.migrated": (None, Audience.OWNER),
    "app.instance.linked": (None, Audience.OWNER),
    "app.instance.substatus.changed": ("SubstatusUpdated", Audience.BOTH),
    "app.instance.confirmed": ("ConfirmedComplete", Audience.BOTH),
    "app.instance.deleted": ("Deleted", Audience.BOTH),
    "app.instance.undeleted": ("Undeleted", Audience.BOTH),
    "app.instance.data.created": ("Created", Audience.OWNER),
    "app.instance.data.updated": ("Saved", Audience.OWNER),
    "app.instance.data.deleted": ("Deleted", Audience.OWNER),
    "app.instance.data.locked": (None, Audience.BOTH),
    "app.instance.data.unlocked": (None, Audience.BOTH),
    "process.step": (None, Audience.INTERNAL),
    "process.join.forced": (None, Audience.INTERNAL),
    "process.job.retrying": (None, Audience.INTERNAL),
    "process.job.superseded": (None, Audience.INTERNAL),
    "process.message.buffered": (None, Audience.INTERNAL),
    "dialogporten.dialog.created.v1": (None, Audience.BOTH),
    "dialogporten.dialog.updated.v1": (None, Audience.BOTH),
    "dialogporten.dialog.deleted.v1": (None, Audience.BOTH),
    "dialogporten.dialog.restored.v1": (None, Audience.BOTH),
    "dialogporten.dialog.seen.v1": (None, Audience.BOTH),
    "dialogporten.dialog.transmission.created.v1": (None, Audience.BOTH),
    "dialogporten.dialog.activity": (None, Audience.BOTH),
}

CATALOGUE = MappingProxyType(_RULES)
"""Event type without its trailing element id -> (Altinn's history name, audience). Event rules §6.2, §6.3."""
