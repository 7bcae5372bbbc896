"""Every step of a test is followed by a replay of its instance: P2, P3 and P10 hold at rest, not only at the end.

A step of the testing API reads the instance anew when it is done; that is where the check stands.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

import asyncpg

from dialog_graph.bpmn import TaskKind
from dialog_graph.storage.database import prepare_connection
from dialog_graph.tasks import KINDS
from dialog_graph.testing import Case
from tests.flow.replaying import Replays


@asynccontextmanager
async def replayed_at_each_step(login: dict[str, Any], kinds: Mapping[str, TaskKind] = KINDS) -> AsyncGenerator[None]:
    """While the block runs each step of a `Case` is checked, and at its good end everything. Raises `AssertionError`.

    `login`: a superuser's; `kinds`: the task types that there is code for.
    """
    connection = await asyncpg.connect(**login)
    try:
        await prepare_connection(connection)
        replays, one_at_a_time, refresh = Replays(connection, kinds), asyncio.Lock(), Case.refresh

        async def checked(case: Case) -> Case:
            # Others may be at work: all queries of one check see one moment.
            async with one_at_a_time, connection.transaction(isolation="repeatable_read", readonly=True):
                await replays.check(case.id)
            return await refresh(case)

        with patch.object(Case, "refresh", checked):
            yield
        await replays.check()
    finally:
        await connection.close()
