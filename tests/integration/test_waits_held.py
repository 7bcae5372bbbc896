"""What a deleted instance waits for waits with it, and goes on when it is restored; hard deletion ends it for good
(process engine §10)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.commands.delete_instance import DeleteInstance, delete_instance
from dialog_graph.commands.link_child import link_child
from dialog_graph.errors import Refused
from dialog_graph.model.service_task import Success
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.workers.quiet import work_until_quiet
from tests.integration.test_calls import CHILD, calling, child, only_child
from tests.integration.test_jobs import Office
from tests.integration.test_messages import send
from tests.integration.waits_app import declared, element, extended, files, flows, message, process, task, timer
from tests.integration.waits_rows import PROTECTED
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
ALL = ("Pause", "Wait", "Send", "Ask")
EVERYTHING = process(
    START,
    task("Fill"),
    element("parallelGateway", "Split"),
    timer("intermediateCatchEvent", "Pause", "P1D"),
    message("intermediateCatchEvent", "Wait", "Reply"),
    task("Send", "send", kind="serviceTask"),
    element("callActivity", "Ask", extended(f'<d:callApp app="{CHILD}"/>')),
    element("parallelGateway", "Join"),
    END,
    flows("Start Fill Split", *(f"Split {each} Join" for each in ALL), "Join End"),
    outside=[declared("Reply", '["dataModel", "name", "form"]')],
)


@dataclass(frozen=True)
class Held:
    """An instance that waits for everything, was deleted before any of it came, and what its code was asked."""

    world: Waiting
    case: Case
    office: Office


async def deleted(world: Waiting, office: Office) -> Held:
    case = await world.app.as_person().instantiate()
    await case.fill("form", {"name": "A-1"})
    await case.complete()
    assert sorted(case.waits) == sorted(ALL)
    return Held(world, await case.delete(), office)


async def hard(case: Case) -> None:
    """Deletes it for good."""
    await delete_instance(case.ports, case.principal, DeleteInstance(instance_id=case.id, hard=True))


async def test_nothing_comes_to_a_deleted_instance_and_all_of_it_when_it_is_back(
    logins: Logins, tmp_path: Path
) -> None:
    office = Office()
    async with waiting(logins, tmp_path, files(EVERYTHING), child(), services={"send": office.send}) as world:
        held = await deleted(world, office)
        world.advance(days=2)
        before = await world.state()
        assert await work_until_quiet(world.app.ports) == 0
        with pytest.raises(Refused) as refused:
            await send(world)
        assert refused.value.refusal.code == "NOT_CORRELATED"
        assert (await world.state(), office.asked) == (before, [])
        assert (await send(world, ttl="P1D")).buffered, "it waits for whoever may come"
        await (await held.case.restore()).work()
        assert (held.case.tasks, len(office.asked)) == (["Ask"], 1)
        await (await only_child(world, held.case)).complete()
        assert (await held.case.work()).status == "COMPLETED"


async def test_a_child_that_ends_while_its_caller_is_deleted_is_heard_of_afterwards(
    logins: Logins, tmp_path: Path
) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD)), child()) as world:
        case = await (await (await world.app.as_person().instantiate()).complete()).work()
        other = await only_child(world, case)
        await case.delete()
        await other.complete()
        assert (await case.work()).tasks == ["Ask"]
        await case.restore()
        assert (await case.work()).status == "COMPLETED"


async def test_a_child_that_was_made_and_has_ended_while_its_caller_was_deleted_is_heard_of_afterwards(
    logins: Logins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller is deleted between the two sides of the call, so it does not even know that it has a child."""
    async with waiting(logins, tmp_path, files(calling(CHILD)), child()) as world:
        case = await (await world.app.as_person().instantiate()).complete()

        async def deleted_first(*given: Any) -> bool:
            await case.delete()
            return await link_child(*given)

        with monkeypatch.context() as patch:
            patch.setattr("dialog_graph.workers.call_jobs.link_child", deleted_first)
            await case.work()
        child_id = await world.admin.fetchval("select instance_id from dg.link where relation = 'parent'")
        await (await world.others[0].as_person().open(child_id)).complete()
        assert (await case.work()).tasks == ["Ask"]
        assert await world.admin.fetchval("select state from dg.link where relation = 'child'") == "CALLING"
        await case.restore()
        assert (await case.work()).status == "COMPLETED"
        assert await world.count("job") == 0


async def test_a_child_that_was_cancelled_while_its_caller_was_deleted_is_an_error_afterwards(
    logins: Logins, tmp_path: Path
) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD)), child()) as world:
        case = await (await (await world.app.as_person().instantiate()).complete()).work()
        other = await only_child(world, case)
        await case.delete()
        await (await other.cancel()).work()
        await (await case.restore()).work()
        assert await world.admin.fetchval("select code from dg.incident") == "CHILD_FAILED"


@pytest.mark.parametrize("times", [1, 3])
async def test_a_caller_that_was_deleted_and_restored_has_one_child_and_hears_it_once(
    logins: Logins, tmp_path: Path, times: int
) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD)), child()) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        for _ in range(times):
            await case.delete()
            await case.restore()
        await case.work()
        for _ in range(times):
            await case.delete()
            await case.restore()
        assert await world.count("instance") == 2
        await (await only_child(world, case)).complete()
        assert (await case.work()).status == "COMPLETED"
        assert await world.count("job") == 0


async def test_a_child_that_is_deleted_for_good_is_one_that_was_cancelled(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD)), child()) as world:
        case = await (await (await world.app.as_person().instantiate()).complete()).work()
        other = await only_child(world, case)
        await other.delete()
        assert (await case.work()).instance.has_incident is False, "it may come back"
        await hard(other)
        await case.work()
        assert await world.admin.fetchval("select code from dg.incident") == "CHILD_FAILED"


@pytest.mark.parametrize("is_soft_first", [False, True], ids=["at once", "after a soft deletion"])
async def test_a_hard_deletion_leaves_nothing_that_is_waited_for(
    logins: Logins, tmp_path: Path, is_soft_first: bool
) -> None:
    office = Office(Success())
    async with waiting(logins, tmp_path, files(EVERYTHING), child(), services={"send": office.send}) as world:
        held = await deleted(world, office)
        if not is_soft_first:
            await held.case.restore()
        await hard(held.case)
        world.advance(days=2)
        await work_until_quiet(world.app.ports)
        left = {table: await world.count(table) for table in PROTECTED}
        assert left == dict.fromkeys(PROTECTED, 0) | {"link": 1}
        assert await world.admin.fetchval("select state from dg.link") == "UNLINKED"
        assert (office.asked, await world.count("instance")) == ([], 1), "no code was called and no child made"
        with pytest.raises(Refused) as refused:
            await send(world)
        assert refused.value.refusal.code == "NOT_CORRELATED"


async def test_a_hard_deletion_asks_the_child_to_stop(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD)), child()) as world:
        case = await (await (await world.app.as_person().instantiate()).complete()).work()
        other = await only_child(world, case)
        await hard(case)
        await work_until_quiet(world.app.ports)
        assert ((await other.refresh()).status, await world.count("job")) == ("CANCELLED", 0)
