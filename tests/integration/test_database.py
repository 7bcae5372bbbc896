"""Transactions: committed at the end of the block, undone by an exception, rung after, and honest about faults."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from dialog_graph.errors import Refused, refuse
from dialog_graph.model.principal import ANONYMOUS, Principal, PrincipalKind, app_worker, system
from dialog_graph.storage import database as module
from dialog_graph.storage.database import Database, Options, Transaction
from dialog_graph.storage.logins import Logins
from tests.integration.rows import KARI, OLA, connect, person, service_owner

WRITE = "insert into used_jti (issuer, jti, expires_at) values ('issuer', $1, now())"


async def tokens(database: Database) -> list[str]:
    async with database.snapshot(ANONYMOUS) as tx:
        return [row["jti"] for row in await tx.fetch("select jti from used_jti order by jti")]


@asynccontextmanager
async def opened(logins: Logins, options: Options) -> AsyncGenerator[Database]:
    database = await Database.open(logins, options)
    try:
        yield database
    finally:
        await database.close()


async def test_the_end_of_the_block_commits(database: Database) -> None:
    async with database.transaction(ANONYMOUS) as tx:
        await tx.execute(WRITE, "kept")
    assert await tokens(database) == ["kept"]


async def test_an_exception_undoes_everything(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.transaction(ANONYMOUS) as tx:
            await tx.execute(WRITE, "lost")
            raise refuse("CONFLICT")

    with pytest.raises(Refused, match="CONFLICT"):
        await write_and_fail()
    assert await tokens(database) == []


async def test_nothing_can_be_asked_after_the_block(database: Database) -> None:
    async with database.transaction(ANONYMOUS) as tx:
        pass
    with pytest.raises(RuntimeError, match="block has ended"):
        await tx.fetchval("select 1")


async def test_a_block_may_be_cancelled_anywhere(database: Database) -> None:
    """Also while it begins or commits: whatever the state of its connection was, nobody gets it in that state."""
    told = list[dict[str, object]]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))

    async def write(token: str) -> None:
        async with database.transaction(ANONYMOUS) as tx:
            await tx.execute(WRITE, token)

    outcomes = dict[str, bool]()
    turns = 0
    while not any(outcomes.values()):
        turns += 1 + turns // 40
        task = asyncio.create_task(write(f"turn-{turns}"))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        (fault,) = await asyncio.gather(task, return_exceptions=True)
        outcomes[f"turn-{turns}"] = fault is None
    # Over TCP the driver may also tell that its own request to cancel came to nothing; that is not ours.
    assert [context["message"] for context in told if "transaction" in str(context["message"])] == []
    assert {token for token, done in outcomes.items() if done} <= set(await tokens(database))
    assert not all(outcomes.values()), "some were cancelled"


async def test_a_snapshot_sees_one_picture_and_writes_nothing(database: Database) -> None:
    async with database.snapshot(ANONYMOUS) as before:
        assert await before.fetchval("select count(*) from used_jti") == 0
        async with database.transaction(ANONYMOUS) as tx:
            await tx.execute(WRITE, "later")
        assert await before.fetchval("select count(*) from used_jti") == 0
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await before.execute(WRITE, "never")


@pytest.mark.parametrize(
    ("principal", "role"),
    [
        (person(KARI), "dg_user"),
        (Principal(kind=PrincipalKind.ORGANISATION, urn="x", subject_id=50014, level=3), "dg_user"),
        (service_owner("ttd"), "dg_org"),
        (app_worker("ttd", "tilskudd"), "dg_org"),
        (ANONYMOUS, "dg_anon"),
        (system("retention"), "dg_dispatch"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else value.kind.value,
)
async def test_each_kind_of_caller_has_its_role(database: Database, principal: Principal, role: str) -> None:
    async with database.transaction(principal) as tx:
        assert await tx.fetchval("select current_user::text") == role
        assert tx.principal is principal


async def test_a_principal_that_names_no_proper_org_is_a_fault(database: Database) -> None:
    with pytest.raises(ValueError, match="service owner"):
        async with database.transaction(service_owner("x'; drop schema dg")):
            pass


async def test_a_returned_connection_carries_no_context(logins: Logins) -> None:
    options = Options(pool_min=1, pool_max=1)
    async with opened(logins, options) as database:
        async with database.transaction(person(KARI)):
            pass
        with pytest.raises(Refused):
            async with database.transaction(person(OLA)):
                raise refuse("CONFLICT")
        for pool in ("user", "org", "dispatch"):
            connection = await database._pools[pool].acquire()  # pyright: ignore[reportPrivateUsage]  # what is tested
            settings = await connection.fetch(
                "select current_setting('dg.subject', true) as subject, current_setting('dg.org', true) as org,"
                " current_user::text as role, pg_is_in_recovery()"
            )
            await database._pools[pool].release(connection)  # pyright: ignore[reportPrivateUsage]  # what is tested
            assert settings[0]["subject"] in (None, "")
            assert settings[0]["org"] in (None, "")
            assert settings[0]["role"] == ("dg_dispatch" if pool == "dispatch" else "dg_app")


async def test_the_bell_rings_after_a_commit_of_callers_only(logins: Logins) -> None:
    rings: list[str] = []
    async with opened(logins, Options(pool_min=0, ring=lambda: rings.append("ring"))) as database:
        async with database.transaction(person(KARI)):
            assert rings == []
        assert rings == ["ring"]
        async with database.transaction(service_owner("ttd")):
            pass
        assert rings == ["ring", "ring"]
        with pytest.raises(Refused):
            async with database.transaction(person(KARI)):
                raise refuse("CONFLICT")
        async with database.snapshot(person(KARI)), database.dispatch(), database.transaction(ANONYMOUS):
            pass
        assert rings == ["ring", "ring"]


async def test_time_is_the_databases_plus_the_offset_of_tests(logins: Logins) -> None:
    offset = timedelta(days=3)
    async with (
        opened(logins, Options(pool_min=0, clock_offset=offset)) as later,
        opened(logins, Options(pool_min=0)) as database,
        database.snapshot(ANONYMOUS) as now,
        later.transaction(ANONYMOUS) as tx,
    ):
        assert tx.now.utcoffset() == timedelta(0)
        assert timedelta(0) <= tx.now - now.now - offset < timedelta(minutes=1)
        began = tx.now
        assert await tx.renew_now() == tx.now > began


async def test_a_lock_that_is_held_too_long_asks_to_try_again(logins: Logins) -> None:
    login = {**logins.app, "server_settings": {**logins.app["server_settings"], "lock_timeout": "50ms"}}
    async with (
        opened(replace(logins, app=login), Options(pool_min=0)) as database,
        database.transaction(ANONYMOUS) as tx,
    ):
        await tx.execute("select pg_advisory_xact_lock(1)")
        assert await code_of(database, "select pg_advisory_xact_lock(1)") == "TEMPORARY"


async def code_of(database: Database, statement: str) -> str:
    with pytest.raises(Refused) as refused:
        async with database.transaction(ANONYMOUS) as tx:
            await tx.execute(statement)
    return refused.value.refusal.code


async def test_a_statement_that_runs_too_long_is_a_timeout(logins: Logins) -> None:
    login = {**logins.app, "server_settings": {**logins.app["server_settings"], "statement_timeout": "50ms"}}
    async with opened(replace(logins, app=login), Options(pool_min=0)) as database:
        assert await code_of(database, "select pg_sleep(5)") == "TIMEOUT"
    async with opened(logins, Options(pool_min=0, command_timeout=0.2)) as database:
        assert await code_of(database, "select pg_sleep(5)") == "TIMEOUT"


@pytest.mark.parametrize("writes_on", [True, False], ids=["at the next statement", "at the commit"])
async def test_a_lost_connection_asks_to_try_again_and_the_pool_heals(
    database: Database, logins: Logins, writes_on: bool
) -> None:
    superior = await connect(logins.setup)

    async def lose() -> None:
        async with database.transaction(ANONYMOUS) as tx:
            await tx.execute(WRITE, "lost")
            backend = await tx.fetchval("select pg_backend_pid()")
            await superior.execute("select pg_terminate_backend($1, 5000)", backend)
            if writes_on:
                await tx.execute(WRITE, "lost too")

    try:
        with pytest.raises(Refused) as refused:
            await lose()
        assert refused.value.refusal.code == "TEMPORARY"
        async with database.transaction(ANONYMOUS) as tx:
            await tx.execute(WRITE, "kept")
        assert await tokens(database) == ["kept"]
    finally:
        await superior.close()


async def test_an_exhausted_pool_asks_to_try_again(logins: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(logins, Options(pool_min=1, pool_max=1)) as database, database.transaction(ANONYMOUS):
        monkeypatch.setattr(module, "ACQUIRE_TIMEOUT", 0.05)
        assert await code_of(database, "select 1") == "TEMPORARY"
        async with database.transaction(service_owner("ttd")):
            pass  # the other roads have their own pools


async def test_two_that_lock_each_other_are_told_to_try_again(database: Database) -> None:
    met = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> str:
        try:
            async with database.transaction(ANONYMOUS) as tx:
                await tx.execute("select pg_advisory_xact_lock($1)", first)
                await met.wait()
                await tx.execute("select pg_advisory_xact_lock($1)", second)
        except Refused as refused:
            return refused.refusal.code
        return "done"

    assert sorted(await asyncio.gather(lock(1, 2), lock(2, 1))) == ["TEMPORARY", "done"]


async def test_a_mistake_of_ours_is_a_fault_and_no_refusal(database: Database) -> None:
    with pytest.raises(asyncpg.PostgresError, match="does not exist"):
        async with database.transaction(ANONYMOUS) as tx:
            await tx.execute("select nonsense")


async def test_json_comes_and_goes_as_values(database: Database) -> None:
    value = {"navn": "Åse", "tall": [1, 2.5, None, True]}
    async with database.snapshot(ANONYMOUS) as tx:
        assert await tx.fetchval("select $1::jsonb", value) == value


async def built(tx: Transaction) -> object:
    return await tx.fetchval("select xmin::text || ctid::text from subject_epoch where subject_id = $1", KARI)


async def test_grants_are_built_at_first_use_and_again_when_the_epoch_rises(database: Database, logins: Logins) -> None:
    async with database.transaction(person(KARI)) as tx:
        first = await built(tx)
    assert first is not None
    async with database.transaction(person(KARI)) as tx:
        assert await built(tx) == first, "what is fresh is not built again"
        await tx.execute("update subject_epoch set epoch = epoch + 1 where subject_id = $1", KARI)
    async with database.transaction(person(KARI)) as tx:
        row = await tx.fetchrow("select epoch = built_epoch as current from subject_epoch where subject_id = $1", KARI)
        assert row is not None
        assert row["current"]
    superior = await connect(logins.setup)
    try:
        await superior.execute("update dg.subject_epoch set fresh_until = clock_timestamp() - interval '1 s'")
        async with database.snapshot(person(KARI)) as snapshot:
            assert await snapshot.fetchval(
                "select fresh_until > $1 from subject_epoch where subject_id = $2", snapshot.now, KARI
            )
    finally:
        await superior.close()
