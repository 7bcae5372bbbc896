"""Brings kept messages and those who wait together, whenever the bell rings and now and then without (process engine
§11): both sides are committed by then, so neither can miss the other."""

import asyncio
import logging

from dialog_graph.commands.correlate_message import correlate_message
from dialog_graph.errors import Refused
from dialog_graph.ports import Ports
from dialog_graph.storage import faults, messages

AT_A_TIME = 100
TIDIED_AFTER = 60.0
"""Seconds between two removals of old messages."""

_log = logging.getLogger(__name__)


class MessageMatcher:
    """Matches what has been kept. Two at once do no harm: a message is taken under the lock of its row."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._tidy_at = 0.0

    async def match(self) -> int:
        """One round, the oldest messages first; answers how many were had."""
        async with self._ports.database.dispatch() as tx:
            found = await messages.meetings(tx, AT_A_TIME)
            if self._tidy_at <= asyncio.get_running_loop().time():
                await messages.remove_old(tx)
                self._tidy_at = asyncio.get_running_loop().time() + TIDIED_AFTER
        if found:
            faults.passed("after-claim")
        count = 0
        for meeting in found:
            try:
                count += await correlate_message(self._ports, meeting)
            except Refused as refused:
                _log.warning("message %s has to wait: %s", meeting.message_id, refused.refusal.message)
            except Exception:  # another one may be fine
                _log.exception("message %s cannot be delivered", meeting.message_id)
        return count
