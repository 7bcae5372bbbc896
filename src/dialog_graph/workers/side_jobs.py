"""Jobs that no process waits for: what instances send to others after their own step is committed (process engine §9).

Each has a key of its own that goes along, so that what is done twice counts once.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from dialog_graph.commands.deliver_message import DeliverMessage, deliver_message
from dialog_graph.commands.step.retrying import Schedule
from dialog_graph.errors import Refused
from dialog_graph.model.party import Party
from dialog_graph.model.principal import Principal, app_worker
from dialog_graph.model.waits import Job
from dialog_graph.ports import Ports
from dialog_graph.storage import faults, instances, jobs, parties
from dialog_graph.storage.jobs import MAX_CRASHES, Claimed

MAX_CRASHED = MAX_CRASHES * 4
"""A job of this kind has nobody to tell of an incident: it is tried a little longer."""

_log = logging.getLogger(__name__)

SideWork = Callable[[Ports, Principal, Claimed, Job], Awaitable[None]]


async def run_side_job(ports: Ports, claimed: Claimed, work: SideWork) -> None:
    """Does the work and removes the job. What may go well another time is tried again for a day, then dropped."""
    worker = app_worker(claimed.app_id.org, claimed.app_id.app)
    async with ports.database.snapshot(worker) as snapshot:
        job = await jobs.held(snapshot, claimed)
    if job is None:
        return
    faults.passed("before-job")
    try:
        if claimed.crashes < MAX_CRASHED:
            await work(ports, worker, claimed, job)
    except Refused as refused:
        if refused.refusal.is_retryable and await _postponed(ports, worker, job, refused.refusal.message):
            return
        _log.warning("job %s (%s) is dropped: %s", job.job_id, job.kind, refused.refusal.message)
    faults.passed("after-job")
    async with ports.database.transaction(worker) as tx:
        await jobs.delete(tx, claimed)


async def _postponed(ports: Ports, worker: Principal, job: Job, why: str) -> bool:
    async with ports.database.transaction(worker) as tx:
        failures = job.failures + 1
        at = Schedule().next_attempt(job.created_at, failures, tx.now, ports.random_bytes(1)[0] / 255)
        if at is not None:
            await jobs.postpone(tx, replace(job, failures=failures, next_at=at, last_error=why))
        return at is not None


async def run_message(ports: Ports, claimed: Claimed) -> None:
    """Delivers a message that an instance has thrown, to the same org."""
    await run_side_job(ports, claimed, _send)


async def _send(ports: Ports, worker: Principal, claimed: Claimed, job: Job) -> None:
    key, ttl = job.data.get("key"), job.data.get("ttl")
    sender = await party_of_sender(ports, worker, claimed)
    given = DeliverMessage(
        name=str(job.data["name"]),
        correlation_key=key if isinstance(key, str) else None,
        party=sender.urn if sender is not None else None,
        message_id=job.key,
        ttl=ttl if isinstance(ttl, str) else None,
    )
    try:
        await deliver_message(ports, worker, given)
    except Refused as refused:
        if refused.refusal.code != "NOT_CORRELATED":
            raise
        # Nobody waits, and the message may not: that is how it was modelled.


async def party_of_sender(ports: Ports, worker: Principal, claimed: Claimed) -> Party | None:
    """The party of the instance whose job it is: whose instance a message or signal starts."""
    async with ports.database.snapshot(worker) as snapshot:
        loaded = await instances.load(snapshot, [claimed.instance_id])
        if not loaded:
            return None
        party_id = loaded[0].party_id
        return (await parties.by_ids(snapshot, [party_id])).get(party_id)
