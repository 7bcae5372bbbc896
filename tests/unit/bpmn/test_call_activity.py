"""Call activities: another app's instance, and what its end means here (process engine §13)."""

import pytest

from dialog_graph.bpmn import (
    CallApp,
    ChildEnded,
    CloseWaits,
    EnterTask,
    IncidentOpened,
    Outcome,
    Resolve,
    Retry,
    TaskEntered,
    TaskLeft,
)
from dialog_graph.bpmn.facts import EvaluationFailed
from dialog_graph.bpmn.task_config import CallAppConfig, Copied
from tests.unit.bpmn.models import Given, Walk, after, boundary, end, flow, line, node, process, read, task, walk

CANCELLED = '<bpmn:error id="cancelled-id" errorCode="CHILD_CANCELLED"/>'
ERROR = '<bpmn:errorEventDefinition errorRef="cancelled-id"/>'


def call(inside: str = "", attributes: str = 'app="ttd/other"', more: str = "") -> str:
    called = f"<dg:callApp {attributes}>{inside}</dg:callApp>"
    return node("callActivity", "Call", f"<bpmn:extensionElements>{called}</bpmn:extensionElements>{more}")


def ended(instance: Walk, error: str | None = None, owner: int = 3) -> str | None:
    refusal = instance.try_worker(ChildEnded("Call", 1, owner, error))
    return refusal.code if refusal else None


def test_a_call_waits_for_the_other_instance():
    instance = walk(*line(call(), task("Next"))).start()
    assert instance.events[1] == TaskEntered(element_id="Call", entry_no=1, task_type="callApp")
    assert instance.effects == [
        EnterTask(element_id="Call", entry_no=1),
        CallApp(element_id="Call", entry_no=1, owner=3, app="ttd/other", data={}),
    ]
    assert (instance.waiting, ended(instance)) == (["Call: call"], None)
    assert TaskLeft(element_id="Call", entry_no=1, outcome=Outcome.COMPLETED) in instance.events
    assert (instance.active, instance.waiting) == (["Next#1"], [])


def test_party_and_mapped_values_are_asked_and_go_with_the_call():
    inside = (
        '<dg:map from="applicant.name" to="model:name"/>'
        '<dg:map from=\'["argv", 0]\' to="model:item"/>'
        '<dg:attach dataType="files" to="received"/><dg:return from="model:answer" to="model:result"/>'
    )
    how = 'app="ttd/other" party=\'["p"]\' credentials="user" completion="detach"'
    values: dict[str, Given] = {"Call:party": "urn:x", "Call:map0": "Kari", "Call:map1": {"a": 1}}
    instance = walk(*line(call(inside, how)), values=values).start()
    assert instance.effects[-1] == CallApp(
        element_id="Call", entry_no=1, owner=3, app="ttd/other", party="urn:x", credentials="user",
        completion="detach", data={"model:name": "Kari", "model:item": {"a": 1}},
    )  # fmt: skip
    texts = {key: expression.text for key, (_, expression) in instance.definition.expressions.items()}
    assert texts == {"Call:party": '["p"]', "Call:map0": '["dataModel","applicant.name"]', "Call:map1": '["argv", 0]'}
    task = instance.definition.task("Call")
    assert task is not None
    assert isinstance(task.config.call_app, CallAppConfig)
    assert task.config.call_app.attachments == (Copied(source="files", target="received"),)
    assert task.config.call_app.returns == (Copied(source="model:answer", target="model:result"),)


def test_called_element_is_the_short_form():
    short = '<bpmn:callActivity id="Call" calledElement="ttd/other"/>'
    instance = walk(*line(short)).start()
    assert [effect.app for effect in instance.effects if isinstance(effect, CallApp)] == ["ttd/other"]


def test_a_service_task_of_the_type_calls_too():
    extra = '<dg:callApp app="ttd/other"/>'
    definition = read(process(*line(task("Call", "callapp", tag="serviceTask", extra=extra))))
    assert Walk(definition).start().waiting == ["Call: call"]


