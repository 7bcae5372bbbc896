"""All findings there are, out of the tables of those who make them (app folder §14)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dialog_graph import bpmn, policy
from dialog_graph.apps.diagnostics import ERROR, RULES, WARNING
from dialog_graph.model.diagnostic import DiagnosticSeverity

_ELSEWHERE = (
    ("DG1005", ERROR, "correct the XML"),
    ("DG1007", WARNING, "remove one"),
    ("DG7001", ERROR, "correct it"),
    ("DG7002", WARNING, "correct it"),
)
"""Findings of the readers of XML, JSON and expressions, which say what is wrong in words of their own."""


@dataclass(frozen=True, slots=True)
class FindingRule:
    """What the tables say of one code: its usual weight, and in words how to mend it."""

    code: str
    severity: DiagnosticSeverity
    hint: str | None


def _rules() -> Iterator[FindingRule]:
    yield from (FindingRule(code, severity, hint) for code, severity, hint in _ELSEWHERE)
    yield from (FindingRule(code, rule.severity, rule.hint) for code, rule in RULES.items())
    # The table of the process has a row for each case of a code: the first counts.
    yield from (FindingRule(row.split(" ")[0], rule.severity, rule.hint) for row, rule in bpmn.FINDINGS.items())
    yield from (FindingRule(code, severity, hint) for code, (severity, hint) in policy.FINDINGS.items())


def _by_code() -> Mapping[str, FindingRule]:
    found: dict[str, FindingRule] = {}
    for rule in _rules():
        found.setdefault(rule.code, rule)
    return MappingProxyType({code: found[code] for code in sorted(found)})


FINDING_RULES = _by_code()
"""Code -> rule, by code."""
