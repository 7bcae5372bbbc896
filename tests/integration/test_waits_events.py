"""Conditions, deadlines and subprocesses that timers start, on the real database (process engine §4.9, §4.12, §12).

Each step is replayed and its rows of waits are counted.
"""

from datetime import datetime
from pathlib import Path

from dialog_graph.apps import Files
from dialog_graph.commands.delete_data_element import DeleteDataElement, delete_data_element
from dialog_graph.model.instance import TaskState
from dialog_graph.storage.logins import Logins
from tests.integration.waits_app import conditional, element, files, flows, process, scope, task, timer
from tests.integration.waits_world import waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
NOTES = {"form": "Fill", "notes": None}
"""A form of the task, and one of no task, which may be written at any time."""


def noted(name: str) -> str:
    """True when the notes have this name."""
    return f'["equals", ["dataModel", "name", "notes"], "{name}"]'


# Conditions -----------------------------------------------------------------------------------------------------------

GO = process(
    START,
    task("Fill"),
    conditional("intermediateCatchEvent", "Wait", noted("go")),
    END,
    flows("Start Fill Wait End"),
)


async def test_a_condition_holds_the_process_until_the_data_say_otherwise(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(GO, forms=NOTES)) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        assert (case.waits, case.instance.open_entries[0].type) == (["Wait"], "condition")
        await case.fill("notes", {"name": "not yet"})
        assert case.waits == ["Wait"]
        revision = case.instance.revision
        await case.patch("notes", {"op": "replace", "path": "/name", "value": "go"})
        assert (case.status, case.instance.revision) == ("COMPLETED", revision + 1), "in the step that wrote the data"
        assert case.visited == ["Fill", "Wait", "End"]


async def test_a_condition_looks_when_data_are_deleted(logins: Logins, tmp_path: Path) -> None:
    empty = '["equals", ["dataModel", "name", "notes"], null]'
    gone = process(
        START, task("Fill"), conditional("intermediateCatchEvent", "Wait", empty), END, flows("Start Fill Wait End")
    )
    async with waiting(logins, tmp_path, files(gone, forms=NOTES)) as world:
        case = await world.app.as_person().instantiate()
        await case.fill("notes", {"name": "here"})
        assert (await case.complete()).waits == ["Wait"]
        (notes,) = case.elements("notes")
        given = DeleteDataElement(instance_id=case.id, data_element_id=notes.element_id)
        await delete_data_element(case.ports, case.principal, given)
        assert (await case.refresh()).status == "COMPLETED"


async def test_a_condition_at_a_task_fires_at_each_change_to_true(logins: Logins, tmp_path: Path) -> None:
    beside = process(
        START,
        task("Fill"),
        conditional("boundaryEvent", "Urgent", noted("urgent"), attachedToRef="Fill", cancelActivity="false"),
        task("Hurry", "none"),
        END,
        flows("Start Fill End", "Urgent Hurry End"),
    )
    async with waiting(logins, tmp_path, files(beside, forms=NOTES)) as world:
        case = await world.app.as_person().instantiate()
        seen: list[int] = []
        for name in ("calm", "urgent", "urgent", "calm", "urgent"):
            await case.fill("notes", {"name": name})
            seen.append(case.tasks.count("Hurry"))
        assert seen == [0, 1, 1, 1, 2]


async def test_what_a_condition_sets_off_may_stop_and_the_data_are_written(logins: Logins, tmp_path: Path) -> None:
    """The person who writes is not refused for a gateway that comes after the event."""
    nowhere = process(
        START,
        task("Fill"),
        conditional("intermediateCatchEvent", "Wait", noted("go")),
        element("exclusiveGateway", "Which"),
        END,
        flows("Start Fill Wait Which", 'Which End?["equals", ["dataModel", "count", "notes"], 1]'),
    )
    async with waiting(logins, tmp_path, files(nowhere, forms=NOTES)) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        await case.fill("notes", {"name": "go", "count": 2})
        assert (case.instance.has_incident, case.data("notes")) == (True, {"name": "go", "count": 2})
        assert await world.admin.fetchval("select code from dg.incident") == "NO_FLOW"
        await case.fill("notes", {"name": "go", "count": 1})
        assert case.status == "ACTIVE", "an incident is repeated by who may, not by the data"


