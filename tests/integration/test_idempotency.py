"""Stored outcomes: found by the same actor with the same request, refused with another."""

import asyncio
from datetime import timedelta

import pytest

from dialog_graph.errors import Refused
from dialog_graph.storage import idempotency
from dialog_graph.storage.database import Database
from dialog_graph.workers.retention import Retention
from tests.integration.rows import KARI, OLA, person

STORE = """
insert into idempotency (scope, actor, key, command, request_hash, result, created_at)
values ('ttd/app', $1, 'key', 'Instantiate', 'hash', '{"instance_id": "x", "ordinal": 1}', now())
"""


async def found(database: Database, subject: int, key: str = "key", request_hash: str = "hash") -> object:
    async with database.transaction(person(subject)) as tx:
        return await idempotency.find(tx, "ttd/app", f"subject:{subject}", key, request_hash)


async def test_the_first_answer_is_found_again_and_only_by_its_actor(database: Database) -> None:
    async with database.transaction(person(KARI)) as tx:
        await tx.execute(STORE, f"subject:{KARI}")
    assert await found(database, KARI) == {"instance_id": "x", "ordinal": 1}
    assert await found(database, KARI, key="other") is None
    assert await found(database, OLA) is None


async def test_another_request_with_the_same_key_is_refused(database: Database) -> None:
    async with database.transaction(person(KARI)) as tx:
        await tx.execute(STORE, f"subject:{KARI}")
    with pytest.raises(Refused, match="IDEMPOTENCY_MISMATCH"):
        await found(database, KARI, request_hash="another")


async def test_a_second_request_waits_for_the_first_and_gets_its_answer(database: Database) -> None:
    locked, order = asyncio.Event(), list[str]()

    async def first() -> None:
        async with database.transaction(person(KARI)) as tx:
            await idempotency.lock(tx, "ttd/app", f"subject:{KARI}", "key")
            locked.set()
            assert await idempotency.find(tx, "ttd/app", f"subject:{KARI}", "key", "hash") is None
            await asyncio.sleep(0.1)
            await tx.execute(STORE, f"subject:{KARI}")
            order.append("first")

    async def second() -> None:
        await locked.wait()
        async with database.transaction(person(KARI)) as tx:
            await idempotency.lock(tx, "ttd/app", f"subject:{KARI}", "key")
            assert await idempotency.find(tx, "ttd/app", f"subject:{KARI}", "key", "hash") is not None
            order.append("second")

    async def with_another_key() -> None:
        await locked.wait()
        async with database.transaction(person(KARI)) as tx:
            await idempotency.lock(tx, "ttd/app", f"subject:{KARI}", "another")
            order.append("unconcerned")

    await asyncio.gather(first(), second(), with_another_key())
    assert order == ["unconcerned", "first", "second"]


async def test_outcomes_are_kept_for_two_days(database: Database) -> None:
    duty = Retention(database)
    async with database.transaction(person(KARI)) as tx:
        await tx.execute(STORE, f"subject:{KARI}")
    database.clock.advance(timedelta(hours=47))
    await duty.tidy()
    assert await found(database, KARI) is not None
    database.clock.advance(timedelta(hours=2))
    await duty.tidy()
    assert await found(database, KARI) is not None, "it looks once a minute"
    await Retention(database).tidy()
    assert await found(database, KARI) is None
