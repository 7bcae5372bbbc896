"""`activateTask`: starts an activity that an open ad-hoc subprocess offers (process engine §4.15)."""

from dataclasses import dataclass
from uuid import UUID

from dialog_graph import tasks
from dialog_graph.bpmn import Activate
from dialog_graph.commands.step import Given, Work, in_step, run_process
from dialog_graph.commands.step.json_input import refuse_text
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports

MAX_ID = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateTask(Given):
    """`element_id`: BPMN id of the activity."""

    element_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateTaskResult:
    """The instance concerned."""

    instance_id: UUID


async def activate_task(ports: Ports, principal: Principal, given: ActivateTask) -> ActivateTaskResult:
    """Starts the activity for whoever may complete it; an activity that is no task takes `write`."""
    refuse_text(given.element_id, "elementId", MAX_ID)

    async def body(work: Work) -> tuple[Permit, ActivateTaskResult]:
        if work.instance.deleted_at is not None or work.instance.ended_at is not None:
            raise Refused(Refusal(code="NOT_ACTIVE", expected="a running process", actual="it has ended or is deleted"))
        if given.element_id not in work.state.offered(work.version.definition):
            refusal = Refusal(code="NOT_ACTIVE", expected="an activity that is offered now", actual="this one is not")
            raise Refused(refusal)
        task = work.version.definition.task(given.element_id)
        actions = ("write",) if task is None else tasks.required(task, None, is_owner=work.is_owner)
        permit = await work.authorize(given.element_id, actions)
        await run_process(work, Activate(given.element_id))
        return permit, ActivateTaskResult(instance_id=work.instance.instance_id)

    return await in_step(ports, principal, given, ActivateTaskResult, body)
