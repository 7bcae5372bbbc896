"""Processes that nobody starts: a timer or a signal begins them, for a party that the file or the thrower gives.

Process engine §3, §4.11, §12.
"""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialog_graph import urns
from dialog_graph.commands.deliver_message import DeliverMessage, deliver_message
from dialog_graph.commands.start_by_timer import start_by_timer
from dialog_graph.errors import Refused
from dialog_graph.storage import faults, seed, start_timers
from dialog_graph.storage.logins import Logins
from dialog_graph.storage.start_timers import DueStart
from dialog_graph.testing import Case
from dialog_graph.testing.app_test import with_app
from dialog_graph.urns import AppId
from dialog_graph.workers import timers
from dialog_graph.workers.quiet import work_until_quiet
from dialog_graph.workers.running import running
from tests.flow.graph import Graph
from tests.integration.case_app import Rule
from tests.integration.waits_app import WAITING, declared, element, extended, files, flows, process, signal, task
from tests.integration.waits_world import Waiting, waiting


def urn(name: str) -> str:
    found = seed.built_in().named(name)
    assert found is not None
    return urns.PERSON + found.identifier


KARI, OLA = urn("kari"), urn("ola")
START, END = element("startEvent", "Start"), element("endEvent", "End")
TELLING = AppId("ttd", "telling")
DIAGNOSTICS = 'query { application(id: "ttd/waiting") { diagnostics { code elementId } } }'
CLOSED = [Rule("PRIV DAGL LEDE", "instantiate read write"), Rule("org:[ORG]", "read write complete")]


def timed(time: str = "R/P1D", of: str = "Cycle", party: str = KARI, more: str = "") -> bytes:
    """A process that a timer begins, or anybody."""
    named = extended(f"<d:start party='{party}'/>", more)
    definition = f"<b:timerEventDefinition><b:time{of}>{time}</b:time{of}></b:timerEventDefinition>"
    begun = element("startEvent", "Nightly", named + definition)
    return process(begun, START, task("Fill"), END, flows("Nightly Fill End", "Start Fill"))


async def begun(world: Waiting, app_id: AppId = WAITING) -> list[Case]:
    """The instances of an app, the oldest first."""
    rows = await world.admin.fetch(
        """
        select i.instance_id from dg.instance i join dg.app_version v using (version_id)
         where v.app_id = $1 order by i.created_at, i.instance_id
        """,
        str(app_id),
    )
    return [await world.app.as_org().open(row["instance_id"]) for row in rows]


async def count_after(world: Waiting, **by: float) -> int:
    """How many instances there are when the clock has moved on and all is quiet."""
    world.advance(**by)
    await work_until_quiet(world.app.ports)
    return await world.count("instance")


# Timers ---------------------------------------------------------------------------------------------------------------


async def test_a_timer_begins_an_instance_each_day_for_the_party_of_the_file(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(timed())) as world:
        assert await count_after(world, hours=23) == 0, "never early"
        assert await count_after(world, hours=1) == 1
        (case,) = await begun(world)
        assert (case.tasks, case.instance.start_event) == (["Fill"], "Nightly")
        assert (await case.history())[:2] == ["Created", "process_StartEvent"]
        assert (await case.events())[:3] == [
            "app.instance.created",
            "app.instance.process.timer",
            "app.instance.process.started",
        ]
        assert (case.instance.created_by.kind, case.elements("form")[0].created_by.kind) == ("SYSTEM", "SYSTEM")
        hers = await world.app.as_person("kari").open(case.id)
        assert (await hers.dialog()).party_id == world.app.as_person("kari").principal.subject_id
        assert (await (await hers.fill("form", {"name": "x"})).complete()).status == "COMPLETED"
        assert [await count_after(world, days=1) for _ in range(3)] == [2, 3, 4]


@pytest.mark.parametrize(
    ("time", "of", "numbers"),
    [
        ("R2/PT1H", "Cycle", [1, 2, 2]),
        ("PT1H", "Duration", [1, 1, 1]),
        ("2020-01-01T00:00:00Z", "Date", [1, 1, 1]),
    ],
)
async def test_it_begins_as_often_as_the_file_says(
    logins: Logins, tmp_path: Path, time: str, of: str, numbers: list[int]
) -> None:
    async with waiting(logins, tmp_path, files(timed(time, of))) as world:
        assert [await count_after(world, hours=1) for _ in numbers] == numbers


