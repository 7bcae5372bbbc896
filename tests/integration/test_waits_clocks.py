"""Timers go by the database's clock alone: a server's own clock may be wrong, workers may pause for hours (P20)."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.storage import timers
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from tests.integration.waits_app import element, files, flows, process, task, timer
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
JUMPS = (-600.0, 600.0)
PAUSE = process(
    START, task("Fill"), timer("intermediateCatchEvent", "Pause", "PT1H"), END, flows("Start Fill Pause End")
)


def cycle(text: str, *, each: bool = False) -> bytes:
    """A task, and beside it a cycle with a task for each round. `each`: no round is left out after a pause."""
    nudge = timer("boundaryEvent", "Nudge", text, of="Cycle", attachedToRef="Fill", cancelActivity="false")
    if each:
        extra = '<b:extensionElements><d:timer catchUp="each"/></b:extensionElements>'
        nudge = nudge.replace("<b:timerEventDefinition>", f"{extra}<b:timerEventDefinition>", 1)
    return process(START, task("Fill"), nudge, task("Note", "none"), END, flows("Start Fill End", "Nudge Note End"))


@pytest.fixture(params=JUMPS)
def wrong(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """This process's own clock is wrong by so many seconds."""
    real, by = time.time, float(request.param)
    monkeypatch.setattr(time, "time", lambda: real() + by)
    return by


async def rested(world: Waiting) -> Case:
    return await (await world.app.as_person().instantiate()).complete()


async def test_a_server_whose_clock_is_wrong_fires_when_the_databases_says_so(
    logins: Logins, tmp_path: Path, wrong: float
) -> None:
    async with waiting(logins, tmp_path, files(PAUSE)) as world:
        case = await rested(world)
        due = await world.admin.fetchval("select due_at - opened_at from dg.timer")
        assert due == timedelta(hours=1), "its moment was not counted from the server's clock"
        world.advance(minutes=59, seconds=50)
        assert (await case.work()).waits == ["Pause"], "never early"
        world.advance(seconds=10)
        assert (await case.work()).status == "COMPLETED"


async def test_a_clock_that_jumps_between_steps_changes_nothing(
    logins: Logins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    async with waiting(logins, tmp_path, files(cycle("R5/PT1H"))) as world:
        case = await world.app.as_person().instantiate()
        for rounds in range(1, 6):
            by = JUMPS[rounds % 2]
            monkeypatch.setattr(time, "time", lambda by=by: real() + by)
            world.advance(hours=1)
            assert (await case.work()).tasks == ["Fill", *["Note"] * rounds]
        assert await rounds_of(world) == list(range(1, 6))


@pytest.mark.parametrize("wrong", [600.0], indirect=True)
async def test_the_story_catches_workers_that_go_by_their_own_clock(
    logins: Logins, tmp_path: Path, wrong: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: claims and commands ask this process what time it is."""
    claim, earliest = timers.claim, timers.earliest

    def own(tx: Transaction, world: Waiting) -> None:
        tx.now = datetime.fromtimestamp(time.time(), UTC) + world.app.ports.database.clock.offset

    async with waiting(logins, tmp_path, files(PAUSE)) as world:
        case = await rested(world)

        async def claimed(tx: Transaction, limit: int) -> Any:
            own(tx, world)
            return await claim(tx, limit)

        async def first(tx: Transaction, instance_id: Any) -> Any:
            own(tx, world)
            return await earliest(tx, instance_id)

        monkeypatch.setattr(timers, "claim", claimed)
        monkeypatch.setattr(timers, "earliest", first)
        world.advance(minutes=59, seconds=50)
        assert (await case.work()).waits == [], f"the twin, wrong by {wrong} seconds, is not early"


async def rounds_of(world: Waiting) -> list[int]:
    """The rounds that have fired, as the journal has them."""
    rows = await world.admin.fetch(
        "select (data -> 'command' ->> 'k')::int as k from dg.event"
        " where type = 'process.step' and data -> 'command' ->> 'type' = 'timerFired' order by seq"
    )
    return [row["k"] for row in rows]


async def test_after_a_pause_of_hours_all_missed_rounds_are_one(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(cycle("R/PT10M"))) as world:
        case = await world.app.as_person().instantiate()
        anchor: datetime = await world.admin.fetchval("select anchor from dg.timer")
        world.advance(hours=3, minutes=5)
        assert (await case.work()).tasks == ["Fill", "Note"]
        (row,) = await world.admin.fetch("select due_at, k from dg.timer")
        assert tuple(row) == (anchor + timedelta(hours=3, minutes=10), 19), "it goes on at its old moments"
        world.advance(minutes=5)
        assert (await case.work()).tasks == ["Fill", "Note", "Note"]


async def test_after_a_pause_each_round_is_made_up_for_where_the_app_says_so(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(cycle("R/PT10M", each=True))) as world:
        case = await world.app.as_person().instantiate()
        world.advance(hours=3, minutes=5)
        assert Counter((await case.work()).tasks) == {"Fill": 1, "Note": 18}
        assert await rounds_of(world) == list(range(1, 19)), "each k once, in order"


async def test_a_cycle_that_is_counted_is_counted_over_a_pause_too(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(cycle("R3/PT1H"))) as world:
        case = await world.app.as_person().instantiate()
        world.advance(hours=10)
        assert Counter((await case.work()).tasks) == {"Fill": 1, "Note": 1}
        assert await world.count("timer") == 0, "its three rounds are over"


async def test_a_day_is_a_day_of_the_calendar(logins: Logins, tmp_path: Path) -> None:
    """Over the change to summer time the local hour stays, and the pause is an hour shorter."""
    daily = cycle("R/2027-03-27T09:00:00+01:00/P1D")
    async with waiting(logins, tmp_path, files(daily)) as world:
        case = await world.app.as_person().instantiate()
        moments: list[str] = []
        for _ in range(3):
            at: datetime = await world.admin.fetchval("select due_at from dg.timer")
            moments.append(at.astimezone(UTC).isoformat())
            world.app.ports.database.clock.offset += at - await now(world) + timedelta(seconds=1)
            await case.work()
        assert moments == [f"2027-03-{day}T0{hour}:00:00+00:00" for day, hour in ((27, 8), (28, 7), (29, 7))]


async def now(world: Waiting) -> datetime:
    found: datetime = await world.admin.fetchval("select clock_timestamp()")
    return found + world.app.ports.database.clock.offset
