"""After and around the end: receipt, substatus, deletion and restoration, and the seen mark (process rules §10)."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from dialog_graph.commands.confirm_receipt import ConfirmReceipt, confirm_receipt
from dialog_graph.commands.delete_instance import DeleteInstance, RestoreInstance, delete_instance, restore_instance
from dialog_graph.commands.mark_seen import MarkSeen, mark_seen
from dialog_graph.commands.set_substatus import SetSubstatus, set_substatus
from dialog_graph.errors import NOT_FOUND
from dialog_graph.model.principal import Principal
from dialog_graph.storage.logins import Logins
from tests.integration.case_world import ANNE, JON, KARI, NABO, OLA, TTD, World, owner, world_of

Act = Callable[[], Awaitable[Any]]
DAYS = timedelta(days=4)


@pytest.fixture(scope="module")
async def world(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    async with world_of(module_logins, Path(tmp_path_factory.mktemp("ending"))) as world:
        yield world


@pytest.fixture(scope="module")
async def later(world: World, module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """The same database, four days on."""
    async with world_of(module_logins, Path(tmp_path_factory.mktemp("later")), offset=DAYS) as later:
        yield later


def receipt(world: World, instance_id: UUID, who: Principal = TTD, **given: Any) -> Act:
    return lambda: confirm_receipt(world.ports, who, ConfirmReceipt(instance_id=instance_id, **given))


def substatus(world: World, instance_id: UUID, who: Principal = TTD, **given: Any) -> Act:
    return lambda: set_substatus(world.ports, who, SetSubstatus(instance_id=instance_id, **given))


def deletion(world: World, instance_id: UUID, who: Principal = KARI, **given: Any) -> Act:
    return lambda: delete_instance(world.ports, who, DeleteInstance(instance_id=instance_id, **given))


def restoration(world: World, instance_id: UUID, who: Principal = KARI, **given: Any) -> Act:
    return lambda: restore_instance(world.ports, who, RestoreInstance(instance_id=instance_id, **given))


ALL = (receipt, substatus, deletion, restoration)


@pytest.mark.parametrize("command", ALL, ids=lambda item: item.__name__)
async def test_strangers_learn_nothing(world: World, command: Callable[..., Act]) -> None:
    instance_id = await world.ended()
    found = [
        await world.refused(None, command(world, uuid4())),
        await world.refused(instance_id, command(world, instance_id, JON)),
        await world.refused(instance_id, command(world, instance_id, JON, expected_revision=99)),
        await world.refused(instance_id, command(world, instance_id, NABO, expected_revision=99)),
    ]
    assert found == [NOT_FOUND] * len(found)


@pytest.mark.parametrize("command", ALL, ids=lambda item: item.__name__)
async def test_a_right_to_something_else_is_forbidden_and_the_revision_comes_first(
    world: World, command: Callable[..., Act]
) -> None:
    instance_id = await world.started(KARI, "fjord")
    assert await world.code(instance_id, command(world, instance_id, OLA, expected_revision=99)) == "CONCURRENCY"
    assert await world.code(instance_id, command(world, instance_id, OLA)) == "FORBIDDEN"


async def test_the_stream_of_the_dialog_tells_of_deletion_and_restoration(world: World) -> None:
    instance_id = await world.started()
    await deletion(world, instance_id)()
    await restoration(world, instance_id)()
    told = await world.admin.fetch(
        "select type from dg.event where stream_id = (select dialog_id from dg.dialog where instance_id = $1)"
        " and type not like '%.activity.%' order by stream_seq",
        instance_id,
    )
    assert [row["type"] for row in told] == [
        "dialogporten.dialog.created.v1",
        "dialogporten.dialog.deleted.v1",
        "dialogporten.dialog.restored.v1",
    ]


# Receipt --------------------------------------------------------------------------------------------------------------


async def test_a_receipt_is_confirmed_once_and_for_all(world: World) -> None:
    instance_id = await world.ended()
    first = await receipt(world, instance_id)()
    assert first.already_confirmed is False
    state = await world.state(instance_id)
    assert (state["instance"]["status"], state["dialog"]["status"]) == ("CONFIRMED", "COMPLETED")
    again = await receipt(world, instance_id)()
    assert again.already_confirmed is True
    assert await world.state(instance_id) == state


async def test_many_confirmations_at_once_are_one(world: World) -> None:
    instance_id = await world.ended()
    results = await asyncio.gather(*(receipt(world, instance_id)() for _ in range(4)))
    assert sorted(result.already_confirmed for result in results) == [False, True, True, True]
    assert (await world.events(instance_id)).count("app.instance.confirmed") == 1


async def test_a_keyed_confirmation_is_answered_as_the_first_time(world: World) -> None:
    instance_id = await world.ended()
    first = await receipt(world, instance_id, idempotency_key="c")()
    assert await receipt(world, instance_id, idempotency_key="c")() == first
    assert first.already_confirmed is False


async def test_before_the_end_nothing_can_be_confirmed(world: World) -> None:
    instance_id = await world.confirming()
    assert await world.code(instance_id, receipt(world, instance_id)) == "INSTANCE_NOT_COMPLETED"


async def test_only_the_owner_with_the_scope_confirms(world: World) -> None:
    instance_id = await world.ended()
    assert await world.code(instance_id, receipt(world, instance_id, KARI)) == "FORBIDDEN"
    reader = owner("ttd", frozenset({"altinn:serviceowner/instances.read"}))
    assert await world.code(instance_id, receipt(world, instance_id, reader)) == "FORBIDDEN"


async def test_a_deleted_instance_can_be_confirmed_and_is_confirmed_when_it_comes_back(
    world: World, later: World
) -> None:
    instance_id = await world.ended()
    await deletion(later, instance_id)()
    await receipt(later, instance_id)()
    assert (await world.load(instance_id)).status == "DELETED"
    await restoration(later, instance_id)()
    assert (await world.load(instance_id)).status == "CONFIRMED"


# Substatus ------------------------------------------------------------------------------------------------------------


async def test_the_owner_says_where_the_case_stands_also_after_the_end(world: World) -> None:
    instance_id = await world.ended()
    await substatus(world, instance_id, label="Under behandling", description="Vi ser på det")()
    state = await world.state(instance_id)
    assert state["instance"]["substatus"] == {"label": "Under behandling", "description": "Vi ser på det"}
    assert state["dialog"]["extended_status"] or state["dialog"]["content"]["extendedStatus"]
    await substatus(world, instance_id, label="Under behandling", description="Vi ser på det")()
    assert await world.state(instance_id) == state
    await substatus(world, instance_id)()
    assert (await world.state(instance_id))["instance"]["substatus"] is None


@pytest.mark.parametrize("given", [{"label": "x" * 256}, {"description": "x" * 1024}, {"label": "\0"}])
async def test_texts_have_their_bounds(world: World, given: dict[str, Any]) -> None:
    instance_id = await world.started()
    assert await world.code(instance_id, substatus(world, instance_id, **given)) == "INVALID_INPUT"


async def test_a_party_says_nothing_and_a_deleted_instance_is_not_spoken_of(world: World) -> None:
    instance_id = await world.started()
    assert await world.code(instance_id, substatus(world, instance_id, KARI, label="x")) == "FORBIDDEN"
    await deletion(world, instance_id)()
    assert await world.code(instance_id, substatus(world, instance_id, label="x")) == "NOT_ACTIVE"


# Deletion -------------------------------------------------------------------------------------------------------------


async def test_a_deleted_instance_takes_its_dialog_along_and_brings_it_back(world: World) -> None:
    instance_id = await world.filled()
    await deletion(world, instance_id)()
    state = await world.state(instance_id)
    assert (state["instance"]["status"], state["dialog"]["deleted_at"]) == ("DELETED", state["instance"]["deleted_at"])
    await deletion(world, instance_id)()
    assert await world.state(instance_id) == state
    await restoration(world, instance_id)()
    state = await world.state(instance_id)
    assert (state["instance"]["status"], state["dialog"]["deleted_at"]) == ("ACTIVE", None)
    await restoration(world, instance_id)()
    assert await world.state(instance_id) == state
    await world.advance(instance_id)


async def test_days_of_grace_hold_people_back_and_not_the_owner(world: World, later: World) -> None:
    instance_id, other = await world.ended(), await world.ended()
    for hard in (False, True):
        assert await world.code(instance_id, deletion(world, instance_id, hard=hard)) == "DELETION_TOO_EARLY"
    await deletion(world, other, TTD)()
    await deletion(later, instance_id)()


async def test_a_hard_deletion_ends_the_process_and_leaves_nothing_to_be_found(world: World) -> None:
    instance_id = await world.filled()
    await deletion(world, instance_id, hard=True)()
    state = await world.state(instance_id)
    assert state["instance"]["is_hard_deleted"] is True
    assert [task["status"] for task in state["tasks"]] == ["ABANDONED"]
    assert state["dialog"]["deleted_at"] is not None
    for command in ALL:
        for who in (KARI, TTD):
            assert await world.refused(instance_id, command(world, instance_id, who)) == NOT_FOUND


async def test_a_hard_deletion_repeated_with_its_key_is_answered_as_the_first_time(world: World) -> None:
    """There is nothing left to lock, but the outcome is kept: a client that lost the answer gets it."""
    instance_id = await world.filled()
    given: dict[str, Any] = {"hard": True, "idempotency_key": "gone"}
    first = await deletion(world, instance_id, **given)()
    assert await deletion(world, instance_id, **given)() == first
    mismatch = deletion(world, instance_id, idempotency_key="gone")
    assert await world.code(instance_id, mismatch) == "IDEMPOTENCY_MISMATCH"
    assert await world.refused(instance_id, deletion(world, instance_id, JON, **given)) == NOT_FOUND


async def test_a_soft_deletion_can_be_made_hard(world: World) -> None:
    instance_id = await world.filled()
    await deletion(world, instance_id)()
    await deletion(world, instance_id, hard=True)()
    assert await world.refused(instance_id, restoration(world, instance_id)) == NOT_FOUND


# Seen -----------------------------------------------------------------------------------------------------------------


async def dialog_of(world: World, instance_id: UUID) -> UUID:
    return await world.admin.fetchval("select dialog_id from dg.dialog where instance_id = $1", instance_id)


WAITING = """
select count(*) from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0
"""
"""What a session waits for is shown to superusers only; that another one is in its way is shown to all."""


async def waiting(world: World, count: int) -> None:
    """Until so many sessions wait for a lock; the picture of sessions is dropped each time."""
    async with asyncio.timeout(10):
        while await world.admin.fetchval(WAITING) < count:
            await world.admin.execute("select pg_stat_clear_snapshot()")
            await asyncio.sleep(0.01)


async def seen_events(world: World, dialog_id: UUID) -> int:
    return await world.admin.fetchval(
        "select count(*) from dg.event where stream_id = $1 and type = 'dialogporten.dialog.seen.v1'", dialog_id
    )


async def test_a_look_is_written_down_once_until_the_dialog_changes(world: World) -> None:
    instance_id = await world.started()
    seen = MarkSeen(dialog_id=await dialog_of(world, instance_id))
    assert [await mark_seen(world.ports, KARI, seen) for _ in range(3)] == [True, False, False]
    state = await world.state(instance_id)
    assert (state["dialog"]["seen"], len(state["seen"])) == (True, 1)
    await world.write(instance_id)
    assert [await mark_seen(world.ports, KARI, seen) for _ in range(2)] == [True, False]
    assert await seen_events(world, seen.dialog_id) == 2


async def test_many_looks_at_once_are_one(world: World) -> None:
    instance_id = await world.started()
    seen = MarkSeen(dialog_id=await dialog_of(world, instance_id))
    await world.admin.execute("begin")
    await world.admin.execute("select from dg.dialog where dialog_id = $1 for update", seen.dialog_id)
    looks = [asyncio.create_task(mark_seen(world.ports, KARI, seen)) for _ in range(4)]
    await waiting(world, len(looks))
    await world.admin.execute("rollback")
    assert sorted(await asyncio.gather(*looks)) == [False, False, False, True]
    assert len((await world.state(instance_id))["seen"]) == 1
    assert await seen_events(world, seen.dialog_id) == 1


async def test_looks_beside_steps_lose_nothing_and_keep_the_stream_without_gaps(world: World) -> None:
    """Steps and looks write the same dialog row and the same stream."""
    instance_id = await world.started(KARI, "fjord")
    seen = MarkSeen(dialog_id=await dialog_of(world, instance_id))
    writes = [world.write(instance_id, data={"name": f"n{number}"}) for number in range(6)]
    looks = [mark_seen(world.ports, who, seen) for who in (KARI, ANNE, OLA) * 3]
    await asyncio.gather(*writes, *looks)
    numbers = await world.admin.fetch(
        "select stream_seq from dg.event where stream_id = $1 order by stream_seq", seen.dialog_id
    )
    assert [row[0] for row in numbers] == list(range(1, len(numbers) + 1))
    assert (await world.state(instance_id))["dialog"]["last_update_seq"] == len(numbers)


async def test_a_mark_as_unopened_is_lifted_by_a_look_and_the_log_tells_it(world: World) -> None:
    instance_id = await world.started()
    seen = MarkSeen(dialog_id=await dialog_of(world, instance_id))
    await mark_seen(world.ports, KARI, seen)
    before = (await world.state(instance_id))["dialog"]["context_revision"]
    await world.admin.execute("update dg.dialog set marked_unopened = true where dialog_id = $1", seen.dialog_id)
    assert await mark_seen(world.ports, KARI, seen)
    dialog = (await world.state(instance_id))["dialog"]
    assert dialog["marked_unopened"] is False
    assert dialog["context_revision"] != before
    log = await world.admin.fetch("select name, action from dg.dialog_label_log where dialog_id = $1", seen.dialog_id)
    assert [tuple(row) for row in log] == [("systemlabel:MarkedAsUnopened", "remove")]


async def test_foreign_and_unknown_dialogs_are_not_marked(world: World) -> None:
    instance_id = await world.started()
    seen = MarkSeen(dialog_id=await dialog_of(world, instance_id))
    for who in (JON, ANNE):
        assert await mark_seen(world.ports, who, seen) is False
    assert await mark_seen(world.ports, KARI, MarkSeen(dialog_id=uuid4())) is False
    assert (await world.state(instance_id))["seen"] is None
