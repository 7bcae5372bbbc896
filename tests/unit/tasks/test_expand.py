"""What leaving and entering a task, and the end, ask for, and in which order."""

import pytest

from dialog_graph.bpmn import EndProcess, EnterTask, LeaveTask, Outcome
from dialog_graph.tasks import (
    TYPES,
    ArchiveInstance,
    CreateData,
    DeleteEndedData,
    DeleteGenerated,
    Finalise,
    LockAll,
    LockData,
    TaskType,
    UnlockData,
    expand,
)


def left(outcome: Outcome, *, reentered: bool = False) -> LeaveTask:
    return LeaveTask(element_id="T", entry_no=1, outcome=outcome, reentered=reentered)


every_type = pytest.mark.parametrize("task_type", TYPES.values(), ids=TYPES)


@every_type
def test_a_completed_task_is_finalised_and_then_locked(task_type: TaskType) -> None:
    assert expand(left(Outcome.COMPLETED), task_type) == (Finalise("T"), LockData("T"))
    assert expand(left(Outcome.COMPLETED, reentered=True), task_type) == (Finalise("T"), LockData("T"))


@every_type
@pytest.mark.parametrize("outcome", [Outcome.ABANDONED, Outcome.CANCELLED])
def test_a_task_that_is_left_otherwise_is_locked_but_never_finalised(task_type: TaskType, outcome: Outcome) -> None:
    assert expand(left(outcome), task_type) == (LockData("T"),)


@every_type
def test_only_a_data_task_stays_open_when_the_same_step_enters_it_again(task_type: TaskType) -> None:
    words = expand(left(Outcome.ABANDONED, reentered=True), task_type)
    assert words == (() if task_type.name == "data" else (LockData("T"),))


@every_type
def test_entering_deletes_what_an_earlier_round_made_then_unlocks_then_creates(task_type: TaskType) -> None:
    words = expand(EnterTask(element_id="T", entry_no=2), task_type)
    assert words == (DeleteGenerated("T"), UnlockData("T"), CreateData("T"))


@every_type
@pytest.mark.parametrize("end_event", ["End", None])
def test_the_end_locks_everything_archives_and_deletes_what_is_to_go(
    task_type: TaskType, end_event: str | None
) -> None:
    words = expand(EndProcess(end_event=end_event), task_type)
    assert words == (LockAll(), ArchiveInstance(end_event), DeleteEndedData())
