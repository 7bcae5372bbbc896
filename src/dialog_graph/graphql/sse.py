"""Server-sent events: `POST /graphql/stream`, one operation per connection ("distinct connections").

Frames as in event rules §8.2 and inbox rules §8.2: `event: next`, the cursor as `id` where the stream has one, the
result on one line; a comment first and whenever nothing was sent for a while; `event: complete` at the end. Lines end
with CRLF. A request error is the only event of its stream, so that clients see it as any other result.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dialog_graph.errors import Refused, refuse
from dialog_graph.graphql.answers import HEADERS, encoded, fault_response, refusal_response
from dialog_graph.graphql.edge import Edge, authorization, subject, trace_id
from dialog_graph.graphql.execution import Operation, OperationContext, Outcome
from dialog_graph.graphql.http import Gone, allow, body, check_content, check_method, wishes
from dialog_graph.graphql.lifetime import RESTART, End, end_of
from dialog_graph.graphql.negotiation import EVENTS
from dialog_graph.graphql.params import read_body
from dialog_graph.graphql.stream_rules import check_dialog_token, is_dialog_stream, next_outcome
from dialog_graph.model.principal import Principal

ALLOW = "POST, OPTIONS"
COMMENT = b":\r\n\r\n"
COMPLETE = b"event: complete\r\ndata:\r\n\r\n"

_STREAM_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


def next_frame(outcome: Outcome, cursor: str | None) -> bytes:
    """The frame of one result."""
    place = f"id: {cursor}\r\n".encode() if _is_one_line(cursor) else b""
    return b"event: next\r\n" + place + b"data: " + encoded(outcome.body) + b"\r\n\r\n"


def cursor_frame(cursor: str) -> bytes:
    """A frame that only sets the client's last event id."""
    return f"id: {cursor}\r\n\r\n".encode()


def _is_one_line(cursor: str | None) -> bool:
    return cursor is not None and cursor.isprintable() and cursor != ""


@dataclass(frozen=True, slots=True)
class _Opening:
    """A request that may stream. `seat`: what is held while it does."""

    principal: Principal
    operation: Operation | Outcome
    context: OperationContext
    seat: ExitStack = field(default_factory=ExitStack)


class StreamApp:
    """The ASGI application of `/graphql/stream`."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request: with a stream, or with the status of a refusal."""
        request = Request(scope, receive)
        if request.method == "OPTIONS":
            await Response(status_code=204, headers={**HEADERS, "Allow": ALLOW})(scope, receive, send)
            return
        answer = await self._answer(request, trace_id(request))
        if isinstance(answer, Response):
            await answer(scope, receive, send)
        elif answer is not None:
            with answer.seat:
                await _Stream(self._edge, answer, receive, send).run()

    async def _answer(self, request: Request, trace: str) -> "_Opening | Response | None":
        """A stream that may begin, or the response that refuses it; None when the client went away meanwhile."""
        try:
            opening = await self._open(request, trace)
            opening.seat.enter_context(
                self._edge.seats.stream(subject(opening.principal), is_dialog=is_dialog_stream(opening.principal))
            )
            return opening
        except Gone:
            return None
        except Refused as refused:
            return refusal_response(refused.refusal, trace, headers=allow(refused.refusal, ALLOW))
        except Exception as error:
            return fault_response(error, trace)

    async def _open(self, request: Request, trace: str) -> _Opening:
        """Everything that is decided before the stream begins. Raises `Refused`, `Gone`."""
        edge = self._edge
        check_method(request, ("POST",))
        if wishes(request).weight(EVENTS) <= 0:
            raise refuse("NOT_ACCEPTABLE", "text/event-stream accepted")
        check_content(request)
        principal = await edge.caller(authorization(request))
        limits = edge.engine.limits
        params = read_body(await body(request, limits.body_bytes), limits.body_bytes)
        operation = edge.engine.prepare(params, principal, trace)
        if isinstance(operation, Operation):
            check_dialog_token(principal, operation)
        elif is_dialog_stream(principal):
            raise refuse("UNAUTHENTICATED")
        context = edge.context(request, principal, trace)
        context.last_event_id = request.headers.get("last-event-id") or None
        return _Opening(principal, operation, context)


