"""Registers the apps of a folder, and tells in the log what the linter says of each (app folder §1.6, §14).

Read, checked together, registered one by one: an app with errors keeps its old version, and never another app's.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dialog_graph import apps
from dialog_graph.apps.linter import printable
from dialog_graph.apps.readers.folders import file_of
from dialog_graph.model.diagnostic import Diagnostic, DiagnosticSeverity, Diags, has_errors
from dialog_graph.model.principal import app_worker
from dialog_graph.ports import Ports
from dialog_graph.urns import AppId

_log = logging.getLogger(__name__)

MAX_TOLD = 200
"""Findings of one app that are written to the log; the linter prints them all."""

_LEVELS: Mapping[DiagnosticSeverity, int] = {
    DiagnosticSeverity.ERROR: logging.ERROR,
    DiagnosticSeverity.WARNING: logging.WARNING,
    DiagnosticSeverity.INFO: logging.INFO,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundApp:
    """One folder as it was read. `version` is None when none could be made of it."""

    path: Path
    files: apps.Files
    version: apps.AppVersion | None
    diagnostics: Diags

    @property
    def app_id(self) -> AppId:
        """The app's id, else what the place of the folder says."""
        return self.version.app_id if self.version else self.files.place


def read_files(folder: Path) -> dict[Path, apps.Files | Diags]:
    """The files of every app below a folder, or why there are none. Blocks; never raises on what is in the folder."""
    return {path: apps.read_folder(path, folder) for path in apps.find_apps(folder)}


async def read_apps(
    ports: Ports, read: Mapping[Path, apps.Files | Diags], known: Mapping[Path, FoundApp]
) -> list[FoundApp]:
    """What the folders hold, each seen among the others. `known`: what was loaded before; unchanged files are not
    loaded again."""
    found = [
        await _loaded(ports, path, files, known.get(path)) for path, files in sorted(read.items()) if _is_app(files)
    ]
    others = apps.OtherApps(
        ids=frozenset({*(str(app.app_id) for app in found), *await _active_ids(ports)}),
        versions={str(app.version.app_id): app.version for app in reversed(found) if app.version},
    )
    return [_among(app, others) for app in found]


def _is_app(files: apps.Files | Diags) -> bool:
    return isinstance(files, apps.Files)


async def _loaded(ports: Ports, path: Path, files: apps.Files | Diags, known: FoundApp | None) -> FoundApp:
    assert isinstance(files, apps.Files)
    if known is not None and (known.files.sha256, known.files.findings) == (files.sha256, files.findings):
        return known
    version, diagnostics = await ports.catalogue.load(files)
    return FoundApp(path=path, files=files, version=version, diagnostics=diagnostics)


async def _active_ids(ports: Ports) -> frozenset[str]:
    """The apps that are active already: what is not in this folder may come from elsewhere."""
    async with ports.database.dispatch() as tx:
        rows = await tx.fetch("select app_id from app_version where is_active")
    return frozenset(row["app_id"] for row in rows)


def _among(app: FoundApp, others: apps.OtherApps) -> FoundApp:
    if app.version is None:
        return app
    version = apps.among(app.version, others)
    return replace(app, version=version, diagnostics=version.diagnostics)


async def register_apps(ports: Ports, folder: Path) -> list[FoundApp]:
    """Registers every app below the folder, and gives what was found. What the linter says of each is in the log."""
    read = await asyncio.to_thread(read_files, folder)
    for path, files in read.items():
        if not isinstance(files, apps.Files):
            report(path, files)
    found = await read_apps(ports, read, {})
    await register_found(ports, found)
    return found


def _every(app: FoundApp) -> bool:
    return True


async def register_found(ports: Ports, found: Sequence[FoundApp], wanted: Callable[[FoundApp], bool] = _every) -> None:
    """Registers those of the apps that are wanted, one by one. Of two folders that hold one app the first counts."""
    first: dict[AppId, Path] = {}
    for app in found:
        other = first.setdefault(app.app_id, app.path)
        if not wanted(app):
            continue
        if other != app.path:
            _log.error("%s is not used: %s holds the app %s already", app.path, other, app.app_id)
        elif ports.settings.org in (None, app.app_id.org):
            await register(ports, app)


async def register(ports: Ports, app: FoundApp) -> None:
    """Stores the version, activates it unless it has errors, and tells both."""
    async with ports.database.transaction(app_worker(app.app_id.org, app.app_id.app)) as tx:
        version_id = await ports.catalogue.register(tx, app.files, (app.version, app.diagnostics))
        row = await tx.fetchrow(
            """
            select v.ordinal, (select a.ordinal from app_version a where a.app_id = v.app_id and a.is_active) as active
              from app_version v where v.version_id = $1
            """,
            version_id,
        )
    report(app.path, app.diagnostics)
    ordinal, active = (row["ordinal"], row["active"]) if row else (0, None)
    if ordinal == active:
        _log.info("%s: version %d of %s is active", app.path, ordinal, app.app_id)
    else:
        stays = "no version is active" if active is None else f"version {active} stays active"
        _log.error("%s: version %d of %s has errors: %s", app.path, ordinal, app.app_id, stays)


def report(path: Path, diagnostics: Diags) -> None:
    """One line for each finding, errors first, with the file as an editor opens it; a sum where there are too many."""
    for item in sorted(diagnostics, key=lambda item: -_LEVELS[item.severity])[:MAX_TOLD]:
        _log.log(_LEVELS[item.severity], "%s", printable(" ".join(_words(path, item))))
    if len(diagnostics) > MAX_TOLD:
        rest = len(diagnostics) - MAX_TOLD
        _log.warning("%s: %d further findings: dialog-graph check %s", path, rest, path)
    if has_errors(diagnostics):
        _log.info("what a code means: dialog-graph check --explain CODE")


def _words(path: Path, item: Diagnostic) -> Iterator[str]:
    yield f"{file_of(path, item.file)}:{item.line}" if item.line else str(file_of(path, item.file))
    yield item.code
    yield item.message
    if item.hint:
        yield f"({item.hint})"
