"""For every finding an app that has exactly this fault: changes of the sample, and what a disk or a run is needed for.

Structured contents are written with a line for each member, so that lines and columns mean something.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dialog_graph.apps import AppVersion, Files, OtherApps, among, load, read_folder
from dialog_graph.apps.diagnostics import At, finding
from dialog_graph.apps.form_data.calculate import calculate
from dialog_graph.model.diagnostic import Diags
from tests.unit.apps.forms_sample import PAGE, app, hidden, page, part, tree
from tests.unit.apps.sample import (
    METADATA,
    MODEL,
    POLICY,
    PROCESS,
    SCHEMA,
    SETS,
    TEXTS,
    data_type,
    files,
    form,
    instance,
    loaded,
    metadata,
    policy,
    process,
)
from tests.unit.apps.test_folders import write

Changes = Mapping[str, Any]

LOGIC = "logic/app.py"
PREFILL = "models/model.prefill.json"
RULES_FILE = "models/model.validation.json"
CALCULATIONS = "models/model.calculation.json"
XSD = "models/model.xsd"
RULE: dict[str, Any] = {"message": "Nei", "condition": ["equals", ["dataModel", ["argv", 0]], "x"]}
GATEWAY_TYPE = (
    "<b:extensionElements><a:gatewayExtension><a:connectedDataTypeId>{}</a:connectedDataTypeId></a:gatewayExtension>"
    "</b:extensionElements>"
)
STATELESS: Changes = {
    SETS: None,
    "ui/form/layouts/one.json": None,
    "ui/form/Settings.json": None,
    "ui/Task_1/Settings.json": {"defaultDataType": "model"},
    "ui/open/Settings.json": {"defaultDataType": "xml"},
}


def rules(validations: dict[str, Any], **definitions: Any) -> dict[str, Any]:
    return {RULES_FILE: {"validations": validations, "definitions": definitions}}


def laid_out(changes: Changes) -> dict[str, Any]:
    """JSON with a line for each member."""
    return {
        path: json.dumps(value, ensure_ascii=False, indent=1) if isinstance(value, (dict, list)) else value
        for path, value in changes.items()
    }


def code(*lines: str) -> dict[str, Any]:
    """A module with the registry on line 2 and these lines from 3 on."""
    return {LOGIC: "\n".join(("from dialog_graph.apps import App", "app = App()", *lines, ""))}


# Tasks that need a configuration --------------------------------------------------------------------------------------


def element(name: str, content: str = "", **attributes: str) -> str:
    """An element of the altinn namespace."""
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<a:{name}{written}>{content}</a:{name}>"


def names(name: str, *values: str, item: str = "dataType") -> str:
    return element(name, "".join(element(item, value) for value in values))


TO_SIGN = names("dataTypesToSign", "model")
SIGNATURES = element("signatureDataType", "signatures")
SIGNEES = element("signeeProviderId", "founders") + element("signeeStatesDataTypeId", "signees")
CORRESPONDENCE = element("correspondenceResource", "reminder")
PAID = element("paymentDataType", "payments") + element("paymentReceiptPdfDataType", "receipts")
SHIPPED = "".join(element(name, "x") for name in ("process", "standard", "typeVersion", "type"))
ORDER = ("@app.order", "def order(ctx): ...")
FOUNDERS = ('@app.signees("founders")', "def founders(ctx): ...")


def owned(id: str, content_type: str = "application/json", **more: Any) -> dict[str, Any]:
    """A data type that only the server writes."""
    return {"id": id, "allowedContentTypes": [content_type], "allowedContributors": ["app:owned"]} | more


TYPES = {
    "signatures": owned("signatures"),
    "signees": owned("signees"),
    "payments": owned("payments"),
    "receipts": owned("receipts", "application/pdf"),
}


def types(**changed: dict[str, Any]) -> dict[str, Any]:
    """The metadata with the types of signing and payment; `changed`: members of one of them."""
    extra = [value | changed.get(id, {}) for id, value in TYPES.items()]
    return metadata(dataTypes=[*metadata()["dataTypes"], *extra])


def task_of(kind: str, extension: str, *code_lines: str, ours: str = "", **changed: dict[str, Any]) -> dict[str, Any]:
    """The sample with a task of this type; `ours`: elements of our own namespace beside the extension."""
    xml = process(task=kind, extension=extension)
    xml = xml.replace("</a:taskExtension>", f"</a:taskExtension>{ours}")
    xml = xml.replace(' id="d"', ' xmlns:dg="urn:dialog-graph:process:1" id="d"')
    return {PROCESS: xml, METADATA: types(**changed), **(code(*code_lines) if code_lines else {})}


def signing(*parts: str, code_lines: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return task_of("signing", element("signatureConfig", "".join(parts)), *code_lines, **more)


BY_SIGNAL = (
    process()
    .replace('  <b:process id="p">', '  <b:signal id="go" name="go"/><b:process id="p">')
    .replace('id="Start"/>', 'id="Start"><b:signalEventDefinition signalRef="go"/></b:startEvent>')
)


def rejecting(condition: str = "", **more: Any) -> str:
    """A task that may be rejected or confirmed; the first flow of its gateway has the condition."""
    actions = names("actions", "reject", item="action")
    return process(task="confirmation", extension=actions, flow=condition, **more)


UNCOVERED = (
    rejecting('["equals", ["gatewayAction"], "confirm"]')
    .replace(' default="Flow_4"', "")
    .replace(
        'targetRef="End_2"/>',
        'targetRef="End_2"><b:conditionExpression>["equals", ["gatewayAction"], "again"]</b:conditionExpression>'
        "</b:sequenceFlow>",
    )
)
STRAIGHT_ON = f"""<?xml version="1.0" encoding="utf-8"?>
<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:a="http://altinn.no/process" id="d">
 <b:process id="p">
  <b:startEvent id="Start"/>
  <b:task id="Task_1"><b:extensionElements><a:taskExtension><a:taskType>confirmation</a:taskType>
   {names("actions", "reject", item="action")}</a:taskExtension></b:extensionElements></b:task>
  <b:endEvent id="End"/>
  <b:sequenceFlow id="Flow_1" sourceRef="Start" targetRef="Task_1"/>
  <b:sequenceFlow id="Flow_2" sourceRef="Task_1" targetRef="End"/>
 </b:process>
