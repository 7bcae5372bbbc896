"""The reader of every JSON file of an app folder and of condition texts: forgiving in form, exact about places.

It accepts what editors and older tools write (app folder rules §1.3): a byte order mark (UTF-8, UTF-16), `//` and
`/* */` comments, a comma before a closing bracket. Everything else is the JSON grammar. A key written twice is a
warning and the last value counts. Comparing keys without regard to case is the caller's: they are kept as written.

Bad input of any kind gives diagnostics (`DG1002` cannot be decoded, `DG1003` limit, `DG1004` syntax, `DG1007` key
twice); nothing is raised. Time and memory are linear in the input: the scanner keeps its own stack, and no pattern
goes back over what it has passed.
"""

import codecs
from dataclasses import dataclass
from typing import Final

from dialog_graph.model.diagnostic import Diagnostic, DiagnosticPlace, DiagnosticSeverity, Diags
from dialog_graph.model.json_scanner import Flaw, Lines, Places, Position, Repeated, Scanner, Step
from dialog_graph.model.json_value import Json

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Document", "Position", "Step", "read"]

MAX_BYTES: Final = 2 * 1024 * 1024
"""Size of a JSON file (app folder rules §1.4); text resources are read with a larger one."""

MAX_DEPTH: Final = 64
"""Nesting of arrays and objects (app folder rules §1.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A JSON text that was read: its value, its warnings (keys written twice), and the place of every value."""

    value: Json
    diagnostics: Diags
    _lines: Lines
    _places: Places

    def position(self, *path: Step) -> Position | None:
        """Place of a value: `document.position("resources", 3, "id")`; None when nothing is there."""
        container, step = self._container(path)
        offset = container.values.get(step) if container else None
        return None if offset is None else self._lines.position(offset)

    def key_position(self, *path: Step) -> Position | None:
        """Place of the member name at the end of the path; None for items of arrays and what is not there."""
        container, step = self._container(path)
        offset = container.keys.get(step) if container and isinstance(step, str) else None
        return None if offset is None else self._lines.position(offset)

    def nearest(self, *path: Step) -> Position:
        """Place of the value at the path, or of the innermost value on the way to it: there is always one."""
        container, offset = self._places, 0
        for step in (0, *path):
            offset = container.values.get(step, offset)
            if step not in container.inside:
                break
            container = container.inside[step]
        return self._lines.position(offset)

    def _container(self, path: tuple[Step, ...]) -> tuple[Places | None, Step]:
        steps = (0, *path)
        container: Places | None = self._places
        for step in steps[:-1]:
            container = container.inside.get(step) if container else None
        return container, steps[-1]


def read(
    data: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH, file: str = ""
) -> Document | Diags:
    """Reads one JSON document. A text that cannot be read gives its findings, all of them errors."""
    size = len(data) if isinstance(data, bytes) else _size(data)
    if size > max_bytes:
        return (_error("DG1003", f"file size is {size}, limit {max_bytes}", file, hint="split or raise the limit"),)
    text = _decoded(data)
    if isinstance(text, int):
        return (_error("DG1002", f"cannot decode at byte {text}", file, hint="save as UTF-8"),)
    scanner = Scanner(text, max_depth)
    try:
        value, places = scanner.document()
    except Flaw as flaw:
        return (_error(flaw.code, flaw.message, file, scanner.lines.position(flaw.offset)),)
    warnings = tuple(_twice(repeated, scanner.lines, file) for repeated in scanner.repeated)
    return Document(value=value, diagnostics=warnings, _lines=scanner.lines, _places=places)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _decoded(data: bytes | str) -> str | int:
    """The text, or the index of the byte (of the UTF-8 form, for a str) that cannot be part of one."""
    encoding = "utf-8"
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    elif data.startswith(codecs.BOM_UTF16_LE):
        encoding = "utf-16-le"
    elif data.startswith(codecs.BOM_UTF16_BE):
        encoding = "utf-16-be"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start


def _error(code: str, message: str, file: str, place: Position | None = None, hint: str = "correct it") -> Diagnostic:
    return Diagnostic(
        code=code,
        severity=DiagnosticSeverity.ERROR,
        message=message if place is None or code == "DG1003" else f"{message} at {place.line}:{place.column}",
        file=file,
        line=place.line if place else None,
        column=place.column if place else None,
        hint=hint,
    )


def _twice(repeated: Repeated, lines: Lines, file: str) -> Diagnostic:
    place, first = lines.position(repeated.offset), lines.position(repeated.first)
    return Diagnostic(
        code="DG1007",
        severity=DiagnosticSeverity.WARNING,
        message=f'duplicate JSON key "{repeated.key}", last value used',
        file=file,
        line=place.line,
        column=place.column,
        hint="remove one",
        related=(DiagnosticPlace(file=file, line=first.line, message="first written here"),),
    )
