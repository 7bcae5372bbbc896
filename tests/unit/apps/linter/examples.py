"""Puts the examples of the explanations into a whole app: the one that `dialog-graph new` writes."""

import json
import re
from pathlib import Path
from typing import Any, cast

from lxml import etree

from dialog_graph.apps import Files
from dialog_graph.urns import AppId
from tests.unit.apps.sample import METADATA, POLICY, PROCESS

TEMPLATE = Path(__file__).resolve().parents[4] / "src/dialog_graph/cli/templates/form/App"
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
NAMESPACES = (
    f'xmlns:bpmn="{BPMN}" xmlns:altinn="http://altinn.no/process" xmlns:dg="urn:dialog-graph:process:1"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


def template() -> dict[str, bytes]:
    """The files of the app, by path."""
    words = {"{{org}}": "ttd", "{{app}}": "my-form", "{{title}}": "My form"}
    found: dict[str, bytes] = {}
    for file in sorted(TEMPLATE.rglob("*.*")):
        text = file.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        found[file.relative_to(TEMPLATE).as_posix()] = text.encode()
    return found


def app_with(file: str, part: str, other: str) -> Files:
    """The app with one side of an example put in; `other` is its other side."""
    contents = template()
    if file == METADATA:
        contents[file] = _metadata(contents[file], part)
    elif file == PROCESS:
        contents[file] = _process(contents[file].decode(), part).encode()
    elif file == POLICY:
        contents[file] = _replaced(contents[file].decode(), part, other).encode()
    else:
        contents[file] = part.encode()
    return Files(contents=contents, place=AppId("ttd", "my-form"))


def _metadata(base: bytes, part: str) -> bytes:
    merged = cast("dict[str, Any]", json.loads(base))
    # Not parsed first: the example may hold a key twice.
    changed = cast("dict[str, Any]", json.loads(part))
    merged |= changed
    return json.dumps({name: value for name, value in merged.items() if value is not None}).encode()


def _process(base: str, part: str) -> str:
    """A whole file as it is, a whole process wrapped, single elements in place of those with their ids."""
    if part.startswith(("<bpmn:definitions", "<!DOCTYPE", "<process")):
        return part
    if part.startswith("<bpmn:process "):
        return f"<bpmn:definitions {NAMESPACES}>{part}</bpmn:definitions>"
    root = etree.fromstring(base.encode())
    process = root.find(f"{{{BPMN}}}process")
    assert process is not None
    replaced: set[str] = set()
    for element in etree.fromstring(f"<all {NAMESPACES}>{part}</all>"):
        same = process.find(f"*[@id='{element.get('id')}']")
        if same is not None and element.get("id") not in replaced:
            process.replace(same, element)
            replaced.add(element.get("id") or "")
        else:
            process.append(element)
    return etree.tostring(root, encoding="unicode")


def _replaced(base: str, part: str, other: str) -> str:
    """The base holds one side of the example; the other one takes its place."""
    base, part, other = (re.sub(r">\s+<", "><", text).strip() for text in (base, part, other))
    assert (part in base) != (other in base) or part in other or other in part, "one side stands in the template"
    return base if part in base and part not in other else base.replace(other, part, 1)
