"""Wakes those who wait for new rows: in this process at once, in others by a debounced NOTIFY.

It is a hint and carries nothing: whoever is woken looks into the tables, and everyone looks there now and then anyway,
so a lost ring costs only time. Never inside a command's transaction, where NOTIFY takes a lock that all commits of the
database share; hence a connection of its own, which also listens. Event rules §10.4.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import asyncpg

from dialog_graph.storage.logins import ConnectKwargs

CHANNEL = "dg_wake"

SPACING = 0.01
"""Seconds between two NOTIFYs of one process: many commits make one ring."""

RETRY = 1.0
"""Seconds before a lost connection is made again."""

_LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Listener:
    """One waiter. It hears every ring since its last look, also those made while it was busy."""

    def __init__(self, doorbell: "Doorbell") -> None:
        self._doorbell = doorbell
        self._heard = doorbell.rings

    async def rung(self, timeout: float) -> bool:
        """Waits until it rings, at most `timeout` seconds; False when it did not."""
        is_rung = await self._doorbell.rung_since(self._heard, timeout)
        self._heard = self._doorbell.rings
        return is_rung


class Doorbell:
    """The bell of one process. Without `connected` it is heard in this process only."""

    def __init__(self) -> None:
        self.rings = 0
        self._next: asyncio.Event = asyncio.Event()
        self._outgoing: asyncio.Event = asyncio.Event()

    def ring(self) -> None:
        """Wakes all waiters here, and soon those of the other processes. Call it after a commit."""
        self._ring_here()
        self._outgoing.set()

    def _ring_here(self) -> None:
        self.rings += 1
        waiting, self._next = self._next, asyncio.Event()
        waiting.set()

    def listener(self) -> Listener:
        """A waiter that hears what is rung from now on; one for each task that waits."""
        return Listener(self)

    async def rung_since(self, heard: int, timeout: float) -> bool:
        """Waits for a ring after the given number of rings."""
        if self.rings == heard:
            # Not wait_for, which before Python 3.12 can swallow a cancellation that comes together with a ring.
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._next.wait()
        return self.rings != heard

    async def rung(self, timeout: float) -> bool:
        """Waits for the next ring from now; those who must hear all of them use a `listener`."""
        return await self.rung_since(self.rings, timeout)

    @asynccontextmanager
    async def connected(self, login: ConnectKwargs) -> AsyncGenerator[None, None]:
        """Rings and listens across processes while the block runs. A lost connection is made again by itself."""
        task = asyncio.create_task(self._keep_connected(login))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _keep_connected(self, login: ConnectKwargs) -> None:
        while True:
            with suppress(*_LOST):
                await self._serve(login)
            await asyncio.sleep(RETRY)

    async def _serve(self, login: ConnectKwargs) -> None:
        connection = await asyncpg.connect(**login)
        ours = connection.get_server_pid()

        def heard(_: asyncpg.Connection, sender: int, _channel: str, _payload: str) -> None:
            if sender != ours:
                self._ring_here()

        # A loss wakes the loop below like a ring, so that the connection is made again.
        connection.add_termination_listener(lambda _: self._outgoing.set())
        try:
            await connection.add_listener(CHANNEL, heard)
            self._ring_here()  # what was rung before we listened is unknown
            while not connection.is_closed():
                await self._outgoing.wait()
                self._outgoing.clear()
                await connection.execute(f"notify {CHANNEL}")
                await asyncio.sleep(SPACING)
        finally:
            connection.terminate()
