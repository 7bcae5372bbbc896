"""A4, P6, P7, P8: commands that meet on one instance, fixed interleavings and many races; and refusals leave no trace.

Two bundles of ports stand for two server processes on one database. Each harness has its twin. The races of processes
that are processes are in tests/chaos.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from asyncpg.transaction import Transaction as DriverTransaction

from dialog_graph.commands.advance_process import AdvanceProcess, AdvanceProcessResult, advance_process
from dialog_graph.commands.set_substatus import SetSubstatus, SetSubstatusResult, set_substatus
from dialog_graph.commands.step import Given, Work, in_step
from dialog_graph.commands.write_form_data import WriteFormData, write_form_data
from dialog_graph.errors import Refused, refuse
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports
from dialog_graph.server import ports_of, register_apps
from dialog_graph.settings import Settings
from dialog_graph.storage import database, idempotency, seed, steps
from dialog_graph.storage.database import Options, Transaction
from dialog_graph.storage.logins import Logins
from tests.chaos import equalities, replaying, twins
from tests.chaos.figures import Figure, table
from tests.chaos.processes import ROOT
from tests.chaos.races import Ask, Request, race_on, rounds_for, start_together
from tests.chaos.story import APP, OWNER, PERSON, form
from tests.chaos.worker import answer_to, principal, rest_app
from tests.integration.rows import as_superior

SEED = 20310502
RACES = 300

KARI, TTD = principal(PERSON), principal(OWNER)
STRANGER = principal("ola")


@dataclass(frozen=True)
class World:
    """Two processes' ports on one database, what asks them, and a session past row level security."""

    ports: list[Ports]
    asks: list[Ask]
    connection: asyncpg.Connection

    async def done(self, name: str, actor: str = PERSON, **given: object) -> dict[str, Any]:
        answer = await self.asks[0]({"actor": actor, "name": name, "given": given})
        assert "ok" in answer, answer
        return answer["ok"]

    async def filled(self, app: str = APP) -> str:
        """A new instance with a valid form, at revision 2."""
        started = await self.done("instantiate", application=app, party=KARI.urn)
        instance_id = str(started["instance_id"])
        await self.done("write", instance_id=instance_id, data_type="application", data=form("a race"))
        return instance_id

    async def revision(self, instance_id: str) -> int:
        return await self.connection.fetchval(
            "select revision from dg.instance where instance_id = $1::uuid", instance_id
        )


async def _ports(stack: AsyncExitStack, logins: Logins, folder: Path) -> tuple[Ports, Ask]:
    settings = Settings(data=folder, blobs=str(folder / "blobs"), keys=folder / "keys")
    ports = await stack.enter_async_context(ports_of(settings, logins, Options(pool_min=0, pool_max=9)))
    transport = httpx.ASGITransport(app=rest_app(ports), raise_app_exceptions=False)
    client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://here"))
    return ports, partial(answer_to, ports, client)


@pytest.fixture
async def world(logins: Logins, tmp_path: Path) -> AsyncGenerator[World]:
    async with AsyncExitStack() as stack:
        made = [await _ports(stack, logins, tmp_path) for _ in range(2)]
        await register_apps(made[0][0], ROOT / "apps")
        connection = await as_superior(logins)
        stack.push_async_callback(connection.close)
        yield World([ports for ports, _ in made], [ask for _, ask in made], connection)


@pytest.fixture
def twin() -> Generator[Callable[[str], None]]:
    yield twins.break_product
    patch.stopall()


# Many races -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_of_concurrent_commands_exactly_one_wins_and_repeats_act_once(world: World) -> None:
    figure = Figure(f"A4 races, seed {SEED}")
    await race_on(world.asks, random.Random(SEED), figure, RACES)
    figure.check(await equalities.broken(world.connection, asked=equalities.EQUALITIES), len(equalities.EQUALITIES))
    replayed, found = await replaying.differences(world.connection)
    figure.check(found, replayed)
    print(table([figure]))
    assert figure.is_good, figure.failure(f"seed {SEED}")
    assert figure.faults.total() >= RACES


@pytest.mark.parametrize("name", ["no row lock", "no lock of keys"])
async def test_the_races_catch_their_twins(world: World, twin: Callable[[str], None], name: str) -> None:
    twin(name)
    figure = Figure(name)
    await race_on(world.asks, random.Random(SEED), figure, 60, rounds_for(name))
    assert figure.violations


