"""The scanner behind `tolerant_json`: one pass over a JSON text that keeps the place of every value.

It has its own stack instead of recursion, and no pattern goes back over what it has passed (all repetitions are
possessive), so hostile texts cost linear time and no stack.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from dialog_graph.model.json_value import Json

MAX_REPEATED: Final = 1_000
"""Keys written twice that are remembered per document (app folder rules §14 report no more per file)."""

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


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the original text. `line` and `column` count characters from 1, comments and mark included."""

    line: int
    column: int


class Repeated(NamedTuple):
    """A key that was written before in the same object, and where."""

    key: str
    offset: int
    first: int


class Lines:
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


class Places:
    """Where the members of one container stand: offset of each value and key, and the same inside of containers."""

    __slots__ = ("inside", "keys", "values")

    def __init__(self) -> None:
        self.values: dict[Step, int] = {}
        self.keys: dict[str, int] = {}
        self.inside: dict[Step, Places] = {}


class Flaw(Exception):
    """Reading stops at `offset`; the only exception of the scanner, turned into a diagnostic by the reader."""

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
        self.places = Places()

    def value(self) -> Json:
        return self.members if self.close == "}" else self.items


class Scanner:
    """One pass over a text. `at` is the reading place; `stack` holds the open containers, the document outermost."""

    __slots__ = ("at", "lines", "max_depth", "repeated", "stack", "text")

    def __init__(self, text: str, max_depth: int) -> None:
        self.text, self.max_depth = text, max_depth
        self.lines = Lines(text)
        self.at = 1 if text.startswith(_MARK) else 0
        self.stack = [_Open("")]
        self.repeated: list[Repeated] = []

    def document(self) -> tuple[Json, Places]:
        """The value of the whole text, and its places below step 0. Raises `Flaw`."""
        root = self.stack[0]
        self._skip()
        self._value(root, 0)
        while len(self.stack) > 1:
            self._skip()
            self._member(self.stack[-1])
        self._skip()
        if self.at < len(self.text):
            raise self._expected("the end of the text")
        return root.items[0], root.places

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
        if key in container.members and len(self.repeated) < MAX_REPEATED:
            self.repeated.append(Repeated(shown(key), start, container.places.keys[key]))
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
            raise Flaw(message, self.at, "DG1003")
        inner = _Open(close)
        self.stack.append(inner)
        self.at += 1
        return inner

    def _skip(self) -> None:
        match = _SKIPPED.match(self.text, self.at)
        self.at = match.end() if match else self.at
        if self.text.startswith("/*", self.at):
            raise Flaw("expected */ after this comment, but the text ends", self.at)

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
            raise Flaw(message, self.at)
        if math.isinf(float(written)):
            raise Flaw(f'expected a number within the range of a double, but found "{shown(written)}"', self.at)
        self.at = match.end()
        return float(written) if match.group(1) or match.group(2) else int(written)

    def _word(self) -> Json:
        match = _WORD.match(self.text, self.at)
        if match is None or match.group() not in _WORDS:
            raise self._expected("a value")
        self.at = match.end()
        return _WORDS[match.group()]

    def _expected(self, what: str) -> Flaw:
        word = _WORD.match(self.text, self.at)
        found = word.group() if word else self.text[self.at : self.at + 1]
        if not found:
            return Flaw(f"expected {what}, but the text ends", self.at)
        named = f'"{shown(found)}"' if found.isprintable() else f"U+{ord(found):04X}"
        return Flaw(f"expected {what}, but found {named}", self.at)


def _string_flaw(text: str, start: int, end: int) -> Flaw:
    """Says why a string does not end at `end`: no more text, a bare control character, or an unknown escape."""
    found = text[end : end + 1]
    if not found:
        return Flaw("expected a closing quotation mark, but the text ends", start - 1)
    if found == "\\":
        return Flaw(f'expected an escape such as \\n or \\u00e5, but found "{shown(text[end : end + 2])}"', end)
    return Flaw(f"expected control characters in strings to be escaped, but found U+{ord(found):04X}", end)


def _unescaped(raw: str, offset: int) -> str:
    def plain(match: re.Match[str]) -> str:
        number, letter = match.groups()
        return chr(int(number, 16)) if number else _ESCAPED.get(letter, letter)

    text = _ESCAPE.sub(plain, raw)
    try:
        # Joins the two halves of a pair that were written as two escapes, and refuses a half without its other.
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise Flaw("expected surrogates in pairs, but found one half", offset) from None


def shown(text: str) -> str:
    """A text as messages quote it: cut when long."""
    return text if len(text) <= 60 else f"{text[:60]}…"
