"""Moving the process: the order of checks, rights at the task, repeats and concurrent callers (process rules §6.2)."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from dialog_graph.commands.advance_process import AdvanceProcess, AdvanceProcessResult, advance_process
from dialog_graph.commands.delete_instance import DeleteInstance, delete_instance
from dialog_graph.errors import NOT_FOUND, Refused
from dialog_graph.model.principal import Principal
from dialog_graph.storage.logins import Logins
from tests.integration.case_app import TWOFOLD
from tests.integration.case_world import ANNE, JON, KARI, MARI, NABO, OLA, TTD, World, owner, world_of

Act = Callable[[], Awaitable[AdvanceProcessResult]]


@pytest.fixture(scope="module")
async def world(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    async with world_of(module_logins, Path(tmp_path_factory.mktemp("process"))) as world:
        yield world


def step(world: World, instance_id: UUID, who: Principal = KARI, **given: Any) -> Act:
    return lambda: advance_process(world.ports, who, AdvanceProcess(instance_id=instance_id, **given))


async def entry(world: World, instance_id: UUID, place: int = -1) -> UUID:
    return (await world.load(instance_id)).tasks[place].entry_id


async def test_the_whole_way_is_told_in_order(world: World) -> None:
    instance_id = await world.ended()
    told = [name for name in await world.events(instance_id) if ".data." not in name]
    assert told == [
        "app.instance.created",
        "app.instance.process.started",
        "app.instance.process.movedTo.Task_1",
        "app.instance.process.taskEnded.Task_1",
        "app.instance.process.movedTo.Task_2",
        "app.instance.process.taskEnded.Task_2",
        "app.instance.process.completed",
        "app.instance.submitted",
    ]
    instance = await world.load(instance_id)
    assert (instance.status, instance.end_event, instance.archived_at) == ("COMPLETED", "End", instance.ended_at)
    assert all(element.lock == "process" for element in instance.elements)


async def test_a_rejection_opens_the_form_again_in_a_new_entry(world: World) -> None:
    instance_id = await world.confirming()
    await step(world, instance_id, action="reject", note="Feil navn")()
    instance = await world.load(instance_id)
    assert [(task.element_id, task.entry_no, task.state) for task in instance.tasks] == [
        ("Task_1", 1, "COMPLETED"),
        ("Task_2", 1, "ABANDONED"),
        ("Task_1", 2, "ACTIVE"),
    ]
    assert instance.tasks[1].note == "Feil navn"
    assert [element.lock for element in instance.elements] == ["none"]


async def test_strangers_learn_nothing_whatever_else_is_wrong(world: World) -> None:
    instance_id = await world.ended()
    found = [
        await world.refused(None, step(world, uuid4())),
        await world.refused(instance_id, step(world, instance_id, JON)),
        await world.refused(instance_id, step(world, instance_id, JON, expected_revision=1)),
        await world.refused(instance_id, step(world, instance_id, NABO, task_id=uuid4())),
        await world.refused(instance_id, step(world, instance_id, JON, idempotency_key="k", action="x")),
    ]
    assert found == [NOT_FOUND] * len(found)


async def test_revision_then_state_then_right_then_action_then_gate(world: World) -> None:
    """Each refusal hides those behind it."""
    instance_id = await world.started(KARI, "fjord")
    first = await entry(world, instance_id)
    wrong: dict[str, Any] = {"task_id": uuid4(), "action": "nothing"}
    assert await world.code(instance_id, step(world, instance_id, ANNE, expected_revision=7, **wrong)) == "CONCURRENCY"
    assert await world.code(instance_id, step(world, instance_id, OLA, **wrong)) == "NOT_ACTIVE"
    assert await world.code(instance_id, step(world, instance_id, OLA, action="nothing")) == "FORBIDDEN"
    assert await world.code(instance_id, step(world, instance_id, ANNE, action="confirm")) == "ACTION_NOT_ALLOWED"
    assert await world.code(instance_id, step(world, instance_id, KARI)) == "VALIDATION_FAILED"
    await world.write(instance_id)
    await step(world, instance_id, task_id=first)()
    assert await world.code(instance_id, step(world, instance_id, task_id=first)) == "NOT_ACTIVE"


@pytest.mark.parametrize(("who", "code"), [(OLA, "FORBIDDEN"), (TTD, "FORBIDDEN"), (NABO, "NOT_FOUND")])
async def test_rights_of_one_task_do_not_pass_another(world: World, who: Principal, code: str) -> None:
    """The accountant may write in Task_1, the owner may write everywhere: neither may confirm."""
    instance_id = await world.confirming(KARI, "fjord")
    assert await world.code(instance_id, step(world, instance_id, who)) == code


async def test_a_service_owner_needs_the_scope_for_writing(world: World) -> None:
    instance_id = await world.filled()
    reader = owner("ttd", frozenset({"altinn:serviceowner/instances.read"}))
    assert await world.code(instance_id, step(world, instance_id, reader)) == "FORBIDDEN"
    await step(world, instance_id, TTD)()


async def test_a_deleted_instance_stands_still(world: World) -> None:
    instance_id = await world.filled()
    await delete_instance(world.ports, KARI, DeleteInstance(instance_id=instance_id))
    assert await world.code(instance_id, step(world, instance_id)) == "NOT_ACTIVE"


@pytest.mark.parametrize("note", ["x" * 2001, "a\0b", "\udfff"])
async def test_a_note_has_its_bounds(world: World, note: str) -> None:
    instance_id = await world.filled()
    refusal = await world.refused(instance_id, step(world, instance_id, note=note))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("note",))


async def test_two_open_tasks_want_the_task_named(world: World) -> None:
    instance_id = await world.started(app=TWOFOLD)
    assert await world.code(instance_id, step(world, instance_id)) == "TASK_REQUIRED"
    await step(world, instance_id, task_id=await entry(world, instance_id, 1))()
    await step(world, instance_id)()
    assert (await world.load(instance_id)).status == "COMPLETED"


async def test_a_right_at_one_of_two_tasks_is_a_right_at_that_one(world: World) -> None:
    """The accountant may write at Task_B alone."""
    instance_id = await world.started(KARI, "fjord", app=TWOFOLD)
    first, second = await entry(world, instance_id, 0), await entry(world, instance_id, 1)
    assert await world.code(instance_id, step(world, instance_id, OLA, task_id=first)) == "FORBIDDEN"
    assert await world.code(instance_id, lambda: world.upload(instance_id, "a", OLA)) == "FORBIDDEN"
    await world.upload(instance_id, "b", OLA)
    await step(world, instance_id, OLA, task_id=second)()


async def test_one_key_moves_once_however_often_and_however_many_send_it(world: World) -> None:
    instance_id = await world.filled()
    send = step(world, instance_id, idempotency_key="once")
    results = await asyncio.gather(*(send() for _ in range(5)))
    assert len(set(results)) == 1
    assert (await world.load(instance_id)).revision == 3
    mismatch = step(world, instance_id, idempotency_key="once", note="other")
    assert await world.code(instance_id, mismatch) == "IDEMPOTENCY_MISMATCH"


async def test_a_refused_command_leaves_no_key(world: World) -> None:
    instance_id = await world.started()
    send = step(world, instance_id, idempotency_key="later")
    assert await world.code(instance_id, send) == "VALIDATION_FAILED"
    await world.write(instance_id)
    await send()
    assert [task.element_id for task in (await world.load(instance_id)).open_tasks] == ["Task_2"]


async def test_of_many_with_one_expected_revision_exactly_one_moves(world: World) -> None:
    instance_id = await world.filled()
    codes: list[str] = []

    async def attempt(number: int) -> None:
        try:
            await step(world, instance_id, expected_revision=2, note=str(number))()
        except Refused as refused:
            codes.append(refused.refusal.code)

    await asyncio.gather(*(attempt(number) for number in range(5)))
    assert codes == ["CONCURRENCY"] * 4


@pytest.mark.parametrize("revision", [-(2**31), 0, 2**31 - 1, 2**63])
async def test_any_number_can_be_expected(world: World, revision: int) -> None:
    instance_id = await world.filled()
    assert await world.code(instance_id, step(world, instance_id, expected_revision=revision)) == "CONCURRENCY"


async def test_a_member_may_act_only_where_its_rule_says(world: World) -> None:
    """Kari is a member of Mari's club: she reads and confirms in Task_2, and is forbidden the rest."""
    instance_id = await world.filled(MARI, "dal")
    assert await world.code(instance_id, step(world, instance_id, KARI)) == "FORBIDDEN"
    await world.advance(instance_id, MARI)
    await step(world, instance_id, KARI)()
    assert (await world.load(instance_id)).tasks[-1].ended_by == replace(KARI.actor, name=None, urn=None)
