"""Reads `dialog-graph.toml`, the switches of an app (app folder §13): typed, and nothing in it without effect."""

import re
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from typing import cast

from dialog_graph.apps.diagnostics import SWITCHES, At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings, kind
from dialog_graph.model.json_value import Json
from dialog_graph.model.tolerant_json import MAX_BYTES

_SECONDS = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s)?")
_TOML_PLACE = re.compile(r"at line (\d{1,9}), column (\d{1,9})\)\Z")
MAX_HOOK_TIMEOUT = 5.0
"""Seconds that a hook may take, whatever the file says."""

MAX_TOLD = 50
"""Unknown keys that are told."""


def read_switches(files: Files, findings: Findings) -> "Switches":
    """The file's values; none where there is no file, or one that is none (then it is reported)."""
    data = files.contents.get(SWITCHES, b"")
    if len(data) > MAX_BYTES:
        findings.add("DG1003", At(file=SWITCHES), what="file size", n=len(data), m=MAX_BYTES)
        return Switches({}, "", findings)
    try:
        text = data.decode("utf-8-sig")
        return Switches(tomllib.loads(text), text, findings)
    except UnicodeDecodeError as error:
        findings.add("DG1002", At(file=SWITCHES), n=error.start)
    except (ValueError, RecursionError) as error:
        findings.add("DG1004", _place(str(error)), reason=str(error) or "the file is nested too deeply")
    return Switches({}, "", findings)


def _place(message: str) -> At:
    """The place that the parser's text ends with."""
    found = _TOML_PLACE.search(message)
    return At(file=SWITCHES, line=int(found.group(1)), column=int(found.group(2))) if found else At(file=SWITCHES)


class Switches:
    """Typed reading of the TOML file; a wrong type is reported and the default holds. Remembers what was asked for."""

    def __init__(self, values: dict[str, object], text: str, findings: Findings) -> None:
        self.values = values
        self.lines = text.splitlines()
        self.findings = findings
        self.asked: set[tuple[str, ...]] = set()

    def report_unknown(self) -> None:
        """Tells every key that nobody has asked for; tables that were asked for as a whole hold any."""
        known = {".".join(path): path for path in self.asked}
        for path in [path for path in _leaves(self.values) if path not in self.asked][:MAX_TOLD]:
            if path[:1] in self.asked:
                continue
            name = ".".join(path)
            near = get_close_matches(name, known, n=1)
            if near:
                self.findings.add("DG3005", self.at(path), key=name, near=near[0])
            else:
                self.findings.add("DG3020", self.at(path), key=name, instead="nothing knows it")

    def at(self, path: tuple[str, ...]) -> At:
        """The first line that begins with the last part of a key: the parser keeps no places."""
        written = re.compile(rf"\s*(?:\S+\.)?[\"']?{re.escape(path[-1])}[\"']?\s*[.=]")
        line = next((number for number, text in enumerate(self.lines, 1) if written.match(text)), None)
        return At(file=SWITCHES, line=line)

    def _get(self, *path: str) -> object:
        self.asked.add(path)
        value: object = self.values
        for step in path:
            value = _members(value).get(step)
        return value

    def _wrong(self, expected: str, path: tuple[str, ...], value: object) -> None:
        found = kind(cast(Json, value)) if isinstance(value, (bool, int, float, str, list, dict)) else "a date"
        self.findings.add("DG3004", self.at(path), expected=expected, key=".".join(path), found=found)

    def flag(self, *path: str) -> bool:
        """A boolean; false when it is absent."""
        value = self._get(*path)
        if value is not None and not isinstance(value, bool):
            self._wrong("a boolean", path, value)
        return value is True

    def text(self, *path: str) -> str | None:
        """A text."""
        value = self._get(*path)
        if value is not None and not isinstance(value, str):
            self._wrong("a text", path, value)
        return value if isinstance(value, str) else None

    def count(self, section: str, name: str, default: int) -> int:
        """A whole number above 0."""
        value = self._get(section, name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        if value is not None:
            self._wrong("a whole number above 0", (section, name), value)
        return default

    def seconds(self, section: str, name: str, default: float) -> float:
        """A duration in seconds, at most `MAX_HOOK_TIMEOUT`."""
        value = self._get(section, name)
        match = _SECONDS.fullmatch(value) if isinstance(value, str) else None
        if match is not None:
            return min(float(match.group(1)) / (1000 if match.group(2) == "ms" else 1), MAX_HOOK_TIMEOUT)
        if value is not None:
            self._wrong('a duration such as "2s"', (section, name), value)
        return default

    def texts(self, section: str) -> dict[str, str]:
        """The texts of a table, which may have any names."""
        value = self._get(section)
        return {name: text for name in _members(value) if (text := self.text(section, name)) is not None}

    def names(self, section: str, name: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self._get(section, name)
        items = cast("list[object]", value) if isinstance(value, list) else [value]
        texts = tuple(item for item in items if isinstance(item, str))
        if value is not None and (len(texts) != len(items) or isinstance(value, str)):
            self._wrong("a list of texts", (section, name), cast(object, value))
        return texts if isinstance(value, list) else ()


def _members(value: object) -> "dict[str, object]":
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _leaves(values: "dict[str, object]") -> Iterator[tuple[str, ...]]:
    for name, value in values.items():
        inner = _members(value)
        if not inner:
            yield (name,)
        for below in inner:
            yield name, below
