"""Tells an instance what became of the job of a service task (process engine §9): sent by the worker that holds it.

The outcome counts only while the job is still the worker's and the task still open; else it is dropped, and the
journal says so. What the code wants written is written in the same transaction.
"""

from dataclasses import replace
from datetime import datetime

from dialog_graph.apps.form_data.documents import check_document
from dialog_graph.bpmn import JobFailed, JobFinished
from dialog_graph.commands.step import Errand, Work, run_errand, run_process
from dialog_graph.commands.step.documents import store_document
from dialog_graph.commands.step.retrying import Schedule
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.json_value import Json
from dialog_graph.model.service_task import Defer, Fail, Retry, ServiceOutcome, Success
from dialog_graph.model.waits import Job
from dialog_graph.ports import Ports
from dialog_graph.storage import jobs
from dialog_graph.storage.jobs import Claimed

APP_OWNED = "app:owned"


FAILED = "JOB_FAILED"
"""Code of the incident of a job that was given up."""


async def finish_job(ports: Ports, claimed: Claimed, outcome: ServiceOutcome, code: str = FAILED) -> bool:
    """Settles one attempt; False when nobody wants to know any more. `code`: of the incident that a failure opens.

    A success that the app's own rules refuse becomes a failure for good, with the refusal's code.
    """
    try:
        return await _settled(ports, claimed, outcome, code)
    except Refused as refused:
        if refused.refusal.is_retryable or not isinstance(outcome, Success):
            raise
        failure = Fail(details=refused.refusal.message)
        return await _settled(ports, claimed, failure, refused.refusal.code)


async def _settled(ports: Ports, claimed: Claimed, outcome: ServiceOutcome, code: str) -> bool:
    async def act(work: Work) -> str | None:
        job = await jobs.held(work.tx, claimed)
        if job is None or not _is_open(work, job):
            return _superseded(work, claimed)
        await _take(work, job, outcome, code)
        return f"job:{job.job_id}:{job.attempt}"

    errand = Errand(name="job", app_id=claimed.app_id, instance_id=claimed.instance_id)
    return await run_errand(ports, errand, act)


def _is_open(work: Work, job: Job) -> bool:
    return any((task.element_id, task.entry_no) == (job.element_id, job.entry_no) for task in work.instance.open_tasks)


def _superseded(work: Work, claimed: Claimed) -> str:
    work.record("process.job.superseded", data={"jobId": str(claimed.job_id), "attempt": claimed.attempt})
    return f"late:{claimed.job_id}:{claimed.attempt}"


async def _take(work: Work, job: Job, outcome: ServiceOutcome, code: str) -> None:
    match outcome:
        case Success():
            _write(work, job, outcome)
            work.waiting.finish_job(job.job_id)
            await run_process(work, JobFinished(job.element_id, job.entry_no))
        case Fail():
            await give_up(work, job, outcome, code)
        case Defer():
            await _defer(work, job, outcome)
        case Retry():
            await _retry(work, job, outcome)


def _write(work: Work, job: Job, outcome: Success) -> None:
    for name, document in outcome.data.items():
        data_type = work.version.data_types.get(name)
        if data_type is None or not data_type.is_form:
            raise Refused(
                Refusal(code="APP_LOGIC_FAILED", expected="a form type of the app", actual=f"{name!r} is none")
            )
        is_own = data_type.task_id in (None, job.element_id) or APP_OWNED in data_type.allowed_contributors
        if not is_own:
            raise Refused(Refusal(code="DATA_LOCKED", expected="data of the task or of no task", actual=name))
        checked = check_document(work.version, name, document)
        if isinstance(checked, Refusal):
            raise Refused(checked)
        store_document(work, data_type, checked, next(iter(work.of_type(name)), None))


async def give_up(work: Work, job: Job, outcome: Fail, code: str) -> None:
    """No further attempt: an error that is caught, an action, or an incident."""
    work.waiting.failure = (job.attempt, outcome.details or None)
    work.waiting.finish_job(job.job_id)
    failed = JobFailed(
        element_id=job.element_id,
        entry_no=job.entry_no,
        code=code,
        message=f'the job of task "{job.element_id}" has failed',
        error_code=outcome.error_code,
        action=outcome.action,
    )
    await run_process(work, failed)


def _schedule(work: Work, job: Job) -> Schedule:
    task = work.version.definition.task(job.element_id)
    return Schedule.of(task.config if task else None, work.now)


async def _retry(work: Work, job: Job, outcome: Retry) -> None:
    failures = job.failures + 1
    chance = work.ports.random_bytes(1)[0] / 255
    at = _schedule(work, job).next_attempt(job.created_at, failures, work.now, chance)
    if at is None:
        await give_up(work, job, Fail(details=outcome.details), FAILED)
        return
    failed = replace(job, failures=failures, last_code=FAILED, last_error=outcome.details or None)
    await _postpone(work, failed, at, {"failures": failures})


async def _defer(work: Work, job: Job, outcome: Defer) -> None:
    schedule = _schedule(work, job)
    # The last look is made when the time is over.
    at = min(work.now + max(outcome.delay, schedule.base), max(work.now, job.created_at + schedule.budget))
    if is_last_deferral(schedule, job, work.now):
        await give_up(work, job, Fail(details="the time for deferrals is over"), FAILED)
        return
    deferred = replace(
        job, deferrals=job.deferrals + 1, reason=outcome.reason, done=outcome.done, total=outcome.total, last_code=None
    )
    await _postpone(work, deferred, at, {"deferrals": deferred.deferrals})


def is_last_deferral(schedule: Schedule, job: Job, now: datetime) -> bool:
    """True when the budget is used up, so that this attempt is the last look."""
    return now >= job.created_at + schedule.budget


async def _postpone(work: Work, job: Job, at: datetime, details: dict[str, Json]) -> None:
    told = {"jobId": str(job.job_id), "nextAt": at.isoformat(), **details}
    work.record("process.job.retrying", data=told, element_id=job.element_id, entry_id=job.entry_id)
    await jobs.postpone(work.tx, replace(job, next_at=at))
