"""The parts of a dialog on the wire, in the peer's names (inbox rules §2.4), made from the values of `model.dialog`."""

import time
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.access import urls
from dialog_graph.errors import Texts
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.actor import Actor, actor
from dialog_graph.graphql.types.enums import (
    ActivityType,
    Consumer,
    GuiActionPriority,
    HttpVerb,
    SystemLabel,
    TransmissionType,
)
from dialog_graph.graphql.types.localization import Localization, localize
from dialog_graph.graphql.types.scalars import Url
from dialog_graph.model import dialog as model
from dialog_graph.model.instance import DataElement
from dialog_graph.reads.dialogs import DialogView

UNAUTHORIZED = Url("urn:dialogporten:unauthorized")
EXPIRED = Url("urn:dialogporten:expired")


@strawberry.type(description="One piece of content in several languages.")
class ContentValue:
    """`is_authorized` is set where the value is an address that not everybody may open."""

    value: list[Localization]
    media_type: str
    is_authorized: bool | None = None


@strawberry.type(description="What a dialog says.")
class Content:
    """Only `title` is always there."""

    title: ContentValue
    summary: ContentValue | None
    sender_name: ContentValue | None
    additional_info: ContentValue | None
    extended_status: ContentValue | None
    main_content_reference: ContentValue | None


@strawberry.type(description="What a dialog says in lists.")
class SearchContent:
    """Only `title` is always there."""

    title: ContentValue
    summary: ContentValue | None
    sender_name: ContentValue | None
    extended_status: ContentValue | None


@strawberry.type(description="An address of an attachment.")
class AttachmentUrl:
    """`consumer_type`: for people or for systems."""

    id: UUID
    url: Url
    media_type: str | None
    consumer_type: Consumer


@strawberry.type(description="A file of a dialog or a transmission.")
class Attachment:
    """`display_name` is for people, `name` for systems."""

    id: UUID
    display_name: list[Localization]
    name: str | None
    urls: list[AttachmentUrl]
    expires_at: datetime | None


@strawberry.type(description="A button.")
class GuiAction:
    """Where it is not authorized, the address is a URN that says so."""

    id: UUID
    action: str
    url: Url
    authorization_attribute: str | None
    is_authorized: bool
    is_delete_dialog_action: bool
    priority: GuiActionPriority
    http_method: HttpVerb
    title: list[Localization]
    prompt: list[Localization] | None


@strawberry.type(description="One version of an API action.")
class ApiActionEndpoint:
    """`sunset_at`: when a deprecated one goes."""

    id: UUID
    version: str | None
    url: Url
    http_method: HttpVerb
    documentation_url: Url | None = None
    request_schema: Url | None = None
    response_schema: Url | None = None
    deprecated: bool = False
    sunset_at: datetime | None = None


@strawberry.type(description="Something that systems can do with a dialog.")
class ApiAction:
    """Where it is not authorized, the addresses are URNs that say so."""

    id: UUID
    action: str
    authorization_attribute: str | None
    is_authorized: bool
    name: str | None
    endpoints: list[ApiActionEndpoint]


@strawberry.type(description="A line of a dialog's history.")
class Activity:
    """`description` is filled for INFORMATION."""

    id: UUID
    created_at: datetime | None
    extended_type: Url | None = None
    type: ActivityType
    transmission_id: UUID | None
    performed_by: Actor
    description: list[Localization]


@strawberry.type(description="Somebody's look at a dialog.")
class SeenLog:
    """`is_current_end_user`: the caller's own."""

    id: UUID
    seen_at: datetime
    seen_by: Actor
    is_via_service_owner: bool | None
    is_current_end_user: bool


@strawberry.type(description="What a transmission says.")
class TransmissionContent:
    """Only `title` is always there."""

    title: ContentValue
    summary: ContentValue | None
    content_reference: ContentValue | None


@strawberry.type(description="A link of a transmission.")
class TransmissionNavigationalAction:
    """`expires_at`: when the link goes."""

    title: list[Localization]
    url: Url
    expires_at: datetime | None


@strawberry.type(description="A message between party and service owner.")
class Transmission:
    """SUBMISSION and CORRECTION come from the party, the others from the service owner."""

    id: UUID
    created_at: datetime
    authorization_attribute: str | None
    is_authorized: bool
    extended_type: Url | None = None
    external_reference: str | None = None
    related_transmission_id: UUID | None
    type: TransmissionType
    sender: Actor
    is_opened: bool
    content: TransmissionContent
    attachments: list[Attachment]
    navigational_actions: list[TransmissionNavigationalAction]


@strawberry.type(description="What the people of a party have done with a dialog.")
class EndUserContext:
    """`revision` changes with the labels, not with the dialog."""

    revision: UUID
    system_labels: list[SystemLabel]


def texts(value: Texts | None, info: Info[Context, None]) -> list[Localization]:
    """A text in the caller's languages; nothing for None."""
    return [] if value is None else localize(value, info.context.languages)


