"""Instances as the stock server shows them: the part of the graph that is selected, under the same names."""

from datetime import datetime
from uuid import UUID

import orjson
import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from dialog_graph.storage.tables import instances as i
from tests.benchmarks.stock.context import Context
from tests.benchmarks.stock.shared_types import Actor, Localization, actor, localized, urn


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
