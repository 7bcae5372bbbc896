"""`ttd/forms`: the rich app with a form that shows all that must not be told to everybody.

Beside the open form `model` stands `secret`, which asks for a right of its own: `DAGL` may read and write it, `LEDE`
may only write it, others neither.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dialog_graph.apps import Files
from dialog_graph.urns import AppId
from tests.integration.case_app import files_of

APP = AppId("ttd", "forms")
MODEL: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "name": {"type": "string", "default": "?"},
        "code": {"type": "string"},
        "number": {"type": "integer"},
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"what": {"type": "string"}, "cost": {"type": "number"}}},
        },
    },
}


def _text(id: str, value: str, *variables: tuple[str, str]) -> dict[str, Any]:
    named = [{"key": key, "dataSource": source, "defaultValue": "-"} for source, key in variables]
    return {"id": id, "value": value, "variables": named}


_OF_SECRET = ("dataModel.secret", "name")
TEXTS = [
    _text("t.secret", "Known: {0}", _OF_SECRET),
    _text("rule.secret", "Compare with {0}", _OF_SECRET),
    _text("main", "Main {0}", _OF_SECRET),
    _text("row", "{0} of {1}", ("dataModel.default", "items[{0}].what"), ("dataModel.default", "name")),
    _text(
        "backend.validation_errors.required", "{0} lacks {1}", ("customTextParameters", "componentTitle"), _OF_SECRET
    ),
]


def part(id: str, type: str = "Input", bound: Any = None, **more: Any) -> dict[str, Any]:
    """A component; `bound`: its `simpleBinding`."""
    bindings = {"dataModelBindings": {"simpleBinding": bound}} if bound else {}
    return {"id": id, "type": type, **bindings, **more}


def title(key: Any) -> dict[str, Any]:
    return {"textResourceBindings": {"title": key}}


SECRET = {"dataType": "secret", "field": "name"}
KNOWN = ["dataModel", "name", "secret"]
LAYOUT = [
    part("name", bound="name", **title("t.secret")),
    part("secretField", bound=SECRET, **title("Secret")),
    part("computed", "Paragraph", **title(["concat", "It is ", KNOWN])),
    part("viaComponent", "Paragraph", **title(["concat", "It is ", ["component", "secretField"]])),
    part("whenSecret", "Paragraph", hidden=["equals", KNOWN, None]),
    part("ofSecret", "Dropdown", source={"group": "items", "label": KNOWN, "value": "items[{0}].what"}),
    part("pick", "Dropdown", bound="code", optionsId="colours"),
    part("pickSecure", "Dropdown", bound="code", optionsId="codes", secure=True),
    part("pickRow", "RadioButtons", source={"group": "items", "label": "row", "value": "items[{0}].what"}),
    part("inline", "Checkboxes", bound="code", options=[{"value": 1, "label": "t.secret"}]),
    part("forWriters", required=["authContext", "write"], bound="code"),
    part("broken", hidden=["authContext", "fly"], bound="code"),
    part("file", "FileUpload"),
    part("letter", "FileUpload"),
    part("fixed", "FileUpload"),
    part("loose", "FileUpload"),
    {
        "id": "items",
        "type": "RepeatingGroup",
        "dataModelBindings": {"group": "items"},
        "children": ["what"],
    },
    part("what", bound="items.what"),
]
RULES = {
    "validations": {
        "name": [
            {"message": "rule.secret", "condition": ["equals", ["dataModel", "name"], KNOWN], "severity": "warning"},
            {"message": ["concat", "Not ", KNOWN], "condition": ["equals", ["dataModel", "name"], KNOWN]},
            {
                "message": ["concat", "Nor ", ["component", "secretField"]],
                "condition": ["equals", ["dataModel", "name"], KNOWN],
                "severity": "informational",
            },
        ]
    }
}


def forms_app(changes: Mapping[str, Any] | None = None, **members: Any) -> Files:
    """The app's folder; `changes`: files that replace others, `members`: of the metadata."""
    files = files_of(APP, **members)
    own: dict[str, Any] = {
        "models/model.schema.json": MODEL,
        "models/model.validation.json": RULES,
        "models/model.calculation.json": {"calculations": {"number": ["dataModel", "code"]}},
        "config/texts/resource.nb.json": {"language": "nb", "resources": TEXTS},
        "config/texts/resource.en.json": {"language": "en", "resources": [_text("row", "{0} in {1}", *_ROW)]},
        "options/colours.json": [{"value": "r", "label": "Rød"}, {"value": "s", "label": "t.secret"}],
        "options/colours.en.json": [{"value": "r", "label": "Red"}],
        "options/codes.json": [{"value": "x", "label": "Hush"}],
        "ui/layout-sets.json": {
            "sets": [
                {"id": "form", "dataType": "model", "tasks": ["Task_1"]},
                {"id": "look", "dataType": "model", "tasks": ["Task_2"]},
            ]
        },
        "ui/form/Settings.json": {"pages": {"order": ["main"]}},
        "ui/form/layouts/main.json": {"data": {"layout": LAYOUT}},
        "ui/look/Settings.json": {"pages": {"order": ["see"]}},
        "ui/look/layouts/see.json": {"data": {"layout": [part("seen", bound="name"), part("comment", bound="code")]}},
    }
    written = {path: _written(value) for path, value in {**own, **(changes or {})}.items()}
    return replace(files, contents={**files.contents, **written})


def _written(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


_ROW = (("dataModel.default", "items[{0}].what"), ("dataModel.default", "name"))
