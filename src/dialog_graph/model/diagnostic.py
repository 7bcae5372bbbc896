"""Findings about an app folder: code, place, message and fix (app folder rules §14)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class DiagnosticSeverity(StrEnum):
    """`ERROR`: the version cannot be activated; `WARNING`: works until reached; `INFO`: a tolerated oddity."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticPlace:
    """Another place that belongs to a finding. `file` is relative to the app root, `line` counts from 1."""

    file: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding. `line` and `column` count from 1 in the original text; `hint` says how to mend it.

    `fix`: what the linter writes at the place when it is asked to mend; None where only a person can.
    """

    code: str
    severity: DiagnosticSeverity
    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    element_id: str | None = None
    path: str | None = None
    hint: str | None = None
    fix: str | None = None
    related: tuple[DiagnosticPlace, ...] = ()

    @property
    def is_error(self) -> bool:
        """True when the app version cannot be activated because of it."""
        return self.severity is DiagnosticSeverity.ERROR


Diags: TypeAlias = tuple[Diagnostic, ...]
"""All findings of one reader, in the order found; the caller sorts."""


def has_errors(diagnostics: Diags) -> bool:
    """True when at least one finding forbids activation."""
    return any(diagnostic.is_error for diagnostic in diagnostics)
