"""The linter: `dialog-graph check PATH…` (app folder §14). What was found; how it is shown is in `as_*`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dialog_graph.apps.checks.calls import OtherApps
from dialog_graph.apps.files import Files
from dialog_graph.apps.loader import among, load
from dialog_graph.apps.readers.folders import file_of, find_apps, read_folder
from dialog_graph.apps.readers.metadata_reader import read_metadata
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.version import AppVersion
from dialog_graph.model.diagnostic import DiagnosticSeverity, Diags


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedApp:
    """The findings of one app. `path`: as given or found; `id`: None when it is unknown.

    `files`: what was read, None where there is no app; `version`: what was made of it, None where nothing could be.
    """

    path: Path
    id: str | None
    diagnostics: Diags
    files: Files | None = field(default=None, repr=False)
    version: AppVersion | None = field(default=None, repr=False)

    def place(self, file: str) -> Path:
        """Where a file of a finding is on disk; the folder itself for the empty name."""
        return file_of(self.path, file)


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


def check(paths: Sequence[Path], environment: str = "development") -> CheckReport:
    """Checks the apps at the paths, each once; a path without an app of its own is searched as an apps folder."""
    apps = {app.path.resolve(): app for path in paths for app in _check_path(path, environment)}
    return CheckReport(apps=tuple(apps.values()))


def _check_path(path: Path, environment: str) -> list[CheckedApp]:
    files = read_folder(path)
    if isinstance(files, Files):
        return [checked(path, files, environment)]
    found = [(app, read_folder(app, apps=path)) for app in find_apps(path)]
    apps = [checked(app, files, environment) for app, files in found if isinstance(files, Files)]
    closed = [CheckedApp(path=app, id=None, diagnostics=files) for app, files in found if not isinstance(files, Files)]
    return [*_together(apps), *closed] or [CheckedApp(path=path, id=None, diagnostics=files)]


def _together(apps: list[CheckedApp]) -> list[CheckedApp]:
    """The apps of one folder know each other: what one calls must be there and let it in."""
    others = OtherApps(
        ids=frozenset(app.id for app in apps if app.id),
        versions={str(app.version.app_id): app.version for app in apps if app.version},
    )
    return [replace(app, diagnostics=among(app.version, others).diagnostics) if app.version else app for app in apps]


def checked(path: Path, files: Files, environment: str) -> CheckedApp:
    """The findings of files that were read at a path."""
    version, diagnostics = load(files, environment)
    file = None if version else read_metadata(files, Findings())
    app_id = version.app_id if version else file.metadata.app_id if file else None
    id = str(app_id) if app_id else None
    return CheckedApp(path=path, id=id, diagnostics=diagnostics, files=files, version=version)
