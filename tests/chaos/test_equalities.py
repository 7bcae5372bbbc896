"""The equalities of waits hold of a case that waits for everything there is, and each of them sees its damage."""

from collections.abc import AsyncGenerator

import pytest

from dialog_graph.model.service_task import Fail, Retry
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.workers.timers import fire_due
from tests.chaos.equalities import broken
from tests.chaos.equalities_of_waits import OF_WAITS
from tests.integration.test_calls import child, only_child
from tests.integration.test_jobs import Office
from tests.integration.test_waits_replayed import EVERYTHING
from tests.integration.waits_app import files
from tests.integration.waits_world import Waiting, waiting

DAMAGE = {
    "update dg.timer set resource_id = resource_id + 1": "a wait is its instance's",
    "update dg.message_subscription set app_id = 'ttd/else'": "a wait is its instance's",
    "update dg.incident set resource_id = resource_id + 1": "a wait is its instance's",
    "update dg.process_task set status = 'COMPLETED' where element_id = 'Send'": "a wait is at an open task",
    "update dg.process_task set status = 'FAILED' where element_id = 'Send'": "a wait is at an open task",
    "update dg.process_task set status = 'WAITING' where element_id = 'Stop'": "a wait is at an open task",
    "update dg.instance set ended_at = now()": "nothing is waited for after the end",
    "update dg.timer set is_held = true": "the waits of a deleted instance are held, and no others",
    "update dg.instance set deleted_at = now()": "the waits of a deleted instance are held, and no others",
    "update dg.instance set waiting_for = '{TIMER}'": "an instance tells what it waits for",
    "update dg.instance set waiting_for = null": "an instance tells what it waits for",
    "delete from dg.message_subscription": "an instance tells what it waits for",
    "update dg.instance set has_incident = false": "an instance tells of its incidents",
    "delete from dg.incident": "an instance tells of its incidents",
    "delete from dg.event where type = 'app.instance.process.timer'": "a firing is told of where it is stepped",
    "update dg.event set xid = '1'::xid8 where type = 'app.instance.process.timer'": (
        "a firing is told of where it is stepped"
    ),
    "update dg.event set data = data || '{\"sent\": true}' where type = 'app.instance.process.message'": (
        "a message is told of where it is stepped"
    ),
    "update dg.message_buffer set apps = '{}' where name = 'Reply'": "a message is kept, or somebody had it",
    "update dg.message_buffer set apps = '{a, a}' where name = 'Reply'": "a message is kept, or somebody had it",
    "update dg.message_buffer set result = result || '{\"buffered\": true}' where name = 'Reply'": (
        "a message is kept, or somebody had it"
    ),
    "update dg.message_buffer set kept_until = sent_at": "a message is known as long as it may be sent again",
    "update dg.job set failures = failures - 1": "the attempts of a job add up",
    "update dg.job set crashes = 2": "the attempts of a job add up",
    "update dg.job set lease_until = now()": "the attempts of a job add up",
    "delete from dg.event where type = 'process.job.retrying'": "the attempts of a job add up",
    "update dg.link set state = 'CALLING', other_id = null where relation = 'child'": "a call is made by its job",
    "delete from dg.link where relation = 'parent'": "a link has two sides",
    "update dg.link set other_id = gen_random_uuid() where relation = 'child'": "a link has two sides",
    "update dg.link set ended_at = now()": "a link says how far the call is",
    "update dg.link set other_id = null where relation = 'child'": "a link says how far the call is",
    "delete from dg.job where kind = 'tellParent'": "a child that has ended tells whoever waits",
}
"""What happens to the rows -> the equality that does not hold any more."""


@pytest.fixture(scope="module")
async def rested(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Waiting]:
    """A case waits for everything, one task having stopped and a timer having fired; another has had its message; a
    third message waits; the child of the second case has ended, which nobody knows yet."""
    services = {"later": Office(Retry()).send, "stop": Office(Fail()).send}
    async with waiting(
        module_logins, tmp_path_factory.mktemp("rested"), files(EVERYTHING), child(), services=services
    ) as world:
        _, other = [await _asked(world, name) for name in ("A-1", "A-2")]
        owner = other.by(world.app.as_org().principal)
        for number in (2, 3):
            await owner.deliver("Reply", key=f"A-{number}", message_id=f"m-{number}", ttl="P1D")
        world.advance(hours=23)
        assert await fire_due(world.app.ports) == 0
        world.advance(hours=1)
        assert await fire_due(world.app.ports) == 1
        await (await only_child(world, other)).complete()
        yield world


async def _asked(world: Waiting, name: str) -> Case:
    case = await world.app.as_person().instantiate()
    await case.fill("form", {"name": name})
    return await (await case.complete()).work()


async def test_all_of_them_hold_where_everything_is_waited_for(rested: Waiting) -> None:
    assert await broken(rested.admin, asked=OF_WAITS) == []


def test_each_of_them_is_broken_by_some_damage() -> None:
    assert set(DAMAGE.values()) == set(OF_WAITS)


@pytest.mark.parametrize(("damage", "name"), DAMAGE.items())
async def test_each_damage_is_seen(rested: Waiting, damage: str, name: str) -> None:
    transaction = rested.admin.transaction(isolation="repeatable_read")
    await transaction.start()
    try:
        assert (await rested.admin.execute(damage)).split()[-1] != "0", "the damage hits nothing"
        found = await broken(rested.admin, asked=OF_WAITS)
        assert [text for text in found if text.startswith(f"{name}: ")], found
    finally:
        await transaction.rollback()
