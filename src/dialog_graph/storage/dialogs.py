"""Dialogs as rows: loading with the parts that a reader asks for, and the row form that a step writes.

Scalar columns and the content of lists stand in `dialog`; what only the whole dialog shows stands in `dialog_detail`;
transmissions, activities and seen marks have tables of their own (inbox rules §16.1).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from dialog_graph.model.dialog import (
    FOLDERS,
    Activity,
    ActivityType,
    ApiAction,
    Attachment,
    ContentValue,
    Dialog,
    DialogStatus,
    GuiAction,
    SeenEntry,
    Transmission,
    TransmissionType,
)
from dialog_graph.model.principal import Actor
from dialog_graph.storage.database import Snapshot, Transaction

Record: TypeAlias = dict[str, Any]

DETAIL_CONTENT = frozenset({"additionalInfo", "mainContentReference"})
"""Content that stands in the detail row; all other content is shown in lists."""


class Part(Enum):
    """Parts of a dialog that are loaded only when asked for; the value is the SQL that gathers them as JSON."""

    DETAIL = "(select row_to_json(x)::text from dialog_detail x where x.dialog_id = d.dialog_id)"
    TRANSMISSIONS = (
        "(select coalesce(json_agg(x.document order by x.created_at, x.transmission_id), '[]')::text"
        " from dialog_transmission x where x.dialog_id = d.dialog_id)"
    )
    ACTIVITIES = (
        "(select coalesce(json_agg(x order by x.created_at, x.activity_id), '[]')::text"
        " from dialog_activity x where x.dialog_id = d.dialog_id)"
    )
    SEEN = (
        "(select coalesce(json_agg(x order by x.seen_at, x.seen_id), '[]')::text from ("
        " select distinct on (actor) * from dialog_seen s"
        " where s.dialog_id = d.dialog_id and s.seen_at >= least(d.updated_at, d.content_updated_at)"
        " order by actor, seen_at desc) x)"
    )


ALL_PARTS = frozenset(Part)
STEP_PARTS = frozenset({Part.DETAIL, Part.TRANSMISSIONS})

_LOAD = """
select d.*, r.identifier as service_resource, r.kind as service_resource_type, {parts}
  from dialog d join resource r using (resource_id)
 where d.{key} = any($1::uuid[])
