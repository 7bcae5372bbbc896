"""Reads `config/texts/resource.{lang}.json` (app folder §8)."""

import re
from collections.abc import Iterator

from dialog_graph.apps.contents.texts import FALLBACKS, PLACEHOLDER, TextResource, TextResources, TextVariable
from dialog_graph.apps.diagnostics import At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import TEXT_FILE_BYTES, Findings, JsonObject, read_json

FOLDER = "config/texts/"
_NAME = re.compile(r"config/texts/resource\.([^/]+)\.json")
_SOURCES = ("instanceContext", "applicationSettings", "customTextParameters", "text")
_MODEL = "dataModel."


def read_texts(files: Files, findings: Findings) -> TextResources:
    """All texts, the languages of the fallback order first."""
    found: dict[str, dict[str, TextResource]] = {}
    for path in files.matching(f"{FOLDER}resource.", ".json"):
        match = _NAME.fullmatch(path)
        document = read_json(files, path, findings, TEXT_FILE_BYTES)
        top = document.object() if document else None
        if match and top:
            found.setdefault(match.group(1), {}).update(_resources(top, match.group(1)))
    if not any(language in found for language in FALLBACKS):
        findings.add("DG6001", At(file=FOLDER))
    _report_missing(found, findings)
    order = [language for language in (*FALLBACKS, *sorted(found)) if language in found]
    return TextResources(by_language={language: found[language] for language in dict.fromkeys(order)})


def _report_missing(found: dict[str, dict[str, TextResource]], findings: Findings) -> None:
    """Texts that only some languages have."""
    ids = dict.fromkeys(id for texts in found.values() for id in texts)
    for language, texts in found.items():
        for id in ids:
            if id not in texts:
                at = At(file=f"{FOLDER}resource.{language}.json", element_id=id)
                findings.add("DG6006", at, id=id, language=language)


def _resources(top: JsonObject, named: str) -> dict[str, TextResource]:
    language = top.text("language")
    if language is not None and language != named:
        top.node.findings.add("DG6003", top.at("language"), file=named, language=language)
    found: dict[str, TextResource] = {}
    for row in top.objects("resources"):
        resource = _resource(row)
        if resource is None:
            continue
        if resource.id in found:
            row.node.findings.add("DG6002", row.at("id"), id=resource.id)
        found[resource.id] = resource
    return found


def _resource(row: JsonObject) -> TextResource | None:
    id, node = row.text("id"), row.get("value")
    if id is None:
        if not row.has("id"):
            row.node.wrong("a text resource with an id")
        return None  # editors leave rows with blank ids behind
    value = node.value if node else ""
    if not isinstance(value, str):
        node.wrong("a text") if node else None
        return None
    variables = tuple(_variable(variable) for variable in row.objects("variables"))
    for problem in _problems(value, len(variables)):
        row.node.findings.add("DG6005", row.at("value"), id=id, reason=problem)
    return TextResource(id=id, value=value, variables=variables, line=row.node.at.line)


def _problems(value: str, count: int) -> Iterator[str]:
    """Placeholders without variable, and the reverse, by the first of each."""
    used = {int(number) for number in PLACEHOLDER.findall(value)}
    beyond = sorted(number for number in used if number >= count)
    if beyond:
        yield f"has a placeholder without variable: {{{beyond[0]}}}"
    unused = next((number for number in range(count) if number not in used), None)
    if unused is not None:
        yield f"has a variable that is never used: {{{unused}}}"


def _variable(row: JsonObject) -> TextVariable:
    source = row.text("dataSource") or ""
    if source not in _SOURCES and not (source.startswith(_MODEL) and len(source) > len(_MODEL)):
        row.node.findings.add("DG6004", row.at("dataSource"), value=source)
    return TextVariable(key=row.text("key") or "", data_source=source, default_value=_as_written(row, "defaultValue"))


def _as_written(row: JsonObject, name: str) -> str | None:
    """A text with its blanks: an empty default is one."""
    node = row.get(name)
    return node.value if node is not None and isinstance(node.value, str) else row.text(name)
