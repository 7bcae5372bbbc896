"""The step data → confirmation: over HTTP by both servers, and its writes alone by pgbench."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any
from uuid import UUID

from tests.benchmarks import load, pgbench
from tests.benchmarks.documents import ADVANCE
from tests.benchmarks.failures import BenchmarkFailed
from tests.benchmarks.house import House
from tests.benchmarks.load import Request
from tests.benchmarks.pgbench import Pgbench
from tests.benchmarks.processes import Server
from tests.benchmarks.reading import Budget, answer, difference
from tests.benchmarks.rounds import Candidate, Measured, interleaved

CLIENTS = 16
WARM_UP = 3 * CLIENTS
"""Steps that each server takes before the first round, to fill pools and caches."""
PER_SECOND = {"ours": 600, "stock": 200, "pgbench": 600}
"""Most steps per second that the pools have instances for: a round ends early when its part is used up, and pgbench
always takes all of it."""


def pools(budget: Budget) -> dict[str, int]:
    """Instances that each candidate needs."""
    return {name: int(rate * budget.seconds) * budget.rounds + WARM_UP + 1 for name, rate in PER_SECOND.items()}


_POOL = "select instance_id from bench.plan where pool = $1 order by place"

_STATE = """
select jsonb_build_object(
    'instance', jsonb_build_array(i.status, i.revision, i.event_seq, i.current_task, i.task_type, i.process_state),
    'tasks', (select jsonb_agg(jsonb_build_array(t.element_id, t.status, t.ended_at is null) order by t.position)
                from dg.process_task t where t.instance_id = i.instance_id),
    'elements', (select jsonb_agg(jsonb_build_array(e.data_type, e.lock, e.revision) order by e.created_at)
                   from dg.data_element e where e.instance_id = i.instance_id),
    'dialog', (select jsonb_build_array(d.status, d.last_update_seq, d.content - 'title')
                 from dg.dialog d where d.instance_id = i.instance_id),
    'events', (select jsonb_agg(e.type order by e.stream_id = i.instance_id, e.stream_seq)
                 from dg.event e where e.instance_id = i.instance_id),
    'activities', (select jsonb_agg(jsonb_build_array(a.type, a.created_at > i.created_at + interval '1 hour')
                                    order by a.type)
                     from dg.dialog_activity a where a.instance_id = i.instance_id),
    'transmissions', (select count(*) from dg.dialog_transmission a where a.instance_id = i.instance_id)
)::text
  from dg.instance i where i.instance_id = $1
"""
"""What must be the same after the step, whoever took it."""


@dataclass(frozen=True, slots=True)
class _Moved:
    """The check of an answer: the instance stands at the confirmation."""

    name: str
    instance_id: str

    def __call__(self, body: bytes) -> None:
        payload = answer(self.name, body)["advanceProcess"]
        instance = payload["instance"]
        if payload["errors"] or instance is None or instance["id"] != self.instance_id:
            raise BenchmarkFailed(f"{self.name} did not advance {self.instance_id}: {body[:600]!r}")
        if instance["process"]["currentTask"]["elementId"] != "Task_2":
            raise BenchmarkFailed(f"{self.name} did not reach the confirmation: {body[:600]!r}")


def _request(house: House, name: str, instance_id: UUID) -> Request:
    data = load.post("/graphql", house.token, ADVANCE, {"id": str(instance_id)})
    return Request(data, _Moved(name, str(instance_id)))


async def advance(house: House, servers: Sequence[Server], budget: Budget) -> tuple[Measured, str]:
    """Measures both servers and pgbench; also tells why pgbench could not be measured, empty when it was."""
    states: dict[str, Any] = {}
    candidates: list[Candidate] = []
    for server in servers:
        ids = [row[0] for row in await house.connection.fetch(_POOL, server.name)]
        requests = iter([_request(house, server.name, instance_id) for instance_id in ids])
        await load.run(server.port, islice(requests, WARM_UP), CLIENTS, 60)
        states[server.name] = await _state(house, ids[0])
        candidates.append(_candidate(server, requests, budget))
    peer = await _pgbench(house, budget)
    if peer is not None:
        candidates.append(Candidate(name=pgbench.POOL, work=peer.work))
        states[pgbench.POOL] = await _first_of_pgbench(house, peer)
    _demand_same(states)
    measured = await interleaved(candidates, budget.rounds, house.postmaster)
    if peer is None:
        return measured, "not measured: there is no pgbench here"
    await _demand_all_moved(house, peer)
    return measured, ""


def _candidate(server: Server, requests: Iterator[Request], budget: Budget) -> Candidate:
    most = int(PER_SECOND[server.name] * budget.seconds)

    async def work() -> tuple[int, float, float]:
        outcome = await load.run(server.port, islice(requests, most), CLIENTS, budget.seconds)
        return outcome.count, outcome.seconds, median(outcome.latencies)

    return Candidate(name=server.name, work=work, server_pid=server.pid)


async def _pgbench(house: House, budget: Budget) -> Pgbench | None:
    found = pgbench.program()
    if found is None:
        return None
    script = house.folder / "step.sql"
    script.write_text(await pgbench.prepare(house.connection, house.step), encoding="utf-8")
    each = int(PER_SECOND[pgbench.POOL] * budget.seconds) // CLIENTS
    return Pgbench(program=found, script=script, address=house.address, clients=CLIENTS, each=each)


async def _first_of_pgbench(house: House, peer: Pgbench) -> Any:
    """One step by pgbench, and the state that it leaves."""
    alone = Pgbench(program=peer.program, script=peer.script, address=peer.address, clients=1, each=1)
    await alone.work()
    peer.start = 1
    ids = [row[0] for row in await house.connection.fetch(_POOL, pgbench.POOL)]
    return await _state(house, ids[0])


async def _state(house: House, instance_id: UUID) -> Any:
    return json.loads(await house.connection.fetchval(_STATE, instance_id))


def _demand_same(states: Mapping[str, Any]) -> None:
    (first, expected), *others = states.items()
    for name, state in others:
        found = difference(expected, state, "state")
        if found is not None:
            raise BenchmarkFailed(f"{first} and {name} leave different rows at {found}")


async def _demand_all_moved(house: House, peer: Pgbench) -> None:
    """Every instance that pgbench was given has moved: a statement that finds nothing is no fast statement."""
    left = await house.connection.fetchval(
        "select count(*) from bench.plan p join dg.instance i using (instance_id)"
        " where p.pool = $1 and p.place < $2 and i.current_task <> 'Task_2'",
        pgbench.POOL,
        peer.start,
    )
    if left:
        raise BenchmarkFailed(f"pgbench left {left} instances where they were")
