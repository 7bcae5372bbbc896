"""Findings as SARIF 2.1.0 (OASIS), the exchange format of static analysis."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from itertools import count
from pathlib import Path

from dialog_graph.apps.linter.explanations import explanations
from dialog_graph.apps.linter.places import uri_from
from dialog_graph.apps.linter.report import CheckedApp, CheckReport
from dialog_graph.apps.linter.rules import FINDING_RULES, FindingRule
from dialog_graph.apps.linter.source_text import MARK, SourceText, decode
from dialog_graph.model.diagnostic import Diagnostic, DiagnosticPlace, DiagnosticSeverity
from dialog_graph.model.json_value import Json

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_LEVELS = {
    DiagnosticSeverity.ERROR: "error",
    DiagnosticSeverity.WARNING: "warning",
    DiagnosticSeverity.INFO: "note",
}
_INDEX: Mapping[str, int] = {code: index for index, code in enumerate(FINDING_RULES)}


def as_sarif(report: CheckReport, base: Path, version: str) -> dict[str, Json]:
    """The log of one run; files are named from `base`. `version`: of the program."""
    driver: dict[str, Json] = {
        "name": "dialog-graph",
        "version": version,
        "rules": [_rule(rule) for rule in FINDING_RULES.values()],
    }
    run: dict[str, Json] = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder in which the linter was started."}}},
        "invocations": [{"executionSuccessful": True}],
        "results": [_result(app, item, base) for app in report.apps for item in app.diagnostics],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: FindingRule) -> Json:
    explanation = explanations()[rule.code]
    return {
        "id": rule.code,
        "shortDescription": {"text": explanation.title},
        "fullDescription": {"text": f"{explanation.meaning} {explanation.reason}"},
        "help": {"text": explanation.remedy},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(app: CheckedApp, item: Diagnostic, base: Path) -> Json:
    message = f"{item.message} ({item.hint})" if item.hint else item.message
    physical = _physical(app, item.file, base, _region(item.line, _utf16_column(app, item)))
    location: dict[str, Json] = {"physicalLocation": physical}
    names: list[Json] = [{"name": name} for name in (item.element_id, item.path) if name]
    if names:
        location["logicalLocations"] = names
    result: dict[str, Json] = {
        "ruleId": item.code,
        "ruleIndex": _INDEX[item.code],
        "level": _LEVELS[item.severity],
        "message": {"text": message},
        "locations": [location],
        "partialFingerprints": {"dialogGraph/v1": _fingerprint(app, item, base)},
    }
    if item.related:
        numbers = count(1)
        result["relatedLocations"] = [_related(app, place, base, next(numbers)) for place in item.related]
    return result


def _physical(app: CheckedApp, file: str, base: Path, region: dict[str, Json]) -> dict[str, Json]:
    uri = uri_from(app.place(file), base)
    artifact: dict[str, Json] = {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": _ROOT}
    place: dict[str, Json] = {"artifactLocation": artifact}
    if region:
        place["region"] = region
    return place


def _utf16_column(app: CheckedApp, item: Diagnostic) -> int | None:
    """The column as viewers count it: in UTF-16 code units, without a byte order mark."""
    if item.column is None or item.line is None:
        return None
    text = _text(app.files.contents.get(item.file, b"") if app.files else b"")
    before = ((text.line(item.line) if text else None) or "")[: item.column - 1]
    # The reader of JSON counts the mark as a character, that of XML does not.
    marks = before.startswith(MARK) and item.file.endswith(".json")
    return item.column + sum(char > "\uffff" for char in before) - marks


@lru_cache(maxsize=2)
def _text(content: bytes) -> SourceText | None:
    """Findings come file by file."""
    return decode(content)


def _region(line: int | None, column: int | None) -> dict[str, Json]:
    region: dict[str, Json] = {} if line is None else {"startLine": line}
    if region and column is not None:
        region["startColumn"] = column
    return region


def _related(app: CheckedApp, place: DiagnosticPlace, base: Path, number: int) -> Json:
    physical = _physical(app, place.file, base, _region(place.line, None))
    return {"id": number, "physicalLocation": physical, "message": {"text": place.message}}


def _fingerprint(app: CheckedApp, item: Diagnostic, base: Path) -> str:
    """The same for the same finding after lines before it have come or gone."""
    parts = (item.code, uri_from(app.place(item.file), base), item.element_id, item.path, item.message)
    return hashlib.sha256("\0".join(part or "" for part in parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
