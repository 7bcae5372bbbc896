"""What an instance tells about itself."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.model.instance import Instance, InstanceStatus, ProcessStatus, TaskEntry, TaskState
from tests.unit.apps.sample import NOW, attachment, form, instance


def entry(state: TaskState, number: int = 1) -> TaskEntry:
    return TaskEntry(
        entry_id=UUID(int=number), element_id=f"Task_{number}", type="data", entry_no=1, state=state, started_at=NOW
    )


def with_tasks(*states: TaskState, **changes: Any) -> Instance:
    tasks = tuple(entry(state, number) for number, state in enumerate(states, start=1))
    return replace(instance(), tasks=tasks, **changes)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (with_tasks(TaskState.ACTIVE), ProcessStatus.RUNNING),
        (with_tasks(TaskState.WAITING, TaskState.ACTIVE), ProcessStatus.RUNNING),
        (with_tasks(TaskState.COMPLETED, TaskState.WAITING), ProcessStatus.WAITING),
        (with_tasks(), ProcessStatus.WAITING),
        (with_tasks(TaskState.ACTIVE, has_incident=True), ProcessStatus.FAILED),
        (with_tasks(TaskState.COMPLETED, ended_at=NOW, archived_at=NOW), ProcessStatus.ENDED),
        (with_tasks(TaskState.ABANDONED, ended_at=NOW), ProcessStatus.ENDED),
        (with_tasks(TaskState.ABANDONED, status=InstanceStatus.CANCELLED), ProcessStatus.ENDED),
        (with_tasks(TaskState.FAILED, ended_at=NOW, has_incident=True), ProcessStatus.ENDED),
        (with_tasks(TaskState.ACTIVE, status=InstanceStatus.DELETED, deleted_at=NOW), ProcessStatus.RUNNING),
    ],
)
def test_the_process_status_is_the_first_that_fits(found: Instance, status: ProcessStatus) -> None:
    assert found.process_status is status


def test_open_tasks_are_those_that_have_not_ended_in_order_of_activation() -> None:
    found = with_tasks(*TaskState)
    assert [task.state for task in found.open_tasks] == [TaskState.ACTIVE, TaskState.WAITING, TaskState.FAILED]
    assert [task.state for task in found.tasks if not task.is_open] == [TaskState.COMPLETED, TaskState.ABANDONED]


def test_deleted_elements_are_no_longer_seen() -> None:
    kept, gone = attachment(1), attachment(2, deleted_at=NOW)
    assert instance(kept, gone).elements == (kept,)


def test_a_form_is_delivered_as_xml_where_it_has_one() -> None:
    assert form({"a": 1}).wire == b'{"a":1}'
    assert form({"a": 1}, xml=b"<a>1</a>").wire == b"<a>1</a>"
    assert attachment().wire is None


def test_an_instance_knows_its_owner_and_its_reference() -> None:
    found = instance()
    assert found.org == "ttd"
    assert found.ref == f"urn:altinn:instance-id:50001/{found.instance_id}"
