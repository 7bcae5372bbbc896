"""`setSubstatus`: the owning org says in its own words where the case stands (process engine §6.5)."""

from dataclasses import dataclass
from uuid import UUID

from dialog_graph.commands.step import Given, Work, in_step
from dialog_graph.commands.step.json_input import refuse_text
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.instance import Substatus
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports

LIMITS = {"label": 255, "description": 1023}
"""Longest texts, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSubstatus(Given):
    """Text keys of the app or literal texts; both None removes the substatus."""

    label: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSubstatusResult:
    """The instance concerned."""

    instance_id: UUID


async def set_substatus(ports: Ports, principal: Principal, given: SetSubstatus) -> SetSubstatusResult:
    """Sets or removes the substatus, also after the end of the process."""
    for name, limit in LIMITS.items():
        refuse_text(getattr(given, name), name, limit)

    async def body(work: Work) -> tuple[Permit, SetSubstatusResult]:
        permit = await work.authorize(None, ("write",))
        if not work.is_owner:
            raise Refused(Refusal(code="FORBIDDEN", expected="the owning org", action="write"))
        if work.instance.deleted_at is not None:
            raise Refused(Refusal(code="NOT_ACTIVE", expected="an instance that is not deleted", actual="it is"))
        is_set = given.label is not None or given.description is not None
        wanted = Substatus(label=given.label, description=given.description) if is_set else None
        if wanted != work.instance.substatus:
            work.change(substatus=wanted)
            work.record("app.instance.substatus.changed", data=dict(work.data(label=given.label)))
        return permit, SetSubstatusResult(instance_id=work.instance.instance_id)

    return await in_step(ports, principal, given, SetSubstatusResult, body)
