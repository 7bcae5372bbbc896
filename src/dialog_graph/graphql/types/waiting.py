"""What a task waits for, and why it stopped (process engine §9.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import strawberry
from strawberry import Info

from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.localization import Localization, localize
from dialog_graph.model.waits import Job
from dialog_graph.reads.waits import EntryWaits

FAILURE_TEXT: Mapping[str, str] = {
    "nb": "Noe gikk galt i dette steget. Tjenesteeieren følger det opp.",
    "nn": "Noko gjekk gale i dette steget. Tenesteeigaren følgjer det opp.",
    "en": "Something went wrong in this step. The service owner is handling it.",
}
"""What everybody is told of an incident."""

RETRYING_TEXT: Mapping[str, str] = {
    "nb": "Dette steget gikk ikke denne gangen. Systemet prøver igjen.",
    "nn": "Dette steget gjekk ikkje denne gongen. Systemet prøver igjen.",
    "en": "This step did not work out this time. The system will try again.",
}
"""What everybody is told while a job is tried again."""


@strawberry.type(description="A moment that is waited for.")
class TimerWait:
    """`until`: when the process goes on."""

    until: datetime


@strawberry.type(description="A message or a signal that is waited for.")
class MessageWait:
    """`name`: of the message."""

    name: str


@strawberry.type(description="Work of the server that is waited for.")
class JobWait:
    """`reason`: why it is not done yet, in the words of the app; `done` of `total` parts are."""

    kind: str
    reason: list[Localization] | None
    done: int | None
    total: int | None


@strawberry.type(description="Why a task stopped, or why it is tried again.")
class TaskFailure:
    """`details` are for the owning org; `next_attempt_at` is null when nobody tries again by itself."""

    code: str
    message: list[Localization]
    attempts: int
    next_attempt_at: datetime | None
    details: str | None


@dataclass(frozen=True, slots=True)
class WaitingView:
    """The waits of one entry, as the value behind `WaitingFor`."""

    waits: EntryWaits


def _timer(root: WaitingView) -> TimerWait | None:
    timer = root.waits.timer
    return None if timer is None else TimerWait(until=timer.due_at)


def _message(root: WaitingView) -> MessageWait | None:
    subscription = root.waits.subscription
    return None if subscription is None else MessageWait(name=subscription.name)


def _job(root: WaitingView, info: Info[Context, None]) -> JobWait | None:
    job = root.waits.job
    if job is None:
        return None
    reason = None if job.reason is None else localize(job.reason, info.context.languages)
    return JobWait(kind=job.task_type or job.kind, reason=reason, done=job.done, total=job.total)


@strawberry.type(description="What a task waits for; several may be set, the first that comes moves it.")
class WaitingFor:
    """Set for tasks in state WAITING or FAILED."""

    timer: TimerWait | None = strawberry.field(resolver=_timer)
    message: MessageWait | None = strawberry.field(resolver=_message)
    job: JobWait | None = strawberry.field(resolver=_job)


def failure_of(info: Info[Context, None], waits: EntryWaits) -> TaskFailure | None:
    """The open incident of an entry, else the failure after which its job is tried again."""
    languages, incident = info.context.languages, waits.incident
    if incident is not None:
        is_owner = info.context.principal.is_org
        return TaskFailure(
            code=incident.code,
            message=localize(FAILURE_TEXT, languages),
            attempts=incident.attempts,
            next_attempt_at=None,
            details=(incident.details or incident.message or None) if is_owner else None,
        )
    return _retrying(waits.job, languages) if waits.job is not None and waits.is_retrying else None


def _retrying(job: Job, languages: tuple[str, ...]) -> TaskFailure:
    return TaskFailure(
        code=job.last_code or "JOB_FAILED",
        message=localize(RETRYING_TEXT, languages),
        attempts=job.failures,
        next_attempt_at=job.next_at,
        details=job.last_error,
    )
