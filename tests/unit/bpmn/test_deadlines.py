"""Deadlines and reminders of tasks: boundary timers of the compiled model (app folder §3, process engine §12)."""

from datetime import UTC, datetime, timedelta

import pytest

from dialog_graph.bpmn import BoundaryFired, Outcome, TaskLeft
from tests.unit.bpmn.models import (
    NOW,
    Walk,
    codes,
    end,
    flow,
    found,
    gateway,
    line,
    node,
    process,
    read,
    start,
    task,
    walk,
)


def limited(deadline: str, type: str = "data", actions: str = "reject approve") -> str:
    return task("Fill", type, actions, extra=deadline)


def test_a_deadline_with_an_action_ends_the_task_by_it():
    instance = walk(*line(limited('<dg:deadline after="P7D" action="reject"/>'), task("Next"))).start()
    assert instance.waiting == ["Fill:deadline: timer"]
    before = len(instance.events)
    instance.pass_time(days=7)
    assert instance.events[before : before + 2] == [
        BoundaryFired(element_id="Fill:deadline", host_id="Fill", host_entry_no=1, interrupting=True),
        TaskLeft(element_id="Fill", entry_no=1, outcome=Outcome.ABANDONED, action="reject"),
    ]
    assert (instance.active, instance.waiting) == (["Next#1"], [])


@pytest.mark.parametrize(
    ("action", "outcome", "carried"),
    [
        ("complete", Outcome.COMPLETED, "confirm"),
        ("reject", Outcome.ABANDONED, "reject"),
        ("approve", Outcome.COMPLETED, "approve"),
        ("confirm", Outcome.COMPLETED, "confirm"),
    ],
)
def test_the_next_gateway_sees_the_action(action: str, outcome: Outcome, carried: str):
    deadline = f'<dg:deadline after="P1D" action="{action}"/>'
    parts = (
        start(), limited(deadline, "confirmation"), gateway(default="Gateway-End"), end(), flow("Start", "Fill"),
        flow("Fill", "Gateway"), flow("Gateway", "Fill", '["x"]'), flow("Gateway", "End"),
    )  # fmt: skip
    instance = walk(*parts).start().pass_time(days=1)
    ((_, asked),) = instance.answers.asked
    assert asked.gateway_action == carried
    assert TaskLeft(element_id="Fill", entry_no=1, outcome=outcome, action=action) in instance.events


def test_a_deadline_may_reject_where_nobody_else_can():
    deadline = '<dg:deadline after="P1D" action="reject"/>'
    instance = walk(*line(limited(deadline, actions=""), task("Next"))).start()
    refused = instance.try_complete("Fill", "reject")
    assert refused is not None
    assert instance.pass_time(days=1).active == ["Next#1"]


def test_without_an_action_it_only_tells():
    instance = walk(*line(limited('<dg:deadline after="P1D"/>'))).start().pass_time(days=1)
    assert instance.events[-1] == BoundaryFired(
        element_id="Fill:deadline", host_id="Fill", host_entry_no=1, interrupting=False
    )
    assert (instance.active, instance.waiting) == (["Fill#1"], [])


def test_reminders_come_before_it():
    inside = '<dg:reminder before="P2D"/><dg:reminder before="PT12H"/>'
    two = f'<dg:deadline after="P7D" action="complete">{inside}</dg:deadline><dg:deadline after="P9D"/>'
    instance = walk(*line(limited(two), task("Next"))).start()
    due = {row.element_id: row.due_at - NOW for row in instance.rows.timers}
    assert due == {
        "Fill:deadline": timedelta(days=7),
        "Fill:deadline2": timedelta(days=9),
        "Fill:reminder1": timedelta(days=5),
        "Fill:reminder2": timedelta(days=6, hours=12),
    }
    instance.pass_time(days=8)
    told = [event.element_id for event in instance.events if isinstance(event, BoundaryFired)]
    assert told == ["Fill:reminder1", "Fill:reminder2", "Fill:deadline"]
    assert instance.active == ["Next#1"]


def test_the_date_may_be_a_value_of_the_form():
    deadline = '<dg:deadline at=\'["dataModel", "due"]\' action="reject"><dg:reminder before="P1D"/></dg:deadline>'
    values = {"Fill:deadline:timer": "2030-06-01", "Fill:reminder1:timer": "2030-06-01"}
    instance = walk(*line(limited(deadline)), values=values).start()
    assert instance.rows.timer("Fill:deadline").due_at == datetime(2030, 5, 31, 22, tzinfo=UTC)
    assert instance.rows.timer("Fill:reminder1").due_at == datetime(2030, 5, 30, 22, tzinfo=UTC)
    assert {asked.last_task for _, asked in instance.answers.asked} == {"Fill"}
    assert set(instance.definition.expressions) == {"Fill:deadline:timer", "Fill:reminder1:timer"}


def test_a_reminder_that_would_come_too_late_does_not_come():
    deadline = '<dg:deadline after="PT1H"><dg:reminder before="P1D"/></dg:deadline>'
    instance = walk(*line(limited(deadline))).start()
    assert instance.waiting == ["Fill:deadline: timer"]


def test_every_instance_of_a_loop_has_its_own():
    many = node("multiInstanceLoopCharacteristics", "Many", "<bpmn:loopCardinality>2</bpmn:loopCardinality>")
    looped = limited('<dg:deadline after="P1D" action="complete"/>').replace("</bpmn:task>", many + "</bpmn:task>")
    instance = walk(*line(looped, task("Next")), values={"Fill:cardinality": 2}).start()
    assert instance.waiting == ["Fill:deadline: timer", "Fill:deadline: timer"]
    instance.send_entry("Fill", 1)
    assert instance.waiting == ["Fill:deadline: timer"]
    assert instance.pass_time(days=1).active == ["Next#1"]


def test_the_elements_of_the_file_keep_their_numbers_and_what_is_made_stands_behind():
    definition = read(process(*line(limited('<dg:deadline after="P1D"/>'), task("Next"))))
    assert [element.id for element in definition.elements] == ["Start", "Fill", "Next", "End", "Fill:deadline"]
    assert [element.id for element in definition.written] == ["Start", "Fill", "Next", "End"]
    made = definition.elements[4]
    assert (made.is_made, made.host, definition.elements[1].deadlines, made.scope) == (True, 1, (4,), None)


def test_a_deadline_goes_with_its_entry():
    instance: Walk = walk(*line(limited('<dg:deadline after="P1D" action="reject"/>'), task("Next"))).start()
    assert instance.complete("Fill").waiting == []


@pytest.mark.parametrize(
    ("deadline", "problem"),
    [
        ("<dg:deadline/>", "needs either after or at"),
        ('<dg:deadline after="P1D" at="2030-01-01T00:00Z"/>', "needs either after or at"),
        ('<dg:deadline after="a week"/>', 'is due after "a week", which is no duration'),
        ('<dg:deadline at="2030-01-01"/>', "no date-time with a zone"),
        ('<dg:deadline after="P1D"><dg:reminder before="-P1D"/></dg:deadline>', 'has a reminder "-P1D"'),
        ('<dg:deadline after="P1D" action="dance"/>', 'the action "dance", which the task does not have'),
    ],
)
def test_deadlines_that_cannot_be_kept_are_told(deadline: str, problem: str):
    (told,) = found(process(*line(limited(deadline))), "DG2117")
    assert (problem in told.message, told.line, told.element_id) == (True, 4, "Fill")


def test_a_made_id_may_not_meet_a_written_one():
    clash = node("task", "Fill:deadline")
    assert "DG2101" in codes(process(*line(limited('<dg:deadline after="P1D"/>')), clash))
