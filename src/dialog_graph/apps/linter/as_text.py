"""Findings for people: by app and file, each with its line of the source and a mark below the place."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from textwrap import wrap

from dialog_graph.apps.linter.report import CheckedApp, CheckReport
from dialog_graph.apps.linter.source_text import MARK, SourceText, decode
from dialog_graph.model.diagnostic import Diagnostic, DiagnosticSeverity, Diags

WIDTH = 60
"""Characters of a source line that are shown; a longer one is cut around the place. With what stands before it the
line fits on 80 columns."""

MAX_ALIKE = 5
"""Remarks of one code in one file that are shown; of more only the number. Errors and warnings are all shown."""

_TAB, _INDENT = 4, 4
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_COLOURS = {
    DiagnosticSeverity.ERROR: "\x1b[1;31m",
    DiagnosticSeverity.WARNING: "\x1b[33m",
    DiagnosticSeverity.INFO: "\x1b[36m",
}


def printable(text: str) -> str:
    """A text that cannot steer a terminal: control characters and turners of the reading direction are made dots."""
    return _CONTROL.sub("·", text)


def as_text(report: CheckReport, *, colour: bool = False, width: int | None = None) -> str:
    """The findings of all apps, and a sum. `width`: columns of a terminal; None: each sentence on one line."""
    lines = [line for app in report.apps for line in _App(app, colour, width).lines()]
    return "\n".join((*lines, _sum(report)))


def _sum(report: CheckReport) -> str:
    counts = [
        _number(report.count(severity), word)
        for severity, word in ((DiagnosticSeverity.ERROR, "error"), (DiagnosticSeverity.WARNING, "warning"))
    ]
    return f"{_number(len(report.apps), 'app')}: {', '.join(counts)}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


@dataclass(slots=True)
class _App:
    """The findings of one app on their way to the terminal."""

    app: CheckedApp
    colour: bool
    width: int | None
    texts: dict[str, SourceText | None] = field(default_factory=dict[str, SourceText | None])

    def lines(self) -> Iterator[str]:
        name = f"{self.app.path.as_posix()} ({self.app.id})" if self.app.id else self.app.path.as_posix()
        yield self._painted(printable(name), _BOLD)
        for file, found in groupby(self.app.diagnostics, key=lambda item: item.file):
            yield f"  {printable(file) or '.'}"
            yield from (f"    {line}" for line in self._of_file(tuple(found)))

    def _of_file(self, found: Diags) -> Iterator[str]:
        """Each with its hint, unless the one before has just given the same; what there is too much of is counted."""
        before, alike = None, Counter[str]()
        for item in found:
            alike[item.code] += item.severity is DiagnosticSeverity.INFO
            if alike[item.code] <= MAX_ALIKE:
                yield from self._finding(item, is_told=(item.code, item.hint) == before)
                before = item.code, item.hint
        for code, count in alike.items():
            if count > MAX_ALIKE:
                yield f"… and {count - MAX_ALIKE} more {code}; --json shows all"

    def _finding(self, item: Diagnostic, *, is_told: bool = False) -> Iterator[str]:
        place = ":".join(str(part) for part in (item.line, item.column) if part is not None)
        parts = (place, item.severity.value, item.code, printable(item.message))
        first, *others = self._wrapped(" ".join(part for part in parts if part))
        yield first.replace(parts[1], self._painted(parts[1], _COLOURS[item.severity]), 1)
        yield from others
        if item.line is not None:
            yield from self._source(item.file, item.line, item.column)
        for other in item.related:
            where = f"{printable(other.file)}:{other.line}" if other.line else printable(other.file)
            yield from self._wrapped(f"  see {where} {printable(other.message)}")
        if item.hint and not is_told:
            yield from self._wrapped(f"  hint: {printable(item.hint)}")

    def _wrapped(self, line: str) -> list[str]:
        """The line on as many as it needs on the terminal; words stay whole."""
        if self.width is None or len(line) + _INDENT <= self.width:
            return [line]
        start = " " * (len(line) - len(line.lstrip()) + 2)
        room = max(self.width, 40) - _INDENT
        return wrap(line, room, subsequent_indent=start, break_long_words=False, break_on_hyphens=False)

    def _source(self, file: str, line: int, column: int | None) -> Iterator[str]:
        """The line, and below it a mark where the column is known."""
        if file not in self.texts:
            content = self.app.files.contents.get(file) if self.app.files else None
            self.texts[file] = decode(content) if content is not None else None
        text = self.texts[file]
        written = text.line(line) if text else None
        if written is None or not written.strip():
            return
        if written.startswith(MARK):
            # The reader of JSON counts the mark as a character, that of XML does not.
            written, column = written[1:], column - 1 if column and file.endswith(".json") else column
        shown, mark = _clipped(written, column)
        gutter = " " * len(str(line))
        yield self._painted(f"  {line} | ", _DIM) + shown
        if mark is not None:
            yield self._painted(f"  {gutter} | ", _DIM) + " " * mark + self._painted("^", _BOLD)

    def _painted(self, text: str, paint: str) -> str:
        return f"{paint}{text}{_RESET}" if self.colour else text


def _clipped(line: str, column: int | None) -> tuple[str, int | None]:
    """At most `WIDTH` characters of a line, and where in them the column is."""
    before = printable(line[: column - 1] if column else "").expandtabs(_TAB)
    mark = len(before) if column and column <= len(line) + 1 else None
    shown = printable(line).expandtabs(_TAB).rstrip()
    start = max(0, (mark or 0) - WIDTH // 2)
    if len(shown) <= WIDTH or start == 0:
        return (shown if len(shown) <= WIDTH else f"{shown[:WIDTH]}…"), mark
    start = min(start, len(shown) - WIDTH)
    cut = shown[start : start + WIDTH]
    return f"…{cut}{'…' if start + WIDTH < len(shown) else ''}", None if mark is None else mark - start + 1
