"""The WebSocket: handshake, every close code, operations side by side, and that nothing stays behind."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from dialog_graph.errors import Refusal, Refused
from dialog_graph.graphql.edge import Edge
from dialog_graph.graphql.lifetime import Times
from dialog_graph.graphql.seats import Seats
from tests.unit.graphql import toy
from tests.unit.graphql.serving import served
from tests.unit.graphql.test_sse import DIALOG, PATIENCE, until

PROTOCOL = "graphql-transport-ws"
HASTY = Times(heartbeat=0.02)


@asynccontextmanager
async def serving(edge: Edge | None = None) -> AsyncGenerator[str]:
    async with served(toy.application(edge or toy.toy_edge())) as address:
        yield f"ws://{address}/graphql"


class Client:
    """A plain client: sends and receives messages as they are."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, kind: str, **members: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **members}))

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            return json.loads(await self.socket.recv())

    async def init(self, token: str | None = "person", **payload: Any) -> None:
        if token is not None:
            payload["Authorization"] = f"Bearer {token}"
        await self.send("connection_init", payload=payload)
        assert await self.next() == {"type": "connection_ack"}

    async def subscribe(self, query: str, id_: str = "1", **payload: Any) -> None:
        await self.send("subscribe", id=id_, payload={"query": query, **payload})

    async def _drained(self) -> None:
        while True:
            await self.socket.recv()

    async def closed(self) -> int:
        """The code that the server closes with, after whatever it still sends."""
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(self._drained(), PATIENCE)
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code


@asynccontextmanager
async def connected(url: str, protocol: str | None = PROTOCOL, **options: Any) -> AsyncGenerator[Client]:
    protocols = [Subprotocol(protocol)] if protocol else None
    async with connect(url, subprotocols=protocols, proxy=None, **options) as socket:
        yield Client(socket)


async def test_operations_run_side_by_side_on_one_connection() -> None:
    async with serving() as url, connected(url) as client:
        assert client.socket.subprotocol == PROTOCOL
        await client.init()
        await client.subscribe("subscription { count }", "feed")
        await client.subscribe("query Q($t: String!) { echo(text: $t) }", "once", variables={"t": "hi"})
        first = await client.next()
        assert (first["id"], first["type"], first["payload"]["data"]) == ("once", "next", {"echo": "hi"})
        assert await client.next() == {"type": "complete", "id": "once"}
        toy.SOURCE.events.put_nowait(("p1", 1))
        assert (await client.next())["payload"]["data"] == {"count": 1}
        await client.subscribe('mutation { save(text: "x") }', "once")
        assert (await client.next())["payload"]["data"] == {"save": "x"}
        await client.next()
        toy.SOURCE.events.put_nowait(None)
        assert await client.next() == {"type": "complete", "id": "feed"}
    assert {context.resets > 0 for context in toy.NOTES.contexts} == {True}
    assert len({id(context) for context in toy.NOTES.contexts}) == 3


async def test_a_client_may_end_an_operation_and_use_its_id_again() -> None:
    async with serving() as url, connected(url) as client:
        await client.init()
        await client.subscribe("subscription { count }")
        await until(lambda: toy.NOTES.open_generators == 1)
        await client.send("complete", id="1")
        await client.subscribe("{ hello }")
        assert (await client.next())["payload"]["data"] == {"hello": "hello"}
        await until(lambda: toy.NOTES.open_generators == 0)


async def test_pings_are_answered() -> None:
    async with serving() as url, connected(url) as client:
        await client.send("ping", payload={"any": "thing"})
        assert await client.next() == {"type": "pong"}


Script = Callable[[Client], Any]


async def _nothing(client: Client) -> None:
    del client


async def _binary(client: Client) -> None:
    await client.socket.send(b"{}")


async def _no_json(client: Client) -> None:
    await client.socket.send("{")


async def _array(client: Client) -> None:
    await client.socket.send("[]")


async def _unknown(client: Client) -> None:
    await client.send("start")


async def _deep(client: Client) -> None:
    await client.socket.send('{"type":"ping","payload":' + "[" * 100 + "]" * 100 + "}")


async def _large(client: Client) -> None:
    await client.send("ping", payload={"x": "x" * 65536})


async def _early(client: Client) -> None:
    await client.subscribe("{ hello }")


async def _bad_token(client: Client) -> None:
    await client.send("connection_init", payload={"authorization": "Bearer nobody"})


async def _expired(client: Client) -> None:
    await client.send("connection_init", payload={"AUTHORIZATION": "Bearer expired"})


async def _strange_token(client: Client) -> None:
    await client.send("connection_init", payload={"Authorization": {"a": 1}})


async def _busy(client: Client) -> None:
    await client.send("connection_init", payload={"Authorization": "Bearer busy"})


async def _crash(client: Client) -> None:
    await client.send("connection_init", payload={"Authorization": "Bearer crash"})


