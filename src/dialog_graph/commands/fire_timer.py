"""Fires the timer of an instance that came due first (process engine §12): sent by workers, for each timer once."""

from uuid import UUID

from dialog_graph.bpmn import TimerFired
from dialog_graph.commands.step import Errand, Work, run_errand, run_process
from dialog_graph.ports import Ports
from dialog_graph.storage import timers
from dialog_graph.urns import AppId


async def fire_timer(ports: Ports, app_id: AppId, instance_id: UUID) -> bool:
    """Fires one timer; False when none of the instance is due. Of several the earliest, whichever was claimed."""

    async def act(work: Work) -> str | None:
        timer = await timers.earliest(work.tx, instance_id)
        if timer is None:
            return None
        work.record(
            "app.instance.process.timer",
            data={"elementId": timer.element_id},
            element_id=timer.element_id,
            entry_id=timer.entry_id,
        )
        fired = TimerFired(
            element_id=timer.element_id,
            owner=timer.owner,
            anchor=timer.anchor,
            k=timer.k,
            duration=timer.duration,
            remaining=timer.remaining,
        )
        await run_process(work, fired)
        return f"timer:{timer.timer_id}:{timer.k}"

    return await run_errand(ports, Errand(name="timer", app_id=app_id, instance_id=instance_id), act)
