"""The known models of the corpus as apps: driven through the testing API on a real database, as their index says.

Each of them is replayed at the end of its story, and what it waits for is counted anew (`app_test`).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.errors import Refused
from dialog_graph.model.instance import TaskState
from dialog_graph.model.service_task import ServiceOutcome, ServiceTask, Success
from dialog_graph.model.waits import LinkState
from dialog_graph.testing import AppTest, Case
from dialog_graph.testing.plugin import Open
from tests.flow.corpus_models import ASKED, AUTOMATIC, FIRST, FORM, NOTHING, Asked, Models

STORIES: Mapping[str, Sequence[str]] = {
    "F01": ["test_exclusive_split"],
    "F02": ["test_exclusive_default"],
    "F03": ["test_nothing_true_is_no_start", "test_nothing_true_later_moves_nothing"],
    "F04": ["test_nested_fork_and_join"],
    "F05": ["test_inclusive_split"],
    "F06": ["test_inclusive_join_waits_for_what_is_on_its_way", "test_a_start_event_without_conditions"],
    "F07": ["test_signal_before_timer"],
    "F08": ["test_event_based_gateway_before_an_activity_is_refused"],
    "F09": ["test_two_subprocesses_side_by_side"],
    "F10": ["test_transaction_that_succeeds", "test_transaction_that_is_cancelled"],
    "F11": ["test_terminate"],
    "F12": ["test_one_of_two_messages"],
    "F13": ["test_message_beside_a_task"],
    "F14": ["test_event_subprocess_that_does_not_come", "test_event_subprocess_in_place_of_the_task"],
    "F15": ["test_two_events_wait_for_one_message"],
    "F16": ["test_a_day_that_is_not_over", "test_a_day_that_is_over"],
    "F17": ["test_every_hour"],
    "F18": ["test_earliest_of_three_timers"],
    "F19": ["test_caught_at_the_boundary"],
    "F20": ["test_caught_at_the_boundary"],
    "F21": ["test_one_after_the_other"],
    "F22": ["test_all_at_once"],
    "F23": ["test_enough_of_them"],
    "F24": ["test_condition_that_turns_true"],
    "F25": ["test_another_process_is_called"],
}
"""Row of the index -> the stories that drive it."""


def untold(rows: Sequence[str], stories: Mapping[str, Sequence[str]], known: Mapping[str, object]) -> set[str]:
    """Rows without a story, stories without a row, and names of stories that nobody tells."""
    named = {name for names in stories.values() for name in names}
    return set(rows) ^ set(stories) | {name for name in named if not callable(known.get(name))}


@pytest.fixture
def models(app_test: Open, shared_dir: Path, tmp_path: Path) -> Models:
    """Skips where the corpus is not there."""
    return Models(shared_dir / "corpus/bpmn", tmp_path / "apps", app_test)


async def started(app: AppTest, **values: Any) -> Case:
    """A new instance; what its process asks for at once is filled in."""
    case = await app.as_person().instantiate(prefill={FORM: values} if values else None)
    return await case.complete(task=FIRST) if FIRST in case.tasks else case


def names(case: Case) -> list[str]:
    """The names of the open tasks, or their ids."""
    return [counted(task.name or task.element_id, task.loop_index) for task in case.instance.open_tasks]


def counted(text: str, loop_index: int | None) -> str:
    """The other engine counts loops in its texts."""
    return text.replace("${loopCounter}", str(loop_index))


def entered(case: Case) -> list[str]:
    """All tasks that were ever entered, without the first one."""
    return [task.element_id for task in case.instance.tasks if not task.is_event and task.element_id != FIRST]


def states(case: Case, task: str) -> list[TaskState]:
    return [entry.state for entry in case.instance.tasks if entry.element_id == task]


async def timers(case: Case) -> list[str]:
    return [timer.element_id for timer in (await case.awaited()).timers]


async def subscriptions(case: Case) -> list[str]:
    return [f"{item.element_id}: {item.kind} {item.name}" for item in (await case.awaited()).subscriptions]


async def code_of(act: Any) -> str:
    """Code of the refusal."""
    with pytest.raises(Refused) as caught:
        await act
    return caught.value.refusal.code


def test_every_row_has_a_story(models: Models) -> None:
    assert len(models.rows) == 25
    assert not untold(list(models.rows), STORIES, globals())


def test_a_row_without_a_story_is_found() -> None:
    told = {"F01": ["untold"]}
    assert untold(["F01", "F26"], told, globals()) == {"F26"}
    assert untold(["F01"], {**told, "F02": ["nobody"]}, globals()) == {"F02", "nobody"}


async def test_exclusive_split(models: Models) -> None:
    async with models("F01") as app:
        opened = [names(await started(app, input=value)) for value in (1, 2, 3)]
        assert opened == [["Task 1"], ["Task 2"], ["Task 3"]]


async def test_exclusive_default(models: Models) -> None:
    async with models("F02") as app:
        opened = [names(await started(app, input=value)) for value in (1, 5)]
        assert opened == [["Input is one"], ["Default input"]]


async def test_nothing_true_is_no_start(models: Models) -> None:
    """No form is there before the first task, so the app's settings hold the four."""
    async with models("F03", Asked(settings={"input": "4"})) as app:
        with pytest.raises(Refused, match="exclusiveGw") as caught:
            await started(app)
        assert caught.value.refusal.code == "NO_FLOW"
        async with app.ports.database.snapshot(app.as_org().principal) as snapshot:
            left = "select (select count(*) from instance) + (select count(*) from dialog)"
            assert await snapshot.fetchval(left) == 0


