"""GraphQL over WebSocket at `/graphql`: the sub-protocol `graphql-transport-ws`, written here because the library's
handler has one context per connection, no send limit and no place for cursors, expiry and counts.

One loop reads and keeps the time; each operation is a task of its own that writes under one lock. Whoever finds that
the connection must end raises `Close`, and the loop carries it out: operations are cancelled and their generators
closed before the socket is. Rules: security rules §14, event rules §8.2.
"""

import asyncio
from collections.abc import MutableMapping
from contextlib import AbstractContextManager, ExitStack, aclosing, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

from graphql import OperationType
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from dialog_graph.errors import Refusal, Refused
from dialog_graph.graphql.cors import is_same_origin
from dialog_graph.graphql.edge import Edge, subject, trace_id
from dialog_graph.graphql.execution import Operation, OperationContext, Outcome, refusal_outcome
from dialog_graph.graphql.lifetime import RESTART, End, end_of
from dialog_graph.graphql.masking import masked
from dialog_graph.graphql.stream_rules import check_dialog_token, is_dialog_stream
from dialog_graph.graphql.transport_ws import (
    PROTOCOL,
    Close,
    Complete,
    Init,
    Ping,
    Pong,
    Subscribe,
    read_message,
    written,
)
from dialog_graph.model.principal import Principal

