"""Instance -> dialog, as a pure function (inbox rules §13).

The dialog is written by the transaction that changed the instance. `project` never touches what belongs to people:
seen marks and unopened marks stay, labels move only by rule 5 of the inbox rules §4.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from dialog_graph.apps import AppVersion
from dialog_graph.bpmn import TaskKind
from dialog_graph.commands.step import dialog_parts, dialog_texts
from dialog_graph.commands.step.dialog_status import STATUSES, Standing, derive
from dialog_graph.commands.step.dialog_texts import Derived
from dialog_graph.model.dialog import (
    Activity,
    Attachment,
    Consumer,
    ContentValue,
    Dialog,
    DialogStatus,
    Folder,
    Transmission,
)
from dialog_graph.model.event import Event
from dialog_graph.model.ids import sub, v7
from dialog_graph.model.instance import Instance
from dialog_graph.storage.steps import LabelChange
from dialog_graph.tasks import Awaits, awaits_of

CONTENT_FIELDS = ("content", "attachments", "gui_actions", "api_actions", "status", "extended_status")
"""What counts as a change of content (inbox rules §5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a projection is made of besides the dialog that exists and the new events.

    `presentation`: the app version whose texts are served now; `revision`: a fresh UUID for the dialog.
    """

    instance: Instance
    presentation: AppVersion
    now: datetime
    public_url: str
    revision: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """The dialog as it is to be stored, and its new or moved parts."""

    dialog: Dialog
    activities: tuple[Activity, ...]
    transmissions: tuple[Transmission, ...]
    labels: tuple[LabelChange, ...]


def project(existing: Dialog | None, source: Source, new_events: Sequence[Event]) -> Projection | None:
    """The dialog after a step; None when the app wants no dialog or nothing of it has changed."""
    sync = source.presentation.metadata.message_box.sync
    values = source.instance.data_values
    if sync.disable_sync or values.get("dialog.disableAutomaticSync") == "true":
        return None
    if existing is None and sync.disable_create:
        return None
    base = existing or _created(source)
    latest = None if existing is None else existing.latest_activity
    activities = () if sync.disable_add_activities else dialog_parts.activities(new_events, latest)
    transmissions = _transmissions(base, source, activities)
    dialog = _with_parts(_described(base, source), source, transmissions)
    dialog = replace(dialog, latest_activity=activities[-1] if activities else base.latest_activity)
    if dialog == base and not activities and existing is not None:
        return None
    return _stamped(existing, base, dialog, source, (activities, transmissions))


def dialog_id_of(instance: Instance) -> UUID:
    """Id of the dialog of an instance: always the same, and another one than the instance's own.

    Our instance ids carry their time already, so stamping the time alone would give the instance's id again; ids are
    unique over all types, and both are names of event streams.
    """
    return sub(v7(instance.instance_id, instance.created_at), "Dialog")


def _created(source: Source) -> Dialog:
    instance = source.instance
    return Dialog(
        dialog_id=dialog_id_of(instance),
        revision=source.revision,
        context_revision=source.revision,
        org=instance.org,
        party_id=instance.party_id,
        resource_id=instance.resource_id,
        service_resource=instance.app_id.resource,
        instance_id=instance.instance_id,
        created_at=instance.created_at,
        updated_at=instance.created_at,
        content_updated_at=instance.created_at,
    )


def _described(base: Dialog, source: Source) -> Dialog:
    """Status, texts, dates, actions."""
    instance, version = source.instance, source.presentation
    sync = version.metadata.message_box.sync
    standing = derive(instance, _by_server(version))
    derived, task = standing
    status = base.status if sync.disable_sync_status else _status(version, derived)
    gui = dialog_parts.gui_actions(base.dialog_id, instance, version, standing, source.public_url)
    api = dialog_parts.api_actions(base.dialog_id, instance, source.public_url)
    return replace(
        base,
        status=status,
        content=MappingProxyType(_content(base, source, standing)),
        due_at=base.due_at if sync.disable_sync_due_at else _future(instance.due_at, source.now, base.due_at),
        visible_from=_future(instance.visible_from, source.now, base.visible_from),
        deleted_at=base.deleted_at if sync.disable_delete else instance.deleted_at,
        is_api_only=version.metadata.message_box.is_hidden(task and task.element_id),
        gui_actions=base.gui_actions if sync.disable_sync_gui_actions else gui,
        api_actions=base.api_actions if sync.disable_sync_api_actions else api,
    )


def _by_server(version: AppVersion) -> frozenset[str]:
    """The tasks that only the server completes; one that waits for a message waits for the owner's word."""
    tasks = [(element.id, element.task) for element in version.definition.tasks if element.task is not None]
    services = ((id, task.type) for id, task in tasks if task.kind is TaskKind.SERVICE)
    return frozenset(id for id, type in services if awaits_of(type) is not Awaits.FEEDBACK)


def _status(version: AppVersion, derived: Derived) -> DialogStatus:
    stays = version.metadata.message_box.sync.disable_mark_completed_when_confirmed
    if derived is Derived.ARCHIVED_CONFIRMED and stays:
        return DialogStatus.AWAITING
    return STATUSES[derived]


def _future(wanted: datetime | None, now: datetime, present: datetime | None) -> datetime | None:
    """A date is taken over when it lies ahead; one that was taken over once stays when its time has come."""
    return wanted if wanted is None or wanted > now else present


def _content(base: Dialog, source: Source, standing: Standing) -> dict[str, ContentValue]:
    version, instance = source.presentation, source.instance
    derived, task = standing
    sync = version.metadata.message_box.sync
    task_id = task and task.element_id
    label = instance.substatus and instance.substatus.label
    described = instance.substatus and instance.substatus.description
    wanted = {
        "title": dialog_texts.title(version, task_id, derived, instance.presentation_texts.values()),
        "summary": dialog_texts.summary(version, task_id, derived, described),
        "additionalInfo": dialog_texts.additional_info(version, task_id, derived),
        "extendedStatus": dialog_texts.extended_status(version, label),
        "nonSensitiveTitle": dialog_texts.clamp(dialog_texts.app_title(version), dialog_texts.TITLE_LENGTH),
        "nonSensitiveSummary": dialog_texts.SUMMARIES[derived],
    }
    switched_off = {
        "title": sync.disable_sync_content_title and "title" in base.content,
        "summary": sync.disable_sync_content_summary,
        "additionalInfo": sync.disable_sync_content_additional_information,
        "extendedStatus": sync.disable_sync_content_extended_status,
    }
    own = {
        name: ContentValue(texts=dict(texts))
        for name, texts in wanted.items()
        if texts and not switched_off.get(name, False)
    }
    kept = {name: value for name, value in base.content.items() if name not in wanted or switched_off.get(name, False)}
    return kept | own


def _transmissions(base: Dialog, source: Source, activities: Sequence[Activity]) -> tuple[Transmission, ...]:
    if source.presentation.metadata.message_box.sync.disable_add_transmissions:
        return ()
    carried = dialog_parts.carried(base.transmissions)
    files = [
        element
        for element in source.instance.elements
        if not element.created_by.org and element.element_id not in carried and dialog_parts.is_shown(element)
    ]
    return dialog_parts.submissions(activities, files, source.presentation, base.from_party_transmissions)


def _with_parts(dialog: Dialog, source: Source, new: tuple[Transmission, ...]) -> Dialog:
    """Attachments, transmissions and their counts; a submission puts the dialog into the sent folder for ever."""
    sync = source.presentation.metadata.message_box.sync
    all_transmissions = (*dialog.transmissions, *new)
    attachments = dialog.attachments if sync.disable_sync_attachments else _attachments(source, all_transmissions)
    return replace(
        dialog,
        transmissions=all_transmissions,
        attachments=attachments,
        gui_attachment_count=sum(item.consumer is Consumer.GUI for item in attachments),
        from_party_transmissions=dialog.from_party_transmissions + len(new),
        is_sent=dialog.is_sent or bool(new),
    )


def _attachments(source: Source, transmissions: Sequence[Transmission]) -> tuple[Attachment, ...]:
    carried = dialog_parts.carried(transmissions)
    return tuple(
        dialog_parts.attachment(element, source.presentation)
        for element in source.instance.elements
        if element.element_id not in carried and dialog_parts.is_shown(element)
    )


def _stamped(
    existing: Dialog | None,
    base: Dialog,
    dialog: Dialog,
    source: Source,
    parts: tuple[tuple[Activity, ...], tuple[Transmission, ...]],
) -> Projection:
    """Revision, times, seen mark and labels (inbox rules §4 rule 5, §5)."""
    activities, transmissions = parts
    is_content = existing is None or any(getattr(base, name) != getattr(dialog, name) for name in CONTENT_FIELDS)
    is_content = is_content or bool(transmissions)
    # Nobody has seen a dialog that is not visible yet: all its changes count from the moment it is.
    is_hidden = dialog.visible_from is not None and dialog.visible_from > source.now
    shown_at = max(source.now, dialog.visible_from or source.now)
    labels = _label_changes(base, dialog, source.revision)
    stamped = replace(
        dialog,
        revision=source.revision,
        updated_at=shown_at,
        content_updated_at=shown_at if is_content or is_hidden else dialog.content_updated_at,
        seen=dialog.seen and not is_content,
        folder=Folder.DEFAULT,
        context_revision=source.revision if labels else dialog.context_revision,
    )
    return Projection(dialog=stamped, activities=activities, transmissions=transmissions, labels=labels)


def _label_changes(base: Dialog, dialog: Dialog, revision: UUID) -> tuple[LabelChange, ...]:
    """The dialog comes back from archive or bin, and may have become a sent one."""
    changes: list[LabelChange] = []
    if base.folder is not Folder.DEFAULT:
        name = f"systemlabel:{base.folder.value.capitalize()}"
        changes.append(LabelChange(log_id=sub(revision, name), name=name, action="remove"))
    if dialog.is_sent and not base.is_sent:
        changes.append(LabelChange(log_id=sub(revision, "systemlabel:Sent"), name="systemlabel:Sent", action="set"))
    return tuple(changes)
