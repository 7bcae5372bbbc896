"""What runs in the background of a server: what is due is done without anybody asking (event rules §10.3, §14).

Real seconds pass here; nothing is said of how many.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from dialog_graph.apps import Files
from dialog_graph.model.service_task import Fail, Retry, Success
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.urns import AppId
from dialog_graph.workers.running import running
from tests.e2e.clients import Graph
from tests.e2e.running import KARI
from tests.e2e.running import running as server
from tests.integration.test_calls import CHILD, calling, child, only_child
from tests.integration.test_jobs import SEND, Office
from tests.integration.test_messages import REPLY, asked, send
from tests.integration.waits_app import element, files, flows, process, task, timer
from tests.integration.waits_world import waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
LIMIT = 60.0
"""Seconds after which nobody comes any more."""
SERVED = AppId("ttd", "template-v8")


def pausing(duration: str) -> bytes:
    """A process that waits for so long after its task."""
    pause = timer("intermediateCatchEvent", "Pause", duration)
    return process(START, task("Fill"), pause, END, flows("Start Fill Pause End"))


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Looks again and again, and does nothing else."""
    async with asyncio.timeout(LIMIT):
        while not await condition():  # noqa: ASYNC110 -- rows of the database
            await asyncio.sleep(0.05)


def is_over(case: Case) -> Callable[[], Awaitable[bool]]:
    async def looked() -> bool:
        return (await case.refresh()).status == "COMPLETED"

    return looked


async def test_a_timer_fires_by_itself(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(pausing("PT1S"))) as world, running(world.app.ports):
        case = await (await world.app.as_person().instantiate()).complete()
        assert case.waits == ["Pause"]
        await until(is_over(case))


async def test_workers_that_begin_later_do_what_was_left_to_do(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(pausing("P1D"))) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        world.advance(days=1)
        async with running(world.app.ports):
            await until(is_over(case))


async def test_nothing_is_done_before_its_time_and_nothing_after_the_workers_have_stopped(
    logins: Logins, tmp_path: Path
) -> None:
    async with waiting(logins, tmp_path, files(pausing("PT1H"))) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        async with running(world.app.ports):
            await asyncio.sleep(1.5)
            assert (await case.refresh()).waits == ["Pause"]
        world.advance(hours=1)
        await asyncio.sleep(1.5)
        assert (await case.refresh()).waits == ["Pause"]


async def test_jobs_are_done_and_tried_again_by_themselves(logins: Logins, tmp_path: Path) -> None:
    office = Office(Retry(), Success())
    async with (
        waiting(logins, tmp_path, files(SEND), services={"send": office.send}) as world,
        running(world.app.ports),
    ):
        case = await (await world.app.as_person().instantiate()).complete()
        await until(is_over(case))
        assert [asked.attempt for asked in office.asked] == [1, 2]


async def test_kept_messages_and_those_who_wait_meet_by_themselves(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world, running(world.app.ports):
        await send(world, ttl="PT1H")
        case = await asked(world)
        await until(is_over(case))


async def test_a_called_app_is_started_and_its_end_is_told_by_themselves(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD)), child()) as world, running(world.app.ports):
        case = await (await world.app.as_person().instantiate()).complete()

        async def is_there() -> bool:
            return await world.admin.fetchval("select count(*) from dg.link where state = 'LINKED'") == 2

        await until(is_there)
        await (await only_child(world, case)).complete()
        await until(is_over(case))


async def test_two_servers_on_one_database_do_everything_once(logins: Logins, tmp_path: Path) -> None:
    office = Office(*[Success()] * 3, Fail())
    async with waiting(logins, tmp_path, files(SEND), services={"send": office.send}) as world:
        cases = [await (await world.app.as_person().instantiate()).complete() for _ in range(3)]
        async with running(world.app.ports), running(world.app.ports):
            for case in cases:
                await until(is_over(case))
        assert len(office.asked) == 3


# The server's own process ---------------------------------------------------------------------------------------------

BEGUN = "mutation ($input: InstantiateInput!) { instantiate(input: $input) { instance { id } errors { code } } }"
DONE = "mutation ($input: AdvanceProcessInput!) { advanceProcess(input: $input) { errors { code } } }"
STATUS = "query ($id: UUID!) { instance(id: $id) { status process { currentTask { elementId dueAt } } } }"


def written(files: Files, folder: Path) -> Path:
    """An app as a folder."""
    for name, content in files.contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.slow
async def test_a_server_fires_a_timer_that_nobody_asks_for(tmp_path: Path) -> None:
    """Between the step that opens the timer and the look that finds it fired nothing is sent to the server."""
    app = written(files(pausing("PT1S"), app=SERVED), tmp_path / "app")
    with server(app) as live:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            kari = Graph(live.url, live.person("kari"), http)
            begun = await kari.do(BEGUN, input={"application": str(SERVED), "party": KARI})
            instance_id: str = begun["instance"]["id"]
            await kari.do(DONE, input={"instanceId": instance_id})
            shown = await kari.ask(STATUS, id=instance_id)
            current = shown["instance"]["process"]["currentTask"]
            assert current is None or current["elementId"] == "Pause"
            await asyncio.sleep(3)

            async def is_over() -> bool:
                return (await kari.ask(STATUS, id=instance_id))["instance"]["status"] == "COMPLETED"

            await until(is_over)