# Fixed interleavings --------------------------------------------------------------------------------------------------


WAITING = """
select count(distinct l.pid) from pg_locks l join pg_stat_activity a using (pid)
 where not l.granted and a.datname = current_database()
"""


@dataclass(frozen=True)
class Paused:
    """A command that stands between its lock and its write until it is told to go on, or to refuse."""

    is_inside: asyncio.Event
    go_on: asyncio.Event
    running: "asyncio.Task[SetSubstatusResult]"


def paused(ports: Ports, instance_id: str, refusal: Refused | None = None) -> Paused:
    """The owner sets a substatus, slowly."""
    is_inside, go_on = asyncio.Event(), asyncio.Event()

    async def body(work: Work) -> tuple[Permit, SetSubstatusResult]:
        permit = await work.authorize(None, ("write",))
        work.record("app.instance.substatus.changed")
        is_inside.set()
        await go_on.wait()
        if refusal is not None:
            raise refusal
        return permit, SetSubstatusResult(instance_id=work.instance.instance_id)

    given = Given(instance_id=UUID(instance_id))
    return Paused(is_inside, go_on, asyncio.create_task(in_step(ports, TTD, given, SetSubstatusResult, body)))


async def waiting(world: World, sessions: int = 1) -> None:
    """Until so many sessions of the test's database stand before a lock."""
    async with asyncio.timeout(10):
        while True:
            if await world.connection.fetchval(WAITING) == sessions:
                return
            await asyncio.sleep(0.005)


def advance(instance_id: str, key: str) -> Request:
    return {"actor": PERSON, "name": "advance", "given": {"instance_id": instance_id, "idempotency_key": key}}


async def outcome(running: Awaitable[object]) -> str:
    try:
        await running
    except Refused as refused:
        return refused.refusal.code
    return "OK"


async def test_a_command_waits_and_is_decided_on_the_state_it_then_finds(world: World) -> None:
    instance_id = await world.filled()
    first = paused(world.ports[0], instance_id)
    await first.is_inside.wait()
    given = AdvanceProcess(instance_id=UUID(instance_id), expected_revision=2)
    second = asyncio.create_task(advance_process(world.ports[1], KARI, given))
    await waiting(world)
    assert not second.done()
    first.go_on.set()
    await first.running
    with pytest.raises(Refused) as refused:
        await second
    assert (refused.value.refusal.code, refused.value.refusal.current_revision) == ("CONCURRENCY", 3)


async def test_without_a_revision_the_second_acts_on_what_the_first_has_left(world: World) -> None:
    instance_id = await world.filled()
    first = paused(world.ports[0], instance_id)
    await first.is_inside.wait()
    second = asyncio.create_task(advance_process(world.ports[1], KARI, AdvanceProcess(instance_id=UUID(instance_id))))
    await waiting(world)
    first.go_on.set()
    assert await second == AdvanceProcessResult(instance_id=UUID(instance_id))
    assert await world.revision(instance_id) == 4


async def test_when_the_first_is_refused_the_second_wins(world: World) -> None:
    instance_id = await world.filled()
    first = paused(world.ports[0], instance_id, refuse("CONFLICT"))
    await first.is_inside.wait()
    given = AdvanceProcess(instance_id=UUID(instance_id), expected_revision=2)
    second = asyncio.create_task(advance_process(world.ports[1], KARI, given))
    await waiting(world)
    first.go_on.set()
    assert await outcome(first.running) == "CONFLICT"
    assert await outcome(second) == "OK"


async def test_the_second_click_meets_the_task_it_was_made_for(world: World) -> None:
    """A client that names its task cannot complete the next one by accident."""
    instance_id = await world.filled()
    task = await world.connection.fetchval(
        "select entry_id from dg.process_task where instance_id = $1::uuid", instance_id
    )
    given = AdvanceProcess(instance_id=UUID(instance_id), task_id=UUID(str(task)))
    clicks = [asyncio.create_task(advance_process(ports, KARI, given)) for ports in world.ports]
    assert sorted([await outcome(click) for click in clicks]) == ["NOT_ACTIVE", "OK"]


async def test_a_write_that_waited_for_an_advance_finds_the_data_locked(world: World) -> None:
    instance_id = await world.filled()
    first = paused(world.ports[0], instance_id)
    await first.is_inside.wait()
    moving = asyncio.create_task(advance_process(world.ports[0], KARI, AdvanceProcess(instance_id=UUID(instance_id))))
    await waiting(world)
    given = WriteFormData(instance_id=UUID(instance_id), data_type="application", data=form("too late"))
    write = asyncio.create_task(write_form_data(world.ports[1], KARI, given))
    await waiting(world, 2)
    first.go_on.set()
    await moving
    assert await outcome(write) == "DATA_LOCKED"


