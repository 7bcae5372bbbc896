"""The product with one seeded defect each: what a harness must catch to be believed.

A twin changes the running process only. Each is what somebody could plausibly write: the same code without a
transaction, a key stored beside it, a row that is read without a lock, a file that is written when there is time.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from dialog_graph.model.instance import DataElement
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.storage import blobs, database, idempotency, instances, steps
from dialog_graph.storage.blobs import Blob, Blobs
from dialog_graph.storage.database import Database, Transaction
from dialog_graph.storage.steps import StepRows
from tests.chaos.waits import twins as of_waits

_INSERT_KEY = """
insert into idempotency (scope, actor, key, command, request_hash, result, created_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""


async def _commit_now(tx: Transaction) -> None:
    """Ends the transaction and begins another in the same context, behind the driver's back."""
    context = database._context(tx.principal)  # pyright: ignore[reportPrivateUsage] -- a twin knows its original
    await tx.execute("commit")
    await tx.execute("begin")
    await tx.fetchrow(database._ENTER, *context)  # pyright: ignore[reportPrivateUsage] -- see above


def no_transaction() -> None:
    """A1: every write is committed by itself: the instance first, then the rest."""
    whole = steps.write

    async def write(tx: Transaction, permit: Permit, rows: StepRows) -> None:
        await whole(tx, permit, StepRows(instance=rows.instance))
        await _commit_now(tx)
        await whole(tx, permit, replace(rows, idempotency=None))
        await _commit_now(tx)
        if rows.idempotency is not None:
            await store_key(tx, rows.idempotency)

    patch.object(steps, "write", write).start()


async def store_key(tx: Transaction, row: steps.IdempotencyRow) -> None:
    """Stores an outcome by a statement of its own."""
    await tx.execute(
        _INSERT_KEY, row.scope, row.actor, row.key, row.command, row.request_hash, row.result, tx.now
    )  # fmt: skip


def key_outside() -> None:
    """A3: the outcome is stored after the commit, in a transaction of its own."""
    whole, opened = steps.write, Database.transaction

    async def write(tx: Transaction, permit: Permit, rows: StepRows) -> None:
        tx.cache["key"] = rows.idempotency
        await whole(tx, permit, replace(rows, idempotency=None))

    @asynccontextmanager
    async def transaction(self: Database, principal: Principal) -> AsyncGenerator[Transaction]:
        async with opened(self, principal) as tx:
            yield tx
        row = tx.cache.get("key")
        if row is not None:
            async with opened(self, principal) as later:
                await store_key(later, row)

    patch.object(steps, "write", write).start()
    patch.object(Database, "transaction", transaction).start()


def no_lock() -> None:
    """A4: the instance is looked at, not locked."""

    async def lock(tx: Transaction, instance_id: UUID) -> bool:
        found = await tx.fetchval("select true from instance where instance_id = $1", instance_id)
        await tx.renew_now()
        return bool(found)

    patch.object(instances, "lock", lock).start()


def no_key_lock() -> None:
    """P7: nobody waits for the first request with a key."""

    async def lock(tx: Transaction, scope: str, actor: str, key: str) -> None:
        await asyncio.sleep(0)

    patch.object(idempotency, "lock", lock).start()


def late_blob() -> None:
    """A10: the file is written when there is time, which may be after the commit."""
    kept: set[asyncio.Task[None]] = set()

    async def later(path: Any, content: bytes) -> None:
        await asyncio.sleep(0.05)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    async def receive(self: Blobs, org: str, chunks: AsyncIterator[bytes], cap: int) -> Blob:
        content = b"".join([chunk async for chunk in chunks])
        name = uuid4().hex
        key = f"{org}/{name[:2]}/{name}"
        task = asyncio.create_task(later(self._root / key, content))  # pyright: ignore[reportPrivateUsage] -- a twin
        kept.add(task)
        return Blob(key=key, size=len(content), sha256=hashlib.sha256(content).hexdigest())

    patch.object(Blobs, "receive", receive).start()


def no_check() -> None:
    """A9: bytes are delivered as they are found."""

    def agrees(_: object) -> bool:
        return True

    def unchecked(element: DataElement, wire: bytes) -> bytes:
        return wire

    patch.object(blobs._Reader, "_agrees", agrees).start()  # pyright: ignore[reportPrivateUsage] -- a twin
    patch("dialog_graph.rest.data._checked", unchecked).start()


TWINS: Mapping[str, Callable[[], None]] = {
    "": lambda: None,
    "no transaction": no_transaction,
    "key outside the transaction": key_outside,
    "no row lock": no_lock,
    "no lock of keys": no_key_lock,
    "blob written late": late_blob,
    "no check of hashes": no_check,
    **of_waits.TWINS,
}
"""Name -> what breaks this process; the empty name breaks nothing."""


def break_product(twin: str) -> None:
    """Puts a twin in place of the product, in this process; `unittest.mock.patch.stopall` takes it back."""
    TWINS[twin]()


__all__ = ["TWINS", "break_product"]
