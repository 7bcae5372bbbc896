"""Finds app folders on disk and reads their files (app folder §1.1, §1.4, §2)."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dialog_graph.apps.diagnostics import At, finding
from dialog_graph.apps.files import MAX_FILES, MAX_TOTAL_BYTES, Files
from dialog_graph.apps.readers.file_names import is_read, right_name
from dialog_graph.model.diagnostic import Diagnostic, Diags
from dialog_graph.urns import AppId, is_org

MAX_FILE_BYTES = 8 << 20
DEFAULT_ORG = "ttd"
_FOLDERS = ("config", "models", "options", "ui", "logic")
_SKIPPED = re.compile(r"(?:^|/)(?:__pycache__|\.[^/]*)(?:/|$)|\.pyc\Z")


def find_apps(root: Path) -> list[Path]:
    """The app folders of an apps folder, sorted: `<root>/<app>` and `<root>/<org>/<app>`."""
    found: list[Path] = []
    for first in _subfolders(root):
        if _is_app(first):
            found.append(first)
        else:
            found += [second for second in _subfolders(first) if _is_app(second)]
    return found


def _is_app(folder: Path) -> bool:
    """True also for a folder that may not be looked into: who reads it is told."""
    try:
        return _root_of(folder) is not None
    except OSError:
        return True


def read_folder(path: Path, apps: Path | None = None) -> Files | Diags:
    """The files of the app at a path; the one finding `DG1001` when there is no app there.

    `apps`: the apps folder it was found in, which gives the org of template ids its place. What else reading meets
    stands in `Files.findings`.
    """
    try:
        root = _root_of(path)
    except OSError as error:
        return (finding("DG1014", At(), reason=error.strerror or "it cannot be opened"),)
    if root is None:
        return (finding("DG1001", At(), path=path.as_posix(), reason=_why_none(path)),)
    reader = _Reader(root)
    reader.read()
    return Files(
        contents=reader.contents,
        place=_place(root.folder, apps),
        ignored=tuple(sorted(reader.ignored)),
        findings=tuple(reader.findings),
    )


def file_of(path: Path, file: str) -> Path:
    """Where a file of the app at a path is on disk: the reverse of the names that findings give."""
    try:
        root = _root_of(path)
    except OSError:
        root = None
    if root is None:
        return path / file
    return root.folder / file.removeprefix(root.prefix)


@dataclass(frozen=True, slots=True)
class _Root:
    """The app root. `prefix` is "config/" when only the folder that plays `config` is known."""

    folder: Path
    prefix: str = ""


def _root_of(path: Path) -> _Root | None:
    for folder in (path / "App", path / "src" / "App", path):
        if (folder / "config").is_dir():
            return _Root(folder)
    if not (path / "process" / "process.bpmn").is_file():
        return None
    full = path.resolve()
    return _Root(full.parent) if full.name == "config" else _Root(path, "config/")


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if child.is_dir() and not child.name.startswith("."))
    except OSError:
        return []


def _why_none(path: Path) -> str:
    """What else is there in place of an app, for the end of the sentence."""
    if not os.path.lexists(path):
        return ": there is no such folder"
    if not path.is_dir():
        return ": it is a file"
    inner = [path, *_subfolders(path)]
    for folder in (*inner, *(below for each in inner[1:] for below in _subfolders(each))):
        for name in ("App", "config"):
            other = next((child.name for child in _subfolders(folder) if _is_only_like(child.name, name)), None)
            if other is not None:
                return f', but {(folder / other).as_posix()}, which must be called "{name}"'
    return ""


def _is_only_like(name: str, right: str) -> bool:
    return name != right and name.lower() == right.lower()


def _place(root: Path, apps: Path | None) -> AppId:
    folder = root.resolve()
    if folder.name == "App":
        folder = folder.parent.parent if folder.parent.name == "src" else folder.parent
    parent = folder.parent
    is_below_org = parent.parent == apps.resolve() if apps else parent.parent.name == "apps"
    return AppId(parent.name if is_below_org and is_org(parent.name) else DEFAULT_ORG, folder.name)


@dataclass(slots=True)
class _Reader:
    """Walks one app root. Follows links to files inside the root only, and no links to folders."""

    root: _Root
    contents: dict[str, bytes] = field(default_factory=dict[str, bytes])
    ignored: list[str] = field(default_factory=list[str])
    findings: list[Diagnostic] = field(default_factory=list[Diagnostic])
    seen: int = 0
    total: int = 0

    def read(self) -> None:
        for path, entry in self._files():
            self.seen += 1
            if self.seen > MAX_FILES:
                self._limit("", "number of files", self.seen, MAX_FILES)
                return
            self._take(path, entry)
        lowered: dict[str, str] = {}
        for path in sorted(self.contents):
            other = lowered.setdefault(path.lower(), path)
            if other != path:
                self.findings.append(finding("DG1010", At(file=path), path=path, other=other))

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Paths below the app root of everything that is not a folder, in the folders that an app has."""
        base = self.root.folder
        if self.root.prefix:
            yield from self._below(base, self.root.prefix)
            return
        for entry in sorted(self._entries(base)):
            if entry.name in _FOLDERS and entry.is_dir() and not entry.is_symlink():
                yield from self._below(entry, f"{entry.name}/")
            elif entry.name.lower() in _FOLDERS and entry.is_dir() and not entry.is_symlink():
                # Another folder, as of C# code, unless it has what would be read below the right name.
                yield from (found for found in self._below(entry, f"{entry.name}/") if _is_misnamed(found[0]))
            elif entry.name in _FOLDERS or is_read(entry.name) or right_name(entry.name):
                yield entry.name, entry

    def _entries(self, folder: Path) -> list[Path]:
        try:
            return list(folder.iterdir())
        except OSError as error:
            self._unreadable("", error)
            return []

    def _below(self, folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
        def report(error: OSError) -> None:
            inside = Path(os.fsdecode(error.filename or folder))
            relative = inside.relative_to(folder).as_posix() if inside.is_relative_to(folder) else "."
            self._unreadable(prefix if relative == "." else f"{prefix}{relative}/", error)

        for current, folders, names in os.walk(folder, onerror=report):
            folders[:] = sorted(name for name in folders if not _SKIPPED.search(name))
            relative = Path(current).relative_to(folder).as_posix()
            start = prefix if relative == "." else f"{prefix}{relative}/"
            links = [name for name in folders if (Path(current) / name).is_symlink()]
            for name in sorted([*names, *links]):
                yield start + name, Path(current) / name

    def _take(self, path: str, entry: Path) -> None:
        if _SKIPPED.search(path):
            return
        if not _is_utf8(path):
            self.findings.append(finding("DG1014", At(file=ascii(path)), reason="its name is not UTF-8"))
        elif not self._stays_inside(entry):
            self.findings.append(finding("DG1012", At(file=path)))
        elif entry.is_dir():
            self.findings.append(finding("DG1014", At(file=path), reason="it is a link to a folder"))
        else:
            right = right_name(path)
            if right is not None:
                self.findings.append(finding("DG1015", At(file=path), right=right))
            if is_read(path):
                self._read_file(path, entry)
            elif right is None:
                self.ignored.append(path)

    def _stays_inside(self, entry: Path) -> bool:
        if not entry.is_symlink():
            return True
        try:
            return entry.resolve(strict=True).is_relative_to(self.root.folder.resolve())
        except (OSError, RuntimeError):
            return False

    def _read_file(self, path: str, entry: Path) -> None:
        try:
            status = entry.stat()
            if not stat.S_ISREG(status.st_mode):
                self.findings.append(finding("DG1014", At(file=path), reason="it is not a plain file"))
            elif status.st_size > MAX_FILE_BYTES:
                self._limit(path, "file size", status.st_size, MAX_FILE_BYTES)
            elif self.total + status.st_size > MAX_TOTAL_BYTES:
                self._limit(path, "size of all files", self.total + status.st_size, MAX_TOTAL_BYTES)
            else:
                self.contents[path] = entry.read_bytes()
                self.total += len(self.contents[path])
        except OSError as error:
            self._unreadable(path, error)

    def _unreadable(self, path: str, error: OSError) -> None:
        self.findings.append(finding("DG1014", At(file=path), reason=error.strerror or "it cannot be opened"))

    def _limit(self, path: str, what: str, n: int, m: int) -> None:
        self.findings.append(finding("DG1003", At(file=path), what=what, n=n, m=m))


def _is_misnamed(path: str) -> bool:
    right = right_name(path)
    return right is not None and is_read(right)


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
