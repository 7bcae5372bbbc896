"""Further cases of findings: at other places, in other readers, and what is in order. One of each: `faults`."""

from typing import Any

import pytest

from dialog_graph.apps.diagnostics import MAX_PER_FILE, At, finding, ordered
from tests.unit.apps.faults import CALCULATIONS, RULE, rules
from tests.unit.apps.forms_sample import PAGE, group, page, part
from tests.unit.apps.sample import (
    METADATA,
    POLICY,
    PROCESS,
    SETS,
    TEXTS,
    codes,
    findings,
    loaded,
    process,
)


def test_the_sample_has_nothing_to_mend() -> None:
    """Its default flow beside a condition is worth a remark to those who come from the other engine."""
    assert {item.code for item in loaded().diagnostics} == {"DG2202"}


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("DG1003", {METADATA: b" " * ((2 << 20) + 1)}),
        ("DG1004", {METADATA: b'{"id": }'}),
        ("DG1005", {PROCESS: "<a>"}),
        ("DG1006", {POLICY: '<!DOCTYPE a><Policy xmlns="x"/>'}),
        ("DG1007", {METADATA: b'{"id": "ttd/a", "id": "ttd/sample", "title": {"nb": "x"}}'}),
        ("DG2001", {PROCESS: "<a/>"}),
        ("DG4001", {POLICY: None}),
        ("DG4002", {POLICY: "<Policy/>"}),
        ("DG7001", {PROCESS: process(flow='["equals", 1]')}),
        ("DG7001", {PROCESS: process(flow="[")}),
        ("DG7001", rules({"name": [{**RULE, "condition": ["equals", 1]}]})),
        ("DG7001", {CALCULATIONS: {"calculations": {"age": ["nothing"]}}}),
        ("DG7003", rules({"name": [{**RULE, "condition": ["displayValue", "a"]}]})),
        ("DG7003", {CALCULATIONS: {"calculations": {"age": ["displayValue", "a"]}}}),
        ("DG7004", rules({"name": [{**RULE, "condition": ["equals", ["dataModel", "Age"], 1]}]})),
        ("DG7005", {CALCULATIONS: {"calculations": {"age": ["dataModel", "a", "nowhere"]}}}),
        ("DG7006", {CALCULATIONS: {"calculations": {"age": ["component", "a"]}}}),
        ("DG7007", rules({"name": [{**RULE, "condition": ["concat", "true"]}]})),
        ("DG7102", rules({"name": []}, a={"ref": "b"}, b=RULE)),
        ("DG7201", {CALCULATIONS: {"calculations": {"nowhere": 1}}}),
        ("DG5012", {"models/file.validation.json": {}}),
        ("DG5012", {"models/nothing.calculation.json": {}}),
    ],
)
def test_findings_of_the_other_readers_come_through(code: str, changes: dict[str, Any]) -> None:
    assert code in codes(changes)


def test_a_finding_inside_a_condition_stands_at_its_line_of_the_process() -> None:
    text = process(flow='\n\n["equals",\n ["nothing"], 1]')

    found = next(item for item in findings({PROCESS: text}) if item.code == "DG7001")

    lines = text.splitlines()
    assert found.file == PROCESS
    assert found.element_id == "Flow_3"
    assert found.line is not None
    assert "conditionExpression" in lines[found.line - 1] or "equals" in lines[found.line - 1]


def test_a_finding_inside_an_expression_stands_at_its_line_and_column() -> None:
    text = """{"calculations": {
  "age": ["plus", 1,
    ["dataModel", "AGE"], ["nothing"]],
  "name": ["concat",
     ["dataModel", "Name"]]
}}"""

    found = {(item.code, item.line, item.column, item.message) for item in findings({CALCULATIONS: text})}

    assert ("DG7001", 3, 27, 'Function "nothing" not implemented') in found
    assert ("DG7004", 5, 6, 'dataModel path "Name" is not in "model", did you mean "name"') in found