# Deadlines ------------------------------------------------------------------------------------------------------------


def limited(deadline: str) -> Files:
    """A task with a deadline, and one that comes when it is rejected."""
    return files(
        process(
            START,
            task("Fill", "data", deadline, actions="reject"),
            element("exclusiveGateway", "Which", default="Which-End"),
            task("Overdue", "none"),
            END,
            flows("Start Fill Which End", 'Which Overdue?["equals", ["gatewayAction"], "reject"]', "Overdue End"),
        )
    )


DEADLINE = '<d:deadline after="P7D" action="reject"><d:reminder before="P2D"/><d:reminder before="PT12H"/></d:deadline>'


async def test_a_deadline_reminds_and_then_ends_the_task_by_its_action(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, limited(DEADLINE)) as world:
        case = await world.app.as_person().instantiate()
        due: datetime = await world.admin.fetchval("select max(due_at) from dg.timer")
        seen: list[tuple[int, list[str]]] = []
        for days in (5, 1.5, 0.5):
            world.advance(days=days)
            await case.work()
            seen.append(((await case.events()).count("app.instance.process.timer"), case.tasks))
        assert seen == [(1, ["Fill"]), (2, ["Fill"]), (3, ["Overdue"])]
        assert case.instance.tasks[0].state is TaskState.ABANDONED
        ended = case.instance.tasks[0].ended_at
        assert ended is not None
        assert ended >= due, "never early"
        assert await world.count("timer") == 0


async def test_a_task_that_is_done_in_time_has_no_deadline_any_more(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, limited(DEADLINE)) as world:
        case = await world.app.as_person().instantiate()
        assert await world.count("timer") == 3
        await case.complete()
        assert (case.status, await world.count("timer")) == ("COMPLETED", 0)


async def test_a_deadline_without_an_action_only_tells(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, limited('<d:deadline after="P1D"/>')) as world:
        case = await world.app.as_person().instantiate()
        world.advance(days=1)
        await case.work()
        assert (case.tasks, (await case.events()).count("app.instance.process.timer")) == (["Fill"], 1)


# Event subprocesses ---------------------------------------------------------------------------------------------------


def watched(text: str, of: str, *, interrupting: bool) -> bytes:
    """A task, and beside it a subprocess that a timer starts."""
    started = timer("startEvent", "At", text, of=of, isInterrupting="true" if interrupting else "false")
    inner = (started, task("Chase", "none"), element("endEvent", "Chased"), flows("At Chase Chased"))
    return process(START, task("Fill"), END, scope("Watch", *inner, triggeredByEvent="true"), flows("Start Fill End"))


async def test_a_timer_starts_a_subprocess_in_place_of_the_process(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(watched("PT1H", "Duration", interrupting=True))) as world:
        case = await world.app.as_person().instantiate()
        world.advance(hours=1)
        await case.work()
        assert (case.tasks, case.instance.tasks[0].state, await world.count("timer")) == (
            ["Chase"],
            TaskState.ABANDONED,
            0,
        )
        assert (await case.complete()).status == "COMPLETED"


async def test_a_timer_starts_a_subprocess_beside_the_process_in_each_round(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(watched("R2/PT1H", "Cycle", interrupting=False))) as world:
        case = await world.app.as_person().instantiate()
        for rounds in (1, 2):
            world.advance(hours=1)
            assert (await case.work()).tasks == ["Fill", *["Chase"] * rounds]
        assert await world.count("timer") == 0
        await case.complete(task="Fill")
        assert case.tasks == ["Chase", "Chase"], "the process waits for what the event began"
        await case.complete(task="Chase")
        assert (await case.complete(task="Chase")).status == "COMPLETED"


async def test_an_event_subprocess_waits_no_longer_than_its_process(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(watched("R/PT1H", "Cycle", interrupting=False))) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        assert (case.status, await world.count("timer")) == ("COMPLETED", 0)
