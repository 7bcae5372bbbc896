"""Instances as rows: lock, load, and the row form that a step writes.

`load` gives whole aggregates in one statement; a step takes the row lock in a statement of its own before it, because
a sub-select beside `FOR UPDATE` shows the other tables as they were before the wait for the lock (performance §3).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson

from dialog_graph.errors import refuse
from dialog_graph.model.instance import (
    Confirmation,
    DataElement,
    Download,
    FileScan,
    Instance,
    InstanceStatus,
    Lock,
    Substatus,
    TaskEntry,
    TaskState,
)
from dialog_graph.model.principal import Actor
from dialog_graph.model.waits import WaitingKind
from dialog_graph.storage.database import Snapshot, Transaction
from dialog_graph.urns import AppId

LOCK = """
with i as (select instance_id from instance where instance_id = $1 and not is_hard_deleted for update),
     d as (select dialog_id from dialog where instance_id = $1 for update)
select exists (select from i), exists (select from d)
"""

LOAD = """
select i.*, v.app_id, v.ordinal,
    (select coalesce(json_agg(t order by t.position), '[]')::text
       from process_task t where t.instance_id = i.instance_id) as tasks,
    (select coalesce(json_agg(e order by e.created_at, e.element_id), '[]')::text
       from (select element_id, data_type, task_id, content_type, filename, size, sha256, blob_key, lock, is_read,
                    revision, tags, metadata, file_scan, generated_from, downloads, created_by, created_at, updated_at,
                    document is not null as is_form
               from data_element where instance_id = i.instance_id and deleted_at is null) e) as elements,
    (select coalesce(json_agg(c order by c.confirmed_at), '[]')::text
       from confirmation c where c.instance_id = i.instance_id) as confirmations,
    d.ids as document_ids, d.documents, d.xmls
  from instance i
  join app_version v using (version_id)
  left join lateral (
      select array_agg(element_id) as ids, array_agg(document) as documents, array_agg(xml) as xmls
        from data_element
       where $2 and instance_id = i.instance_id and document is not null and deleted_at is null
  ) d on true
 where i.instance_id = any($1::uuid[]) and not i.is_hard_deleted
"""


async def lock(tx: Transaction, instance_id: UUID) -> bool:
    """Locks the instance's row and its dialog's row; False when the caller has no such instance."""
    row = await tx.fetchrow(LOCK, instance_id)
    await tx.renew_now()
    return bool(row and row[0])


async def is_purged(tx: Transaction, instance_id: UUID) -> bool:
    """True when the instance was the caller's to see and has been deleted for good."""
    found = await tx.fetchval("select true from instance where instance_id = $1 and is_hard_deleted", instance_id)
    return found is True


async def load(tx: Transaction | Snapshot, ids: Sequence[UUID], *, documents: bool = False) -> list[Instance]:
    """The instances of `ids` that the caller may see, in the order asked; with `documents` also the form data."""
    rows = await tx.fetch(LOAD, list(ids), documents)
    found = {row["instance_id"]: decode(row) for row in rows}
    return [found[instance_id] for instance_id in ids if instance_id in found]


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _needed_time(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _actor(value: dict[str, Any] | None) -> Actor | None:
    return None if value is None else Actor.from_json(value)


def decode_task(row: Mapping[str, Any]) -> TaskEntry:
    """A task entry from its row as JSON."""
    return TaskEntry(
        entry_id=UUID(row["entry_id"]),
        element_id=row["element_id"],
        type=row["type"],
        entry_no=row["entry_no"],
        state=TaskState(row["status"]),
        started_at=_needed_time(row["started_at"]),
        name=row["name"],
        lane=row["lane"],
        flow_type=row["flow_type"],
        started_by=Actor.from_json(row["started_by"]),
        ended_at=_time(row["ended_at"]),
        ended_by=_actor(row["ended_by"]),
        action=row["action"],
        note=row["note"],
        due_at=_time(row["due_at"]),
        sent_back=row["sent_back"],
        scope_id=row["scope_id"],
        loop_index=row["loop_index"],
    )


def decode_element(row: Mapping[str, Any], contents: Mapping[UUID, tuple[bytes, bytes | None]]) -> DataElement:
    """A data element from its row as JSON and, where loaded, its document and XML.

    Whoever reads form data, people or commands, gets the bytes that were stored: others are refused with INTEGRITY.
    """
    element_id = UUID(row["element_id"])
    document, xml = contents.get(element_id, (None, None))
    delivered = document if xml is None else xml
    if delivered is not None and hashlib.sha256(delivered).hexdigest() != row["sha256"]:
        raise refuse("INTEGRITY", "the form data that was stored", "its bytes have changed")
    return DataElement(
        element_id=element_id,
        data_type=row["data_type"],
        task_id=row["task_id"],
        content_type=row["content_type"],
        filename=row["filename"],
        size=row["size"],
        sha256=row["sha256"],
        is_form=row["is_form"],
        document=document,
        xml=xml,
        blob_key=row["blob_key"],
        lock=Lock(row["lock"]),
        is_read=row["is_read"],
        revision=row["revision"],
        tags=tuple(row["tags"]),
        metadata=row["metadata"],
        file_scan=FileScan(row["file_scan"]),
        generated_from=row["generated_from"],
        downloads=tuple(
            Download(org=item["org"], sha256=item["sha256"], time=_needed_time(item["time"]))
            for item in row["downloads"]
        ),
        created_by=Actor.from_json(row["created_by"]),
        created_at=_needed_time(row["created_at"]),
        updated_at=_needed_time(row["updated_at"]),
    )


def _contents(row: Mapping[str, Any]) -> dict[UUID, tuple[bytes, bytes | None]]:
    ids: Iterable[UUID] = row["document_ids"] or ()
    return dict(zip(ids, zip(row["documents"] or (), row["xmls"] or (), strict=True), strict=True))


def _app_id(text: str) -> AppId:
    org, _, app = text.partition("/")
    return AppId(org, app)


def decode(row: Mapping[str, Any]) -> Instance:
    """A whole instance from the row of `LOAD`."""
    contents = _contents(row)
    substatus = row["substatus"]
    return Instance(
        instance_id=row["instance_id"],
        app_id=_app_id(row["app_id"]),
        party_id=row["party_id"],
        resource_id=row["resource_id"],
        version_id=row["version_id"],
        version_ordinal=row["ordinal"],
        revision=row["revision"],
        event_seq=row["event_seq"],
        status=InstanceStatus(row["status"]),
        process_state=row["process_state"],
        substatus=None if substatus is None else Substatus(**substatus),
        presentation_texts=MappingProxyType(row["presentation_texts"]),
        data_values=MappingProxyType(row["data_values"]),
        created_by=Actor.from_json(row["created_by"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        due_at=row["due_at"],
        visible_from=row["visible_from"],
        started_at=row["started_at"],
        start_event=row["start_event"],
        ended_at=row["ended_at"],
        end_event=row["end_event"],
        archived_at=row["archived_at"],
        deleted_at=row["deleted_at"],
        is_hard_deleted=row["is_hard_deleted"],
        waiting_for=tuple(WaitingKind(kind) for kind in row["waiting_for"] or ()),
        has_incident=row["has_incident"],
        tasks=tuple(decode_task(task) for task in orjson.loads(row["tasks"])),
        data=tuple(decode_element(element, contents) for element in orjson.loads(row["elements"])),
        confirmations=tuple(
            Confirmation(org=item["confirming_org"], confirmed_at=_needed_time(item["confirmed_at"]))
            for item in orjson.loads(row["confirmations"])
        ),
    )