FORM_FAULTS: list[tuple[str, str, list[Any]]] = [
    ("DG6102", "error", [part("a", bound="name"), part("a", bound="age")]),
    ("DG6103", "warning", [part("a", "Group", children=["nowhere"])]),
    ("DG6103", "error", [part("a", "Group", children=["a"])]),
    ("DG6103", "error", [part("a", "Group", children=["b"]), part("b", "Group", children=["a"])]),
    ("DG6106", "error", [part("a", "Group", maxCount=3, children=[])]),
    ("DG6106", "error", [part("a", "Likert", dataModelBindings={"answer": "rows.item"})]),
    ("DG6106", "error", [part("a", "Dropdown", bound="name")]),
    ("DG6106", "error", [part("a", "Dropdown", bound="name", optionsId="o", options=[])]),
    ("DG6106", "error", [part("a", "Dropdown", bound="name", options=[], secure=True)]),
    ("DG7002", "warning", [part("a", bound="name", hidden=["equals", 1])]),
    ("DG7002", "warning", [part("a", bound="name", textResourceBindings={"title": ["nothing"]})]),
    ("DG7004", "warning", [part("a", bound="name", hidden=["dataModel", "Agreed"])]),
    ("DG7005", "error", [part("a", bound="name", hidden=["dataModel", "x", "nowhere"])]),
    ("DG7006", "warning", [part("a", bound="name", hidden=["component", "b"])]),
    ("DG7008", "warning", [part("a", bound="name", hidden=["lessThan", True, 1])]),
    ("DG9006", "warning", [part("a", bound="nme")]),
    ("DG9006", "warning", [part("a", bound="not a path")]),
]


@pytest.mark.parametrize(("code", "severity", "components"), FORM_FAULTS)
def test_faults_of_components_are_told_at_the_component(code: str, severity: str, components: list[Any]) -> None:
    found = [item for item in findings({PAGE: page(*components)}) if item.code == code]

    assert [(item.severity.value, item.file) for item in found] == [(severity, PAGE)]
    assert found[0].element_id in ("one.a", "one.b")
    assert found[0].line is not None


@pytest.mark.parametrize(
    "components",
    [
        [part("a", "Group", children=["b"]), part("b", bound="name", hidden=["displayValue", "a"])],
        [group("a", "rows", "b"), part("b", bound="rows.altinnRowId", hidden=["dataModel", "rows.altinnRowId"])],
        [part("a", "FileUpload", required=True), part("b", "Paragraph", readOnly=False)],
        [part("a", "Checkboxes", bound="tags", options=[{"value": "x", "label": "x"}])],
    ],
)
def test_what_is_in_order_is_not_reported(components: list[Any]) -> None:
    assert {item.code for item in findings({PAGE: page(*components)})} == {"DG2202"}


def test_one_id_on_two_pages_is_a_warning() -> None:
    changes = {
        PAGE: page(part("a", bound="name")),
        "ui/form/layouts/two.json": page(part("a", bound="age")),
        "ui/form/Settings.json": {"pages": {"order": ["one", "two"]}},
    }

    found = [item for item in findings(changes) if item.code == "DG6102"]

    assert [(item.severity.value, item.element_id) for item in found] == [("warning", "two.a")]


def test_groups_deeper_than_any_screen_are_refused() -> None:
    chain = [part(f"g{n}", "Group", children=[f"g{n + 1}"]) for n in range(50)]

    assert "DG1003" in {item.code for item in findings({PAGE: page(*chain, part("g50"))})}


def test_folders_of_tasks_that_are_not_there_are_told() -> None:
    changes: dict[str, Any] = {SETS: None, PAGE: None, "ui/form/Settings.json": None}
    names = ("Task_1", "Task_9", "CustomReceipt", "sub")
    changes |= {f"ui/{name}/Settings.json": {"defaultDataType": "model"} for name in names}
    changes["ui/sub/Settings.json"] = {"type": "subform"}

    assert [item.file for item in findings(changes) if item.code == "DG9004"] == ["ui/Task_9"]


def test_a_variable_that_is_never_used_is_told() -> None:
    variables = [{"key": "name", "dataSource": "dataModel.default"}]
    texts = {"language": "nb", "resources": [{"id": "a", "value": "Hei", "variables": variables}]}

    assert "DG6005" in codes({TEXTS: texts})


def test_findings_are_sorted_and_no_file_has_more_than_a_thousand() -> None:
    many = tuple(finding("DG6002", At(file=f, line=n), id=n) for f in ("b", "a") for n in range(1_500, 0, -1))

    kept = ordered(many)

    assert [item.file for item in kept] == ["a"] * MAX_PER_FILE + ["b"] * MAX_PER_FILE
    assert [item.line for item in kept[:3]] == [1, 2, 3]


def test_the_same_finding_is_told_once() -> None:
    twice = finding("DG3010", At(file=METADATA, line=1))

    assert ordered((twice, twice)) == (twice,)
