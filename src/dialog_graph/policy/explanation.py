"""Why a request is allowed or not, and what would be missing (security rules §4.7)."""

from dataclasses import dataclass
from enum import StrEnum

from dialog_graph.policy.request import ANY, PACKAGE, ROLE, Request
from dialog_graph.policy.table import ANY_ACTION, DecisionTable, Row, required_level
from dialog_graph.policy.xacml import Combining, Effect


class Verdict(StrEnum):
    """What decided, as `AccessCode` of the schema knows it."""

    ALLOWED = "ALLOWED"
    NO_RULE = "NO_RULE"
    DENIED_BY_RULE = "DENIED_BY_RULE"
    LEVEL_TOO_LOW = "LEVEL_TOO_LOW"
    TASK_NOT_CURRENT = "TASK_NOT_CURRENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The trace of one decision.

    `rows`: the matching rows, deciding ones first. `matched_subjects`: the caller's keys that they name.
    `required_level`: what the permitting rows demand, None without one. `missing_roles` (upper case) and
    `missing_packages`: each would be enough by itself, filled only for a refusal; `missing_level`: the least level
    that would be enough.
    """

    verdict: Verdict
    rows: tuple[Row, ...]
    matched_subjects: tuple[str, ...]
    level: int
    policy_version: str
    required_level: int | None = None
    missing_roles: tuple[str, ...] = ()
    missing_packages: tuple[str, ...] = ()
    missing_level: int | None = None

    @property
    def rule_id(self) -> str | None:
        """The rule that decided; None when no rule matched."""
        return self.rows[0].rule_id if self.rows else None


def _names_action(row: Row, action: str) -> bool:
    return row.action in (ANY_ACTION, action) or (row.folds_action and row.action == action.casefold())


def _names_scope(row: Row, scope: str) -> bool:
    kind, colon, value = scope.partition(":")
    return row.scope in (ANY, scope) or (row.folds_scope and row.scope == kind + colon + value.casefold())


def _verdict(table: DecisionTable, request: Request, matching: list[Row], elsewhere: list[Row]) -> Verdict:
    effects = {row.effect for row in matching}
    strong = Effect.DENY if table.combining is Combining.DENY_OVERRIDES else Effect.PERMIT
    winner = strong if strong in effects else next(iter(effects), None)
    if winner is Effect.DENY:
        return Verdict.DENIED_BY_RULE
    if winner is None:
        permits = any(row.effect is Effect.PERMIT for row in elsewhere)
        return Verdict.TASK_NOT_CURRENT if permits else Verdict.NO_RULE
    required = _required(matching, request)
    return Verdict.ALLOWED if required is None or request.level >= required else Verdict.LEVEL_TOO_LOW


def _required(rows: list[Row], request: Request) -> int | None:
    permits = [row for row in rows if row.effect is Effect.PERMIT]
    return required_level(permits, request.is_organisation) if permits else None


def _enough(rows: list[Row], attribute: str) -> tuple[str, ...]:
    keys = (row.subject_all[0] for row in rows if row.effect is Effect.PERMIT and len(row.subject_all) == 1)
    return tuple(sorted({key.partition("=")[2] for key in keys if key.startswith(f"{attribute}=")}))


def explain(table: DecisionTable, request: Request) -> Explanation:
    """Traces one decision. Slower than `decide` and of the same opinion; names only what the table itself names."""
    keys = request.keys
    asked = [row for row in table.rows if request.org == table.org and _names_action(row, request.action)]
    here = [row for row in asked if _names_scope(row, request.scope)]
    matching = [row for row in here if keys.issuperset(row.subject_all)]
    verdict = _verdict(table, request, matching, [row for row in asked if keys.issuperset(row.subject_all)])
    wanted = Effect.DENY if verdict is Verdict.DENIED_BY_RULE else Effect.PERMIT
    matching.sort(key=lambda row: row.effect is not wanted)
    required = _required(matching, request)
    is_missing = verdict in (Verdict.NO_RULE, Verdict.TASK_NOT_CURRENT)
    return Explanation(
        verdict=verdict,
        rows=tuple(matching),
        matched_subjects=tuple(sorted(keys.intersection(key for row in matching for key in row.subject_all))),
        level=request.level,
        policy_version=table.policy_version,
        required_level=required,
        missing_roles=tuple(role.upper() for role in _enough(here, ROLE)) if is_missing else (),
        missing_packages=_enough(here, PACKAGE) if is_missing else (),
        missing_level=required if verdict is Verdict.LEVEL_TOO_LOW else None,
    )
