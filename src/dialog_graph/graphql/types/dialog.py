"""Dialogs on the wire: the peer's `Dialog` and `SearchDialog`, with our link to the instance (inbox rules §2.4)."""

import time
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.access import dialog_token, issuers
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types import dialog_parts as parts
from dialog_graph.graphql.types.enums import DialogStatus
from dialog_graph.graphql.types.instance import Instance
from dialog_graph.model import dialog as model
from dialog_graph.model.instance import DataElement
from dialog_graph.reads import instance_details
from dialog_graph.reads.dialogs import DialogView

NON_SENSITIVE = {"title": "nonSensitiveTitle", "summary": "nonSensitiveSummary"}


def _content_of(view: DialogView, name: str) -> model.ContentValue | None:
    """A piece of content; in place of title and summary their non-sensitive twins where the level is too low."""
    content = view.dialog.content
    if view.is_level_too_low and name in NON_SENSITIVE:
        return content.get(NON_SENSITIVE[name]) or content.get(name)
    return content.get(name)


async def _elements(view: DialogView, info: Info[Context, None]) -> Sequence[DataElement]:
    """The instance's data elements that the caller may read; none without `read` on the dialog."""
    if view.dialog.instance_id is None or ("read", None) not in view.allowed:
        return ()
    instance = await info.context.instances.load(view.dialog.instance_id)
    if instance is None:
        return ()
    return await info.context.read(instance_details.readable_elements, instance, None)


def _id(root: DialogView) -> UUID:
    return root.dialog.dialog_id


def _revision(root: DialogView) -> UUID:
    return root.dialog.revision


def _org(root: DialogView) -> str:
    return root.dialog.org


def _service_resource(root: DialogView) -> str:
    return f"urn:altinn:resource:{root.dialog.service_resource}"


def _service_resource_type(root: DialogView) -> str:
    return root.dialog.service_resource_type


def _party(root: DialogView) -> str:
    return root.party.urn


def _progress(root: DialogView) -> int | None:
    return root.dialog.progress


def _process(root: DialogView) -> str | None:
    return root.dialog.process


def _preceding_process(root: DialogView) -> str | None:
    return root.dialog.preceding_process


def _extended_status(root: DialogView) -> str | None:
    return root.dialog.extended_status


def _external_reference(root: DialogView) -> str | None:
    return root.dialog.external_reference


def _due_at(root: DialogView) -> datetime | None:
    return root.dialog.due_at


def _expires_at(root: DialogView) -> datetime | None:
    return root.dialog.expires_at


def _created_at(root: DialogView) -> datetime:
    return root.dialog.created_at


def _updated_at(root: DialogView) -> datetime:
    return root.dialog.updated_at


def _content_updated_at(root: DialogView) -> datetime:
    return root.dialog.content_updated_at


def _status(root: DialogView) -> DialogStatus:
    return root.dialog.status


def _has_unopened(root: DialogView) -> bool:
    return root.dialog.has_unopened_content


def _from_owner(root: DialogView) -> int:
    return root.dialog.from_service_owner_transmissions


def _from_party(root: DialogView) -> int:
    return root.dialog.from_party_transmissions


def _is_api_only(root: DialogView) -> bool:
    return root.dialog.is_api_only


def _is_content_seen(root: DialogView) -> bool:
    return root.dialog.is_content_seen


def _context(root: DialogView) -> parts.EndUserContext:
    return parts.EndUserContext(revision=root.dialog.context_revision, system_labels=list(root.dialog.system_labels))


async def _seen_since(root: DialogView, since: datetime, info: Info[Context, None]) -> list[parts.SeenLog]:
    """The newest look of each actor since a time."""
    newest: dict[str, model.SeenEntry] = {}
    for entry in root.dialog.seen_log:
        if entry.seen_at >= since:
            newest[entry.seen_by.key] = entry
    return [await parts.seen_log(entry, root.dialog.dialog_id, info) for entry in newest.values()]


async def _seen_since_update(root: DialogView, info: Info[Context, None]) -> list[parts.SeenLog]:
    return await _seen_since(root, root.dialog.updated_at, info)


