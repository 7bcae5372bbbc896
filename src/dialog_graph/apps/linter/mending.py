"""Mends an app in memory: `dialog-graph check --fix` (app folder §14).

What a fixer proposes is kept only when the app, checked again, has lost the finding and got no other one. So a
renamed key that brings new faults to light, or an edit that takes a rule's sense away, is left to the author, and a
second run finds nothing more to do.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path
from typing import TypeAlias

from dialog_graph.apps.files import Contents, Files
from dialog_graph.apps.linter.fixes import FIXERS, Source
from dialog_graph.apps.linter.places import path_from
from dialog_graph.apps.linter.report import CheckedApp, checked
from dialog_graph.apps.linter.source_text import Edit, decode
from dialog_graph.model.diagnostic import Diagnostic, Diags
from dialog_graph.urns import AppId

MAX_TRIES = 400
"""Checks of one app in one run: findings beyond wait for the next run."""

_PLACES = re.compile(r"\d+")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

_Key: TypeAlias = tuple[str, str, str, str | None, str | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What became of one app. `app`: as it is then; `contents`: the changed files only; `left`: could be mended, but
    would have brought another finding."""

    app: CheckedApp
    contents: Contents
    left: Diags

    def diff(self, before: Files, base: Path) -> str:
        """The changes as a unified diff, files named from `base`."""
        return "".join(line for file in sorted(self.contents) for line in self._diff(file, before, base))

    def _diff(self, file: str, before: Files, base: Path) -> Iterator[str]:
        old, new = _lines(before.contents[file]), _lines(self.contents[file])
        name = path_from(self.app.place(file), base).lstrip("/")
        for line in unified_diff(old, new, f"a/{name}", f"b/{name}"):
            if line.endswith("\n"):
                yield line
            else:
                yield f"{line}\n" if line.endswith("\r") else f"{line}\n\\ No newline at end of file\n"


def mend(app: CheckedApp, environment: str) -> Mended | None:
    """Mends what can be mended; None where nothing was read."""
    if app.files is None:
        return None
    # Alone, as it is checked after each try: what other apps make of it, nothing here changes.
    alone = replace(app, diagnostics=app.version.diagnostics) if app.version else app
    mending = _Mending(alone, environment)
    mending.run()
    assert mending.app.files is not None, "an app that was read stays one"
    changed = {
        file: content for file, content in mending.app.files.contents.items() if app.files.contents[file] != content
    }
    return Mended(app=mending.app, contents=changed, left=tuple(_mendable(mending.app.diagnostics)))


@dataclass(slots=True)
class _Mending:
    """One app on its way. `app` is always one that may be written."""

    app: CheckedApp
    environment: str
    tries: int = 0

    def run(self) -> None:
        """Tries everything together, then halves of what did not go together, until nothing more goes."""
        while self._improve(tuple(_mendable(self.app.diagnostics))):
            pass

    def _improve(self, items: Diags) -> bool:
        if not items or self.tries >= MAX_TRIES:
            return False
        self.tries += 1
        better = self._tried(items)
        if better is not None:
            self.app = better
            return True
        if len(items) == 1:
            return False
        half = len(items) // 2
        # The first half may have moved the places of the second: it is found again in the new findings.
        improved = self._improve(items[:half])
        keys = Counter(_key(item) for item in items[half:])
        rest = tuple(item for item in _mendable(self.app.diagnostics) if _key(item) in keys)
        return self._improve(rest if len(rest) < len(items) else items[half:]) or improved

    def _tried(self, items: Diags) -> CheckedApp | None:
        """The app with these findings mended, if it has lost them and got no other one."""
        files = self.app.files
        if files is None:
            return None
        contents = _edited(files.contents, items, AppId.parse(self.app.id or ""))
        if contents == dict(files.contents):
            return None
        after = checked(self.app.path, replace(files, contents=contents), self.environment)
        before, wanted = Counter(map(_key, self.app.diagnostics)), Counter(map(_key, items))
        return after if Counter(map(_key, after.diagnostics)) <= before - wanted else None


def _mendable(diagnostics: Diags) -> Iterator[Diagnostic]:
    return (item for item in diagnostics if item.code in FIXERS)


def _key(item: Diagnostic) -> _Key:
    """What stays of a finding when other lines come or go."""
    message = _PLACES.sub("0", item.message)
    return (item.code, item.severity.value, item.file, item.element_id, item.path, message)


def _edited(contents: Contents, items: Sequence[Diagnostic], app_id: object) -> dict[str, bytes]:
    source = Source(contents, app_id if isinstance(app_id, AppId) else None)
    edits: dict[str, list[Edit]] = {}
    for item in items:
        edits.setdefault(item.file, []).extend(FIXERS[item.code](source, item))
    changed = dict(contents)
    for file, found in edits.items():
        text = source.text(file)
        if text is not None and found:
            changed[file] = text.edited(found).encode()
    return changed


def _lines(content: bytes) -> list[str]:
    text = decode(content)
    return _LINE.findall(text.text) if text else []
