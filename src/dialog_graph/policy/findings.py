"""The diagnostics about policies: code -> weight and remedy (app folder rules §14, 4xxx)."""

from collections.abc import Mapping

from dialog_graph.model.diagnostic import Diagnostic, DiagnosticPlace, DiagnosticSeverity

_ERROR, _WARNING, _INFO = DiagnosticSeverity.ERROR, DiagnosticSeverity.WARNING, DiagnosticSeverity.INFO

FINDINGS: Mapping[str, tuple[DiagnosticSeverity, str | None]] = {
    "DG4001": (_WARNING, "add one; `dialog-graph policy suggest` prints one from the process"),
    "DG4002": (_ERROR, "rewrite the rule with AnyOf, AllOf and Match"),
    "DG4003": (_ERROR, "use an attribute id of the accepted list"),
    "DG4004": (_WARNING, "give an integer 0-4, fulfilled on Permit"),
    "DG4005": (_ERROR, "split the rules"),
    "DG4006": (_WARNING, "write [ORG] and [APP]"),
    "DG4007": (_INFO, None),
    "DG4008": (_WARNING, "remove one of them"),
    "DG4009": (_WARNING, "add an obligation with minimum-authenticationlevel"),
    "DG4010": (_WARNING, "check the code"),
    "DG4011": (_WARNING, "split or remove the rule"),
    "DG4012": (_WARNING, "name the subjects"),
}


def finding(
    code: str, message: str, *, file: str, line: int | None = None, related: tuple[DiagnosticPlace, ...] = ()
) -> Diagnostic:
    """A diagnostic with the weight and remedy of its code."""
    severity, hint = FINDINGS[code]
    return Diagnostic(code=code, severity=severity, message=message, file=file, line=line, hint=hint, related=related)
