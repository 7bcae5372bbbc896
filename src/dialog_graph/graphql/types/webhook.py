"""Webhooks with their deliveries; the values behind these types are those of `model.webhook`."""

from datetime import datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.access import webhook_signing
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.enums import OnDead, WebhookFormat, WebhookOrdering, WebhookState
from dialog_graph.graphql.types.instance import Instance
from dialog_graph.graphql.types.paging import PageInfo, counted, page_info
from dialog_graph.graphql.types.scalars import JsonScalar, Url
from dialog_graph.model.event import Event
from dialog_graph.model.party import Party
from dialog_graph.model.webhook import Delivery as DeliveryValue
from dialog_graph.model.webhook import Webhook as WebhookValue
from dialog_graph.reads import webhooks
from dialog_graph.reads.paging import Page
from dialog_graph.urns import RESOURCE

_APP = "app_"


@strawberry.enum(description="What has become of an event for a webhook.")
class DeliveryState(Enum):
    """PENDING: to be sent; DEAD: given up; HELD: waits until the webhook is active."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"
    SKIPPED = "SKIPPED"
    HELD = "HELD"


@strawberry.enum(description="OPEN: the endpoint has failed often and is only probed.")
class CircuitState(Enum):
    """In this version always CLOSED."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"


@strawberry.type(description="How many deliveries are in each state.")
class DeliveryCounts:
    """All of the webhook's deliveries that are kept."""

    pending: int
    delivered: int
    dead: int
    held: int
    skipped: int


@strawberry.type(description="One request and what came of it.")
class DeliveryAttempt:
    """`error`: a word, null for success; `response_text`: beginning of the answer."""

    at: datetime
    status: int | None
    error: str | None
    duration_ms: int
    response_text: str | None


def _event_id(root: Event) -> UUID:
    return root.event_id


async def _instance(root: Event, info: Info[Context, None]) -> Instance | None:
    if root.instance_id is None:
        return None
    return await info.context.instances.load(root.instance_id)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


def _data(root: Event) -> JsonScalar | None:
    return JsonScalar(root.data) if root.data else None


@strawberry.type(description="The event that is delivered.")
class DeliveredEvent:
    """`instance` is null where there is none, or none that the caller may read."""

    id: UUID = strawberry.field(resolver=_event_id)
    type: str
    time: datetime
    stream_id: UUID
    sequence: int
    instance: Instance | None = strawberry.field(resolver=_instance)
    dialog_id: UUID | None
    data: JsonScalar | None = strawberry.field(resolver=_data)


def _delivery_id(root: DeliveryValue) -> UUID:
    return root.event.event_id


def _delivery_state(root: DeliveryValue) -> DeliveryState:
    return DeliveryState[root.state]


async def _attempts(root: DeliveryValue, info: Info[Context, None]) -> list[DeliveryAttempt]:
    return await info.context.read(webhooks.attempts, root)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


@strawberry.type(description="One event for one webhook. `id` is the event's id and the header `webhook-id`.")
class Delivery:
    """`attempt`: how many there have been."""

    id: UUID = strawberry.field(resolver=_delivery_id)
    event: DeliveredEvent
    state: DeliveryState = strawberry.field(resolver=_delivery_state)
    attempt: int
    next_at: datetime | None
    deadline_at: datetime
    last_status: int | None
    last_error: str | None
    attempts: list[DeliveryAttempt] = strawberry.field(resolver=_attempts)


@strawberry.type(description="A delivery and its place in the list.")
class DeliveryEdge:
    """One row of a page."""

    node: Delivery
    cursor: str


def _edges(root: Page[DeliveryValue]) -> list[DeliveryEdge]:
    pairs = zip(root.items, root.cursors, strict=True)
    return [DeliveryEdge(node=item, cursor=cursor) for item, cursor in pairs]  # pyright: ignore[reportArgumentType] -- fields are read from the model's values


def _info(root: Page[DeliveryValue]) -> PageInfo:
    return page_info(root)


async def _total(root: Page[DeliveryValue], info: Info[Context, None]) -> int:
    return await counted(info, root)


@strawberry.type(description="A page of deliveries, newest event first.")
class DeliveryConnection:
    """Of one webhook."""

    edges: list[DeliveryEdge] = strawberry.field(resolver=_edges)
    page_info: PageInfo = strawberry.field(resolver=_info)
    total_count: int = strawberry.field(resolver=_total, description="Stops at 10 000.")


