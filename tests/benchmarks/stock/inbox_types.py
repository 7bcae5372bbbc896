"""The inbox as the stock server shows it: the part of the graph that is selected, under the same names."""

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.storage.tables import dialogs as d
from dialog_graph.storage.tables.catalogue import Resource
from dialog_graph.storage.tables.parties import Party
from tests.benchmarks.stock.context import Context
from tests.benchmarks.stock.shared_types import Actor, Localization, actor, localized, urn


@strawberry.type
class ContentValue:
    value: list[Localization]
    media_type: str


def content_value(content: dict[str, Any], name: str) -> ContentValue | None:
    """One piece of content."""
    stored = content.get(name)
    if stored is None:
        return None
    return ContentValue(value=localized(stored["t"]), media_type=stored.get("m", "text/plain"))


@strawberry.type
class SearchContent:
    title: ContentValue | None
    summary: ContentValue | None
    sender_name: ContentValue | None
    extended_status: ContentValue | None


@strawberry.type
class SeenLog:
    id: UUID
    seen_at: datetime
    seen_by: Actor
    is_current_end_user: bool


@strawberry.type
class EndUserContext:
    system_labels: list[str]


_FOLDERS = ("DEFAULT", "ARCHIVE", "BIN")


def _labels(row: d.Dialog) -> list[str]:
    labels = [_FOLDERS[row.folder]]
    labels += ["MARKED_AS_UNOPENED"] if row.marked_unopened else []
    return labels + (["SENT"] if row.is_sent else [])


@strawberry.type
class SearchDialog:
    row: strawberry.Private[d.Dialog]
    id: UUID
    party: str
    org: str
    progress: int | None
    gui_attachment_count: int
    status: str
    created_at: datetime
    due_at: datetime | None
    content_updated_at: datetime
    is_content_seen: bool
    service_resource_type: str
    service_resource: str
    has_unopened_content: bool
    from_service_owner_transmissions_count: int
    from_party_transmissions_count: int

    @strawberry.field
    def content(self) -> SearchContent:
        content = self.row.content
        return SearchContent(
            title=content_value(content, "title"),
            summary=content_value(content, "summary"),
            sender_name=content_value(content, "senderName"),
            extended_status=content_value(content, "extendedStatus"),
        )

    @strawberry.field
    async def seen_since_last_content_update(self, info: Info[Context, None]) -> list[SeenLog]:
        newest: dict[str, d.DialogSeen] = {}
        for entry in await info.context.seen.load(self.row.dialog_id):
            if entry.seen_at >= self.row.content_updated_at:
                newest[entry.actor] = entry
        return [await _seen(info.context, entry) for entry in newest.values()]

    @strawberry.field
    def end_user_context(self) -> EndUserContext:
        return EndUserContext(system_labels=_labels(self.row))


async def _seen(context: Context, row: d.DialogSeen) -> SeenLog:
    return SeenLog(
        id=row.seen_id,
        seen_at=row.seen_at,
        seen_by=await actor(context, row.seen_by, row.dialog_id),
        is_current_end_user=row.actor == f"PERSON:{context.subject}",
    )


def search_dialog(row: d.Dialog, resource: Resource, party: Party) -> SearchDialog:
    """A dialog in a list from its row, its resource and its party."""
    return SearchDialog(
        row=row,
        id=row.dialog_id,
        party=urn(party),
        org=row.org,
        progress=row.progress,
        gui_attachment_count=row.gui_attachment_count,
        status=row.status,
        created_at=row.created_at,
        due_at=row.due_at,
        content_updated_at=row.content_updated_at,
        is_content_seen=row.seen and not row.marked_unopened,
        service_resource_type=resource.kind,
        service_resource=f"urn:altinn:resource:{resource.identifier}",
        has_unopened_content=row.has_unopened_content,
        from_service_owner_transmissions_count=row.from_service_owner_transmissions,
        from_party_transmissions_count=row.from_party_transmissions,
    )


@strawberry.type
class SearchDialogError:
    message: str


@strawberry.type
class SearchDialogsPayload:
    items: list[SearchDialog] | None
    has_next_page: bool
    continuation_token: str | None
    errors: list[SearchDialogError]


@strawberry.enum
class OrderDirection(Enum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.enum
class SystemLabel(Enum):
    DEFAULT = "DEFAULT"
    ARCHIVE = "ARCHIVE"
    BIN = "BIN"


@strawberry.input
class SearchDialogSortTypeInput:
    created_at: OrderDirection | None = None
    updated_at: OrderDirection | None = None
    due_at: OrderDirection | None = None
    content_updated_at: OrderDirection | None = None


@strawberry.input
class SearchDialogInput:
    party: list[str] | None = None
    system_label: list[SystemLabel] | None = None
    exclude_api_only: bool | None = None
    limit: int | None = None
    order_by: list[SearchDialogSortTypeInput] | None = None
