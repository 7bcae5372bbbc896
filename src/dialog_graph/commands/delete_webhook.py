"""`deleteWebhook`: nothing more is sent to it; what was waiting for it goes too (event rules §9.1)."""

from dataclasses import dataclass
from uuid import UUID

from dialog_graph.errors import NOT_FOUND, Refused
from dialog_graph.model.principal import Principal
from dialog_graph.model.webhook import Webhook
from dialog_graph.ports import Ports
from dialog_graph.storage import webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteWebhook:
    """`webhook_id`: one of the caller's own."""

    webhook_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteWebhookResult:
    """The webhook as it was; it cannot be read any more."""

    webhook: Webhook


async def delete_webhook(ports: Ports, principal: Principal, given: DeleteWebhook) -> DeleteWebhookResult:
    """Removes the webhook. Raises `Refused` with NOT_FOUND, also for those of others."""
    async with ports.database.transaction(principal) as tx:
        webhook = await webhooks.find(tx, given.webhook_id)
        if webhook is None or not await webhooks.delete(tx, given.webhook_id):
            raise Refused(NOT_FOUND)
        return DeleteWebhookResult(webhook=webhook)