MAX_OPERATIONS = 20
MAX_UNAUTHORISED = 5
UNAUTHORISED = frozenset({"UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "AUTH_LEVEL_TOO_LOW"})


class WebSocketApp:
    """The ASGI application of `/graphql` for WebSockets."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection to its end."""
        socket = WebSocket(scope, receive, send)
        origin = socket.headers.get("origin")
        if origin is not None and not self._allows(origin, socket.headers.get("host")):
            await socket.close()  # before it is accepted: the client sees status 403
            return
        with ExitStack() as seats:
            await _Connection(self._edge, socket, seats).run()

    def _allows(self, origin: str, host: str | None) -> bool:
        return self._edge.origins.allows(origin) or is_same_origin(origin, host)


@dataclass(slots=True)
class _Running:
    """An operation: its task, and its context once it streams."""

    task: "asyncio.Task[None]"
    feed: OperationContext | None = None


@dataclass(slots=True)
class _Connection:
    """One connection. Times are those of the event loop's clock; `None` as the principal: not initialised yet."""

    edge: Edge
    socket: WebSocket
    seats: ExitStack
    principal: Principal | None = None
    last_event_id: str | None = None
    operations: dict[str, _Running] = field(default_factory=dict[str, _Running])
    ending: "set[asyncio.Task[None]]" = field(default_factory=set["asyncio.Task[None]"])
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    closing: "asyncio.Future[Any]" = field(init=False)
    failed: "asyncio.Future[Close]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    unauthorised: int = 0
    pings: int = 0
    ping_at: float = 0.0
    end: End = RESTART
    end_at: float = 0.0

    async def run(self) -> None:
        """Accepts, serves, and leaves nothing behind."""
        self.closing = asyncio.ensure_future(self.edge.closing.feeds.wait())
        is_ours = PROTOCOL in self.socket.scope["subprotocols"]
        try:
            await self.socket.accept(subprotocol=PROTOCOL if is_ours else None)
            if not is_ours:
                raise Close(4406, f"expected the sub-protocol {PROTOCOL}")
            self._take(self.edge.seats.address(self.socket.client.host if self.socket.client else ""))
            self.end = End(self.edge.times.connection_init, 4408, "connection_init came too late")
            self.end_at = self.ping_at = _now() + self.end.after
            await self._serve()
        except Close as close:
            await self._stop()
            with suppress(Exception):
                async with asyncio.timeout(self.edge.times.send):
                    await self.socket.close(close.code, close.reason)
        finally:
            await self._stop()

    async def _serve(self) -> None:
        """Reads messages and keeps the time until the client goes; ends with `Close` otherwise."""
        reading = asyncio.ensure_future(self.socket.receive())
        try:
            while True:
                if self.failed.done():
                    raise self.failed.result()
                await self._keep_time()
                if reading.done():
                    message = reading.result()
                    if message["type"] == "websocket.disconnect":
                        return
                    await self._handle(message)
                    reading = asyncio.ensure_future(self.socket.receive())
                rest = max(0.0, min(self.end_at, self.ping_at) - _now())
                waiting = {reading, self.closing, self.failed}
                await asyncio.wait(waiting, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
        finally:
            reading.cancel()
            self.closing.cancel()
            await asyncio.gather(reading, self.closing, return_exceptions=True)

    async def _keep_time(self) -> None:
        """Ends the connection when its time is over or the server stops; pings, and counts the silence."""
        end = RESTART if self.closing.done() else self.end if _now() >= self.end_at else None
        if end is not None:
            if self.principal is not None:
                await self._send(written("ping", payload={"closing": end.reason, **self._cursor()}))
            raise Close(end.code, end.reason)
        if self.principal is not None and _now() >= self.ping_at:
            if self.pings >= self.edge.times.missed_pongs:
                raise Close(1013, "no answer to pings")
            self.pings += 1
            self.ping_at = _now() + self.edge.times.heartbeat
            await self._send(written("ping", payload=self._cursor() or None))

    def _cursor(self) -> dict[str, str]:
        """The position that all feed subscriptions have reached, which is the lowest of theirs."""
        feeds = [each.feed.position for each in self.operations.values() if each.feed]
        positions = [each for each in feeds if each is not None]
        return {"cursor": min(positions, key=self.edge.cursor_order)} if positions else {}

    async def _handle(self, frame: MutableMapping[str, Any]) -> None:
        self.pings = 0
        match read_message(frame.get("text"), self.edge.engine.limits.message_bytes):
            case Init() as init:
                await self._init(init)
            case Ping():
                await self._send(written("pong"))
            case Pong():
                pass
            case Subscribe() as subscribe:
                await self._subscribe(subscribe)
            case Complete(id=id_):
                running = self.operations.pop(id_, None)
                if running is not None:
                    running.task.cancel()

    async def _init(self, init: Init) -> None:
        """Takes the caller's identity for the whole connection."""
        if self.principal is not None:
            raise Close(4429, "too many initialisation requests")
        try:
            principal = await self.edge.caller(init.authorization)
        except Refused as refused:
            is_busy = refused.refusal.rule.retryable
            raise Close(*((1013, "overload") if is_busy else (4401, "unauthorised"))) from None
        except Exception as error:
            masked(error, trace_id(self.socket))
            raise Close(1011, "internal error") from None
        self._take(self.edge.seats.connection(subject(principal)))
        self.principal, self.last_event_id = principal, init.last_event_id
        self.end, self.ping_at = end_of(principal, self.edge.times, self.edge.now()), _now() + self.edge.times.heartbeat
        self.end_at = _now() + self.end.after
        if is_dialog_stream(principal):
            self.end_at = float("inf")
            self.closing.cancel()
            self.closing = asyncio.ensure_future(self.edge.closing.dialogs.wait())
        await self._send(written("connection_ack"))

    async def _subscribe(self, asked: Subscribe) -> None:
        """Starts an operation."""
        if self.principal is None:
            raise Close(4401, "expected connection_init first")
        if asked.id in self.operations:
            raise Close(4409, "the operation id is in use")
        trace = trace_id(self.socket)
        if len(self.operations) >= MAX_OPERATIONS:
            refusal = Refusal(
                code="RATE_LIMITED", expected=f"operations at once: at most {MAX_OPERATIONS}", actual="this is one more"
            )
            await self._error(asked.id, refusal_outcome(refusal, trace))
            return
        operation = self.edge.engine.prepare(asked.params, self.principal, trace)
        self._check_dialog_token(operation, self.principal)
        task = asyncio.create_task(self._operate(asked.id, operation, trace))
        self.operations[asked.id] = _Running(task)
        self.ending.add(task)
        task.add_done_callback(self.ending.discard)

    def _check_dialog_token(self, operation: Operation | Outcome, principal: Principal) -> None:
        try:
            if isinstance(operation, Operation):
                check_dialog_token(principal, operation)
        except Refused:
            raise Close(4401, "unauthorised") from None

    async def _operate(self, id_: str, operation: Operation | Outcome, trace: str) -> None:
        """The task of one operation."""
        assert self.principal is not None
        try:
            if isinstance(operation, Outcome):
                await self._error(id_, operation)
                return
            is_stream = operation.kind is OperationType.SUBSCRIPTION
            with self._stream_seat() if is_stream else nullcontext():
                await self._follow(id_, operation, self.edge.context(self.socket, self.principal, trace))
        except Refused as refused:
            await self._error(id_, refusal_outcome(refused.refusal, trace))
        except Close as close:
            self._fail(close)
        except Exception as error:
            if not isinstance(error, OSError):
                masked(error, trace)
            self._fail(Close(1011, "internal error"))

    async def _follow(self, id_: str, operation: Operation, context: OperationContext) -> None:
        """Sends what an operation gives, and its end."""
        context.last_event_id = self.last_event_id
        if operation.kind is OperationType.SUBSCRIPTION and id_ in self.operations:
            self.operations[id_].feed = context
        async with aclosing(self.edge.engine.stream(operation, context)) as outcomes:
            number = 0
            async for outcome in outcomes:
                number += 1
                if not outcome.is_executed:
                    await self._error(id_, outcome)
                    return
                await self._send(written("next", id_, outcome.body))
                if number % self.edge.times.fair == 0:
                    await asyncio.sleep(0)
        self.operations.pop(id_, None)
        await self._send(written("complete", id_))

    def _stream_seat(self) -> AbstractContextManager[None]:
        assert self.principal is not None
        is_dialog = is_dialog_stream(self.principal)
        return self.edge.seats.stream(subject(self.principal), is_dialog=is_dialog)

    async def _error(self, id_: str, outcome: Outcome) -> None:
        """Ends an operation with its errors; a caller who is refused again and again is shown out."""
        self.operations.pop(id_, None)
        await self._send(written("error", id_, list(outcome.errors)))
        self.unauthorised += any(code in UNAUTHORISED for code in outcome.codes)
        if self.unauthorised >= MAX_UNAUTHORISED:
            self._fail(Close(4403, "forbidden"))

    async def _send(self, text: str) -> None:
        """Sends one message within the time for it. Raises `Close` with 1013."""
        try:
            async with asyncio.timeout(self.edge.times.send), self.writing:
                await self.socket.send_text(text)
        except TimeoutError:
            raise Close(1013, "slow consumer") from None
        except WebSocketDisconnect:
            raise Close(1006, "gone") from None

    def _fail(self, close: Close) -> None:
        if not self.failed.done():
            self.failed.set_result(close)

    def _take(self, seat: AbstractContextManager[None]) -> None:
        try:
            self.seats.enter_context(seat)
        except Refused:
            raise Close(1013, "too many connections") from None

    async def _stop(self) -> None:
        """Cancels all operations and waits until their generators are closed."""
        self.operations.clear()
        tasks = tuple(self.ending)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _now() -> float:
    return asyncio.get_running_loop().time()
