"""What is interrupted leaves nothing behind (P15), and of triggers that race exactly one wins (P16).

The races are transactions that are under way at the same time on the real database.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from dialog_graph.commands.advance_process import AdvanceProcess, advance_process
from dialog_graph.commands.cancel_process import CancelProcess, cancel_process
from dialog_graph.commands.deliver_message import DeliverMessage, deliver_message
from dialog_graph.commands.fire_timer import fire_timer
from dialog_graph.commands.write_form_data import WriteFormData, write_form_data
from dialog_graph.errors import Refused
from dialog_graph.model.instance import TaskState
from dialog_graph.storage import instances
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.workers.quiet import work_until_quiet
from tests.integration.test_calls import CHILD, child
from tests.integration.test_jobs import Office
from tests.integration.waits_app import (
    conditional,
    declared,
    element,
    extended,
    files,
    flows,
    message,
    process,
    scope,
    task,
    timer,
)
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
NOTES = {"form": "Fill", "notes": None}
BRANCHES = ("Pause", "Wait", "Send", "Ask", "Write", "Either")
STOP = '["equals", ["dataModel", "name", "notes"], "stop"]'

INNER = (
    element("startEvent", "In"),
    element("parallelGateway", "Split"),
    timer("intermediateCatchEvent", "Pause", "P9D"),
    message("intermediateCatchEvent", "Wait", "Reply"),
    task("Send", "send", kind="serviceTask"),
    element("callActivity", "Ask", extended(f'<d:callApp app="{CHILD}"/>')),
    task("Write", "none", '<d:deadline after="P8D" action="complete"><d:reminder before="P1D"/></d:deadline>'),
    element("eventBasedGateway", "Either"),
    timer("intermediateCatchEvent", "One", "P9D"),
    message("intermediateCatchEvent", "Other", "Reply"),
    element("parallelGateway", "Join"),
    element("endEvent", "Out"),
    scope(
        "Watch",
        timer("startEvent", "At", "R/P5D", of="Cycle", isInterrupting="false"),
        task("Look", "none"),
        element("endEvent", "Looked"),
        flows("At Look Looked"),
        triggeredByEvent="true",
    ),
    flows("In Split", *(f"Split {each}" for each in BRANCHES), "Either One Join", "Either Other Join", "Join Out"),
    flows(*(f"{each} Join" for each in BRANCHES if each != "Either")),
)
INTERRUPTED = process(
    START,
    task("Fill"),
    scope("Work", *INNER),
    timer("boundaryEvent", "Late", "P1D", attachedToRef="Work"),
    message("boundaryEvent", "Told", "Stop", attachedToRef="Work"),
    conditional("boundaryEvent", "Noted", STOP, attachedToRef="Work"),
    task("After", "none"),
    END,
    flows("Start Fill Work End", "Late After End", "Told After", "Noted After"),
    outside=[declared("Reply", '["dataModel", "name", "form"]'), declared("Stop", '["dataModel", "name", "form"]')],
)
WAITS = ("timer", "message_subscription", "incident")

Act = Callable[[Waiting, Case], Awaitable[object]]


async def in_time(world: Waiting, case: Case) -> object:
    world.advance(days=1)
    return await work_until_quiet(world.app.ports)


async def by_message(world: Waiting, case: Case) -> object:
    return await case.deliver("Stop")


async def by_data(world: Waiting, case: Case) -> object:
    return await case.fill("notes", {"name": "stop"})


@pytest.mark.parametrize("act", [in_time, by_message, by_data])
@pytest.mark.parametrize("is_begun", [False, True], ids=["before the jobs", "with a child and a stopped task"])
async def test_an_interrupted_scope_leaves_nothing_behind(
    logins: Logins, tmp_path: Path, act: Act, is_begun: bool
) -> None:
    services = {"send": Office(ValueError("closed")).send} if is_begun else {"send": Office().send}
    forms = files(INTERRUPTED, forms=NOTES)
    async with waiting(logins, tmp_path, forms, child(), services=services) as world:
        case = await world.app.as_person().instantiate()
        await case.fill("form", {"name": "A-1"})
        await case.complete()
        if is_begun:
            await case.work()
        assert set(case.waits) == set(BRANCHES)
        await act(world, case)
        await case.refresh()
        assert case.waits == ["After"]
        assert {table: await world.count(table) for table in WAITS} == dict.fromkeys(WAITS, 0)
        assert await world.admin.fetchval("select count(*) from dg.job where owner > 0") == 0
        assert await world.admin.fetchval("select count(*) from dg.link where state in ('CALLING', 'LINKED') "
                                          "and relation = 'child'") == 0  # fmt: skip
        left = {entry.state for entry in case.instance.tasks if entry.element_id in BRANCHES}
        assert left == {TaskState.ABANDONED}
        world.advance(days=30)
        await case.work()
        assert (case.waits, await world.count("job")) == (["After"], 0), "nothing of it ever comes"


# Races ----------------------------------------------------------------------------------------------------------------

RIVALS = {"Late": "Timed", "Told": "Heard", "Noted": "Read"}
"""Interrupting event -> the task behind it. Beside them the task may be completed and the process cancelled."""
RACE = process(
    START,
    task("Fill"),
    timer("boundaryEvent", "Late", "P1D", attachedToRef="Fill"),
    message("boundaryEvent", "Told", "Stop", attachedToRef="Fill"),
    conditional("boundaryEvent", "Noted", STOP, attachedToRef="Fill"),
    *(task(name, "none") for name in RIVALS.values()),
    task("Done", "none"),
    END,
    flows("Start Fill Done End", *(f"{event} {name} End" for event, name in RIVALS.items())),
    outside=[declared("Stop", '"stop"')],
)
INSTANCES = 8


def triggers(world: Waiting, case: Case) -> list[Awaitable[object]]:
    """Everything that ends the first task, each a transaction of its own."""
    ports, who = world.app.ports, case.principal
    (entry,) = case.instance.open_tasks
    return [
        fire_timer(ports, world.app.version.app_id, case.id),
        deliver_message(ports, who, DeliverMessage(name="Stop", instance_id=case.id)),
        write_form_data(ports, who, WriteFormData(instance_id=case.id, data_type="notes", data={"name": "stop"})),
        advance_process(ports, who, AdvanceProcess(instance_id=case.id, task_id=entry.entry_id)),
        cancel_process(ports, who, CancelProcess(instance_id=case.id)),
    ]


async def raced(world: Waiting, seed: int) -> Counter[str]:
    """Lets all triggers of several instances race; what came of each instance, and whatever is no refusal."""
    cases = [await world.app.as_person().instantiate() for _ in range(INSTANCES)]
    world.advance(days=1)
    all_of_them = [trigger for case in cases for trigger in triggers(world, case)]
    random.Random(seed).shuffle(all_of_them)
    answers = await asyncio.gather(*all_of_them, return_exceptions=True)
    faults = [answer for answer in answers if isinstance(answer, BaseException) and not isinstance(answer, Refused)]
    return Counter([await ending(world, case) for case in cases] + [type(fault).__name__ for fault in faults])


async def ending(world: Waiting, case: Case) -> str:
    """The one trigger that won; `several` or `nobody` where that is not so."""
    rows = await world.admin.fetch(
        "select element_id, status from dg.process_task where instance_id = $1 order by position", case.id
    )
    status = await world.admin.fetchval("select status from dg.instance where instance_id = $1", case.id)
    behind: Sequence[str] = [row["element_id"] for row in rows if row["element_id"] != "Fill"]
    first = [row["status"] for row in rows if row["element_id"] == "Fill"]
    if len(behind) > 1 or len(first) != 1:
        return "several"
    if not behind:
        return "cancelled" if (status, first) == ("CANCELLED", ["ABANDONED"]) else "nobody"
    return behind[0] if first == ["COMPLETED" if behind == ["Done"] else "ABANDONED"] else "several"


GOOD = {*RIVALS.values(), "Done", "cancelled"}


@pytest.mark.parametrize("seed", range(3))
async def test_of_triggers_that_race_one_wins(logins: Logins, tmp_path: Path, seed: int) -> None:
    async with waiting(logins, tmp_path, files(RACE, forms=NOTES)) as world:
        found = await raced(world, seed)
        assert (set(found) - GOOD, found.total()) == (set(), INSTANCES), found
        assert {table: await world.count(table) for table in WAITS} == dict.fromkeys(WAITS, 0)


async def lock_nothing(*_: Any) -> bool:
    """The twin: nobody waits for anybody."""
    return True


async def test_the_races_catch_that_nobody_locks(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(RACE, forms=NOTES)) as world:
        with patch.object(instances, "lock", lock_nothing):
            found = await raced(world, 0)
        assert set(found) - GOOD, f"no violation among {found}"
        await world.admin.execute("truncate dg.instance cascade")
