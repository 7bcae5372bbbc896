"""The check of waits against the state (P10, P15) sees each kind of damage, and each way of forgetting a row."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from dialog_graph.apps.task_kinds import kinds_with
from dialog_graph.bpmn import OpenTimer
from dialog_graph.commands.step import deferred
from dialog_graph.commands.step.waiting import Waiting as Collector
from dialog_graph.model.service_task import Fail, Retry
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from tests.flow.replaying import Replays
from tests.integration.test_calls import CHILD, child
from tests.integration.test_jobs import Office
from tests.integration.waits_app import declared, element, extended, files, flows, message, process, task, timer
from tests.integration.waits_world import waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
EVERYTHING = process(
    START,
    task("Fill"),
    element("parallelGateway", "Split"),
    timer("boundaryEvent", "Nudge", "R3/P1D", of="Cycle", attachedToRef="Send", cancelActivity="false"),
    task("Note", "none"),
    message("intermediateCatchEvent", "Wait", "Reply"),
    task("Send", "later", kind="serviceTask"),
    task("Stop", "stop", kind="serviceTask"),
    element("callActivity", "Ask", extended(f'<d:callApp app="{CHILD}"/>')),
    element("parallelGateway", "Join"),
    END,
    flows(
        "Start Fill Split",
        *(f"Split {each} Join" for each in ("Wait", "Send", "Stop", "Ask")),
        "Join End",
        "Nudge Note End",
    ),
    outside=[declared("Reply", '["dataModel", "name", "form"]')],
)
TIMED = process(
    START,
    task("Fill"),
    timer("boundaryEvent", "Late", "P1D", attachedToRef="Fill"),
    task("Next"),
    END,
    flows("Start Fill Next End", "Late End"),
)

ONE_TOO_MANY = """
insert into dg.timer select (json_populate_record(t, json_build_object('timer_id', gen_random_uuid(), 'owner', 99))).*
  from dg.timer t
"""

# Damage -> the words of the check that must see it.
DAMAGE = {
    "delete from dg.timer": "other rows of waits: timer",
    ONE_TOO_MANY: "other rows of waits: timer",
    "update dg.timer set due_at = due_at + interval '1 second'": "other rows of waits: timer",
    "update dg.timer set anchor = anchor + interval '1 second'": "other rows of waits: timer",
    "update dg.timer set k = k + 1": "other rows of waits: timer",
    "update dg.timer set remaining = null": "other rows of waits: timer",
    "update dg.timer set duration = 'P2D'": "other rows of waits: timer",
    "update dg.timer set is_held = true": "held",
    "delete from dg.message_subscription": "other rows of waits: subscription",
    "update dg.message_subscription set key = 'x'": "other rows of waits: subscription",
    "update dg.message_subscription set name = 'x'": "other rows of waits: subscription",
    "update dg.message_subscription set kind = 'signal'": "other rows of waits: subscription",
    "update dg.message_subscription set owner = owner + 1": "other rows of waits: subscription",
    "delete from dg.job": "other rows of waits: job",
    "update dg.job set entry_no = 2": "other rows of waits: job",
    "update dg.job set task_type = 'x'": "other rows of waits: job",
    "update dg.job set is_held = true": "held",
    "delete from dg.incident": "other rows of waits: incident",
    "update dg.incident set code = 'x'": "other rows of waits: incident",
    "update dg.incident set token = token + 1": "other rows of waits: incident",
    "update dg.link set state = 'UNLINKED' where relation = 'child'": "other rows of waits: call",
    "update dg.link set owner = owner + 1 where relation = 'child'": "other rows of waits: call",
}


@pytest.fixture(scope="module")
async def rested(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[tuple[Any, Case]]:
    """An instance that waits for everything there is, one task having stopped."""
    services = {"later": Office(Retry()).send, "stop": Office(Fail()).send}
    folder = tmp_path_factory.mktemp("rested")
    async with waiting(module_logins, folder, files(EVERYTHING), child(), services=services) as world:
        case = await world.app.as_person().instantiate()
        await case.fill("form", {"name": "A-1"})
        await (await case.complete()).work()
        assert sorted(case.waits) == ["Ask", "Send", "Stop", "Wait"]
        yield (world, Replays(world.admin, kinds_with(services))), case


@pytest.mark.parametrize(("damage", "words"), DAMAGE.items())
async def test_every_damage_of_waits_is_seen(rested: Any, damage: str, words: str) -> None:
    (world, replays), case = rested
    assert await replays.check(case.id) == 1
    transaction = world.admin.transaction()
    await transaction.start()
    try:
        assert (await world.admin.execute(damage)).split()[-1] != "0", "the damage hits nothing"
        with pytest.raises(AssertionError, match=re.escape(words)):
            await replays.check(case.id)
    finally:
        await transaction.rollback()


def forgets_to_close(*_: object) -> None:
    """Twin: what is over stays."""


async def test_a_step_that_leaves_a_timer_behind_is_seen_at_once(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(TIMED)) as world:
        case = await world.app.as_person().instantiate()
        with (
            patch.object(Collector, "close", forgets_to_close),
            pytest.raises(AssertionError, match="other rows of waits: timer"),
        ):
            await case.complete(task="Fill")
        await world.admin.execute("delete from dg.timer")


def forgets_to_open(*_: object) -> None:
    """Twin: nobody is waked."""


async def test_a_step_that_opens_no_timer_is_seen_at_once(logins: Logins, tmp_path: Path) -> None:
    handlers = {**deferred._HANDLERS, OpenTimer: forgets_to_open}  # pyright: ignore[reportPrivateUsage] -- twin
    async with waiting(logins, tmp_path, files(TIMED)) as world:
        with patch.object(deferred, "_HANDLERS", handlers):
            case = await world.app.as_person().instantiate()
        with pytest.raises(AssertionError, match="other rows of waits: timer"):
            await case.refresh()
        await world.admin.execute("truncate dg.instance cascade")
