"""One order of everything: ties go by the file, and the journal is the first of what a command tells (process engine
§14.3, §17, §18)."""

from datetime import timedelta
from pathlib import Path

from dialog_graph.commands.deliver_message import DeliverMessage, deliver_message
from dialog_graph.commands.migrate_instance import MigrateInstance, migrate_instance
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.testing.app_test import with_app
from dialog_graph.urns import AppId
from dialog_graph.workers.quiet import work_until_quiet
from tests.integration.waits_app import declared, element, files, flows, message, process, signal, task, timer
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
ROUTES = flows("Start Fill Both", "Both One Join", "Both Two Join", "Both Three Join", "Join Last End")
ROUNDS = 6
"""So many times that no order by chance passes."""


def waits_at(*events: str, outside: str) -> bytes:
    """Three waits that one step begins; `events` in the order of the file."""
    gateways = (element("parallelGateway", "Both"), element("parallelGateway", "Join"))
    return process(START, task("Fill"), *gateways, *events, task("Last", "none"), END, ROUTES, outside=[outside])


def messages(*names: str) -> bytes:
    events = (message("intermediateCatchEvent", name, "Word") for name in names)
    return waits_at(*events, outside=declared("Word", '["dataModel", "name", "form"]'))


async def begun(world: Waiting, key: str) -> Case:
    case = await world.app.as_person("kari").instantiate()
    await case.fill("form", {"name": key})
    return await case.complete()


async def send(world: Waiting, key: str) -> None:
    given = DeliverMessage(name="Word", correlation_key=key)
    await deliver_message(world.app.ports, world.app.as_org().principal, given)


async def heard(world: Waiting, case: Case, *, type: str = "app.instance.process.message") -> list[str]:
    """Where the instance was told of it, in the order of its stream."""
    rows = await world.admin.fetch(
        "select element_id from dg.event where instance_id = $1 and type = $2 order by stream_seq", case.id, type
    )
    return [row["element_id"] for row in rows]


async def test_messages_go_to_those_who_began_to_wait_in_one_step_in_the_order_of_the_file(
    logins: Logins, tmp_path: Path
) -> None:
    async with waiting(logins, tmp_path, files(messages("Two", "Three", "One"))) as world:
        cases = [await begun(world, f"K-{number}") for number in range(ROUNDS)]
        for number, case in enumerate(cases):
            for _ in range(3):
                await send(world, f"K-{number}")
            assert await heard(world, case) == ["Two", "Three", "One"]


async def test_kept_messages_meet_them_in_the_same_order(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(messages("Three", "Two", "One"))) as world:
        for number in range(ROUNDS):
            given = DeliverMessage(name="Word", correlation_key=f"K-{number}", ttl="P1D")
            await deliver_message(world.app.ports, world.app.as_org().principal, given)
        cases = [await begun(world, f"K-{number}") for number in range(ROUNDS)]
        await work_until_quiet(world.app.ports)
        assert [await heard(world, case) for case in cases] == [["Three"]] * ROUNDS


async def test_a_migrated_instance_goes_by_the_file_that_it_has_now(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(messages("Three", "Two", "One"))) as world:
        cases = [await begun(world, f"K-{number}") for number in range(ROUNDS)]
        await with_app(world.app.ports, files(messages("One", "Two", "Three")))
        for case in cases:
            given = MigrateInstance(instance_id=case.id, to_version="2")
            assert (await migrate_instance(world.app.ports, world.app.as_org().principal, given)).report == ()
        for number, case in enumerate(cases):
            for _ in range(3):
                await send(world, f"K-{number}")
            assert await heard(world, case) == ["One", "Two", "Three"]