def _id(root: WebhookValue) -> UUID:
    return root.webhook_id


def _endpoint(root: WebhookValue) -> Url:
    return Url(root.endpoint)


def _types(root: WebhookValue) -> list[str] | None:
    return list(root.types) or None


def _application(root: WebhookValue) -> str | None:
    if root.resource is None or not root.resource.startswith(_APP):
        return None
    return "/".join(root.resource.removeprefix(_APP).split("_", 1))


def _resource(root: WebhookValue) -> str | None:
    return None if root.resource is None else f"{RESOURCE}{root.resource}"


async def _subject(root: WebhookValue, info: Info[Context, None]) -> str | None:
    if root.party_id is None:
        return None
    found: Party | None = await info.context.parties.load(root.party_id)
    return None if found is None else found.urn


def _format(root: WebhookValue) -> WebhookFormat:
    return WebhookFormat[root.format]


def _ordering(root: WebhookValue) -> WebhookOrdering:
    return WebhookOrdering[root.ordering]


def _on_dead(root: WebhookValue) -> OnDead:
    return OnDead[root.on_dead]


def _state(root: WebhookValue) -> WebhookState:
    return WebhookState[root.state]


def _circuit(root: WebhookValue) -> CircuitState:
    return CircuitState.CLOSED


def _public_key(root: WebhookValue, info: Info[Context, None]) -> str:
    return webhook_signing.public_key(info.context.ports.keys)


def _last_success(root: WebhookValue) -> datetime | None:
    return root.last_success_at


async def _oldest_pending(root: WebhookValue, info: Info[Context, None]) -> datetime | None:
    return await info.context.read(webhooks.oldest_pending, root.webhook_id)


async def _counts(root: WebhookValue, info: Info[Context, None]) -> DeliveryCounts:
    found = await info.context.read(webhooks.counts, root.webhook_id)
    return DeliveryCounts(**{state.value.lower(): found.get(state.value, 0) for state in DeliveryState})


async def _deliveries(
    root: WebhookValue,
    info: Info[Context, None],
    state: DeliveryState | None = None,
    type: str | None = None,
    stream_id: UUID | None = None,
    since: Annotated[datetime | None, strawberry.argument(name="from")] = None,
    until: Annotated[datetime | None, strawberry.argument(name="to")] = None,
    first: int | None = 50,
    after: str | None = None,
) -> DeliveryConnection:
    given = {
        "state": None if state is None else state.value,
        "type": type,
        "stream_id": stream_id,
        "since": since,
        "until": until,
    }
    query = webhooks.DeliveryQuery(
        webhook_id=root.webhook_id,
        filters={name: value for name, value in given.items() if value is not None},
        first=50 if first is None else first,
        after=after,
    )
    return await info.context.read(webhooks.deliveries, query)  # pyright: ignore[reportReturnType] -- fields are read from the page


@strawberry.type(description="An address that is told of events.")
class Webhook:
    """`public_key` verifies `v1a` signatures; the secret of `v1` is shown only once."""

    id: UUID = strawberry.field(resolver=_id)
    endpoint: Url = strawberry.field(resolver=_endpoint)
    types: list[str] | None = strawberry.field(resolver=_types)
    application: str | None = strawberry.field(resolver=_application)
    org: str | None
    resource: str | None = strawberry.field(resolver=_resource)
    subject: str | None = strawberry.field(resolver=_subject)
    include_subunits: bool | None
    format: WebhookFormat = strawberry.field(resolver=_format)
    ordering: WebhookOrdering = strawberry.field(resolver=_ordering)
    on_dead: OnDead = strawberry.field(resolver=_on_dead)
    rate_per_minute: int | None
    include_alternative_subject: bool
    description: str | None
    state: WebhookState = strawberry.field(resolver=_state)
    state_reason: str | None
    circuit: CircuitState = strawberry.field(resolver=_circuit)
    public_key: str = strawberry.field(resolver=_public_key)
    created_at: datetime
    last_success: datetime | None = strawberry.field(resolver=_last_success)
    oldest_pending: datetime | None = strawberry.field(resolver=_oldest_pending)
    counts: DeliveryCounts = strawberry.field(resolver=_counts)
    deliveries: DeliveryConnection = strawberry.field(resolver=_deliveries)
