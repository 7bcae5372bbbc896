"""`instantiate`: makes an instance and, in the same breath, its dialog (process engine §6.5, security rules §5.1)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dialog_graph.access import decisions
from dialog_graph.access.starting import obstacle
from dialog_graph.apps import AppVersion
from dialog_graph.bpmn import Start
from dialog_graph.commands.step import Work, run_process
from dialog_graph.commands.step.frame import actor_key, check_key, result_row, stored_result
from dialog_graph.commands.step.json_input import refuse_unfit
from dialog_graph.commands.step.rows import rows_of
from dialog_graph.errors import NOT_FOUND, Refusal, Refused
from dialog_graph.model.ids import from_random
from dialog_graph.model.instance import Instance
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports
from dialog_graph.storage import faults, idempotency, parties, steps
from dialog_graph.storage.database import Transaction
from dialog_graph.urns import AppId, PartyUrn


@dataclass(frozen=True, slots=True, kw_only=True)
class Instantiate:
    """`application`: `org/app`; `party`: URN of the owner; `prefill`: values for the first forms.

    `due_at`, `visible_from`: dates of the dialog, taken over when they lie ahead.
    """

    application: str
    party: str
    prefill: Json = None
    start_event: str | None = None
    due_at: datetime | None = None
    visible_from: datetime | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstantiateResult:
    """The new instance."""

    instance_id: UUID


def _parsed(given: Instantiate) -> tuple[AppId, PartyUrn]:
    app_id, urn = AppId.parse(given.application), PartyUrn.parse(given.party)
    for parsed in (app_id, urn):
        if isinstance(parsed, Refusal):
            raise Refused(parsed)
    refuse_unfit(given.prefill, "prefill")
    if given.prefill is not None and not isinstance(given.prefill, dict):
        raise Refused(Refusal(code="INVALID_INPUT", expected="a JSON object", path=("prefill",)))
    assert isinstance(app_id, AppId)
    assert isinstance(urn, PartyUrn)
    return app_id, urn


async def _permitted(tx: Transaction, version: AppVersion, party: Party) -> Permit:
    """NOT_FOUND for strangers, then whether the app is open, then the decision of the policy (process engine §6.5)."""
    target = decisions.before_start(version.app_id, party.party_id)
    if not await decisions.has_any(tx, version.policy, target):
        raise Refused(NOT_FOUND)
    if not version.metadata.is_open(tx.now):
        raise Refused(Refusal(code="APP_NOT_OPEN", expected="an app that is open now", actual="it is not"))
    return await decisions.permit(tx, version.policy, target, ("instantiate",))


def _new_instance(ports: Ports, tx: Transaction, version: AppVersion, party: Party, given: Instantiate) -> Instance:
    assert version.version_id is not None, "the catalogue numbers its versions"
    return Instance(
        instance_id=from_random(tx.now, ports.random_bytes(16)),
        app_id=version.app_id,
        party_id=party.party_id,
        resource_id=0,
        version_id=version.version_id,
        version_ordinal=version.ordinal,
        created_by=tx.principal.actor,
        created_at=tx.now,
        updated_at=tx.now,
        due_at=given.due_at,
        visible_from=given.visible_from,
    )


async def instantiate(ports: Ports, principal: Principal, given: Instantiate) -> InstantiateResult:
    """Starts the app for the party. Raises `Refused`; then there is no instance and no dialog."""
    app_id, urn = _parsed(given)
    check_key(given.idempotency_key)
    async with ports.database.transaction(principal) as tx:
        if given.idempotency_key is not None:
            await idempotency.lock(tx, str(app_id), actor_key(principal), given.idempotency_key)
        earlier = await stored_result(tx, str(app_id), given, InstantiateResult)
        if earlier is not None:
            return earlier
        return await _started(ports, tx, given, (app_id, urn))


async def _started(ports: Ports, tx: Transaction, given: Instantiate, ids: tuple[AppId, PartyUrn]) -> InstantiateResult:
    app_id, urn = ids
    version = await ports.catalogue.active(tx, app_id)
    party = await parties.find(tx, urn)
    if party is None:
        raise Refused(NOT_FOUND)
    permit = await _permitted(tx, version, party)
    refusal = obstacle(version, party, tx.principal)
    if refusal is not None:
        raise Refused(refusal)
    faults.passed("after-decision")
    instance = _new_instance(ports, tx, version, party, given)
    work = Work(ports, tx, version, instance)
    work.change(resource_id=await ports.catalogue.resource_id(tx, app_id))
    work.owner, work.prefill = party, given.prefill
    return await _written(work, permit, given)


async def _written(work: Work, permit: Permit, given: Instantiate) -> InstantiateResult:
    work.record("app.instance.created", data={"byOrg": work.principal.is_org})
    await run_process(work, Start(given.start_event))
    result = InstantiateResult(instance_id=work.instance.instance_id)
    scope = str(work.instance.app_id)
    rows = rows_of(work, result_row(work.tx, scope, given, result))
    faults.passed("before-write")
    await steps.write(work.tx, permit, rows)
    faults.passed("after-write")
    return result
