"""Actions, attachments, activities and transmissions of projected dialogs (inbox rules §13.5-§13.7)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType
from uuid import UUID

from dialog_graph.apps import AppVersion
from dialog_graph.commands.step import dialog_texts
from dialog_graph.commands.step.dialog_status import Standing
from dialog_graph.model.dialog import (
    Activity,
    ActivityType,
    ApiAction,
    ApiEndpoint,
    Attachment,
    Consumer,
    GuiAction,
    GuiActionPriority,
    HttpVerb,
    Transmission,
    TransmissionType,
)
from dialog_graph.model.event import Event
from dialog_graph.model.ids import sub, v7
from dialog_graph.model.instance import DataElement, FileScan, Instance

PDF_TYPE = "ref-data-as-pdf"
TASK_ATTRIBUTE = "urn:altinn:task:"
NAME_LENGTH = 255
_GUI_GROUPS = frozenset(
    {
        "group.formdatahtml",
        "group.formdatasource",
        "group.signaturesource",
        "group.paymentsource",
        "group.activities",
    }
)

ACTIVITY_TYPES = MappingProxyType(
    {
        "app.instance.created": ActivityType.DIALOG_CREATED,
        "app.instance.data.updated": ActivityType.FORM_SAVED,
        "app.instance.submitted": ActivityType.FORM_SUBMITTED,
        "app.instance.deleted": ActivityType.DIALOG_DELETED,
        "app.instance.undeleted": ActivityType.DIALOG_RESTORED,
        "app.instance.process.cancelled": ActivityType.DIALOG_CLOSED,
    }
)


def gui_actions(
    dialog_id: UUID, instance: Instance, version: AppVersion, standing: Standing, public_url: str
) -> tuple[GuiAction, ...]:
    """Open, delete and, for archived instances of apps that allow it, copy."""
    derived, task = standing
    task_id = task and task.element_id
    attribute = None if task_id is None else f"{TASK_ATTRIBUTE}{task_id}"
    page = f"{public_url}/app/{instance.app_id}/{instance.instance_id}"
    is_archived = instance.archived_at is not None
    go_to = GuiAction(
        id=sub(dialog_id, "DialogGuiActionGoTo"),
        action="read",
        url=f"{page}/receipt" if is_archived else page,
        title=dialog_texts.primary_label(version, task_id, derived),
        priority=GuiActionPriority.PRIMARY,
        authorization_attribute=attribute,
    )
    delete = GuiAction(
        id=sub(dialog_id, "DialogGuiActionDelete"),
        action="delete",
        url=f"{public_url}/api/v1/instance/{instance.party_id}/{instance.instance_id}",
        title=dialog_texts.delete_label(version, task_id, derived),
        prompt=dialog_texts.DELETE_PROMPT,
        priority=GuiActionPriority.SECONDARY,
        http_method=HttpVerb.DELETE,
        authorization_attribute=attribute,
        is_delete_dialog_action=True,
    )
    if not (is_archived and version.metadata.copy_instance.enabled):
        return (go_to, delete)
    copy = GuiAction(
        id=sub(dialog_id, "DialogGuiActionCopy"),
        action="instantiate",
        url=f"{page}/copy",
        title=dialog_texts.copy_label(version, task_id, derived),
        priority=GuiActionPriority.TERTIARY,
    )
    return (go_to, delete, copy)


def api_actions(dialog_id: UUID, instance: Instance, public_url: str) -> tuple[ApiAction, ...]:
    """Reading the instance as JSON."""
    action_id = sub(dialog_id, "DialogApiActionRead")
    endpoint = ApiEndpoint(
        id=sub(action_id, "0"),
        url=f"{public_url}/instances/{instance.instance_id}",
        http_method=HttpVerb.GET,
        version="1.0",
    )
    return (ApiAction(id=action_id, action="read", endpoints=(endpoint,)),)


def _consumer(element: DataElement, version: AppVersion) -> Consumer:
    if element.data_type == PDF_TYPE:
        return Consumer.GUI
    data_type = version.data_types.get(element.data_type)
    if data_type is None:
        return Consumer.GUI
    is_for_systems = data_type.is_form or data_type.is_app_owned or (data_type.grouping or "") in _GUI_GROUPS
    return Consumer.API if is_for_systems else Consumer.GUI


def _display_name(element: DataElement) -> str:
    name = element.filename or element.data_type
    if len(name) <= NAME_LENGTH:
        return name
    stem, dot, extension = name.rpartition(".")
    kept = f"{dot}{extension}" if stem and len(extension) < 20 else ""
    return name[: NAME_LENGTH - len(kept)] + kept


def attachment(element: DataElement, version: AppVersion, parent: UUID | None = None) -> Attachment:
    """A data element as an attachment of the dialog, or of the transmission `parent`."""
    own_id = v7(element.element_id, element.created_at)
    attachment_id = own_id if parent is None else sub(parent, str(element.element_id))
    return Attachment(
        id=attachment_id,
        display_name={"nb": _display_name(element)},
        name=element.data_type,
        url_id=sub(attachment_id, "url"),
        element_id=element.element_id,
        media_type=element.content_type,
        consumer=_consumer(element, version),
    )


def is_shown(element: DataElement) -> bool:
    """Only what has been found clean is offered."""
    return element.file_scan in (FileScan.CLEAN, FileScan.SKIPPED) and element.data_type != PDF_TYPE


def carried(transmissions: Iterable[Transmission]) -> frozenset[UUID]:
    """Data elements that stand in a transmission already."""
    return frozenset(item.element_id for transmission in transmissions for item in transmission.attachments)


def activities(new_events: Sequence[Event], latest: Activity | None) -> tuple[Activity, ...]:
    """The new lines of history; saves that follow each other by the same actor are one line whose time moves."""
    lines: list[Activity] = []
    for event in new_events:
        kind = ACTIVITY_TYPES.get(event.type)
        if kind is None or (kind is ActivityType.FORM_SAVED and event.actor.org):
            continue
        last = lines[-1] if lines else latest
        is_repeat = kind is ActivityType.FORM_SAVED and last is not None and last.type is kind
        if is_repeat and last is not None and last.performed_by.key == event.actor.key:
            moved = replace(last, created_at=event.time)
            lines = [*lines[:-1], moved]
        else:
            lines.append(Activity(id=event.event_id, type=kind, created_at=event.time, performed_by=event.actor))
    return tuple(lines)


def submissions(
    new_activities: Iterable[Activity], elements: Iterable[DataElement], version: AppVersion, earlier: int
) -> tuple[Transmission, ...]:
    """One SUBMISSION for each FORM_SUBMITTED, with the elements made up to then; each element is carried once."""
    submitted = [item for item in new_activities if item.type is ActivityType.FORM_SUBMITTED]
    left = list(elements)
    made: list[Transmission] = []
    for number, item in enumerate(submitted, start=earlier + 1):
        files = [element for element in left if element.created_at <= item.created_at]
        left = [element for element in left if element not in files]
        transmission = Transmission(
            id=item.id,
            type=TransmissionType.SUBMISSION,
            created_at=item.created_at,
            sender=item.performed_by,
            title=_submission_title(number),
            attachments=tuple(attachment(element, version, item.id) for element in files),
        )
        made.append(transmission)
    return tuple(made)


def _submission_title(number: int) -> dict[str, str]:
    return {"nb": f"Innsending #{number}", "nn": f"Innsending #{number}", "en": f"Submission #{number}"}
