"""Sending: claims lanes, makes the request outside any transaction, records what came of it (event rules §9.3, §9.6).

A claim is committed before the request, the outcome has a transaction of its own. So a crash between the two makes
the attempt again when the lease ends: at least once, with the same `webhook-id` and the same bytes. In this version an
event gets one attempt that comes to an end: DELIVERED or DEAD.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Sequence

from dialog_graph.access import webhook_signing
from dialog_graph.access.egress import MAX_WEBHOOK_ANSWER, TOTAL_TIMEOUT, Answer, Blocked
from dialog_graph.access.egress import Outcome as Sent
from dialog_graph.ports import Ports
from dialog_graph.storage import deliveries, faults
from dialog_graph.storage.database import Row
from dialog_graph.storage.deliveries import DEAD, DELIVERED, SKIPPED, Lane, Message, Outcome
from dialog_graph.workers.cloud_events import content
from dialog_graph.workers.expander import consumer_of, may_know

IN_FLIGHT = 200
PER_HOST = 4
IN_A_ROW = 20
"""Events of one lane that a holder may send before others get their turn."""
CLAIMED_AT_ONCE = 50
MAX_TEXT = 1024

_log = logging.getLogger(__name__)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
NO_ACCESS = Outcome(state=SKIPPED, error="NO_ACCESS")
"""The consumer may not be told of the event any more."""


def outcome_of(sent: Sent, duration_ms: int) -> Outcome:
    """What an answer means: 2xx is delivered, everything else is not."""
    if isinstance(sent, Answer):
        is_delivered = 200 <= sent.status < 300
        text = _CONTROL.sub("", sent.body[:MAX_TEXT].decode("utf-8", "replace"))
        return Outcome(
            state=DELIVERED if is_delivered else DEAD,
            status=sent.status,
            error=None if is_delivered else f"HTTP_{sent.status}",
            duration_ms=duration_ms,
            text=text or None,
        )
    error = sent.refusal.code if isinstance(sent, Blocked) else sent.reason.upper()
    return Outcome(state=DEAD, error=error, duration_ms=duration_ms)


def request_of(ports: Ports, message: Message) -> tuple[dict[str, str], bytes]:
    """Headers and body of a message, signed for this attempt."""
    made = content(message, ports.settings.public_url)
    secret = webhook_signing.unsealed(ports.keys, message.secret, message.webhook.webhook_id)
    signed = webhook_signing.headers(ports.keys, secret, message.event.event_id, message.at, made.body)
    origin = ports.settings.public_url.partition("://")[2].partition("/")[0]
    return {**made.headers, **signed, "webhook-request-origin": origin}, made.body


class Deliverer:
    """Sends what is due. `holder`: a name of this process that no other has."""

    def __init__(self, ports: Ports, holder: str) -> None:
        self._ports = ports
        self._holder = holder
        self._hosts: Counter[str] = Counter()
        self._tasks: dict[asyncio.Task[None], Lane] = {}

    @property
    def is_busy(self) -> bool:
        """True while it waits for answers."""
        return bool(self._tasks)

    async def send_due(self) -> int:
        """Claims as many lanes as may be served now and begins to send; answers how many."""
        free = min(IN_FLIGHT - len(self._tasks), CLAIMED_AT_ONCE)
        if free <= 0:
            return 0
        async with self._ports.database.dispatch() as tx:
            busy = [host for host, count in self._hosts.items() if count >= PER_HOST]
            lanes = await deliveries.claim(tx, self._holder, self._fair(await deliveries.due(tx, busy, free)))
            messages = {item.lane: item for item in await deliveries.messages(tx, lanes)}
            await deliveries.release(tx, [lane for lane in lanes if lane not in messages])
        for lane, message in messages.items():
            self._hosts[lane.host] += 1
            task = asyncio.create_task(self._serve(message))
            self._tasks[task] = lane
            task.add_done_callback(self._done)
        return len(messages)

    def _fair(self, found: Sequence[Row]) -> list[Row]:
        """Not more lanes of one host than may be served at a time; the others stay for the next look."""
        hosts = self._hosts.copy()
        chosen: list[Row] = []
        for row in found:
            if hosts[row["endpoint_host"]] < PER_HOST:
                hosts[row["endpoint_host"]] += 1
                chosen.append(row)
        return chosen

    def _done(self, task: asyncio.Task[None]) -> None:
        lane = self._tasks.pop(task)
        # Others were passed over as long as the host, or all of us, had enough to do.
        was_full = self._hosts[lane.host] == PER_HOST or len(self._tasks) + 1 == IN_FLIGHT
        self._hosts[lane.host] -= 1
        if was_full:
            self._ports.doorbell.ring()
        if not task.cancelled() and task.exception() is not None:
            # The lease ends by itself, then the attempt is made again.
            _log.error("a delivery could not be carried out", exc_info=task.exception())

    async def _serve(self, first: Message) -> None:
        """Sends the events of a lane in order, as long as they arrive."""
        message: Message | None = first
        for turn in range(IN_A_ROW):
            if message is None:
                return
            outcome = await self._attempt(message)
            goes_on = outcome.state != DEAD and turn + 1 < IN_A_ROW
            message = await self._settled(message, outcome, goes_on=goes_on)

    async def _settled(self, message: Message, outcome: Outcome, *, goes_on: bool) -> Message | None:
        """Records the outcome; the next message of the lane when the holder keeps it."""
        async with self._ports.database.dispatch() as tx:
            if not await deliveries.settle(tx, message, outcome, goes_on=goes_on):
                return None
            following = await deliveries.messages(tx, [message.lane])
            if not following:
                await deliveries.release(tx, [message.lane])
            return following[0] if following else None

    async def _attempt(self, message: Message) -> Outcome:
        ports = self._ports
        if not await may_know(ports, consumer_of(message.webhook, message.consumer), [message.event]):
            return NO_ACCESS
        headers, body = request_of(ports, message)
        faults.passed("before-delivery")
        clock = asyncio.get_running_loop().time
        began = clock()
        sent = await ports.egress.post(
            message.webhook.endpoint, headers, body, timeout=TOTAL_TIMEOUT, max_answer=MAX_WEBHOOK_ANSWER
        )
        faults.passed("after-delivery")
        return outcome_of(sent, round((clock() - began) * 1000))

    async def finish(self, grace: float) -> None:
        """Waits for what has been sent, at most `grace` seconds; what is left then is given back as it was."""
        if not self._tasks:
            return
        lanes = dict(self._tasks)
        _, pending = await asyncio.wait(lanes, timeout=grace)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        async with self._ports.database.dispatch() as tx:
            await deliveries.release(tx, [lanes[task] for task in pending])
