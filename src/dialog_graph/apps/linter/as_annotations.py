"""Findings as workflow commands of GitHub Actions, which shows them beside the lines of a change."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from dialog_graph.apps.linter.places import path_from
from dialog_graph.apps.linter.report import CheckedApp, CheckReport
from dialog_graph.model.diagnostic import Diagnostic, DiagnosticSeverity

_COMMANDS = {
    DiagnosticSeverity.ERROR: "error",
    DiagnosticSeverity.WARNING: "warning",
    DiagnosticSeverity.INFO: "notice",
}
_IN_DATA: Mapping[str, str] = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY: Mapping[str, str] = {**_IN_DATA, ":": "%3A", ",": "%2C"}


def as_annotations(report: CheckReport, base: Path) -> str:
    """One command for each finding; files are named from `base`, the root of the repository."""
    return "\n".join(_annotation(app, item, base) for app in report.apps for item in app.diagnostics)


def _annotation(app: CheckedApp, item: Diagnostic, base: Path) -> str:
    properties = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in _properties(app, item, base))
    message = f"{item.message} ({item.hint})" if item.hint else item.message
    return f"::{_COMMANDS[item.severity]} {properties}::{_escaped(message, _IN_DATA)}"


def _properties(app: CheckedApp, item: Diagnostic, base: Path) -> Iterator[tuple[str, str]]:
    yield "file", path_from(app.place(item.file), base)
    if item.line is not None:
        yield "line", str(item.line)
        if item.column is not None:
            yield "col", str(item.column)
    yield "title", item.code


def _escaped(text: str, marks: Mapping[str, str]) -> str:
    return "".join(marks.get(char, char) for char in text)
