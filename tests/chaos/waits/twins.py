"""Workers with one seeded defect each, of the kind that somebody could plausibly write; the harness must catch them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch
from uuid import UUID, uuid4

from dialog_graph.bpmn import TimerFired
from dialog_graph.commands import correlate_message, delete_instance, deliver_message, finish_job
from dialog_graph.commands.deliver_message import DeliverMessageResult
from dialog_graph.commands.step import Errand, Work, engine, run_errand, run_process
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Principal, app_worker
from dialog_graph.model.service_task import ServiceOutcome, Success
from dialog_graph.model.waits import Timer
from dialog_graph.ports import Ports
from dialog_graph.storage import jobs, messages, timers
from dialog_graph.storage.database import Row, Transaction
from dialog_graph.storage.jobs import Claimed
from dialog_graph.storage.messages import Meeting, Message
from dialog_graph.storage.timers import DueTimer
from dialog_graph.urns import AppId
from tests.chaos.waits import clocks

_DUE = "select * from timer where due_at <= $1 and not is_held order by due_at, position, timer_id limit $2"


def fires_what_it_read() -> None:
    """A7: a timer is neither claimed nor read again under the lock: what was due when it was looked at fires."""
    read: dict[UUID, list[Timer]] = defaultdict(list)

    async def claim(tx: Transaction, limit: int) -> list[DueTimer]:
        rows = await tx.fetch(_DUE, tx.now, limit)
        for row in rows:
            read[row["instance_id"]].append(timers.decode(row))
        return [DueTimer(row["timer_id"], row["instance_id"], timers.app_of(row["app_id"])) for row in rows]

    async def fire(ports: Ports, app_id: AppId, instance_id: UUID) -> bool:
        timer = read[instance_id].pop(0)

        async def act(work: Work) -> str:
            work.record("app.instance.process.timer", data={"elementId": timer.element_id}, element_id=timer.element_id)
            members = ("element_id", "owner", "anchor", "k", "duration", "remaining")
            await run_process(work, TimerFired(**{name: getattr(timer, name) for name in members}))
            return f"timer:{uuid4()}"

        return await run_errand(ports, Errand(name="timer", app_id=app_id, instance_id=instance_id), act)

    patch.object(timers, "claim", claim).start()
    patch("dialog_graph.workers.timers.fire_timer", fire).start()


def takes_every_round_for_the_first() -> None:
    """P20: the round that a timer stands at is not looked at."""
    whole = timers.decode

    def decode(row: Row) -> Timer:
        return replace(whole(row), k=1)

    patch.object(timers, "decode", decode).start()


def goes_by_its_own_clock() -> None:
    """P20: what the process's own clock shows decides what is due; it is fast from the beginning, and never slow."""
    shared = clocks.SharedClock.offset.fget
    assert shared is not None, "it is a property"
    clocks.jump(600)

    def offset(self: clocks.SharedClock) -> timedelta:
        return shared(self) + abs(clocks.wrong_by())

    patch.object(clocks.SharedClock, "offset", property(offset)).start()


def takes_messages_apart() -> None:
    """P21: a message is taken in one transaction and received in the next."""

    async def correlate(ports: Ports, meeting: Meeting) -> bool:
        worker = app_worker(meeting.app_id.org, meeting.app_id.app)
        async with ports.database.transaction(worker) as tx:
            message = await messages.take(tx, meeting.message_id, meeting.app_id)
        if message is None:
            return False
        await asyncio.sleep(0.05)
        async with ports.database.transaction(worker) as tx:
            return await correlate_message._met(ports, tx, meeting, message)  # pyright: ignore[reportPrivateUsage] -- a twin

    patch("dialog_graph.workers.messages.correlate_message", correlate).start()


def keeps_messages_later() -> None:
    """P21: the sender is told that the message is kept, and then it is kept."""
    add, delivered = messages.add, deliver_message._delivered  # pyright: ignore[reportPrivateUsage] -- a twin
    ours = ContextVar[Ports]("ours")
    later = set[asyncio.Task[None]]()

    async def noted(ports: Ports, tx: Transaction, message: Message) -> DeliverMessageResult:
        ours.set(ports)
        return await delivered(ports, tx, message)

    async def write(principal: Principal, message: Message, result: Json) -> None:
        await asyncio.sleep(0.3)
        async with ours.get().database.transaction(principal) as tx:
            await add(tx, message, result)

    async def soon(tx: Transaction, message: Message, result: Json) -> None:
        later.add(asyncio.create_task(write(tx.principal, message, result)))

    patch.object(deliver_message, "_delivered", noted).start()
    patch.object(messages, "add", soon).start()


def forgets_ids() -> None:
    """P21: the id of a message is no reason not to take it again."""
    add = messages.add

    async def earlier(tx: Transaction, org: str, sender: str, external_id: str) -> Json | None:
        return None

    async def nameless(tx: Transaction, message: Message, result: Json) -> None:
        await add(tx, replace(message, external_id=None), result)

    patch.object(messages, "earlier", earlier).start()
    patch.object(messages, "add", nameless).start()


def claims_for_good() -> None:
    """P29: what a worker has claimed stays its own, also when it is dead."""
    patch.object(jobs, "LEASE", timedelta(days=365)).start()


def writes_results_apart() -> None:
    """P29: what the code wants written is written in one transaction, and the process moves in the next."""
    settled = finish_job._settled  # pyright: ignore[reportPrivateUsage] -- a twin knows its original

    async def apart(ports: Ports, claimed: Claimed, outcome: ServiceOutcome, code: str) -> bool:
        async def write(work: Work) -> str | None:
            job = await jobs.held(work.tx, claimed)
            if job is None or not isinstance(outcome, Success):
                return None
            finish_job._write(work, job, outcome)  # pyright: ignore[reportPrivateUsage] -- see above
            return f"data:{job.job_id}:{job.attempt}"

        errand = Errand(name="job", app_id=claimed.app_id, instance_id=claimed.instance_id)
        if not await run_errand(ports, errand, write):
            return await settled(ports, claimed, outcome, code)
        await asyncio.sleep(0.3)  # whoever does one thing after the other takes his time
        return await settled(ports, claimed, Success(), code)

    patch.object(finish_job, "_settled", apart).start()


def fires_what_is_put_away() -> None:
    """What a deleted case waits for is claimed, and nobody looks whether the case is deleted."""
    load, claim = engine.load_work, timers._CLAIM  # pyright: ignore[reportPrivateUsage] -- a twin knows its original

    async def loaded(ports: Ports, tx: Transaction, instance_id: UUID) -> Work:
        work = await load(ports, tx, instance_id)
        work.instance = replace(work.instance, deleted_at=None)
        return work

    patch.object(engine, "load_work", loaded).start()
    patch.object(timers, "_CLAIM", claim.replace(" and not is_held", "")).start()


def asks_no_children() -> None:
    """A restored caller goes on as if its children could have told it of their end."""

    async def nobody(_: Work) -> None:
        pass

    patch.object(delete_instance, "ask_children", nobody).start()


TWINS: Mapping[str, Callable[[], None]] = {
    "timer fires unclaimed": fires_what_it_read,
    "round ignored": takes_every_round_for_the_first,
    "own clock": goes_by_its_own_clock,
    "message taken apart": takes_messages_apart,
    "message kept later": keeps_messages_later,
    "id forgotten": forgets_ids,
    "claim for good": claims_for_good,
    "result written apart": writes_results_apart,
    "held timer fires": fires_what_is_put_away,
    "no child asked": asks_no_children,
}
"""Name -> what breaks this process."""