async def test_nothing_true_later_moves_nothing(models: Models) -> None:
    async with models("F03") as app:
        case = await app.as_person().instantiate(prefill={"input": 4})
        before = case.instance
        with pytest.raises(Refused, match="exclusiveGw"):
            await case.complete()
        assert (await case.refresh()).instance == before


async def test_nested_fork_and_join(models: Models) -> None:
    async with models("F04") as app:
        case = await started(app)
        done = ("Task_0", "Task_A", "Task_B", "Task_B1", "Task_B2")
        seen = [names(case), *[names(await case.complete(task=task)) for task in done]]
        assert seen == [["Task 0"], ["Task A", "Task B"], ["Task B"], ["Task B1", "Task B2"], ["Task B2"], ["Task C"]]
        assert (await case.complete()).status == "COMPLETED"


async def test_inclusive_split(models: Models) -> None:
    async with models("F05") as app:
        opened = [names(await started(app, input=value)) for value in (1, 3, 5)]
        assert opened == [["Input is one", "Input is three or one"], ["Input is three or one"], ["Default input"]]


async def test_inclusive_join_waits_for_what_is_on_its_way(models: Models) -> None:
    """The conditional flows leave the first task, as they may not leave a start event."""
    async with models("F06") as app:
        case = await started(app, input=3)
        assert names(case) == ["my partial task"]
        assert names(await case.complete()) == ["my task"]
        assert (await case.complete()).status == "COMPLETED"


async def test_a_start_event_without_conditions(models: Models) -> None:
    found = await models.refused("F06", "DG2122")
    assert [line for line, _ in found] == models.lines("F06", 'id="flow1"', 'id="flow2"', 'id="flow3"')


async def test_signal_before_timer(models: Models) -> None:
    async with models("F07") as app:
        thrower = await app.beside(models.folder("F07", number=1))
        case = await started(app)
        (timer,) = (await case.awaited()).timers
        assert (timer.element_id, timer.due_at - timer.opened_at) == ("timerEvent", timedelta(seconds=10))
        assert (await subscriptions(case), case.tasks) == (["signalEvent: signal alert"], [])
        thrown = await started(thrower)
        assert thrown.status == "COMPLETED"
        await thrown.work()
        assert names(await case.refresh()) == ["afterSignal"]
        assert (await timers(case), await subscriptions(case)) == ([], [])
        case.clock.advance(timedelta(seconds=11))
        assert names(await case.work()) == ["afterSignal"]
        assert (await case.complete()).status == "COMPLETED"
        assert entered(case) == ["task2"]


