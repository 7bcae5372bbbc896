"""Expressions of a process besides the conditions of its flows: loops, timers, keys, mapped values (process engine)."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from dialog_graph.apps import AppEvaluator, AppVersion
from dialog_graph.apps.diagnostics import PROCESS
from dialog_graph.bpmn import EvaluationFailed, ValueEvaluator, Vars
from dialog_graph.model.instance import DataElement
from tests.unit.apps.sample import findings, form, instance, loaded

HEAD = (
    '<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:a="http://altinn.no/process" '
    'xmlns:d="urn:dialog-graph:process:1">'
)


def process(task: str = "", loop: str = "", edge: str = "", after: str = "") -> str:
    """Task_1 with more extensions and a loop, what is attached to it, and what stands behind it on the path."""
    nodes = ["Start", "Task_1", *([after.split('id="')[1].split('"')[0]] if after else []), "End"]
    flows = [
        f'<b:sequenceFlow id="Flow_{number}" sourceRef="{source}" targetRef="{target}"/>'
        for number, (source, target) in enumerate(pairwise(nodes))
    ]
    typed = "<a:taskExtension><a:taskType>data</a:taskType></a:taskExtension>"
    lines = (
        HEAD,
        '<b:message id="Reply" name="reply"/>',
        '<b:process id="p">',
        '<b:startEvent id="Start"/><b:endEvent id="End"/>',
        f'<b:task id="Task_1"><b:extensionElements>{typed}{task}</b:extensionElements>{loop}</b:task>',
        *(edge, after, *flows, "</b:process></b:definitions>"),
    )
    return "\n".join(lines)


MANY = (
    "<b:multiInstanceLoopCharacteristics><b:extensionElements>"
    "<d:multiInstance collection='[\"dataModel\", \"rows\"]' outputCollection='costs' outputElement='[\"argv\", 1]'/>"
    '</b:extensionElements><b:completionCondition>["greaterThan", ["argv", 4], 1]</b:completionCondition>'
    "</b:multiInstanceLoopCharacteristics>"
)
DUE = '<d:deadline at=\'["dataModel", "name"]\' action="reject"><d:reminder before="P1D"/></d:deadline>'
LATE = (
    '<b:boundaryEvent id="Late" attachedToRef="Task_1"><b:timerEventDefinition>'
    '<b:timeDuration>["if", ["dataModel", "agreed"], "P1D", "else", "P7D"]</b:timeDuration>'
    '</b:timerEventDefinition></b:boundaryEvent><b:sequenceFlow id="Flow_9" sourceRef="Late" targetRef="End"/>'
)
WAIT = (
    '<b:intermediateCatchEvent id="Wait"><b:messageEventDefinition messageRef="Reply"><b:extensionElements>'
    '<d:correlation key=\'["dataModel", "age"]\'/></b:extensionElements></b:messageEventDefinition>'
    "</b:intermediateCatchEvent>"
)
CALL = (
    '<b:callActivity id="Call"><b:extensionElements><d:callApp app="ttd/other"><d:map from="address.city" to="m:c"/>'
    '<d:map from=\'["plus", ["dataModel", "age"], 1]\' to="m:age"/></d:callApp></b:extensionElements></b:callActivity>'
)
DATA = form(
    {"name": "2030-06-01", "age": 7, "agreed": True, "address": {"city": "Bø"}, "rows": [{"item": "a"}, {"item": "b"}]}
)


def evaluator(*data: DataElement, **parts: str) -> AppEvaluator:
    return AppEvaluator(version=loaded({PROCESS: process(**parts)}), instance=instance(*data))


def vars_at(element: str, last: str | None = None, argv: tuple[Any, ...] = ()) -> Vars:
    return Vars(gateway_action=None, last_task=last, gateway=element, argv=argv)


@pytest.mark.parametrize(
    ("key", "asked", "parts", "value"),
    [
        ("Task_1:collection", vars_at("Task_1"), {"loop": MANY}, [{"item": "a"}, {"item": "b"}]),
        ("Task_1:outputElement", vars_at("Task_1", argv=("x", 1, 2, 1, 0)), {"loop": MANY}, 1),
        ("Task_1:completionCondition", vars_at("Task_1", argv=("x", 1, 2, 1, 2)), {"loop": MANY}, True),
        ("Task_1:deadline:timer", vars_at("Task_1:deadline", "Task_1"), {"task": DUE}, "2030-06-01"),
        ("Task_1:reminder1:timer", vars_at("Task_1:reminder1", "Task_1"), {"task": DUE}, "2030-06-01"),
        ("Late:timer", vars_at("Late", "Task_1"), {"edge": LATE}, "P1D"),
        ("Wait:correlation", vars_at("Wait", "Task_1"), {"after": WAIT}, 7),
        ("Call:map0", vars_at("Call", "Task_1"), {"after": CALL}, "Bø"),
        ("Call:map1", vars_at("Call", "Task_1"), {"after": CALL}, 8),
    ],
)
def test_values_of_an_instance(key: str, asked: Vars, parts: Mapping[str, str], value: Any) -> None:
    """Those of a task and of what is attached to it look at its own form, others at that of the task before."""
    found = evaluator(DATA, **parts).value(key, asked)

    assert (found, type(found)) == (value, type(value))


def test_it_is_the_evaluator_that_the_interpreter_asks_for_values() -> None:
    assert isinstance(evaluator(), ValueEvaluator)


def test_an_expression_that_fails_says_why_without_form_data() -> None:
    more = '["compare", ["dataModel", "name"], "isBefore", "2030-01-01"]'
    edge = LATE.replace('["if", ["dataModel", "agreed"], "P1D", "else", "P7D"]', more)
    failed = evaluator(form({"name": "secret"}), edge=edge).value("Late:timer", vars_at("Late", "Task_1"))

    assert isinstance(failed, EvaluationFailed)
    assert "secret" not in failed.message


def test_what_is_not_there_or_does_not_compile_fails() -> None:
    assert isinstance(evaluator().value("Nowhere:timer", vars_at("Nowhere")), EvaluationFailed)


def codes(**parts: str) -> list[tuple[str, int | None, str | None]]:
    found = findings({PROCESS: process(**parts)})
    return [(item.code, item.line, item.element_id) for item in found if item.code.startswith("DG7")]


def test_an_expression_that_does_not_compile_is_told_at_its_line() -> None:
    assert codes(edge=LATE.replace('["if",', '["iff",')) == [("DG7001", 6, "Late")]


def test_what_is_unknown_in_a_deadline_is_told_once_and_of_its_task() -> None:
    task = DUE.replace('["dataModel", "name"]', '["dataModel", "name", "nothing"]')

    assert codes(task=task) == [("DG7005", 5, "Task_1")]


def test_only_conditions_must_give_true_or_false() -> None:
    text = '["stringLength", ["dataModel", "name"]]'
    looped = f"<b:loopCondition>{text}</b:loopCondition>"
    looped = f"<b:standardLoopCharacteristics>{looped}</b:standardLoopCharacteristics>"

    assert codes(loop=looped) == [("DG7007", 5, "Task_1")]
    assert codes(after=WAIT.replace('["dataModel", "age"]', text)) == []


def test_every_expression_of_an_app_is_compiled() -> None:
    version: AppVersion = loaded({PROCESS: process(task=DUE, loop=MANY, edge=LATE, after=WAIT)})

    assert set(version.conditions) == set(version.definition.expressions)
