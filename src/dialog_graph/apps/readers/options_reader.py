"""Reads `options/{id}.json` and `options/{id}.{lang}.json` (app folder §12)."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from dialog_graph.apps.contents.options import Option, OptionList
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings, Json_, JsonObject, read_json
from dialog_graph.expressions import to_text

_NAME = re.compile(r"options/([^/]+?)(?:\.([a-z]{2}))?\.json")


def read_options(files: Files, findings: Findings) -> Mapping[str, OptionList]:
    """All static lists by id."""
    found: dict[str, dict[str, tuple[Option, ...]]] = {}
    for path in files.matching("options/", ".json"):
        match = _NAME.fullmatch(path)
        document = read_json(files, path, findings)
        if match and document:
            found.setdefault(match.group(1), {})[match.group(2) or ""] = _options(document)
    return MappingProxyType({id: OptionList(id=id, by_language=lists) for id, lists in found.items()})


def _options(document: Json_) -> tuple[Option, ...]:
    if not isinstance(document.value, list):
        document.findings.add("DG6202", document.at)
        return ()
    found, texts = dict[str, Option](), set[str | None]()
    for item in document.items():
        row = JsonObject(item) if isinstance(item.value, dict) else None
        option = _option(row) if row else None
        if option is None:
            document.findings.add("DG6202", item.at)
            continue
        # Values are stored and compared as texts.
        if to_text(option.value) in texts:
            document.findings.add("DG6203", item.at, value=option.value)
        texts.add(to_text(option.value))
        found.setdefault(repr(option.value), option)
    return tuple(found.values())


def _option(row: JsonObject) -> Option | None:
    node, label = row.get("value"), row.text("label")
    value = node.value if node else None
    if isinstance(value, (list, dict)) or not row.has("value") or not row.has("label"):
        return None
    tags = row.get("tags")
    return Option(
        value=value,
        label=label or "",
        description=row.text("description"),
        help_text=row.text("helpText"),
        tags=tags.value if tags and isinstance(tags.value, dict) else {},
    )
