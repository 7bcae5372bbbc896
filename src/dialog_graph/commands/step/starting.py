"""How every instance begins: who may start the app for whom, and the one step that makes the instance.

Callers, messages and other apps start instances; each asks the app's own policy for whoever acts (process engine §6.5,
security rules §5.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dialog_graph.access import decisions
from dialog_graph.access.starting import obstacle
from dialog_graph.apps import AppVersion
from dialog_graph.bpmn import Start
from dialog_graph.commands.step.process import run_process
from dialog_graph.commands.step.rows import rows_of
from dialog_graph.commands.step.work import Work
from dialog_graph.errors import NOT_FOUND, Refusal, Refused
from dialog_graph.model.ids import from_random
from dialog_graph.model.instance import Instance
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports
from dialog_graph.storage import faults, steps
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.steps import IdempotencyRow
from dialog_graph.urns import AppId

CREATED = "app.instance.created"
"""Type of the event that tells of a new instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """An app that may be started for a party, with the proof."""

    version: AppVersion
    party: Party
    permit: Permit


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What sets a process off that no caller starts: a message, a signal, a timer. `type`, `data`: of its event."""

    type: str
    data: Mapping[str, Json]


async def allowed(ports: Ports, tx: Transaction, app_id: AppId, party: Party | None) -> Beginning:
    """Whether the transaction's principal may start the app for the party.

    NOT_FOUND for strangers, then whether the app is open, then the decision of the policy.
    """
    version = await ports.catalogue.active(tx, app_id)
    if party is None:
        raise Refused(NOT_FOUND)
    target = decisions.before_start(version.app_id, party.party_id)
    if not await decisions.has_any(tx, version.policy, target):
        raise Refused(NOT_FOUND)
    if not version.metadata.is_open(tx.now):
        raise Refused(Refusal(code="APP_NOT_OPEN", expected="an app that is open now", actual="it is not"))
    permit = await decisions.permit(tx, version.policy, target, ("instantiate",))
    refusal = obstacle(version, party, tx.principal)
    if refusal is not None:
        raise Refused(refusal)
    faults.passed("after-decision")
    return Beginning(version=version, party=party, permit=permit)


async def opened(
    ports: Ports,
    tx: Transaction,
    beginning: Beginning,
    due_at: datetime | None = None,
    visible_from: datetime | None = None,
) -> Work:
    """The work on a new instance. `due_at`, `visible_from`: dates of the dialog, taken over when they lie ahead."""
    version, party = beginning.version, beginning.party
    assert version.version_id is not None, "the catalogue numbers its versions"
    instance = Instance(
        instance_id=from_random(tx.now, ports.random_bytes(16)),
        app_id=version.app_id,
        party_id=party.party_id,
        resource_id=await ports.catalogue.resource_id(tx, version.app_id),
        version_id=version.version_id,
        version_ordinal=version.ordinal,
        created_by=tx.principal.actor,
        created_at=tx.now,
        updated_at=tx.now,
        due_at=due_at,
        visible_from=visible_from,
    )
    work = Work(ports, tx, version, instance)
    work.owner = party
    return work


async def begin(
    work: Work,
    permit: Permit,
    start_event: str | None,
    idempotency: IdempotencyRow | None,
    occasion: Occasion | None = None,
) -> None:
    """Starts the process and writes the instance with its dialog."""
    work.record(CREATED, data={"revision": 1, "byOrg": work.principal.is_org})
    if occasion is not None:
        work.record(occasion.type, data=occasion.data, element_id=start_event)
    await run_process(work, Start(start_event))
    _tell_unused(work)
    rows = rows_of(work, idempotency)
    faults.passed("before-write")
    await steps.write(work.tx, permit, rows)
    faults.passed("after-write")


def _tell_unused(work: Work) -> None:
    """Prefill goes into the forms of the first tasks only (app folder rules §7): what was for others is told."""
    given = work.prefill if isinstance(work.prefill, dict) else {}
    unused = [name for name in given if name in work.version.data_types and not work.of_type(name)]
    is_by_type = all(name in work.version.data_types for name in given)
    if unused and is_by_type:
        warnings: list[Json] = [f"{name}: no form of the first tasks" for name in unused]
        work.events = [
            replace(event, data={**event.data, "prefillWarnings": warnings}) if event.type == CREATED else event
            for event in work.events
        ]
