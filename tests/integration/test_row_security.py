"""Row level security as the second layer: each caller sees and writes its own rows only, whatever the code asks."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass

import asyncpg
import pytest

from dialog_graph.errors import Refused
from dialog_graph.model.principal import ANONYMOUS, Principal, app_worker
from dialog_graph.storage.bootstrap import NOT_TENANT
from dialog_graph.storage.database import Database, Options
from dialog_graph.storage.logins import Logins
from tests.integration.rows import (
    ANNE,
    BRYGGA,
    DAL,
    FJORD,
    JON,
    KARI,
    MARI,
    OLA,
    Case,
    as_superior,
    make_app,
    make_case,
    person,
    service_owner,
)

TENANT_TABLES = ("instance", "data_element", "dialog", "event")


@dataclass(frozen=True)
class World:
    """Two tenants with an app each; three parties with an instance each."""

    database: Database
    logins: Logins
    fjord: Case
    brygga: Case
    dal: Case
    neighbour: Case


@pytest.fixture(scope="module")
async def world(module_logins: Logins) -> AsyncGenerator[World]:
    connection = await as_superior(module_logins)
    try:
        app = await make_app(connection, "ttd", "tilskudd", ("DAGL", "LEDE"))
        other = await make_app(connection, "nabo", "skilt", ("DAGL",))
        cases = [await make_case(connection, "ttd", party, app) for party in (FJORD, BRYGGA, DAL)]
        neighbour = await make_case(connection, "nabo", FJORD, other)
    finally:
        await connection.close()
    database = await Database.open(module_logins, Options(pool_min=0))
    yield World(database, module_logins, cases[0], cases[1], cases[2], neighbour)
    await database.close()


class Undone(Exception):
    """Leaves a transaction without its changes."""


async def attempt(world: World, principal: Principal, statement: str, *parameters: object) -> str:
    """Runs a statement, undoes it, and answers what it would have done."""
    tag = ""
    with suppress(Undone):
        async with world.database.transaction(principal) as tx:
            tag = await tx.execute(statement, *parameters)
            raise Undone
    return tag


async def denied(world: World, principal: Principal, statement: str, *parameters: object) -> bool:
    try:
        await attempt(world, principal, statement, *parameters)
    except asyncpg.InsufficientPrivilegeError:
        return True
    return False


async def instances_of(world: World, principal: Principal) -> set[object]:
    async with world.database.snapshot(principal) as tx:
        found = {table: await tx.fetch(f"select distinct instance_id from {table}") for table in TENANT_TABLES}
    seen = {table: {row["instance_id"] for row in rows} for table, rows in found.items()}
    assert len({frozenset(ids) for ids in seen.values()}) == 1, "every table shows the same instances"
    return seen["instance"]


async def test_a_person_sees_what_its_roles_reach_and_nothing_else(world: World) -> None:
    """Kari leads Fjord Bakeri, hence its sub-unit too; she is a mere member of Dal Idrettslag."""
    assert await instances_of(world, person(KARI)) == {
        world.fjord.instance_id,
        world.brygga.instance_id,
        world.neighbour.instance_id,
    }
    assert await instances_of(world, person(MARI)) == {world.dal.instance_id}


@pytest.mark.parametrize("stranger", [JON, OLA, ANNE])
async def test_who_has_no_role_that_the_policy_names_sees_nothing(world: World, stranger: int) -> None:
    assert await instances_of(world, person(stranger)) == set()


async def test_a_principal_without_a_party_of_its_own_sees_nothing(world: World) -> None:
    from_nowhere = Principal(kind=person(KARI).kind, urn="urn:test:nobody")
    assert await instances_of(world, from_nowhere) == set()


async def test_a_service_owner_sees_its_own_tenant_only(world: World) -> None:
    assert await instances_of(world, service_owner("ttd")) == {
        world.fjord.instance_id,
        world.brygga.instance_id,
        world.dal.instance_id,
    }
    assert await instances_of(world, app_worker("nabo", "skilt")) == {world.neighbour.instance_id}


async def test_nobody_writes_into_another_tenant_or_party(world: World) -> None:
    nabo, mari = service_owner("nabo"), person(MARI)
    assert await attempt(world, nabo, "update instance set revision = 9 where org = 'ttd'") == "UPDATE 0"
    assert await denied(world, nabo, "update dialog set org = 'ttd' where dialog_id = $1", world.neighbour.dialog_id)
    assert await attempt(world, mari, "update dialog set seen = true") == "UPDATE 1"
    assert await denied(world, mari, "update dialog set party_id = $1", FJORD)


@pytest.mark.parametrize("statement", ["update event set data = '{}'", "delete from event", "truncate event"])
async def test_events_are_never_changed_or_removed(world: World, statement: str) -> None:
    assert await denied(world, person(KARI), statement)
    assert await denied(world, service_owner("ttd"), statement)


@pytest.mark.parametrize("table", ["instance", "dialog", "event", "access_grant", "delegation", "idempotency"])
async def test_the_anonymous_read_the_catalogue_and_nothing_else(world: World, table: str) -> None:
    assert await attempt(world, ANONYMOUS, "select * from party limit 1") == "SELECT 1"
    assert await denied(world, ANONYMOUS, f"select * from {table}")


async def test_callers_see_their_own_grants_and_write_none(world: World) -> None:
    async with world.database.snapshot(person(KARI)) as tx:
        subjects = await tx.fetch("select distinct subject_id from access_grant")
    assert [row["subject_id"] for row in subjects] == [KARI]
    assert await denied(world, person(KARI), "update access_grant set actions = 1023")
    assert await denied(world, person(KARI), "select dg.build_grants($1, null)", JON)


async def test_stored_outcomes_belong_to_their_actor(world: World) -> None:
    statement = """
        insert into idempotency (scope, actor, key, command, request_hash, result, created_at)
        values ('s', $1, 'k', 'c', 'h', '{}', now())
    """
    async with world.database.transaction(person(KARI)) as tx:
        await tx.execute(statement, f"subject:{KARI}")
    assert await attempt(world, person(KARI), "select * from idempotency") == "SELECT 1"
    assert await attempt(world, service_owner("ttd"), "select * from idempotency") == "SELECT 0"
    assert await denied(world, service_owner("ttd"), statement, "org:nabo")


@pytest.mark.parametrize("change", ["sha256 = 'y'", "deleted_at = now()", "filename = 'z'"])
@pytest.mark.parametrize("principal", [person(KARI), service_owner("ttd")], ids=["person", "org"])
async def test_locked_data_stays_as_it_is_whoever_writes(world: World, principal: Principal, change: str) -> None:
    statement = f"update data_element set {change} where element_id = $1"
    assert await attempt(world, principal, statement, world.fjord.free_id) == "UPDATE 1"
    with pytest.raises(Refused) as refused:
        await attempt(world, principal, statement, world.fjord.locked_id)
    assert refused.value.refusal.code == "DATA_LOCKED"
    unlocked = f"update data_element set lock = 'none', {change} where element_id = $1"
    assert await attempt(world, principal, unlocked, world.fjord.locked_id) == "UPDATE 1"


ROLES_AND_TABLES = [("dg_user", "dialog"), ("dg_user", "access_grant"), ("dg_user", "event"), ("dg_org", "dialog")]


async def read_without_context(world: World, role: str, table: str, *, after_another: bool) -> list[asyncpg.Record]:
    """Reads as the role without subject and org; `after_another`: in a session that had them before."""
    connection = await asyncpg.connect(**world.logins.app)
    try:
        if after_another:
            async with connection.transaction():
                await connection.execute("select dg.enter('dg_user', $1, 'ttd')", KARI)
        async with connection.transaction():
            await connection.execute("select set_config('role', $1, true)", role)
            return await connection.fetch(f"select * from {table}")
    finally:
        await connection.close()


@pytest.mark.parametrize(("role", "table"), ROLES_AND_TABLES)
async def test_a_setting_never_set_is_an_error(world: World, role: str, table: str) -> None:
    with pytest.raises(asyncpg.UndefinedObjectError, match="unrecognized configuration parameter"):
        await read_without_context(world, role, table, after_another=False)


@pytest.mark.parametrize(("role", "table"), ROLES_AND_TABLES[:3])
async def test_an_emptied_subject_is_no_number(world: World, role: str, table: str) -> None:
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await read_without_context(world, role, table, after_another=True)


async def test_an_emptied_org_fits_no_row(world: World) -> None:
    assert await read_without_context(world, "dg_org", "dialog", after_another=True) == []


async def test_the_session_itself_may_read_nothing(world: World) -> None:
    connection = await asyncpg.connect(**world.logins.app)
    try:
        for table in (*TENANT_TABLES, "party", "app_version"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"select * from {table}")
    finally:
        await connection.close()


async def test_the_dispatcher_reads_events_of_all_and_no_data(world: World) -> None:
    async with world.database.dispatch() as tx:
        assert await tx.fetchval("select count(distinct org) from event") == 2
    for table in ("data_element", "instance", "dialog"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with world.database.dispatch() as tx:
                await tx.fetch(f"select * from {table}")


async def test_every_table_is_either_forced_or_known_as_no_tenant_table(world: World) -> None:
    connection = await as_superior(world.logins)
    try:
        rows = await connection.fetch("""
            select relname::text as name, relrowsecurity and relforcerowsecurity as is_forced from pg_class
             where relnamespace = 'dg'::regnamespace and relkind = 'r'
        """)
    finally:
        await connection.close()
    assert {row["name"] for row in rows if not row["is_forced"]} == NOT_TENANT
