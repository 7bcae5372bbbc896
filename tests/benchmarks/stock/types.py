"""The types of the stock server: the part of the graph that the comparisons select, under the same names."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from dialog_graph.storage.tables import dialogs as d
from dialog_graph.storage.tables import instances as i
from dialog_graph.storage.tables.catalogue import Resource
from dialog_graph.storage.tables.parties import Party as PartyRow
from tests.benchmarks.stock.context import Context


def write_date_time(value: datetime) -> str:
    """UTC with six fraction digits and Z, as ours."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


DateTimeScalar = strawberry.scalar(name="DateTime", serialize=write_date_time, parse_value=datetime.fromisoformat)

_PREFIXES = {
    "PERSON": "urn:altinn:person:identifier-no:",
    "ORGANISATION": "urn:altinn:organization:identifier-no:",
    "SUBUNIT": "urn:altinn:organization:identifier-no:",
}


def urn(party: PartyRow) -> str:
    """The URN of a party."""
    return _PREFIXES[party.kind] + party.identifier


@strawberry.type
class Localization:
    value: str
    language_code: str


def localized(texts: dict[str, str]) -> list[Localization]:
    """All languages in order of their codes."""
    return [Localization(value=texts[code], language_code=code) for code in sorted(texts)]


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
class Actor:
    actor_type: str
    actor_id: str | None
    actor_name: str | None
    kind: str


async def actor(context: Context, stored: dict[str, Any], about: UUID) -> Actor:
    """Who did something; ids of persons are masked."""
    if "party" not in stored:
        return Actor(actor_type="SERVICE_OWNER", actor_id=None, actor_name=None, kind=stored["kind"])
    party = await context.parties.load(stored["party"])
    assert party is not None, "actors are registered"
    shown = context.ephemeral(about, party.party_id) if party.kind == "PERSON" else urn(party)
    return Actor(actor_type="PARTY_REPRESENTATIVE", actor_id=shown, actor_name=party.name, kind=stored["kind"])


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


def search_dialog(row: d.Dialog, resource: Resource, party: PartyRow) -> SearchDialog:
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


# Instances ------------------------------------------------------------------------------------------------------------


@strawberry.type
class Application:
    id: str
    org: str
    version: str
    title: list[Localization]


@strawberry.type
class Party:
    urn: str
    id: int
    uuid: UUID
    kind: str
    name: str


@strawberry.type
class ProcessTask:
    row: strawberry.Private[i.ProcessTask]
    id: UUID
    element_id: str
    type: str
    entry: int
    state: str
    started_at: datetime
    ended_at: datetime | None
    action: str | None

    @strawberry.field
    async def started_by(self, info: Info[Context, None]) -> Actor:
        return await actor(info.context, self.row.started_by, self.row.instance_id)

    @strawberry.field
    async def ended_by(self, info: Info[Context, None]) -> Actor | None:
        stored = self.row.ended_by
        return None if stored is None else await actor(info.context, stored, self.row.instance_id)


def _task(row: i.ProcessTask) -> ProcessTask:
    return ProcessTask(
        row=row,
        id=row.entry_id,
        element_id=row.element_id,
        type=row.type,
        entry=row.entry_no,
        state=row.status,
        started_at=row.started_at,
        ended_at=row.ended_at,
        action=row.action,
    )


@strawberry.type
class Process:
    row: strawberry.Private[i.Instance]
    started_at: datetime
    start_event: str
    ended_at: datetime | None
    end_event: str | None

    @strawberry.field
    async def status(self, info: Info[Context, None]) -> str:
        if self.row.ended_at is not None:
            return "ENDED"
        if self.row.has_incident:
            return "FAILED"
        rows = await info.context.tasks.load(self.row.instance_id)
        return "RUNNING" if any(row.status == "ACTIVE" for row in rows) else "WAITING"

    @strawberry.field
    async def tasks(self, info: Info[Context, None]) -> list[ProcessTask]:
        return [_task(row) for row in await info.context.tasks.load(self.row.instance_id)]

    @strawberry.field
    async def current_task(self, info: Info[Context, None]) -> ProcessTask | None:
        rows = await info.context.tasks.load(self.row.instance_id)
        return next((_task(row) for row in rows if row.status in ("ACTIVE", "WAITING", "FAILED")), None)


