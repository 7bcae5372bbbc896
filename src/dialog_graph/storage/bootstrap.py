"""Makes a database usable before anything else is done with it: database, roles, schema, extensions, and the checks
that refuse a start. Rules: reliability rules §10 rule 11 and "External server", security rules §6.1.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from dialog_graph.settings import Settings
from dialog_graph.storage import seed
from dialog_graph.storage.database import prepare_connection
from dialog_graph.storage.embedded.address import Address
from dialog_graph.storage.logins import ConnectKwargs, Logins, embedded_logins, external_logins
from dialog_graph.storage.migrate import feed_restarted, migrate
from dialog_graph.storage.migrations.revision import read_sql

DATABASE = "dialog_graph"
"""Name of our database in the embedded cluster."""

_LOCK = 0x6467_0000
_OLDEST = 150000

NOT_TENANT = frozenset(
    {
        "alembic_version", "app_version", "catalogue_generation", "delegation", "feed_meta", "key_role", "party",
        "party_role", "policy_right", "resource", "service_owner", "subject_epoch", "used_jti",
    }
)  # fmt: skip
"""Tables without row level security (security rules §6.2): all others must have it, forced."""


class DatabaseUnusable(Exception):
    """The database cannot be used; the text is one line for whoever starts the server, without secrets."""


@dataclass(frozen=True, slots=True)
class _Check:
    """A question with a yes or no answer, and what to say when it is no."""

    sql: str
    expected: str
    but: str


_SERVER_CHECKS = (
    _Check(
        f"select current_setting('server_version_num')::int >= {_OLDEST}",
        "Postgres 15 or newer",
        "the server is older",
    ),
    _Check(
        "select current_setting('server_encoding') = 'UTF8' and lower('ÆØÅ') = 'æøå'",
        "a database in UTF-8 that knows the case of æøå",
        "this one does not: create database … template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'",
    ),
)

_ROLE_CHECKS = (
    _Check(
        "select not (rolsuper or rolbypassrls) from pg_roles where rolname = current_user",
        "a session role without SUPERUSER and BYPASSRLS",
        "{role} has one of them",
    ),
    _Check(
        """
        select not exists (select from pg_class c join pg_roles r on r.oid = c.relowner
                            where c.relnamespace = 'dg'::regnamespace and r.rolname = current_user)
        """,
        "a session role that owns no table",
        "{role} does",
    ),
)

_LOGIN_CHECK = _Check(
    "select not (rolsuper or rolbypassrls) from pg_roles where rolname = session_user",
    "a login without SUPERUSER and BYPASSRLS in production",
    "that of DATABASE_URL has one of them: let it log in as dg_app",
)

_UNFORCED = """
    select relname::text from pg_class
     where relnamespace = 'dg'::regnamespace and relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)
       and relname <> all ($1::text[])
     order by 1
"""


async def prepare(place: Address | str, settings: Settings, database: str = DATABASE) -> Logins:
    """Makes what is missing and answers how to log in. Run it before every migration; it may run many times at once.

    `place`: the embedded cluster, in which `database` is made, or the address of an external database, whose own name
    counts. Raises `DatabaseUnusable`.
    """
    if isinstance(place, Address):
        logins = embedded_logins(place, database)
        # An advisory lock belongs to one database, so the connection to the first stays open until all is done.
        async with _connected(place.connect_kwargs(place.database, place.user)) as connection:
            await connection.execute("select pg_advisory_lock($1)", _LOCK)
            await _create_database(connection, database)
            await _set_up(logins.setup, "")
        return logins
    logins = external_logins(place, _secret(settings.database_owner_url), _secret(settings.database_dispatch_url))
    async with _connected({"dsn": logins.app["dsn"]}) as connection:
        login = await connection.fetchval("select session_user::text")
    await _set_up(logins.setup, login)
    return logins


def _secret(given: object) -> str | None:
    reveal = getattr(given, "get_secret_value", None)
    return reveal() if reveal else None


@asynccontextmanager
async def _connected(login: ConnectKwargs) -> AsyncGenerator[asyncpg.Connection, None]:
    try:
        connection = await asyncpg.connect(**login)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as fault:
        raise DatabaseUnusable(f"expected to connect to {_described(login)}, but {_reason(fault)}") from fault
    try:
        yield connection
    finally:
        await connection.close()


def _described(login: ConnectKwargs) -> str:
    """Host and database of a login, never user or password."""
    if "dsn" in login:
        return "the database at " + str(login["dsn"]).rpartition("@")[2].removeprefix("postgresql://").partition("?")[0]
    return f"database {login['database']} at {login['host']}"


def _reason(fault: BaseException) -> str:
    return str(fault).splitlines()[0] if str(fault) else type(fault).__name__


async def _create_database(connection: asyncpg.Connection, name: str) -> None:
    if not await connection.fetchval("select exists (select from pg_database where datname = $1)", name):
        statement = await connection.fetchval("select format('create database %I template template0', $1::text)", name)
        await connection.execute(statement)


async def _set_up(login: ConnectKwargs, runtime_login: str) -> None:
    async with _connected(login) as connection:
        await _check(connection, *_SERVER_CHECKS)
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await connection.execute("select set_config('dg.login', $1, false)", runtime_login)
        try:
            await connection.execute(read_sql("roles.sql"))
        except asyncpg.InsufficientPrivilegeError as fault:
            raise DatabaseUnusable(
                "expected a login of DATABASE_OWNER_URL that owns the database and has CREATEROLE, but "
                f"{_reason(fault)}"
            ) from fault


async def _check(connection: asyncpg.Connection, *checks: _Check) -> None:
    for check in checks:
        if not await connection.fetchval(check.sql):
            role = await connection.fetchval("select current_user::text")
            raise DatabaseUnusable(f"expected {check.expected}, but {check.but.format(role=role)}")


async def make_ready(place: Address | str, settings: Settings, database: str = DATABASE) -> Logins:
    """Everything before the first request: `prepare`, migrations, the party register, `verify`.

    Raises `DatabaseUnusable`, and what `seed.read` raises for the file of `DIALOG_GRAPH_PARTIES`.
    """
    register = seed.wanted(settings)
    logins = await prepare(place, settings, database)
    await migrate(logins.owner)
    async with _connected(logins.owner) as connection:
        await prepare_connection(connection)
        await seed.write(connection, register, settings.key_roles)
    async with _connected(logins.dispatch) as connection:
        if await feed_restarted(connection):
            raise DatabaseUnusable(
                "expected events with transaction ids of this cluster, but they come from another one: "
                "run dialog-graph migrate --rebase-feed"
            )
    await verify(logins, settings)
    return logins


async def verify(logins: Logins, settings: Settings) -> None:
    """The checks before serving: what the sessions may do, and that every tenant table has forced row security.

    Run after the migrations. Raises `DatabaseUnusable`.
    """
    for login in (logins.app, logins.dispatch):
        async with _connected(login) as connection:
            await _check(connection, *_ROLE_CHECKS, *((_LOGIN_CHECK,) if settings.is_production else ()))
            await _walk(connection)


async def _walk(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(_UNFORCED, list(NOT_TENANT))
    if rows:
        names = ", ".join(row[0] for row in rows)
        raise DatabaseUnusable(f"expected forced row level security on every tenant table, but {names} has none")