async def _seen_since_content(root: DialogView, info: Info[Context, None]) -> list[parts.SeenLog]:
    return await _seen_since(root, root.dialog.content_updated_at, info)


def _search_content(root: DialogView, info: Info[Context, None]) -> parts.SearchContent:
    return parts.SearchContent(
        title=parts.needed(_content_of(root, "title"), info),
        summary=parts.content_value(_content_of(root, "summary"), info),
        sender_name=parts.content_value(_content_of(root, "senderName"), info),
        extended_status=parts.content_value(_content_of(root, "extendedStatus"), info),
    )


def _content(root: DialogView, info: Info[Context, None]) -> parts.Content:
    reference = parts.content_value(_content_of(root, "mainContentReference"), info)
    if reference is not None:
        reference.is_authorized = ("read", None) in root.allowed
    return parts.Content(
        title=parts.needed(_content_of(root, "title"), info),
        summary=parts.content_value(_content_of(root, "summary"), info),
        sender_name=parts.content_value(_content_of(root, "senderName"), info),
        additional_info=parts.content_value(_content_of(root, "additionalInfo"), info),
        extended_status=parts.content_value(_content_of(root, "extendedStatus"), info),
        main_content_reference=reference,
    )


def _gui_attachment_count(root: DialogView) -> int | None:
    return root.dialog.gui_attachment_count


async def _latest_activity(root: DialogView, info: Info[Context, None]) -> parts.Activity | None:
    latest = root.dialog.latest_activity
    return None if latest is None else await parts.activity(latest, root.dialog.dialog_id, info)


@strawberry.type(description="A dialog in a list.")
class SearchDialog:
    """The fields of lists; the whole dialog is read by `dialogById`."""

    id: UUID = strawberry.field(resolver=_id)
    org: str = strawberry.field(resolver=_org)
    service_resource: str = strawberry.field(resolver=_service_resource)
    service_resource_type: str = strawberry.field(resolver=_service_resource_type)
    party: str = strawberry.field(resolver=_party)
    progress: int | None = strawberry.field(resolver=_progress)
    process: str | None = strawberry.field(resolver=_process)
    preceding_process: str | None = strawberry.field(resolver=_preceding_process)
    gui_attachment_count: int | None = strawberry.field(resolver=_gui_attachment_count)
    extended_status: str | None = strawberry.field(resolver=_extended_status)
    external_reference: str | None = strawberry.field(resolver=_external_reference)
    created_at: datetime = strawberry.field(resolver=_created_at)
    updated_at: datetime = strawberry.field(resolver=_updated_at)
    content_updated_at: datetime = strawberry.field(resolver=_content_updated_at)
    due_at: datetime | None = strawberry.field(resolver=_due_at)
    status: DialogStatus = strawberry.field(resolver=_status)
    has_unopened_content: bool = strawberry.field(resolver=_has_unopened)
    is_api_only: bool = strawberry.field(resolver=_is_api_only)
    from_service_owner_transmissions_count: int = strawberry.field(resolver=_from_owner)
    from_party_transmissions_count: int = strawberry.field(resolver=_from_party)
    latest_activity: parts.Activity | None = strawberry.field(resolver=_latest_activity)
    content: parts.SearchContent = strawberry.field(resolver=_search_content)
    seen_since_last_update: list[parts.SeenLog] = strawberry.field(resolver=_seen_since_update)
    seen_since_last_content_update: list[parts.SeenLog] = strawberry.field(resolver=_seen_since_content)
    is_content_seen: bool = strawberry.field(resolver=_is_content_seen)
    end_user_context: parts.EndUserContext = strawberry.field(resolver=_context)


def _token(root: DialogView, info: Info[Context, None]) -> str | None:
    if not root.has_token:
        return None
    ports, dialog = info.context.ports, root.dialog
    content = dialog_token.Content(
        dialog_id=dialog.dialog_id,
        party=root.party.urn,
        service_resource=f"urn:altinn:resource:{dialog.service_resource}",
        actions=tuple(sorted(root.allowed, key=str)),
        position=dialog.last_update_seq,
    )
    issuer = issuers.dialog_issuer(ports.settings.public_url)
    return dialog_token.issue(ports.keys, issuer, info.context.principal, content, int(time.time()))


