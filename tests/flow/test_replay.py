"""The replay check itself: it passes on what the product writes, and it sees each kind of damage."""

import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from dialog_graph.storage.database import prepare_connection
from dialog_graph.testing import Databases
from dialog_graph.testing.app_test import AppTest, opened
from tests.flow.cases import GRANT, application
from tests.flow.replaying import check_replays

# Damage -> the words of the check that must see it.
DAMAGE = {
    "update dg.process_task set status = 'COMPLETED' where status = 'ABANDONED'": "other tasks",
    "update dg.process_task set sent_back = false": "other tasks",
    "delete from dg.process_task where entry_no = 2": "other tasks",
    "update dg.instance set process_state = jsonb_set(process_state, '{fl}', '99')": "another state",
    "update dg.instance set process_state = process_state - 'st'": "another state",
    "update dg.instance set current_task = 'Task_2'": "other columns",
    "update dg.instance set has_incident = true": "other columns",
    "update dg.event set type = type || '9' where type like '%.movedTo.Task_1'": "other events",
    "delete from dg.event where type = 'process.step' and stream_seq > 3": "gaps",
    "update dg.event set data = jsonb_set(data, '{decisions}', '[]') where type = 'process.step'": "Mismatch",
    "update dg.event set data = jsonb_set(data, '{command,type}', '\"retry\"') where type = 'process.step'": "Mismatch",
}


async def sent_back(app: AppTest) -> None:
    """An instance with every kind of process event but the end."""
    case = await app.as_person().instantiate()
    await case.fill("application", application())
    await case.complete()
    await case.send_back()


async def test_every_damage_is_seen(dialog_graph_databases: Databases, tmp_path: Path) -> None:
    async with dialog_graph_databases.fresh() as logins:
        async with opened(GRANT, logins, tmp_path) as app:
            await sent_back(app)
        assert await check_replays(logins.setup) == 1
        for damage, words in DAMAGE.items():
            async with damaged(logins.setup, damage):
                with pytest.raises(AssertionError, match=re.escape(words)):
                    await check_replays(logins.setup)
        assert await check_replays(logins.setup) == 1, "the damage is taken back each time"


class damaged:  # noqa: N801 -- used like a function
    """Does the damage, and undoes it from a copy of the three tables."""

    TABLES = ("dg.process_task", "dg.event", "dg.instance")

    def __init__(self, login: dict[str, Any], statement: str) -> None:
        self._login = login
        self._statement = statement

    async def _run(self, *statements: str) -> str:
        connection = await asyncpg.connect(**self._login)
        try:
            await prepare_connection(connection)
            # Foreign keys and the append-only trigger would forbid what a damaged disk does not ask.
            await connection.execute("set session_replication_role = replica")
            return [await connection.execute(statement) for statement in statements][-1]
        finally:
            await connection.close()

    async def __aenter__(self) -> None:
        copies = [f"create table public.copy_{name[3:]} as select * from {name}" for name in self.TABLES]
        changed = await self._run(*copies, self._statement)
        assert changed.split()[-1] != "0", f"the damage hits nothing: {self._statement}"

    async def __aexit__(self, *_: object) -> None:
        for name in self.TABLES:
            copy = f"public.copy_{name[3:]}"
            back = f"insert into {name} overriding system value select * from {copy}"
            await self._run(f"delete from {name}", back, f"drop table {copy}")
