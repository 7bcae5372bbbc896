"""Flow tests, those in the apps' folders too: `app_test` opens an app, and after each step the journal is replayed."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dialog_graph.apps.task_kinds import NO_SERVICES, kinds_with
from dialog_graph.model.service_task import ServiceHandler
from dialog_graph.testing import AppTest, Databases
from dialog_graph.testing.app_test import opened
from dialog_graph.testing.plugin import Open, dialog_graph_databases
from tests.flow.replaying_steps import replayed_at_each_step

__all__ = ["app_test", "dialog_graph_databases"]


@pytest.fixture
def app_test(dialog_graph_databases: Databases, tmp_path: Path) -> Open:
    """As the plugin's; after each step and at the end the journal must give the stored state and rows again."""

    @asynccontextmanager
    async def open_app(
        folder: str | Path, services: Mapping[str, ServiceHandler] = NO_SERVICES
    ) -> AsyncGenerator[AppTest, None]:
        async with (
            dialog_graph_databases.fresh() as logins,
            replayed_at_each_step(logins.setup, kinds_with(services)),
            opened(Path(folder), logins, tmp_path, services) as app,
        ):
            yield app

    return open_app