async def _bad_payload(client: Client) -> None:
    await client.send("connection_init", payload=[])


async def _twice(client: Client) -> None:
    await client.init()
    await client.send("connection_init")


async def _same_id(client: Client) -> None:
    await client.init()
    await client.subscribe("subscription { count }")
    await client.subscribe("subscription { count }")


async def _no_id(client: Client) -> None:
    await client.init()
    await client.send("subscribe", payload={"query": "{ hello }"})


async def _no_query(client: Client) -> None:
    await client.init()
    await client.send("subscribe", id="1", payload={"query": None})


async def _dialog_of_another(client: Client) -> None:
    await client.init("person")
    await client.subscribe(DIALOG["query"])


async def _dialog_token_elsewhere(client: Client) -> None:
    await client.init("dialog")
    await client.subscribe("{ hello }")


async def _refused_again(client: Client) -> None:
    await client.init()
    for _ in range(5):
        await client.subscribe("subscription { forbidden }")
        assert (await client.next())["payload"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (_binary, 4400),
        (_no_json, 4400),
        (_array, 4400),
        (_unknown, 4400),
        (_deep, 4400),
        (_bad_payload, 4400),
        (_strange_token, 4400),
        (_no_id, 4400),
        (_no_query, 4400),
        (_large, 1009),
        (_early, 4401),
        (_bad_token, 4401),
        (_expired, 4401),
        (_dialog_of_another, 4401),
        (_dialog_token_elsewhere, 4401),
        (_refused_again, 4403),
        (_nothing, 4408),
        (_same_id, 4409),
        (_twice, 4429),
        (_busy, 1013),
        (_crash, 1011),
    ],
)
async def test_a_breach_of_the_protocol_has_its_code(script: Script, code: int) -> None:
    edge = toy.toy_edge(times=Times(connection_init=0.05 if script is _nothing else 10.0))
    async with serving(edge) as url, connected(url) as client:
        await script(client)
        assert await client.closed() == code
        await until(lambda: toy.NOTES.open_generators == 0)


@pytest.mark.parametrize("protocol", [None, "graphql-ws"])
async def test_other_sub_protocols_are_closed_with_4406(protocol: str | None) -> None:
    # The client library refuses a server that picks no protocol of its offers, unless it sees the close first.
    async with serving() as url, connected(url, protocol) as client:
        assert await client.closed() == 4406


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        (None, True),
        ("https://inbox.example", True),
        ("same", True),
        ("https://evil.example", False),
        ("null", False),
    ],
)
async def test_origins_are_checked_before_the_upgrade(origin: str | None, is_allowed: bool) -> None:
    async with serving() as url:
        sent = url.replace("ws:", "http:").removesuffix("/graphql") if origin == "same" else origin
        if is_allowed:
            async with connected(url, origin=sent) as client:
                await client.init()
            return
        with pytest.raises(InvalidStatus) as refused:
            async with connected(url, origin=sent):
                pass
        assert refused.value.response.status_code == 403


async def test_anonymous_callers_may_connect() -> None:
    async with serving() as url, connected(url) as client:
        await client.init(None)
        await client.subscribe("{ hello }")
        assert (await client.next())["payload"]["extensions"]["cost"]["limit"] == 5000


async def test_the_same_limits_hold() -> None:
    async with serving() as url, connected(url) as client:
        await client.init()
        await client.subscribe("{ " + "node { child " * 8 + "{ id }" + "}" * 9)
        message = await client.next()
        assert (message["type"], message["id"]) == ("error", "1")
        await client.subscribe("{ " + "hello " * 31 + "}")
        assert (await client.next())["payload"][0]["extensions"]["code"] == "LIMIT_FIELDS"


async def test_errors_are_masked() -> None:
    async with serving() as url, connected(url) as client:
        await client.init()
        await client.subscribe("subscription { broken }")
        assert (await client.next())["payload"]["data"] == {"broken": 1}
        error = await client.next()
    assert error["type"] == "error"
    assert error["payload"][0]["extensions"]["code"] == "INTERNAL"
    assert toy.SECRET not in json.dumps(error)


async def test_the_twenty_first_operation_is_refused_alone() -> None:
    async with serving() as url, connected(url) as client:
        await client.init()
        for each in range(21):
            await client.subscribe("subscription { count }", str(each))
        message = await client.next()
        assert (message["id"], message["type"]) == ("20", "error")
        assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        await until(lambda: toy.NOTES.open_generators == 20)
    await until(lambda: toy.NOTES.open_generators == 0)