@dataclass(slots=True)
class _Stream:
    """One stream while it runs. Times are those of the event loop's clock."""

    edge: Edge
    opening: _Opening
    receive: Receive
    send: Send
    sent_at: float = field(default=0.0, init=False)
    cursor: str | None = field(default=None, init=False)
    cursor_at: float = field(default=0.0, init=False)

    async def run(self) -> None:
        """From the headers to the end. A client that does not read for too long is left alone with its connection."""
        with suppress(TimeoutError):
            await self._begin()
            if isinstance(self.opening.operation, Outcome):
                await self._write(next_frame(self.opening.operation, None))
                await self._finish()
                return
            await self._follow(self.edge.engine.stream(self.opening.operation, self.opening.context))

    async def _begin(self) -> None:
        await self._timed({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS})
        await self._write(COMMENT)
        self.cursor_at = self.sent_at

    async def _follow(self, stream: AsyncGenerator[Outcome]) -> None:
        """Sends what comes, until the stream ends, its time is over, the server stops, or the client is gone."""
        closing = self.edge.closing.dialogs if self._is_dialog else self.edge.closing.feeds
        gone = asyncio.ensure_future(self._gone())
        closed = asyncio.ensure_future(closing.wait())
        coming = asyncio.ensure_future(next_outcome(stream))
        end_at = _now() + self._end.after
        try:
            while not gone.done():
                if closed.done() or _now() >= end_at:
                    await self._finish()
                    return
                if coming.done():
                    outcome = coming.result()
                    if outcome is None:
                        await self._finish()
                        return
                    await self._next(outcome)
                    coming = asyncio.ensure_future(next_outcome(stream))
                elif _now() >= self.sent_at + self.edge.times.heartbeat:
                    await self._keep_alive()
                rest = max(0.0, min(end_at, self.sent_at + self.edge.times.heartbeat) - _now())
                await asyncio.wait((gone, closed, coming), timeout=rest, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _left((gone, closed, coming))
            await stream.aclose()

    @property
    def _is_dialog(self) -> bool:
        return is_dialog_stream(self.opening.principal)

    @property
    def _end(self) -> End:
        if self._is_dialog:
            return End(float("inf"), RESTART.code, RESTART.reason)
        return end_of(self.opening.principal, self.edge.times, self.edge.now())

    async def _next(self, outcome: Outcome) -> None:
        cursor = self.opening.context.position
        await self._write(next_frame(outcome, cursor))
        self._told(cursor)

    async def _keep_alive(self) -> None:
        """A comment; the cursor instead, now and then, when it has moved without an event."""
        cursor = self.opening.context.position
        is_due = _now() >= self.cursor_at + self.edge.times.upkeep
        if is_due and cursor is not None and cursor != self.cursor:
            await self._write(cursor_frame(cursor))
            self._told(cursor)
        else:
            await self._write(COMMENT)

    def _told(self, cursor: str | None) -> None:
        self.cursor, self.cursor_at = cursor, _now()

    async def _finish(self) -> None:
        cursor = self.opening.context.position
        if cursor is not None and cursor != self.cursor:
            await self._write(cursor_frame(cursor))
        await self._write(COMPLETE)
        await self._timed({"type": "http.response.body", "body": b"", "more_body": False})

    async def _write(self, frame: bytes) -> None:
        await self._timed({"type": "http.response.body", "body": frame, "more_body": True})
        self.sent_at = _now()

    async def _timed(self, message: dict[str, object]) -> None:
        async with asyncio.timeout(self.edge.times.send):
            await self.send(message)

    async def _gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _left(tasks: Iterable["asyncio.Future[Any]"]) -> None:
    """Cancels what still waits, and waits for it, so that a generator can be closed."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
