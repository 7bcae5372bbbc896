"""Models made by others: all are read without exception, those of the apps load, what is refused is named."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.bpmn import Definition, ProcessEnded, read_process
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.markup import children, split_name
from dialog_graph.bpmn.reading.source import read_process_source
from dialog_graph.model import safe_xml
from dialog_graph.model.diagnostic import DiagnosticSeverity, Diags
from tests.unit.bpmn.models import KINDS, Answers, Walk

APPS = {
    "app-with-groups-and-task-navigation": [],
    "component-library": [],
    "frontend-test": [
        ("DG2201", "Gateway_0"), ("DG2107", "Task_3"), ("DG2107", "Task_4"),
        ("DG2107", "Task_5"), ("DG2201", "Gateway_1"),
    ],
    "multiple-datamodels-test": [],
    "payment-test": [("DG2107", "Task_1")],
    "signing-test": [("DG2107", "Task_1")],
    "stateless-app": [("DG2107", "Task_2")],
    "template-v8": [],
}  # fmt: skip
"""App -> the warnings of its process."""

SUPPORTED = {f"F{number:02}" for number in (1, 2, 3, 4, 5, 7, 9, 11, 16, 17, 18, 19, 20, 21, 22, 23, 24)}
"""Known models that are executed as they are; the others lack keys of messages, or are refused."""


def read(file: Path) -> tuple[Definition | None, Diags]:
    return read_process(file.read_bytes(), KINDS)


@pytest.mark.parametrize("app", sorted(APPS))
def test_the_process_of_every_app_loads(shared_dir: Path, app: str):
    definition, found = read(shared_dir / "corpus/apps" / app / "App/config/process/process.bpmn")
    assert definition is not None, found
    warnings = [(each.code, each.element_id) for each in found if each.severity is DiagnosticSeverity.WARNING]
    assert warnings == APPS[app]
    assert {each.code for each in found if each.severity is DiagnosticSeverity.INFO} <= {"DG2105"}
    assert all(each.line and each.hint for each in found)


@pytest.mark.parametrize("app", sorted(APPS))
def test_the_service_tasks_of_the_apps_keep_their_configuration(shared_dir: Path, app: str):
    definition, _ = read(shared_dir / "corpus/apps" / app / "App/config/process/process.bpmn")
    assert definition is not None
    for element in definition.tasks:
        assert element.task is not None
        assert (element.task.type == "signing") == (element.task.config.signature is not None)
        assert (element.task.type == "payment") == (element.task.config.payment is not None)
        assert element.task.type.startswith("pdf") == (element.task.config.pdf is not None)


def test_known_models_are_executed_or_refused_with_every_reason(shared_dir: Path):
    with (shared_dir / "corpus/bpmn/index.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    loaded: set[str] = set()
    for row in rows:
        definition, found = read(shared_dir / "corpus/bpmn" / row["file"])
        if definition is not None:
            loaded.add(row["id"])
        else:
            assert {each.code for each in found if each.is_error} <= {"DG2002", "DG2112", "DG2115", "DG2120", "DG2122"}
            assert all(each.element_id and each.line for each in found if each.is_error)
    assert loaded == SUPPORTED


INPUTS = {"F01": ((1, "theTask1"), (2, "theTask2"), (3, "theTask3")), "F02": ((1, "theTask1"), (5, "theTask2"))}


@pytest.mark.parametrize("id", sorted(INPUTS))
def test_exclusive_choices_of_the_known_models(shared_dir: Path, id: str):
    names = {"F01": "testDivergingExclusiveGateway", "F02": "testDefaultSequenceFlow"}
    definition, _ = read(shared_dir / f"corpus/bpmn/flowable/ExclusiveGatewayTest.{names[id]}.bpmn20.xml")
    assert definition is not None
    for value, task in INPUTS[id]:
        wanted = f"${{input == {value}}}"
        answers = Answers({flow.id: flow.condition_text == wanted for flow in definition.flows})
        instance = Walk(definition, answers).start()
        assert [entry.element_id for entry in instance.state.active_entries(definition)] == [task]
        instance.complete(task)
        assert isinstance(instance.events[-1], ProcessEnded)


def test_no_true_flow_names_the_gateway_and_leaves_no_instance(shared_dir: Path):
    file = "corpus/bpmn/flowable/ExclusiveGatewayTest.testNoSequenceFlowSelected.bpmn20.xml"
    definition, _ = read(shared_dir / file)
    assert definition is not None
    with pytest.raises(AssertionError, match="exclusiveGw"):
        Walk(definition).start()


MODELS = ("A.1.0", "A.2.0", "C.1.0", "C.3.0")


def counted(xml: bytes) -> dict[str, Any]:
    """What the reader finds in a file before it judges anything, by the columns of the index.

    Of what is only shown (pools, message flows, annotations) the elements of the parsed file are counted.
    """
    root = safe_xml.parse(xml, file="model.bpmn")
    assert not isinstance(root, tuple), root
    inside = [child for _, local, child in children(root) if local == "process"]
    processes = [read_process_source(process, Findings("model.bpmn")) for process in inside]
    nodes = [node for process in processes for node in process.nodes]
    shown = Counter(local for namespace, local in map(split_name, root.iter("*")) if namespace == v.BPMN)
    activities = Counter(node.tag for node in nodes if node.tag in v.ACTIVITIES)
    parts = [local for node in nodes for _, local, _ in children(node.xml)]
    return {
        "processes": len(processes),
        "participants": shown["participant"],
        "lanes": len({(process.id, lane) for process in processes for lane in process.lanes.values()}),
        "activities": activities.total(),
        "activity_kinds": dict(activities),
        "gateways": dict(Counter(node.tag for node in nodes if node.tag in v.GATEWAYS)),
        "events": dict(Counter(node.tag for node in nodes if node.tag in v.EVENTS)),
        "event_definitions": dict(Counter(part for part in parts if part in v.EVENT_DEFINITIONS)),
        "sequence_flows": sum(len(process.flows) for process in processes),
        "message_flows": shown["messageFlow"],
        "data_objects": sum(len(process.data_objects) for process in processes),
        "data_stores": shown["dataStore"] + shown["dataStoreReference"],
        "annotations": shown["textAnnotation"],
    }


def expected(folder: Path, model: str) -> dict[str, Any]:
    """The row of the index, `a=1 b=2` as a mapping."""
    with (folder / "index.csv").open(newline="") as lines:
        row = next(row for row in csv.DictReader(lines) if row["file"].endswith(f"{model}.bpmn"))
    del row["file"]
    return {name: int(text) if text.isdigit() else _mapping(text) for name, text in row.items()}


def _mapping(text: str) -> dict[str, int]:
    pairs = (part.split("=") for part in text.split())
    return {name: int(count) for name, count in pairs}


@pytest.mark.parametrize("model", MODELS)
def test_interchange_models_are_read_without_loss(shared_dir: Path, model: str):
    folder = shared_dir / "corpus/bpmn/miwg"
    assert counted((folder / f"{model}.bpmn").read_bytes()) == expected(folder, model)


@pytest.mark.parametrize("model", ["A.1.0", "A.2.0"])
def test_interchange_models_that_load_are_compiled_without_loss(shared_dir: Path, model: str):
    folder = shared_dir / "corpus/bpmn/miwg"
    row = expected(folder, model)
    definition, found = read(folder / f"{model}.bpmn")
    assert definition is not None, found
    assert len(definition.flows) == row["sequence_flows"]
    kinds = Counter(element.kind.value for element in definition.elements)
    assert kinds == {**row["activity_kinds"], **row["gateways"], **row["events"]}


@pytest.mark.parametrize("model", ["C.1.0", "C.3.0"])
def test_interchange_models_that_are_refused_name_every_reason(shared_dir: Path, model: str):
    definition, found = read(shared_dir / f"corpus/bpmn/miwg/{model}.bpmn")
    assert definition is None
    errors = {each.code for each in found if each.is_error}
    assert errors <= {"DG2002", "DG2006", "DG2106", "DG2115", "DG2117"}
    assert all(each.message and each.hint for each in found)
