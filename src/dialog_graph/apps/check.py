"""The linter: `dialog-graph check PATH…` (app folder §14)."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dialog_graph.apps.files import Files
from dialog_graph.apps.loader import load
from dialog_graph.apps.readers.folders import find_apps, read_folder
from dialog_graph.apps.readers.metadata_reader import read_metadata
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.model.diagnostic import Diagnostic, DiagnosticPlace, DiagnosticSeverity, Diags
from dialog_graph.model.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedApp:
    """The findings of one app. `path`: as given or found; `id`: None when it is unknown."""

    path: str
    id: str | None
    diagnostics: Diags


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The findings of all apps, one entry for each that was found, also without findings."""

    apps: tuple[CheckedApp, ...]

    def count(self, severity: DiagnosticSeverity) -> int:
        """Number of findings of one weight over all apps."""
        return sum(item.severity is severity for app in self.apps for item in app.diagnostics)

    def exit_status(self, strict: bool = False) -> int:
        """0 without errors, 1 with any; with `strict` also with any warning."""
        return int(bool(self.count(DiagnosticSeverity.ERROR) or (strict and self.count(DiagnosticSeverity.WARNING))))

    def to_json(self) -> dict[str, Json]:
        """The object that `--json` prints."""
        return {
            "apps": [
                {"path": app.path, "id": app.id, "diagnostics": [_as_json(item) for item in app.diagnostics]}
                for app in self.apps
            ],
            "errors": self.count(DiagnosticSeverity.ERROR),
            "warnings": self.count(DiagnosticSeverity.WARNING),
        }

    def to_text(self) -> str:
        """The findings for people, one line each, and a sum."""
        lines: list[str] = []
        for app in self.apps:
            lines.append(f"{app.path} ({app.id})" if app.id else app.path)
            lines += [f"  {_as_line(item)}" for item in app.diagnostics]
        errors, warnings = self.count(DiagnosticSeverity.ERROR), self.count(DiagnosticSeverity.WARNING)
        lines.append(f"{_number(len(self.apps), 'app')}: {_number(errors, 'error')}, {_number(warnings, 'warning')}")
        return "\n".join(lines)


def check(paths: Sequence[Path], environment: str = "development") -> CheckReport:
    """Checks the apps at the paths; a path without an app of its own is searched as an apps folder."""
    return CheckReport(apps=tuple(app for path in paths for app in _check_path(path, environment)))


def _check_path(path: Path, environment: str) -> list[CheckedApp]:
    files = read_folder(path)
    if isinstance(files, Files):
        return [_checked(path, files, environment)]
    found = [(app, read_folder(app, apps=path)) for app in find_apps(path)]
    apps = [_checked(app, files, environment) for app, files in found if isinstance(files, Files)]
    return apps or [CheckedApp(path=path.as_posix(), id=None, diagnostics=files)]


def _checked(path: Path, files: Files, environment: str) -> CheckedApp:
    version, diagnostics = load(files, environment)
    ignored = version.settings.check_ignore if version else ()
    kept = tuple(item for item in diagnostics if not _is_ignored(item, ignored))
    file = None if version else read_metadata(files, Findings())
    app_id = version.app_id if version else file.metadata.app_id if file else None
    return CheckedApp(path=path.as_posix(), id=str(app_id) if app_id else None, diagnostics=kept)


def _is_ignored(item: Diagnostic, patterns: Sequence[str]) -> bool:
    """`CODE` or `CODE:place`, the place being an element id, a field path or a file; errors are never ignored."""
    if item.is_error:
        return False
    for pattern in patterns:
        code, _, place = pattern.partition(":")
        places = (item.element_id, item.path, item.file)
        if code == item.code and (not place or any(p and fnmatch.fnmatchcase(p, place) for p in places)):
            return True
    return False


def _as_json(item: Diagnostic) -> dict[str, Json]:
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


def _as_line(item: Diagnostic) -> str:
    place = f"{item.file or '.'}:{item.line}" if item.line else item.file or "."
    hint = f" ({item.hint})" if item.hint else ""
    return f"{place} {item.severity.value} {item.code} {item.message}{hint}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