async def test_who_waits_too_long_for_a_lock_may_try_again(world: World) -> None:
    instance_id = await world.filled()
    first = paused(world.ports[0], instance_id)
    await first.is_inside.wait()
    given = SetSubstatus(instance_id=UUID(instance_id), label="later", idempotency_key="later")
    assert await outcome(set_substatus(world.ports[1], TTD, given)) == "TEMPORARY"
    first.go_on.set()
    await first.running
    assert await outcome(set_substatus(world.ports[1], TTD, given)) == "OK"


# Keys -----------------------------------------------------------------------------------------------------------------


async def test_the_key_of_another_request_is_refused_and_of_a_refused_one_free(world: World) -> None:
    instance_id = await world.filled()
    asked: Request = advance(instance_id, "once")
    stale = asked | {"given": asked["given"] | {"expected_revision": 1}}
    assert (await world.asks[0](stale))["refused"] == "CONCURRENCY"
    answers = await start_together(world.asks, [asked] * 4)
    assert all(answer["ok"] == answers[0]["ok"] for answer in answers)
    assert (await world.asks[1](stale))["refused"] == "IDEMPOTENCY_MISMATCH"
    other = asked | {"name": "substatus", "given": {**asked["given"], "label": "x"}}
    assert (await world.asks[1](other))["refused"] == "IDEMPOTENCY_MISMATCH"
    assert "ok" in await world.asks[1](other | {"actor": OWNER}), "each actor has keys of its own"
    assert await world.revision(instance_id) == 4


async def test_a_connection_lost_after_the_commit_leaves_the_file_that_was_committed(world: World) -> None:
    """The outcome is unknown then: what looks refused may be done, and the same key finds it."""
    instance_id = await world.filled()
    given = {
        "instance_id": instance_id,
        "dataType": "documentation",
        "filename": "a.pdf",
        "idempotency_key": "cut",
    }
    asked: Request = {"actor": PERSON, "name": "upload", "given": given, "content": PDF}
    whole = DriverTransaction.commit
    cut = iter([False, True])

    async def lost(self: DriverTransaction) -> None:
        await whole(self)
        if next(cut, False):
            raise ConnectionResetError

    with patch.object(DriverTransaction, "commit", lost):
        assert (await world.asks[0](asked))["refused"] == "TEMPORARY"
    answers = [await ask(asked) for ask in world.asks]
    assert answers[0]["ok"] == answers[1]["ok"]
    files = await equalities.files(world.connection, Path(world.ports[0].settings.blobs))
    assert files.problems == []
    assert await world.connection.fetchval("select count(*) from dg.data_element where blob_key is not null") == 1


# Refusals leave no trace ----------------------------------------------------------------------------------------------

TABLES = """
select relname::text from pg_class
 where relnamespace = 'dg'::regnamespace and relkind in ('r', 'p') and not relispartition order by relname
"""


async def fingerprint(connection: asyncpg.Connection) -> dict[str, str]:
    """A hash of each table's rows."""
    return {
        row[0]: await connection.fetchval(
            f"select md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) from dg.{row[0]} t"
        )
        for row in await connection.fetch(TABLES)
    }


@dataclass(frozen=True)
class Instances:
    """Instances in several states: with an empty form, filled, confirmed, deleted, and another app's."""

    empty: str
    filled: str
    confirming: str
    ended: str
    deleted: str


async def in_all_states(world: World) -> Instances:
    started = await world.done("instantiate", application=APP, party=KARI.urn)
    made = [await world.filled() for _ in range(4)]
    for instance_id, moves in zip(made[1:3], (1, 2), strict=True):
        for _ in range(moves):
            await world.done("advance", instance_id=instance_id)
    await world.done("delete", instance_id=made[3])
    await world.done("advance", instance_id=made[1], action="reject", idempotency_key="used")
    await world.done("advance", instance_id=made[1])
    return Instances(str(started["instance_id"]), *made)


def _refused(code: str, name: str, state: str, actor: str = PERSON, **given: object) -> Any:
    return pytest.param(code, name, state, actor, given, id=f"{code}-{name}-{state}")