async def _attachments(root: DialogView, info: Info[Context, None]) -> list[parts.Attachment]:
    elements = await _elements(root, info)
    files = parts.shown_files(root.dialog.attachments, elements, is_open=("read", None) in root.allowed)
    return [parts.attachment(item, elements, info) for item in files]


def _gui_actions(root: DialogView, info: Info[Context, None]) -> list[parts.GuiAction]:
    return [parts.gui_action(action, root, info) for action in root.dialog.gui_actions]


def _api_actions(root: DialogView) -> list[parts.ApiAction]:
    return [parts.api_action(action, root) for action in root.dialog.api_actions]


async def _activities(root: DialogView, info: Info[Context, None]) -> list[parts.Activity]:
    return [await parts.activity(item, root.dialog.dialog_id, info) for item in root.dialog.activities]


async def _transmissions(root: DialogView, info: Info[Context, None]) -> list[parts.Transmission]:
    elements = await _elements(root, info)
    return [await parts.transmission(item, root, elements, info) for item in root.dialog.transmissions]


async def _instance(root: DialogView, info: Info[Context, None]) -> Instance | None:
    if root.dialog.instance_id is None:
        return None
    return await info.context.instances.load(root.dialog.instance_id)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


@strawberry.type(description="A dialog: what a party sees of a case, and what it can do about it.")
class Dialog:
    """`dialog_token` opens the dialog's own addresses for ten minutes."""

    id: UUID = strawberry.field(resolver=_id)
    revision: UUID = strawberry.field(resolver=_revision)
    org: str = strawberry.field(resolver=_org)
    service_resource: str = strawberry.field(resolver=_service_resource)
    service_resource_type: str = strawberry.field(resolver=_service_resource_type)
    party: str = strawberry.field(resolver=_party)
    progress: int | None = strawberry.field(resolver=_progress)
    process: str | None = strawberry.field(resolver=_process)
    preceding_process: str | None = strawberry.field(resolver=_preceding_process)
    extended_status: str | None = strawberry.field(resolver=_extended_status)
    external_reference: str | None = strawberry.field(resolver=_external_reference)
    due_at: datetime | None = strawberry.field(resolver=_due_at)
    expires_at: datetime | None = strawberry.field(resolver=_expires_at)
    created_at: datetime = strawberry.field(resolver=_created_at)
    updated_at: datetime = strawberry.field(resolver=_updated_at)
    content_updated_at: datetime = strawberry.field(resolver=_content_updated_at)
    dialog_token: str | None = strawberry.field(resolver=_token)
    status: DialogStatus = strawberry.field(resolver=_status)
    has_unopened_content: bool = strawberry.field(resolver=_has_unopened)
    from_service_owner_transmissions_count: int = strawberry.field(resolver=_from_owner)
    from_party_transmissions_count: int = strawberry.field(resolver=_from_party)
    is_api_only: bool = strawberry.field(resolver=_is_api_only)
    content: parts.Content = strawberry.field(resolver=_content)
    attachments: list[parts.Attachment] = strawberry.field(resolver=_attachments)
    gui_actions: list[parts.GuiAction] = strawberry.field(resolver=_gui_actions)
    api_actions: list[parts.ApiAction] = strawberry.field(resolver=_api_actions)
    activities: list[parts.Activity] = strawberry.field(resolver=_activities)
    seen_since_last_update: list[parts.SeenLog] = strawberry.field(resolver=_seen_since_update)
    seen_since_last_content_update: list[parts.SeenLog] = strawberry.field(resolver=_seen_since_content)
    is_content_seen: bool = strawberry.field(resolver=_is_content_seen)
    transmissions: list[parts.Transmission] = strawberry.field(resolver=_transmissions)
    end_user_context: parts.EndUserContext = strawberry.field(resolver=_context)
    instance: Instance | None = strawberry.field(resolver=_instance)
