"""Opens an app that waits on a database of its own; at the end its journal is replayed and its waits are counted."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

from dialog_graph.apps import Files
from dialog_graph.apps.task_kinds import NO_SERVICES, kinds_with
from dialog_graph.model.service_task import ServiceHandler
from dialog_graph.server import ports_of
from dialog_graph.settings import Settings
from dialog_graph.storage.database import Options
from dialog_graph.storage.logins import Logins
from dialog_graph.testing.app_test import AppTest, with_app
from tests.flow.replaying_steps import replayed_at_each_step
from tests.integration.rows import as_superior

_STATE = """
select jsonb_object_agg(name, rows) from (
    select 'instance' as name, jsonb_agg(to_jsonb(t) order by instance_id) as rows from dg.instance t
    union all select 'task', jsonb_agg(to_jsonb(t) order by entry_id) from dg.process_task t
    union all select 'data', jsonb_agg(to_jsonb(t) order by element_id) from dg.data_element t
    union all select 'event', jsonb_agg(to_jsonb(t) order by seq) from dg.event t
    union all select 'dialog', jsonb_agg(to_jsonb(t) order by dialog_id) from dg.dialog t
    union all select 'key', jsonb_agg(to_jsonb(t) order by scope, key) from dg.idempotency t
    union all select 'timer', jsonb_agg(to_jsonb(t) - 'lease_until' order by timer_id) from dg.timer t
    union all select 'subscription', jsonb_agg(to_jsonb(t) order by subscription_id) from dg.message_subscription t
    union all select 'message', jsonb_agg(to_jsonb(t) order by message_id) from dg.message_buffer t
    union all select 'job', jsonb_agg(to_jsonb(t) order by job_id) from dg.job t
    union all select 'incident', jsonb_agg(to_jsonb(t) order by incident_id) from dg.incident t
    union all select 'link', jsonb_agg(to_jsonb(t) order by link_id) from dg.link t) all_rows
"""
"""Everything that commands write, of all instances."""


@dataclass(frozen=True)
class Waiting:
    """The first of the apps that are open, and a session past row level security."""

    app: AppTest
    others: Sequence[AppTest]
    admin: asyncpg.Connection
    logins: Logins

    def advance(self, **by: float) -> None:
        """Moves the clock on."""
        self.app.ports.database.clock.advance(timedelta(**by))

    async def state(self) -> Any:
        """Everything that is stored; two states are equal when nothing has happened between them."""
        return await self.admin.fetchval(_STATE)

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        return await self.admin.fetchval(f"select count(*) from dg.{table}")


@asynccontextmanager
async def waiting(
    logins: Logins,
    folder: Path,
    *apps: Files,
    services: Mapping[str, ServiceHandler] = NO_SERVICES,
) -> AsyncGenerator[Waiting]:
    """The apps on this database; an instance is replayed after each of its steps, and all when the block ends well."""
    settings = Settings(data=folder, blobs=str(folder / "blobs"), keys=folder / "keys")
    async with replayed_at_each_step(logins.setup, kinds_with(services)), AsyncExitStack() as stack:
        ports = await stack.enter_async_context(ports_of(settings, logins, Options(pool_min=0), services))
        opened = [await with_app(ports, files) for files in apps]
        admin = await as_superior(logins)
        stack.push_async_callback(admin.close)
        yield Waiting(opened[0], opened[1:], admin, logins)
