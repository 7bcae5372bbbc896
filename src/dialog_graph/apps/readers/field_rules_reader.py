"""Reads and checks `models/{dataType}.validation.json` (app folder §10.1)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.field_rules import FieldRule, FieldRules, RuleFile
from dialog_graph.apps.diagnostics import WARNING
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.expression_checks import check_condition, check_names, check_parts, check_server
from dialog_graph.apps.readers.expression_reader import read_expression
from dialog_graph.apps.readers.known import Known
from dialog_graph.apps.readers.reading import Findings, Json_, JsonObject
from dialog_graph.apps.readers.rule_files import rule_files
from dialog_graph.errors import Severity

SUFFIX = ".validation.json"
_SEVERITIES: Mapping[str, Severity | None] = {
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "informational": Severity.INFORMATION,
    "success": Severity.SUCCESS,
    "fixed": None,
}
_LOOKS_LIKE_A_KEY = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """A rule before it is compiled: the members that it has, its own or those of its definition."""

    node: Json_
    message: Json_ | None = None
    condition: Json_ | None = None
    severity: Json_ | None = None


def read_field_rules(files: Files, known: Known, findings: Findings) -> Mapping[str, RuleFile]:
    """The rules by data type."""
    return MappingProxyType(
        {
            data_type: RuleFile(file=top.node.file, fields=tuple(_Reader(data_type, known, top).fields()))
            for data_type, top in rule_files(files, SUFFIX, known, findings)
        }
    )


class _Reader:
    """Reads one file."""

    def __init__(self, data_type: str, known: Known, top: JsonObject) -> None:
        self.data_type = data_type
        self.known = known
        self.top = top
        self.findings = top.node.findings
        self.definitions: dict[str, _Parts] = {}
        self._define()

    def fields(self) -> Iterator[FieldRules]:
        """The fields that are in the model, with the rules that compile."""
        validations = self.top.part("validations")
        for path in validations.names():
            steps = paths.parse(path)
            if steps is None or self.known.shape(self.data_type, path) is None:
                near = self.known.near(self.data_type, path)
                self.findings.add("DG7101", validations.at(path), path=path, near=near)
                continue
            parts = [self._parts(node) for node in validations.list(path)]
            rules = [self._rule(part) for part in parts if part is not None]
            yield FieldRules(path=path, steps=steps, rules=tuple(rule for rule in rules if rule is not None))

    def _define(self) -> None:
        """Each may refer to those before it only, so they are made one after the other."""
        written = self.top.part("definitions")
        for name in written.names():
            row = written.object(name)
            parts = self._merged(row) if row else None
            if parts is not None:
                self.definitions[name] = parts

    def _parts(self, node: Json_) -> _Parts | None:
        if isinstance(node.value, str):
            return self._defined(node)
        row = node.object()
        return self._merged(row) if row else None

    def _defined(self, node: Json_) -> _Parts | None:
        name = str(node.value)
        if name not in self.definitions:
            self.findings.add("DG7102", node.at, name=name)
        return self.definitions.get(name)

    def _merged(self, row: JsonObject) -> _Parts | None:
        """A rule's own members over those of the definition it refers to."""
        ref = row.get("ref")
        base = self._defined(ref) if ref else _Parts(node=row.node)
        if base is None:
            return None
        return _Parts(
            node=row.node,
            message=row.get("message") or base.message,
            condition=row.get("condition") or base.condition,
            severity=row.get("severity") or base.severity,
        )

    def _rule(self, parts: _Parts) -> FieldRule | None:
        severity = self._severity(parts.severity)
        for key, node in (("message", parts.message), ("condition", parts.condition)):
            if node is None:
                self.findings.add("DG7103", parts.node.at, key=key)
        if parts.message is None or parts.condition is None:
            return None
        message, condition = read_expression(parts.message), read_expression(parts.condition)
        if message is None or condition is None or severity is None:
            return None
        self._check_message(parts.message)
        for written in (message, condition):
            check_names(written.expression, self.data_type, self.known, written.place, self.findings)
            check_parts(written.expression, written.place, self.findings)
        check_server(condition.expression, condition.place, self.findings)
        # A text is not worth refusing the version: without it the issue has a general one.
        check_server(message.expression, message.place, self.findings, WARNING)
        check_condition(condition.expression, condition.place, self.findings)
        return FieldRule(message=message.expression, condition=condition.expression, severity=severity)

    def _severity(self, node: Json_ | None) -> Severity | None:
        """None for rules that have no effect."""
        if node is None:
            return Severity.ERROR
        written = node.value.strip().lower() if isinstance(node.value, str) else ""
        if written not in _SEVERITIES:
            self.findings.add("DG7104", node.at, value=node.value)
            return None
        return _SEVERITIES[written]

    def _check_message(self, node: Json_) -> None:
        """A text that looks like a key and is none was meant to be one."""
        key = node.value if isinstance(node.value, str) else ""
        if _LOOKS_LIKE_A_KEY.fullmatch(key) and self.known.texts.resource(key, "nb") is None:
            self.findings.add("DG7105", node.at, id=key)
