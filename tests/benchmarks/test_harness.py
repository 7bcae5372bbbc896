"""The benchmarks notice work that was not done: wrong, partial, refused and missing answers fail a run."""

import asyncio
import random
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager

import orjson
import pytest

from dialog_graph.model.json_value import Json
from dialog_graph.urns import PartyUrn
from tests.benchmarks import load
from tests.benchmarks.failures import BenchmarkFailed
from tests.benchmarks.load import Request
from tests.benchmarks.population import Plan, parties, sizes
from tests.benchmarks.processes import cpu_seconds
from tests.benchmarks.reading import answer, difference, same
from tests.benchmarks.report import Row, figure, ratio, table
from tests.benchmarks.rounds import Candidate, interleaved, spread

GOOD = b'{"data":{"instance":{"id":"1"}}}'


def _response(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def _answering(answers: Iterable[bytes]) -> AsyncGenerator[int]:
    """A server that gives these answers one after the other, and hangs up after the last."""
    left = iter(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for one in left:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(one)
        except asyncio.IncompleteReadError:
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _loaded(answers: list[bytes], clients: int = 1) -> int:
    requests = (Request(b"POST / HTTP/1.1\r\n\r\n", same("ours", GOOD)) for _ in answers)
    async with _answering(answers) as port:
        return (await load.run(port, requests, clients, 10)).count


async def test_right_answers_are_counted() -> None:
    assert await _loaded([_response(GOOD)] * 20, clients=4) == 20


@pytest.mark.parametrize(
    "broken",
    [
        _response(b'{"data":{"instance":{"id":"2"}}}'),
        _response(b'{"data":null,"errors":[{"message":"no"}]}'),
        _response(b""),
        _response(GOOD, "503 Service Unavailable"),
        b"HTTP/1.1 200 OK\r\nContent-Le",
    ],
    ids=["another object", "errors", "empty", "refused", "cut off"],
)
async def test_one_broken_answer_fails_the_run(broken: bytes) -> None:
    with pytest.raises(BenchmarkFailed):
        await _loaded([_response(GOOD)] * 5 + [broken])


@pytest.mark.parametrize("body", [b'{"data":null}', b'{"data":{"a":1},"errors":[{"message":"no"}]}'])
def test_an_answer_with_errors_is_none(body: bytes) -> None:
    with pytest.raises(BenchmarkFailed):
        answer("ours", body)


@pytest.mark.parametrize(
    ("other", "place"),
    [
        ({"items": [{"id": 2}, {"id": 1}], "next": True}, "data.items[0].id"),
        ({"items": [{"id": 1}], "next": True}, "data.items"),
        ({"items": [{"id": 1}, {"id": 2}], "next": 1}, "data.next"),
        ({"items": [{"id": 1}, {"id": 2, "text": None}], "next": True, "more": "x"}, "data.more"),
    ],
    ids=["order", "fewer", "type", "more"],
)
def test_answers_that_differ_are_told_apart(other: Json, place: str) -> None:
    one: Json = {"items": [{"id": 1}, {"id": 2}], "next": True}
    found = difference(one, other)
    assert found is not None
    assert found.startswith(f"{place}:")
    assert difference(one, orjson.loads(orjson.dumps(one))) is None


def test_the_population_is_skewed_and_follows_from_the_seed() -> None:
    found = sizes(20_000, random.Random(1))
    small = [size for size in found if size <= 10]
    assert sum(found) == 20_000
    assert found[:3] == [5000, 2500, 1250]
    assert len(small) > 0.99 * len(found)
    assert found == sizes(20_000, random.Random(1)) != sizes(20_000, random.Random(2))


def test_made_parties_have_valid_numbers() -> None:
    plan = Plan(dialogs=5000, seed=1, reader=1, other_reader=2, pools={"ours": 7})
    made = parties(plan)
    assert all(isinstance(PartyUrn.parse(party.urn), PartyUrn) for party in made)
    assert len({party.number for party in made}) == len(made)
    assert [party.dialogs for party in made if party.pool] == [7]


async def test_rounds_alternate_their_order() -> None:
    order: list[str] = []

    def candidate(name: str, count: int) -> Candidate:
        async def work() -> tuple[int, float, float]:
            order.append(name)
            return count, 2.0, 0.001

        return Candidate(name=name, work=work)

    measured = await interleaved([candidate("a", 20), candidate("b", 10)], 3, 1)
    assert "".join(order) == "abbaab"
    assert measured.ratio("a", "b") == spread([2.0])


def test_processor_time_of_a_process_grows_with_its_work() -> None:
    before = cpu_seconds(1)
    assert cpu_seconds(1) >= before >= 0


def test_a_goal_that_is_missed_is_said_plainly() -> None:
    found = table(
        [ratio("page", spread([3.0, 1.0, 2.0]), 20), ratio("step", spread([7.0]), 6), figure("ours"), Row("x")]
    )
    lines = found.splitlines()
    assert lines[2].endswith("2.00× (1.00–3.00)  NOT REACHED")
    assert lines[3].endswith("reached")
    assert "NOT" not in lines[3]
