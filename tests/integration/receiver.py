"""A consumer's end of a webhook: a small HTTP server on loopback that keeps what it gets and answers as it is told."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """One request. `headers`: lower-case names."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """`answer`: status and body for a request, or None to close the connection without one."""

    port: int = 0
    answer: Callable[[Request], tuple[int, bytes] | None] = lambda _: (200, b"thanks")
    got: list[Request] = field(default_factory=list[Request])
    delay: float = 0.0
    most_at_once: int = 0
    _now: int = 0
    _begun: int = 0
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    async def received(self, count: int) -> list[Request]:
        """All requests, once there are so many."""
        await self._until(lambda: len(self.got) >= count)
        return list(self.got)

    async def begun(self, count: int) -> None:
        """Waits until so many requests have begun, answered or not."""
        await self._until(lambda: self._begun >= count)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not is_so():
                self._moved.clear()
                await self._moved.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._now += 1
        self._begun += 1
        self._moved.set()
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            request = await _read(reader)
            await asyncio.sleep(self.delay)
            self.got.append(request)
            self._moved.set()
            told = self.answer(request)
            if told is not None:
                status, body = told
                head = f"HTTP/1.1 {status} Told\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the sender was killed
        finally:
            self._now -= 1
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    return Request(method, path, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@asynccontextmanager
async def receiving() -> AsyncGenerator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()
