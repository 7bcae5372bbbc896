"""`retryTask` and `resolveTask`: the ways out of an incident that people have (process engine §9).

Retry repeats the step that stopped. Resolve completes by hand what only the server completes, and may bring the data
that the server would have written.
"""

from dataclasses import dataclass
from uuid import UUID

from dialog_graph import tasks
from dialog_graph.apps.form_data.documents import check_document
from dialog_graph.bpmn import SUCCESS, Resolve, Retry
from dialog_graph.commands.step import Given, Work, in_step, run_process
from dialog_graph.commands.step.documents import store_document
from dialog_graph.commands.step.json_input import refuse_text, refuse_unfit
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.instance import TaskEntry, TaskState
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports
from dialog_graph.storage import incidents

MAX_OUTCOME = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryTask(Given):
    """`task_id`: the entry that stopped, or the incident of what is no task."""

    task_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveTask(Given):
    """`outcome`: `success`, or the action with which the task would have failed; `data`: documents by form type."""

    task_id: UUID
    outcome: str = SUCCESS
    data: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedResult:
    """The instance concerned."""

    instance_id: UUID


def _refuse_unless_running(work: Work) -> None:
    if work.instance.deleted_at is not None or work.instance.ended_at is not None:
        raise Refused(Refusal(code="NOT_ACTIVE", expected="a running process", actual="it has ended or is deleted"))


def _stopped(work: Work, task_id: UUID) -> TaskEntry:
    """The entry with an open incident; NOT_ACTIVE for others."""
    for entry in work.instance.open_entries:
        if entry.entry_id == task_id and entry.state is TaskState.FAILED:
            return entry
    raise Refused(Refusal(code="NOT_ACTIVE", expected="a task with an open incident", actual="the task given has none"))


Place = tuple[str, int]
"""Element and entry number, as the interpreter names what stopped; 0 where that is no task entry."""


async def _stopped_at(work: Work, task_id: UUID) -> Place:
    """What has stopped and can be repeated: an entry, or between them what the id of its incident names.

    Of several that stopped at one place between entries the first goes on, whichever is named: they are alike.
    """
    found = await incidents.of_instances(work.tx, [work.instance.instance_id])
    for _, incident in found:
        if incident.entry_id is None and incident.incident_id == task_id:
            return incident.element_id, 0
    entry = _stopped(work, task_id)
    return entry.element_id, entry.entry_no


async def _permitted(work: Work, place: Place) -> Permit:
    element_id, entry_no = place
    actions = tasks.retrying(work.version.definition.task(element_id) if entry_no else None)
    if not actions:
        return work.authorize_owner("retry")
    return work.as_owner("retry") or await work.authorize(element_id, actions)


async def retry_task(ports: Ports, principal: Principal, given: RetryTask) -> MovedResult:
    """Repeats the step that an incident stopped."""

    async def body(work: Work) -> tuple[Permit, MovedResult]:
        _refuse_unless_running(work)
        place = await _stopped_at(work, given.task_id)
        permit = await _permitted(work, place)
        await run_process(work, Retry(*place))
        return permit, MovedResult(instance_id=work.instance.instance_id)

    return await in_step(ports, principal, given, MovedResult, body)


async def resolve_task(ports: Ports, principal: Principal, given: ResolveTask) -> MovedResult:
    """Completes a stopped task by hand; for the owning org only."""
    refuse_text(given.outcome, "outcome", MAX_OUTCOME)
    refuse_unfit(given.data, "data")

    async def body(work: Work) -> tuple[Permit, MovedResult]:
        _refuse_unless_running(work)
        entry = _stopped(work, given.task_id)
        permit = work.authorize_owner("resolve")
        _store(work, entry, given.data)
        await run_process(work, Resolve(entry.element_id, entry.entry_no, given.outcome))
        return permit, MovedResult(instance_id=work.instance.instance_id)

    return await in_step(ports, principal, given, MovedResult, body)


def _store(work: Work, entry: TaskEntry, data: Json) -> None:
    """What the server would have written: forms of the task, or of no task."""
    if data is None:
        return
    if not isinstance(data, dict):
        raise Refused(Refusal(code="INVALID_INPUT", expected="documents by form type", path=("data",)))
    for name, document in data.items():
        data_type = work.version.data_types.get(name)
        if data_type is None or not data_type.is_form or data_type.task_id not in (None, entry.element_id):
            expected = f"form types of no task or of {entry.element_id}"
            raise Refused(Refusal(code="INVALID_INPUT", expected=expected, actual=f"{name!r}", path=("data", name)))
        checked = check_document(work.version, name, document)
        if isinstance(checked, Refusal):
            raise Refused(checked)
        store_document(work, data_type, checked, next(iter(work.of_type(name)), None))
