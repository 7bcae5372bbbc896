"""The dialog aggregate: what a party sees in its inbox (inbox rules §1).

Enum members have the names of the wire (`IN_PROGRESS` …). Texts are `{language code: text}`; ids of parts are made by
`model.ids`. A dialog with an `instance_id` is projected from the instance by every step; its labels and seen marks
belong to the people of the party and are never touched by a projection.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from dialog_graph.errors import Texts
from dialog_graph.model.principal import Actor


class DialogStatus(StrEnum):
    """What the party has to do."""

    IN_PROGRESS = "IN_PROGRESS"
    DRAFT = "DRAFT"
    AWAITING = "AWAITING"
    REQUIRES_ATTENTION = "REQUIRES_ATTENTION"
    COMPLETED = "COMPLETED"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class SystemLabel(StrEnum):
    """Exactly one of `DEFAULT`, `ARCHIVE`, `BIN`, and perhaps the two others."""

    DEFAULT = "DEFAULT"
    BIN = "BIN"
    ARCHIVE = "ARCHIVE"
    MARKED_AS_UNOPENED = "MARKED_AS_UNOPENED"
    SENT = "SENT"


class Folder(StrEnum):
    """The folder part of the labels; stored as 0, 1, 2 in this order."""

    DEFAULT = "DEFAULT"
    ARCHIVE = "ARCHIVE"
    BIN = "BIN"


FOLDERS = tuple(Folder)


class ActivityType(StrEnum):
    """What happened to a dialog, as people read it."""

    DIALOG_CREATED = "DIALOG_CREATED"
    DIALOG_CLOSED = "DIALOG_CLOSED"
    INFORMATION = "INFORMATION"
    TRANSMISSION_OPENED = "TRANSMISSION_OPENED"
    PAYMENT_MADE = "PAYMENT_MADE"
    SIGNATURE_PROVIDED = "SIGNATURE_PROVIDED"
    DIALOG_OPENED = "DIALOG_OPENED"
    DIALOG_DELETED = "DIALOG_DELETED"
    DIALOG_RESTORED = "DIALOG_RESTORED"
    SENT_TO_SIGNING = "SENT_TO_SIGNING"
    SENT_TO_FORM_FILL = "SENT_TO_FORM_FILL"
    SENT_TO_SEND_IN = "SENT_TO_SEND_IN"
    SENT_TO_PAYMENT = "SENT_TO_PAYMENT"
    FORM_SUBMITTED = "FORM_SUBMITTED"
    FORM_SAVED = "FORM_SAVED"
    CORRESPONDENCE_OPENED = "CORRESPONDENCE_OPENED"
    CORRESPONDENCE_CONFIRMED = "CORRESPONDENCE_CONFIRMED"


class TransmissionType(StrEnum):
    """Direction and meaning of a transmission; `SUBMISSION` and `CORRECTION` come from the party."""

    INFORMATION = "INFORMATION"
    ACCEPTANCE = "ACCEPTANCE"
    REJECTION = "REJECTION"
    REQUEST = "REQUEST"
    ALERT = "ALERT"
    DECISION = "DECISION"
    SUBMISSION = "SUBMISSION"
    CORRECTION = "CORRECTION"


class GuiActionPriority(StrEnum):
    """How a button is drawn; at most 1 primary, 1 secondary, 5 tertiary per dialog."""

    PRIMARY = "PRIMARY"
    SECONDARY = "SECONDARY"
    TERTIARY = "TERTIARY"


class HttpVerb(StrEnum):
    """HTTP methods of actions."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    HEAD = "HEAD"
    OPTIONS = "OPTIONS"
    TRACE = "TRACE"
    CONNECT = "CONNECT"


class Consumer(StrEnum):
    """Who an attachment address is for."""

    GUI = "GUI"
    API = "API"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentValue:
    """One piece of content in several languages."""

    texts: Texts
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiAction:
    """A button. `authorization_attribute`: the sub-resource that the policy is asked about."""

    id: UUID
    action: str
    url: str
    title: Texts
    priority: GuiActionPriority
    http_method: HttpVerb = HttpVerb.GET
    authorization_attribute: str | None = None
    is_delete_dialog_action: bool = False
    prompt: Texts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiEndpoint:
    """One version of an API action."""

    id: UUID
    url: str
    http_method: HttpVerb
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAction:
    """Something that systems can do with the dialog."""

    id: UUID
    action: str
    endpoints: tuple[ApiEndpoint, ...]
    name: str | None = None
    authorization_attribute: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of the dialog or of a transmission. `element_id`: the data element it shows."""

    id: UUID
    display_name: Texts
    name: str | None
    url_id: UUID
    element_id: UUID
    media_type: str | None = None
    consumer: Consumer = Consumer.GUI
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One line of the dialog's history."""

    id: UUID
    type: ActivityType
    created_at: datetime
    performed_by: Actor
    description: Texts = field(default_factory=dict[str, str])
    transmission_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmission:
    """A message between party and service owner; `SUBMISSION`s are made when a process ends."""

    id: UUID
    type: TransmissionType
    created_at: datetime
    sender: Actor
    title: Texts
    summary: Texts | None = None
    content_reference: ContentValue | None = None
    attachments: tuple[Attachment, ...] = ()
    authorization_attribute: str | None = None
    related_transmission_id: UUID | None = None
    is_opened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEntry:
    """One person's look at the dialog."""

    id: UUID
    seen_at: datetime
    seen_by: Actor
    is_via_service_owner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """The whole aggregate. Lists of parts are filled as far as the reader asked for them.

    `content` has the members title, summary, senderName, additionalInfo, extendedStatus, mainContentReference,
    nonSensitiveTitle, nonSensitiveSummary where set. `last_update_seq` is the position in the dialog's own stream.
    """

    dialog_id: UUID
    revision: UUID
    org: str
    party_id: int
    resource_id: int
    service_resource: str
    created_at: datetime
    updated_at: datetime
    content_updated_at: datetime
    service_resource_type: str = "AltinnApp"
    instance_id: UUID | None = None
    status: DialogStatus = DialogStatus.NOT_APPLICABLE
    progress: int | None = None
    extended_status: str | None = None
    external_reference: str | None = None
    process: str | None = None
    preceding_process: str | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    visible_from: datetime | None = None
    deleted_at: datetime | None = None
    is_api_only: bool = False
    folder: Folder = Folder.DEFAULT
    is_sent: bool = False
    marked_unopened: bool = False
    seen: bool = False
    has_unopened_content: bool = False
    from_service_owner_transmissions: int = 0
    from_party_transmissions: int = 0
    gui_attachment_count: int = 0
    context_revision: UUID
    last_update_seq: int = 0
    content: MappingProxyType[str, ContentValue] = field(
        default_factory=lambda: MappingProxyType[str, ContentValue]({})
    )
    latest_activity: Activity | None = None
    gui_actions: tuple[GuiAction, ...] = ()
    api_actions: tuple[ApiAction, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    activities: tuple[Activity, ...] = ()
    transmissions: tuple[Transmission, ...] = ()
    seen_log: tuple[SeenEntry, ...] = ()

    @property
    def is_content_seen(self) -> bool:
        """Seen since the content last changed, and not marked as unopened by hand."""
        return self.seen and not self.marked_unopened

    @property
    def system_labels(self) -> tuple[SystemLabel, ...]:
        """All labels that apply now."""
        extra = ((self.marked_unopened, SystemLabel.MARKED_AS_UNOPENED), (self.is_sent, SystemLabel.SENT))
        return (SystemLabel(self.folder.value), *(label for is_set, label in extra if is_set))
