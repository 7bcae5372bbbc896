"""The doorbell: heard here at once, in other processes soon, and what is lost costs only time."""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from dialog_graph.storage import doorbell as module
from dialog_graph.storage.doorbell import CHANNEL, Doorbell
from dialog_graph.storage.logins import Logins
from tests.integration.rows import connect

SOON = 20.0


async def test_all_who_wait_here_are_woken() -> None:
    bell = Doorbell()
    waiting = [asyncio.create_task(bell.rung(SOON)) for _ in range(3)]
    await asyncio.sleep(0)
    bell.ring()
    assert await asyncio.gather(*waiting) == [True, True, True]


async def test_who_waits_in_vain_is_told_so() -> None:
    assert not await Doorbell().rung(0.01)


async def test_a_listener_hears_what_was_rung_while_it_was_busy_and_each_ring_once() -> None:
    bell = Doorbell()
    listener = bell.listener()
    bell.ring()
    bell.ring()
    assert await listener.rung(SOON)
    assert not await listener.rung(0.01)


@pytest.fixture
async def heard(logins: Logins) -> "AsyncGenerator[asyncio.Queue[int]]":
    """Senders of the notifications that another process would see."""
    senders: asyncio.Queue[int] = asyncio.Queue()
    connection = await connect(logins.app)
    await connection.add_listener(CHANNEL, lambda _, sender, __, ___: senders.put_nowait(sender))
    yield senders
    await connection.close()


async def test_it_rings_from_process_to_process(logins: Logins) -> None:
    here, there = Doorbell(), Doorbell()
    at_home, away = here.listener(), there.listener()
    async with here.connected(logins.app), there.connected(logins.dispatch):
        assert await at_home.rung(SOON), "everybody is woken once the connection stands"
        assert await away.rung(SOON)
        here.ring()
        assert await away.rung(SOON)
        assert here.rings == 2, "one's own notification is not heard again"


async def test_many_commits_make_few_notifications(logins: Logins, heard: asyncio.Queue[int]) -> None:
    bell = Doorbell()
    async with bell.connected(logins.app):
        assert await bell.rung(SOON)
        for _ in range(500):
            bell.ring()
        await asyncio.wait_for(heard.get(), SOON)
        await asyncio.sleep(10 * module.SPACING)
    assert heard.qsize() <= 2


async def test_a_lost_connection_is_made_again(logins: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY", 0.01)
    bell, superior = Doorbell(), await connect(logins.setup)
    try:
        async with bell.connected(logins.app):
            listener = bell.listener()
            assert await listener.rung(SOON)
            await superior.execute("""
                select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and query ilike 'listen%'
            """)
            assert await listener.rung(SOON), "it rings again when it has reconnected, for what it may have missed"
            await superior.execute(f"notify {CHANNEL}")
            assert await listener.rung(SOON)
    finally:
        await superior.close()


async def test_it_works_in_this_process_without_any_database(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unreachable(**_: object) -> asyncpg.Connection:
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncpg, "connect", unreachable)
    bell = Doorbell()
    async with bell.connected({}):
        waiting = asyncio.create_task(bell.rung(SOON))
        await asyncio.sleep(0)
        bell.ring()
        assert await waiting
