"""A small app in memory, and helpers to change it: tests say only what differs from an app without findings."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from dialog_graph.apps import AppVersion, Files, load
from dialog_graph.model import strict_json
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.instance import DataElement, Instance
from dialog_graph.model.principal import SYSTEM_ACTOR
from dialog_graph.urns import AppId

METADATA = "config/applicationmetadata.json"
PROCESS = "config/process/process.bpmn"
POLICY = "config/authorization/policy.xml"
TEXTS = "config/texts/resource.nb.json"
SCHEMA = "models/model.schema.json"
SETS = "ui/layout-sets.json"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

MODEL: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "age": {"type": "integer", "minimum": 0},
        "price": {"type": "number"},
        "agreed": {"type": "boolean", "default": False},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "rows": {
            "type": "array",
            "items": {"type": "object", "properties": {"item": {"type": "string"}, "cost": {"type": "number"}}},
        },
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name"],
}


def metadata(**changes: Any) -> dict[str, Any]:
    """The metadata of the sample with members replaced; None takes one away."""
    value: dict[str, Any] = {
        "id": "ttd/sample",
        "org": "ttd",
        "title": {"nb": "Prøve", "en": "Sample"},
        "dataTypes": [
            {
                "id": "model",
                "taskId": "Task_1",
                "allowedContentTypes": ["application/json"],
                "appLogic": {"autoCreate": True, "schemaRef": "model"},
                "maxCount": 1,
                "minCount": 1,
            },
            {
                "id": "xml",
                "taskId": "Task_1",
                "allowedContentTypes": ["application/xml"],
                "appLogic": {"schemaRef": "model"},
                "maxCount": 2,
            },
            {
                "id": "file",
                "taskId": "Task_1",
                "allowedContentTypes": ["application/pdf"],
                "maxSize": 1,
                "maxCount": 2,
                "grouping": "a",
                "validationErrorOnPendingFileScan": True,
            },
        ],
    }
    return {name: item for name, item in (value | changes).items() if item is not None}


def data_type(index: int = 0, **changes: Any) -> dict[str, Any]:
    """The metadata with one data type changed."""
    value = metadata()
    row = value["dataTypes"][index] | changes
    value["dataTypes"][index] = {name: item for name, item in row.items() if item is not None}
    return value


def process(
    task: str = "data", extension: str = "", flow: str = "", gateway: str = "", after: str = "", name: str = "Task_1"
) -> str:
    """A process of one task and a gateway; `flow` is the condition of the first of its two flows."""
    condition = f"<b:conditionExpression>{flow}</b:conditionExpression>" if flow else ""
    default = "" if flow == "" and gateway == "code" else ' default="Flow_4"'
    return f"""<?xml version="1.0" encoding="utf-8"?>
<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:a="http://altinn.no/process" id="d">
  <b:process id="p">
    <b:startEvent id="Start"/>
    <b:task id="{name}"><b:extensionElements><a:taskExtension>
      <a:taskType>{task}</a:taskType>{extension}
    </a:taskExtension></b:extensionElements></b:task>
    <b:exclusiveGateway id="Gateway"{default}>{after}</b:exclusiveGateway>
    <b:endEvent id="End"/><b:endEvent id="End_2"/>
    <b:sequenceFlow id="Flow_1" sourceRef="Start" targetRef="{name}"/>
    <b:sequenceFlow id="Flow_2" sourceRef="{name}" targetRef="Gateway"/>
    <b:sequenceFlow id="Flow_3" sourceRef="Gateway" targetRef="End">{condition}</b:sequenceFlow>
    <b:sequenceFlow id="Flow_4" sourceRef="Gateway" targetRef="End_2"/>
  </b:process>