def content_value(value: model.ContentValue | None, info: Info[Context, None]) -> ContentValue | None:
    """A piece of content, None when the dialog has none."""
    if value is None:
        return None
    return ContentValue(value=texts(value.texts, info), media_type=value.media_type)


def needed(value: model.ContentValue | None, info: Info[Context, None]) -> ContentValue:
    """A piece of content that the wire demands; empty when the dialog has none."""
    return content_value(value, info) or ContentValue(value=[], media_type="text/plain")


def gui_action(action: model.GuiAction, view: DialogView, info: Info[Context, None]) -> GuiAction:
    """A button as the caller may use it."""
    is_authorized = (action.action, action.authorization_attribute) in view.allowed
    return GuiAction(
        id=action.id,
        action=action.action,
        url=Url(action.url) if is_authorized else UNAUTHORIZED,
        authorization_attribute=action.authorization_attribute,
        is_authorized=is_authorized,
        is_delete_dialog_action=action.is_delete_dialog_action,
        priority=action.priority,
        http_method=action.http_method,
        title=texts(action.title, info),
        prompt=None if action.prompt is None else texts(action.prompt, info),
    )


def api_action(action: model.ApiAction, view: DialogView) -> ApiAction:
    """An API action as the caller may use it."""
    is_authorized = (action.action, action.authorization_attribute) in view.allowed
    endpoints = [
        ApiActionEndpoint(
            id=item.id,
            version=item.version,
            url=Url(item.url) if is_authorized else UNAUTHORIZED,
            http_method=item.http_method,
        )
        for item in action.endpoints
    ]
    return ApiAction(
        id=action.id,
        action=action.action,
        authorization_attribute=action.authorization_attribute,
        is_authorized=is_authorized,
        name=action.name,
        endpoints=endpoints,
    )


def _file_url(value: model.Attachment, elements: Sequence[DataElement], info: Info[Context, None]) -> Url:
    element = next((item for item in elements if item.element_id == value.element_id), None)
    if element is None:
        return UNAUTHORIZED
    ports = info.context.ports
    query = urls.sign(ports.keys, element, info.context.principal, int(time.time()))
    return Url(f"{ports.settings.public_url}/data/{value.element_id}?{query}")


def shown_files(
    files: Sequence[model.Attachment], elements: Sequence[DataElement], *, is_open: bool
) -> list[model.Attachment]:
    """Files that the caller may know of: where the dialog is open to it, those whose element it may read.

    `is_open`: the caller may read the instance; otherwise all are named, and none can be fetched.
    """
    readable = {element.element_id for element in elements}
    return [item for item in files if not is_open or item.element_id in readable]


def attachment(value: model.Attachment, elements: Sequence[DataElement], info: Info[Context, None]) -> Attachment:
    """A file with a signed address, as far as its element is among those that the caller may read."""
    url = AttachmentUrl(
        id=value.url_id,
        url=_file_url(value, elements, info),
        media_type=value.media_type,
        consumer_type=value.consumer,
    )
    return Attachment(
        id=value.id,
        display_name=texts(value.display_name, info),
        name=value.name,
        urls=[url],
        expires_at=value.expires_at,
    )


async def activity(value: model.Activity, dialog_id: UUID, info: Info[Context, None]) -> Activity:
    """A line of history."""
    return Activity(
        id=value.id,
        created_at=value.created_at,
        type=value.type,
        transmission_id=value.transmission_id,
        performed_by=await actor(info, value.performed_by, dialog_id),
        description=texts(value.description, info),
    )


async def seen_log(value: model.SeenEntry, dialog_id: UUID, info: Info[Context, None]) -> SeenLog:
    """A look at the dialog."""
    return SeenLog(
        id=value.id,
        seen_at=value.seen_at,
        seen_by=await actor(info, value.seen_by, dialog_id),
        is_via_service_owner=value.is_via_service_owner,
        is_current_end_user=value.seen_by.key == info.context.principal.actor.key,
    )


async def transmission(
    value: model.Transmission, view: DialogView, elements: Sequence[DataElement], info: Info[Context, None]
) -> Transmission:
    """A message with its files."""
    main = ("read", None) in view.allowed
    plain = ContentValue(value=texts(value.title, info), media_type="text/plain")
    summary = None if value.summary is None else ContentValue(value=texts(value.summary, info), media_type="text/plain")
    return Transmission(
        id=value.id,
        created_at=value.created_at,
        authorization_attribute=value.authorization_attribute,
        is_authorized=main,
        related_transmission_id=value.related_transmission_id,
        type=value.type,
        sender=await actor(info, value.sender, view.dialog.dialog_id),
        is_opened=value.is_opened,
        content=TransmissionContent(
            title=plain, summary=summary, content_reference=content_value(value.content_reference, info)
        ),
        attachments=[
            attachment(item, elements, info) for item in shown_files(value.attachments, elements, is_open=main)
        ],
        navigational_actions=[],
    )
