"""A task is ended for good, also one that overhears the first request."""

import asyncio

import pytest

from dialog_graph.workers import stopping
from dialog_graph.workers.stopping import stop


async def _overhears(times: int, asked: list[int]) -> None:
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            asked.append(1)
            if len(asked) > times:
                raise


@pytest.mark.parametrize("times", [0, 1, 2])
async def test_a_task_is_asked_until_it_ends(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    monkeypatch.setattr(stopping, "AGAIN", 0.01)
    asked: list[int] = []
    task = asyncio.create_task(_overhears(times, asked))
    await asyncio.sleep(0)
    await stop(task)
    assert (task.cancelled(), len(asked)) == (True, times + 1)


async def test_how_a_task_ended_is_not_raised() -> None:
    async def fails() -> None:
        raise ValueError

    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await stop(task)
    assert isinstance(task.exception(), ValueError)
