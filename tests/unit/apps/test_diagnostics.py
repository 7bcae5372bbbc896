"""Every finding of the loader's table is provoked by an app that has exactly this fault."""

from typing import Any

import pytest

from dialog_graph.apps.diagnostics import MAX_PER_FILE, RULES, At, finding, ordered
from tests.unit.apps.forms_sample import PAGE, group, page, part
from tests.unit.apps.sample import (
    METADATA,
    MODEL,
    POLICY,
    PROCESS,
    SCHEMA,
    SETS,
    TEXTS,
    codes,
    data_type,
    findings,
    loaded,
    metadata,
    policy,
    process,
)

GATEWAY_TYPE = (
    "<b:extensionElements><a:gatewayExtension><a:connectedDataTypeId>{}</a:connectedDataTypeId></a:gatewayExtension>"
    "</b:extensionElements>"
)
SIGNATURE = (
    "<a:signatureConfig><a:dataTypesToSign><a:dataType>nowhere</a:dataType></a:dataTypesToSign></a:signatureConfig>"
)
STATELESS = {
    SETS: None,
    "ui/form/layouts/one.json": None,
    "ui/form/Settings.json": None,
    "ui/Task_1/Settings.json": {"defaultDataType": "model"},
    "ui/open/Settings.json": {"defaultDataType": "xml"},
}
PREFILL = "models/model.prefill.json"
CALCULATIONS = "models/model.calculation.json"
RULE: dict[str, Any] = {"message": "Nei", "condition": ["equals", ["dataModel", ["argv", 0]], "x"]}


def rules(validations: dict[str, Any], **definitions: Any) -> dict[str, Any]:
    return {"models/model.validation.json": {"validations": validations, "definitions": definitions}}


