"""Reads `applicationmetadata.json` (app folder §1.2, §4): values for the server, findings for the author."""

from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from dialog_graph.apps.contents.metadata import (
    ApiScopes,
    ApplicationMetadata,
    CopyInstanceSettings,
    EFormidling,
    MessageBoxConfig,
    ModelField,
    OnEntry,
    PartyType,
    SyncSettings,
)
from dialog_graph.apps.diagnostics import METADATA, At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.data_types_reader import read_data_types
from dialog_graph.apps.readers.reading import Findings, JsonObject, read_json
from dialog_graph.errors import Refusal, Texts
from dialog_graph.model.json_value import Json
from dialog_graph.urns import AppId

_PASSED_THROUGH = ("keywords", "access", "contactPoints", "logo", "homepage")
_KEPT = (
    "versionId", "processId", "storageAccountNumber", "altinnNugetVersion", "created", "createdBy", "lastChanged",
    "lastChangedBy", "$schema", "features", "partyTypes", "parties",
)  # fmt: skip
_SYNC = {
    "disableSync": "disable_sync",
    "disableCreate": "disable_create",
    "disableDelete": "disable_delete",
    "enableUserSuppliedDialogId": "enable_user_supplied_dialog_id",
    "disableAddActivities": "disable_add_activities",
    "disableAddTransmissions": "disable_add_transmissions",
    "disableSyncDueAt": "disable_sync_due_at",
    "disableSyncStatus": "disable_sync_status",
    "disableMarkCompletedWhenConfirmed": "disable_mark_completed_when_confirmed",
    "disableSyncContentTitle": "disable_sync_content_title",
    "disableSyncContentSummary": "disable_sync_content_summary",
    "disableSyncContentAdditionalInformation": "disable_sync_content_additional_information",
    "disableSyncContentExtendedStatus": "disable_sync_content_extended_status",
    "disableSyncAttachments": "disable_sync_attachments",
    "disableSyncApiActions": "disable_sync_api_actions",
    "disableSyncGuiActions": "disable_sync_gui_actions",
}


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """What the file gave: the metadata, and its top object for checks that need places."""

    metadata: ApplicationMetadata
    top: JsonObject


def read_metadata(files: Files, findings: Findings) -> MetadataFile | None:
    """Reads the file; None when it is missing, no object, or without a usable id."""
    if METADATA not in files.contents:
        findings.add("DG1011", At(file=METADATA))
        return None
    document = read_json(files, METADATA, findings)
    top = document.object() if document else None
    if top is None:
        return None
    app_id = _identity(top, files.place)
    metadata = _metadata(top, app_id) if app_id else None
    top.report_unknown(*_KEPT, "org", "id")
    return MetadataFile(metadata, top) if metadata else None


def with_place(text: str, app_id: AppId) -> str:
    """The text with the placeholders for org and app replaced (app folder §1.2)."""
    for placeholder, value in (
        ("[ORG]", app_id.org),
        ("[org]", app_id.org),
        ("[APP]", app_id.app),
        ("[app]", app_id.app),
    ):
        text = text.replace(placeholder, value)
    return text


def _identity(top: JsonObject, place: AppId) -> AppId | None:
    written = top.text("id") or ""
    replaced = with_place(written, place)
    app_id = AppId.parse(replaced)
    if isinstance(app_id, Refusal):
        top.node.findings.add("DG3001", top.at("id"), found=f'"{replaced}"' if written else "absent")
        return None
    if replaced != written:
        top.node.findings.add("DG3019", top.at("id"), id=app_id)
    org = top.text("org")
    if org is not None and with_place(org, app_id) != app_id.org:
        top.node.findings.add("DG3002", top.at("org"), org=org, other=app_id.org)
    return app_id


def _metadata(top: JsonObject, app_id: AppId) -> ApplicationMetadata:
    valid_from, valid_to = _window(top)
    metadata = ApplicationMetadata(
        app_id=app_id,
        title=_texts(top, "title", app_id),
        description=_texts(top, "description", app_id),
        data_types=read_data_types(top),
        valid_from=valid_from,
        valid_to=valid_to,
        party_types_allowed=_party_types(top),
        disallow_user_instantiation=top.flag("disallowUserInstantiation"),
        auto_delete_on_process_end=top.flag("autoDeleteOnProcessEnd"),
        prevent_instance_deletion_for_days=top.count("preventInstanceDeletionForDays"),
        presentation_fields=_fields(top, "presentationFields"),
        data_fields=_fields(top, "dataFields"),
        on_entry=_on_entry(top),
        message_box=_message_box(top),
        copy_instance=_copy(top),
        api_scopes=_scopes(top, app_id),
        e_formidling=_e_formidling(top),
        resource_description=MappingProxyType(_passed_through(top)),
    )
    if "nb" not in metadata.title:
        top.node.findings.add("DG3010", top.at("title"))
    if metadata.auto_delete_on_process_end and metadata.prevent_instance_deletion_for_days:
        top.node.findings.add("DG3015", top.at("autoDeleteOnProcessEnd"))
    return metadata


