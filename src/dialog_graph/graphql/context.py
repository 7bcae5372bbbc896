"""What the resolvers of one operation share: the caller, the ports, one snapshot, batched look-ups.

Reads of one operation see one unchanging picture of the data: the snapshot opens at the first use and is closed before
the answer leaves (joins §1 rule 9). After a command the old picture is dropped, so that a payload shows the new state.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from dialog_graph.model.instance import Instance
from dialog_graph.model.party import Party
from dialog_graph.model.principal import Principal
from dialog_graph.model.waits import Waits
from dialog_graph.ports import Ports
from dialog_graph.reads import dialogs, instances, waits
from dialog_graph.reads.dialogs import DialogView
from dialog_graph.storage import parties
from dialog_graph.storage.database import Snapshot

P = ParamSpec("P")
ResultT = TypeVar("ResultT")
Read = Callable[Concatenate[Ports, Snapshot, P], Awaitable[ResultT]]


class Context:
    """The context of one GraphQL operation. `languages`: of Accept-Language, best first; empty = all languages.

    `last_event_id`: cursor that a reconnecting client brings along; `position`: cursor that a feed subscription has
    reached, for the transport to tell.
    """

    def __init__(self, ports: Ports, principal: Principal, languages: Sequence[str] = (), trace_id: str = "") -> None:
        self.ports = ports
        self.principal = principal
        self.languages = tuple(languages)
        self.trace_id = trace_id
        self.last_event_id: str | None = None
        self.position: str | None = None
        self._lock = asyncio.Lock()
        self._open: tuple[AsyncExitStack, Snapshot] | None = None
        self._make_loaders()

    def _make_loaders(self) -> None:
        self.instances: DataLoader[UUID, Instance | None] = DataLoader(load_fn=self._load_instances)
        self.parties: DataLoader[int, Party | None] = DataLoader(load_fn=self._load_parties)
        self.dialogs: DataLoader[UUID, DialogView | None] = DataLoader(load_fn=self._load_dialogs)
        self.waits: DataLoader[UUID, Waits] = DataLoader(load_fn=self._load_waits)

    async def read(self, function: "Read[P, ResultT]", *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Calls a read with the operation's snapshot; one statement at a time, whoever asks."""
        async with self._lock:
            return await function(self.ports, await self._snapshot(), *args, **kwargs)

    async def _snapshot(self) -> Snapshot:
        if self._open is None:
            stack = AsyncExitStack()
            snapshot = await stack.enter_async_context(self.ports.database.snapshot(self.principal))
            self._open = (stack, snapshot)
        return self._open[1]

    async def reset(self) -> None:
        """Drops the snapshot and what was read in it: what comes next sees the data as they are then."""
        async with self._lock:
            if self._open is not None:
                stack, _ = self._open
                self._open = None
                await stack.aclose()
            self._make_loaders()

    async def command(self, run: Callable[..., Awaitable[ResultT]], given: Any) -> ResultT:
        """Runs a command as the caller; later reads of the operation see its outcome.

        The picture is dropped before, so that the operation never holds two connections, and again afterwards: fields
        beside this one may have opened another one before the commit.
        """
        await self.reset()
        try:
            return await run(self.ports, self.principal, given)
        finally:
            await self.reset()

    async def _load_instances(self, ids: list[UUID]) -> Sequence[Instance | None]:
        return await self.read(instances.by_ids, ids)

    async def _load_dialogs(self, ids: list[UUID]) -> Sequence[DialogView | None]:
        return await self.read(dialogs.of_instances, ids)

    async def _load_waits(self, ids: list[UUID]) -> Sequence[Waits]:
        return await self.read(waits.of_instances, ids)

    async def _load_parties(self, ids: list[int]) -> Sequence[Party | None]:
        found = await self.read(_parties_by_ids, ids)
        return [found.get(party_id) for party_id in ids]


async def _parties_by_ids(ports: Ports, snapshot: Snapshot, ids: list[int]) -> dict[int, Party]:
    return await parties.by_ids(snapshot, ids)
