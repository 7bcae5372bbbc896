"""The pytest plugin: the fixture `app_test` (app folder rules §15.6)."""

import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest

from dialog_graph.apps.task_kinds import NO_SERVICES
from dialog_graph.model.service_task import ServiceHandler
from dialog_graph.testing.app_test import AppTest, folder_of, opened
from dialog_graph.testing.databases import Databases


class Open(Protocol):
    """Opens an app folder on a fresh database. `services`: code for task types that the product has none for."""

    def __call__(
        self, folder: str | Path, services: Mapping[str, ServiceHandler] = NO_SERVICES
    ) -> AbstractAsyncContextManager[AppTest]:
        """The app, for the time of the block."""
        ...


@pytest.fixture(scope="session")
def dialog_graph_databases() -> Generator[Databases, None, None]:
    """The database server of the run."""
    # Not pytest's own folder: started by root, the database runs as somebody else, who must be able to pass.
    folder = Path(tempfile.mkdtemp(prefix="dg-app-test-"))
    folder.chmod(0o711)
    databases = Databases(folder / "data")
    try:
        yield databases
    finally:
        databases.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def app_test(dialog_graph_databases: Databases, tmp_path: Path) -> Open:
    """Opens an app folder on a fresh database: `async with app_test("apps/ttd/x") as app: …`."""

    @asynccontextmanager
    async def open_app(folder: str | Path, services: Mapping[str, ServiceHandler] = NO_SERVICES):
        async with (
            dialog_graph_databases.fresh() as logins,
            opened(folder_of(folder), logins, tmp_path, services) as app,
        ):
            yield app

    return open_app
