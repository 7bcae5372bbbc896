"""`confirmReceipt`: the service owner has received the data (event rules §5.1). Idempotent and final."""

from dataclasses import dataclass
from uuid import UUID

from dialog_graph.commands.step import Given, Work, in_step
from dialog_graph.errors import NOT_FOUND, Refusal, Refused
from dialog_graph.model.instance import Confirmation, InstanceStatus
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports

COMPLETE = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmReceipt(Given):
    """Only the instance is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmReceiptResult:
    """`already_confirmed`: an earlier call did it; the first confirmation stands."""

    instance_id: UUID
    already_confirmed: bool


async def confirm_receipt(ports: Ports, principal: Principal, given: ConfirmReceipt) -> ConfirmReceiptResult:
    """Records the confirmation of the owning org; a repeat succeeds and writes nothing."""

    async def body(work: Work) -> tuple[Permit, ConfirmReceiptResult]:
        permit = await work.authorize(None, (COMPLETE,))
        if not work.is_owner:
            raise Refused(Refusal(code="FORBIDDEN", expected="the owning org", action=COMPLETE))
        org = work.instance.org
        earlier = any(item.org == org for item in work.instance.confirmations)
        if not earlier:
            _confirm(work, org)
        return permit, ConfirmReceiptResult(instance_id=work.instance.instance_id, already_confirmed=earlier)

    return await in_step(ports, principal, given, ConfirmReceiptResult, body)


def _confirm(work: Work, org: str) -> None:
    if work.instance.is_hard_deleted:
        raise Refused(NOT_FOUND)
    if work.instance.archived_at is None:
        raise Refused(Refusal(code="INSTANCE_NOT_COMPLETED", expected="an ended process", actual="it is still running"))
    work.confirm(Confirmation(org=org, confirmed_at=work.now))
    if work.instance.deleted_at is None:
        work.change(status=InstanceStatus.CONFIRMED)
    work.record("app.instance.confirmed", data={"org": org})
