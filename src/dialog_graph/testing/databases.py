"""One database server per test run, and a fresh, migrated database with the seed parties for whoever asks.

The server is the embedded one with durability off. Making a database is a copy of a template, so it takes a moment.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg

from dialog_graph.settings import Settings
from dialog_graph.storage.bootstrap import make_ready
from dialog_graph.storage.embedded import Address, EmbeddedPostgres
from dialog_graph.storage.logins import ConnectKwargs, Logins, embedded_logins


class Databases:
    """The server of one run, started when the first database is asked for. Close it at the end."""

    def __init__(self, folder: Path) -> None:
        self._postgres = EmbeddedPostgres(folder, durable=False)
        self._template: str | None = None
        self._address: Address | None = None

    def close(self) -> None:
        """Stops the server."""
        self._postgres.stop()

    @asynccontextmanager
    async def fresh(self) -> AsyncGenerator[Logins, None]:
        """How to log in to a new database; it is dropped at the end of the block."""
        template, address = await self._ready()
        name = f"{template}_{uuid4().hex[:8]}"
        await self._run(f'create database "{name}" template "{template}"')
        try:
            yield embedded_logins(address, name)
        finally:
            await self._run(f'drop database "{name}" with (force)')

    async def _ready(self) -> tuple[str, Address]:
        if self._address is None:
            self._address = self._postgres.start()
        if self._template is None:
            name = f"dg_app_test_{os.getpid()}_{uuid4().hex[:8]}"
            await self._run(f"create database \"{name}\" template template0 encoding 'UTF8'")
            await make_ready(self._address, Settings(), name)
            self._template = name
        return self._template, self._address

    async def _run(self, statement: str) -> None:
        assert self._address is not None, "the server is running"
        login: ConnectKwargs = self._address.connect_kwargs(self._address.database, self._address.user)
        connection = await asyncpg.connect(**login)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
