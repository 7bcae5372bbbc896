"""A signal begins the processes of its org that wait for it: sent by workers, each app once per signal (process engine
§4.11).

The party is the one that the file names, else the one of the instance that has thrown the signal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from dialog_graph.apps import AppVersion
from dialog_graph.bpmn import Element
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.commands.step.frame import actor_key
from dialog_graph.commands.step.self_starting import start_by_itself, tell_refused
from dialog_graph.commands.step.starting import Occasion
from dialog_graph.errors import Refused
from dialog_graph.model.principal import app_worker
from dialog_graph.ports import Ports
from dialog_graph.storage import idempotency
from dialog_graph.storage.database import Snapshot
from dialog_graph.storage.steps import IdempotencyRow
from dialog_graph.urns import AppId


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrownSignal:
    """`party_id`: of the instance that has thrown it."""

    signal_id: UUID
    name: str
    org: str
    party_id: int | None


async def apps_begun_by(ports: Ports, tx: Snapshot, signal: ThrownSignal) -> Sequence[AppId]:
    """The apps of the org that begin with this signal, by id."""
    active = (await ports.catalogue.all_active(tx)).values()
    own = (version for version in active if version.app_id.org == signal.org)
    return sorted((item.app_id for item in own if _start_of(item, signal.name)), key=str)


def _start_of(version: AppVersion, name: str) -> Element | None:
    """The first start event that waits for the signal."""
    starts = (each for each in version.definition.start_events if each.event_type is EventType.SIGNAL)
    return next((each for each in starts if each.event is not None and each.event.signal == name), None)


async def start_by_signal(ports: Ports, app_id: AppId, signal: ThrownSignal) -> bool:
    """False when the app has begun with this signal already, or does not wait for it any more.

    Raises `Refused` for what may go well another time; what is refused for good is told to the owner of the app.
    """
    async with ports.database.transaction(app_worker(app_id.org, app_id.app)) as tx:
        version = await ports.catalogue.active(tx, app_id)
        element = _start_of(version, signal.name)
        row = IdempotencyRow(
            scope=str(app_id),
            actor=actor_key(tx.principal),
            key=f"signal:{signal.signal_id}",
            command="start_by_signal",
            request_hash="",
            result={},
        )
        await idempotency.lock(tx, row.scope, row.actor, row.key)
        if element is None or await idempotency.is_known(tx, row.scope, row.actor, row.key):
            return False
        data = {"name": signal.name, "elementId": element.id, "signal": True}
        told = Occasion(type="app.instance.process.message", data=data)
        try:
            await start_by_itself(ports, tx, (version, element), told, (signal.party_id, row))
        except Refused as refused:
            if refused.refusal.is_retryable:
                raise
            tell_refused(ports, version, element, refused.refusal)
            return False
    return True
