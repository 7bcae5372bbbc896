"""Findings for programs: the object of app folder §14."""

from dialog_graph.apps.linter.report import CheckedApp, CheckReport
from dialog_graph.model.diagnostic import Diagnostic, DiagnosticPlace, DiagnosticSeverity
from dialog_graph.model.json_value import Json


def as_json(report: CheckReport) -> dict[str, Json]:
    """The object that `--json` prints."""
    return {
        "apps": [_app(app) for app in report.apps],
        "errors": report.count(DiagnosticSeverity.ERROR),
        "warnings": report.count(DiagnosticSeverity.WARNING),
    }


def _app(app: CheckedApp) -> dict[str, Json]:
    return {"path": app.path.as_posix(), "id": app.id, "diagnostics": [_finding(item) for item in app.diagnostics]}


def _finding(item: Diagnostic) -> dict[str, Json]:
    entry: dict[str, Json] = {
        "code": item.code,
        "severity": item.severity.value,
        "file": item.file,
        "line": item.line,
        "column": item.column,
        "message": item.message,
        "hint": item.hint,
    }
    if item.element_id is not None:
        entry["elementId"] = item.element_id
    if item.path is not None:
        entry["path"] = item.path
    if item.related:
        entry["related"] = [_related(place) for place in item.related]
    return entry


def _related(place: DiagnosticPlace) -> dict[str, Json]:
    return {"file": place.file, "line": place.line, "message": place.message}
