"""Takes a signal to everybody of the org: who waited for it when it was thrown, and the apps that begin with it.

Process engine §4.11.

Each receiver is a command of its own, so one that refuses keeps it from nobody else; what is done twice counts once.
"""

import logging
from collections.abc import AsyncIterator, Awaitable
from datetime import datetime

from dialog_graph.commands.receive_signal import receive_signal
from dialog_graph.commands.start_by_signal import ThrownSignal, apps_begun_by, start_by_signal
from dialog_graph.errors import Refused
from dialog_graph.model.principal import Principal
from dialog_graph.model.waits import Job, Subscription
from dialog_graph.ports import Ports
from dialog_graph.storage import subscriptions
from dialog_graph.storage.jobs import Claimed
from dialog_graph.storage.subscriptions import Waiting
from dialog_graph.workers.side_jobs import party_of_sender, run_side_job

PAGE = 100

_log = logging.getLogger(__name__)


async def run_signal(ports: Ports, claimed: Claimed) -> None:
    """Broadcasts the signal of the job."""
    await run_side_job(ports, claimed, _broadcast)


async def _broadcast(ports: Ports, worker: Principal, claimed: Claimed, job: Job) -> None:
    """Goes on after a receiver that cannot now; then the whole job is done again for those."""
    later: list[Refused] = []
    async for waiting in _waiting(ports, worker, job):
        later += await _tried(receive_signal(ports, waiting, job.job_id))
    sender = await party_of_sender(ports, worker, claimed)
    signal = ThrownSignal(
        signal_id=job.job_id,
        name=str(job.data["name"]),
        org=claimed.app_id.org,
        party_id=sender.party_id if sender is not None else None,
    )
    async with ports.database.snapshot(worker) as snapshot:
        begun = await apps_begun_by(ports, snapshot, signal)
    for app_id in begun:
        later += await _tried(start_by_signal(ports, app_id, signal))
    if later:
        raise later[0]


async def _waiting(ports: Ports, worker: Principal, job: Job) -> AsyncIterator[Waiting]:
    name, thrown_at = str(job.data["name"]), datetime.fromisoformat(str(job.data["thrownAt"]))
    after: Subscription | None = None
    while True:
        async with ports.database.snapshot(worker) as snapshot:
            page = await subscriptions.of_signal(snapshot, name, thrown_at, after, PAGE)
        for waiting in page:
            yield waiting
        if len(page) < PAGE:
            return
        after = page[-1].subscription


async def _tried(receiver: Awaitable[bool]) -> list[Refused]:
    """The refusal, where it may go well another time."""
    try:
        await receiver
    except Refused as refused:
        if refused.refusal.is_retryable:
            return [refused]
        _log.warning("a signal is refused: %s", refused.refusal.message)
    return []