async def test_event_based_gateway_before_an_activity_is_refused(models: Models) -> None:
    ((line, text),) = await models.refused("F08", "DG2112")
    assert [line] == models.lines("F08", '<eventBasedGateway id="gw1"')
    assert "gw1" in text


async def test_two_subprocesses_side_by_side(models: Models) -> None:
    async with models("F09") as app:
        for order in permutations(("subProcessATask", "subProcessBTask")):
            case = await started(app)
            assert names(case) == ["Task in subprocess A", "Task in subprocess B"]
            assert (await case.complete(task=order[0])).tasks == [order[1]]
            assert names(await case.complete(task=order[1])) == ["Task after subprocess"]
            assert (await case.complete()).status == "COMPLETED"


class Agency:
    """The code of all service tasks: does what it is asked, and remembers it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def act(self, task: ServiceTask) -> ServiceOutcome:
        self.done.append(task.task_id)
        return Success()


async def booked(app: AppTest, confirmed: bool) -> Case:
    """The transaction with the customer's answer."""
    case = await (await started(app)).work()
    assert case.tasks == ["askCustomer"]
    await case.fill(FORM, {"confirmed": confirmed})
    return await (await case.complete()).work()


BOOKED = ["bookHotel", "bookFlight", "chargeCard"]


async def test_transaction_that_succeeds(models: Models) -> None:
    agency = Agency()
    async with models("F10", services={AUTOMATIC: agency.act}) as app:
        case = await booked(app, confirmed=True)
        assert (case.tasks, agency.done) == (["afterSuccess"], BOOKED)
        assert records(case) == 3, "the transaction may be undone as long as the process goes on"
        assert (await case.deliver("afterSuccess")).status == "COMPLETED"


async def test_transaction_that_is_cancelled(models: Models) -> None:
    agency = Agency()
    async with models("F10", services={AUTOMATIC: agency.act}) as app:
        case = await booked(app, confirmed=False)
        assert agency.done == [*BOOKED, "undoChargeCard", "undoBookFlight", "undoBookHotel"]
        assert (case.tasks, records(case)) == (["afterCancellation"], 0)
        assert (await case.deliver("afterCancellation")).status == "COMPLETED"


def records(case: Case) -> int:
    """How many compensation records the process keeps."""
    kept = case.instance.process_state.get("cp", [])
    assert isinstance(kept, list)
    return len(kept)


async def test_terminate(models: Models) -> None:
    async with models("F11") as app:
        case = await started(app)
        assert names(case) == ["check before termination", "check before end"]
        await case.complete(task="preTerminateTask")
        assert (case.status, case.instance.end_event) == ("COMPLETED", "EndEvent_2")
        assert states(case, "preNormalTerminateTask") == [TaskState.ABANDONED]
        assert "app.instance.process.taskEnded.preNormalTerminateTask" not in await case.events()


async def test_one_of_two_messages(models: Models) -> None:
    async with models("F12") as app:
        case = await started(app)
        assert len(await subscriptions(case)) == 2
        await case.deliver("messageName_1")
        assert (case.tasks, states(case, "task")) == (["taskAfterMessage_1"], [TaskState.ABANDONED])
        assert await code_of(case.deliver("messageName_2")) == "NOT_CORRELATED"
        assert await subscriptions(case) == []
        assert (await case.complete()).status == "COMPLETED"
        assert entered(case) == ["task", "taskAfterMessage_1"]


async def test_message_beside_a_task(models: Models) -> None:
    async with models("F13") as app:
        case = await started(app)
        waits = ["messageBoundary: message messageName"]
        assert (case.tasks, await subscriptions(case)) == (["task"], waits)
        for count in (1, 2):
            await case.deliver("messageName")
            assert (case.tasks, await subscriptions(case)) == (["task", *["taskAfterMessage"] * count], waits)


async def test_event_subprocess_that_does_not_come(models: Models) -> None:
    async with models("F14") as app:
        case = await started(app)
        assert await subscriptions(case) == ["eventProcessStart: message newMessage"]
        assert (await case.complete()).status == "COMPLETED"
        assert await subscriptions(case) == []


