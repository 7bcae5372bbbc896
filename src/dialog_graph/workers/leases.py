"""Leadership of a duty: one holder among all processes, who stops by its own clock before others may begin.

Two leaders at once do no harm: whatever a duty writes is tied to the fence of its lease. Event rules §10.3.
"""

import asyncio

from dialog_graph.storage import leases
from dialog_graph.storage.database import Database

RENEWED_AFTER = 5.0
MARGIN = 1.0
"""Seconds before the lease ends when its holder stops of its own accord."""


class Leadership:
    """One process's part in the race for a duty. `holder`: a name of this process that no other has."""

    def __init__(self, database: Database, name: str, holder: str) -> None:
        self._database = database
        self._name = name
        self._holder = holder
        self._fence: int | None = None
        self._renew_at = 0.0
        self._until = 0.0

    async def fence(self) -> int | None:
        """The fence to write under, None while somebody else leads. Takes or renews the lease when that is due."""
        now = asyncio.get_running_loop().time()
        if self._fence is None or now >= self._renew_at:
            async with self._database.dispatch() as tx:
                self._fence = await leases.take(tx, self._name, self._holder)
            # Counted from before the statement, so the lease never ends earlier in the database than here.
            self._renew_at, self._until = now + RENEWED_AFTER, now + leases.TTL.total_seconds() - MARGIN
        return self._fence if self.is_safe else None

    @property
    def is_safe(self) -> bool:
        """False when the lease may have passed to another meanwhile: then nothing may be written."""
        return self._fence is not None and asyncio.get_running_loop().time() < self._until

    async def give_back(self) -> None:
        """Lets others lead at once."""
        fence, self._fence = self._fence, None
        if fence is not None:
            async with self._database.dispatch() as tx:
                await leases.give_back(tx, self._name, fence)
