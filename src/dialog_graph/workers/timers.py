"""Fires what is due: claims timers by the database's clock, and sends the instances' own commands for them.

The claim is committed first and only keeps other workers away for a while; what fires, and whether it has fired
already, is decided under the instance's lock. Process engine §12.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from dialog_graph.commands.fire_timer import fire_timer
from dialog_graph.commands.start_by_timer import start_by_timer
from dialog_graph.errors import Refused
from dialog_graph.ports import Ports
from dialog_graph.storage import faults, start_timers, timers
from dialog_graph.storage.start_timers import DueStart
from dialog_graph.storage.timers import DueTimer

CLAIMED_AT_ONCE = 50
AT_ONCE = 5
"""Instances whose timers are fired at the same time."""

_log = logging.getLogger(__name__)


async def fire_due(ports: Ports) -> int:
    """Claims and fires one batch, earliest first, those that begin a process last; answers how many were claimed.

    One that cannot be fired now stays due: its claim ends by itself, then it is tried again.
    """
    async with ports.database.dispatch() as tx:
        due = await timers.claim(tx, CLAIMED_AT_ONCE)
        starts = await start_timers.claim(tx, CLAIMED_AT_ONCE)
    faults.passed("after-claim")
    by_instance: dict[UUID, list[DueTimer]] = {}
    for timer in due:
        by_instance.setdefault(timer.instance_id, []).append(timer)
    free = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(_fire(ports, free, group) for group in by_instance.values()))
    for start in starts:
        await _start(ports, start)
    return len(due) + len(starts)


async def _fire(ports: Ports, free: asyncio.Semaphore, group: Sequence[DueTimer]) -> None:
    async with free:
        for timer in group:
            try:
                await fire_timer(ports, timer.app_id, timer.instance_id)
            except Refused as refused:
                _log.warning("timer %s cannot fire now: %s", timer.timer_id, refused.refusal.message)
            except Exception:  # another one may be fine
                _log.exception("timer %s cannot fire", timer.timer_id)


async def _start(ports: Ports, due: DueStart) -> None:
    try:
        await start_by_timer(ports, due)
    except Refused as refused:
        _log.warning("%s cannot begin by %s now: %s", due.app_id, due.element_id, refused.refusal.message)
    except Exception:  # another one may be fine
        _log.exception("%s cannot begin by %s", due.app_id, due.element_id)


async def until_due(ports: Ports) -> timedelta | None:
    """How long until the next one comes due, None when there is none."""
    async with ports.database.dispatch() as tx:
        known = [at for at in (await timers.next_due(tx), await start_timers.next_due(tx)) if at is not None]
        return min(known) - tx.now if known else None
