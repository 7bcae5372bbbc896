"""Migrations: they make exactly the tables that the classes describe, once, whoever runs them at the same time."""

import asyncio
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, MetaData, Text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from dialog_graph.settings import Settings
from dialog_graph.storage import bootstrap
from dialog_graph.storage.logins import ConnectKwargs, Logins
from dialog_graph.storage.migrate import migrate
from dialog_graph.storage.tables import METADATA
from tests.conftest import Server

TABLES = """
select oid::regclass::text from pg_class
 where relnamespace = 'dg'::regnamespace and relkind = 'r' and relname <> 'alembic_version'
"""
CONSTRAINTS = """
select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
 where connamespace = 'dg'::regnamespace and contype <> 'n' and conrelid <> 'dg.alembic_version'::regclass order by 1, 2
"""
INDEXES = """
select tablename, indexname, indexdef from pg_indexes
 where schemaname = 'dg' and tablename <> 'alembic_version' order by 1, 2
"""


def differences(connection: Connection, metadata: MetaData) -> list[Any]:
    context = MigrationContext.configure(
        connection, opts={"include_schemas": True, "include_name": ours, "compare_server_default": True}
    )
    return compare_metadata(context, metadata)


def ours(name: str | None, kind: str, parents: Any) -> bool:
    return name == "dg" if kind == "schema" else name != "alembic_version"


async def compared(logins: Logins, metadata: MetaData) -> list[Any]:
    # Reflection leaves out the schema of what it finds on the search path.
    login: ConnectKwargs = {
        **logins.owner,
        "server_settings": {**logins.owner["server_settings"], "search_path": "public"},
    }
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(**login), poolclass=NullPool
    )
    async with engine.connect() as connection:
        return await connection.run_sync(differences, metadata)


async def create_all(login: ConnectKwargs) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(**login), poolclass=NullPool
    )
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)


async def read(login: ConnectKwargs, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(**login)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_tables_and_migrations_are_the_same(logins: Logins) -> None:
    assert await compared(logins, METADATA) == []


async def test_the_comparison_sees_a_column_more(logins: Logins) -> None:
    twin = MetaData(schema="dg")
    for table in METADATA.tables.values():
        table.to_metadata(twin)
    twin.tables["dg.event"].append_column(Column("forgotten", Text))
    found = await compared(logins, twin)
    assert [(change[0], change[3].name) for change in found] == [("add_column", "forgotten")]


@pytest.mark.parametrize("query", [CONSTRAINTS, INDEXES], ids=["constraints", "indexes"])
async def test_constraints_and_indexes_are_the_same_to_the_letter(
    server: Server, logins: Logins, template: str, query: str
) -> None:
    async with server.fresh(template) as name:
        other = server.logins(name)
        connection = await asyncpg.connect(**other.owner)
        try:
            tables = [row[0] for row in await connection.fetch(TABLES)]
            await connection.execute(f"drop table {', '.join(tables)} cascade")
        finally:
            await connection.close()
        await create_all(other.owner)
        assert await read(other.owner, query) == await read(logins.owner, query)


async def test_a_second_run_changes_nothing(logins: Logins) -> None:
    before = await read(logins.owner, "select oid, relname, xmin::text from pg_class order by oid")
    await migrate(logins.owner)
    assert await read(logins.owner, "select oid, relname, xmin::text from pg_class order by oid") == before


async def test_several_servers_may_start_on_an_empty_database(server: Server) -> None:
    name = "dg_test_race"
    await server.run(f"create database {name} template template0 encoding 'UTF8'")
    try:
        made = await asyncio.gather(*(server.make_ready(name) for _ in range(3)))
        assert await read(made[0].owner, "select version_num from dg.alembic_version") == [("0003",)]
    finally:
        await server.run(f"drop database {name} with (force)")


async def test_a_table_without_forced_row_security_refuses_the_start(logins: Logins, owner: asyncpg.Connection) -> None:
    await bootstrap.verify(logins, Settings())
    await owner.execute("alter table dg.dialog no force row level security")
    with pytest.raises(bootstrap.DatabaseUnusable, match="but dialog has none"):
        await bootstrap.verify(logins, Settings())
