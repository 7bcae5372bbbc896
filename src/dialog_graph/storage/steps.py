"""Everything that one command changes, written by one statement (performance §3).

`StepRows` is what the command's work has become; `write` turns it into JSON records and two byte arrays. Writing needs
a `Permit`, and one that was made for this very instance: without a decision of the policy nothing is stored.
"""

from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any, TypeAlias
from uuid import UUID

import orjson

from dialog_graph.model.dialog import Activity, Dialog, Transmission
from dialog_graph.model.event import Event
from dialog_graph.model.instance import Confirmation, DataElement, Instance, TaskEntry
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Actor, PrincipalKind
from dialog_graph.model.waits import WaitChanges
from dialog_graph.policy import Permit
from dialog_graph.storage import dialogs, step_waits
from dialog_graph.storage.database import Transaction

_SQL = resources.files("dialog_graph.storage").joinpath("sql")
STEP = _SQL.joinpath("step.sql").read_text(encoding="utf-8")
_BEFORE, _MARK, _AFTER = STEP.partition("-- waits:")
STEP_WITH_WAITS = _BEFORE + _SQL.joinpath("step_waits.sql").read_text(encoding="utf-8") + _MARK + _AFTER
"""The same statement where the step changes what the process waits for; most steps do not, and do not pay for it."""

