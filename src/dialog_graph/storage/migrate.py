"""Brings the database to this version: one process at a time, forward only, as dg_owner."""

import asyncio
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from dialog_graph.storage.logins import ConnectKwargs

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x6467_0001
_PATIENCE = 600


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def _wait_for_turn(connection: asyncpg.Connection) -> None:
    """Takes the session's advisory lock by asking: a waiting statement would hold up CREATE INDEX CONCURRENTLY."""
    for _ in range(_PATIENCE):
        if await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("expected to migrate the database, but another process has been at it for a minute")


async def migrate(owner: ConnectKwargs) -> None:
    """Runs every revision that the database does not have yet. `owner`: the login as dg_owner.

    Waits up to a minute for another process that is doing the same, and then finds nothing left to do.
    """
    guard = await asyncpg.connect(**owner)
    try:
        await _wait_for_turn(guard)
        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(**owner), poolclass=NullPool
        )
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade)
            await connection.commit()
    finally:
        await guard.close()


async def feed_restarted(connection: asyncpg.Connection) -> bool:
    """True when events carry transaction ids that this cluster has not reached: it was restored from a dump.

    `connection`: logged in as dg_dispatch, which alone sees the events of all.
    Then nothing may be served before `rebase_feed`, because new events would come before old ones.
    """
    return bool(
        await connection.fetchval("""
            select xid >= pg_snapshot_xmax(pg_current_snapshot()) from dg.event order by xid desc, seq desc limit 1
        """)
    )


_FORCED = ("event", "webhook", "lease")
_REBASE = (
    # dg_owner is bound by row level security like everybody else.
    *(f"alter table dg.{table} no force row level security" for table in _FORCED),
    # Duties that read the feed go on with the first number that they have not seen; what they meet twice they know.
    """
    update dg.lease l set cursor_xid = '3', cursor_seq = coalesce(
        (select min(e.seq) - 1 from dg.event e where (e.xid, e.seq) > (l.cursor_xid, l.cursor_seq)),
        (select max(e.seq) from dg.event e), 0)
     where cursor_xid is not null
    """,
    "update dg.webhook set since_xid = '0', since_seq = 0",
    "update dg.event set xid = '3'",
    *(f"alter table dg.{table} force row level security" for table in _FORCED),
)


async def rebase_feed(owner: ConnectKwargs) -> None:
    """Makes the order of events follow their numbers alone, and every cursor given out so far invalid.

    Mandatory after a logical restore into another cluster (event rules §7.2).
    """
    connection = await asyncpg.connect(**owner)
    try:
        async with connection.transaction():
            for statement in _REBASE:
                await connection.execute(statement)
            await connection.execute("""
                update dg.feed_meta
                   set epoch = (extract(epoch from clock_timestamp()) * 1000000)::bigint, floor_xid = '0', floor_seq = 0
            """)
    finally:
        await connection.close()
