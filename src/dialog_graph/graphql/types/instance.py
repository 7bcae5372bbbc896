"""Instances, their process, tasks and data; the values behind these types are those of `model.instance`."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.apps import AppVersion
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.actor import Actor, actor
from dialog_graph.graphql.types.application import Application
from dialog_graph.graphql.types.data_element import DataElement
from dialog_graph.graphql.types.enums import InstanceStatus
from dialog_graph.graphql.types.errors import ValidationIssue, issue
from dialog_graph.graphql.types.paging import PageInfo, counted, page_info
from dialog_graph.graphql.types.party import Party
from dialog_graph.graphql.types.process import Process, ProcessView
from dialog_graph.graphql.types.scalars import JsonScalar
from dialog_graph.model.instance import Confirmation
from dialog_graph.model.instance import Instance as InstanceValue
from dialog_graph.reads import applications, instance_details
from dialog_graph.reads.paging import Page


@strawberry.type(description="The owner's own words about where the case stands.")
class Substatus:
    """Text keys of the app, or literal texts."""

    label: str | None
    description: str | None


@strawberry.type(description="The owner has received the data.")
class ReceiptConfirmation:
    """`org`: who confirmed."""

    org: str
    confirmed_at: datetime


def _id(root: InstanceValue) -> UUID:
    return root.instance_id


async def _application(root: InstanceValue, info: Info[Context, None]) -> Application:
    found: AppVersion | None = await info.context.read(applications.active, root.app_id)
    return found or await info.context.read(instance_details.version, root)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


async def _party(root: InstanceValue, info: Info[Context, None]) -> Party:
    return await info.context.parties.load(root.party_id)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


async def _process(root: InstanceValue) -> Process:
    return ProcessView(root)  # pyright: ignore[reportReturnType] -- fields are read from the view


async def _data_elements(root: InstanceValue, info: Info[Context, None], type: str | None = None) -> list[DataElement]:
    return await info.context.read(instance_details.readable_elements, root, type)  # pyright: ignore[reportReturnType] -- fields are read from the read's values


async def _validation(root: InstanceValue, info: Info[Context, None]) -> list[ValidationIssue]:
    owner = await info.context.parties.load(root.party_id)
    found = await info.context.read(instance_details.validation, root, owner)
    return [issue(item, info.context.languages) for item in found]


def _presentation_texts(root: InstanceValue) -> JsonScalar:
    return JsonScalar(dict(root.presentation_texts))


def _data_values(root: InstanceValue) -> JsonScalar:
    return JsonScalar(dict(root.data_values))


def _confirmations(root: InstanceValue) -> list[ReceiptConfirmation]:
    found: tuple[Confirmation, ...] = root.confirmations
    return [ReceiptConfirmation(org=item.org, confirmed_at=item.confirmed_at) for item in found]


async def _created_by(root: InstanceValue, info: Info[Context, None]) -> Actor:
    return await actor(info, root.created_by, root.instance_id)


@strawberry.type(description="One run of an application for one party.")
class Instance:
    """`ref`: the instance as other systems refer to it; `revision` grows with every change."""

    id: UUID = strawberry.field(resolver=_id)
    revision: int
    ref: str
    application: Application = strawberry.field(resolver=_application)
    org: str
    party: Party = strawberry.field(resolver=_party)
    status: InstanceStatus
    substatus: Substatus | None
    process: Process = strawberry.field(resolver=_process)
    data_elements: list[DataElement] = strawberry.field(resolver=_data_elements)
    validation: list[ValidationIssue] = strawberry.field(
        resolver=_validation, description="What stands in the way of completing the current tasks, checked now."
    )
    presentation_texts: JsonScalar = strawberry.field(resolver=_presentation_texts)
    data_values: JsonScalar = strawberry.field(resolver=_data_values)
    confirmations: list[ReceiptConfirmation] = strawberry.field(resolver=_confirmations)
    created_by: Actor = strawberry.field(resolver=_created_by)
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None
    visible_from: datetime | None
    archived_at: datetime | None
    deleted_at: datetime | None


@strawberry.type(description="An instance and its place in the list.")
class InstanceEdge:
    """One row of a page."""

    node: Instance
    cursor: str


def _edges(root: Page[InstanceValue]) -> list[InstanceEdge]:
    pairs = zip(root.items, root.cursors, strict=True)
    return [InstanceEdge(node=item, cursor=cursor) for item, cursor in pairs]  # pyright: ignore[reportArgumentType] -- fields are read from the model's values


def _info(root: Page[InstanceValue]) -> PageInfo:
    return page_info(root)


async def _total(root: Page[InstanceValue], info: Info[Context, None]) -> int:
    return await counted(info, root)


@strawberry.type(description="A page of instances.")
class InstanceConnection:
    """In the order asked for."""

    edges: list[InstanceEdge] = strawberry.field(resolver=_edges)
    page_info: PageInfo = strawberry.field(resolver=_info)
    total_count: int = strawberry.field(resolver=_total, description="Stops at 10 000.")