FAULTS: dict[str, dict[str, Any]] = {
    "DG1002": {"dialog-graph.toml": b"a = '\xff'"},
    "DG1003": {"dialog-graph.toml": "#" * (2 << 20) + "#"},
    "DG1004": {"dialog-graph.toml": "a = "},
    "DG1006": {
        SCHEMA: None,
        "models/model.xsd": '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema">'
        '<s:include schemaLocation="../x.xsd"/><s:element name="m"/></s:schema>',
    },
    "DG1011": {PROCESS: None},
    "DG1013": {"logic/app.py": "app = None"},
    "DG3001": {METADATA: metadata(id="Sample")},
    "DG3002": {METADATA: metadata(org="skd")},
    "DG3003": {METADATA: metadata(dataTypes=[*metadata()["dataTypes"], {"id": "MODEL"}])},
    "DG3004": {METADATA: data_type(maxCount=-1)},
    "DG3005": {METADATA: metadata(disallowUserInstantation=True)},
    "DG3006": {METADATA: data_type(allowedContributers=["app:owned"])},
    "DG3007": {METADATA: data_type(minCount=3, maxCount=2)},
    "DG3008": {METADATA: data_type(2, taskId=None, minCount=1)},
    "DG3009": {METADATA: data_type(allowedContributors=["everyone"])},
    "DG3010": {METADATA: metadata(title={"en": "Sample"})},
    "DG3011": {METADATA: metadata(onEntry={"show": "nowhere"})},
    "DG3012": {
        METADATA: data_type(appLogic={"schemaRef": "model", "shadowFields": {"prefix": "x_", "saveToDataType": "file"}})
    },
    "DG3013": {METADATA: metadata(eFormidling={"process": "p"})},
    "DG3014": {METADATA: data_type(2, enabledFileValidators=["ours"])},
    "DG3015": {METADATA: metadata(autoDeleteOnProcessEnd=True, preventInstanceDeletionForDays=5)},
    "DG3016": {METADATA: metadata(validFrom="2026-02-01T00:00:00Z", validTo="2026-01-01T00:00:00Z")},
    "DG3017": {METADATA: metadata(onEntry={"show": "open"}), **STATELESS},
    "DG3018": {METADATA: data_type(allowedContentTypes=["pdf"])},
    "DG3019": {METADATA: metadata(id="[ORG]/[APP]", org="[ORG]")},
    "DG3030": {"appsettings.json": {"MaskinportenSettings": {"JwkBase64": "secret"}}},
    "DG5001": {SCHEMA: None},
    "DG5002": {SCHEMA: {**MODEL, "properties": {"name": {"type": "txt"}}}},
    "DG5003": {SCHEMA: {**MODEL, "$defs": {"a": {"$ref": "other.json#/a"}}}},
    "DG5005": {SCHEMA: {**MODEL, "properties": {"na me": {}}}},
    "DG5006": {"models/other.schema.json": {}},
    "DG5010": {PREFILL: {"ER": {"Name": "nowhere"}}},
    "DG5011": {PREFILL: {"ER": {"Shoes": "name"}}},
    "DG5012": {"models/file.prefill.json": {}},
    "DG5013": {PREFILL: {"QueryParameters": {"a": 1}}},
    "DG6001": {TEXTS: None, "config/texts/resource.de.json": {"language": "de", "resources": []}},
    "DG6002": {TEXTS: {"language": "nb", "resources": [{"id": "a", "value": "1"}, {"id": "a", "value": "2"}]}},
    "DG6003": {TEXTS: {"language": "en", "resources": []}},
    "DG6004": {
        TEXTS: {
            "language": "nb",
            "resources": [{"id": "a", "value": "{0}", "variables": [{"key": "k", "dataSource": "moon"}]}],
        }
    },
    "DG6005": {TEXTS: {"language": "nb", "resources": [{"id": "a", "value": "Hei {0}", "variables": []}]}},
    "DG6006": {"config/texts/resource.en.json": {"language": "en", "resources": []}},
    "DG6101": {"ui/form/layouts/one.json": {"data": {"layout": {}}}},
    "DG6102": {PAGE: page(part("a", bound="name"), part("a", bound="age"))},
    "DG6103": {PAGE: page(part("a", "Group", children=["c"]), part("b", "Group", children=["c"]), part("c"))},
    "DG6104": {"ui/form/Settings.json": {"pages": {"order": ["one", "two"]}}},
    "DG6105": {"ui/form/layouts/two.json": {"data": {"layout": []}}},
    "DG6106": {PAGE: page({"id": "a", "type": "RepeatingGroup", "children": []})},
    "DG6107": {PAGE: page(part("a", "Subform", layoutSet="form"))},
    "DG6108": {PAGE: page(part("a", "Paragraph", required=True))},
    "DG6109": {
        SETS: None,
        "ui/form/Settings.json": None,
        "ui/form/layouts/one.json": None,
        "ui/layouts/one.json": {"data": {"layout": []}},
    },
    "DG6201": {PAGE: page(part("a", "Dropdown", bound="name", optionsId="nowhere"))},
    "DG6202": {"options/a.json": [{"value": "1"}]},
    "DG6203": {"options/a.json": [{"value": "1", "label": "x"}, {"value": "1", "label": "y"}]},
    "DG7003": {PROCESS: process(flow='["equals", ["displayValue", "a"], "b"]')},
    "DG7004": {PROCESS: process(flow='["equals", ["dataModel", "nme", "model"], "b"]')},
    "DG7005": {PROCESS: process(flow='["equals", ["dataModel", "name", "nowhere"], "b"]')},
    "DG7006": {PROCESS: process(flow='["equals", ["component", "a"], 1]')},
    "DG7007": {PROCESS: process(flow='["concat", "tr", "ue"]')},
    "DG7008": {PROCESS: process(flow='["greaterThan", ["equals", 1, 1], 1]')},
    "DG7009": {PROCESS: process(flow='["equals", ["stringSlice", "a-b", ["stringIndexOf", "a-b", "-"]], "b"]')},
    "DG7010": {PROCESS: process(flow=f'["equals", ["concat"{", 1" * 220}], 1]')},
    "DG7101": rules({"nowhere": [RULE]}),
    "DG7102": rules({"name": ["later"]}),
    "DG7103": rules({"name": [{"message": "Nei"}]}),
    "DG7104": rules({"name": [{**RULE, "severity": "fatal"}]}),
    "DG7105": rules({"name": [{**RULE, "message": "no.such.text"}]}),
    "DG7201": {CALCULATIONS: {"calculations": {"rows": 1}}},
    "DG7202": {CALCULATIONS: {"calculations": {"age": ["dataModel", "price"], "price": 1}}},
    "DG9001": {METADATA: data_type(2, taskId="Task_9")},
    "DG9002": {
        METADATA: metadata(dataTypes=[]),
        SETS: {"sets": [{"id": "form", "tasks": ["Task_1"]}]},
        PROCESS: process(),
    },
    "DG9003": {SETS: {"sets": []}},
    "DG9004": {SETS: {"sets": [{"id": "form", "dataType": "model", "tasks": ["Task_1", "Task_9"]}]}},
    "DG9005": {SETS: {"sets": [{"id": "form", "dataType": "file", "tasks": ["Task_1"]}]}},
    "DG9006": {PAGE: page(part("a", dataModelBindings={"simpleBinding": {"dataType": "no", "field": "x"}}))},
    "DG9007": {
        METADATA: data_type(1, taskId="Task_2"),
        PAGE: page(part("a", dataModelBindings={"simpleBinding": {"dataType": "xml", "field": "name"}})),
    },
    "DG9101": {POLICY: policy(person=("read", "write"))},
    "DG9102": {POLICY: policy(person=("instantiate", "read"), owner=("read", "complete"))},
    "DG9103": {PROCESS: process(extension="<a:actions><a:action>reject</a:action></a:actions>")},
    "DG9104": {POLICY: policy(task="Task_9")},
    "DG9105": {POLICY: policy(task="Task_1")},
    "DG9106": {POLICY: policy(owner=("read",))},
    "DG9107": {METADATA: data_type(actionRequiredToRead="inspect")},
    "DG9108": {POLICY: policy(owner=("complete",))},
    "DG9201": {PROCESS: process(gateway="code")},
    "DG9202": {PROCESS: process(task="mailing")},
    "DG9203": {
        METADATA: metadata(dataTypes=[]),
        SETS: {"sets": [{"id": "form", "tasks": ["Task_1"]}]},
    },
    "DG9204": {PROCESS: process(after=GATEWAY_TYPE.format("nowhere"))},
    "DG9302": {PROCESS: process(task="signing", extension=SIGNATURE)},
    "DG9312": {METADATA: metadata(messageBoxConfig={"hideSettings": {"hideOnTask": ["Task_9"]}})},
    "DG9501": {METADATA: metadata(presentationFields=[{"id": "a", "path": "nme", "dataTypeId": "model"}])},
    "DG9503": {METADATA: metadata(copyInstanceSettings={"excludedDataTypes": ["nowhere"]})},
}
FROM_DISK = {"DG1001", "DG1008", "DG1009", "DG1010", "DG1012", "DG1014"}
"""Provoked in the tests of folders: they need a disk."""
AT_RUN = {"DG7110", "DG7203"}
"""Found only when an instance is there: provoked in the tests of forms and calculations."""


def test_the_sample_has_nothing_to_mend() -> None:
    """Its default flow beside a condition is worth a remark to those who come from the other engine."""
    assert {item.code for item in loaded().diagnostics} == {"DG2202"}


def test_every_code_of_the_table_is_provoked_somewhere() -> None:
    assert set(FAULTS) | FROM_DISK | AT_RUN == set(RULES)


@pytest.mark.parametrize("code", FAULTS)
def test_the_fault_gives_its_code_at_its_file(code: str) -> None:
    found = [item for item in findings(FAULTS[code]) if item.code == code]

    assert found
    assert found[0].severity is RULES[code].severity
    assert "{id}" not in (found[0].hint or "")
    assert found[0].file


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
        ("DG1009", {"models/file.validation.json": {}}),
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
