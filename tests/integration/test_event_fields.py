"""Events and webhooks through the graph: what clients ask for, and what a stream tells about its position."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult

from dialog_graph.access import webhook_signing
from dialog_graph.errors import Refused
from dialog_graph.graphql import event_fields as fields
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.subscriptions import Subscription
from dialog_graph.graphql.types.errors import ERROR_TYPES
from dialog_graph.graphql.types.event import EventConnection
from dialog_graph.graphql.types.scalars import SCALARS
from dialog_graph.graphql.types.webhook import Webhook
from dialog_graph.model.principal import ANONYMOUS, Principal
from dialog_graph.storage.logins import Logins
from dialog_graph.workers.running import running
from tests.integration.event_world import APP, KARI_URN, NEIGHBOUR, OWNER, World, world_of
from tests.integration.receiver import Receiver, receiving
from tests.integration.rows import KARI, person, settled


@strawberry.type
class _Query:
    events: EventConnection = strawberry.field(resolver=fields.events)
    webhooks: list[Webhook] = strawberry.field(resolver=fields.webhooks)


@strawberry.type
class _Mutation:
    create_webhook: fields.CreateWebhookPayload = strawberry.mutation(resolver=fields.create)
    delete_webhook: fields.DeleteWebhookPayload = strawberry.mutation(resolver=fields.delete)


SCHEMA = strawberry.Schema(
    query=_Query,
    mutation=_Mutation,
    subscription=Subscription,
    types=ERROR_TYPES,
    config=StrawberryConfig(scalar_map=SCALARS),
)

PAGE = """
query ($filter: EventFilter!, $after: String) {
  events(filter: $filter, first: 2, after: $after) {
    edges { cursor node { id cursor sequence type historyType actor { kind } instance { id } elementId data } }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
"""
FOLLOW = """
subscription ($after: String) {
  processEvents(filter: {org: "ttd", types: ["app.instance.substatus.changed"]}, after: $after) {
    cursor sequence data instance { id substatus { label } }
  }
}
"""
COMPLETIONS = "subscription { completions(unconfirmedFirst: true) { type instance { id status } } }"
CREATE = """
mutation ($input: CreateWebhookInput!) {
  createWebhook(input: $input) {
    webhook { id endpoint types application subject state circuit format publicKey counts { pending } }
    secret
    errors { __typename code ... on InvalidInput { path } }
  }
}
"""
LIST = """
{ webhooks { id counts { pending delivered dead } oldestPending lastSuccess
    deliveries(state: DELIVERED) { totalCount edges { node {
      id state attempt lastStatus event { type sequence instance { id } }
      attempts { status durationMs responseText } } } } } }
"""


@pytest.fixture
async def world(logins: Logins, tmp_path: Path) -> AsyncGenerator[World]:
    async with world_of(logins, tmp_path) as made:
        yield made


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as made:
        yield made


async def asked(world: World, document: str, principal: Principal = OWNER, **variables: Any) -> dict[str, Any]:
    context = Context(world.ports, principal)
    result = await SCHEMA.execute(document, variables, context)
    await context.reset()
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


class Client:
    """A client with one subscription."""

    def __init__(self, world: World, principal: Principal = OWNER) -> None:
        self.context = Context(world.ports, principal)
        self._next: asyncio.Task[dict[str, Any]] | None = None

    @asynccontextmanager
    async def following(self, document: str, **variables: Any) -> "AsyncGenerator[Client]":
        """The subscription, begun: what happens from here on reaches it."""
        async with aclosing(await self.stream(document, **variables)) as stream:
            self._stream = stream
            self._next = asyncio.create_task(self._data())
            async with asyncio.timeout(20):
                for _ in range(2000):
                    if self.context.position is not None:
                        break
                    await asyncio.sleep(0.01)
            try:
                yield self
            finally:
                await self._stop()

    async def _stop(self) -> None:
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await self.context.reset()

    async def stream(self, document: str, **variables: Any) -> "AsyncGenerator[ExecutionResult]":
        found = await SCHEMA.subscribe(document, variables, self.context)
        return cast("AsyncGenerator[ExecutionResult]", found)

    async def _data(self) -> dict[str, Any]:
        result = await anext(self._stream)
        assert result.errors is None, result.errors
        assert result.data is not None
        return result.data

    async def next(self) -> dict[str, Any]:
        """The next payload."""
        waiting, self._next = self._next or asyncio.create_task(self._data()), None
        return await asyncio.wait_for(waiting, 20)

    async def refusal(self, document: str, **variables: Any) -> str:
        """Code of the one error that comes instead of a stream."""
        (result,) = [result async for result in await self.stream(document, **variables)]
        assert result.errors is not None
        cause = result.errors[0].original_error
        assert isinstance(cause, Refused)
        return cause.refusal.code


async def test_a_client_polls_with_the_end_cursor(world: World) -> None:
    instance_id = await world.started()
    await settled(world.ports.database)
    chosen = {"instanceId": str(instance_id)}
    first = (await asked(world, PAGE, filter=chosen))["events"]
    second = (await asked(world, PAGE, filter=chosen, after=first["pageInfo"]["endCursor"]))["events"]
    nodes = [edge["node"] for edge in (*first["edges"], *second["edges"])]
    assert [node["sequence"] for node in nodes] == sorted({node["sequence"] for node in nodes})
    assert nodes[0]["historyType"] == "Created"
    assert {node["instance"]["id"] for node in nodes} == {str(instance_id)}
    assert {node["actor"]["kind"] for node in nodes} == {"PERSON"}
    assert first["pageInfo"]["hasNextPage"]
    assert first["totalCount"] == second["totalCount"] >= len(nodes)
    kari = (await asked(world, PAGE, person(KARI), filter=chosen))["events"]
    assert kari["totalCount"] < first["totalCount"], "changes of data are for the owner alone"


async def test_a_stream_shows_the_present_and_where_it_stands(world: World) -> None:
    instance_id = await world.started()
    client = Client(world)
    async with client.following(FOLLOW):
        start = client.context.position
        await world.noted(instance_id, "a")
        first = (await client.next())["processEvents"]
        assert client.context.position == first["cursor"] != start
        await world.noted(instance_id, "b")
        second = (await client.next())["processEvents"]
    assert [event["data"]["label"] for event in (first, second)] == ["a", "b"]
    assert second["instance"] == {"id": str(instance_id), "substatus": {"label": "b"}}
    again = Client(world)
    again.context.last_event_id = first["cursor"]
    async with again.following(FOLLOW):
        assert (await again.next())["processEvents"]["data"]["label"] == "b"


async def test_a_waiting_stream_holds_no_connection(world: World) -> None:
    instance_id = await world.started()
    client = Client(world)
    async with client.following(FOLLOW):
        await world.noted(instance_id, "a")
        await client.next()
        waiting = asyncio.create_task(client.next())
        await asyncio.sleep(0.2)  # it waits for the next event now
        assert client.context._open is None  # pyright: ignore[reportPrivateUsage] -- the snapshot of the last payload
        await world.noted(instance_id, "b")
        assert (await waiting)["processEvents"]["data"]["label"] == "b"


async def test_a_refusal_is_an_error_before_the_stream(world: World) -> None:
    assert await Client(world, ANONYMOUS).refusal(FOLLOW) == "UNAUTHENTICATED"
    assert await Client(world, NEIGHBOUR).refusal(FOLLOW) == "INVALID_INPUT"
    assert await Client(world).refusal(FOLLOW, after="nonsense") == "BAD_CURSOR"
    assert await Client(world, person(KARI)).refusal(COMPLETIONS) == "FORBIDDEN"


async def test_completions_begin_with_those_that_wait_for_their_receipt(world: World) -> None:
    waiting = [str(await world.sent_in()), str(await world.sent_in())]
    await world.confirmed(await world.sent_in())
    await settled(world.ports.database)
    client = Client(world)
    async with client.following(COMPLETIONS):
        start = client.context.position
        found = [await client.next(), await client.next()]
        assert client.context.position == start, "a client that comes back gets the whole list again"
        later = str(await world.sent_in())
        found.append(await client.next())
    assert [event["completions"]["instance"]["id"] for event in found] == [*waiting, later]
    assert {event["completions"]["instance"]["status"] for event in found} == {"COMPLETED"}


async def test_a_webhook_is_made_seen_and_deleted(world: World, receiver: Receiver) -> None:
    given = {"endpoint": receiver.url, "application": APP, "types": ["app.instance.substatus.changed"]}
    first = (await asked(world, CREATE, input=given))["createWebhook"]
    again = (await asked(world, CREATE, input=given))["createWebhook"]
    assert (first["errors"], again["errors"], again["secret"]) == ([], [], None)
    assert first["secret"].startswith("whsec_")
    assert first["webhook"] == again["webhook"]
    assert first["webhook"] == {
        "id": first["webhook"]["id"],
        "endpoint": receiver.url,
        "types": ["app.instance.substatus.changed"],
        "application": APP,
        "subject": None,
        "state": "ACTIVE",
        "circuit": "CLOSED",
        "format": "CLOUDEVENTS_JSON",
        "publicKey": webhook_signing.public_key(world.ports.keys),
        "counts": {"pending": 0},
    }
    instance_id = await world.started()
    async with running(world.ports):
        await world.noted(instance_id, "x")
        (request,) = await receiver.received(1)
    (seen,) = (await asked(world, LIST))["webhooks"]
    assert seen["counts"] == {"pending": 0, "delivered": 1, "dead": 0}
    assert seen["oldestPending"] is None
    assert seen["lastSuccess"] is not None
    (delivery,) = [edge["node"] for edge in seen["deliveries"]["edges"]]
    assert (delivery["id"], delivery["lastStatus"], seen["deliveries"]["totalCount"]) == (request.id, 200, 1)
    assert delivery["event"]["instance"]["id"] == str(instance_id)
    assert [(each["status"], each["responseText"]) for each in delivery["attempts"]] == [(200, "thanks")]
    assert (await asked(world, LIST, NEIGHBOUR))["webhooks"] == []
    document = "mutation ($id: UUID!) { deleteWebhook(input: {webhookId: $id}) { webhook { id } errors { code } } }"
    refused = (await asked(world, document, NEIGHBOUR, id=seen["id"]))["deleteWebhook"]
    assert refused == {"webhook": None, "errors": [{"code": "NOT_FOUND"}]}
    gone = (await asked(world, document, id=seen["id"]))["deleteWebhook"]
    assert gone == {"webhook": {"id": seen["id"]}, "errors": []}
    assert (await asked(world, LIST))["webhooks"] == []


async def test_an_end_user_follows_its_own_party(world: World, receiver: Receiver) -> None:
    given = {"endpoint": receiver.url, "application": APP, "subject": KARI_URN, "format": "BINARY"}
    made = (await asked(world, CREATE, person(KARI), input=given))["createWebhook"]
    assert (made["errors"], made["webhook"]["subject"]) == ([], KARI_URN)
    without = {"endpoint": receiver.url, "application": APP}
    refused = (await asked(world, CREATE, person(KARI), input=without))["createWebhook"]
    assert refused["errors"] == [{"__typename": "InvalidInput", "code": "INVALID_INPUT", "path": ["subject"]}]
