"""A lean HTTP client for load: keep-alive connections, requests made beforehand, every answer checked.

It must cost little beside the server it loads, so it parses only what it needs: status, Content-Length, body.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import orjson

from tests.benchmarks.failures import BenchmarkFailed

HOST = "127.0.0.1"
TIMEOUT = 30.0
"""Seconds one answer may take."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it goes over the wire, and what its answer must be."""

    data: bytes
    check: Callable[[bytes], None]


def post(path: str, token: str, document: str, variables: object) -> bytes:
    """A GraphQL request as bytes."""
    body = orjson.dumps({"query": document, "variables": variables})
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """One keep-alive connection; one request at a time."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._head = -1
        self._length = 0
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Completes the answer when all of it is here."""
        self._received += data
        if self._head < 0:
            self._read_head()
        if self._head >= 0 and len(self._received) >= self._head + self._length:
            self._finish(bytes(self._received[self._head :]))

    def connection_lost(self, exc: Exception | None) -> None:
        """An answer still awaited has failed."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(BenchmarkFailed(f"the server closed the connection: {exc}"))

    def _read_head(self) -> None:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end]).lower()
        _, found, rest = head.partition(b"\r\ncontent-length:")
        self._head = end + 4
        self._length = int(rest.partition(b"\r\n")[0]) if found else 0
        if not head.startswith(b"http/1.1 200"):
            self._fail(f"expected status 200, but got {bytes(self._received[:600])!r}")

    def _fail(self, message: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(BenchmarkFailed(message))

    def _finish(self, body: bytes) -> None:
        self._received.clear()
        self._head = -1
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(body)

    async def ask(self, data: bytes) -> bytes:
        """Sends a request and gives the body of its answer."""
        assert self._transport is not None, "connected first"
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        try:
            return await asyncio.wait_for(self._answer, TIMEOUT)
        except TimeoutError:
            raise BenchmarkFailed(f"the server did not answer within {TIMEOUT:.0f} s") from None

    def close(self) -> None:
        """Ends the connection."""
        if self._transport is not None:
            self._transport.close()


async def connect(port: int) -> Connection:
    """A connection to a server on this machine."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, HOST, port)
    return connection


async def ask(port: int, data: bytes) -> bytes:
    """One request on a connection of its own."""
    connection = await connect(port)
    try:
        return await connection.ask(data)
    finally:
        connection.close()


@dataclass(slots=True)
class Outcome:
    """What a run of load came to. `latencies`: seconds, one per answer."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list[float])

    @property
    def count(self) -> int:
        """Answers, all of them right."""
        return len(self.latencies)


async def run(port: int, requests: Iterator[Request], clients: int, seconds: float) -> Outcome:
    """Keeps `clients` connections busy until the time is over or the requests are used up."""
    connections = [await connect(port) for _ in range(clients)]
    outcome = Outcome()
    begun = time.perf_counter()
    try:
        await _all(_client(connection, requests, begun + seconds, outcome) for connection in connections)
    finally:
        for connection in connections:
            connection.close()
    outcome.seconds = time.perf_counter() - begun
    return outcome


async def _all(works: Iterator[Awaitable[None]]) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(_awaited(work))
    except* BenchmarkFailed as failures:
        raise failures.exceptions[0] from None


async def _awaited(work: Awaitable[None]) -> None:
    await work


async def _client(connection: Connection, requests: Iterator[Request], until: float, outcome: Outcome) -> None:
    for request in requests:
        sent = time.perf_counter()
        if sent >= until:
            return
        body = await connection.ask(request.data)
        request.check(body)
        outcome.latencies.append(time.perf_counter() - sent)
