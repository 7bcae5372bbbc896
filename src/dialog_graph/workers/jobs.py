"""Does the work that instances have asked for: claim, work outside of any transaction, tell what came of it.

A claim is committed before the work, the outcome has a transaction of its own, so a crash between the two makes the
attempt again when the lease ends: at least once outside, exactly once in the database, because an outcome under an
older attempt is dropped. Process engine §9, event rules §10.1.
"""

import asyncio
import logging
from datetime import timedelta

from dialog_graph.errors import Refused
from dialog_graph.ports import Ports
from dialog_graph.storage import faults, jobs
from dialog_graph.storage.jobs import Claimed
from dialog_graph.workers.job_kinds import KINDS
from dialog_graph.workers.stopping import stop

IN_FLIGHT = 20
RENEWED_AFTER = 10.0
"""Seconds between two renewals of a lease."""

_log = logging.getLogger(__name__)


class JobRunner:
    """Works on what is due. `holder`: a name of this process that no other has."""

    def __init__(self, ports: Ports, holder: str) -> None:
        self._ports = ports
        self._holder = holder
        self._tasks: dict[asyncio.Task[None], Claimed] = {}

    async def run_due(self, at_most: int = IN_FLIGHT) -> int:
        """Claims as many jobs as may be worked on now and begins; answers how many."""
        free = min(at_most, IN_FLIGHT - len(self._tasks))
        if free <= 0:
            return 0
        async with self._ports.database.dispatch() as tx:
            claimed = await jobs.claim(tx, self._holder, free)
        for job in claimed:
            task = asyncio.create_task(self._work(job))
            self._tasks[task] = job
            task.add_done_callback(self._done)
        return len(claimed)

    async def finish_begun(self) -> None:
        """Waits until nothing that was begun is under way any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(task)
        # The next job of the instance, or one that was passed over because there was enough to do.
        self._ports.doorbell.ring()
        if not task.cancelled() and task.exception() is not None:
            # The lease ends by itself, then the attempt is made again.
            _log.error("a job could not be carried out", exc_info=task.exception())

    async def _work(self, claimed: Claimed) -> None:
        faults.passed("after-claim")
        kind = KINDS.get(claimed.kind)
        if kind is None:
            _log.error("job %s is of the kind %r, which nothing here can do", claimed.job_id, claimed.kind)
            return
        renewing = asyncio.create_task(self._keep(claimed, asyncio.current_task()))
        try:
            await kind(self._ports, claimed)
        except Refused as refused:
            _log.warning("job %s has to wait: %s", claimed.job_id, refused.refusal.message)
        finally:
            await stop(renewing)

    async def _keep(self, claimed: Claimed, work: "asyncio.Task[None] | None") -> None:
        """Renews the lease while the work goes on; stops the work once the job is another's, or over."""
        while True:
            await asyncio.sleep(RENEWED_AFTER)
            async with self._ports.database.dispatch() as tx:
                is_ours = await jobs.renew(tx, claimed)
            if not is_ours:
                if work is not None:
                    work.cancel()
                return

    async def finish(self, grace: float) -> None:
        """Waits for what is under way, at most `grace` seconds; what is left then is given back as it was."""
        if not self._tasks:
            return
        held = dict(self._tasks)
        _, pending = await asyncio.wait(held, timeout=grace)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        async with self._ports.database.dispatch() as tx:
            for task in pending:
                await jobs.release(tx, held[task])


async def until_due(ports: Ports) -> timedelta | None:
    """How long until the next job is due, None when there is none."""
    async with ports.database.dispatch() as tx:
        at = await jobs.next_due(tx)
        return None if at is None else at - tx.now
