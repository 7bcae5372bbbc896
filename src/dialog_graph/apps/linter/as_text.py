"""Findings for people: by app and file, each with its line of the source and a mark below the place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from dialog_graph.apps.linter.report import CheckedApp, CheckReport
from dialog_graph.apps.linter.source_text import MARK, SourceText, decode
from dialog_graph.model.diagnostic import Diagnostic, DiagnosticSeverity

WIDTH = 100
"""Characters of a source line that are shown; a longer one is cut around the place."""

_TAB = 4
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


def as_text(report: CheckReport, *, colour: bool = False) -> str:
    """The findings of all apps, and a sum."""
    lines = [line for app in report.apps for line in _App(app, colour).lines()]
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
    texts: dict[str, SourceText | None] = field(default_factory=dict[str, SourceText | None])

    def lines(self) -> Iterator[str]:
        name = f"{self.app.path.as_posix()} ({self.app.id})" if self.app.id else self.app.path.as_posix()
        yield self._painted(printable(name), _BOLD)
        for file, found in groupby(self.app.diagnostics, key=lambda item: item.file):
            yield f"  {printable(file) or '.'}"
            for item in found:
                yield from (f"    {line}" for line in self._finding(item))

    def _finding(self, item: Diagnostic) -> Iterator[str]:
        place = ":".join(str(part) for part in (item.line, item.column) if part is not None)
        severity = self._painted(item.severity.value, _COLOURS[item.severity])
        yield " ".join(part for part in (place, severity, item.code, printable(item.message)) if part)
        if item.line is not None:
            yield from self._source(item.file, item.line, item.column)
        for other in item.related:
            where = f"{printable(other.file)}:{other.line}" if other.line else printable(other.file)
            yield f"  see {where} {printable(other.message)}"
        if item.hint:
            yield f"  hint: {printable(item.hint)}"

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
