"""The two reads: an inbox page, and one instance with its lists. Answers are compared first, then timed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from typing import Any

import orjson

from dialog_graph.model.json_value import Json
from tests.benchmarks import load
from tests.benchmarks.documents import INBOX, INSTANCE
from tests.benchmarks.failures import BenchmarkFailed
from tests.benchmarks.house import House
from tests.benchmarks.load import Request
from tests.benchmarks.processes import Server
from tests.benchmarks.rounds import Candidate, Measured, interleaved

CLIENTS = 4
"""Connections at once: enough to keep one server process busy, without a queue in front of it."""
INSTANCES = 100
WARM_UP = 0.5


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to measure: rounds, and seconds per candidate and round."""

    rounds: int
    seconds: float


def same(name: str, expected: bytes) -> Callable[[bytes], None]:
    """The check of a timed answer: byte for byte what this candidate answered before."""

    def check(body: bytes) -> None:
        if body != expected:
            raise BenchmarkFailed(f"{name} answered differently under load: {body[:400]!r}")

    return check


def answer(name: str, body: bytes) -> Any:
    """The data of an answer without errors."""
    parsed = orjson.loads(body)
    if parsed.get("errors") or not parsed.get("data"):
        raise BenchmarkFailed(f"{name} answered with errors: {body[:800]!r}")
    return parsed["data"]


def difference(one: Json, other: Json, path: str = "data") -> str | None:
    """The first place where two answers differ; None when they are equal, order included."""
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(f"{path}.{name}", one.get(name), other.get(name)) for name in sorted({*one, *other})]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(f"{path}[{n}]", one[n], other[n]) for n in range(len(one))]
    else:
        return None if one == other and type(one) is type(other) else f"{path}: {one!r} and {other!r}"
    return next((found for where, a, b in pairs if (found := difference(a, b, where)) is not None), None)


async def compare(
    house: House, servers: Sequence[Server], document: str, variants: Sequence[Mapping[str, object]], budget: Budget
) -> tuple[Measured, list[Any]]:
    """Checks that all servers give the same answers to all variants, then measures; gives the answers too."""
    requests = {server.name: await _requests(house, server, document, variants) for server in servers}
    first, *others = (requests[server.name] for server in servers)
    for other in others:
        for own, its in zip(first, other, strict=True):
            found = difference(own[1], its[1])
            if found is not None:
                raise BenchmarkFailed(f"the answers differ at {found}")
    candidates = [_candidate(server, [item[0] for item in requests[server.name]], budget) for server in servers]
    for server in servers:
        await load.run(server.port, cycle(item[0] for item in requests[server.name]), CLIENTS, WARM_UP)
    return await interleaved(candidates, budget.rounds, house.postmaster), [item[1] for item in first]


async def _requests(
    house: House, server: Server, document: str, variants: Sequence[Mapping[str, object]]
) -> list[tuple[Request, Any]]:
    found: list[tuple[Request, Any]] = []
    for variables in variants:
        data = load.post("/graphql", house.token, document, variables)
        body = await load.ask(server.port, data)
        found.append((Request(data, same(server.name, body)), answer(server.name, body)))
    return found


def _candidate(server: Server, requests: Sequence[Request], budget: Budget) -> Candidate:
    endless: Iterator[Request] = cycle(requests)

    async def work() -> tuple[int, float, float]:
        outcome = await load.run(server.port, endless, CLIENTS, budget.seconds)
        return outcome.count, outcome.seconds, median(outcome.latencies)

    return Candidate(name=server.name, work=work, server_pid=server.pid)


async def inbox(house: House, servers: Sequence[Server], size: int, budget: Budget) -> Measured:
    """A page of `size` dialogs, of each large party in turn."""
    variants = [{"party": [party.urn], "limit": size} for party in house.large]
    measured, answers = await compare(house, servers, INBOX, variants, budget)
    for party, data in zip(house.large, answers, strict=True):
        items = data["searchDialogs"]["items"]
        if len(items) != size or any(item["party"] != party.urn for item in items):
            raise BenchmarkFailed(f"expected {size} dialogs of {party.urn}, but the page has {len(items)}")
    return measured


async def instance(house: House, servers: Sequence[Server], budget: Budget) -> Measured:
    """Finished instances, a hundred in turn."""
    rows = await house.connection.fetch(
        "select instance_id from dg.instance where party_id = any($1) and status = 'CONFIRMED' order by 1 limit $2",
        [party.party_id for party in house.large],
        INSTANCES,
    )
    measured, answers = await compare(house, servers, INSTANCE, [{"id": str(row[0])} for row in rows], budget)
    for data in answers:
        found = data["instance"]
        counts = [len(found["process"]["tasks"]), len(found["dataElements"]), len(found["confirmations"])]
        if counts != [2, 3, 1]:
            raise BenchmarkFailed(f"expected 2 tasks, 3 data elements and 1 confirmation, but there are {counts}")
    return measured
