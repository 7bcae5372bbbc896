"""The job of a service task: calls the code of its type and tells the instance what came of it (process engine §9)."""

import asyncio
import logging

from dialog_graph.commands.finish_job import FAILED, finish_job, is_last_deferral
from dialog_graph.commands.step.retrying import Schedule
from dialog_graph.errors import Refused
from dialog_graph.model.instance import Instance
from dialog_graph.model.principal import app_worker
from dialog_graph.model.service_task import Fail, PermanentError, Retry, ServiceHandler, ServiceOutcome, ServiceTask
from dialog_graph.model.waits import Job
from dialog_graph.ports import Ports
from dialog_graph.storage import faults, instances, jobs
from dialog_graph.storage.jobs import MAX_CRASHES, Claimed

ATTEMPT = 100.0
"""Seconds that one attempt may take."""

PAUSES = (0.1, 0.5, 2.0)
"""Seconds between the tries of telling what came of an attempt."""

_log = logging.getLogger(__name__)


async def run_service(ports: Ports, claimed: Claimed) -> None:
    """One attempt at a service task."""
    loaded = await _loaded(ports, claimed)
    if loaded is None:
        # Over, or another's: the outcome would be dropped.
        return
    job, task = loaded
    if claimed.crashes >= MAX_CRASHES:
        await _told(ports, claimed, Fail(details=f"{claimed.crashes} attempts ended without a word"))
        return
    handler = ports.services.get(job.task_type or "")
    if handler is None:
        await _told(ports, claimed, Fail(details=f'there is no code for "{job.task_type}"'), "NO_HANDLER")
        return
    faults.passed("before-job")
    outcome = await _outcome(handler, task)
    faults.passed("after-job")
    await _told(ports, claimed, outcome)


async def _told(ports: Ports, claimed: Claimed, outcome: ServiceOutcome, code: str = FAILED) -> None:
    """The work is done: that the instance is busy for a moment must not make it be done again."""
    for pause in PAUSES:
        try:
            await finish_job(ports, claimed, outcome, code)
            return
        except Refused as refused:
            if not refused.refusal.is_retryable:
                raise
            await asyncio.sleep(pause)
    await finish_job(ports, claimed, outcome, code)


async def _loaded(ports: Ports, claimed: Claimed) -> tuple[Job, ServiceTask] | None:
    async with ports.database.snapshot(app_worker(claimed.app_id.org, claimed.app_id.app)) as snapshot:
        job = await jobs.held(snapshot, claimed)
        found = await instances.load(snapshot, [claimed.instance_id], documents=True)
        if job is None or not found:
            return None
        version = await ports.catalogue.version(snapshot, found[0].version_id)
        task = version.definition.task(job.element_id)
        schedule = Schedule.of(task.config if task else None, snapshot.now)
        return job, _task(job, found[0], is_last_deferral(schedule, job, snapshot.now))


def _task(job: Job, instance: Instance, is_final: bool) -> ServiceTask:
    return ServiceTask(
        task_id=job.element_id,
        entry_no=job.entry_no,
        type=job.task_type or "",
        step_key=job.key,
        reference_time=job.created_at,
        attempt=job.attempt,
        instance=instance,
        deferrals=job.deferrals,
        is_final=is_final,
    )


async def _outcome(handler: ServiceHandler, task: ServiceTask) -> ServiceOutcome:
    """What the code answers; whatever it raises is a failure, and may be another time's success."""
    try:
        async with asyncio.timeout(ATTEMPT):
            return await handler(task)
    except PermanentError as fault:
        return Fail(details=_text(fault))
    except TimeoutError:
        return Retry(details=f"no answer within {ATTEMPT:.0f} seconds")
    except Refused as refused:
        return Retry(details=refused.refusal.message)
    except Exception as fault:
        _log.warning("the code for %r failed", task.type, exc_info=True)
        return Retry(details=_text(fault))


def _text(fault: BaseException) -> str:
    return f"{type(fault).__name__}: {fault}"[:1000]
