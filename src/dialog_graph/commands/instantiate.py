"""`instantiate`: makes an instance and, in the same breath, its dialog (process engine §6.5, security rules §5.1)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dialog_graph.access.starting import open_starts
from dialog_graph.apps import AppVersion
from dialog_graph.commands.step.frame import actor_key, check_key, result_row, stored_result
from dialog_graph.commands.step.json_input import refuse_unfit
from dialog_graph.commands.step.starting import allowed, begin, opened
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Principal
from dialog_graph.ports import Ports
from dialog_graph.storage import idempotency, parties
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
    beginning = await allowed(ports, tx, app_id, await parties.find(tx, urn))
    _refuse_elsewhere(beginning.version, given.start_event)
    work = await opened(ports, tx, beginning, given.due_at, given.visible_from)
    work.prefill = given.prefill
    result = InstantiateResult(instance_id=work.instance.instance_id)
    await begin(work, beginning.permit, given.start_event, result_row(tx, str(app_id), given, result))
    return result


def _refuse_elsewhere(version: AppVersion, start_event: str | None) -> None:
    """A caller starts where anybody may, and says where if there are several; what a message, a signal or a timer
    starts is theirs (process engine §4.1)."""
    open_to_all = open_starts(version)
    if start_event in open_to_all or (start_event is None and len(open_to_all) == 1):
        return
    expected = f"one of the start events {', '.join(open_to_all)}"
    if not open_to_all:
        expected = "an app that callers may start; this one begins by itself"
    actual = "none is named" if start_event is None else f'"{start_event[:80]}" is named'
    raise Refused(Refusal(code="START_EVENT_REQUIRED", expected=expected, actual=actual, path=("startEvent",)))
