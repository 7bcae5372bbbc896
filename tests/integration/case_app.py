"""An app that is rich in rules, for the stories of commands and reads: who may do what differs by role, task and type.

`ttd/permit`: Task_1 (data) -> Task_2 (confirmation, may reject) -> end, or back to Task_1. `ttd/twofold`: two tasks at
once. `nabo/other`: another tenant's app with the same rules.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dialog_graph.apps import Files
from dialog_graph.urns import AppId

APP = AppId("ttd", "permit")
TWOFOLD = AppId("ttd", "twofold")
OTHER = AppId("nabo", "other")

_ROLE = "urn:altinn:rolecode"
_ORG = "urn:altinn:org"
_SUBJECT = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
_RESOURCE = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource"
_ACTION = "urn:oasis:names:tc:xacml:3.0:attribute-category:action"
_STRING = "http://www.w3.org/2001/XMLSchema#string"


@dataclass(frozen=True)
class Rule:
    """`who`: role codes, or `org:code`; `actions`; `at`: `task:X`, `end:X`, none for everywhere; `level`: lowest."""

    who: str
    actions: str
    at: Sequence[str] = ()
    level: int | None = None


def _match(category: str, attribute: str, value: str) -> str:
    return (
        f'<x:Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal">'
        f'<x:AttributeValue DataType="{_STRING}">{value}</x:AttributeValue>'
        f'<x:AttributeDesignator AttributeId="{attribute}" Category="{category}" DataType="{_STRING}"'
        f' MustBePresent="false"/></x:Match>'
    )


def _any_of(alternatives: Sequence[str]) -> str:
    return "<x:AnyOf>" + "".join(f"<x:AllOf>{item}</x:AllOf>" for item in alternatives) + "</x:AnyOf>"


def _who(word: str) -> str:
    org = word.removeprefix("org:")
    return _match(_SUBJECT, _ORG, org) if org != word else _match(_SUBJECT, _ROLE, word)


def _place(word: str) -> str:
    kind, _, value = word.partition(":")
    return _match(_RESOURCE, {"task": "urn:altinn:task", "end": "urn:altinn:end-event"}[kind], value)


def _levels(level: int) -> str:
    return (
        '<x:ObligationExpressions><x:ObligationExpression ObligationId="urn:altinn:obligation:authenticationLevel1"'
        ' FulfillOn="Permit"><x:AttributeAssignmentExpression AttributeId="urn:altinn:obligation1-assignment1"'
        ' Category="urn:altinn:minimum-authenticationlevel"><x:AttributeValue'
        f' DataType="http://www.w3.org/2001/XMLSchema#integer">{level}</x:AttributeValue>'
        "</x:AttributeAssignmentExpression></x:ObligationExpression></x:ObligationExpressions>"
    )


def _rule(number: int, rule: Rule) -> str:
    parts = [
        _any_of([_who(word) for word in rule.who.split()]),
        _any_of([_match(_RESOURCE, "urn:altinn:app", "[APP]")]),
        *([_any_of([_place(word) for word in rule.at])] if rule.at else []),
        _any_of(
            [_match(_ACTION, "urn:oasis:names:tc:xacml:1.0:action:action-id", name) for name in rule.actions.split()]
        ),
    ]
    obligations = "" if rule.level is None else _levels(rule.level)
    return f'<x:Rule RuleId="rule:{number}" Effect="Permit"><x:Target>{"".join(parts)}</x:Target>{obligations}</x:Rule>'


def policy(*rules: Rule) -> bytes:
    """A policy of these rules, which all permit."""
    return (
        '<x:Policy PolicyId="policy:1" Version="1.0" xmlns:x="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17"'
        ' RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides"><x:Target/>'
        + "".join(_rule(number, rule) for number, rule in enumerate(rules))
        + "</x:Policy>"
    ).encode()


_HEAD = (
    '<b:definitions id="D" targetNamespace="urn:test" xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:a="http://altinn.no/process"><b:process id="P" isExecutable="true">'
)


def _task(id: str, type: str, *actions: str) -> str:
    declared = "".join(f"<a:action>{name}</a:action>" for name in actions)
    return (
        f'<b:task id="{id}" name="{id}"><b:extensionElements><a:taskExtension><a:taskType>{type}</a:taskType>'
        f"{f'<a:actions>{declared}</a:actions>' if declared else ''}</a:taskExtension></b:extensionElements></b:task>"
    )


def _flow(source: str, target: str, condition: str = "") -> str:
    inner = f"<b:conditionExpression>{condition}</b:conditionExpression>" if condition else ""
    return f'<b:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</b:sequenceFlow>'


_PERMIT = (
    _HEAD
    + '<b:startEvent id="Start"/>'
    + _task("Task_1", "data")
    + _task("Task_2", "confirmation", "reject")
    + '<b:exclusiveGateway id="Gateway" default="Gateway_End"/><b:endEvent id="End"/>'
    + _flow("Start", "Task_1")
    + _flow("Task_1", "Task_2")
    + _flow("Task_2", "Gateway")
    + _flow("Gateway", "Task_1", '["equals", ["gatewayAction"], "reject"]')
    + _flow("Gateway", "End")
    + "</b:process></b:definitions>"
).encode()

_TWOFOLD = (
    _HEAD
    + '<b:startEvent id="Start"/><b:parallelGateway id="Split"/>'
    + _task("Task_A", "data")
    + _task("Task_B", "data")
    + '<b:parallelGateway id="Join"/><b:endEvent id="End"/>'
    + _flow("Start", "Split")
    + _flow("Split", "Task_A")
    + _flow("Split", "Task_B")
    + _flow("Task_A", "Join")
    + _flow("Task_B", "Join")
    + _flow("Join", "End")
    + "</b:process></b:definitions>"
).encode()

_SCHEMA = json.dumps(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 20}, "items": {"type": "array", "items": {}}},
        "required": ["name"],
    }
).encode()


def _form(id: str, task: str | None, **members: Any) -> dict[str, Any]:
    logic = {"schemaRef": "model", "autoCreate": members.pop("autoCreate", False)}
    return {"id": id, "taskId": task, "allowedContentTypes": ["application/json"], "appLogic": logic, **members}


def _file(id: str, task: str | None, **members: Any) -> dict[str, Any]:
    return {"id": id, "taskId": task, "allowedContentTypes": ["text/plain"], **members}


def _with_id(data_types: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in item.items() if value is not None} for item in data_types]


DATA_TYPES = _with_id(
    [
        _form("model", "Task_1", autoCreate=True, maxCount=1, minCount=1),
        _form("rows", "Task_1"),
        _form("secret", "Task_1", maxCount=1, actionRequiredToRead="readSecret", actionRequiredToWrite="writeSecret"),
        {**_form("xmlform", "Task_1"), "allowedContentTypes": ["application/xml"]},
        _file("file", "Task_1", maxCount=2, maxSize=1),
        _file("fixed", "Task_1", disallowUserCreate=True, disallowUserDelete=True),
        _file("hidden", None, actionRequiredToRead="readSecret"),
        _file("loose", None),
        _file("letter", None, allowedContributors=["org:ttd"]),
        _file("owned", None, allowedContributors=["app:owned"]),
        _file("note", "Task_2"),
    ]
)

RULES = (
    Rule("PRIV DAGL LEDE", "instantiate read delete"),
    Rule("PRIV DAGL LEDE", "write", at=["task:Task_1"]),
    Rule("PRIV DAGL LEDE", "confirm reject write", at=["task:Task_2"]),
    Rule("DAGL", "readSecret writeSecret"),
    Rule("LEDE", "writeSecret"),
    Rule("REGNA", "read write", at=["task:Task_1"]),
    Rule("UTINN", "archive"),
    Rule("A0239", "write confirm"),
    Rule("MEDL", "read", at=["task:Task_2"]),
    Rule("MEDL", "confirm", at=["task:Task_2"]),
    Rule("org:[ORG]", "instantiate read write complete delete readSecret"),
)


def _metadata(app: AppId, **members: Any) -> bytes:
    value: dict[str, Any] = {
        "id": str(app),
        "org": app.org,
        "title": {"nb": "Søknad", "nn": "Søknad", "en": "Application"},
        "dataTypes": DATA_TYPES,
        "presentationFields": [{"id": "name", "path": "name", "dataTypeId": "model"}],
        "dataFields": [{"id": "name", "path": "name", "dataTypeId": "model"}],
        "preventInstanceDeletionForDays": 3,
        "partyTypesAllowed": {"person": True, "organisation": True, "subUnit": False, "bankruptcyEstate": False},
    }
    return json.dumps(value | members).encode()


def files_of(app: AppId = APP, *, rules: Sequence[Rule] = RULES, process: bytes = _PERMIT, **members: Any) -> Files:
    """The app's folder in memory; `members` of the metadata replace others."""
    return Files(
        contents={
            "config/applicationmetadata.json": _metadata(app, **members),
            "config/process/process.bpmn": process,
            "config/authorization/policy.xml": policy(*rules),
            "config/texts/resource.nb.json": b'{"language": "nb", "resources": []}',
            "models/model.schema.json": _SCHEMA,
        },
        place=app,
    )


_TWO_TYPES = _with_id([_file("a", "Task_A"), _file("b", "Task_B")])
_TWO_RULES = (
    Rule("PRIV DAGL LEDE", "instantiate read write delete"),
    Rule("REGNA", "read write", at=["task:Task_B"]),
    Rule("org:[ORG]", "instantiate read write complete"),
)


def twofold() -> Files:
    """The app with two tasks at once; the accountant may read at the second only."""
    fields: dict[str, Any] = {"presentationFields": [], "dataFields": []}
    return files_of(TWOFOLD, rules=_TWO_RULES, process=_TWOFOLD, dataTypes=_TWO_TYPES, **fields)


ALL = (files_of, twofold)
