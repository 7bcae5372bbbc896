"""`cancelProcess`: aborts the whole process from outside (process engine §4.7, §10). The instance stays readable."""

from dataclasses import dataclass
from uuid import UUID

from dialog_graph.bpmn import Cancel
from dialog_graph.commands.step import Given, Work, in_step, run_process
from dialog_graph.commands.step.effects import carry_out
from dialog_graph.commands.step.json_input import refuse_text
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.instance import InstanceStatus
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports
from dialog_graph.tasks import LockAll

MAX_REASON = 2000
"""Longest reason, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelProcess(Given):
    """`reason`: kept in the journal; the event only says that there was one."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelProcessResult:
    """The instance concerned."""

    instance_id: UUID


async def cancel_process(ports: Ports, principal: Principal, given: CancelProcess) -> CancelProcessResult:
    """Ends every task and wait; data is locked, nothing is archived. For the owning org, and who may `delete`."""
    refuse_text(given.reason, "reason", MAX_REASON)

    async def body(work: Work) -> tuple[Permit, CancelProcessResult]:
        permit = work.as_owner("cancel") or await work.authorize(None, ("delete",))
        await cancel(work, given.reason or "")
        return permit, CancelProcessResult(instance_id=work.instance.instance_id)

    return await in_step(ports, principal, given, CancelProcessResult, body)


async def cancel(work: Work, reason: str) -> None:
    """Aborts the process of an instance that is not deleted; none of its data can be changed any more."""
    if work.instance.deleted_at is not None or work.instance.ended_at is not None:
        raise Refused(Refusal(code="NOT_ACTIVE", expected="a running process", actual="it has ended or is deleted"))
    await run_process(work, Cancel(reason))
    carry_out(work, LockAll())
    work.change(status=InstanceStatus.CANCELLED)
