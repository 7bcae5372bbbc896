"""What every finding means, why it matters and how to mend it, each with an example: `check --explain CODE`.

The texts stand in `explained/`, one file for each family of codes. A test demands one for every code there is, and
checks the app of every example whose file can be put into one.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import cast

from dialog_graph.apps.linter.rules import FINDING_RULES

_FAMILIES = ("files", "process", "metadata", "policy", "models", "forms", "expressions", "logic", "across")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One explained code. `before`, `after`: a part of `file`, or in words what is there when `file` is empty."""

    title: str
    meaning: str
    reason: str
    remedy: str
    before: str
    after: str
    file: str = ""


@cache
def explanations() -> Mapping[str, Explanation]:
    """Code -> explanation."""
    folder = files("dialog_graph.apps.linter") / "explained"
    found: dict[str, Explanation] = {}
    for family in _FAMILIES:
        rows = tomllib.loads((folder / f"{family}.toml").read_text(encoding="utf-8"))
        found |= {code: _explanation(cast("dict[str, str]", row)) for code, row in rows.items()}
    return MappingProxyType(found)


def _explanation(row: Mapping[str, str]) -> Explanation:
    unknown = set(row) - {field.name for field in fields(Explanation)}
    if unknown:
        raise ValueError(f"expected the parts of an explanation, but there is {sorted(unknown)}")
    return Explanation(**{name: text.strip("\n") for name, text in row.items()})


def explain(code: str) -> str | None:
    """The whole explanation as text; None for a code that no table has. Letter case and a missing DG do not count."""
    wanted = code.strip().upper()
    rule = FINDING_RULES.get(wanted) or FINDING_RULES.get(f"DG{wanted}")
    if rule is None:
        return None
    told = explanations()[rule.code]
    where = f" ({told.file})" if told.file else ""
    parts = (
        f"{rule.code} {rule.severity.value}: {told.title}",
        told.meaning,
        f"Why it matters: {told.reason}",
        f"How to mend it: {told.remedy}",
        f"Before{where}:\n{_indented(told.before)}",
        f"After:\n{_indented(told.after)}",
    )
    return "\n\n".join(parts)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())
