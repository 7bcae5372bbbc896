"""Server-sent events: the frames byte for byte, the cursor, the ends of a stream, and what is refused before it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from starlette.types import Message

from dialog_graph.errors import Refusal, Refused
from dialog_graph.graphql.edge import Edge
from dialog_graph.graphql.execution import Engine, Operation, OperationContext, Outcome
from dialog_graph.graphql.lifetime import Times
from dialog_graph.graphql.limits import Limits
from dialog_graph.graphql.seats import Seats
from dialog_graph.graphql.sse import StreamApp
from tests.unit.graphql import toy
from tests.unit.graphql.serving import served

COUNT = {"query": "subscription { count }"}
DIALOG = {"query": f'subscription sub {{ dialogEvents(dialogId: "{toy.DIALOG}") {{ id type }} }}'}
PATIENCE = 10.0
"""Seconds after which a test gives up; nothing is measured."""


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 -- the other side has no event to wait for
            await asyncio.sleep(0.005)


@dataclass
class Stream:
    """An open stream as raw bytes."""

    answer: httpx.Response
    chunks: AsyncGenerator[bytes]
    text: str = ""

    async def read(self, wanted: str) -> str:
        """Everything up to and with the text that is waited for."""
        async with asyncio.timeout(PATIENCE):
            while wanted not in self.text:
                self.text += (await anext(self.chunks)).decode()
        head, _, self.text = self.text.partition(wanted)
        return head + wanted

    async def rest(self) -> str:
        async with asyncio.timeout(PATIENCE):
            return self.text + "".join([chunk.decode() async for chunk in self.chunks])


@asynccontextmanager
async def streaming(
    address: str, body: dict[str, Any] = COUNT, token: str = "person", **headers: str
) -> AsyncGenerator[Stream]:
    sent = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        httpx.AsyncClient(base_url=f"http://{address}", timeout=PATIENCE) as client,
        client.stream("POST", "/graphql/stream", json=body, headers=sent) as answer,
    ):
        yield Stream(answer, answer.aiter_bytes())  # pyright: ignore[reportArgumentType] -- it is a generator


@asynccontextmanager
async def serving(edge: Edge) -> AsyncGenerator[str]:
    async with served(toy.application(edge)) as address:
        yield address


async def test_events_come_in_frames_with_their_cursor() -> None:
    async with serving(toy.toy_edge()) as address, streaming(address) as stream:
        assert stream.answer.status_code == 200
        assert stream.answer.headers["content-type"] == "text/event-stream"
        assert stream.answer.headers["cache-control"] == "no-cache"
        assert stream.answer.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in stream.answer.headers
        assert await stream.read("\r\n\r\n") == ":\r\n\r\n"
        for number in (1, 2):
            toy.SOURCE.events.put_nowait((f"p{number}", number))
            frame = await stream.read("\r\n\r\n")
            name, place, data = frame.removesuffix("\r\n\r\n").split("\r\n")
            assert (name, place) == ("event: next", f"id: p{number}")
            assert json.loads(data.removeprefix("data: "))["data"] == {"count": number}
        toy.SOURCE.events.put_nowait(None)
        assert (await stream.rest()).startswith("event: complete\r\n")
    assert toy.NOTES.open_generators == 0


async def test_a_dialog_event_is_framed_as_the_reference_client_reads_it() -> None:
    async with serving(toy.toy_edge()) as address, streaming(address, DIALOG, "dialog") as stream:
        await stream.read(":\r\n\r\n")
        toy.SOURCE.events.put_nowait(("p1", 1))
        event = f'{{"id":"{toy.DIALOG}","type":"DIALOG_UPDATED"}}'
        frame = await stream.read("\r\n\r\n")
        assert frame.startswith(f'event: next\r\ndata: {{"data":{{"dialogEvents":{event}}}')


async def test_the_stream_of_a_dialog_outlives_its_token_and_the_feeds() -> None:
    edge = toy.toy_edge(times=Times(heartbeat=0.02, stream_age=0.0))
    async with serving(edge) as address, streaming(address, DIALOG, "dialog") as stream:
        await stream.read(":\r\n\r\n")
        edge.closing.close_feeds()
        toy.SOURCE.events.put_nowait(("p1", 1))
        assert "event: next" in await stream.read("DIALOG_UPDATED")
        edge.closing.close_all()
        assert "event: complete" in await stream.rest()


async def test_silence_is_filled_with_comments() -> None:
    times = Times(heartbeat=0.02)
    async with serving(toy.toy_edge(times=times)) as address, streaming(address) as stream:
        assert await stream.read(":\r\n\r\n:\r\n\r\n:\r\n\r\n") == ":\r\n\r\n" * 3


async def test_a_cursor_that_moves_without_events_is_told() -> None:
    times = Times(heartbeat=0.02, upkeep=0.04)
    async with serving(toy.toy_edge(times=times)) as address, streaming(address) as stream:
        await stream.read(":\r\n\r\n")
        await until(lambda: bool(toy.NOTES.opened))
        toy.NOTES.contexts[0].position = "p5"
        assert await stream.read("id: p5\r\n\r\n")
        await stream.read(":\r\n\r\n:\r\n\r\n")
        assert "id:" not in stream.text


@pytest.mark.parametrize("ended_by", ["expiry", "age", "restart"])
async def test_a_feed_ends_with_its_cursor(ended_by: str) -> None:
    times = Times(stream_age=0.1 if ended_by == "age" else 3600)
    edge = toy.toy_edge(times=times, now=lambda: 1_000_000_000.0)
    if ended_by == "expiry":
        edge = toy.toy_edge(now=lambda: 1_999_999_999.9, who=_expiring)
    async with serving(edge) as address, streaming(address, last_event_id="p3") as stream:
        await stream.read(":\r\n\r\n")
        await until(lambda: bool(toy.NOTES.opened))
        if ended_by == "restart":
            edge.closing.close_feeds()
        assert (await stream.rest()).startswith("id: p3\r\n\r\nevent: complete\r\n")
    assert toy.NOTES.open_generators == 0


async def _expiring(authorization: object) -> Any:
    del authorization
    return toy.Principal(kind=toy.PrincipalKind.PERSON, urn="urn:p", level=4, subject_id=7, expires_at=2_000_000_000)


async def test_a_client_that_comes_back_tells_where_it_stopped() -> None:
    resumed = {"query": "subscription { resumed }"}
    async with serving(toy.toy_edge()) as address:
        async with streaming(address, resumed, last_event_id="p9") as stream:
            assert '"resumed":"p9"' in await stream.rest()
        async with streaming(address, resumed) as stream:
            assert '"resumed":"from now"' in await stream.rest()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{"}, "INVALID_INPUT"),
        ({"query": "subscription { unknown }"}, "INVALID_INPUT"),
        ({"query": "subscription { count resumed }"}, "LIMIT_FIELDS"),
        ({"query": "subscription { forbidden }"}, "FORBIDDEN"),
    ],
)
async def test_a_request_error_is_the_only_event(body: dict[str, str], code: str) -> None:
    async with serving(toy.toy_edge()) as address, streaming(address, body) as stream:
        frames = (await stream.rest()).split("\r\n\r\n")
    assert [frame.split("\r\n")[0] for frame in frames] == [":", "event: next", "event: complete", ""]
    shown = json.loads(frames[1].partition("data: ")[2])
    assert "data" not in shown
    assert shown["errors"][0]["extensions"]["code"] == code


async def test_a_fault_in_a_stream_is_masked_and_ends_it() -> None:
    broken = {"query": "subscription { broken }"}
    async with serving(toy.toy_edge()) as address, streaming(address, broken) as stream:
        text = await stream.rest()
    assert '"data":{"broken":1}' in text
    assert '"code":"INTERNAL"' in text
    assert toy.SECRET not in text
    assert text.rstrip().endswith("event: complete\r\ndata:")


async def test_a_refusal_in_a_stream_tells_its_details() -> None:
    async with serving(toy.toy_edge()) as address, streaming(address) as stream:
        toy.SOURCE.events.put_nowait(Refused(Refusal(code="RESYNC_REQUIRED", floor="p2")))
        text = await stream.rest()
    assert '"code":"RESYNC_REQUIRED"' in text
    assert '"floor":"p2"' in text


async def test_a_query_streams_its_one_result() -> None:
    async with serving(toy.toy_edge()) as address, streaming(address, {"query": "{ hello }"}) as stream:
        text = await stream.rest()
    assert text.count("event: next") == 1
    assert '"data":{"hello":"hello"}' in text


@pytest.mark.parametrize(
    ("method", "headers", "body", "status"),
    [
        ("GET", {}, COUNT, 405),
        ("POST", {"Accept": "application/json"}, COUNT, 406),
        ("POST", {"Content-Type": "text/plain"}, COUNT, 415),
        ("POST", {"Authorization": "Bearer nobody"}, COUNT, 401),
        ("POST", {"Authorization": "Bearer crash"}, COUNT, 500),
        ("POST", {"Authorization": "Bearer expired"}, COUNT, 401),
        ("POST", {}, {"query": 1}, 400),
        ("POST", {"Authorization": "Bearer person"}, DIALOG, 401),
        ("POST", {"Authorization": "Bearer dialog"}, COUNT, 401),
        ("POST", {"Authorization": "Bearer dialog"}, {"query": "{ hello }"}, 401),
        ("POST", {"Authorization": "Bearer dialog"}, {"query": "{"}, 401),
        (
            "POST",
            {"Authorization": "Bearer dialog"},
            {"query": DIALOG["query"].replace(str(toy.DIALOG), "018f0000-0000-7000-8000-000000000002")},
            401,
        ),
    ],
)
async def test_what_is_refused_before_the_stream_has_a_status(
    method: str, headers: dict[str, str], body: dict[str, Any], status: int
) -> None:
    transport = httpx.ASGITransport(toy.application(toy.toy_edge()))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.request(
            method, "/graphql/stream", json=body, headers={"Accept": "text/event-stream", **headers}
        )
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert toy.NOTES.opened == 0


async def test_the_dialog_may_be_named_by_a_variable() -> None:
    query = "subscription sub($d: UUID!) { dialogEvents(dialogId: $d) { id } }"
    body = {"query": query, "variables": {"d": str(toy.DIALOG).upper()}, "operationName": "sub"}
    async with serving(toy.toy_edge()) as address, streaming(address, body, "dialog") as stream:
        assert stream.answer.status_code == 200
        await stream.read(":\r\n\r\n")


async def test_streams_have_a_number() -> None:
    edge = toy.toy_edge(seats=Seats(dialog_streams_per_subject=1))
    async with serving(edge) as address:
        async with streaming(address, DIALOG, "dialog") as first:
            await first.read(":\r\n\r\n")
            async with streaming(address, DIALOG, "dialog") as second:
                assert second.answer.status_code == 429
                assert int(second.answer.headers["retry-after"]) > 0
        await until(lambda: edge.seats.streams == 0)
        async with streaming(address, DIALOG, "dialog") as third:
            assert third.answer.status_code == 200


async def test_a_client_that_goes_away_leaves_no_generator() -> None:
    edge = toy.toy_edge()
    async with serving(edge) as address:
        async with streaming(address) as stream:
            await stream.read(":\r\n\r\n")
            await until(lambda: toy.NOTES.open_generators == 1)
        await until(lambda: toy.NOTES.open_generators == 0)
        await until(lambda: edge.seats.streams == 0)
    assert toy.NOTES.contexts[0].resets >= 1


# A client that does not read, as the application sees it: `send` does not come back.


async def stalled(edge: Edge, stuck: Callable[[Message], Awaitable[None]]) -> None:
    """Runs the application with a connection whose writes are the test's."""
    body = json.dumps({"query": "subscription { flood(size: 10) }"}).encode()
    headers = [(b"content-type", b"application/json"), (b"authorization", b"Bearer person")]
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/graphql/stream",
        "headers": headers,
        "query_string": b"",
    }
    messages: list[Message] = [{"type": "http.request", "body": body}]

    async def receive() -> Message:
        return messages.pop() if messages else await asyncio.Future()

    async with asyncio.timeout(PATIENCE):
        await StreamApp(edge)(scope, receive, stuck)