"""


def statement(parts: frozenset[Part], key: str) -> str:
    """The SELECT for dialogs by `dialog_id` or `instance_id` with the parts asked for; text from constants only."""
    columns = (f"{part.value if part in parts else 'null'} as part_{part.name.lower()}" for part in Part)
    return _LOAD.format(parts=", ".join(columns), key=key)


_BY_ID = MappingProxyType({parts: statement(parts, "dialog_id") for parts in (frozenset[Part](), ALL_PARTS)})
_BY_INSTANCE = statement(STEP_PARTS, "instance_id")
_WHOLE_BY_INSTANCE = statement(ALL_PARTS, "instance_id")
_LIST_PARTS = frozenset({Part.SEEN})
_FOR_LIST = statement(_LIST_PARTS, "dialog_id")


async def load(tx: Transaction | Snapshot, ids: Sequence[UUID], *, whole: bool) -> list[Dialog]:
    """Dialogs by id, in the order asked; `whole` with all parts, else with those of lists (seen marks)."""
    rows = await tx.fetch(_BY_ID[ALL_PARTS] if whole else _FOR_LIST, list(ids))
    found = {row["dialog_id"]: decode(row) for row in rows}
    return [found[dialog_id] for dialog_id in ids if dialog_id in found]


async def of_instances(tx: Transaction | Snapshot, ids: Sequence[UUID]) -> list[Dialog]:
    """The dialogs of these instances with all parts, in no order; instances without one are left out."""
    return [decode(row) for row in await tx.fetch(_WHOLE_BY_INSTANCE, list(ids))]


async def of_instance(tx: Transaction | Snapshot, instance_id: UUID) -> Dialog | None:
    """The dialog of one instance as a step needs it: with details and transmissions."""
    row = await tx.fetchrow(_BY_INSTANCE, [instance_id])
    return None if row is None else decode(row)


# Rows -> values -------------------------------------------------------------------------------------------------------


def _content_value(stored: Mapping[str, Any]) -> ContentValue:
    return ContentValue(texts=stored["t"], media_type=stored.get("m", "text/plain"))


_GUI_ACTIONS = TypeAdapter(tuple[GuiAction, ...])
_API_ACTIONS = TypeAdapter(tuple[ApiAction, ...])
_ATTACHMENTS = TypeAdapter(tuple[Attachment, ...])


def decode_activity(stored: Record) -> Activity:
    """An activity from its row as JSON, or from the copy in `latest_activity`."""
    transmission_id = stored.get("transmission_id")
    return Activity(
        id=UUID(stored["activity_id"]),
        type=ActivityType(stored["type"]),
        created_at=datetime.fromisoformat(stored["created_at"]),
        performed_by=Actor.from_json(stored["performed_by"]),
        description=stored.get("description") or {},
        transmission_id=None if transmission_id is None else UUID(transmission_id),
    )


def _transmission(stored: Record) -> Transmission:
    reference = stored.get("content_reference")
    related = stored.get("related_transmission_id")
    return Transmission(
        id=UUID(stored["id"]),
        type=TransmissionType(stored["type"]),
        created_at=datetime.fromisoformat(stored["created_at"]),
        sender=Actor.from_json(stored["sender"]),
        title=stored["title"],
        summary=stored.get("summary"),
        content_reference=None if reference is None else _content_value(reference),
        attachments=_ATTACHMENTS.validate_python(stored["attachments"]),
        authorization_attribute=stored.get("authorization_attribute"),
        related_transmission_id=None if related is None else UUID(related),
        is_opened=stored.get("is_opened", False),
    )


def _seen(stored: Record) -> SeenEntry:
    return SeenEntry(
        id=UUID(stored["seen_id"]),
        seen_at=datetime.fromisoformat(stored["seen_at"]),
        seen_by=Actor.from_json(stored["seen_by"]),
        is_via_service_owner=stored["is_via_service_owner"],
    )


def _list(text: str | None) -> list[Record]:
    return [] if text is None else orjson.loads(text)


_PLAIN = [
    "dialog_id",
    "revision",
    "org",
    "party_id",
    "resource_id",
    "service_resource",
    "service_resource_type",
    "instance_id",
    "progress",
    "extended_status",
    "external_reference",
    "process",
    "preceding_process",
    "due_at",
    "expires_at",
    "visible_from",
    "created_at",
    "updated_at",
    "content_updated_at",
    "deleted_at",
    "is_api_only",
    "is_sent",
    "marked_unopened",
    "seen",
    "has_unopened_content",
    "from_service_owner_transmissions",
    "from_party_transmissions",
    "gui_attachment_count",
    "context_revision",
    "last_update_seq",
]


def decode(row: Mapping[str, Any]) -> Dialog:
    """A dialog from a row of one of the statements above."""
    detail: Record = {} if row["part_detail"] is None else orjson.loads(row["part_detail"])
    content = row["content"] | detail.get("content", {})
    latest = row["latest_activity"]
    return Dialog(
        **{name: row[name] for name in _PLAIN},
        status=DialogStatus(row["status"]),
        folder=FOLDERS[int(row["folder"])],
        content=MappingProxyType({name: _content_value(value) for name, value in content.items()}),
        latest_activity=None if latest is None else decode_activity(latest),
        gui_actions=_GUI_ACTIONS.validate_python(detail.get("gui_actions", ())),
        api_actions=_API_ACTIONS.validate_python(detail.get("api_actions", ())),
        attachments=_ATTACHMENTS.validate_python(detail.get("attachments", ())),
        transmissions=tuple(_transmission(item) for item in _list(row["part_transmissions"])),
        activities=tuple(decode_activity(item) for item in _list(row["part_activities"])),
        seen_log=tuple(_seen(item) for item in _list(row["part_seen"])),
    )


# Values -> rows: orjson writes frozen dataclasses, enums, ids and times by itself -------------------------------------


def tenant(dialog: Dialog) -> Record:
    """The columns that every part of a dialog carries."""
    names = ("dialog_id", "org", "party_id", "resource_id", "instance_id")
    return {name: getattr(dialog, name) for name in names}


def _encode_value(value: ContentValue) -> Record:
    plain: Record = {"t": dict(value.texts)}
    return plain if value.media_type == "text/plain" else plain | {"m": value.media_type}


def _encode_content(dialog: Dialog, *, detail: bool) -> Record:
    return {name: _encode_value(value) for name, value in dialog.content.items() if (name in DETAIL_CONTENT) is detail}


def encode_activity(activity: Activity) -> Record:
    """An activity as a row without its tenant columns; also the form of `latest_activity`."""
    return {
        "activity_id": activity.id,
        "created_at": activity.created_at,
        "type": activity.type.value,
        "performed_by": activity.performed_by.to_json(),
        "transmission_id": activity.transmission_id,
        "description": dict(activity.description) or None,
    }


def encode_transmission(transmission: Transmission) -> Record:
    """A transmission as a row without its tenant columns; `document` holds all of it."""
    reference = transmission.content_reference
    names = ("id", "created_at", "title", "summary", "authorization_attribute", "related_transmission_id", "is_opened")
    document: Record = {name: getattr(transmission, name) for name in names} | {
        "type": transmission.type.value,
        "sender": transmission.sender.to_json(),
        "content_reference": None if reference is None else _encode_value(reference),
        "attachments": transmission.attachments,
    }
    return {
        "transmission_id": transmission.id,
        "created_at": transmission.created_at,
        "type": transmission.type.value,
        "document": document,
    }


def encode(dialog: Dialog) -> Record:
    """The row of `dialog`."""
    plain = {name: getattr(dialog, name) for name in _PLAIN if not name.startswith("service_resource")}
    latest = dialog.latest_activity
    return plain | {
        "status": dialog.status.value,
        "folder": FOLDERS.index(dialog.folder),
        "is_frozen": False,
        "content": _encode_content(dialog, detail=False),
        "latest_activity": None if latest is None else encode_activity(latest),
    }


def encode_detail(dialog: Dialog) -> Record:
    """The row of `dialog_detail`."""
    return tenant(dialog) | {
        "content": _encode_content(dialog, detail=True),
        "gui_actions": dialog.gui_actions,
        "api_actions": dialog.api_actions,
        "attachments": dialog.attachments,
    }
