"""Start and stop of what runs in the background of a server process.

Every process runs all of it: sending is shared by claims, duties have one leader by lease. At the end nothing new is
claimed, leases are given back, and requests under way are waited for. Event rules §10.3, §14.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from functools import partial

from dialog_graph.errors import Refused
from dialog_graph.ports import Ports
from dialog_graph.workers import jobs, timers
from dialog_graph.workers.expander import DUTY, expand
from dialog_graph.workers.jobs import JobRunner
from dialog_graph.workers.leases import Leadership
from dialog_graph.workers.messages import MessageMatcher
from dialog_graph.workers.reader import POLL, Pace
from dialog_graph.workers.retention import Retention
from dialog_graph.workers.stopping import stop
from dialog_graph.workers.webhooks import Deliverer

GRACE = 20.0
"""Seconds that requests under way may take when the server stops."""

_log = logging.getLogger(__name__)

SPACING = 0.05
"""Seconds between two looks at what is due, however often it rings."""

Look = Callable[[], Awaitable[tuple[bool, bool]]]
"""One round of work: is there more at once, and has anything been done?"""

Work = Callable[[], Awaitable[int]]
"""One round of work on what is due: how much was it?"""

UntilDue = Callable[[], Awaitable[timedelta | None]]
"""How long until there is more, None when nothing is known."""


async def _keep_looking(ports: Ports, name: str, look: Look) -> None:
    """Works whenever the bell rings, and now and then without; a failure is logged and never ends it."""
    pace = Pace(ports.doorbell)
    while True:
        has_more = is_fruitful = False
        try:
            has_more, is_fruitful = await look()
        except Refused as refused:
            _log.warning("%s has to wait: %s", name, refused.refusal.code)
        except Exception:  # whatever it was, the next round may go well
            _log.exception("%s failed", name)
        if not has_more:
            await pace.next_look(is_fruitful=is_fruitful)


async def _keep_due(ports: Ports, name: str, work: Work, until_due: UntilDue) -> None:
    """Works on what comes due, and sleeps until the next of it does, at most as long as between two looks."""
    listener = ports.doorbell.listener()
    while True:
        count, pause = 0, POLL
        try:
            count = await work()
            due = await until_due()
            pause = POLL if due is None else min(POLL, max(SPACING, due.total_seconds()))
        except Refused as refused:
            _log.warning("%s has to wait: %s", name, refused.refusal.code)
        except Exception:  # whatever it was, the next round may go well
            _log.exception("%s failed", name)
        if not count:
            # A ring may tell of something that is due before what is known.
            await asyncio.sleep(SPACING)
            await listener.rung(pause)


async def _unknown() -> timedelta | None:
    """When the next message comes, nobody knows."""
    return None


def _expanding(ports: Ports, leadership: Leadership) -> Look:
    async def look() -> tuple[bool, bool]:
        fence = await leadership.fence()
        if fence is None:
            return False, False
        has_more, count = await expand(ports, fence)
        if count:
            ports.doorbell.ring()
        return has_more, count > 0

    return look


def _sending(deliverer: Deliverer) -> Look:
    async def look() -> tuple[bool, bool]:
        return False, await deliverer.send_due() > 0

    return look


@asynccontextmanager
async def _task(work: Awaitable[None]) -> AsyncGenerator[None, None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        await stop(task)


@asynccontextmanager
async def running(ports: Ports, grace: float = GRACE) -> AsyncGenerator[None, None]:
    """Runs the background work of this process while the block runs; at its end waits up to `grace` seconds."""
    holder = ports.random_bytes(8).hex()
    leadership = Leadership(ports.database, DUTY, holder)
    deliverer, runner = Deliverer(ports, holder), JobRunner(ports, holder)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_finish, leadership, deliverer, runner, grace)
        for work in (
            _keep_looking(ports, DUTY, _expanding(ports, leadership)),
            _keep_looking(ports, "webhooks", _sending(deliverer)),
            _keep_due(ports, "timers", partial(timers.fire_due, ports), partial(timers.until_due, ports)),
            _keep_due(ports, "jobs", runner.run_due, partial(jobs.until_due, ports)),
            _keep_due(ports, "messages", MessageMatcher(ports).match, _unknown),
            _keep_due(ports, "retention", Retention(ports.database).tidy, _unknown),
        ):
            await stack.enter_async_context(_task(work))
        yield


async def _finish(leadership: Leadership, deliverer: Deliverer, runner: JobRunner, grace: float) -> None:
    """After the last claim. A database that is gone already is no reason to fail: leases end by themselves."""
    with suppress(Refused):
        await leadership.give_back()
        await asyncio.gather(deliverer.finish(grace), runner.finish(grace))
