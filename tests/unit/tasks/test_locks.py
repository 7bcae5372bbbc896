"""The one rule about writing data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.model.instance import InstanceStatus
from dialog_graph.tasks import is_writable

ids = st.sampled_from(("Task_1", "Task_2", "Task_3"))


@pytest.mark.parametrize("status", [status for status in InstanceStatus if status is not InstanceStatus.ACTIVE])
@given(task_id=st.none() | ids, active=st.sets(ids))
def test_nothing_is_open_once_the_instance_is_not_active(
    status: InstanceStatus, task_id: str | None, active: set[str]
) -> None:
    assert not is_writable(task_id, active, status)


@given(task_id=ids, active=st.sets(ids))
def test_each_type_follows_its_own_task(task_id: str, active: set[str]) -> None:
    assert is_writable(task_id, active, InstanceStatus.ACTIVE) is (task_id in active)


@given(active=st.sets(ids))
def test_types_without_a_task_are_open_while_the_instance_is(active: set[str]) -> None:
    assert is_writable(None, active, InstanceStatus.ACTIVE)
