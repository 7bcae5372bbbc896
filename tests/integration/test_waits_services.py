"""A call of another app for each item, and service tasks that are undone (process engine §4.14, §13, §13.1).

Each step is replayed and its rows of waits are counted.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from dialog_graph.apps import Files
from dialog_graph.model.service_task import Fail, ServiceHandler, ServiceOutcome, ServiceTask, Success
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from tests.integration.test_calls import CHILD, MAP, child
from tests.integration.waits_app import element, extended, files, flows, process, several, task
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")

# A call for each item -------------------------------------------------------------------------------------------------


def calling_each(*, sequential: bool) -> Files:
    """Calls the other app three times."""
    loop = several(cardinality="3", sequential=sequential)
    call = element("callActivity", "Ask", extended(f'<d:callApp app="{CHILD}">{MAP}</d:callApp>') + loop)
    return files(process(START, task("Fill"), call, END, flows("Start Fill Ask End")))


async def children(world: Waiting, case: Case) -> Sequence[Case]:
    """The instances that the case has called, in the order of the items."""
    query = "select other_id from dg.link where instance_id = $1 and relation = 'child' order by loop_index"
    kari = world.others[0].as_person()
    return [await kari.open(row[0]) for row in await world.admin.fetch(query, case.id)]


async def test_one_child_for_each_item_and_the_caller_waits_for_all(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, calling_each(sequential=False), child()) as world:
        case = await world.app.as_person().instantiate()
        await case.fill("form", {"name": "A-1"})
        await (await case.complete()).work()
        called = await children(world, case)
        assert [each.data("form") for each in called] == [{"name": "A-1"}] * 3
        assert [(entry.entry_no, entry.loop_index) for entry in case.instance.open_tasks] == [(1, 0), (2, 1), (3, 2)]
        scopes = await world.admin.fetch("select distinct scope_id from dg.process_task where element_id = 'Ask'")
        assert [row[0] > 0 for row in scopes] == [True], "all stand in the one body of the loop"
        for left, each in zip((2, 1, 0), reversed(called), strict=True):
            await each.complete()
            await case.work()
            assert case.tasks == ["Ask"] * left
        assert case.status == "COMPLETED"


async def test_one_child_after_the_other(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, calling_each(sequential=True), child()) as world:
        case = await (await (await world.app.as_person().instantiate()).complete()).work()
        for number in (1, 2, 3):
            called = await children(world, case)
            assert (len(called), case.tasks) == (number, ["Ask"])
            await called[-1].complete()
            await case.work()
        assert case.status == "COMPLETED"


async def test_a_caller_that_is_cancelled_asks_each_of_its_children_to_stop(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, calling_each(sequential=False), child()) as world:
        case = await (await (await world.app.as_person().instantiate()).complete()).work()
        called = await children(world, case)
        await called[0].complete()
        await case.work()
        await (await case.cancel("enough")).work()
        assert [(await each.refresh()).status for each in called] == ["COMPLETED", "CANCELLED", "CANCELLED"]
        states = await world.admin.fetch("select state from dg.link where relation = 'child' order by loop_index")
        assert [row[0] for row in states] == ["ENDED", "UNLINKED", "UNLINKED"]


# Service tasks and what undoes them -----------------------------------------------------------------------------------


class Agency:
    """Code for all service tasks of the journey: what it was asked for, and for which tasks it refuses."""

    def __init__(self, *refused: str) -> None:
        self.asked: list[str] = []
        self._refused = refused

    async def serve(self, task: ServiceTask) -> ServiceOutcome:
        self.asked.append(task.task_id)
        if task.task_id in self._refused:
            return Fail(error_code="FULL", details="no seats")
        return Success(data={"notes": {"name": task.task_id}})

    @property
    def services(self) -> dict[str, ServiceHandler]:
        """For the world."""
        return {"book": self.serve}


def undoable(id: str) -> str:
    """A service task with another one that undoes it."""
    edge = element("boundaryEvent", f"Edge{id}", "<b:compensateEventDefinition/>", attachedToRef=id)
    undo = task(f"Undo{id}", "book", kind="serviceTask").replace(
        f'id="Undo{id}"', f'id="Undo{id}" isForCompensation="true"'
    )
    line = element("association", f"To{id}", sourceRef=f"Edge{id}", targetRef=f"Undo{id}")
    return task(id, "book", kind="serviceTask") + edge + undo + line


JOURNEY = process(
    START,
    undoable("Flight"),
    undoable("Hotel"),
    task("Pay", "book", kind="serviceTask"),
    element("boundaryEvent", "Full", '<b:errorEventDefinition errorRef="NoSeats"/>', attachedToRef="Pay"),
    element("intermediateThrowEvent", "Back", "<b:compensateEventDefinition/>"),
    task("Explain", "none"),
    END,
    flows("Start Flight Hotel Pay End", "Full Back Explain End"),
    outside=[element("error", "NoSeats", errorCode="FULL")],
)
TRAVEL = files(JOURNEY, forms={"notes": None})


@pytest.mark.parametrize(
    ("refused", "asked", "tasks"),
    [
        ((), ["Flight", "Hotel", "Pay"], []),
        (("Pay",), ["Flight", "Hotel", "Pay", "UndoHotel", "UndoFlight"], ["Explain"]),
    ],
    ids=["it goes well", "it is full"],
)
async def test_what_was_booked_is_undone_in_the_other_order(
    logins: Logins, tmp_path: Path, refused: Sequence[str], asked: Sequence[str], tasks: Sequence[str]
) -> None:
    agency = Agency(*refused)
    async with waiting(logins, tmp_path, TRAVEL, services=agency.services) as world:
        case = await (await world.app.as_person().instantiate()).work()
        assert (agency.asked, case.tasks, case.instance.has_incident) == (asked, tasks, False)
        assert case.data("notes") == {"name": [name for name in asked if name not in refused][-1]}


async def test_a_handler_that_stops_is_repeated_and_the_rest_is_undone(logins: Logins, tmp_path: Path) -> None:
    agency = Agency("Pay", "UndoHotel")
    async with waiting(logins, tmp_path, TRAVEL, services=agency.services) as world:
        case = await (await world.app.as_person().instantiate()).work()
        assert (case.tasks, case.instance.has_incident) == (["UndoHotel"], True)
        await case.by(world.app.as_org().principal).resolve()
        await case.work()
        assert (agency.asked[-2:], case.tasks) == (["UndoHotel", "UndoFlight"], ["Explain"])
