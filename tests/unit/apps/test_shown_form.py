"""Which form an app shows: at its entry, for a task, for a data type without a task."""

from typing import Any

import pytest

from dialog_graph.apps.forms.shown import of_entry, of_task, of_type
from dialog_graph.apps.version import AppVersion
from tests.unit.apps.forms_sample import page, part
from tests.unit.apps.sample import METADATA, PROCESS, SETS, loaded, metadata

PAGE = page(part("a"))
FREE: dict[str, Any] = {
    "id": "free",
    "allowedContentTypes": ["application/json"],
    "appLogic": {"schemaRef": "model", "allowAnonymousOnStateless": True},
}


def stateless(show: str = "stateless", *sets: dict[str, Any], **changes: Any) -> AppVersion:
    own = metadata(onEntry={"show": show}, dataTypes=[*metadata()["dataTypes"], FREE])
    folders = {f"ui/{each['id']}/layouts/p.json": PAGE for each in sets}
    return loaded({METADATA: own, SETS: {"sets": list(sets)}, **folders, **changes})


def place(shown: Any) -> Any:
    return shown and (shown.layout.id, shown.data_type, shown.task_id)


TASK = {"id": "form", "dataType": "model", "tasks": ["Task_1"]}


@pytest.mark.parametrize(
    ("show", "sets", "expected"),
    [
        ("stateless", [TASK, {"id": "stateless", "dataType": "free"}], ("stateless", "free", None)),
        ("stateless", [TASK, {"id": "other", "dataType": "free"}], ("other", "free", None)),
        ("other", [{"id": "first", "dataType": "xml"}, {"id": "other"}], ("other", "free", None)),
        ("stateless", [TASK], None),
        ("stateless", [TASK, {"id": "sub", "dataType": "free", "type": "subform"}], None),
    ],
)
def test_a_stateless_entry_is_the_folder_it_names_or_the_first_without_a_task(
    show: str, sets: list[Any], expected: Any
) -> None:
    assert place(of_entry(stateless(show, *sets))) == expected


def test_task_folders_of_no_task_are_stateless() -> None:
    folders = {
        SETS: None,
        "ui/form/Settings.json": None,
        "ui/form/layouts/one.json": None,
        "ui/Task_1/layouts/p.json": PAGE,
        "ui/stateless/layouts/p.json": PAGE,
        "ui/stateless/Settings.json": {"defaultDataType": "free"},
    }
    version = stateless("stateless", **folders)

    assert place(of_entry(version)) == ("stateless", "free", None)
    assert place(of_task(version, "Task_1")) == ("Task_1", "model", "Task_1")


def test_otherwise_the_entry_is_the_first_task_that_has_a_form() -> None:
    process = """<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL"
      xmlns:a="http://altinn.no/process" id="d"><b:process id="p">
      <b:task id="Task_3"><b:extensionElements><a:taskExtension><a:taskType>data</a:taskType></a:taskExtension>
        </b:extensionElements></b:task>
      <b:task id="Task_1"><b:extensionElements><a:taskExtension><a:taskType>data</a:taskType></a:taskExtension>
        </b:extensionElements></b:task>
      <b:task id="Task_2"><b:extensionElements><a:taskExtension><a:taskType>data</a:taskType></a:taskExtension>
        </b:extensionElements></b:task>
      <b:startEvent id="S"/><b:endEvent id="E"/>
      <b:sequenceFlow id="F1" sourceRef="S" targetRef="Task_1"/>
      <b:sequenceFlow id="F2" sourceRef="Task_1" targetRef="Task_2"/>
      <b:sequenceFlow id="F3" sourceRef="Task_2" targetRef="Task_3"/>
      <b:sequenceFlow id="F4" sourceRef="Task_3" targetRef="E"/></b:process></b:definitions>"""
    sets = [{"id": "third", "tasks": ["Task_3"]}, {"id": "second", "tasks": ["Task_2"]}]
    pages = {"ui/third/layouts/p.json": PAGE, "ui/second/layouts/p.json": PAGE}
    version = loaded({PROCESS: process, SETS: {"sets": sets}, **pages})

    assert place(of_entry(version)) == ("second", None, "Task_2")
    assert of_task(version, "Task_1") is None


def test_an_app_without_forms_shows_none() -> None:
    version = loaded({SETS: {"sets": []}, "ui/form/Settings.json": None, "ui/form/layouts/one.json": None})

    assert of_entry(version) is None
    assert of_type(version, "model") is None


def test_the_form_of_a_type_is_the_entry_s_another_stateless_one_or_its_task_s() -> None:
    sets = [TASK, {"id": "stateless", "dataType": "free"}, {"id": "more", "dataType": "xml"}]
    version = stateless("stateless", *sets)

    assert place(of_type(version, "free")) == ("stateless", "free", None)
    assert place(of_type(version, "xml")) == ("more", "xml", None)
    assert place(of_type(version, "model")) == ("form", "model", "Task_1")
    assert of_type(version, "file") is None
