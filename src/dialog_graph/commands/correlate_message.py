"""Brings a message that was kept to somebody who waits for it now, or starts the app that could not be started before.

Sent by workers (process engine §11). The message's row is taken first, in the transaction of the step: whoever comes
second finds nothing to take.
"""

import logging

from dialog_graph.commands.step import Errand, Work, within_errand
from dialog_graph.commands.step.receiving import receive, start, starters
from dialog_graph.commands.step.self_starting import tell_refused
from dialog_graph.errors import Refused
from dialog_graph.model.principal import app_worker
from dialog_graph.ports import Ports
from dialog_graph.storage import messages, subscriptions
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.messages import Meeting, Message

_log = logging.getLogger(__name__)


class _Missed(Exception):
    """They do not meet after all; the message stays as it was."""


async def correlate_message(ports: Ports, meeting: Meeting) -> bool:
    """True when the message was had. One that the app's rules refuse is not offered to the app again."""
    worker = app_worker(meeting.app_id.org, meeting.app_id.app)
    try:
        async with ports.database.transaction(worker) as tx:
            message = await messages.take(tx, meeting.message_id, meeting.app_id)
            if message is None:
                return False
            if not await _met(ports, tx, meeting, message):
                raise _Missed
            return True
    except _Missed:
        return False
    except Refused as refused:
        if refused.refusal.is_retryable or refused.refusal.code == "TEMPORARY":
            raise
        _log.warning("message %s is refused by %s: %s", meeting.message_id, meeting.app_id, refused.refusal.message)
        async with ports.database.transaction(worker) as tx:
            await messages.take(tx, meeting.message_id, meeting.app_id)
        return False


async def _met(ports: Ports, tx: Transaction, meeting: Meeting, message: Message) -> bool:
    if meeting.instance_id is None:
        return await _started(ports, tx, meeting, message)
    subscription_id = meeting.subscription_id
    assert subscription_id is not None, "whoever waits has a subscription"

    async def act(work: Work) -> str | None:
        subscription = await subscriptions.still(tx, subscription_id)
        if subscription is None:
            return None
        await receive(work, subscription, message.payload)
        return f"message:{message.message_id}"

    errand = Errand(name="message", app_id=meeting.app_id, instance_id=meeting.instance_id)
    return await within_errand(ports, tx, errand, act)


async def _started(ports: Ports, tx: Transaction, meeting: Meeting, message: Message) -> bool:
    found = await starters(ports, tx, message.address.org, message.address.name, message)
    starter = next((item for item in found if item.version.app_id == meeting.app_id), None)
    try:
        return starter is not None and await start(ports, tx, starter, message) is not None
    except Refused as refused:
        if starter is not None and not refused.refusal.is_retryable:
            tell_refused(ports, starter.version, starter.element, refused.refusal)
        raise
