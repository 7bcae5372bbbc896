"""Removes what has been kept for long enough: stored outcomes of commands (process engine §6.1)."""

import asyncio

from dialog_graph.storage import idempotency
from dialog_graph.storage.database import Database

INTERVAL = 60.0
"""Seconds between two removals in one process; two processes at once do no harm."""


class Retention:
    """The duty of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._next = 0.0

    async def tidy(self) -> int:
        """Removes what is old, when it is time for it again; there is never more to do at once."""
        now = asyncio.get_running_loop().time()
        if now >= self._next:
            self._next = now + INTERVAL
            async with self._database.dispatch() as tx:
                await idempotency.remove_old(tx)
        return 0