async def test_event_subprocess_in_place_of_the_task(models: Models) -> None:
    async with models("F14") as app:
        case = await (await started(app)).deliver("newMessage")
        assert (case.tasks, await subscriptions(case)) == (["eventSubProcessTask"], [])
        assert (await case.complete()).status == "COMPLETED"
        assert states(case, "task") == [TaskState.ABANDONED]


async def test_two_events_wait_for_one_message(models: Models) -> None:
    async with models("F15") as app:
        case = await started(app)
        both = [f"messageCatch{number}: message newInvoiceMessage" for number in (1, 2)]
        assert sorted(await subscriptions(case)) == both
        await case.deliver("newInvoiceMessage")
        assert (case.tasks, len(await subscriptions(case))) == ([], 1)
        await case.deliver("newInvoiceMessage")
        assert (names(case), await subscriptions(case)) == (["Task"], [])
        assert (await case.complete()).status == "COMPLETED"


async def test_a_day_that_is_not_over(models: Models) -> None:
    async with models("F16") as app:
        case = await started(app)
        case.clock.advance(timedelta(hours=23))
        assert ((await case.work()).tasks, await timers(case)) == (["task"], ["eventProcessStart"])
        assert (await case.complete()).status == "COMPLETED"
        assert await timers(case) == []


async def test_a_day_that_is_over(models: Models) -> None:
    async with models("F16") as app:
        case = await started(app)
        case.clock.advance(timedelta(days=1))
        assert (await case.work()).tasks == ["task", "eventSubProcessTask"]
        assert (await case.complete(task="task")).status == "ACTIVE"
        assert (await case.complete(task="eventSubProcessTask")).status == "COMPLETED"


async def test_every_hour(models: Models) -> None:
    async with models("F17") as app:
        case = await started(app)
        assert (case.tasks, await timers(case)) == (["task"], ["timer"])
        for count in (1, 2):
            case.clock.advance(timedelta(minutes=60))
            await case.work()
            assert (case.tasks, await timers(case)) == (["task", *["timerFiredTask"] * count], ["timer"])
        await case.complete(task="task")
        assert (case.tasks, await timers(case)) == (["timerFiredTask"] * 2, [])
        case.clock.advance(timedelta(minutes=60))
        assert (await case.work()).tasks == ["timerFiredTask"] * 2