async def test_a_signal_reaches_the_waits_of_one_step_in_the_order_of_the_file(logins: Logins, tmp_path: Path) -> None:
    events = (signal("intermediateCatchEvent", name, "Open") for name in ("Three", "One", "Two"))
    listening = waits_at(*events, outside=declared("Open", kind="signal"))
    throwing = process(
        START,
        task("Fill"),
        signal("intermediateThrowEvent", "Tell", "Open"),
        END,
        flows("Start Fill Tell End"),
        outside=[declared("Open", kind="signal")],
    )
    other = files(throwing, app=AppId("ttd", "telling"))
    async with waiting(logins, tmp_path, files(listening), other) as world:
        cases = [await begun(world, "x") for _ in range(ROUNDS)]
        await (await world.others[0].as_person().instantiate()).complete()
        await work_until_quiet(world.app.ports)
        assert [await heard(world, case) for case in cases] == [["Three", "One", "Two"]] * ROUNDS


async def test_timers_that_are_due_at_one_moment_fire_in_the_order_of_the_file(logins: Logins, tmp_path: Path) -> None:
    """Also those of one element, in the order in which they began: instances of a loop."""
    looped = element(
        "multiInstanceLoopCharacteristics", "Loop", "<b:loopCardinality>4</b:loopCardinality>", isSequential="false"
    )
    inner = (
        element("startEvent", "In")
        + timer("intermediateCatchEvent", "Pause", "PT1H")
        + task("Then", "none")
        + element("endEvent", "Out")
        + flows("In Pause Then Out")
    )
    model = process(
        START, task("Fill"), element("subProcess", "Each", looped + inner), END, flows("Start Fill Each End")
    )
    async with waiting(logins, tmp_path, files(model)) as world:
        cases = [await begun(world, "x") for _ in range(3)]
        world.app.ports.database.clock.advance(timedelta(hours=1))
        await work_until_quiet(world.app.ports)
        for case in cases:
            entries = [entry for entry in (await case.refresh()).instance.tasks if entry.element_id == "Then"]
            waits = [entry for entry in case.instance.tasks if entry.element_id == "Pause"]
            assert [entry.ended_at for entry in waits] == sorted(entry.ended_at for entry in waits if entry.ended_at)
            assert [entry.scope_id for entry in entries] == [entry.scope_id for entry in waits]


async def test_the_journal_is_the_first_of_what_every_command_tells(logins: Logins, tmp_path: Path) -> None:
    """Whatever sets the process going: a start, a message, a timer, a migration."""
    model = process(
        START,
        task("Fill"),
        message("intermediateCatchEvent", "Wait", "Word"),
        timer("intermediateCatchEvent", "Pause", "PT1H"),
        task("Last", "none"),
        END,
        flows("Start Fill Wait Pause Last End"),
        outside=[declared("Word", '["dataModel", "name", "form"]')],
    )
    async with waiting(logins, tmp_path, files(model)) as world:
        case = await begun(world, "K")
        await send(world, "K")
        world.advance(hours=1)
        await work_until_quiet(world.app.ports)
        await with_app(world.app.ports, files(model + b"<!-- the same, newly written -->"))
        given = MigrateInstance(instance_id=case.id, to_version="2")
        assert (await migrate_instance(world.app.ports, world.app.as_org().principal, given)).report == ()
        rows = await world.admin.fetch(
            """
            select array_agg(type order by stream_seq) as types, (array_agg(data order by stream_seq))[1] as first
              from dg.event where stream_id = $1 group by command_id order by min(stream_seq)
            """,
            case.id,
        )
        stepped = {row["first"]["command"]["type"]: row["types"] for row in rows if "process.step" in row["types"]}
        assert {types[0] for types in stepped.values()} == {"process.step"}
        assert stepped["start"][1] == "app.instance.created"
        assert stepped["messageReceived"][1] == "app.instance.process.message"
        assert stepped["timerFired"][1] == "app.instance.process.timer"
        assert stepped["migrate"] == ["process.step", "app.instance.migrated"]
        counts = await world.admin.fetch(
            "select count(distinct command_id) as n, count(*) - count(command_id) as without from dg.event group by xid"
        )
        assert {(row["n"], row["without"]) for row in counts} == {(1, 0)}, "a command is one in all its streams"
        numbers = await world.admin.fetchval(
            "select array_agg(stream_seq order by xid, seq) from dg.event where stream_id = $1", case.id
        )
        assert numbers == sorted(numbers), "the feed has the order of the stream"
