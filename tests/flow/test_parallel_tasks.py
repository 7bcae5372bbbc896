"""Several tasks at once: who is told what, which data are open, and what becomes of a task that is cancelled."""

from pathlib import Path
from uuid import UUID

import pytest

from dialog_graph.commands.advance_process import AdvanceProcess, advance_process
from dialog_graph.errors import Refused
from dialog_graph.model.instance import Lock, TaskState
from dialog_graph.testing import AppTest, Case
from dialog_graph.testing.plugin import Open

APP = Path(__file__).resolve().parents[1] / "data" / "apps" / "ttd" / "event-permit"


def entry(case: Case, task: str) -> UUID:
    return next(open.entry_id for open in case.instance.open_tasks if open.element_id == task)


async def complete(app: AppTest, case: Case, task: str, action: str | None = None) -> Case:
    """Completes one of several open tasks."""
    given = AdvanceProcess(instance_id=case.id, task_id=entry(case, task), action=action)
    await advance_process(app.ports, case.principal, given)
    return await case.refresh()


def locks(case: Case) -> dict[str, Lock]:
    return {element.data_type: element.lock for element in case.instance.elements}


async def asked(app: AppTest) -> Case:
    case = await app.as_person("kari").instantiate()
    return await case.complete()


async def refusal(case: Case) -> str:
    with pytest.raises(Refused) as caught:
        await case.complete()
    return caught.value.refusal.code


async def test_both_are_asked_and_each_answers_for_itself(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await asked(app)
        assert case.tasks == ["Police", "Fire"]
        assert locks(case) == {"event": Lock.PROCESS, "police": Lock.NONE, "fire": Lock.NONE}
        assert await refusal(case) == "TASK_REQUIRED"
        await case.fill("fire", {"text": "two exits"})
        await complete(app, case, "Fire")
        assert case.tasks == ["Police"]
        assert locks(case) == {"event": Lock.PROCESS, "police": Lock.NONE, "fire": Lock.PROCESS}
        await case.fill("police", {"text": "no objection"})
        await case.complete()
        assert case.tasks == ["Decide"]


async def test_the_first_open_task_stands_in_the_row(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await asked(app)
        assert await current(app, case) == ("Police", "data")
        await complete(app, case, "Police")
        assert await current(app, case) == ("Fire", "data")


async def current(app: AppTest, case: Case) -> tuple[str, str]:
    async with app.ports.database.snapshot(case.principal) as snapshot:
        row = await snapshot.fetchrow("select current_task, task_type from instance where instance_id = $1", case.id)
    assert row is not None
    return row["current_task"], row["task_type"]


async def test_sent_back_both_are_asked_again(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await asked(app)
        await complete(app, case, "Police")
        await complete(app, case, "Fire")
        await case.send_back(note="another date")
        assert case.tasks == ["Apply"]
        assert locks(case) == {"event": Lock.NONE, "police": Lock.PROCESS, "fire": Lock.PROCESS}
        await case.complete()
        assert case.tasks == ["Police", "Fire"]
        assert [open.entry_no for open in case.instance.open_tasks] == [2, 2]


async def test_a_task_that_is_not_needed_any_more_is_cancelled(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await asked(app)
        for task in ("Police", "Fire", "Decide"):
            await complete(app, case, task)
        assert case.tasks == ["Site", "Papers"]
        await complete(app, case, "Site")
        assert case.status == "COMPLETED"
        states = {task.element_id: task.state for task in case.instance.tasks}
        assert (states["Site"], states["Papers"]) == (TaskState.COMPLETED, TaskState.ABANDONED)
        assert case.instance.end_event == "End"
        assert [name for name in await case.history() if name.startswith("process_End")] == [
            *(["process_EndTask"] * 5),
            "process_EndEvent",
        ]
