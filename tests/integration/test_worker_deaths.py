"""Workers that die at every point of their way: what was due is done once all the same (P9, P20, P21, P29, P30)."""

import asyncio
import pickle
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from tests.integration.test_calls import CHILD, calling, child
from tests.integration.test_messages import REPLY, asked
from tests.integration.test_messages import send as send_message
from tests.integration.waits_app import element, files, flows, process, task, timer
from tests.integration.waits_world import Waiting, waiting
from tests.integration.working import office

pytestmark = pytest.mark.slow

START, END = element("startEvent", "Start"), element("endEvent", "End")
SEND = process(START, task("Fill"), task("Send", "send", kind="serviceTask"), END, flows("Start Fill Send End"))
PAUSE = process(
    START, task("Fill"), timer("intermediateCatchEvent", "Pause", "PT1H"), END, flows("Start Fill Pause End")
)

EVERYWHERE = (
    "after-claim",
    "after-lock",
    "after-load",
    "after-decision",
    "before-write",
    "after-write",
    "before-commit",
)


async def killed(world: Waiting, logins: Logins, folder: Path, fault: str) -> None:
    """A worker process that dies at a point of its way, on the clock of the test."""
    offset = world.app.ports.database.clock.offset.total_seconds()
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.working",
        str(folder),
        fault,
        str(offset),
        stdin=asyncio.subprocess.PIPE,
    )
    await asyncio.wait_for(worker.communicate(pickle.dumps(logins)), 60)
    assert worker.returncode == -signal.SIGKILL, f"nobody passes {fault}"


async def recovered(world: Waiting, case: Case) -> Case:
    """The leases of the dead have ended, and somebody else works."""
    world.advance(seconds=61)
    return await case.work()


@pytest.mark.parametrize("point", [*EVERYWHERE, "before-job", "after-job", "after-commit:3"])
async def test_a_job_is_asked_again_and_counts_once(logins: Logins, tmp_path: Path, point: str) -> None:
    fault = point if ":" in point else f"{point}:1"
    async with waiting(logins, tmp_path, files(SEND), services=office(tmp_path)) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        await killed(world, logins, tmp_path, fault)
        await recovered(world, case)
        assert case.visited == ["Fill", "Send", "End"]
        sent = (tmp_path / "sent").read_text().splitlines()
        assert 1 <= len(sent) <= 2
        assert set(sent) == {f"{case.id}:Send#1:0"}, "whoever is asked twice can tell"


@pytest.mark.parametrize("point", [*EVERYWHERE, "after-commit"])
async def test_a_timer_fires_once(logins: Logins, tmp_path: Path, point: str) -> None:
    async with waiting(logins, tmp_path, files(PAUSE)) as world:
        cases = [await (await world.app.as_person().instantiate()).complete() for _ in range(3)]
        world.advance(hours=1)
        await killed(world, logins, tmp_path, f"{point}:2" if point == "after-commit" else f"{point}:1")
        for case in cases:
            await recovered(world, case)
            assert case.visited == ["Fill", "Pause", "End"]
            assert Counter(await case.events())["app.instance.process.timer"] == 1


@pytest.mark.parametrize("point", [*EVERYWHERE, "after-commit"])
async def test_a_kept_message_is_had_once(logins: Logins, tmp_path: Path, point: str) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        await send_message(world, ttl="P1D")
        case = await asked(world)
        await killed(world, logins, tmp_path, f"{point}:2" if point == "after-commit" else f"{point}:1")
        await recovered(world, case)
        assert case.status == "COMPLETED"
        assert Counter(await case.events())["app.instance.process.message"] == 1


@pytest.mark.parametrize("point", ["before-job:1", "after-job:1", "after-write:1", "after-write:2", "before-commit:6"])
async def test_a_call_makes_one_child(logins: Logins, tmp_path: Path, point: str) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD)), child()) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        await killed(world, logins, tmp_path, point)
        await recovered(world, case)
        assert await world.count("instance") == 2
        assert case.tasks == ["Ask"]