async def test_earliest_of_three_timers(models: Models) -> None:
    async with models("F18") as app:
        case = await started(app)
        waiting = (await case.awaited()).timers
        assert [(timer.due_at - timer.opened_at) // timedelta(hours=1) for timer in waiting] == [1, 2, 3]
        case.clock.advance(timedelta(hours=1, seconds=5))
        await case.work()
        assert (names(case), await timers(case)) == (["Third Task"], [])


@pytest.mark.parametrize(
    ("id", "name"),
    [("F19", "task after catching the escalation"), ("F20", "task after catching the error")],
)
async def test_caught_at_the_boundary(models: Models, id: str, name: str) -> None:
    async with models(id) as app:
        case = await started(app)
        assert names(case) == ["subprocessTask"]
        assert names(await case.complete()) == [name]
        assert (await case.complete()).status == "COMPLETED"


async def test_one_after_the_other(models: Models) -> None:
    async with models("F21") as app:
        case = await started(app, nrOfLoops=3)
        assignee = re.findall(rb'assignee="(.+?)"', models.file("F21"))[0].decode()
        seen: list[str] = []
        while case.tasks:
            (task,) = case.instance.open_tasks
            seen.append(counted(assignee, task.loop_index))
            assert await timers(case) == ["timer"]
            await case.complete()
        assert seen == ["kermit_0", "kermit_1", "kermit_2"]
        assert (case.status, await timers(case)) == ("COMPLETED", [])


async def test_all_at_once(models: Models) -> None:
    async with models("F22") as app:
        case = await started(app)
        assert names(case) == ["My Task 0", "My Task 1", "My Task 2"]
        for left in (2, 1, 0):
            assert len((await case.complete(task="miTasks")).tasks) == left
        assert case.status == "COMPLETED"


async def test_enough_of_them(models: Models) -> None:
    async with models("F23") as app:
        case = await started(app)
        counted = [len(case.tasks), *[len((await case.complete(task="miTasks")).tasks) for _ in range(3)]]
        assert (counted, case.status) == ([5, 4, 3, 0], "COMPLETED")
        ends = states(case, "miTasks")
        assert (ends.count(TaskState.COMPLETED), ends.count(TaskState.ABANDONED)) == (3, 2)


async def test_condition_that_turns_true(models: Models) -> None:
    async with models("F24") as app:
        case = await (await started(app)).fill(FORM, {"myVar": "empty"})
        assert (await case.complete()).tasks == []
        assert (await case.work()).waits == ["catchConditional"]
        assert (await case.fill(FORM, {"myVar": "other"})).waits == ["catchConditional"]
        assert (await case.fill(FORM, {"myVar": "test"})).tasks == ["taskAfterConditionalCatch"]
        assert (await case.complete()).status == "COMPLETED"


async def test_another_process_is_called(models: Models) -> None:
    async with models("F25") as app:
        called = await app.beside(models.folder("F25", number=1))
        case = await started(app)
        assert names(case) == ["Task before subprocess"]
        await (await case.complete()).work()
        child = await called.as_person().open(await child_of(case))
        assert (names(child), child.instance.app_id) == (["Task in subprocess"], called.version.app_id)
        assert states(case, "callSubProcess") == [TaskState.WAITING]
        assert (await child.complete()).status == "COMPLETED"
        assert names(await case.work()) == ["Task after subprocess"]
        assert (await case.complete()).status == "COMPLETED"


BEGUN: Mapping[str, list[str]] = {
    "F01": ["Task 1"],
    "F02": ["Input is one"],
    "F03": ["Task 1"],
    "F04": ["Task 0"],
    "F05": ["Input is one", "Input is three or one"],
    "F06": ["my partial task"],
    "F07": [],
    "F09": ["Task in subprocess A", "Task in subprocess B"],
    "F10": ["askCustomer"],
    "F11": ["check before termination", "check before end"],
    "F12": ["task"],
    "F13": ["task"],
    "F14": ["Task"],
    "F15": [],
    "F16": ["Task"],
    "F17": ["task"],
    "F18": ["First Task"],
    "F19": ["subprocessTask"],
    "F20": ["subprocessTask"],
    "F21": ["My Task"],
    "F22": ["My Task 0", "My Task 1", "My Task 2"],
    "F23": [f"My Task {number}" for number in range(5)],
    "F24": ["taskBeforeConditionalCatch"],
    "F25": ["Task before subprocess"],
}
"""Row -> what is open when its process has begun, with 1 for everything that it asks for at once."""

A_DAY_LATER = {
    "F07": ["afterSignal"],
    "F16": ["Task", "Task"],
    "F17": ["task", "timerFiredTask"],
    "F18": ["Third Task"],
    "F21": ["taskAfterTimer"],
}
"""What is open when the signal was thrown, and then a day has passed; all others are where they were."""


async def test_all_of_them_side_by_side(models: Models) -> None:
    """One database; at the end most of them wait for something, which is counted then."""
    async with models("F01", services={AUTOMATIC: Agency().act}) as app:
        apps = {id: app if id == "F01" else await app.beside(models.folder(id)) for id in BEGUN}
        cases = {id: await started(opened, **ones(id)) for id, opened in apps.items()}
        await cases["F10"].work()
        assert {id: names(case) for id, case in cases.items()} == BEGUN
        await (await started(await app.beside(models.folder("F07", number=1)))).work()
        cases["F01"].clock.advance(timedelta(days=1))
        await cases["F01"].work()
        assert {id: names(await case.refresh()) for id, case in cases.items()} == {**BEGUN, **A_DAY_LATER}


def ones(id: str) -> dict[str, int]:
    asked = ASKED.get(id, NOTHING)
    return dict.fromkeys(asked.fields, 1) if asked.task == FIRST else {}


async def child_of(case: Case) -> UUID:
    (link,) = (await case.awaited()).links
    assert link.state is LinkState.LINKED
    assert link.other_id is not None
    return link.other_id
