"""Reject, correct, confirm: what is locked when, what the inbox says, which events there are and in which order."""

from collections.abc import Callable

import pytest

from dialog_graph.errors import Refused
from dialog_graph.model.dialog import ActivityType, DialogStatus, TransmissionType
from dialog_graph.model.instance import Lock, TaskState
from dialog_graph.testing import AppTest, Case
from dialog_graph.testing.plugin import Open
from tests.flow.cases import GRANT, PDF, application

DATA_TYPES = ("application", "documentation")


def locks(case: Case) -> dict[str, Lock]:
    return {element.data_type: element.lock for element in case.instance.elements}


async def handed_to_confirmation(app: AppTest) -> Case:
    case = await app.as_person("kari").instantiate()
    await case.fill("application", application())
    await case.upload("documentation", PDF, "application/pdf", "drawing.pdf")
    return await case.complete()


async def refused(step: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        await step()  # pyright: ignore[reportGeneralTypeIssues] -- a step is a coroutine function
    return caught.value.refusal.code


async def test_the_whole_way_round(app_test: Open) -> None:
    async with app_test(GRANT) as app:
        case = await handed_to_confirmation(app)
        await expect_locked(case)
        await case.send_back(note="Beløpet er feil")
        await expect_open_again(case)
        await case.patch("application", {"op": "replace", "path": "/amount", "value": 18500})
        await case.complete()
        await expect_locked(case)
        await case.complete()
        await expect_ended(app, case)


async def expect_locked(case: Case) -> None:
    """In the confirmation nobody writes what was handed in."""
    assert case.tasks == ["Task_2"]
    assert locks(case) == dict.fromkeys(DATA_TYPES, Lock.PROCESS)
    assert (await case.dialog()).status is DialogStatus.IN_PROGRESS
    assert await refused(lambda: case.fill("application", application(amount=1))) == "DATA_LOCKED"
    upload = case.upload
    assert await refused(lambda: upload("documentation", PDF, "application/pdf", "late.pdf")) == "DATA_LOCKED"


async def expect_open_again(case: Case) -> None:
    """A new entry of the same task; exactly its data are open; the inbox asks for attention."""
    assert case.tasks == ["Task_1"]
    assert locks(case) == dict.fromkeys(DATA_TYPES, Lock.NONE)
    entries = [(task.element_id, task.entry_no, task.state, task.sent_back) for task in case.instance.tasks]
    assert entries == [
        ("Task_1", 1, TaskState.COMPLETED, False),
        ("Task_2", 1, TaskState.ABANDONED, False),
        ("Task_1", 2, TaskState.ACTIVE, True),
    ]
    rejected = case.instance.tasks[1]
    assert (rejected.action, rejected.note) == ("reject", "Beløpet er feil")
    dialog = await case.dialog()
    assert dialog.status is DialogStatus.REQUIRES_ATTENTION
    assert len({task.entry_id for task in case.instance.tasks}) == 3, "each entry has an id of its own"


async def expect_ended(app: AppTest, case: Case) -> None:
    assert case.visited == ["Task_1", "Task_2", "Task_1", "Task_2", "EndEvent_1"]
    assert [task.entry_no for task in case.instance.tasks] == [1, 1, 2, 2]
    await case.by(app.as_org().principal).confirm_receipt()
    assert await case.history() == HISTORY
    dialog = await case.dialog()
    assert dialog.status is DialogStatus.COMPLETED
    kinds = [activity.type for activity in sorted(dialog.activities, key=lambda each: each.created_at)]
    assert kinds[0] is ActivityType.DIALOG_CREATED
    assert kinds.count(ActivityType.FORM_SUBMITTED) == 1
    (submission,) = [item for item in dialog.transmissions if item.type is TransmissionType.SUBMISSION]
    assert {attachment.name for attachment in submission.attachments} == set(DATA_TYPES)


# `Saved` right after the end of the form: the row ids of the budget's lines are taken out then.
HISTORY = [
    "Created",
    "process_StartEvent",
    "process_StartTask",
    "Created",
    "Saved",
    "Created",
    "process_EndTask",
    "Saved",
    "process_StartTask",
    "process_AbandonTask",
    "process_StartTask",
    "Saved",
    "process_EndTask",
    "Saved",
    "process_StartTask",
    "process_EndTask",
    "process_EndEvent",
    "Submited",
    "ConfirmedComplete",
]


async def test_the_events_of_a_rejection_in_order(app_test: Open) -> None:
    async with app_test(GRANT) as app:
        case = await handed_to_confirmation(app)
        before = len(await case.events())
        await case.send_back()
        assert (await case.events())[before:] == [
            "app.instance.process.taskAbandoned.Task_2",
            "app.instance.process.sentBack.Task_1",
            "app.instance.process.movedTo.Task_1",
            "app.instance.data.unlocked",
        ]


async def test_ten_rounds_do_not_make_the_state_grow(app_test: Open) -> None:
    """The state does not grow with the rounds: an applicant may change the mind as often as wanted (P32)."""
    async with app_test(GRANT) as app:
        case = await handed_to_confirmation(app)
        sizes = list[int]()
        for _ in range(10):
            await case.send_back()
            await case.complete()
            sizes.append(len(case.instance.process_state))
        assert len(set(sizes)) == 1
        await case.complete()
        assert case.status == "COMPLETED"
        assert case.instance.tasks[-1].entry_no == 11


async def test_a_rejection_needs_no_valid_form_but_a_confirmation_does(app_test: Open) -> None:
    async with app_test(GRANT) as app:
        case = await handed_to_confirmation(app)
        await case.send_back()
        await case.patch("application", {"op": "remove", "path": "/project/title"})
        assert await refused(case.complete) == "VALIDATION_FAILED"
        assert await refused(lambda: case.complete("reject")) == "FORBIDDEN", "nobody may reject in the form"
        await case.refresh()
        assert case.tasks == ["Task_1"]


async def test_a_second_click_moves_nothing_twice(app_test: Open) -> None:
    async with app_test(GRANT) as app:
        case = await handed_to_confirmation(app)
        await case.send_back()
        assert await refused(case.send_back) == "FORBIDDEN", "there is nothing to reject in the form"
        await case.refresh()
        assert case.visited == ["Task_1", "Task_2", "Task_1"]
