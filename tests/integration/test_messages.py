"""Messages and signals: before, while or after somebody waits, by whoever may, each once (process engine §11; P21)."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.commands.deliver_message import DeliverMessage, DeliverMessageResult, deliver_message
from dialog_graph.errors import Refused
from dialog_graph.model.instance import TaskState
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Principal
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.urns import AppId
from dialog_graph.workers.quiet import work_until_quiet
from tests.integration.case_app import Rule
from tests.integration.waits_app import (
    declared,
    element,
    extended,
    files,
    flows,
    message,
    process,
    signal,
    task,
    timer,
)
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
OTHER_APP = AppId("ttd", "telling")
KEYED = declared("Reply", '["dataModel", "name", "form"]')

REPLY = process(
    START,
    task("Fill"),
    message("intermediateCatchEvent", "Wait", "Reply"),
    END,
    flows("Start Fill Wait End"),
    outside=[KEYED],
)
RECEIVE = process(
    START,
    task("Fill"),
    element(
        "receiveTask",
        "Take",
        extended('<d:message dataType="answer"/>', '<d:correlation key=\'["dataModel", "name", "form"]\'/>'),
        messageRef="Reply",
    ),
    timer("boundaryEvent", "Late", "P7D", attachedToRef="Take"),
    task("Chase", "none"),
    END,
    flows("Start Fill Take End", "Late Chase End"),
    outside=[declared("Reply")],
)
FORMS = {"form": "Fill", "answer": None}


async def asked(world: Waiting, key: str = "A-1", who: str = "kari") -> Case:
    """A case that waits for the reply with a key."""
    case = await world.app.as_person(who).instantiate()
    await case.fill("form", {"name": key})
    return await case.complete()


async def send(
    world: Waiting, key: str | None = "A-1", payload: Json = None, who: Principal | None = None, **given: Any
) -> DeliverMessageResult:
    """Sends the reply, as the owning org unless told otherwise."""
    wanted = DeliverMessage(name="Reply", correlation_key=key, payload=payload, **given)
    return await deliver_message(world.app.ports, who or world.app.as_org().principal, wanted)


Act = Callable[[], Awaitable[object]]


async def code(world: Waiting, act: Act) -> str:
    """Code of the refusal; nothing at all has changed."""
    before = await world.state()
    with pytest.raises(Refused) as refused:
        await act()
    assert await world.state() == before, "a refusal leaves no trace"
    return refused.value.refusal.code


async def test_a_message_reaches_the_one_that_waits_for_its_key(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        case, other = await asked(world), await asked(world, "A-2")
        entry = case.instance.open_entries[0]
        assert (case.waits, entry.type, entry.state) == (["Wait"], "message", TaskState.WAITING)
        assert case.instance.waiting_for == ("MESSAGE",)
        assert await send(world) == DeliverMessageResult(instance_id=case.id, buffered=False)
        assert (await case.refresh()).status == "COMPLETED"
        assert (await other.refresh()).waits == ["Wait"]
        assert "app.instance.process.message" in await case.events()


async def test_a_message_that_nobody_waits_for_is_refused_or_kept(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        assert await code(world, lambda: send(world)) == "NOT_CORRELATED"
        assert await send(world, ttl="PT1H") == DeliverMessageResult(instance_id=None, buffered=True)
        case = await asked(world)
        assert (await case.work()).status == "COMPLETED"
        late = await asked(world)
        assert (await late.work()).waits == ["Wait"], "an app has it once"


async def test_a_kept_message_goes_when_its_time_is_over(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        await send(world, ttl="PT1H")
        world.advance(hours=1, seconds=1)
        case = await asked(world)
        assert (await case.work()).waits == ["Wait"]
        world.advance(hours=24)
        await work_until_quiet(world.app.ports)
        assert await world.count("message_buffer") == 0


async def test_one_id_is_one_message(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        case, other = await asked(world), await asked(world)
        sent = [await send(world, message_id="m-1") for _ in range(3)]
        assert {item.instance_id for item in sent} == {case.id}, "the oldest, and the others are the same message"
        assert (await other.refresh()).waits == ["Wait"]
        world.advance(hours=24, seconds=1)
        assert (await send(world, message_id="m-1")).instance_id == other.id, "after a day it is another one"


async def test_repeats_at_the_same_time_are_one_message(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        cases = [await asked(world) for _ in range(5)]
        sent = await asyncio.gather(*(send(world, message_id="m-1") for _ in range(6)))
        assert len({item.instance_id for item in sent}) == 1
        done = [(await case.refresh()).status for case in cases]
        assert done.count("COMPLETED") == 1


async def test_messages_at_the_same_time_go_to_one_each(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        cases = [await asked(world) for _ in range(4)]
        sent = await asyncio.gather(*(send(world, ttl="PT1H") for _ in range(4)), return_exceptions=True)
        assert not [item for item in sent if isinstance(item, BaseException) and not isinstance(item, Refused)]
        await work_until_quiet(world.app.ports)
        done = [(await case.refresh()).status for case in cases].count("COMPLETED")
        assert done == sum(isinstance(item, DeliverMessageResult) for item in sent)


@pytest.mark.parametrize("seed", range(4))
async def test_published_before_during_or_after_subscribing_it_is_had_once(
    logins: Logins, tmp_path: Path, seed: int
) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        cases = [await world.app.as_person().instantiate() for _ in range(6)]
        for number, case in enumerate(cases):
            await case.fill("form", {"name": f"K-{number}"})

        async def publish(number: int) -> None:
            await asyncio.sleep(0.004 * ((number * 7 + seed * 3) % 5))
            await send(world, f"K-{number}", ttl="PT1H")

        await asyncio.gather(
            *(case.complete() for case in cases), *(publish(number) for number in range(6)), work_soon(world)
        )
        await work_until_quiet(world.app.ports)
        for case in cases:
            assert (await case.refresh()).status == "COMPLETED"
            assert (await case.events()).count("app.instance.process.message") == 1


async def work_soon(world: Waiting) -> None:
    for _ in range(5):
        await work_until_quiet(world.app.ports)
        await asyncio.sleep(0.005)


async def test_the_payload_becomes_a_form_or_the_message_is_refused(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(RECEIVE, forms=FORMS)) as world:
        case = await asked(world)
        assert (case.tasks, case.instance.open_tasks[0].state) == (["Take"], TaskState.WAITING)
        unfit: list[Json] = [{"name": 5}, {"count": "many"}, [], {"name": "x" * 21}]
        for payload in unfit:
            found = await code(world, partial(send, world, payload=payload))
            assert found in ("VALIDATION_FAILED", "INVALID_INPUT")
        await send(world, payload={"name": "Ja", "count": 2})
        assert (await case.refresh()).status == "COMPLETED"
        assert case.data("answer") == {"name": "Ja", "count": 2}


async def test_a_kept_message_that_the_app_refuses_is_not_offered_again(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(RECEIVE, forms=FORMS)) as world:
        await send(world, payload={"name": 5}, ttl="P1D")
        case = await asked(world)
        assert (await case.work()).tasks == ["Take"]
        assert await work_until_quiet(world.app.ports) == 0


async def test_whoever_may_write_may_deliver(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        case = await asked(world)
        kari, jon, nabo = (world.app.as_person("kari"), world.app.as_person("jon"), world.app.as_org("nabo"))
        assert await code(world, lambda: send(world, who=jon.principal, instance_id=case.id)) == "NOT_FOUND"
        assert await code(world, lambda: send(world, who=jon.principal, org="ttd")) == "NOT_CORRELATED"
        assert await code(world, lambda: send(world, who=kari.principal)) == "INVALID_INPUT", "whose processes?"
        assert await code(world, lambda: send(world, who=nabo.principal)) == "NOT_CORRELATED"
        assert await code(world, lambda: send(world, who=nabo.principal, org="ttd")) == "NOT_CORRELATED"
        assert await code(world, lambda: send(world, who=nabo.principal, instance_id=case.id)) == "NOT_FOUND"
        assert (await send(world, who=kari.principal, org="ttd")).instance_id == case.id


async def test_a_message_that_names_the_instance_needs_no_key(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        case, other = await asked(world), await asked(world)
        kari = world.app.as_person().principal
        given = DeliverMessage(name="Reply", instance_id=other.id)
        assert (await deliver_message(world.app.ports, kari, given)).instance_id == other.id
        assert (await case.refresh()).waits == ["Wait"]
        early = await world.app.as_person().instantiate()
        await early.fill("form", {"name": "x"})
        assert (
            await deliver_message(world.app.ports, kari, DeliverMessage(name="Reply", instance_id=early.id, ttl="P1D"))
        ).buffered
        await early.complete()
        assert (await early.work()).status == "COMPLETED"
        assert (await case.refresh()).waits == ["Wait"], "nobody else had it"


@pytest.mark.parametrize(
    "given",
    [
        {"name": ""},
        {"name": "x" * 256},
        {"name": "a\0b"},
        {"correlation_key": "x" * 256},
        {"message_id": ""},
        {"payload": {"a": "\ud800"}},
        {"payload": "x" * 300_000},
        {"party": "nobody"},
        {"org": "x" * 1000},
    ],
)
async def test_bad_input_is_refused_as_such(world: Waiting, given: dict[str, Any]) -> None:
    members: dict[str, Any] = {"name": "Reply", "correlation_key": "k"} | given
    wanted = DeliverMessage(**members)
    found = await code(world, lambda: deliver_message(world.app.ports, world.app.as_org().principal, wanted))
    assert found in ("INVALID_INPUT", "BAD_ID", "PAYLOAD_TOO_LARGE", "NOT_CORRELATED")


@pytest.mark.parametrize("ttl", ["soon", "", "-PT1H", "P9999Y", "P367D", "P1W1D", "PT1H\n2"])
async def test_a_time_to_wait_that_is_none_is_refused_also_where_somebody_waits(world: Waiting, ttl: str) -> None:
    await asked(world)
    with pytest.raises(Refused) as refused:
        await send(world, ttl=ttl)
    assert (refused.value.refusal.code, refused.value.refusal.path) == ("INVALID_INPUT", ("ttl",))


@pytest.fixture(scope="module")
async def world(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory):
    async with waiting(module_logins, Path(tmp_path_factory.mktemp("bad")), files(REPLY)) as world:
        yield world


async def test_a_message_and_a_timer_that_are_as_fast_do_not_both_count(logins: Logins, tmp_path: Path) -> None:
    race = process(
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
    async with waiting(logins, tmp_path, files(race)) as world:
        cases = [await asked(world, f"K-{number}") for number in range(8)]
        assert (cases[0].waits, cases[0].instance.waiting_for) == (["Which"], ("TIMER", "MESSAGE"))
        world.advance(days=1)
        await asyncio.gather(
            work_until_quiet(world.app.ports),
            *(send(world, f"K-{number}") for number in range(8)),
            return_exceptions=True,
        )
        await work_until_quiet(world.app.ports)
        for case in cases:
            assert (await case.refresh()).tasks in (["Thank"], ["Chase"])
        assert (await world.count("timer"), await world.count("message_subscription")) == (0, 0)


THROW = process(
    START,
    task("Fill"),
    message("intermediateThrowEvent", "Tell", "Reply"),
    task("Done", "none"),
    END,
    flows("Start Fill Tell Done End"),
    outside=[declared("Reply", '["dataModel", "name", "form"]', ttl="PT1H")],
)


async def test_a_thrown_message_reaches_another_instance_of_the_org_once(logins: Logins, tmp_path: Path) -> None:
    from_other = files(THROW, app=OTHER_APP)
    async with waiting(logins, tmp_path, files(REPLY), from_other) as world:
        case = await asked(world)
        thrower = await world.others[0].as_person().instantiate()
        await thrower.fill("form", {"name": "A-1"})
        await thrower.complete()
        assert (await case.refresh()).waits == ["Wait"], "not before the commit"
        await thrower.work()
        assert (await case.refresh()).status == "COMPLETED"
        second = await asked(world)
        assert (await second.work()).waits == ["Wait"], "the message was had"


async def test_a_message_starts_an_instance_and_no_second_one_while_that_runs(logins: Logins, tmp_path: Path) -> None:
    begun = process(
        message("startEvent", "Start", "Reply"),
        task("Fill"),
        END,
        flows("Start Fill End"),
        outside=[declared("Reply", '["dataModel", "name"]')],
    )
    async with waiting(logins, tmp_path, files(begun)) as world:
        kari = world.app.as_person("kari")
        first = await send(world, None, {"name": "N-1"}, party=kari.principal.urn)
        assert not first.buffered
        assert first.instance_id is not None
        case = await opened(world, first.instance_id)
        assert (case.tasks, case.data("form")) == (["Fill"], {"name": "N-1"})
        again = partial(send, world, None, {"name": "N-1"}, party=kari.principal.urn)
        assert await code(world, again) == "NOT_CORRELATED"
        assert (await again(ttl="P1D")).buffered
        assert await work_until_quiet(world.app.ports) == 0
        await case.complete()
        await work_until_quiet(world.app.ports)
        found = await world.admin.fetch("select status from dg.instance order by created_at")
        assert [row[0] for row in found] == ["COMPLETED", "ACTIVE"]
        other = await send(world, None, {"name": "N-2"}, party=kari.principal.urn)
        assert other.instance_id not in (None, first.instance_id)


async def test_a_start_message_asks_the_policy_and_needs_a_party(logins: Logins, tmp_path: Path) -> None:
    begun = process(
        message("startEvent", "Start", "Reply"), task("Fill"), END, flows("Start Fill End"), outside=[declared("Reply")]
    )
    closed = [Rule("PRIV DAGL LEDE", "instantiate read write"), Rule("org:[ORG]", "read write")]
    async with waiting(logins, tmp_path, files(begun, rules=closed)) as world:
        kari = world.app.as_person("kari").principal
        assert await code(world, lambda: send(world, "k")) == "INVALID_INPUT"
        assert await code(world, lambda: send(world, "k", party=kari.urn)) == "FORBIDDEN"
        assert await code(world, lambda: send(world, "k", who=kari, org="ttd")) == "NOT_CORRELATED"


async def opened(world: Waiting, instance_id: UUID) -> Case:
    return await world.app.as_person("kari").open(instance_id)


SIGNALLED = process(
    START,
    task("Fill"),
    signal("intermediateCatchEvent", "Wait", "Open"),
    END,
    flows("Start Fill Wait End"),
    outside=[declared("Open", kind="signal")],
)
THROWS = process(
    START,
    task("Fill"),
    signal("intermediateThrowEvent", "Tell", "Open"),
    END,
    flows("Start Fill Tell End"),
    outside=[declared("Open", kind="signal")],
)


async def test_a_signal_reaches_everybody_who_waits_and_nobody_later(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(SIGNALLED), files(THROWS, app=OTHER_APP)) as world:
        cases = [await (await world.app.as_person(who).instantiate()).complete() for who in ("kari", "ola", "kari")]
        thrower = await world.others[0].as_person().instantiate()
        await thrower.complete()
        late = await (await world.app.as_person().instantiate()).complete()
        await thrower.work()
        assert [(await case.refresh()).status for case in cases] == ["COMPLETED"] * 3
        assert (await late.refresh()).waits == ["Wait"], "it did not wait when the signal was thrown"
        assert await world.count("job") == 0


async def test_a_signal_that_is_broadcast_twice_is_had_once(logins: Logins, tmp_path: Path) -> None:
    """A job that is done again after a crash, and a receiver that goes on waiting."""
    listening = process(
        START,
        task("Fill"),
        signal("boundaryEvent", "Heard", "Open", attachedToRef="Fill", cancelActivity="false"),
        task("Note", "none"),
        END,
        flows("Start Fill End", "Heard Note End"),
        outside=[declared("Open", kind="signal")],
    )
    async with waiting(logins, tmp_path, files(listening), files(THROWS, app=OTHER_APP)) as world:
        case = await world.app.as_person().instantiate()
        await (await world.others[0].as_person().instantiate()).complete()
        rows = await world.admin.fetch("select * from dg.job")
        await work_until_quiet(world.app.ports)
        assert (await case.refresh()).tasks == ["Fill", "Note"]
        again = dict(rows[0]) | {"next_at": rows[0]["created_at"]}
        columns = [name for name in again if name != "job_seq"]
        places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
        await world.admin.execute(
            f"insert into dg.job ({', '.join(columns)}) values ({places})", *(again[name] for name in columns)
        )
        await work_until_quiet(world.app.ports)
        assert (await case.refresh()).tasks == ["Fill", "Note"]
        await (await world.others[0].as_person().instantiate()).complete()
        await work_until_quiet(world.app.ports)
        assert (await case.refresh()).tasks == ["Fill", "Note", "Note"], "another signal is another one"
