"""A file of an app folder as text with places: the one form in which findings are shown and mended.

Nothing of the file is lost: `SourceText.encode` of an unchanged text gives the bytes again, byte order mark, line ends
and all. Lines and columns count as the readers count them (`json_scanner.Lines`).
"""

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

_LINE_END = re.compile(r"\r\n|\r|\n")
MARK = "\ufeff"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Puts `text` in place of the characters from `start` up to `end`, offsets into the whole text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class SourceText:
    """A decoded file; a byte order mark is its first character."""

    text: str
    encoding: str
    _starts: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Finds where the lines begin."""
        object.__setattr__(self, "_starts", (0, *(match.end() for match in _LINE_END.finditer(self.text))))

    def line(self, number: int) -> str | None:
        """A line without its end, from 1; None behind the last."""
        if not 1 <= number <= len(self._starts):
            return None
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : end].rstrip("\r\n")

    def offset(self, line: int, column: int) -> int | None:
        """Offset of a place, None when there is no such line."""
        if not 1 <= line <= len(self._starts):
            return None
        return min(self._starts[line - 1] + column - 1, len(self.text))

    def line_of(self, offset: int) -> int:
        """The line of an offset, from 1."""
        return bisect_right(self._starts, offset)

    def line_start(self, offset: int) -> int:
        """Offset at which the line of an offset begins."""
        return self._starts[self.line_of(offset) - 1]

    def edited(self, edits: Iterable[Edit]) -> "SourceText":
        """The text with all edits made; of edits that overlap only the first in the text is made."""
        parts: list[str] = []
        end = 0
        for edit in sorted(set(edits)):
            if edit.start >= end:
                parts += [self.text[end : edit.start], edit.text]
                end = edit.end
        return replace(self, text="".join((*parts, self.text[end:])))

    def encode(self) -> bytes:
        """The bytes of the file."""
        return self.text.encode(self.encoding)


def decode(content: bytes) -> SourceText | None:
    """The text of a file; None when it is neither UTF-8 nor UTF-16 with a byte order mark."""
    encoding = "utf-8"
    if content.startswith(codecs.BOM_UTF16_LE):
        encoding = "utf-16-le"
    elif content.startswith(codecs.BOM_UTF16_BE):
        encoding = "utf-16-be"
    try:
        return SourceText(content.decode(encoding), encoding)
    except UnicodeDecodeError:
        return None