@pytest.mark.parametrize(("more", "expected"), [("", 1), ('<d:timer catchUp="each"/>', 5)])
async def test_after_a_standstill_it_begins_once_or_each_time_as_the_file_wants(
    logins: Logins, tmp_path: Path, more: str, expected: int
) -> None:
    async with waiting(logins, tmp_path, files(timed(more=more))) as world:
        assert await count_after(world, days=5, hours=1) == expected
        assert await count_after(world, hours=22) == expected
        assert await count_after(world, hours=1) == expected + 1, "the rounds stay where they were"


async def test_a_new_version_takes_the_timer_over_and_one_that_says_otherwise_begins_anew(
    logins: Logins, tmp_path: Path
) -> None:
    async with waiting(logins, tmp_path, files(timed())) as world:
        world.advance(hours=20)
        await with_app(world.app.ports, files(timed() + b"<!-- the same timer -->"))
        assert await count_after(world, hours=4) == 1, "it goes on counting"
        assert [case.instance.version_ordinal for case in await begun(world)] == [2]
        await with_app(world.app.ports, files(timed("R/PT6H")))
        assert [await count_after(world, hours=6) for _ in range(2)] == [2, 3]
        plain = process(START, task("Fill"), END, flows("Start Fill End"))
        await with_app(world.app.ports, files(plain))
        assert await count_after(world, days=9) == 3
        assert await world.count("start_timer") == 0


async def test_a_timer_that_has_fired_for_the_last_time_stays_silent_in_a_new_version(
    logins: Logins, tmp_path: Path
) -> None:
    async with waiting(logins, tmp_path, files(timed("2020-01-01T00:00:00Z", "Date"))) as world:
        assert await count_after(world, seconds=1) == 1
        await with_app(world.app.ports, files(timed("2020-01-01T00:00:00Z", "Date") + b"<!-- again -->"))
        assert await count_after(world, days=1) == 1


async def rounds_of_six(world: Waiting) -> list[int]:
    """How many instances there are after each of three rounds that six servers fire at once."""
    ports, due, counts = world.app.ports, DueStart(WAITING, "Nightly"), list[int]()
    for _ in range(3):
        world.advance(hours=1)
        await asyncio.gather(*(start_by_timer(ports, due) for _ in range(6)), timers.fire_due(ports))
        await work_until_quiet(ports)
        counts.append(await world.count("instance"))
    return counts


async def test_several_servers_at_once_make_one_instance_for_each_round(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(timed("R/PT1H"))) as world:
        assert await rounds_of_six(world) == [1, 2, 3]


async def test_servers_that_do_not_lock_the_timer_are_caught(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(timed("R/PT1H"))) as world:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(start_timers, "DUE", start_timers.DUE.replace(" for update", ""))
            assert await rounds_of_six(world) != [1, 2, 3]


async def test_workers_begin_it_by_themselves(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(timed("R/PT1H"))) as world:
        world.advance(hours=1)
        async with running(world.app.ports), running(world.app.ports), asyncio.timeout(60):
            while await world.count("instance") != 1:  # noqa: ASYNC110 -- rows of the database
                await asyncio.sleep(0.05)