Record: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelChange:
    """One line of the label log that a step causes (a dialog moves out of archive or bin)."""

    log_id: UUID
    name: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRow:
    """The stored outcome of a command, under (scope, actor, key)."""

    scope: str
    actor: str
    key: str
    command: str
    request_hash: str
    result: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRows:
    """All rows of one step. `written`: elements whose content changed; `touched`: only their other columns did.

    `is_kept`: the instance was neither deleted nor restored.
    """

    instance: Instance
    tasks: tuple[TaskEntry, ...] = ()
    written: tuple[DataElement, ...] = ()
    touched: tuple[DataElement, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    events: tuple[Event, ...] = ()
    dialog: Dialog | None = None
    activities: tuple[Activity, ...] = ()
    transmissions: tuple[Transmission, ...] = ()
    labels: tuple[LabelChange, ...] = ()
    idempotency: IdempotencyRow | None = None
    waits: WaitChanges | None = None
    is_kept: bool = True


async def write(tx: Transaction, permit: Permit, rows: StepRows) -> None:
    """Writes the step. `permit` must be for this instance (or, for a new one, for its party)."""
    _demand_proof(permit, rows.instance)
    written = rows.written
    waits = () if rows.waits is None else (step_waits.encode(rows.instance, rows.waits), rows.instance.instance_id)
    await tx.execute(
        STEP_WITH_WAITS if waits else STEP,
        _dump([_instance(rows.instance)]),
        _dump([_task(rows.instance, task) for task in rows.tasks]),
        _dump([_element(rows.instance, element) for element in written]),
        [element.element_id for element in written],
        [element.document for element in written],
        [element.xml for element in written],
        _dump([_element(rows.instance, element) for element in rows.touched]),
        _dump([_confirmation(rows.instance, item) for item in rows.confirmations]),
        _dump([_event(event) for event in rows.events]),
        _dump([] if rows.dialog is None else [dialogs.encode(rows.dialog)]),
        _dump([] if rows.dialog is None else [dialogs.encode_detail(rows.dialog)]),
        _dump(_parts(rows)),
        _dump(_idempotency(rows.idempotency, tx.now)),
        *waits,
    )
    if not rows.is_kept:
        await step_waits.hold(tx, rows.instance)


def _demand_proof(permit: Permit, instance: Instance) -> None:
    same_instance = permit.instance_id == instance.instance_id
    new_for_party = permit.instance_id is None and instance.revision == 1 and permit.party_id == instance.party_id
    if not (same_instance or new_for_party):
        raise PermissionError("the permit was made for another instance")


def _plain(value: Any) -> object:
    """What orjson does not know: the driver's own kind of UUID, and read-only mappings."""
    return str(value) if isinstance(value, UUID) else dict(value)


def _dump(value: object) -> str:
    return orjson.dumps(value, default=_plain).decode()


def _tenant(instance: Instance) -> Record:
    return {
        "instance_id": instance.instance_id,
        "org": instance.org,
        "party_id": instance.party_id,
        "resource_id": instance.resource_id,
    }


def _instance(instance: Instance) -> Record:
    current = instance.current_entry
    substatus = instance.substatus
    names = [
        "version_id",
        "revision",
        "event_seq",
        "created_at",
        "updated_at",
        "due_at",
        "visible_from",
        "started_at",
        "start_event",
        "ended_at",
        "end_event",
        "archived_at",
        "deleted_at",
        "is_hard_deleted",
        "has_incident",
        "process_state",
    ]
    return {
        **_tenant(instance),
        **{name: getattr(instance, name) for name in names},
        "status": instance.status.value,
        "substatus": substatus and {"label": substatus.label, "description": substatus.description},
        "presentation_texts": dict(instance.presentation_texts),
        "data_values": dict(instance.data_values),
        "created_by": instance.created_by.to_json(),
        "current_task": current and current.element_id,
        "task_type": current and current.type,
        "waiting_for": list(instance.waiting_for) or None,
    }


def _task(instance: Instance, task: TaskEntry) -> Record:
    names = [
        "entry_id",
        "element_id",
        "type",
        "name",
        "lane",
        "entry_no",
        "flow_type",
        "sent_back",
        "started_at",
        "ended_at",
        "action",
        "note",
        "due_at",
        "scope_id",
        "loop_index",
    ]
    return {
        **_tenant(instance),
        **{name: getattr(task, name) for name in names},
        "status": task.state.value,
        "position": instance.tasks.index(task),
        "started_by": task.started_by.to_json(),
        "ended_by": task.ended_by and task.ended_by.to_json(),
    }


def _element(instance: Instance, element: DataElement) -> Record:
    names = [
        "element_id",
        "data_type",
        "task_id",
        "content_type",
        "filename",
        "size",
        "sha256",
        "blob_key",
        "is_read",
        "revision",
        "tags",
        "metadata",
        "generated_from",
        "created_at",
        "updated_at",
        "deleted_at",
    ]
    return {
        **_tenant(instance),
        **{name: getattr(element, name) for name in names},
        "lock": element.lock.value,
        "file_scan": element.file_scan.value,
        "created_by": element.created_by.to_json(),
        "downloads": [{"org": item.org, "sha256": item.sha256, "time": item.time} for item in element.downloads],
    }


def _confirmation(instance: Instance, item: Confirmation) -> Record:
    return {**_tenant(instance), "confirming_org": item.org, "confirmed_at": item.confirmed_at}


def _event(event: Event) -> Record:
    names = [
        "event_id",
        "stream_id",
        "instance_id",
        "dialog_id",
        "org",
        "party_id",
        "resource_id",
        "type",
        "history_type",
        "time",
        "data",
        "element_id",
        "entry_id",
        "command_id",
        "traceparent",
    ]
    return {
        **{name: getattr(event, name) for name in names},
        "stream_seq": event.sequence,
        "actor": event.actor.to_json(),
        "audience": int(event.audience),
    }


def _parts(rows: StepRows) -> Record:
    """The dialog's parts, all with the dialog's tenant columns."""
    dialog = rows.dialog
    if dialog is None:
        return {"activities": [], "transmissions": [], "labels": [], "so_labels": []}
    tenant = dialogs.tenant(dialog)
    label = {"value": f"urn:altinn:integration:storage:{dialog.party_id}/{dialog.instance_id}"}
    owner = Actor(PrincipalKind.SERVICE_OWNER, org=dialog.org)
    return {
        "activities": [tenant | dialogs.encode_activity(item) for item in rows.activities],
        "transmissions": [tenant | dialogs.encode_transmission(item) for item in rows.transmissions],
        "labels": [
            tenant
            | {"log_id": item.log_id, "name": item.name, "action": item.action}
            | {"performed_by": owner.to_json(), "at": rows.instance.updated_at}
            for item in rows.labels
        ],
        "so_labels": [tenant | label] if rows.instance.revision == 1 else [],
    }


def _idempotency(row: IdempotencyRow | None, now: datetime) -> list[Record]:
    if row is None:
        return []
    names = ("scope", "actor", "key", "command", "request_hash", "result")
    return [{**{name: getattr(row, name) for name in names}, "created_at": now}]
