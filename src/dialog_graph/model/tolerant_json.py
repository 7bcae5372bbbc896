"""The reader of every JSON file of an app folder and of condition texts: forgiving in form, exact about places.

It accepts what editors and older tools write (app folder rules §1.3): a byte order mark (UTF-8, UTF-16), `//` and
`/* */` comments, a comma before a closing bracket. Everything else is the JSON grammar. A key written twice is a
warning and the last value counts. Comparing keys without regard to case is the caller's: they are kept as written.

Bad input of any kind gives diagnostics (`DG1002` cannot be decoded, `DG1003` limit, `DG1004` syntax, `DG1007` key
twice); nothing is raised. Time and memory are linear in the input: the scanner keeps its own stack, and no pattern
goes back over what it has passed.
"""

import codecs
import math
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from dialog_graph.model.diagnostic import Diagnostic, DiagnosticPlace, DiagnosticSeverity, Diags
from dialog_graph.model.json_value import Json

MAX_BYTES: Final = 2 * 1024 * 1024
"""Size of a JSON file (app folder rules §1.4); text resources are read with a larger one."""

MAX_DEPTH: Final = 64
"""Nesting of arrays and objects (app folder rules §1.4)."""

MAX_WARNINGS: Final = 1_000
"""Keys written twice that are reported per document (app folder rules §14)."""

MAX_NUMBER_LENGTH: Final = 400
"""Characters of one number; the largest double written out has 309 digits."""

Step: TypeAlias = str | int
"""One step of a path into a document: the name of a member or the index of an item."""

_MARK: Final = "\ufeff"
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_SKIPPED: Final = re.compile(r"(?:[ \t\r\n]++|//[^\r\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)*+")
_STRING_BODY: Final = re.compile(r'(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?+([eE][-+]?[0-9]++)?+")
_WORD: Final = re.compile(r"[A-Za-z]++")
_ESCAPE: Final = re.compile(r"\\(?:u(....)|(.))")
_ESCAPED: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: Final[Mapping[str, Json]] = {"true": True, "false": False, "null": None}
_HINT: Final = "correct it"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the original text. `line` and `column` count characters from 1, comments and mark included."""

    line: int
    column: int


class _Lines:
    """Where the lines of a text begin, found at the first question: most documents are never asked."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: list[int] = []

    def position(self, offset: int) -> Position:
        """Line and column of an offset. A line ends at a line feed, a carriage return, or both together."""
        if not self._starts:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.text))]
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)