</b:definitions>"""
CONFIRMED: Changes = {POLICY: policy(person=("instantiate", "read", "write", "confirm", "reject"))}

NOT_CALLED = '["equals", ["gatewayAction"], "reject"]'


# Policies -------------------------------------------------------------------------------------------------------------

STRING = "http://www.w3.org/2001/XMLSchema#string"
ACTION = "urn:oasis:names:tc:xacml:1.0:action:action-id"


def broken_lines(xml: str) -> str:
    """A line for each rule and each obligation."""
    return xml.replace("<Rule ", "\n<Rule ").replace("<Obligation", "\n<Obligation").replace("<Match", "\n<Match")


def in_policy(old: str, new: str) -> dict[str, Any]:
    text = policy()
    assert old in text
    return {POLICY: broken_lines(text.replace(old, new, 1))}


def _resource(attribute: str, value: str) -> str:
    """A group that names one attribute of the resource."""
    category = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource"
    return (
        '<AnyOf><AllOf><Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">'
        f'<AttributeValue DataType="{STRING}">{value}</AttributeValue><AttributeDesignator AttributeId="{attribute}" '
        f'Category="{category}" DataType="{STRING}" MustBePresent="false"/></Match></AllOf></AnyOf>'
    )


def _twice() -> str:
    """The second rule again under another name."""
    text = policy()
    start, end = text.index('<Rule RuleId="2"'), text.rindex("</Rule>") + len("</Rule>")
    return text[:end] + text[start:end].replace('RuleId="2"', 'RuleId="3"') + text[end:]


def _wide() -> str:
    """Rules that expand to more rows than there may be."""
    group = "<AnyOf>" + "".join(_resource("urn:altinn:task", f"T{n}")[7:-8] for n in range(101)) + "</AnyOf>"
    return policy().replace("<Target/>", f"<Target>{group}{group}</Target>")


def _delegated() -> str:
    """The first rule again, for those whom the app delegates to."""
    text = policy(person=("instantiate", "read", "write", "sign"))
    start, end = text.index('<Rule RuleId="1"'), text.index("</Rule>") + len("</Rule>")
    rule = text[start:end].replace('RuleId="1"', 'RuleId="3"')
    rule = rule.replace("urn:altinn:rolecode", "urn:altinn:resource:delegation").replace("PRIV", "app_ttd_sample")
    return text[:end] + rule + text[end:]


DELEGATED: dict[str, Any] = {POLICY: _delegated()}
FIRST_RULE = '<Rule RuleId="1" Effect="Permit"><Target>'
FAULTS: dict[str, Changes] = {
    "DG1002": {"dialog-graph.toml": b"a = '\xff'"},
    "DG1003": {"dialog-graph.toml": "#" * (2 << 20) + "#"},
    "DG1004": {METADATA: '{"id": "ttd/sample",\n "org": }'},
    "DG1005": {PROCESS: "<a>\n<b></a>"},
    "DG1006": {
        SCHEMA: None,
        XSD: '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema">'
        '\n<s:include schemaLocation="../x.xsd"/><s:element name="m"/></s:schema>',
    },
    "DG1007": {METADATA: json.dumps(metadata()).replace('{"id"', '{"org": "skd",\n "id"', 1)},
    "DG1011": {PROCESS: None},
    "DG1013": code(),
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
    "DG3014": {METADATA: data_type(2, enabledFileValidators=["ours", "mimeTypeValidator"])},
    "DG3015": {METADATA: metadata(autoDeleteOnProcessEnd=True, preventInstanceDeletionForDays=5)},
    "DG3016": {METADATA: metadata(validFrom="2026-02-01T00:00:00Z", validTo="2026-01-01T00:00:00Z")},
    "DG3017": {METADATA: metadata(onEntry={"show": "open"}), **STATELESS},
    "DG3018": {METADATA: data_type(allowedContentTypes=["application/json", "pdf"])},
    "DG3019": {METADATA: metadata(id="[ORG]/[APP]", org="[ORG]")},
    "DG3020": {METADATA: metadata(apiScopes={"users": {"read": "altinn:[app].read"}})},
    "DG3030": {"appsettings.json": {"MaskinportenSettings": {"JwkBase64": "secret"}}},
    "DG4001": {POLICY: None},
    "DG4002": in_policy("<Target/>", "<Target/><Condition/>"),
    "DG4003": in_policy("urn:altinn:rolecode", "urn:altinn:shoesize"),
    "DG4004": in_policy(">3</AttributeValue>", ">high</AttributeValue>"),
    "DG4005": {POLICY: _wide()},
    "DG4006": in_policy(FIRST_RULE, FIRST_RULE + _resource("urn:altinn:app", "other")),
    "DG4007": in_policy("PRIV", "priv"),
    "DG4008": {POLICY: broken_lines(_twice())},
    "DG4009": in_policy("minimum-authenticationlevel", "minimum-authenticationlevel-org"),
    "DG4010": in_policy("PRIV", "BOSS"),
    "DG4011": in_policy(
        FIRST_RULE, FIRST_RULE + _resource("urn:altinn:task", "Task_1") + _resource("urn:altinn:end-event", "End")
    ),
    "DG4012": in_policy(policy()[policy().index("<AnyOf>") : policy().index("</AnyOf>") + len("</AnyOf>")], ""),
    "DG5001": {SCHEMA: None},
    "DG5002": {SCHEMA: {**MODEL, "properties": {"name": {"type": "txt"}}}},
    "DG5003": {SCHEMA: {**MODEL, "$defs": {"a": {"$ref": "other.json#/a"}}}},
    "DG5004": {
        SCHEMA: {"type": "object", "properties": {"name": {"type": "string"}, "place": {"type": "string"}}},
        XSD: '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:element name="m"><s:complexType><s:sequence>'
        '<s:element name="name" type="s:string"/></s:sequence></s:complexType></s:element></s:schema>',
        PROCESS: process(),
    },
    "DG5005": {SCHEMA: {**MODEL, "properties": {"na me": {}}}},
    "DG5006": {"models/other.schema.json": {}},
    "DG5010": {PREFILL: {"ER": {"Name": "nowhere"}}},
    "DG5011": {PREFILL: {"ER": {"Shoes": "name"}}},
    "DG5012": {"models/file.prefill.json": {}},
    "DG5013": {PREFILL: {"QueryParameters": {"a": 1}}},
    "DG6001": {TEXTS: None, "config/texts/resource.de.json": {"language": "de", "resources": []}},
    "DG6002": {TEXTS: {"language": "nb", "resources": [{"id": "dp.a", "value": "1"}, {"id": "dp.a", "value": "2"}]}},
    "DG6003": {TEXTS: {"language": "en", "resources": []}},
    "DG6004": {
        TEXTS: {
            "language": "nb",
            "resources": [{"id": "dp.a", "value": "{0}", "variables": [{"key": "k", "dataSource": "moon"}]}],
        }
    },
    "DG6005": {TEXTS: {"language": "nb", "resources": [{"id": "dp.a", "value": "Hei {0}", "variables": []}]}},
    "DG6006": {"config/texts/resource.en.json": {"language": "en", "resources": []}},
    "DG6101": {PAGE: {"data": {"layout": {}}}},
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
    "DG6110": {SETS: {"sets": [{"id": "form", "tasks": ["Task_1"]}] * 2}},
    "DG6201": {PAGE: page(part("a", "Dropdown", bound="name", optionsId="nowhere"))},
    "DG6202": {"options/a.json": [{"value": "1"}]},
    "DG6203": {"options/a.json": [{"value": "1", "label": "x"}, {"value": "1", "label": "y"}]},
    "DG7001": {PROCESS: process(flow='\n["equals",\n ["nothing"], 1]')},
    "DG7002": {PAGE: page(part("a", bound="name", hidden=["equals", 1]))},
    "DG7003": {PROCESS: process(flow='["equals", ["displayValue", "a"], "b"]')},
    "DG7004": {PROCESS: process(flow='["equals", ["dataModel", "Name", "model"], "b"]')},
    "DG7005": {PROCESS: process(flow='["equals", ["dataModel", "name", "nowhere"], "b"]')},
    "DG7006": {PROCESS: process(flow='["equals", ["component", "a"], 1]')},
    "DG7007": {PROCESS: process(flow='["concat", "tr", "ue"]')},
    "DG7008": {PROCESS: process(flow='["greaterThan", ["equals", 1, 1], 1]')},
    "DG7009": {PROCESS: process(flow='["equals", ["stringSlice", "a-b", ["stringIndexOf", "a-b", "-"]], "b"]')},
    "DG7010": {PROCESS: process(flow=f'["equals", ["concat"{", 1" * 220}], 1]')},
    "DG7101": rules({"Name": [RULE]}),
    "DG7102": rules({"name": ["later"]}),
    "DG7103": rules({"name": [{"message": "Nei"}]}),
    "DG7104": rules({"name": [{**RULE, "severity": "fatal"}]}),
    "DG7105": rules({"name": [{**RULE, "message": "no.such.text"}]}),
    "DG7201": {CALCULATIONS: {"calculations": {"rows": 1}}},
    "DG7202": {CALCULATIONS: {"calculations": {"age": ["dataModel", "price"], "price": 1}}},
    "DG8001": code("import requests", "from .gone import handlers"),
    "DG8002": {LOGIC: "\napp = None\n"},
    "DG8003": code('@app.gateway("Gateway")', "def choose(ctx): ..."),
    "DG8004": code(*ORDER, "", *ORDER),
    "DG8005": code('@app.gateway("Gateway_9")', "def choose(ctx, flows, action): ..."),
    "DG8006": code("import time", "@app.on_end", "def wait(ctx, end): time.sleep(1)"),
    "DG8007": code('@app.service_task("pdf")', "def paint(ctx, task): ..."),
    "DG8008": code("import threading", "threading.Thread(target=print).start()"),
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
    "DG9103": {PROCESS: process(extension=names("actions", "reject", item="action"), flow=NOT_CALLED)},
    "DG9104": {POLICY: broken_lines(policy(task="Task_9"))},
    "DG9105": {POLICY: policy(task="Task_1")},
    "DG9106": {POLICY: policy(owner=("read",))},
    "DG9107": {METADATA: data_type(actionRequiredToRead="inspect")},
    "DG9108": {POLICY: policy(owner=("complete",))},
    "DG9109": signing(TO_SIGN, SIGNATURES, SIGNEES, CORRESPONDENCE, code_lines=FOUNDERS),
    "DG9201": {PROCESS: process(gateway="code")},
    "DG9404": {PROCESS: BY_SIGNAL},
    "DG9202": {PROCESS: process(task="mailing")},
    "DG9203": {METADATA: metadata(dataTypes=[]), SETS: {"sets": [{"id": "form", "tasks": ["Task_1"]}]}},
    "DG9204": {PROCESS: process(after=GATEWAY_TYPE.format("nowhere"))},
    "DG9205": {PROCESS: STRAIGHT_ON, **CONFIRMED},
    "DG9206": {PROCESS: UNCOVERED, **CONFIRMED},
    "DG9301": signing(TO_SIGN),
    "DG9302": signing(names("dataTypesToSign", "nowhere"), SIGNATURES),
    "DG9303": signing(TO_SIGN, SIGNATURES, signatures={"allowedContributors": []}),
    "DG9304": task_of(
        "payment", element("paymentConfig", PAID), *ORDER, receipts={"allowedContentTypes": ["text/plain"]}
    ),
    "DG9305": DELEGATED
    | signing(
        TO_SIGN,
        element("signatureDataType", "signees"),
        element("signeeProviderId", "founders"),
        element("signeeStatesDataTypeId", "signatures"),
        CORRESPONDENCE,
        code_lines=FOUNDERS,
    ),
    "DG9306": signing(
        TO_SIGN, SIGNATURES, ours='<dg:signaturePolicy required="3"/>', signatures={"maxCount": 2, "minCount": 0}
    ),
    "DG9307": signing(TO_SIGN, SIGNATURES, element("signeeStatesDataTypeId", "signees")),
    "DG9308": DELEGATED | signing(TO_SIGN, SIGNATURES, SIGNEES, CORRESPONDENCE),
    "DG9309": signing(names("dataTypesToSign", "file"), SIGNATURES),
    "DG9310": task_of("payment", element("paymentConfig", element("paymentDataType", "payments")), *ORDER),
    "DG9311": task_of("payment", element("paymentConfig", PAID)),
    "DG9312": {METADATA: metadata(messageBoxConfig={"hideSettings": {"hideOnTask": ["Task_9"]}})},
    "DG9313": task_of("eFormidling", element("eFormidlingConfig", SHIPPED)),
    "DG9314": DELEGATED
    | signing(TO_SIGN, SIGNATURES, SIGNEES, element("correspondenceResource", "x", env="tt02"), code_lines=FOUNDERS),
    "DG9501": {METADATA: metadata(presentationFields=[{"id": "a", "path": "nme", "dataTypeId": "model"}])},
    "DG9502": {PAGE: page(part("a", bound="name", textResourceBindings={"title": "form.name.title"}))},
    "DG9503": {METADATA: metadata(copyInstanceSettings={"excludedDataFields": ["name", "nowhere"]})},
    "DG9504": {TEXTS: {"language": "nb", "resources": [{"id": "left.over", "value": "A"}]}},
}
"""Code -> changes of the sample."""


def found_in(changes: Changes) -> Diags:
    """What the loader says about the changed sample."""
    return load(files(laid_out(changes)), "development")[1]


# What other apps are needed for ---------------------------------------------------------------------------------------

CALLED = "skd/other"


def calling(app: str = CALLED, inside: str = "", **attributes: str) -> dict[str, Any]:
    """The sample with a task that calls another app."""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return task_of("callApp", "", ours=f'<dg:callApp app="{app}"{written}>{inside}</dg:callApp>')


def called(changes: Changes | None = None) -> AppVersion:
    """The sample as an app of another org, which lets the first org in."""
    lets_in = policy().replace(">ttd<", ">skd<").replace(">PRIV<", ">ttd<")
    lets_in = lets_in.replace("urn:altinn:rolecode", "urn:altinn:org")
    metadata_ = metadata(id=CALLED, org="skd")
    version, found = load(files({METADATA: metadata_, POLICY: lets_in, **(changes or {})}), "development")
    assert version is not None, found
    return version


def found_among(changes: Changes, *others: AppVersion) -> Diags:
    """What is said of the changed sample when it knows the others."""
    version, found = load(files(laid_out(changes)), "development")
    assert version is not None, found
    known = {str(other.app_id): other for other in others}
    return among(version, OtherApps(ids=frozenset(known), versions=known)).diagnostics


TOGETHER: dict[str, Callable[[], Diags]] = {
    "DG9401": lambda: found_among(calling("skd/gone"), called()),
    "DG9402": lambda: found_among(calling(inside='<dg:map from="name" to="model:nme"/>'), called()),
    "DG9403": lambda: found_among(calling(), called({POLICY: policy().replace(">ttd<", ">skd<")})),
}


# What a disk is needed for --------------------------------------------------------------------------------------------


def _checked(folder: Path) -> Diags:
    read = read_folder(folder)
    return load(read, "development")[1] if isinstance(read, Files) else read


def _no_root(folder: Path) -> Diags:
    (folder / "empty").mkdir()
    return _checked(folder / "empty")


def _with_file(path: str) -> Callable[[Path], Diags]:
    def found(folder: Path) -> Diags:
        write(folder, {path: "x"})
        return _checked(folder)

    return found


def _two_cases(folder: Path) -> Diags:
    write(folder, {"options/A.json": [], "options/a.json": []})
    return _checked(folder)


def _link_out(folder: Path) -> Diags:
    app = write(folder / "app")
    outside = folder / "outside.json"
    outside.write_text("[]")
    (app / "options").mkdir()
    (app / "options/a.json").symlink_to(outside)
    return _checked(app)


def _no_file(folder: Path) -> Diags:
    write(folder)
    (folder / "real").mkdir()
    (folder / "options").mkdir()
    (folder / "options/a.json").symlink_to(folder / "real")
    return _checked(folder)


ON_DISK: dict[str, Callable[[Path], Diags]] = {
    "DG1001": _no_root,
    "DG1008": _with_file("models/model.metadata.json"),
    "DG1009": _with_file("config/notes.txt"),
    "DG1010": _two_cases,
    "DG1012": _link_out,
    "DG1014": _no_file,
    "DG1015": _with_file("config/texts/Resource.nb.json"),
}


# What only an instance shows ------------------------------------------------------------------------------------------


def _failing_layout() -> Diags:
    shown = tree(app(part("a", bound="name", hidden=["divide", 1, 0])), {"name": "x"})
    hidden(shown)
    return tuple(shown.warnings)


def _result_without_place() -> Diags:
    version = loaded({CALCULATIONS: {"calculations": {"age": ["concat", "many"]}}})
    result = calculate(version, "model", {"age": 3}, instance(form({"age": 3})), None)
    assert isinstance(result, tuple)
    return result[2]


def _refused_start() -> Diags:
    """As the command writes it; that it does so has a story of its own (tests/flow/test_self_starting.py)."""
    at = At(file=PROCESS, line=4, element_id="Start")
    return (finding("DG9405", at, id="Start", reason="You may not do this."),)


AT_RUN: dict[str, Callable[[], Diags]] = {
    "DG7110": _failing_layout,
    "DG7203": _result_without_place,
    "DG9405": _refused_start,
}
