"""Ending a task for good: one request to stop may be swallowed by a library on its way, so it is repeated."""

import asyncio

AGAIN = 1.0
"""Seconds until a task that still runs is asked again."""


async def stop(task: "asyncio.Task[None] | asyncio.Future[None]") -> None:
    """Cancels the task and waits until it has ended; what it ended with is nobody's business any more."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN)
    if not task.cancelled():
        task.exception()
