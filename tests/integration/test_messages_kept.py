"""Messages that are kept, repeated, late, or for several (process engine §11; P21), and twins that must be caught."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from dialog_graph.commands.deliver_message import DeliverMessage, DeliverMessageResult, deliver_message
from dialog_graph.storage import messages
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.urns import AppId
from dialog_graph.workers.quiet import work_until_quiet
from tests.integration.test_messages import FORMS, KEYED, RECEIVE, REPLY, asked, code, send
from tests.integration.waits_app import element, files, flows, message, process, task, timer
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
SECOND = AppId("ttd", "second")
EITHER = process(
    START,
    task("Fill"),
    element("eventBasedGateway", "Which"),
    message("intermediateCatchEvent", "Wait", "Reply"),
    timer("intermediateCatchEvent", "Pause", "P1D"),
    task("Thank", "none"),
    task("Chase", "none"),
    END,
    flows("Start Fill Which", "Which Wait Thank End", "Which Pause Chase End"),
    outside=[KEYED],
)


async def had(cases: Sequence[Case]) -> int:
    """How many messages the cases have had in all, as their events tell."""
    return sum([(await case.events()).count("app.instance.process.message") for case in cases])


async def test_a_repeat_of_a_kept_message_gets_the_first_answer_and_is_not_kept_twice(
    logins: Logins, tmp_path: Path
) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        kept = DeliverMessageResult(instance_id=None, buffered=True)
        assert [await send(world, ttl="PT1H", message_id="m-1") for _ in range(2)] == [kept, kept]
        assert await world.count("message_buffer") == 1
        first, second = await asked(world), await asked(world)
        await work_until_quiet(world.app.ports)
        assert await send(world, ttl="PT1H", message_id="m-1") == kept, "its answer stays what it was"
        assert [(await case.work()).waits for case in (first, second)] == [[], ["Wait"]]


async def test_repeats_at_the_same_time_of_a_message_that_is_kept_are_one(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        sent = await asyncio.gather(*(send(world, ttl="PT1H", message_id="m-1") for _ in range(6)))
        assert ({item.buffered for item in sent}, await world.count("message_buffer")) == ({True}, 1)
        cases = [await asked(world) for _ in range(2)]
        await work_until_quiet(world.app.ports)
        assert await had([await case.refresh() for case in cases]) == 1


async def test_an_id_is_its_senders_own(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        cases = [await asked(world) for _ in range(2)]
        kari = world.app.as_person().principal
        first = await send(world, message_id="m-1")
        given = DeliverMessage(name="Reply", correlation_key="A-1", org="ttd", message_id="m-1")
        second = await deliver_message(world.app.ports, kari, given)
        assert {first.instance_id, second.instance_id} == {case.id for case in cases}


async def test_a_message_that_is_refused_may_be_sent_again_with_its_id(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(RECEIVE, forms=FORMS)) as world:
        assert await code(world, lambda: send(world, message_id="m-1")) == "NOT_CORRELATED"
        case = await asked(world)
        assert await code(world, lambda: send(world, payload={"name": "x" * 21}, message_id="m-1")) == (
            "VALIDATION_FAILED"
        )
        assert (await send(world, payload={"name": "Ja"}, message_id="m-1")).instance_id == case.id


async def test_the_last_moment_of_a_message_is_before_its_time_is_over(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        await send(world, ttl="PT1H")
        await send(world, "A-2", ttl="PT1H")
        in_time, late = await asked(world), await asked(world, "A-2")
        expires = await world.admin.fetch("select key, expires_at - sent_at from dg.message_buffer order by key")
        assert [row[1].total_seconds() for row in expires] == [3600, 3600]
        world.advance(minutes=59)
        await world.admin.execute("update dg.message_buffer set expires_at = expires_at - interval '2 minutes' "
                                  "where key = 'A-2'")  # fmt: skip
        assert ((await in_time.work()).status, (await late.refresh()).waits) == ("COMPLETED", ["Wait"])


async def test_the_oldest_of_kept_messages_comes_first_and_the_others_stay(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(RECEIVE, forms=FORMS)) as world:
        for name in ("first", "second", "third"):
            await send(world, payload={"name": name}, ttl="PT1H")
        cases: list[Case] = []
        for _ in range(3):
            cases.append(await asked(world))
            await work_until_quiet(world.app.ports)
        assert [(await case.refresh()).data("answer") for case in cases] == [
            {"name": "first"},
            {"name": "second"},
            {"name": "third"},
        ]


async def test_of_those_who_wait_the_oldest_has_a_kept_message(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        await send(world, ttl="PT1H")
        cases = [await asked(world) for _ in range(3)]
        await work_until_quiet(world.app.ports)
        assert [(await case.refresh()).waits for case in cases] == [[], ["Wait"], ["Wait"]]


async def test_each_app_of_the_org_has_a_message_once(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY), files(REPLY, app=SECOND)) as world:
        ours = [await asked(world) for _ in range(2)]
        theirs = await world.others[0].as_person().instantiate()
        await theirs.fill("form", {"name": "A-1"})
        await theirs.complete()
        assert (await send(world)).instance_id == ours[0].id, "the oldest of all is told"
        assert [(await case.refresh()).waits for case in (*ours, theirs)] == [[], ["Wait"], []]


async def test_a_kept_message_decides_what_an_event_based_gateway_does(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(EITHER)) as world:
        await send(world, ttl="P2D")
        early, late = await asked(world), await asked(world, "A-2")
        assert (await early.work()).tasks == ["Thank"]
        world.advance(days=1)
        assert (await late.work()).tasks == ["Chase"]
        assert await code(world, lambda: send(world, "A-2")) == "NOT_CORRELATED", "nobody waits for it any more"
        assert (await world.count("timer"), await world.count("message_subscription")) == (0, 0)


async def test_with_instance_and_key_both_must_fit(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        case = await asked(world)
        for instance_id, key in ((case.id, "A-2"), ((await asked(world, "A-2")).id, "A-1")):
            assert await code(world, lambda: by_instance(world, instance_id, key)) == "NOT_CORRELATED"  # noqa: B023
        assert (await by_instance(world, case.id, "A-1")).instance_id == case.id


async def by_instance(world: Waiting, instance_id: UUID, key: str | None) -> DeliverMessageResult:
    given = DeliverMessage(name="Reply", instance_id=instance_id, correlation_key=key)
    return await deliver_message(world.app.ports, world.app.as_org().principal, given)


# Twins ----------------------------------------------------------------------------------------------------------------


async def counted(world: Waiting) -> tuple[int, int]:
    """Three messages, one of them sent thrice, for three who wait later: how many were had, how many were sent."""
    for message_id in ("m-1", "m-2", "m-3", "m-3", "m-3"):
        await send(world, ttl="PT1H", message_id=message_id)
    cases = [await asked(world) for _ in range(5)]
    await work_until_quiet(world.app.ports)
    return await had([await case.refresh() for case in cases]), 3


async def test_every_kept_message_is_had_once(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        assert await counted(world) == (3, 3)


async def never_known(*_: Any) -> None:
    """Twin: no id is ever known."""


async def not_marked(tx: Transaction, message_id: UUID, app_id: AppId) -> messages.Message | None:
    """Twin: a message is read where it should be taken."""
    row = await tx.fetchrow("select * from message_buffer where message_id = $1", message_id)
    return messages._decode(row) if row is not None else None  # pyright: ignore[reportPrivateUsage] -- twin


async def lost(*_: Any) -> None:
    """Twin: a message is answered as kept, and is not."""


@pytest.mark.parametrize(("name", "twin"), [("take", not_marked), ("add", lost)], ids=["mark", "row"])
async def test_the_count_catches_its_twins(
    logins: Logins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, twin: Any
) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        monkeypatch.setattr(messages, name, twin)
        found, sent = await counted(world)
        assert found != sent


async def test_an_id_that_nobody_looks_up_is_not_taken_twice_by_the_database(
    logins: Logins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        monkeypatch.setattr(messages, "earlier", never_known)
        with pytest.raises(asyncpg.UniqueViolationError):
            await counted(world)
