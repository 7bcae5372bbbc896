"""Small processes that wait, written as text: tests say which elements and flows there are, the rest is the same."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from dialog_graph.apps import Files
from dialog_graph.urns import AppId
from tests.integration.case_app import Rule, policy

_HEAD = (
    '<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:a="http://altinn.no/process"'
    ' xmlns:d="urn:dialog-graph:process:1" targetNamespace="t">'
)
WAITING = AppId("ttd", "waiting")
FORM = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 20}, "count": {"type": "integer"}},
}
RULES = (
    Rule("PRIV DAGL LEDE", "instantiate read write delete confirm reject"),
    Rule("REGNA", "read"),
    Rule("org:[ORG]", "instantiate read write complete delete archive"),
)


def element(kind: str, id: str, inner: str = "", **attributes: str) -> str:
    """`inner`: what stands between its tags."""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<b:{kind} id="{id}"{written}>{inner}</b:{kind}>'


def extended(*parts: str) -> str:
    return f"<b:extensionElements>{''.join(parts)}</b:extensionElements>"


def task(id: str, type: str = "data", *parts: str, kind: str = "task", actions: str = "", inner: str = "") -> str:
    """`parts`: elements of our own namespace; `actions`: declared ones; `inner`: behind the extensions."""
    declared = "".join(f"<a:action>{action}</a:action>" for action in actions.split())
    listed = f"<a:actions>{declared}</a:actions>" if declared else ""
    typed = f"<a:taskExtension><a:taskType>{type}</a:taskType>{listed}</a:taskExtension>"
    return element(kind, id, extended(typed, *parts) + inner)


def timer(kind: str, id: str, text: str, of: str = "Duration", **attributes: str) -> str:
    """An event with a timer. `of`: `Duration`, `Date` or `Cycle`."""
    definition = f"<b:timerEventDefinition><b:time{of}>{text}</b:time{of}></b:timerEventDefinition>"
    return element(kind, id, definition, **attributes)


def message(kind: str, id: str, name: str, **attributes: str) -> str:
    """An event with a message of this id."""
    return element(kind, id, f'<b:messageEventDefinition messageRef="{name}"/>', **attributes)


def signal(kind: str, id: str, name: str, **attributes: str) -> str:
    return element(kind, id, f'<b:signalEventDefinition signalRef="{name}"/>', **attributes)


def conditional(kind: str, id: str, condition: str, **attributes: str) -> str:
    """An event with a condition."""
    definition = f"<b:conditionalEventDefinition><b:condition>{condition}</b:condition></b:conditionalEventDefinition>"
    return element(kind, id, definition, **attributes)


def scope(id: str, *parts: str, **attributes: str) -> str:
    """A subprocess; one that an event starts has `triggeredByEvent="true"`."""
    return element("subProcess", id, "".join(parts), **attributes)


def several(*, cardinality: str = "", collection: str = "", sequential: bool = False) -> str:
    """What makes an activity a multi-instance: an expression for how many, or one for the list."""
    own = extended(f"<d:multiInstance collection='{collection}'/>") if collection else ""
    count = f"<b:loopCardinality>{cardinality}</b:loopCardinality>" if cardinality else ""
    attributes = {"isSequential": "true"} if sequential else {}
    return element("multiInstanceLoopCharacteristics", "Many", own + count, **attributes)


def declared(name: str, key: str | None = None, ttl: str | None = None, kind: str = "message") -> str:
    """A message or signal that events refer to. `key`: the expression of its correlation key."""
    parts = [f"<d:correlation key='{key}'/>"] if key else []
    parts += [f'<d:ttl value="{ttl}"/>'] if ttl else []
    return element(kind, name, extended(*parts) if parts else "", name=name)


def flows(*chains: str) -> str:
    """`A B C` stands for A -> B and B -> C; `A B?condition` for a flow with a condition."""
    found: list[str] = []
    for chain in chains:
        words = chain.split(" ", 1) if "?" in chain else chain.split()
        targets, _, condition = words[-1].partition("?")
        names = [*words[:-1], targets]
        inner = f"<b:conditionExpression>{condition}</b:conditionExpression>" if condition else ""
        for source, target in pairwise(names):
            pair = f'sourceRef="{source}" targetRef="{target}"'
            found.append(f'<b:sequenceFlow id="{source}-{target}" {pair}>{inner}</b:sequenceFlow>')
    return "".join(found)


def process(*parts: str, outside: Sequence[str] = ()) -> bytes:
    """The file; `outside`: messages, signals and errors."""
    return (
        f'{_HEAD}{"".join(outside)}<b:process id="P" isExecutable="true">{"".join(parts)}</b:process></b:definitions>'
    ).encode()


def files(
    model: bytes,
    *,
    app: AppId = WAITING,
    forms: Mapping[str, str | None] | None = None,
    rules: Sequence[Rule] = RULES,
    **members: Any,
) -> Files:
    """An app with this process. `forms`: form type -> the task that it belongs to; `members` of the metadata."""
    given = {"form": "Fill"} if forms is None else forms
    types: list[dict[str, Any]] = []
    for name, of_task in given.items():
        logic = {"schemaRef": "model", "autoCreate": of_task is not None}
        item = {"id": name, "allowedContentTypes": ["application/json"], "appLogic": logic, "maxCount": 1}
        types.append(item | ({"taskId": of_task} if of_task else {}))
    metadata = {
        "id": str(app),
        "org": app.org,
        "title": {"nb": "Venting", "nn": "Venting", "en": "Waiting"},
        "dataTypes": types,
        "partyTypesAllowed": {"person": True, "organisation": True, "subUnit": False, "bankruptcyEstate": False},
    }
    return Files(
        contents={
            "config/applicationmetadata.json": json.dumps(metadata | members).encode(),
            "config/process/process.bpmn": model,
            "config/authorization/policy.xml": policy(*rules),
            "config/texts/resource.nb.json": b'{"language": "nb", "resources": []}',
            "models/model.schema.json": json.dumps(FORM).encode(),
        },
        place=app,
    )
