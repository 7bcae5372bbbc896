"""What `applicationmetadata.json` says, as frozen values (app folder §4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from dialog_graph.errors import Texts
from dialog_graph.model.json_value import Json
from dialog_graph.urns import AppId

PDF_TYPE = "ref-data-as-pdf"
APP_OWNED = "app:owned"
XML = "application/xml"
JSON = "application/json"
MEBIBYTE = 1 << 20


def _no_texts() -> Texts:
    return MappingProxyType(dict[str, str]())


class PartyType(StrEnum):
    """Keys of `partyTypesAllowed`."""

    PERSON = "person"
    ORGANISATION = "organisation"
    SUB_UNIT = "subUnit"
    BANKRUPTCY_ESTATE = "bankruptcyEstate"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowFields:
    """Fields whose names start with `prefix` are removed at task end, or kept out of a copy in another type."""

    prefix: str
    save_to_data_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataType:
    """One row of `dataTypes` (app folder §4.2).

    `task_id`: owning task; `is_form`: form data, else attachment; `max_size` in bytes, None = no limit of its own;
    `max_count` 0 = unlimited; `allowed_contributors` empty = everybody; `allowed_content_types` empty = any, all in
    lower case without parameters; `is_implicit`: not in the file, made by us; `line`, `column`: its place there.
    """

    id: str
    task_id: str | None = None
    is_form: bool = False
    auto_create: bool = False
    class_ref: str | None = None
    schema_ref: str | None = None
    allow_anonymous_on_stateless: bool = False
    auto_delete_on_process_end: bool = False
    disallow_user_create: bool = False
    disallow_user_delete: bool = False
    allow_in_subform: bool = False
    shadow_fields: ShadowFields | None = None
    allowed_content_types: tuple[str, ...] = ()
    allowed_contributors: tuple[str, ...] = ()
    action_required_to_read: str | None = None
    action_required_to_write: str | None = None
    max_size: int | None = None
    max_count: int = 0
    min_count: int = 0
    grouping: str | None = None
    enable_file_scan: bool = False
    validation_error_on_pending_file_scan: bool = False
    enabled_file_analysers: tuple[str, ...] = ()
    enabled_file_validators: tuple[str, ...] = ()
    allowed_metadata_keys: tuple[str, ...] | None = None
    enable_pdf_creation: bool = False
    is_implicit: bool = False
    line: int | None = None
    column: int | None = None

    @property
    def is_xml(self) -> bool:
        """True for form data that is XML on the wire (app folder §6.2)."""
        return self.is_form and not (JSON in self.allowed_content_types and XML not in self.allowed_content_types)

    @property
    def wire_content_type(self) -> str:
        """Content type under which form data of this type is delivered."""
        return XML if self.is_xml else JSON

    @property
    def is_app_owned(self) -> bool:
        """True when only the server itself writes elements of this type."""
        return APP_OWNED in self.allowed_contributors

    def allows_content_type(self, content_type: str) -> bool:
        """True when elements may have this content type; parameters and case do not count."""
        bare = content_type.partition(";")[0].strip().lower()
        return not self.allowed_content_types or bare in self.allowed_content_types

    def allows_metadata_key(self, key: str) -> bool:
        """True when callers may set this key of an element's metadata."""
        return self.allowed_metadata_keys is None or key in self.allowed_metadata_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelField:
    """One of `presentationFields` and `dataFields`: a value of a document shown on the instance under `id`."""

    id: str
    path: str
    data_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnEntry:
    """What the app's page shows first: `new-instance`, `select-instance`, `stateless`, or a layout folder."""

    show: str = "new-instance"
    rows_per_page_options: tuple[int, ...] = ()
    default_rows_per_page: int | None = None
    sort_direction: str | None = None

    @property
    def is_stateless(self) -> bool:
        """True when the form is filled in without an instance."""
        return self.show not in ("new-instance", "select-instance")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSettings:
    """`messageBoxConfig.syncAdapterSettings`: parts of the dialog projection that are off (inbox rules §13.9)."""

    disable_sync: bool = False
    disable_create: bool = False
    disable_delete: bool = False
    enable_user_supplied_dialog_id: bool = False
    disable_add_activities: bool = False
    disable_add_transmissions: bool = False
    disable_sync_due_at: bool = False
    disable_sync_status: bool = False
    disable_mark_completed_when_confirmed: bool = False
    disable_sync_content_title: bool = False
    disable_sync_content_summary: bool = False
    disable_sync_content_additional_information: bool = False
    disable_sync_content_extended_status: bool = False
    disable_sync_attachments: bool = False
    disable_sync_api_actions: bool = False
    disable_sync_gui_actions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBoxConfig:
    """How instances appear in the inbox: hidden always or on some tasks, and what is projected."""

    hide_always: bool = False
    hide_on_task: tuple[str, ...] = ()
    sync: SyncSettings = field(default_factory=SyncSettings)

    def is_hidden(self, task_id: str | None) -> bool:
        """True when the dialog is for the API only while this task is current."""
        return self.hide_always or task_id in self.hide_on_task


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyInstanceSettings:
    """Whether archived instances may be copied, and what is left out."""

    enabled: bool = False
    excluded_data_types: tuple[str, ...] = ()
    excluded_data_fields: tuple[str, ...] = ()
    include_attachments: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiScopes:
    """Extra OAuth scopes that callers need, and the text key of the refusal."""

    users_read: str | None = None
    users_write: str | None = None
    service_owners_read: str | None = None
    service_owners_write: str | None = None
    error_message_text_resource_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EFormidling:
    """The legacy top-level block: an implicit shipment after `send_after_task_id`."""

    service_id: str | None = None
    process: str | None = None
    standard: str | None = None
    type: str | None = None
    type_version: str | None = None
    security_level: int | None = None
    dpf_shipment_type: str | None = None
    receiver: str | None = None
    data_types: tuple[str, ...] = ()
    send_after_task_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationMetadata:
    """The whole file (app folder §4.1).

    `party_types_allowed` empty = every kind of party; `resource_description` holds what is passed through unread
    (`keywords`, `access`, `contactPoints`, `logo`, `homepage`), by the names of the file.
    """

    app_id: AppId
    title: Texts = field(default_factory=_no_texts)
    description: Texts = field(default_factory=_no_texts)
    data_types: tuple[DataType, ...] = ()
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    party_types_allowed: frozenset[PartyType] = frozenset()
    disallow_user_instantiation: bool = False
    auto_delete_on_process_end: bool = False
    prevent_instance_deletion_for_days: int | None = None
    presentation_fields: tuple[ModelField, ...] = ()
    data_fields: tuple[ModelField, ...] = ()
    on_entry: OnEntry = field(default_factory=OnEntry)
    message_box: MessageBoxConfig = field(default_factory=MessageBoxConfig)
    copy_instance: CopyInstanceSettings = field(default_factory=CopyInstanceSettings)
    api_scopes: ApiScopes = field(default_factory=ApiScopes)
    e_formidling: EFormidling | None = None
    resource_description: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def is_open(self, at: datetime) -> bool:
        """True when new instances may be made at this time (aware datetime)."""
        return not (self.valid_from and at < self.valid_from) and not (self.valid_to and at >= self.valid_to)

    def allows_party(self, party_type: PartyType) -> bool:
        """True when parties of this kind may have instances."""
        return not self.party_types_allowed or party_type in self.party_types_allowed