def _texts(top: JsonObject, name: str, app_id: AppId) -> Texts:
    texts = top.part(name)
    found = {language.lower(): texts.text(language) for language in texts.names()}
    return MappingProxyType({language: with_place(text, app_id) for language, text in found.items() if text})


def _window(top: JsonObject) -> tuple[datetime | None, datetime | None]:
    start, end = _date(top, "validFrom"), _date(top, "validTo")
    if start and end and start >= end:
        top.node.findings.add("DG3016", top.at("validTo"), reason="validFrom is not before validTo")
    return start, end


def _date(top: JsonObject, name: str) -> datetime | None:
    text = top.text(name)
    if text is None:
        return None
    try:
        date = datetime.fromisoformat(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        top.node.findings.add("DG3016", top.at(name), reason=f'expected a date at {name}, but it is "{text}"')
        return None


def _party_types(top: JsonObject) -> frozenset[PartyType]:
    allowed = top.part("partyTypesAllowed")
    found = frozenset(kind for kind in PartyType if allowed.flag(kind.value))
    allowed.report_unknown()
    return found


def _fields(top: JsonObject, name: str) -> tuple[ModelField, ...]:
    fields: list[ModelField] = []
    for row in top.objects(name):
        id, path, data_type = row.text("id"), row.text("path"), row.text("dataTypeId")
        if id and path and data_type:
            fields.append(ModelField(id=id, path=path, data_type=data_type))
        else:
            row.node.findings.add("DG9501", row.node.at, key=name, reason="expected id, path and dataTypeId")
    return tuple(fields)


def _on_entry(top: JsonObject) -> OnEntry:
    entry = top.part("onEntry")
    selection = entry.part("instanceSelection")
    return OnEntry(
        show=entry.text("show") or "new-instance",
        rows_per_page_options=tuple(n for item in selection.list("rowsPerPageOptions") if (n := item.whole())),
        default_rows_per_page=selection.count("defaultRowsPerPage"),
        sort_direction=selection.text("sortDirection"),
    )


def _message_box(top: JsonObject) -> MessageBoxConfig:
    config = top.part("messageBoxConfig")
    hide, sync = config.part("hideSettings"), config.part("syncAdapterSettings")
    settings = SyncSettings(**{name: sync.flag(key) for key, name in _SYNC.items()})
    sync.report_unknown()
    return MessageBoxConfig(
        hide_always=hide.flag("hideAlways"), hide_on_task=hide.names_in("hideOnTask"), sync=settings
    )


def _copy(top: JsonObject) -> CopyInstanceSettings:
    settings = top.part("copyInstanceSettings")
    return CopyInstanceSettings(
        enabled=settings.flag("enabled"),
        excluded_data_types=settings.names_in("excludedDataTypes"),
        excluded_data_fields=settings.names_in("excludedDataFields"),
        include_attachments=settings.flag("includeAttachments"),
    )


def _scopes(top: JsonObject, app_id: AppId) -> ApiScopes:
    scopes = top.part("apiScopes")
    users, owners = scopes.part("users"), scopes.part("serviceOwners")

    def scope(holder: JsonObject, name: str) -> str | None:
        text = holder.text(name)
        return with_place(text, app_id) if text else None

    if users.names() or owners.names():
        instead = "the policy alone decides, whatever the scopes of a token"
        top.node.findings.add("DG3020", top.at("apiScopes"), key="apiScopes", instead=instead)
    return ApiScopes(
        users_read=scope(users, "read"),
        users_write=scope(users, "write"),
        service_owners_read=scope(owners, "read"),
        service_owners_write=scope(owners, "write"),
        error_message_text_resource_key=scopes.text("errorMessageTextResourceKey"),
    )


def _e_formidling(top: JsonObject) -> EFormidling | None:
    block = top.object("eFormidling")
    if block is None:
        return None
    top.node.findings.add("DG3013", block.node.at)
    return EFormidling(
        service_id=block.text("serviceId"),
        process=block.text("process"),
        standard=block.text("standard"),
        type=block.text("type"),
        type_version=block.text("typeVersion"),
        security_level=block.count("securityLevel"),
        dpf_shipment_type=block.text("dpfShipmentType"),
        receiver=block.text("receiver"),
        data_types=block.names_in("dataTypes"),
        send_after_task_id=block.text("sendAfterTaskId"),
    )


def _passed_through(top: JsonObject) -> dict[str, Json]:
    found = {name: top.get(name) for name in _PASSED_THROUGH}
    return {name: node.value for name, node in found.items() if node is not None}
