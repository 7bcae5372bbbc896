"""The slow reference: XACML 3.0 evaluation with three truth values, knowing nothing of apps (security rules §4.2).

The compiled table must decide as this module does; a property test compares them on generated policies.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TypeAlias

from dialog_graph.policy.xacml import (
    NO_LEVELS,
    STRING,
    AllOf,
    AnyOf,
    Category,
    Combining,
    Effect,
    Levels,
    Match,
    Policy,
    Rule,
    Target,
)


class Truth(Enum):
    """Outcome of a comparison. `UNKNOWN` is the standard's Indeterminate."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


class Decision(StrEnum):
    """Outcome of a policy. Only `PERMIT` allows; the others differ in logs and traces only."""

    PERMIT = "Permit"
    DENY = "Deny"
    NOT_APPLICABLE = "NotApplicable"
    INDETERMINATE = "Indeterminate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One value of one attribute of a request."""

    category: Category
    attribute_id: str
    value: str
    data_type: str = STRING
    issuer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Decision, the levels demanded by all permitting rules together, their ids, and the status of the standard."""

    decision: Decision
    levels: Levels = NO_LEVELS
    rule_ids: tuple[str, ...] = ()
    status: str = "ok"


Bag: TypeAlias = Collection[Attribute]
"""The attributes of a request; an attribute with several values occurs several times."""


def _designates(match: Match, attribute: Attribute) -> bool:
    return (match.category, match.attribute_id, match.data_type) == (
        attribute.category,
        attribute.attribute_id,
        attribute.data_type,
    ) and match.issuer in (None, attribute.issuer)


def _match(match: Match, bag: Bag) -> Truth:
    values = [attribute.value for attribute in bag if _designates(match, attribute)]
    if not values and match.must_be_present:
        return Truth.UNKNOWN
    return Truth.TRUE if any(match.function.holds(match.value, value) for value in values) else Truth.FALSE


def _every(truths: Iterable[Truth]) -> Truth:
    """AND: false beats unknown beats true."""
    return min(truths, key=lambda truth: truth.value, default=Truth.TRUE)


def _some(truths: Iterable[Truth]) -> Truth:
    """OR: true beats unknown beats false."""
    return max(truths, key=lambda truth: truth.value, default=Truth.FALSE)


def _all_of(all_of: AllOf, bag: Bag) -> Truth:
    return _every(_match(match, bag) for match in all_of)


def _any_of(any_of: AnyOf, bag: Bag) -> Truth:
    return _some(_all_of(all_of, bag) for all_of in any_of)


def matches(target: Target, bag: Bag) -> Truth:
    """Whether a target holds; the empty one does."""
    return _every(_any_of(any_of, bag) for any_of in target)


def _combine(combining: Combining, truths: Collection[tuple[Rule, Truth]]) -> Decision:
    """deny-overrides; permit-overrides is its mirror."""
    denies_win = combining is Combining.DENY_OVERRIDES
    strong, weak = (Effect.DENY, Effect.PERMIT) if denies_win else (Effect.PERMIT, Effect.DENY)
    seen = {(rule.effect, truth) for rule, truth in truths}
    if (strong, Truth.TRUE) in seen:
        return Decision(strong)
    if (strong, Truth.UNKNOWN) in seen:
        return Decision.INDETERMINATE
    if (weak, Truth.TRUE) in seen:
        return Decision(weak)
    return Decision.INDETERMINATE if (weak, Truth.UNKNOWN) in seen else Decision.NOT_APPLICABLE


def evaluate(policy: Policy, bag: Bag) -> Outcome:
    """Decides a request. Levels and rule ids are filled for a permit only."""
    applies = matches(policy.target, bag)
    truths = [(rule, matches(rule.target, bag)) for rule in policy.rules]
    decision = Decision.NOT_APPLICABLE if applies is Truth.FALSE else _combine(policy.combining, truths)
    if applies is Truth.UNKNOWN and decision is not Decision.NOT_APPLICABLE:
        decision = Decision.INDETERMINATE
    if decision is not Decision.PERMIT:
        return Outcome(decision=decision, status="missing-attribute" if decision is Decision.INDETERMINATE else "ok")
    permitting = [rule for rule, truth in truths if truth is Truth.TRUE and rule.effect is Effect.PERMIT]
    levels = policy.levels
    for rule in permitting:
        levels = levels.higher(rule.levels)
    return Outcome(decision=decision, levels=levels, rule_ids=tuple(rule.rule_id for rule in permitting))
