"""Development: watches the apps folder and registers a new version when something in it changes (app folder §1.6).

The operating system tells that something changed; what changed is found out by reading the folders and comparing the
hashes of their files, so a notice too many or too few does no harm. A folder is taken only when two readings in a row
agree: an editor or a copy may be in the middle of writing it. A version with errors is stored and told, and the old one
stays; an app whose folder is gone stays active. Other processes see a new version with their next transaction.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from watchfiles import awatch  # pyright: ignore[reportUnknownVariableType] -- it names a type of trio, which is not here

from dialog_graph import apps
from dialog_graph.errors import Refused
from dialog_graph.model.diagnostic import Diags
from dialog_graph.ports import Ports
from dialog_graph.workers.app_folders import FoundApp, read_apps, read_files, register_found, report
from dialog_graph.workers.stopping import stop

_log = logging.getLogger(__name__)

SETTLE = 0.15
"""Seconds between two readings that must agree."""

MAX_READINGS = 40
"""Readings of a folder that never comes to rest; then it is taken as it is."""

HEARTBEAT = 2_000
"""Milliseconds after which the folder is looked at without a notice: it may have been moved away and made anew."""

_Read = Mapping[Path, "apps.Files | Diags"]


@dataclass(slots=True)
class Watched:
    """What was last registered of each folder below an apps folder, and what was last told of those that hold none."""

    ports: Ports
    folder: Path
    known: dict[Path, FoundApp]
    unreadable: dict[Path, Diags] = field(default_factory=dict[Path, Diags])

    async def look(self) -> None:
        """Registers what has changed since the last look."""
        read = await self._at_rest()
        self._tell_of_the_gone(read)
        found = await read_apps(self.ports, read, self.known)
        await register_found(self.ports, found, self._is_new)
        self.known = {app.path: app for app in found}

    def _is_new(self, app: FoundApp) -> bool:
        known = self.known.get(app.path)
        return known is None or (known.files.sha256, known.diagnostics) != (app.files.sha256, app.diagnostics)

    def _tell_of_the_gone(self, read: _Read) -> None:
        for path in sorted(self.known.keys() - read.keys()):
            _log.warning("%s is gone: the active version of %s stays", path, self.known[path].app_id)
        unreadable = {path: files for path, files in read.items() if not isinstance(files, apps.Files)}
        for path, findings in unreadable.items():
            if self.unreadable.get(path) != findings:
                report(path, findings)
        self.unreadable = unreadable

    async def _at_rest(self) -> _Read:
        read = await asyncio.to_thread(read_files, self.folder)
        for _ in range(MAX_READINGS):
            await asyncio.sleep(SETTLE)
            again = await asyncio.to_thread(read_files, self.folder)
            if _hashes(again) == _hashes(read):
                break
            read = again
        return read


def _hashes(read: _Read) -> dict[Path, object]:
    return {path: files.sha256 if isinstance(files, apps.Files) else files for path, files in read.items()}


async def _notices(folder: Path) -> AsyncGenerator[bool, None]:
    """True when something may have changed; False now and then, so that what failed can be tried again.

    The folder may come, go, and come again. What changed before the watch began is seen with its first heartbeat.
    """
    while True:
        identity, is_first = _identity(folder), True
        yield True
        if identity is None:
            await asyncio.sleep(HEARTBEAT / 1000)
            continue
        try:
            async for changes in awatch(
                folder, debounce=400, step=50, rust_timeout=HEARTBEAT, yield_on_timeout=True, recursive=True
            ):
                yield bool(changes) or is_first
                is_first = is_first and bool(changes)
                if _identity(folder) != identity:
                    break
        except (OSError, RuntimeError) as fault:
            _log.warning("%s cannot be watched, so it is looked at now and then: %s", folder, fault)
            await asyncio.sleep(HEARTBEAT / 1000)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


async def _follow(watched: Watched) -> None:
    is_due = False
    async for is_change in _notices(watched.folder):
        is_due = is_due or is_change
        if not is_due:
            continue
        try:
            await watched.look()
            is_due = False
        except Refused as refused:
            _log.warning("the apps folder has to wait: %s", refused.refusal.code)
        except Exception:  # whatever it was, the next look may go well
            _log.exception("the apps folder could not be looked at")


@asynccontextmanager
async def reloading(ports: Ports, folder: Path, registered: Iterable[FoundApp]) -> AsyncGenerator[None, None]:
    """Registers changes below the folder while the block runs. `registered`: what is in it and known already."""
    task = asyncio.ensure_future(_follow(Watched(ports, folder, {app.path: app for app in registered})))
    _log.info("watching %s", folder)
    try:
        yield
    finally:
        await stop(task)