NOBODY = str(uuid4())
MOVING = "ttd/change-of-address"
COMPANY = next(
    f"urn:altinn:organization:identifier-no:{party.identifier}"
    for party in seed.built_in().parties
    if party.kind == "ORGANISATION"
)
PDF = "JVBERi0xLjcgYQ=="

REFUSALS = [
    _refused("NOT_FOUND", "advance", "filled", "ola"),
    _refused("NOT_FOUND", "instantiate", "", application="ttd/unknown", party=KARI.urn),
    _refused("NOT_FOUND", "instantiate", "", application=APP, party=STRANGER.urn),
    _refused("NOT_FOUND", "remove", "filled", data_element_id=NOBODY),
    _refused("NOT_FOUND", "write", "filled", data_type="unknown", data={}),
    _refused("CONCURRENCY", "advance", "filled", expected_revision=1),
    _refused("CONCURRENCY", "write", "filled", data_type="application", data={}, expected_revision=9),
    _refused("IDEMPOTENCY_MISMATCH", "advance", "confirming", idempotency_key="used"),
    _refused("VALIDATION_FAILED", "advance", "empty"),
    _refused("NOT_ACTIVE", "advance", "ended"),
    _refused("NOT_ACTIVE", "advance", "deleted"),
    _refused("NOT_ACTIVE", "advance", "filled", task_id=NOBODY),
    _refused("FORBIDDEN", "confirm", "ended"),
    _refused("FORBIDDEN", "substatus", "filled", label="x"),
    _refused("DATA_LOCKED", "write", "confirming", data_type="application", data={}),
    _refused("DATA_LOCKED", "write", "ended", data_type="application", data={}),
    _refused("INVALID_INPUT", "write", "filled", data_type="application"),
    _refused("INVALID_INPUT", "write", "filled", data_type="application", data=[]),
    _refused("INVALID_INPUT", "advance", "filled", idempotency_key="x" * 65),
    _refused("INVALID_INPUT", "substatus", "filled", OWNER, label="x" * 256),
    _refused("INSTANCE_NOT_COMPLETED", "confirm", "filled", OWNER),
    _refused("DELETION_TOO_EARLY", "delete", "ended"),
    _refused("AUTH_LEVEL_TOO_LOW", "advance", "confirming", f"{PERSON}@0"),
    _refused("PARTY_TYPE_NOT_ALLOWED", "instantiate", "", OWNER, application=MOVING, party=COMPANY),
    _refused("DATA_LOCKED", "upload", "confirming", dataType="documentation", filename="a.pdf"),
    _refused("NOT_FOUND", "upload", "filled", dataType="unknown", filename="a.pdf"),
]


@pytest.mark.parametrize(("code", "name", "state", "actor", "given"), REFUSALS)
async def test_a_refused_command_leaves_every_table_as_it_was(
    world: World, code: str, name: str, state: str, actor: str, given: Mapping[str, object]
) -> None:
    states = await in_all_states(world)
    chosen = {"instance_id": getattr(states, state)} if state else {}
    full = {"idempotency_key": "new"} | chosen | dict(given)
    asked: Request = {"actor": actor, "name": name, "given": full, "content": PDF}
    async with world.ports[0].database.snapshot(principal(actor)):
        pass  # what is built at a caller's first sight, its grants, is built now
    before = await fingerprint(world.connection)
    answer = await world.asks[0](asked)
    assert answer.get("refused") == code, answer
    assert await fingerprint(world.connection) == before


async def test_the_fingerprint_catches_a_key_that_is_stored_before_the_decision(world: World) -> None:
    """The twin: the key is taken first, and a refused command does not roll back."""
    instance_id = await world.filled()
    asked: Request = advance(instance_id, "early")
    stale = asked | {"given": asked["given"] | {"expected_revision": 1}}

    async def find(tx: Transaction, scope: str, actor: str, key: str, request_hash: str) -> None:
        row = steps.IdempotencyRow(
            scope=scope, actor=actor, key=key, command="AdvanceProcess", request_hash=request_hash, result={}
        )
        await twins.store_key(tx, row)

    async def keep(transaction: DriverTransaction) -> None:
        await transaction.commit()

    before = await fingerprint(world.connection)
    with patch.object(idempotency, "find", find), patch.object(database, "_roll_back", keep):
        assert (await world.asks[0](stale))["refused"] == "CONCURRENCY"
    assert await fingerprint(world.connection) != before
