"""Typed reading of an app folder's JSON: members by name in any case, wrong types reported with their place.

A reader asks a `JsonObject` for what it wants (`text`, `flag`, `count` …). What is absent or null gives the default;
what has the wrong type gives `DG3004` and the default. Keys that nobody knows are reported when they look like a
known one (`DG3005`). Rules: app folder §1.3 (case), §14.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeVar

from dialog_graph.apps.diagnostics import At, finding
from dialog_graph.apps.files import Files
from dialog_graph.model import tolerant_json
from dialog_graph.model.diagnostic import Diagnostic, DiagnosticSeverity, Diags
from dialog_graph.model.json_value import Json

TEXT_FILE_BYTES = 8 << 20
MAX_NAME = 255
_A_COUNT = "a whole number that is not negative"

T = TypeVar("T")


@dataclass(slots=True)
class Findings:
    """Collects the findings of one load."""

    items: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def add(self, code: str, at: At, severity: DiagnosticSeverity | None = None, **parameters: object) -> None:
        """Adds one finding of the table."""
        self.items.append(finding(code, at, severity, **parameters))

    def extend(self, diagnostics: Diags) -> None:
        """Adds findings that another reader made."""
        self.items.extend(diagnostics)


def read_json(files: Files, path: str, findings: Findings, max_bytes: int = tolerant_json.MAX_BYTES) -> "Json_ | None":
    """The document at a path; None when there is no such file or it cannot be read (then it is reported)."""
    data = files.contents.get(path)
    if data is None:
        return None
    document = tolerant_json.read(data, max_bytes=max_bytes, file=path)
    if not isinstance(document, tolerant_json.Document):
        findings.extend(document)
        return None
    findings.extend(document.diagnostics)
    return Json_(document, path, findings)


@dataclass(frozen=True, slots=True)
class Json_:  # noqa: N801 (the node of a document; `Json` is the type of plain values)
    """One value of a document together with its place."""

    document: tolerant_json.Document
    file: str
    findings: Findings
    path: tuple[tolerant_json.Step, ...] = ()

    @property
    def value(self) -> Json:
        """The plain value."""
        value = self.document.value
        for step in self.path:
            value = _inside(value, step)
        return value

    @property
    def at(self) -> At:
        """The place of the value."""
        place = self.document.nearest(*self.path)
        return At(file=self.file, line=place.line, column=place.column)

    def child(self, step: tolerant_json.Step) -> "Json_":
        """A member or item that is there."""
        return Json_(self.document, self.file, self.findings, (*self.path, step))

    def items(self) -> Iterator["Json_"]:
        """The items of an array; nothing for other values."""
        value = self.value
        if isinstance(value, list):
            yield from (self.child(index) for index in range(len(value)))

    def whole(self) -> int | None:
        """The value as a whole number that is not negative; anything else is reported."""
        found = _count(self.value)
        return self.wrong(_A_COUNT) if found is None else found

    def object(self) -> "JsonObject | None":
        """The value as an object; anything else is reported."""
        return JsonObject(self) if isinstance(self.value, dict) else self.wrong("an object")

    def wrong(self, expected: str) -> None:
        """Reports that the value is of another type."""
        key = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in self.path).lstrip(".") or "the top"
        self.findings.add("DG3004", self.at, expected=expected, key=key, found=kind(self.value))


def _inside(value: Json, step: tolerant_json.Step) -> Json:
    if isinstance(value, dict) and isinstance(step, str):
        return value[step]
    return value[step] if isinstance(value, list) and isinstance(step, int) else None


def kind(value: Json) -> str:
    """What a value is, in words for a message."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return f"the number {value}"
        case str():
            return f'the text "{value}"'
        case list():
            return "a list"
        case _:
            return "an object"


class JsonObject:
    """An object that is read member by member. Remembers which names were asked for."""

    __slots__ = ("_asked", "_names", "node")

    def __init__(self, node: Json_, *, is_absent: bool = False) -> None:
        value = node.value
        names: list[str] = list(value) if isinstance(value, dict) and not is_absent else []
        self.node = node
        self._names = {name.lower(): name for name in names}
        self._asked: dict[str, str] = {}

    def get(self, name: str) -> Json_ | None:
        """The member of this name in any case; None when it is absent or null."""
        self._asked[name.lower()] = name
        found = self._names.get(name.lower())
        if found is None:
            return None
        child = self.node.child(found)
        return None if child.value is None else child

    def has(self, name: str) -> bool:
        """True when the member is written, null or not."""
        return name.lower() in self._names

    def names(self) -> tuple[str, ...]:
        """The names as written."""
        return tuple(self._names.values())

    def text(self, name: str) -> str | None:
        """A trimmed text; blank counts as absent."""
        return self._typed(name, "a text", lambda v: v.strip() if isinstance(v, str) else None) or None

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean."""
        found = self._typed(name, "a boolean", lambda v: v if isinstance(v, bool) else None)
        return default if found is None else found

    def count(self, name: str) -> int | None:
        """A whole number that is not negative."""
        return self._typed(name, _A_COUNT, _count)

    def names_in(self, name: str) -> tuple[str, ...]:
        """A list of texts, each trimmed; an item of another type is reported and left out."""
        return tuple(text for text, _ in self.named(name))

    def named(self, name: str) -> tuple[tuple[str, At], ...]:
        """As `names_in`, each with its place."""
        found: list[tuple[str, At]] = []
        for item in self.list(name):
            if isinstance(item.value, str):
                found.append((item.value.strip(), item.at))
            else:
                item.wrong("a text")
        return tuple(found)

    def list(self, name: str) -> tuple[Json_, ...]:
        """The items of a list."""
        node = self.get(name)
        if node is not None and not isinstance(node.value, list):
            node.wrong("a list")
        return tuple(node.items()) if node else ()

    def object(self, name: str) -> "JsonObject | None":
        """A member that is an object."""
        node = self.get(name)
        return node.object() if node else None

    def part(self, name: str) -> "JsonObject":
        """A member that is an object; one without members where it is absent or something else."""
        return self.object(name) or JsonObject(self.node, is_absent=True)

    def objects(self, name: str) -> tuple["JsonObject", ...]:
        """A list of objects; an item of another type is reported and left out."""
        return tuple(found for item in self.list(name) if (found := item.object()) is not None)

    def at(self, name: str) -> At:
        """The place of a member, or of the object when it is absent."""
        found = self._names.get(name.lower())
        return self.node.child(found).at if found is not None else self.node.at

    def report_unknown(self, *also: str) -> None:
        """Reports every name that was never asked for and looks like one that was. `also`: known, without effect."""
        known = {**self._asked, **{name.lower(): name for name in also}}
        for lowered, name in self._names.items():
            near = get_close_matches(lowered, known, n=1, cutoff=0.85) if lowered not in known else []
            if near:
                self.node.findings.add("DG3005", self.key_at(name), key=name, near=known[near[0]])

    def key_at(self, name: str) -> At:
        """The place of the name of a member; of the object when it is absent."""
        name = self._names.get(name.lower(), name)
        place = self.node.document.key_position(*self.node.path, name)
        return At(file=self.node.file, line=place.line, column=place.column) if place else self.node.at

    def _typed(self, name: str, expected: str, read: Callable[[Json], T | None]) -> T | None:
        node = self.get(name)
        if node is None:
            return None
        value = read(node.value)
        if value is None:
            node.wrong(expected)
        return value


def _count(value: Json) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0 or value != int(value):
        return None
    return int(value)