def test_a_value_that_cannot_be_had_stops_the_call_before_it_is_made():
    inside = '<dg:map from="name" to="model:name"/>'
    edge = (boundary("Edge", "Call", after("PT1H")), flow("Edge", "End"))
    instance = walk(*line(call(inside)), *edge, values={"Call:map0": EvaluationFailed("no model")})
    instance.by_engine = True
    instance.start()
    assert (instance.incidents, instance.waiting) == ([("Call", 1, "CONDITION_FAILED")], [])
    instance.answers.by_flow["Call:map0"] = 1
    assert instance.do(Retry("Call", 1)).waiting == ["Edge: timer", "Call: call"]


def test_an_end_by_error_goes_to_the_boundary_that_knows_it():
    parts = (*line(call(), task("Next")), boundary("Edge", "Call", ERROR), task("Handle"), end("Done"))
    parts += (flow("Edge", "Handle"), flow("Handle", "Done"))
    instance = walk(*parts, declared=CANCELLED).start()
    assert ended(instance, "CHILD_CANCELLED") is None
    assert (instance.active, instance.waiting) == (["Handle#1"], [])
    assert TaskLeft(element_id="Call", entry_no=1, outcome=Outcome.CANCELLED) in instance.events
    other = walk(*parts, declared=CANCELLED).start()
    assert ended(other, "E42") is None
    assert other.incidents == [("Call", 1, "CHILD_FAILED")]


def test_without_such_a_boundary_it_is_an_incident_that_can_be_retried_or_resolved():
    for help, active in ((Retry("Call", 1), "Call#1"), (Resolve("Call", 1, "success"), "Next#1")):
        instance = walk(*line(call(), task("Next"))).start()
        assert ended(instance, "CHILD_CANCELLED") is None
        opened = instance.events[-1]
        assert isinstance(opened, IncidentOpened)
        assert (opened.code, instance.waiting) == ("CHILD_FAILED", [])
        assert instance.do(help).active == [active]
        assert instance.waiting == (["Call: call"] if active == "Call#1" else [])


def test_a_call_that_is_taken_away_is_closed():
    parts = (*line(call()), boundary("Edge", "Call", after("PT1H")), flow("Edge", "End"))
    instance = walk(*parts).start().pass_time(hours=1)
    assert [effect for effect in instance.effects if isinstance(effect, CloseWaits)] == [CloseWaits(owner=3)]
    assert (instance.ended, ended(instance)) == (True, "NOT_ACTIVE")


@pytest.mark.parametrize("command", [ChildEnded("Call", 2, 3), ChildEnded("Call", 1, 4), ChildEnded("Next", 1, 3)])
def test_the_end_of_another_child_is_not_waited_for(command: ChildEnded):
    instance = walk(*line(call(), task("Next"))).start()
    refused = instance.try_worker(command)
    assert refused is not None
    assert (refused.code, instance.waiting) == ("NOT_ACTIVE", ["Call: call"])


def test_one_call_for_each_item():
    many = node("multiInstanceLoopCharacteristics", "Many", "<bpmn:loopCardinality>2</bpmn:loopCardinality>")
    inside = '<dg:map from="name" to="model:name"/>'
    values: dict[str, Given] = {"Call:cardinality": 2, "Call:map0": lambda vars: vars.argv[1]}
    instance = walk(*line(call(inside, more=many), task("Next")), values=values).start()
    calls = [effect for effect in instance.effects if isinstance(effect, CallApp)]
    assert [(each.entry_no, each.index, each.data) for each in calls] == [
        (1, 0, {"model:name": 0}),
        (2, 1, {"model:name": 1}),
    ]
    for each in reversed(calls):
        instance.worker(ChildEnded(each.element_id, each.entry_no, each.owner))
    assert instance.active == ["Next#1"]