@strawberry.type
class DataElement:
    row: strawberry.Private[i.DataElement]
    id: UUID
    type: str
    content_type: str
    filename: str | None
    size: int
    sha256: str
    is_locked: bool
    is_read: bool
    revision: int
    tags: list[str]
    file_scan: str
    created_at: datetime
    updated_at: datetime

    @strawberry.field
    def form_data(self) -> JSON | None:
        return None if self.row.document is None else JSON(orjson.loads(self.row.document))

    @strawberry.field
    async def created_by(self, info: Info[Context, None]) -> Actor:
        return await actor(info.context, self.row.created_by, self.row.element_id)


def _element(row: i.DataElement) -> DataElement:
    return DataElement(
        row=row,
        id=row.element_id,
        type=row.data_type,
        content_type=row.content_type,
        filename=row.filename,
        size=row.size,
        sha256=row.sha256,
        is_locked=row.lock != "none",
        is_read=row.is_read,
        revision=row.revision,
        tags=row.tags,
        file_scan=row.file_scan,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


@strawberry.type
class ReceiptConfirmation:
    org: str
    confirmed_at: datetime


@strawberry.type
class Instance:
    row: strawberry.Private[i.Instance]
    id: UUID
    revision: int
    org: str
    status: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    presentation_texts: JSON
    data_values: JSON

    @strawberry.field
    def ref(self) -> str:
        return f"urn:altinn:instance-id:{self.row.party_id}/{self.row.instance_id}"

    @strawberry.field
    async def application(self, info: Info[Context, None]) -> Application:
        app_id, org, ordinal = await info.context.versions.load(self.row.version_id)
        resource = await info.context.resources.load(self.row.resource_id)
        assert resource is not None, "every instance has a resource"
        return Application(id=app_id, org=org, version=str(ordinal), title=localized(resource.title))

    @strawberry.field
    async def party(self, info: Info[Context, None]) -> Party:
        row = await info.context.parties.load(self.row.party_id)
        assert row is not None, "every instance has a party"
        return Party(urn=urn(row), id=row.party_id, uuid=row.uuid, kind=row.kind, name=row.name)

    @strawberry.field
    def process(self) -> Process:
        row = self.row
        return Process(
            row=row,
            started_at=row.started_at or row.created_at,
            start_event=row.start_event or "",
            ended_at=row.ended_at,
            end_event=row.end_event,
        )

    @strawberry.field
    async def data_elements(self, info: Info[Context, None]) -> list[DataElement]:
        return [_element(row) for row in await info.context.elements.load(self.row.instance_id)]

    @strawberry.field
    async def confirmations(self, info: Info[Context, None]) -> list[ReceiptConfirmation]:
        rows = await info.context.confirmations.load(self.row.instance_id)
        return [ReceiptConfirmation(org=row.confirming_org, confirmed_at=row.confirmed_at) for row in rows]

    @strawberry.field
    async def created_by(self, info: Info[Context, None]) -> Actor:
        return await actor(info.context, self.row.created_by, self.row.instance_id)


def instance(row: i.Instance) -> Instance:
    """An instance from its row."""
    return Instance(
        row=row,
        id=row.instance_id,
        revision=row.revision,
        org=row.org,
        status=row.status,
        created_at=row.created_at,
        updated_at=row.updated_at,
        archived_at=row.archived_at,
        presentation_texts=JSON(row.presentation_texts),
        data_values=JSON(row.data_values),
    )


@strawberry.type
class MutationError:
    message: str


@strawberry.input
class AdvanceProcessInput:
    instance_id: UUID


@strawberry.type
class AdvanceProcessPayload:
    instance: Instance | None
    errors: list[MutationError]