async def test_pings_carry_the_lowest_cursor_of_the_feeds() -> None:
    async with serving(toy.toy_edge(times=Times(heartbeat=0.02, missed_pongs=1000))) as url, connected(url) as client:
        await client.init()
        assert await client.next() == {"type": "ping"}
        await client.send("pong")
        await client.subscribe('subscription { count(after: "p9") }', "a")
        await client.subscribe('subscription { count(after: "p10") }', "b")
        await until(lambda: toy.NOTES.open_generators == 2)
        while (ping := await client.next()) != {"type": "ping", "payload": {"cursor": "p9"}}:
            assert ping["type"] == "ping"
            await client.send("pong")


async def test_a_peer_that_answers_no_ping_is_dead() -> None:
    async with serving(toy.toy_edge(times=HASTY)) as url, connected(url) as client:
        await client.init()
        assert await client.closed() == 1013


@pytest.mark.parametrize(
    ("ended_by", "code", "reason"),
    [("expiry", 4440, "token expired"), ("age", 1012, "stream age"), ("restart", 1012, "restart")],
)
async def test_the_end_is_announced_with_the_cursor(ended_by: str, code: int, reason: str) -> None:
    edge = toy.toy_edge(times=Times(stream_age=0.2 if ended_by == "age" else 3600.0))
    if ended_by == "expiry":
        edge = toy.toy_edge(now=lambda: 1_999_999_999.8, who=_expiring)
    async with serving(edge) as url, connected(url) as client:
        await client.init(lastEventId="p4")
        await client.subscribe("subscription { count }")
        await until(lambda: toy.NOTES.open_generators == 1)
        if ended_by == "restart":
            edge.closing.close_feeds()
        assert await client.next() == {"type": "ping", "payload": {"closing": reason, "cursor": "p4"}}
        assert await client.closed() == code
        await until(lambda: toy.NOTES.open_generators == 0)


async def _expiring(authorization: object) -> Any:
    del authorization
    return toy.Principal(kind=toy.PrincipalKind.PERSON, urn="urn:p", level=4, subject_id=7, expires_at=2_000_000_000)


async def test_the_stream_of_a_dialog_outlives_its_token_and_the_feeds() -> None:
    edge = toy.toy_edge(times=Times(stream_age=0.0))
    async with serving(edge) as url, connected(url) as client:
        await client.init("dialog")
        await client.subscribe(DIALOG["query"])
        edge.closing.close_feeds()
        await until(lambda: toy.NOTES.open_generators == 1)
        toy.SOURCE.events.put_nowait(("p1", 1))
        assert (await client.next())["payload"]["data"]["dialogEvents"]["type"] == "DIALOG_UPDATED"
        edge.closing.close_all()
        assert await client.closed() == 1012


async def test_a_client_that_comes_back_tells_where_it_stopped() -> None:
    async with serving() as url, connected(url) as client:
        await client.init(lastEventId="p7")
        await client.subscribe("subscription { resumed }")
        assert (await client.next())["payload"]["data"] == {"resumed": "p7"}


async def test_a_refusal_in_a_stream_ends_it_with_its_details() -> None:
    async with serving() as url, connected(url) as client:
        await client.init()
        await client.subscribe("subscription { count }")
        toy.SOURCE.events.put_nowait(Refused(Refusal(code="RESYNC_REQUIRED", floor="p2")))
        error = await client.next()
        assert (error["type"], error["payload"][0]["extensions"]["floor"]) == ("error", "p2")


async def test_connections_per_subject_are_counted_where_limits_are_on() -> None:
    edge = toy.toy_edge(seats=Seats(limited=True, connections_per_subject=1))
    async with serving(edge) as url, connected(url) as first:
        await first.init()
        async with connected(url) as second:
            await second.send("connection_init", payload={"Authorization": "Bearer person"})
            assert await second.closed() == 1013
        async with connected(url) as other:
            await other.init("org")


async def test_an_abrupt_disconnect_leaves_no_generator() -> None:
    edge = toy.toy_edge()
    async with serving(edge) as url:
        async with connected(url) as client:
            await client.init()
            for each in range(3):
                await client.subscribe("subscription { count }", str(each))
            await until(lambda: toy.NOTES.open_generators == 3)
            client.socket.transport.abort()
        await until(lambda: toy.NOTES.open_generators == 0)
        await until(lambda: edge.seats.streams == 0)
    assert toy.NOTES.cancelled == 3


async def test_a_client_that_does_not_read_is_closed_and_its_generator_with_it() -> None:
    """Far more is produced than the buffers between the two hold; the sends stall, and the server lets go."""
    edge = toy.toy_edge(times=Times(send=0.2))
    async with serving(edge) as url:
        async with connected(url, max_queue=1) as client:
            await client.init()
            client.socket.transport.pause_reading()
            await client.subscribe("subscription { flood(size: 100000) }")
            await until(lambda: toy.NOTES.opened == 1)
            await until(lambda: toy.NOTES.open_generators == 0)
            client.socket.transport.abort()
        await until(lambda: edge.seats.streams == 0)
