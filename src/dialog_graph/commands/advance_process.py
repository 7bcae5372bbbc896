"""`advanceProcess`: completes the current task, rejects it, or sends the process back (process engine §6.2)."""

from dataclasses import dataclass
from uuid import UUID

from dialog_graph import tasks
from dialog_graph.bpmn import Complete, TaskDefinition
from dialog_graph.commands.step import Given, Work, in_step, run_process
from dialog_graph.commands.step.json_input import refuse_text
from dialog_graph.errors import Issue, Refused
from dialog_graph.model.instance import TaskEntry, TaskState
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports
from dialog_graph.storage import jobs

MAX_NOTE = 2000
"""Longest note, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceProcess(Given):
    """`task_id`: the entry; may be left out when one task is active. `action`: None completes the task."""

    task_id: UUID | None = None
    action: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceProcessResult:
    """The instance that moved."""

    instance_id: UUID


def _definition(work: Work, entry: TaskEntry) -> TaskDefinition:
    found = work.version.definition.task(entry.element_id)
    assert found is not None, "task entries are made from the pinned definition"
    return found


def _gate(work: Work, entry: TaskEntry, given: AdvanceProcess) -> tuple[Issue, ...]:
    is_gated = tasks.type_of(entry.type).is_gated and not tasks.leaves_backwards(given.action)
    return work.validate(entry.element_id) if is_gated else ()


async def _is_retrying(work: Work, entry: TaskEntry) -> bool:
    """Its job has failed, and is going to be tried again."""
    if entry.state is not TaskState.WAITING:
        return False
    found = await jobs.of_instances(work.tx, [work.instance.instance_id])
    return any(job.entry_id == entry.entry_id and job.failures > 0 for _, job in found)


async def advance_process(ports: Ports, principal: Principal, given: AdvanceProcess) -> AdvanceProcessResult:
    """Moves the process one step. Raises `Refused`; then nothing has changed."""
    refuse_text(given.note, "note", MAX_NOTE)

    async def body(work: Work) -> tuple[Permit, AdvanceProcessResult]:
        entry = work.active_task(given.task_id)
        task = _definition(work, entry)
        # How the task stands is told to whoever may see the instance, before it is asked who may move it.
        blocked = tasks.blockers(entry, given.action, is_retrying=await _is_retrying(work, entry))
        await work.refuse_if(blocked, ())
        permit = await work.authorize(entry.element_id, tasks.required(task, given.action, is_owner=work.is_owner))
        refusal = tasks.allowed(task, given.action, is_owner=work.is_owner)
        if refusal is not None:
            raise Refused(refusal)
        await work.learn_rights(entry.element_id)
        await work.refuse_if((), _gate(work, entry, given))
        await run_process(work, Complete(entry.element_id, entry.entry_no, given.action), given.note)
        return permit, AdvanceProcessResult(instance_id=work.instance.instance_id)

    return await in_step(ports, principal, given, AdvanceProcessResult, body)