</b:definitions>"""


def policy(
    person: tuple[str, ...] = ("instantiate", "read", "write", "delete"),
    owner: tuple[str, ...] = ("read", "write", "complete"),
    task: str = "",
) -> str:
    """A policy of two rules: what PRIV may do (`task`: while this one is current), and what the owning org may do."""
    string = "http://www.w3.org/2001/XMLSchema#string"
    categories = {
        "urn:altinn:rolecode": "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject",
        "urn:altinn:org": "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject",
        "urn:altinn:task": "urn:oasis:names:tc:xacml:3.0:attribute-category:resource",
        "urn:oasis:names:tc:xacml:1.0:action:action-id": "urn:oasis:names:tc:xacml:3.0:attribute-category:action",
    }

    def one_of(attribute: str, values: tuple[str, ...]) -> str:
        matches = "".join(
            '<AllOf><Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">'
            f'<AttributeValue DataType="{string}">{value}</AttributeValue><AttributeDesignator '
            f'AttributeId="{attribute}" Category="{categories[attribute]}" DataType="{string}" MustBePresent="false"/>'
            "</Match></AllOf>"
            for value in values
        )
        return f"<AnyOf>{matches}</AnyOf>" if values else ""

    def rule(id: str, *groups: str) -> str:
        return f'<Rule RuleId="{id}" Effect="Permit"><Target>{"".join(groups)}</Target></Rule>'

    action = "urn:oasis:names:tc:xacml:1.0:action:action-id"
    tasks = one_of("urn:altinn:task", (task,) if task else ())
    rules = "urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides"
    return (
        f'<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="p" Version="1.0" '
        f'RuleCombiningAlgId="{rules}"><Target/>'
        + rule("1", one_of("urn:altinn:rolecode", ("PRIV",)), tasks, one_of(action, person))
        + rule("2", one_of("urn:altinn:org", ("ttd",)), one_of(action, owner))
        + '<ObligationExpressions><ObligationExpression ObligationId="o" FulfillOn="Permit">'
        '<AttributeAssignmentExpression AttributeId="a" Category="urn:altinn:minimum-authenticationlevel">'
        '<AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">3</AttributeValue>'
        "</AttributeAssignmentExpression></ObligationExpression></ObligationExpressions></Policy>"
    )


SAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        METADATA: metadata(),
        PROCESS: process(flow='["equals", ["dataModel", "age"], 3]'),
        POLICY: policy(),
        TEXTS: {"language": "nb", "resources": [{"id": "a", "value": "A"}]},
        SCHEMA: MODEL,
        SETS: {"sets": [{"id": "form", "dataType": "model", "tasks": ["Task_1"]}]},
        "ui/form/Settings.json": {"pages": {"order": ["one"]}},
        "ui/form/layouts/one.json": {"data": {"layout": []}},
    }
)


def as_bytes(value: Any) -> bytes:
    """File contents: bytes and texts as they are, everything else as JSON."""
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.dumps(value, ensure_ascii=False).encode()


def files(changes: Mapping[str, Any] | None = None, ignored: tuple[str, ...] = ()) -> Files:
    """The sample with files replaced or added; None takes one away."""
    wanted = {**SAMPLE, **(changes or {})}
    contents = {path: as_bytes(value) for path, value in wanted.items() if value is not None}
    return Files(contents=contents, place=AppId("ttd", "sample"), ignored=ignored)


def loaded(changes: Mapping[str, Any] | None = None, environment: str = "development") -> AppVersion:
    """A version that has no errors."""
    version, diagnostics = load(files(changes), environment)
    assert version is not None, diagnostics
    assert version.can_be_activated, diagnostics
    return replace(version, version_id=UUID(int=1), ordinal=1)


def findings(changes: Mapping[str, Any], environment: str = "development") -> Diags:
    """What the loader says about a changed sample."""
    return load(files(changes), environment)[1]


def codes(changes: Mapping[str, Any]) -> set[str]:
    """The codes of the findings."""
    return {item.code for item in findings(changes)}


def form(document: Any, data_type: str = "model", number: int = 1, **changes: Any) -> DataElement:
    """A form element that holds a document."""
    stored = strict_json.canonical(document)
    element = DataElement(
        element_id=UUID(int=number),
        data_type=data_type,
        content_type="application/json",
        size=len(stored),
        sha256="",
        created_at=NOW + timedelta(seconds=number),
        updated_at=NOW,
        is_form=True,
        document=stored,
    )
    return replace(element, **changes)


def attachment(number: int = 9, **changes: Any) -> DataElement:
    """A PDF of the type `file`."""
    element = DataElement(
        element_id=UUID(int=number),
        data_type="file",
        content_type="application/pdf",
        size=10,
        sha256="",
        created_at=NOW,
        updated_at=NOW,
        filename="a.pdf",
    )
    return replace(element, **changes)


def instance(*data: DataElement) -> Instance:
    """An instance of the sample with this data."""
    return Instance(
        instance_id=UUID(int=7),
        app_id=AppId("ttd", "sample"),
        party_id=50001,
        resource_id=1,
        version_id=UUID(int=1),
        created_by=SYSTEM_ACTOR,
        created_at=NOW,
        updated_at=NOW,
        data=data,
    )
