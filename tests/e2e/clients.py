"""Independent clients: GraphQL over plain HTTP, graphql-transport-ws, server-sent events. They share no code with the
product, so that a mistake in the product's own client or server cannot hide in both."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE = 20.0
"""Seconds that a test waits for something that has to come."""


@dataclass(frozen=True, slots=True)
class Graph:
    """One caller of `/graphql`. `token` None: anonymous."""

    url: str
    token: str | None
    http: httpx.AsyncClient = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    async def post(self, document: str, variables: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """The bare answer."""
        body = {"query": document, "variables": variables or {}}
        return await self.http.post(f"{self.url}/graphql", json=body, headers=self.headers | headers)

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = await self.post(document, variables)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert "errors" not in body, body
        return body["data"]

    async def do(self, document: str, **variables: Any) -> dict[str, Any]:
        """The payload of the one mutation of the document, which must not tell errors."""
        (payload,) = (await self.ask(document, **variables)).values()
        assert payload["errors"] == [], payload
        return payload

    async def refused(self, document: str, **variables: Any) -> dict[str, Any]:
        """The one error in the payload of the one mutation of the document."""
        (payload,) = (await self.ask(document, **variables)).values()
        (error,) = payload["errors"]
        return error

    async def upload(self, path: str, content: bytes, content_type: str) -> httpx.Response:
        return await self.http.post(
            f"{self.url}{path}", content=content, headers=self.headers | {"Content-Type": content_type}
        )

    async def get(self, path: str, **headers: str) -> httpx.Response:
        address = path if path.startswith("http") else f"{self.url}{path}"
        return await self.http.get(address, headers=self.headers | headers)


@dataclass(frozen=True, slots=True)
class Frame:
    """One server-sent event."""

    event: str = "message"
    id: str | None = None
    data: str = ""

    @property
    def payload(self) -> dict[str, Any]:
        """The `data` of a GraphQL result without errors."""
        result = json.loads(self.data)
        assert "errors" not in result, result
        return result["data"]


async def frames(lines: AsyncIterator[str]) -> AsyncGenerator[Frame, None]:
    """Reads the event stream format (WHATWG HTML §9.2): fields until a blank line; comments and id-only frames too."""
    event, number, data = "message", None, list[str]()
    async for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                event = value
            elif name == "id":
                number = value
            elif name == "data":
                data.append(value)
            continue
        if event != "message" or number is not None or data:
            yield Frame(event, number, "\n".join(data))
        event, number, data = "message", None, []


@asynccontextmanager
async def event_stream(
    graph: Graph, document: str, variables: dict[str, Any] | None = None, last_event_id: str | None = None
) -> AsyncGenerator[AsyncGenerator[Frame, None], None]:
    """A subscription over server-sent events: the `next` and `complete` frames as they come."""
    headers = graph.headers | {"Accept": "text/event-stream"}
    if last_event_id is not None:
        headers["Last-Event-ID"] = last_event_id
    body = {"query": document, "variables": variables or {}}
    address = f"{graph.url}/graphql/stream"
    async with graph.http.stream("POST", address, json=body, headers=headers, timeout=PATIENCE) as answer:
        if answer.status_code != 200:
            raise AssertionError(f"{answer.status_code}: {(await answer.aread()).decode()}")
        assert answer.headers["content-type"].startswith("text/event-stream"), answer.headers
        async with aclosing(frames(answer.aiter_lines())) as stream:
            yield stream


async def next_frame(stream: AsyncGenerator[Frame, None]) -> Frame:
    """The next frame that carries an event."""
    async with asyncio.timeout(PATIENCE):
        async for frame in stream:
            if frame.event != "message":
                return frame
    raise AssertionError("the stream has ended")


class Socket:
    """A connection that speaks graphql-transport-ws."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.closed_with: tuple[int, str] | None = None

    async def send(self, **message: Any) -> None:
        await self._connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        """The next message that is no ping; pings are answered."""
        while True:
            async with asyncio.timeout(PATIENCE):
                message = json.loads(await self._connection.recv())
            if message["type"] != "ping":
                return message
            await self.send(type="pong")

    async def subscribe(self, number: str, document: str, variables: dict[str, Any] | None = None) -> None:
        await self.send(id=number, type="subscribe", payload={"query": document, "variables": variables or {}})

    async def next(self, number: str) -> dict[str, Any]:
        """The data of the next result of one subscription."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("next", number), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]


@asynccontextmanager
async def web_socket(host: str, token: str | None, **init: Any) -> AsyncGenerator[Socket, None]:
    """An acknowledged connection."""
    address = f"ws://{host}/graphql"
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as connection:
        assert connection.subprotocol == "graphql-transport-ws"
        socket = Socket(connection)
        parameters = init if token is None else {"Authorization": f"Bearer {token}"} | init
        await socket.send(type="connection_init", payload=parameters)
        assert (await socket.receive())["type"] == "connection_ack"
        yield socket
