"""What `{dataType}.validation.json` says, as frozen values with compiled expressions (app folder §10.1)."""

from dataclasses import dataclass

from dialog_graph.apps.contents.paths import Step
from dialog_graph.errors import Severity
from dialog_graph.expressions import Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """One rule: an issue where the condition is true. `message`: a text key, a text, or what computes one."""

    message: Expression
    condition: Expression
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRules:
    """The rules of one field, in the order of the file."""

    path: str
    steps: tuple[Step, ...]
    rules: tuple[FieldRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """The rules of one data type. `file`: path below the app root, for refusals."""

    file: str
    fields: tuple[FieldRules, ...] = ()