class _Places:
    """Where the members of one container stand: offset of each value and key, and the same inside of containers."""

    __slots__ = ("inside", "keys", "values")

    def __init__(self) -> None:
        self.values: dict[Step, int] = {}
        self.keys: dict[str, int] = {}
        self.inside: dict[Step, _Places] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A JSON text that was read: its value, its warnings (keys written twice), and the place of every value."""

    value: Json
    diagnostics: Diags
    _lines: _Lines
    _places: _Places

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

    def _container(self, path: tuple[Step, ...]) -> tuple[_Places | None, Step]:
        steps = (0, *path)
        container: _Places | None = self._places
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
    scanner = _Scanner(text, max_depth, file)
    try:
        return scanner.document()
    except _Flaw as flaw:
        return (_error(flaw.code, flaw.message, file, scanner.lines.position(flaw.offset)),)


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


def _error(code: str, message: str, file: str, place: Position | None = None, hint: str = _HINT) -> Diagnostic:
    return Diagnostic(
        code=code,
        severity=DiagnosticSeverity.ERROR,
        message=message if place is None or code == "DG1003" else f"{message} at {place.line}:{place.column}",
        file=file,
        line=place.line if place else None,
        column=place.column if place else None,
        hint=hint,
    )


class _Flaw(Exception):
    """Reading stops at `offset`. Never leaves this module."""

    def __init__(self, message: str, offset: int, code: str = "DG1004") -> None:
        super().__init__(message)
        self.message, self.offset, self.code = message, offset, code


class _Open:
    """A container whose closing bracket has not been met. `filled`: a member stands before the reading place."""

    __slots__ = ("close", "filled", "items", "members", "places")

    def __init__(self, close: str) -> None:
        self.close = close
        self.filled = False
        self.items: list[Json] = []
        self.members: dict[str, Json] = {}
        self.places = _Places()

    def value(self) -> Json:
        return self.members if self.close == "}" else self.items


class _Scanner:
    """One pass over a text. `at` is the reading place; `stack` holds the open containers, the document outermost."""

    __slots__ = ("at", "file", "lines", "max_depth", "stack", "text", "warnings")

    def __init__(self, text: str, max_depth: int, file: str) -> None:
        self.text, self.max_depth, self.file = text, max_depth, file
        self.lines = _Lines(text)
        self.at = 1 if text.startswith(_MARK) else 0
        self.stack = [_Open("")]
        self.warnings: list[Diagnostic] = []

    def document(self) -> Document:
        root = self.stack[0]
        self._skip()
        self._value(root, 0)
        while len(self.stack) > 1:
            self._skip()
            self._member(self.stack[-1])
        self._skip()
        if self.at < len(self.text):
            raise self._expected("the end of the text")
        return Document(value=root.items[0], diagnostics=tuple(self.warnings), text=self.text, _places=root.places)

    def _member(self, container: _Open) -> None:
        """One step inside of a container: its end, a comma, or a member."""
        char = self.text[self.at : self.at + 1]
        if char == container.close:
            self.at += 1
            self.stack.pop()
        elif container.filled:
            if char != ",":
                raise self._expected(f'a comma or "{container.close}"')
            self.at += 1
            container.filled = False
        elif container.close == "]":
            self._value(container, len(container.items))
        else:
            self._value(container, self._key(container))

    def _key(self, container: _Open) -> str:
        start = self.at
        if self.text[start : start + 1] != '"':
            raise self._expected('a key in quotation marks or "}"')
        key = self._string()
        if key in container.members:
            self._warn(key, start, container.places.keys[key])
        container.places.keys[key] = start
        self._skip()
        if self.text[self.at : self.at + 1] != ":":
            raise self._expected("a colon")
        self.at += 1
        self._skip()
        return key

    def _value(self, container: _Open, step: Step) -> None:
        """Reads a scalar, or opens the container that begins here, and puts it into the surrounding one."""
        start, char = self.at, self.text[self.at : self.at + 1]
        container.places.values[step] = start
        container.places.inside.pop(step, None)
        container.filled = True
        value: Json
        if char == '"':
            value = self._string()
        elif char == "{" or char == "[":
            inner = self._open("}" if char == "{" else "]")
            container.places.inside[step] = inner.places
            value = inner.value()
        elif char == "-" or "0" <= char <= "9":
            value = self._number()
        else:
            value = self._word()
        if isinstance(step, str):
            container.members[step] = value
        else:
            container.items.append(value)

    def _open(self, close: str) -> _Open:
        if len(self.stack) > self.max_depth:
            message = f"JSON depth is {len(self.stack)}, limit {self.max_depth}"
            raise _Flaw(message, self.at, "DG1003")
        inner = _Open(close)
        self.stack.append(inner)
        self.at += 1
        return inner

    def _skip(self) -> None:
        match = _SKIPPED.match(self.text, self.at)
        self.at = match.end() if match else self.at
        if self.text.startswith("/*", self.at):
            raise _Flaw("expected */ after this comment, but the text ends", self.at)

    def _string(self) -> str:
        start = self.at + 1
        match = _STRING_BODY.match(self.text, start)
        end = match.end() if match else start
        if self.text[end : end + 1] != '"':
            raise _string_flaw(self.text, start, end)
        self.at = end + 1
        raw = self.text[start:end]
        return raw if "\\" not in raw else _unescaped(raw, start - 1)

    def _number(self) -> int | float:
        match = _NUMBER.match(self.text, self.at)
        if match is None:
            raise self._expected("a number")
        written = match.group()
        if len(written) > MAX_NUMBER_LENGTH:
            message = f"expected a number of at most {MAX_NUMBER_LENGTH} characters, but it has {len(written)}"
            raise _Flaw(message, self.at)
        if math.isinf(float(written)):
            raise _Flaw(f"expected a number within the range of a double, but found {_shown(written)}", self.at)
        self.at = match.end()
        return float(written) if match.group(1) or match.group(2) else int(written)

    def _word(self) -> Json:
        match = _WORD.match(self.text, self.at)
        if match is None or match.group() not in _WORDS:
            raise self._expected("a value")
        self.at = match.end()
        return _WORDS[match.group()]

    def _expected(self, what: str) -> _Flaw:
        word = _WORD.match(self.text, self.at)
        found = word.group() if word else self.text[self.at : self.at + 1]
        but = f'but found "{_shown(found)}"' if found else "but the text ends"
        return _Flaw(f"expected {what}, {but}", self.at)

    def _warn(self, key: str, second: int, first: int) -> None:
        if len(self.warnings) == MAX_WARNINGS:
            return
        place, before = self.lines.position(second), self.lines.position(first)
        related = DiagnosticPlace(file=self.file, line=before.line, message="first written here")
        self.warnings.append(
            Diagnostic(
                code="DG1007",
                severity=DiagnosticSeverity.WARNING,
                message=f'duplicate JSON key "{_shown(key)}", last value used',
                file=self.file,
                line=place.line,
                column=place.column,
                hint="remove one",
                related=(related,),
            )
        )


def _string_flaw(text: str, start: int, end: int) -> _Flaw:
    """Says why a string does not end at `end`: no more text, a bare control character, or an unknown escape."""
    found = text[end : end + 1]
    if not found:
        return _Flaw("expected a closing quotation mark, but the text ends", start - 1)
    if found == "\\":
        return _Flaw(f'expected an escape such as \\n or \\u00e5, but found "{_shown(text[end : end + 2])}"', end)
    return _Flaw(f"expected control characters in strings to be escaped, but found U+{ord(found):04X}", end)


def _unescaped(raw: str, offset: int) -> str:
    def plain(match: re.Match[str]) -> str:
        number, letter = match.groups()
        return chr(int(number, 16)) if number else _ESCAPED.get(letter, letter)

    text = _ESCAPE.sub(plain, raw)
    try:
        # Joins the two halves of a pair that were written as two escapes, and refuses a half without its other.
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise _Flaw("expected surrogates in pairs, but found one half", offset) from None


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
