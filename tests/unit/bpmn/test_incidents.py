"""Tasks without code, service tasks, and the ways out of an incident."""

from dataclasses import replace

import pytest

from dialog_graph.bpmn import (
    Cancel,
    IncidentOpened,
    IncidentResolved,
    Outcome,
    Retry,
    StartJob,
    TaskEntered,
    TaskKind,
    TaskLeft,
    read_process,
)
from tests.unit.bpmn.models import KINDS, Walk, line, process, task, walk

ROBOT = task("Robot", "robot", "reject", tag="serviceTask")
UNKNOWN = line(task("Fill"), ROBOT, task("After"))


def test_a_task_without_code_is_entered_and_stops_there():
    instance = walk(*UNKNOWN).start().complete("Fill")
    entered, opened = instance.events[-2:]
    assert entered == TaskEntered(element_id="Robot", entry_no=1, task_type="robot", from_task="Fill")
    assert isinstance(opened, IncidentOpened)
    assert (opened.element_id, opened.entry_no, opened.code) == ("Robot", 1, "NO_HANDLER")
    assert [(e.element_id, e.incident) for e in instance.state.active_entries(instance.definition)] == [
        ("Robot", "NO_HANDLER")
    ]


def test_complete_meets_the_incident_as_a_blocker():
    refused = walk(*UNKNOWN).start().complete("Fill").try_complete("Robot")
    assert refused is not None
    assert (refused.code, [blocker.code for blocker in refused.blockers]) == ("TASK_NOT_READY", ["INCIDENT"])
    assert all(refused.blockers[0].message[language] for language in ("nb", "nn", "en"))


def test_a_declared_reject_leads_out_of_the_incident():
    instance = walk(*UNKNOWN).start().complete("Fill").complete("Robot", "reject")
    assert instance.events[-3:-1] == [
        IncidentResolved(element_id="Robot", entry_no=1, code="NO_HANDLER"),
        TaskLeft(element_id="Robot", entry_no=1, outcome=Outcome.ABANDONED, action="reject"),
    ]
    assert (instance.active, instance.state.incidents) == (["After#1"], ())


def test_cancel_resolves_the_incident():
    instance = walk(*UNKNOWN).start().complete("Fill")
    assert instance.send(Cancel("enough")) is None
    assert IncidentResolved(element_id="Robot", entry_no=1, code="NO_HANDLER") in instance.events
    assert instance.state.incidents == ()


def test_retry_without_code_is_refused_and_with_code_begins_the_entry():
    instance = walk(*UNKNOWN).start().complete("Fill")
    refused = instance.send(Retry("Robot", 1))
    assert refused is not None
    assert refused.code == "NO_HANDLER"
    with_code, _ = read_process(process(*UNKNOWN), {**KINDS, "robot": TaskKind.SERVICE})
    assert with_code is not None
    later = Walk(with_code, state=instance.state)
    assert later.send(Retry("Robot", 1)) is None
    assert later.events == [IncidentResolved(element_id="Robot", entry_no=1, code="NO_HANDLER")]
    assert later.effects == [StartJob(element_id="Robot", entry_no=1, owner=4, task_type="robot")]


def test_retry_with_code_for_a_user_task_lets_it_wait():
    instance = walk(*line(task("Odd", "odd"))).start()
    with_code, _ = read_process(process(*line(task("Odd", "odd"))), {**KINDS, "odd": TaskKind.USER})
    assert with_code is not None
    later = Walk(with_code, state=instance.state)
    assert later.send(Retry("Odd", 1)) is None
    assert later.effects == []
    assert later.complete("Odd", "odd").state.status == "ended"


def test_retry_where_nothing_has_stopped_is_not_active():
    refused = walk(*UNKNOWN).start().send(Retry("Fill", 1))
    assert refused is not None
    assert refused.code == "NOT_ACTIVE"


def test_a_service_task_asks_for_its_job_and_cannot_be_completed_by_a_caller():
    instance = walk(*line(task("Print", "pdf", "reject", tag="serviceTask"))).start()
    assert instance.effects[-1] == StartJob(element_id="Print", entry_no=1, owner=3, task_type="pdf")
    for action in (None, "reject", "abandon"):
        refused = instance.try_complete("Print", action)
        assert refused is not None
        assert (refused.code, refused.blockers[0].code) == ("TASK_NOT_READY", "PROCESSING")


def test_a_retry_of_a_flow_choice_after_a_task_does_not_enter_the_task_again():
    parts = (*line(task("Fill"))[:3], *(), )  # fmt: skip
    text = process(
        *parts,
        '<bpmn:sequenceFlow id="a" sourceRef="Start" targetRef="Fill"/>',
        '<bpmn:sequenceFlow id="b" sourceRef="Fill" targetRef="End"><bpmn:conditionExpression>["x"]'
        "</bpmn:conditionExpression></bpmn:sequenceFlow>",
    )
    definition, _ = read_process(text, KINDS)
    assert definition is not None
    instance = Walk(definition, by_engine=True).start().complete("Fill")
    assert [(i.element_id, i.entry_no, i.code) for i in instance.state.open_incidents(definition)] == [
        ("Fill", 0, "NO_FLOW")
    ]
    assert instance.active == []
    instance.answers.by_flow["b"] = True
    assert instance.send(Retry("Fill", 0)) is None
    assert instance.state.status == "ended"


@pytest.mark.parametrize("entry_no", [0, 2])
def test_an_incident_is_named_with_its_entry(entry_no: int):
    refused = walk(*UNKNOWN).start().complete("Fill").send(Retry("Robot", entry_no))
    assert refused is not None
    assert refused.code == "NOT_ACTIVE"


def test_incidents_of_the_state_are_those_of_its_tokens():
    instance = walk(*UNKNOWN).start().complete("Fill")
    torn = replace(instance.state, incidents=())
    assert instance.state.from_json(torn.to_json()) != torn
