"""Deferred effects of the interpreter as rows: the table {effect: function} (process engine §2, §9, §11–§13)."""

from collections.abc import Callable, Mapping
from typing import Any

from dialog_graph.bpmn import (
    BroadcastSignal,
    CallApp,
    CloseWaits,
    DeferredEffect,
    OpenSubscription,
    OpenTimer,
    SendMessage,
    StartJob,
)
from dialog_graph.commands.step import calls
from dialog_graph.commands.step.work import Work
from dialog_graph.model.ids import derived, sub
from dialog_graph.model.json_value import Json
from dialog_graph.model.waits import Job, Sort, Subscription, Timer

SERVICE, MESSAGE, SIGNAL = "service", "message", "signal"
"""Kinds of jobs; what is done for each stands in the table of the workers."""


def defer(work: Work, effect: DeferredEffect) -> None:
    """Makes the rows that one deferred effect asks for."""
    _HANDLERS[type(effect)](work, effect)


def _position(work: Work, element_id: str) -> int:
    """The number of an element in the file."""
    element = work.version.definition.element(element_id)
    assert element is not None, "the interpreter waits only at elements of its definition"
    return element.index


def _open_timer(work: Work, effect: OpenTimer) -> None:
    work.waiting.open_timer(
        Timer(
            timer_id=sub(work.instance.instance_id, f"timer:{effect.owner}:{effect.element_id}"),
            element_id=effect.element_id,
            owner=effect.owner,
            position=_position(work, effect.element_id),
            anchor=effect.anchor,
            k=effect.k,
            due_at=effect.due_at,
            opened_at=work.now,
            duration=effect.duration,
            remaining=effect.remaining,
        )
    )


def _open_subscription(work: Work, effect: OpenSubscription) -> None:
    work.waiting.open_subscription(
        Subscription(
            subscription_id=sub(work.instance.instance_id, f"subscription:{effect.owner}:{effect.element_id}"),
            element_id=effect.element_id,
            owner=effect.owner,
            kind=Sort(effect.kind.value),
            name=effect.name,
            position=_position(work, effect.element_id),
            opened_at=work.now,
            key=effect.key or "",
        )
    )


def _close(work: Work, effect: CloseWaits) -> None:
    work.waiting.close(effect.owner, effect.element_id)


def _start_job(work: Work, effect: StartJob) -> None:
    key = f"{work.instance.instance_id}:{effect.element_id}#{effect.entry_no}:0"
    work.waiting.start_job(
        Job(
            job_id=derived(work.now, "job", key),
            kind=SERVICE,
            key=key,
            created_at=work.now,
            next_at=work.now,
            element_id=effect.element_id,
            owner=effect.owner,
            entry_no=effect.entry_no,
            task_type=effect.task_type,
            is_ordered=True,
        )
    )


def side_job(work: Work, kind: str, data: Mapping[str, Json]) -> None:
    """A job that the process does not wait for; its key is its id."""
    revision, number = work.instance.revision, work.waiting.next_number()
    job_id = derived(work.now, work.instance.instance_id, kind, revision, number)
    work.waiting.start_job(
        Job(job_id=job_id, kind=kind, key=str(job_id), created_at=work.now, next_at=work.now, data=data)
    )


def _send_message(work: Work, effect: SendMessage) -> None:
    details: dict[str, Json] = {"name": effect.name, "elementId": effect.element_id, "sent": True}
    work.record("app.instance.process.message", data=details, element_id=effect.element_id)
    side_job(work, MESSAGE, {"name": effect.name, "key": effect.key, "ttl": effect.ttl})


def _broadcast(work: Work, effect: BroadcastSignal) -> None:
    details: dict[str, Json] = {"name": effect.name, "elementId": effect.element_id, "sent": True, "signal": True}
    work.record("app.instance.process.message", data=details, element_id=effect.element_id)
    side_job(work, SIGNAL, {"name": effect.name, "thrownAt": work.now.isoformat()})


_HANDLERS: Mapping[type[DeferredEffect], Callable[[Work, Any], None]] = {
    OpenTimer: _open_timer,
    OpenSubscription: _open_subscription,
    CloseWaits: _close,
    StartJob: _start_job,
    SendMessage: _send_message,
    BroadcastSignal: _broadcast,
    CallApp: calls.call,
}
"""Deferred effect -> the function that makes its rows."""
