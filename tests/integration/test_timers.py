"""Timers: never early, once each, in their order, and only for those who still wait (process engine §12; P15, P20)."""

import asyncio
from datetime import timedelta
from pathlib import Path

from dialog_graph.commands.advance_process import AdvanceProcess, advance_process
from dialog_graph.commands.fire_timer import fire_timer
from dialog_graph.model.instance import TaskState
from dialog_graph.storage import timers
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.workers.quiet import work_until_quiet
from dialog_graph.workers.reader import POLL
from tests.integration.waits_app import element, files, flows, process, task, timer
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")

PAUSE = process(
    START, task("Fill"), timer("intermediateCatchEvent", "Pause", "P3D"), END, flows("Start Fill Pause End")
)

DEADLINE = process(
    START,
    task("Fill"),
    timer("boundaryEvent", "Late", "P14D", attachedToRef="Fill"),
    timer("boundaryEvent", "Nudge", "R3/P2D", of="Cycle", attachedToRef="Fill", cancelActivity="false"),
    task("Remind", "none"),
    task("Overdue", "none"),
    END,
    flows("Start Fill End", "Late Overdue End", "Nudge Remind End"),
)


async def test_a_process_rests_until_its_time_has_come(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(PAUSE)) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        assert case.waits == ["Pause"]
        entry = case.instance.open_entries[0]
        assert (entry.type, entry.state, case.tasks) == ("timer", TaskState.WAITING, [])
        assert case.instance.waiting_for == ("TIMER",)
        world.advance(days=3, seconds=-5)
        assert (await case.work()).waits == ["Pause"], "never early"
        world.advance(seconds=5)
        assert (await case.work()).status == "COMPLETED"
        assert await world.count("timer") == 0
        assert "app.instance.process.timer" in await case.events()
        assert not [name for name in await case.events() if name.endswith("movedTo.Pause")]


async def test_a_cycle_fires_each_round_and_an_interrupting_timer_ends_the_task(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(DEADLINE)) as world:
        case = await world.app.as_person().instantiate()
        assert await world.count("timer") == 2
        for round in (1, 2, 3):
            world.advance(days=2)
            await case.work()
            assert case.tasks == ["Fill", *["Remind"] * round]
        assert await world.count("timer") == 1, "R3 fires three times"
        world.advance(days=8)
        await case.work()
        assert case.tasks == ["Remind", "Remind", "Remind", "Overdue"]
        assert await world.count("timer") == 0


async def test_a_task_that_is_completed_takes_its_timers_along(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(DEADLINE)) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        assert (case.status, await world.count("timer")) == ("COMPLETED", 0)


async def test_after_a_standstill_a_cycle_fires_once_for_all_rounds_it_has_missed(
    logins: Logins, tmp_path: Path
) -> None:
    async with waiting(logins, tmp_path, files(DEADLINE)) as world:
        case = await world.app.as_person().instantiate()
        world.advance(days=5)
        await case.work()
        assert case.tasks == ["Fill", "Remind"]
        world.advance(days=1)
        assert (await case.work()).tasks == ["Fill", "Remind", "Remind"], "the third round is due on the sixth day"


async def test_of_two_timers_that_are_due_the_earlier_one_wins_whoever_was_claimed(
    logins: Logins, tmp_path: Path
) -> None:
    race = process(
        START,
        task("Fill"),
        timer("boundaryEvent", "Second", "PT2H", attachedToRef="Fill"),
        timer("boundaryEvent", "First", "PT1H", attachedToRef="Fill"),
        task("Then", "none"),
        task("Else", "none"),
        END,
        flows("Start Fill End", "First Then End", "Second Else End"),
    )
    async with waiting(logins, tmp_path, files(race)) as world:
        case = await world.app.as_person().instantiate()
        world.advance(hours=5)
        assert (await case.work()).tasks == ["Then"]


async def test_what_a_dead_worker_had_claimed_is_less_than_five_seconds_late(logins: Logins, tmp_path: Path) -> None:
    """The claims of the dead lasted ten seconds, and all that they had claimed was late by as much."""
    async with waiting(logins, tmp_path, files(PAUSE)) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        world.advance(days=3)
        async with world.app.ports.database.dispatch() as tx:
            assert len(await timers.claim(tx, 10)) == 1
        assert (await case.work()).waits == ["Pause"], "it is left to whoever has claimed it"
        world.advance(seconds=5 - POLL)
        assert (await case.work()).status == "COMPLETED"


async def test_two_workers_fire_a_timer_once(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(DEADLINE)) as world:
        cases = [await world.app.as_person().instantiate() for _ in range(6)]
        world.advance(days=2)
        await asyncio.gather(*(work_until_quiet(world.app.ports) for _ in range(3)))
        for case in cases:
            assert (await case.refresh()).tasks == ["Fill", "Remind"]
        assert await world.count("timer") == 12


async def test_a_timer_and_a_person_who_is_as_fast_do_not_both_move_the_process(logins: Logins, tmp_path: Path) -> None:
    late = process(
        START,
        task("Fill"),
        timer("boundaryEvent", "Late", "P1D", attachedToRef="Fill"),
        task("Overdue", "none"),
        END,
        flows("Start Fill End", "Late Overdue End"),
    )
    async with waiting(logins, tmp_path, files(late)) as world:
        cases = [await world.app.as_person().instantiate() for _ in range(8)]
        world.advance(days=1)
        app = world.app
        await asyncio.gather(
            *(fire_timer(app.ports, app.version.app_id, case.id) for case in cases),
            *(complete(case, "Fill") for case in cases),
            return_exceptions=True,
        )
        for case in cases:
            await case.refresh()
            fired = (await case.events()).count("app.instance.process.timer")
            assert (fired, case.visited) in [(1, ["Fill", "Overdue"]), (0, ["Fill", "End"])]


async def test_what_a_deleted_instance_waits_for_waits_with_it(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(PAUSE)) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        await case.delete()
        world.advance(days=4)
        before = await world.state()
        assert await work_until_quiet(world.app.ports) == 0
        assert await fire_timer(world.app.ports, world.app.version.app_id, case.id) is False
        assert await world.state() == before
        await case.restore()
        assert (await case.work()).status == "COMPLETED"


async def test_a_month_from_the_last_day_never_drifts(logins: Logins, tmp_path: Path) -> None:
    """P1M from the 31st: the last day of each month that is shorter, the 31st again of each that is not."""
    monthly = process(
        START,
        task("Fill"),
        timer(
            "boundaryEvent",
            "Monthly",
            "R/2027-01-31T09:00:00+01:00/P1M",
            of="Cycle",
            attachedToRef="Fill",
            cancelActivity="false",
        ),
        task("Note", "none"),
        END,
        flows("Start Fill End", "Monthly Note End"),
    )
    async with waiting(logins, tmp_path, files(monthly)) as world:
        case = await world.app.as_person().instantiate()
        due: list[str] = []
        for _ in range(4):
            at = await world.admin.fetchval("select due_at from dg.timer")
            due.append(at.date().isoformat())
            world.app.ports.database.clock.offset += at - await now(world)
            world.advance(seconds=1)
            await case.work()
        assert due == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]


async def complete(case: Case, task: str) -> None:
    entry = next(entry for entry in case.instance.open_tasks if entry.element_id == task)
    await advance_process(case.ports, case.principal, AdvanceProcess(instance_id=case.id, task_id=entry.entry_id))


async def now(world: Waiting):
    offset: timedelta = world.app.ports.database.clock.offset
    return await world.admin.fetchval("select clock_timestamp()") + offset
