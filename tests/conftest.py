"""What all tests share: one database server per run, fresh databases from a migrated template, the corpus.

The server is the embedded one with durability off, or the one of `DATABASE_URL` (a login that may create databases and
roles); workers of one run share it. Tests that use it get the mark `postgres` by themselves.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from dialog_graph.settings import Settings
from dialog_graph.storage.bootstrap import make_ready
from dialog_graph.storage.database import Database, Options
from dialog_graph.storage.embedded import Address, EmbeddedPostgres
from dialog_graph.storage.logins import ConnectKwargs, Logins, embedded_logins, external_logins, plain_url

_RUN = "DIALOG_GRAPH_TEST_RUN"
_SHARED = "DIALOG_GRAPH_SHARED"
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw")

# A gate that draws new cases at every run stops a change for a fault that is not its own. Whoever looks for new faults
# says so: `pytest --hypothesis-profile explore`.
# How long a case takes says how busy the machine is.
settings.register_profile("gate", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", settings.get_profile("gate"), derandomize=False)
settings.load_profile("gate")


def _fastest_folder() -> str | None:
    """Memory where there is plenty of it: a database is copied for every test. None: the usual temporary folder."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < 4 << 30:
        return None
    return str(memory)


def pytest_configure(config: pytest.Config) -> None:
    """The process that began the run makes its folder; workers inherit the name."""
    if not hasattr(config, "workerinput"):
        folder = Path(tempfile.mkdtemp(prefix="dg-test-", dir=_fastest_folder()))
        # Started by root, the database runs as somebody else, who must be able to pass.
        folder.chmod(0o711)
        os.environ[_RUN] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(_RUN), ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and "server" in item.fixturenames:
            item.add_marker(pytest.mark.postgres)


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay till the end: the collector need not walk over them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with corpus and contracts beside the project; tests that read it skip where it is absent."""
    folder = Path(os.environ.get(_SHARED) or Path(__file__).resolve().parents[2] / "shared")
    if not (folder / "corpus").is_dir():
        pytest.skip(f"the corpus is not at {folder}: set {_SHARED}")
    return folder


@dataclass(slots=True)
class Server:
    """The database server of the run, and the making of databases in it."""

    place: Address | str
    settings: Settings
    numbers: "count[int]" = field(default_factory=count)

    def logins(self, database: str) -> Logins:
        if isinstance(self.place, Address):
            return embedded_logins(self.place, database)
        return external_logins(_at(self.place, database))

    @property
    def admin(self) -> ConnectKwargs:
        """The login that makes databases."""
        if isinstance(self.place, Address):
            return self.place.connect_kwargs(self.place.database, self.place.user)
        return {"dsn": plain_url(self.place)}

    async def make_ready(self, database: str, settings: Settings | None = None) -> Logins:
        """A database as a server finds it after its own start-up."""
        place = self.place if isinstance(self.place, Address) else _at(self.place, database)
        return await make_ready(place, settings or self.settings, database)

    async def run(self, statement: str) -> None:
        connection = await asyncpg.connect(**self.admin)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    @asynccontextmanager
    async def fresh(self, template: str) -> AsyncGenerator[str]:
        """Name of a copy of the template, dropped at the end."""
        name = f"{template}_{_WORKER}_{os.getpid()}_{next(self.numbers)}"
        await self.run(f'create database "{name}" template "{template}"')
        try:
            yield name
        finally:
            await self.run(f'drop database "{name}" with (force)')


def _at(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


@pytest.fixture(scope="session")
def server() -> Generator[Server]:
    """The one server of this run."""
    external = os.environ.get("DATABASE_URL")
    if external:
        yield Server(external, Settings())
        return
    postgres = EmbeddedPostgres(Path(os.environ[_RUN]) / "data", durable=False)
    try:
        yield Server(postgres.start(), Settings())
    finally:
        postgres.stop()


@pytest.fixture(scope="session")
async def template(server: Server) -> AsyncGenerator[str]:
    """Name of a database of this worker that is migrated and has the seed parties, to be copied."""
    name = f"dg_test_{_WORKER}_{uuid4().hex[:8]}"
    await server.run(f"create database \"{name}\" template template0 encoding 'UTF8'")
    await server.make_ready(name)
    yield name
    await server.run(f'drop database "{name}" with (force)')


@pytest.fixture
async def logins(server: Server, template: str) -> AsyncGenerator[Logins]:
    """A fresh database, migrated and with the seed parties: how to log in."""
    async with server.fresh(template) as name:
        yield server.logins(name)


@asynccontextmanager
async def opened(logins: Logins, options: Options | None = None) -> AsyncGenerator[Database]:
    """The database of these logins with open pools."""
    database = await Database.open(logins, options or Options(pool_min=0))
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def database(logins: Logins) -> AsyncGenerator[Database]:
    """A fresh database for one test."""
    async with opened(logins) as database:
        yield database


@pytest.fixture(scope="module")
async def module_logins(server: Server, template: str) -> AsyncGenerator[Logins]:
    """A fresh database for all tests of a module: how to log in."""
    async with server.fresh(template) as name:
        yield server.logins(name)


@pytest.fixture(scope="module")
async def module_database(module_logins: Logins) -> AsyncGenerator[Database]:
    """A fresh database for all tests of a module."""
    async with opened(module_logins) as database:
        yield database


@pytest.fixture
async def owner(logins: Logins) -> AsyncGenerator[asyncpg.Connection]:
    """A session of dg_owner in the test's database, for what no runtime role may do."""
    connection = await asyncpg.connect(**logins.owner)
    try:
        yield connection
    finally:
        await connection.close()