async def test_a_server_that_dies_before_the_commit_leaves_the_round_to_others(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(timed("PT1H", "Duration"))) as world:
        world.advance(hours=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(faults, "passed", _dying_before_write)
            with pytest.raises(Dead):
                await start_by_timer(world.app.ports, DueStart(WAITING, "Nightly"))
        assert await world.count("instance") == 0
        assert await count_after(world, seconds=1) == 1


class Dead(Exception):
    pass


def _dying_before_write(point: str) -> None:
    if point == "before-write":
        raise Dead


@pytest.mark.parametrize(
    ("party", "rules", "reason"),
    [
        (KARI, CLOSED, "You may not do this."),
        ("urn:altinn:party:id:1999999999", None, "Not found."),
        (
            '["frontendSettings", "nobody"]',
            None,
            "The input is not valid. Expected the URN of a party, but none is named.",
        ),
    ],
)
async def test_a_start_that_is_refused_is_told_to_the_owner_and_the_next_round_is_tried(
    logins: Logins, tmp_path: Path, party: str, rules: Any, reason: str
) -> None:
    more = {} if rules is None else {"rules": rules}
    async with waiting(logins, tmp_path, files(timed("R/P1D", party=party), **more)) as world:
        assert await count_after(world, days=1) == 0
        (told,) = world.app.ports.findings.of(world.app.version)
        assert (told.code, told.element_id) == ("DG9405", "Nightly")
        assert told.message == f'start event "Nightly" could not begin: {reason}'
        assert await world.admin.fetchval("select k from dg.start_timer") == 2
        graph = Graph(world.app.ports)
        shown = await graph.data(graph.token("ttd"), DIAGNOSTICS)
        assert {"code": "DG9405", "elementId": "Nightly"} in shown["diagnostics"]
        hidden = await graph.data(graph.token("kari"), DIAGNOSTICS)
        assert hidden["diagnostics"] == [], "that is the owner's"


async def test_the_party_may_be_told_by_the_settings_of_the_environment(logins: Logins, tmp_path: Path) -> None:
    given = files(timed("PT1H", "Duration", party='["frontendSettings", "nightlyParty"]'))
    settings = f'{{"FrontEndSettings": {{"nightlyParty": "{OLA}"}}}}'.encode()
    async with waiting(logins, tmp_path, with_file(given, "appsettings.json", settings)) as world:
        assert await count_after(world, hours=1) == 1
        (case,) = await begun(world)
        assert case.instance.party_id == world.app.as_person("ola").principal.subject_id


def with_file(given: Any, path: str, content: bytes) -> Any:
    return type(given)(contents={**given.contents, path: content}, place=given.place)


# Signals --------------------------------------------------------------------------------------------------------------

OPEN = [declared("Open", kind="signal")]
THROWS = process(
    START,
    task("Fill"),
    signal("intermediateThrowEvent", "Tell", "Open"),
    END,
    flows("Start Fill Tell End"),
    outside=OPEN,
)


def hearing(named: str = "") -> bytes:
    """A process that begins with the signal; `named`: `dg:start`, where the file names the party."""
    begun = element("startEvent", "Heard", named + '<b:signalEventDefinition signalRef="Open"/>')
    return process(begun, task("Fill"), END, flows("Heard Fill End"), outside=OPEN)


async def thrown(world: Waiting, who: str = "ola") -> None:
    case = await world.app.as_person(who).instantiate()
    await case.complete()


@pytest.mark.parametrize(
    ("named", "who"), [("", "ola"), (extended(f"<d:start party='{KARI}'/>"), "kari")], ids=["the thrower", "the file"]
)
async def test_a_signal_begins_an_instance_for_the_party_of_the_thrower_unless_the_file_names_one(
    logins: Logins, tmp_path: Path, named: str, who: str
) -> None:
    other = files(hearing(named), app=TELLING)
    async with waiting(logins, tmp_path, files(THROWS), other) as world:
        await thrown(world)
        assert await begun(world, TELLING) == [], "not before the commit"
        await work_until_quiet(world.app.ports)
        (case,) = await begun(world, TELLING)
        assert (case.tasks, case.instance.start_event) == (["Fill"], "Heard")
        assert case.instance.party_id == world.app.as_person(who).principal.subject_id
        assert "app.instance.process.message" in await case.events()
        await thrown(world)
        await work_until_quiet(world.app.ports)
        assert len(await begun(world, TELLING)) == 2, "another signal is another one"


async def test_a_signal_that_is_broadcast_twice_begins_one_instance(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(THROWS), files(hearing(), app=TELLING)) as world:
        await thrown(world)
        rows = await world.admin.fetch("select * from dg.job")
        await work_until_quiet(world.app.ports)
        columns = [name for name in tuple(rows[0].keys()) if name != "job_seq"]
        places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
        await world.admin.execute(
            f"insert into dg.job ({', '.join(columns)}) values ({places})", *(rows[0][name] for name in columns)
        )
        await work_until_quiet(world.app.ports)
        assert (len(await begun(world, TELLING)), await world.count("job")) == (1, 0)


async def test_an_app_that_may_not_begin_keeps_the_signal_from_nobody_else(logins: Logins, tmp_path: Path) -> None:
    closed, open_ = files(hearing(), app=AppId("ttd", "closed"), rules=CLOSED), files(hearing(), app=TELLING)
    async with waiting(logins, tmp_path, files(THROWS), closed, open_) as world:
        assert [item.code for item in world.others[0].version.diagnostics if item.code == "DG9404"] == ["DG9404"]
        await thrown(world)
        await work_until_quiet(world.app.ports)
        assert (len(await begun(world, AppId("ttd", "closed"))), len(await begun(world, TELLING))) == (0, 1)
        told = world.app.ports.findings.of(world.others[0].version)
        assert [(item.code, item.element_id) for item in told] == [("DG9405", "Heard")]


# Messages -------------------------------------------------------------------------------------------------------------

BEGIN = [declared("Begin", '["dataModel", "name"]')]


def told_by_message() -> bytes:
    begun = element("startEvent", "Told", '<b:messageEventDefinition messageRef="Begin"/>')
    return process(begun, task("Fill"), END, flows("Told Fill End"), outside=BEGIN)


async def test_a_thrown_message_begins_the_apps_that_may_begin_and_the_others_are_told(
    logins: Logins, tmp_path: Path
) -> None:
    throws = process(
        START,
        task("Fill"),
        element("intermediateThrowEvent", "Tell", '<b:messageEventDefinition messageRef="Begin"/>'),
        END,
        flows("Start Fill Tell End"),
        outside=[declared("Begin", '"K"')],
    )
    closed = files(told_by_message(), app=AppId("ttd", "closed"), rules=CLOSED)
    async with waiting(logins, tmp_path, files(throws), closed, files(told_by_message(), app=TELLING)) as world:
        await thrown(world)
        await work_until_quiet(world.app.ports)
        (case,) = await begun(world, TELLING)
        assert (case.instance.start_event, case.tasks) == ("Told", ["Fill"])
        assert (await case.events())[:3] == [
            "app.instance.created",
            "app.instance.process.message",
            "app.instance.process.started",
        ]
        assert (await begun(world, AppId("ttd", "closed")), await world.count("job")) == ([], 0)
        told = world.app.ports.findings.of(world.others[0].version)
        assert [(item.code, item.element_id) for item in told] == [("DG9405", "Told")]


async def test_of_messages_with_one_key_at_the_same_time_one_begins(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(told_by_message())) as world:
        given = DeliverMessage(name="Begin", payload={"name": "N-1"}, party=KARI)
        owner = world.app.as_org().principal
        answers = await asyncio.gather(
            *(deliver_message(world.app.ports, owner, given) for _ in range(6)), return_exceptions=True
        )
        codes = [answer.refusal.code for answer in answers if isinstance(answer, Refused)]
        assert (set(codes), len(codes), await world.count("instance")) == ({"NOT_CORRELATED"}, 5, 1)


async def test_a_kept_message_that_may_not_begin_is_told_to_the_owner_and_not_tried_again(
    logins: Logins, tmp_path: Path
) -> None:
    async with waiting(logins, tmp_path, files(told_by_message())) as world:
        owner, given = world.app.as_org().principal, DeliverMessage(name="Begin", payload={"name": "N"}, party=KARI)
        first = await deliver_message(world.app.ports, owner, given)
        assert (await deliver_message(world.app.ports, owner, replace(given, ttl="P1D"))).buffered
        await with_app(world.app.ports, files(told_by_message(), rules=CLOSED))
        assert first.instance_id is not None
        case = await world.app.as_person("kari").open(first.instance_id)
        await case.complete()
        await work_until_quiet(world.app.ports)
        assert await world.count("instance") == 1
        async with world.app.ports.database.snapshot(owner) as snapshot:
            active = await world.app.ports.catalogue.active(snapshot, WAITING)
        assert [item.code for item in world.app.ports.findings.of(active)] == ["DG9405"]
        assert await work_until_quiet(world.app.ports) == 0
