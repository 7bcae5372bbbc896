"""`deleteDataElement`: removes a form or a file from an active task (process engine §6.5)."""

from dataclasses import dataclass
from uuid import UUID

from dialog_graph.commands.step import Given, Work, in_step
from dialog_graph.commands.step.documents import remove
from dialog_graph.commands.step.roads import Road, permit_write
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteDataElement(Given):
    """`data_element_id`: which one."""

    data_element_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteDataElementResult:
    """The instance it belonged to."""

    instance_id: UUID


async def delete_data_element(ports: Ports, principal: Principal, given: DeleteDataElement) -> DeleteDataElementResult:
    """Deletes one data element."""

    async def body(work: Work) -> tuple[Permit, DeleteDataElementResult]:
        element = work.element(given.data_element_id)
        permit = await permit_write(work, element.data_type, element, Road.DELETE)
        remove(work, element)
        return permit, DeleteDataElementResult(instance_id=work.instance.instance_id)

    return await in_step(ports, principal, given, DeleteDataElementResult, body)
