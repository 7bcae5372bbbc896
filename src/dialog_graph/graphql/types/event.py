"""Events of instances, with cursors to resume from; the values behind these types are those of `reads.events`."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.errors import NOT_FOUND, Refused
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.actor import Actor, actor
from dialog_graph.graphql.types.instance import Instance
from dialog_graph.graphql.types.paging import PageInfo, counted
from dialog_graph.graphql.types.scalars import JsonScalar
from dialog_graph.reads.events import EventPage, PlacedEvent, Wanted


@strawberry.input(description="Which events; at least one of the first four members is needed.")
class EventFilter:
    """`types`: exact types, or beginnings written `x.*`; none = all."""

    instance_id: UUID | None = None
    party: str | None = None
    application: str | None = None
    org: str | None = None
    types: list[str] | None = None


def wanted(given: EventFilter) -> Wanted:
    """The filter as the reads know it."""
    return Wanted(
        instance_id=given.instance_id,
        party=given.party,
        applications=(given.application,) if given.application is not None else (),
        org=given.org,
        types=tuple(given.types or ()),
    )


def _id(root: PlacedEvent) -> UUID:
    return root.event.event_id


def _sequence(root: PlacedEvent) -> int:
    return root.event.sequence


def _type(root: PlacedEvent) -> str:
    return root.event.type


def _history_type(root: PlacedEvent) -> str | None:
    return root.event.history_type


def _time(root: PlacedEvent) -> datetime:
    return root.event.time


async def _actor(root: PlacedEvent, info: Info[Context, None]) -> Actor:
    return await actor(info, root.event.actor, root.event.stream_id)


async def _instance(root: PlacedEvent, info: Info[Context, None]) -> Instance:
    assert root.event.instance_id is not None, "only events of instances are shown"
    found = await info.context.instances.load(root.event.instance_id)
    if found is None:
        raise Refused(NOT_FOUND)
    return found  # pyright: ignore[reportReturnType] -- fields are read from the model's values


def _task_id(root: PlacedEvent) -> UUID | None:
    return root.event.entry_id


def _element_id(root: PlacedEvent) -> str | None:
    return root.event.element_id


def _data(root: PlacedEvent) -> JsonScalar | None:
    return JsonScalar(root.event.data) if root.event.data else None


@strawberry.type(description="A fact of an instance's life.")
class ProcessEvent:
    """`cursor`: place in the feed, to follow on from; `sequence`: place in the instance's own stream, gap-free."""

    id: UUID = strawberry.field(resolver=_id)
    cursor: str
    sequence: int = strawberry.field(resolver=_sequence)
    type: str = strawberry.field(resolver=_type)
    history_type: str | None = strawberry.field(
        resolver=_history_type, description="The name that Altinn's process history uses."
    )
    time: datetime = strawberry.field(resolver=_time)
    actor: Actor = strawberry.field(resolver=_actor)
    instance: Instance = strawberry.field(resolver=_instance, description="As it is now.")
    task_id: UUID | None = strawberry.field(resolver=_task_id)
    element_id: str | None = strawberry.field(resolver=_element_id)
    data: JsonScalar | None = strawberry.field(resolver=_data)


@strawberry.type(description="An event and its place in the list.")
class EventEdge:
    """One row of a page."""

    node: ProcessEvent
    cursor: str


def _edges(root: EventPage) -> list[EventEdge]:
    pairs = zip(root.page.items, root.page.cursors, strict=True)
    return [EventEdge(node=item, cursor=cursor) for item, cursor in pairs]  # pyright: ignore[reportArgumentType] -- fields are read from the read's values


def _info(root: EventPage) -> PageInfo:
    page = root.page
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=page.cursors[0] if page.cursors else None,
        end_cursor=root.end_cursor,
    )


async def _total(root: EventPage, info: Info[Context, None]) -> int:
    return await counted(info, root.page)


@strawberry.type(description="A page of events, oldest first. `endCursor` is set on an empty page too: poll with it.")
class EventConnection:
    """In the order of the feed, or of the instance's stream."""

    edges: list[EventEdge] = strawberry.field(resolver=_edges)
    page_info: PageInfo = strawberry.field(resolver=_info)
    total_count: int = strawberry.field(resolver=_total, description="Stops at 10 000.")
