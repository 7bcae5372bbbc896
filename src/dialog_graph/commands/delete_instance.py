"""`deleteInstance` and `restoreInstance`: soft deletion and back; hard deletion ends the process for good.

Process engine §10: soft deletion leaves the process as it is and only stops it; hard deletion cancels an unfinished
process first. End users may not delete an archived instance before the app's days of grace are over.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from dialog_graph.bpmn import Cancel
from dialog_graph.commands.step import Given, Work, in_step, run_process
from dialog_graph.commands.step.calls import ask_children
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.instance import Instance, InstanceStatus
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteInstance(Given):
    """`hard`: cannot be undone."""

    hard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreInstance(Given):
    """Only the instance is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteInstanceResult:
    """The instance concerned; after a hard deletion it can no longer be read."""

    instance_id: UUID


def _refuse_too_early(work: Work) -> None:
    days = work.version.metadata.prevent_instance_deletion_for_days
    archived = work.instance.archived_at
    if archived is None or not days or work.is_owner or archived + timedelta(days=days) <= work.now:
        return
    allowed_at = (archived + timedelta(days=days)).isoformat()
    raise Refused(Refusal(code="DELETION_TOO_EARLY", expected=f"a deletion after {allowed_at}", actual="it is earlier"))


async def _delete(work: Work, hard: bool) -> None:
    if hard and work.instance.ended_at is None:
        await run_process(work, Cancel("deleted"))
    work.change(deleted_at=work.instance.deleted_at or work.now, is_hard_deleted=hard, status=InstanceStatus.DELETED)
    work.record("app.instance.deleted", data={"hard": hard})


def status_of(instance: Instance) -> InstanceStatus:
    """What the status is when the instance is not deleted."""
    if instance.confirmations:
        return InstanceStatus.CONFIRMED
    if instance.archived_at is not None:
        return InstanceStatus.COMPLETED
    return InstanceStatus.ACTIVE if instance.ended_at is None else InstanceStatus.CANCELLED


async def delete_instance(ports: Ports, principal: Principal, given: DeleteInstance) -> DeleteInstanceResult:
    """Deletes the instance with its dialog; one that is deleted already succeeds unchanged."""

    async def body(work: Work) -> tuple[Permit, DeleteInstanceResult]:
        permit = await work.authorize(None, ("delete",))
        if work.instance.deleted_at is None or given.hard:
            _refuse_too_early(work)
            await _delete(work, given.hard)
        return permit, DeleteInstanceResult(instance_id=work.instance.instance_id)

    return await in_step(ports, principal, given, DeleteInstanceResult, body)


async def restore_instance(ports: Ports, principal: Principal, given: RestoreInstance) -> DeleteInstanceResult:
    """Takes a soft deletion back; an instance that is not deleted succeeds unchanged."""

    async def body(work: Work) -> tuple[Permit, DeleteInstanceResult]:
        permit = await work.authorize(None, ("delete",))
        if work.instance.deleted_at is not None:
            work.change(deleted_at=None, status=status_of(work.instance))
            work.record("app.instance.undeleted")
            await ask_children(work)
        return permit, DeleteInstanceResult(instance_id=work.instance.instance_id)

    return await in_step(ports, principal, given, DeleteInstanceResult, body)
