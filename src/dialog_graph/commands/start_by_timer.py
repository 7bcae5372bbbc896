"""A timer begins a process: sent by workers, one instance for each round (process engine §12).

The round is taken and the instance made in one transaction, so a second worker finds nothing that is due. A round whose
instance is refused for good is over all the same: its refusal is told to the owner of the app.
"""

from dialog_graph.apps import AppVersion
from dialog_graph.bpmn import Element
from dialog_graph.commands.step.self_starting import start_by_itself, tell_refused
from dialog_graph.commands.step.starting import Occasion
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.principal import Principal, app_worker
from dialog_graph.ports import Ports
from dialog_graph.storage import faults, start_timers
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.start_timers import DueStart


async def start_by_timer(ports: Ports, due: DueStart) -> bool:
    """False when nothing is due any more. Raises `Refused` for what may go well another time; then it stays due."""
    worker = app_worker(due.app_id.org, due.app_id.app)
    try:
        async with ports.database.transaction(worker) as tx:
            place = await _place(ports, tx, due)
            if place is None or await start_timers.take(tx, *place) is None:
                return False
            faults.passed("after-lock")
            told = Occasion(type="app.instance.process.timer", data={"elementId": due.element_id})
            await start_by_itself(ports, tx, place, told)
            return True
    except Refused as refused:
        if refused.refusal.is_retryable:
            raise
        return await _passed_over(ports, worker, due, refused.refusal)


async def _place(ports: Ports, tx: Transaction, due: DueStart) -> tuple[AppVersion, Element] | None:
    version = await ports.catalogue.active(tx, due.app_id)
    element = start_timers.timer_starts(version).get(due.element_id)
    return None if element is None else (version, element)


async def _passed_over(ports: Ports, worker: Principal, due: DueStart, refusal: Refusal) -> bool:
    async with ports.database.transaction(worker) as tx:
        place = await _place(ports, tx, due)
        if place is None or await start_timers.take(tx, *place) is None:
            return False
    tell_refused(ports, *place, refusal)
    return True
