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

MAX_OUTCOME = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryTask(Given):
    """`task_id`: the entry that stopped."""

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


def _stopped(work: Work, task_id: UUID) -> TaskEntry:
    """The entry with an open incident; NOT_ACTIVE for others."""
    if work.instance.deleted_at is not None or work.instance.ended_at is not None:
        raise Refused(Refusal(code="NOT_ACTIVE", expected="a running process", actual="it has ended or is deleted"))
    for entry in work.instance.open_entries:
        if entry.entry_id == task_id and entry.state is TaskState.FAILED:
            return entry
    raise Refused(Refusal(code="NOT_ACTIVE", expected="a task with an open incident", actual="the task given has none"))


async def _permitted(work: Work, entry: TaskEntry) -> Permit:
    actions = tasks.retrying(work.version.definition.task(entry.element_id))
    if not actions:
        return work.authorize_owner("retry")
    return work.as_owner("retry") or await work.authorize(entry.element_id, actions)


async def retry_task(ports: Ports, principal: Principal, given: RetryTask) -> MovedResult:
    """Repeats the step that an incident stopped."""

    async def body(work: Work) -> tuple[Permit, MovedResult]:
        entry = _stopped(work, given.task_id)
        permit = await _permitted(work, entry)
        await run_process(work, Retry(entry.element_id, entry.entry_no))
        return permit, MovedResult(instance_id=work.instance.instance_id)

    return await in_step(ports, principal, given, MovedResult, body)


async def resolve_task(ports: Ports, principal: Principal, given: ResolveTask) -> MovedResult:
    """Completes a stopped task by hand; for the owning org only."""
    refuse_text(given.outcome, "outcome", MAX_OUTCOME)
    refuse_unfit(given.data, "data")

    async def body(work: Work) -> tuple[Permit, MovedResult]:
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
