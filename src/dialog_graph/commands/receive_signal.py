"""A signal reaches one of those who waited for it (process engine §4.11): sent by workers, each receiver once."""

from uuid import UUID

from dialog_graph.bpmn import SignalReceived
from dialog_graph.commands.step import Errand, Work, run_errand, run_process
from dialog_graph.model.json_value import Json
from dialog_graph.ports import Ports
from dialog_graph.storage import subscriptions
from dialog_graph.storage.subscriptions import Waiting


async def receive_signal(ports: Ports, waiting: Waiting, signal_id: UUID) -> bool:
    """False when the receiver does not wait any more, or has had this signal already."""
    subscription_id = waiting.subscription.subscription_id

    async def act(work: Work) -> str | None:
        subscription = await subscriptions.still(work.tx, subscription_id)
        if subscription is None:
            return None
        details: dict[str, Json] = {"name": subscription.name, "elementId": subscription.element_id, "signal": True}
        work.record(
            "app.instance.process.message",
            data=details,
            element_id=subscription.element_id,
            entry_id=subscription.entry_id,
        )
        await run_process(work, SignalReceived(subscription.element_id, subscription.owner, subscription.name))
        return f"signal:{signal_id}:{subscription_id.hex[-16:]}"

    errand = Errand(name="signal", app_id=waiting.app_id, instance_id=waiting.instance_id)
    return await run_errand(ports, errand, act)
