"""Where fault runs take place: a durable embedded Postgres of their own, and a fresh database for each run."""

import shutil
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import asyncpg

from dialog_graph.apps.task_kinds import NO_SERVICES
from dialog_graph.model.service_task import ServiceHandler
from dialog_graph.ports import Ports
from dialog_graph.server import ports_of, register_apps
from dialog_graph.settings import Settings
from dialog_graph.storage.bootstrap import make_ready
from dialog_graph.storage.database import Options, prepare_connection
from dialog_graph.storage.embedded import Address, EmbeddedPostgres
from dialog_graph.storage.logins import Logins, embedded_logins
from tests.chaos.processes import ROOT, Place, Zygote

BARE, EXAMPLES = "chaos_bare", "chaos_template"
"""Databases that others are copies of: without any app, and with the example apps."""


@dataclass(slots=True)
class Ground:
    """A fresh database with the example apps, its files, and a session past row level security to look at it."""

    place: Place
    logins: Logins
    connection: asyncpg.Connection

    @property
    def blobs(self) -> Path:
        return self.place.folder / "blobs"


@dataclass(slots=True)
class Site:
    """The server and the parent of all workers."""

    address: Address
    folder: Path
    zygote: Zygote
    templates: set[str] = field(default_factory=set[str])
    _numbers: "count[int]" = field(default_factory=count)

    async def run(self, statement: str) -> None:
        """A statement outside every database of a run."""
        connection = await asyncpg.connect(**self.address.connect_kwargs(self.address.database, self.address.user))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    @property
    def settings(self) -> Settings:
        """Those with which the databases are made."""
        return Settings(data=self.folder, blobs=str(self.folder / "blobs"), keys=self.folder / "keys")

    async def prepare(self) -> None:
        """The database that all others are copies of."""
        await self.run(f"create database {BARE} template template0 encoding 'UTF8'")
        await make_ready(self.address, self.settings, BARE)

    async def template(
        self,
        name: str,
        fill: Callable[[Logins, Ports], Awaitable[None]],
        services: Mapping[str, ServiceHandler] = NO_SERVICES,
    ) -> None:
        """Makes a database for copies, unless there is one of this name."""
        if name in self.templates:
            return
        await self.run(f"create database {name} template {BARE}")
        logins = embedded_logins(self.address, name)
        async with ports_of(self.settings, logins, Options(pool_min=0), services) as ports:
            await fill(logins, ports)
        self.templates.add(name)

    @asynccontextmanager
    async def ground(self, twin: str = "", template: str = EXAMPLES, role: str = "") -> AsyncGenerator[Ground]:
        """A fresh database; dropped at the end of the block. `role`: of the workers on it."""
        if template == EXAMPLES:
            await self.template(EXAMPLES, _examples)
        name = f"chaos_{next(self._numbers)}"
        await self.run(f"create database {name} template {template}")
        logins = embedded_logins(self.address, name)
        connection = await asyncpg.connect(**logins.setup)
        await prepare_connection(connection)
        folder = self.folder / name
        place = Place(
            host=self.address.host, port=self.address.port, database=name, folder=folder, twin=twin, role=role
        )
        try:
            yield Ground(place, logins, connection)
        finally:
            await connection.close()
            await self.run(f"drop database {name} with (force)")


async def _examples(_: Logins, ports: Ports) -> None:
    await register_apps(ports, ROOT / "apps")


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="dg-chaos-"))
    # Started by root, the database runs as somebody else, who must be able to pass.
    folder.chmod(0o711)
    return folder


@asynccontextmanager
async def opened() -> AsyncGenerator[Site]:
    """A site, gone at the end of the block."""
    folder = _folder()
    postgres = EmbeddedPostgres(folder / "data", durable=True)
    try:
        with Zygote() as zygote:
            site = Site(postgres.start(), folder, zygote)
            await site.prepare()
            yield site
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
