"""Making a database usable: by the embedded superuser, by a login without superuser rights, and refusals that help."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr

from dialog_graph.model.principal import ANONYMOUS
from dialog_graph.settings import Settings
from dialog_graph.storage import bootstrap
from dialog_graph.storage.bootstrap import DatabaseUnusable
from dialog_graph.storage.database import Database, Options
from dialog_graph.storage.embedded import Address
from dialog_graph.storage.logins import plain_url
from tests.conftest import Server

MAY_LOG_IN = pytest.mark.skipif(
    "DATABASE_URL" in os.environ, reason="makes logins, which needs the superuser of the embedded server"
)
PLAIN_C = "lc_collate 'C' lc_ctype 'C' locale_provider libc"
Url = Callable[[str, str], str]


@asynccontextmanager
async def lent_database(server: Server, options: str = "") -> AsyncGenerator[tuple[str, str, str]]:
    """A database with an owner that may create roles and a login that may nothing: (database, owner, runtime)."""
    mark = uuid4().hex[:8]
    name, owner, runtime = f"dg_lent_{mark}", f"owner {mark}", f"runtime_{mark}"
    await server.run(f'create role "{owner}" login createrole')
    await server.run(f'create role "{runtime}" login')
    await server.run(f'create database {name} owner "{owner}" template template0 {options}')
    try:
        yield name, owner, runtime
    finally:
        await server.run(f"drop database {name} with (force)")
        await server.run(f'reassign owned by "{owner}", "{runtime}" to current_user')
        await server.run(f'drop owned by "{owner}", "{runtime}"')
        await server.run(f'drop role "{runtime}"; drop role "{owner}"')


@pytest.fixture
def url(server: Server) -> Url:
    """The address of a database in the server of the run, for a login."""
    assert isinstance(server.place, Address)
    host = server.place.host
    return lambda database, user: f"postgres://{user.replace(' ', '%20')}@/{database}?host={host}"


@MAY_LOG_IN
async def test_an_owner_that_may_create_roles_is_enough(server: Server, template: str, url: Url) -> None:
    """Roles exist already in this server, made by another login: then an administrator must have granted them."""
    async with lent_database(server) as (name, owner, runtime):
        await bootstrap.prepare(server.place, server.settings, template)
        await server.run(f'grant dg_owner to "{owner}" with inherit false; grant dg_app, dg_dispatch to "{runtime}"')
        settings = Settings(database_owner_url=SecretStr(url(name, owner)))
        await bootstrap.make_ready(url(name, runtime), settings)
        logins = await bootstrap.make_ready(url(name, runtime), settings)
        database = await Database.open(logins, Options(pool_min=0))
        try:
            async with database.snapshot(ANONYMOUS) as tx:
                row = await tx.fetchrow("select session_user::text as login, current_user::text as role")
                assert row is not None
                assert (row["login"], row["role"]) == (runtime, "dg_anon")
            async with database.dispatch() as tx:
                assert await tx.fetchval("select current_user::text") == "dg_dispatch"
        finally:
            await database.close()


@MAY_LOG_IN
async def test_an_owner_without_rights_is_told_so(server: Server, url: Url) -> None:
    async with lent_database(server) as (name, owner, runtime):
        await server.run(f'alter role "{owner}" nocreaterole')
        settings = Settings(database_owner_url=SecretStr(url(name, owner)))
        with pytest.raises(DatabaseUnusable, match="expected a login of DATABASE_OWNER_URL that owns the database"):
            await bootstrap.prepare(url(name, runtime), settings)


@MAY_LOG_IN
@pytest.mark.parametrize(
    "options",
    ["encoding 'LATIN1' " + PLAIN_C, PLAIN_C],
    ids=["latin1", "no case of æøå"],
)  # fmt: skip
async def test_a_database_that_does_not_know_our_letters_is_refused_with_the_remedy(
    server: Server, url: Url, options: str
) -> None:
    async with lent_database(server, options) as (name, owner, _):
        with pytest.raises(DatabaseUnusable, match=r"lc_ctype 'C\.UTF-8'"):
            await bootstrap.prepare(url(name, owner), Settings())


@MAY_LOG_IN
async def test_in_production_the_login_itself_must_be_harmless(server: Server) -> None:
    async with lent_database(server) as (name, _, _):
        logins = await server.make_ready(name)
        superuser = bootstrap.external_logins(f"postgresql://postgres@/{name}?host={logins.setup['host']}")
        await bootstrap.verify(superuser, Settings())
        keys = Settings(environment="production", public_url="https://dialog.test")
        with pytest.raises(DatabaseUnusable, match="let it log in as dg_app"):
            await bootstrap.verify(superuser, keys)
        await bootstrap.verify(logins, keys)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://kari:hemmelig@127.0.0.1:1/base", "expected to connect to the database at 127.0.0.1:1/base, but"),
        ("postgres://kari:hemmelig@no-such-host.invalid/base", "at no-such-host.invalid/base, but"),
    ],
)
async def test_an_address_that_does_not_answer_gives_one_line_without_the_password(address: str, expected: str) -> None:
    with pytest.raises(DatabaseUnusable) as unusable:
        await bootstrap.prepare(address, Settings())
    assert expected in str(unusable.value)
    assert "hemmelig" not in str(unusable.value)
    assert "\n" not in str(unusable.value)


async def test_an_unknown_database_is_named(server: Server) -> None:
    connection = await asyncpg.connect(**server.admin)
    await connection.close()
    place = server.place
    address = f"postgresql://postgres@/nowhere?host={place.host}" if isinstance(place, Address) else place
    if isinstance(place, str):
        address = urlsplit(plain_url(place))._replace(path="/nowhere").geturl()
    with pytest.raises(DatabaseUnusable, match='"nowhere" does not exist'):
        await bootstrap.prepare(address, Settings())
