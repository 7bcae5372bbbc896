"""What is stored of a process that waits: small whatever it has been through, and every entry in its place (§14)."""

from pathlib import Path
from typing import Any

import orjson

from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from tests.integration.test_calls import CHILD, child
from tests.integration.test_jobs import Office
from tests.integration.test_waiting_graph import Seen
from tests.integration.test_waits_services import calling_each
from tests.integration.waits_app import (
    declared,
    element,
    extended,
    files,
    flows,
    message,
    process,
    scope,
    several,
    task,
    timer,
)
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
TARGET = 600
"""Bytes of the state of a process with ten tasks, mid-way."""

NAMES = [f"Task{number}" for number in range(1, 11)]
CHAIN = process(
    START,
    *(task(name, "none", '<d:deadline after="P9D" action="complete"/>') for name in NAMES),
    timer("boundaryEvent", "Nudge", "R/P1D", of="Cycle", attachedToRef="Task5", cancelActivity="false"),
    message("boundaryEvent", "Told", "Reply", attachedToRef="Task5"),
    END,
    flows(f"Start {' '.join(NAMES)} End", "Nudge End", "Told End"),
    outside=[declared("Reply", '"k"')],
)
BESIDE = process(
    START,
    element("parallelGateway", "Split"),
    timer("intermediateCatchEvent", "Pause", "P1D"),
    message("intermediateCatchEvent", "Wait", "Reply"),
    task("Send", "send", kind="serviceTask"),
    task("Stop", "unknown", kind="serviceTask"),
    element("callActivity", "Ask", extended(f'<d:callApp app="{CHILD}"/>')),
    *(task(name, "none", '<d:deadline after="P9D" action="complete"/>') for name in NAMES[:5]),
    element("parallelGateway", "Join"),
    END,
    flows(
        "Start Split",
        *(f"Split {name} Join" for name in ("Pause", "Wait", "Send", "Stop", "Ask", *NAMES[:5])),
        "Join End",
    ),
    outside=[declared("Reply", '"k"')],
)


async def stored(world: Waiting, case: Case) -> int:
    """Bytes of the state as the column holds it."""
    size: int = await world.admin.fetchval(
        "select pg_column_size(process_state) from dg.instance where instance_id = $1", case.id
    )
    return size


async def test_the_state_of_ten_tasks_is_small_at_every_step(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(CHAIN, forms={})) as world:
        case = await world.app.as_person().instantiate()
        sizes: list[int] = []
        for name in NAMES:
            assert case.tasks == [name]
            sizes.append(await stored(world, case))
            await case.complete()
        assert max(sizes) <= TARGET, sizes


async def test_the_state_is_small_while_all_ten_wait_at_once(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(BESIDE, forms={}), child(), services={"send": Office().send}) as world:
        case = await world.app.as_person().instantiate()
        assert len(case.waits) == 10
        state = await world.admin.fetchval("select process_state from dg.instance where instance_id = $1", case.id)
        assert len(orjson.dumps(state)) <= TARGET, "written as JSON; the column keeps its own lengths beside"


async def test_a_state_does_not_grow_with_what_has_been(logins: Logins, tmp_path: Path) -> None:
    """Rounds between two tasks, each with timers that open and close."""
    around = process(
        START,
        task("One", "none", '<d:deadline after="P9D" action="complete"/>'),
        timer("boundaryEvent", "Nudge", "R/P1D", of="Cycle", attachedToRef="One", cancelActivity="false"),
        task("Two", "none", actions="reject"),
        element("exclusiveGateway", "Which", default="Which-End"),
        END,
        flows("Start One Two Which End", 'Which One?["equals", ["gatewayAction"], "reject"]', "Nudge End"),
    )
    async with waiting(logins, tmp_path, files(around, forms={})) as world:
        case = await world.app.as_person().instantiate()
        sizes: list[int] = []
        for _ in range(30):
            await case.complete()
            await case.complete("reject")
            sizes.append(await stored(world, case))
        assert max(sizes) - min(sizes) <= 8, "only numbers have grown"


# Places ---------------------------------------------------------------------------------------------------------------

ENTRIES = """
query ($id: UUID!) { instance(id: $id) { process { tasks { elementId entry loopIndex state } } } }
"""


async def entries(world: Waiting, case: Case) -> list[dict[str, Any]]:
    shown = await Seen(world, "kari").data(ENTRIES, id=str(case.id))
    return shown["process"]["tasks"]


async def test_the_entries_of_several_items_are_told_apart(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, calling_each(sequential=False), child()) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        found = [(entry["elementId"], entry["entry"], entry["loopIndex"]) for entry in await entries(world, case)]
        assert found == [("Fill", 1, None), ("Ask", 1, 0), ("Ask", 2, 1), ("Ask", 3, 2)]


async def test_entries_know_their_scope_and_the_innermost_loop(logins: Logins, tmp_path: Path) -> None:
    inner = (
        element("startEvent", "In"),
        task("Each", "none").replace("</b:task>", f"{several(cardinality='2')}</b:task>"),
        element("endEvent", "Out"),
        flows("In Each Out"),
    )
    outer = scope("Round", several(cardinality="2").replace('id="Many"', 'id="Rounds"'), *inner)
    nested = process(START, task("Fill"), outer, END, flows("Start Fill Round End"))
    async with waiting(logins, tmp_path, files(nested)) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        rows = await world.admin.fetch(
            "select scope_id, array_agg(loop_index order by loop_index) as items, count(*) as n from dg.process_task"
            " where element_id = 'Each' group by scope_id"
        )
        assert [(row["items"], row["n"]) for row in rows] == [([0, 1], 2)] * 2, "two rounds with two items each"
        root = await world.admin.fetchval("select scope_id from dg.process_task where element_id = 'Fill'")
        assert root not in [row["scope_id"] for row in rows]
        assert [entry["loopIndex"] for entry in await entries(world, case)] == [None, 0, 1, 0, 1]