async def test_a_client_that_does_not_read_is_left() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) > 50:
            await asyncio.Future()

    await stalled(toy.toy_edge(times=Times(send=0.02)), send)
    assert len(sent) == 51
    assert (toy.NOTES.opened, toy.NOTES.open_generators) == (1, 0)


class Leaky(Engine):
    """The broken twin: its stream forgets to close the generator that it reads from."""

    kept: list[AsyncGenerator[Outcome]]

    async def stream(self, operation: Operation, context: OperationContext) -> AsyncGenerator[Outcome]:
        self.kept = [super().stream(operation, context)]
        async for outcome in self.kept[0]:
            yield outcome


async def test_a_generator_that_is_left_open_is_seen() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) > 50:
            await asyncio.Future()

    leaky = Leaky(toy.SCHEMA, Limits())
    await stalled(replace(toy.toy_edge(times=Times(send=0.02)), engine=leaky), send)
    assert (toy.NOTES.opened, toy.NOTES.open_generators) == (1, 1)
    await leaky.kept[0].aclose()


async def test_a_hot_generator_lets_others_run() -> None:
    turns: list[int] = []
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 200:
            await asyncio.Future()

    async def others() -> None:
        while True:
            turns.append(len(sent))
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    await stalled(toy.toy_edge(times=Times(send=0.02)), send)
    other.cancel()
    assert len({*turns}) > 10
