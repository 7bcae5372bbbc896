"""The accepted subset of XACML 3.0 as values: what `reader` yields and `evaluator` and `table` work on.

Names follow the standard. Nothing here knows apps, roles or requests of this product (security rules §4.1).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

NAMESPACE = "urn:oasis:names:tc:xacml:3.0:core:schema:wd-17"
STRING = "http://www.w3.org/2001/XMLSchema#string"
ANY_URI = "http://www.w3.org/2001/XMLSchema#anyURI"


class Effect(StrEnum):
    """What a rule says when its target matches."""

    PERMIT = "Permit"
    DENY = "Deny"


class Combining(StrEnum):
    """Rule combining algorithm, without the version in its name."""

    DENY_OVERRIDES = "deny-overrides"
    PERMIT_OVERRIDES = "permit-overrides"


class Category(StrEnum):
    """The three attribute categories of a request."""

    SUBJECT = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
    RESOURCE = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource"
    ACTION = "urn:oasis:names:tc:xacml:3.0:attribute-category:action"


class Function(StrEnum):
    """The three match functions."""

    STRING_EQUAL = "urn:oasis:names:tc:xacml:1.0:function:string-equal"
    STRING_EQUAL_IGNORE_CASE = "urn:oasis:names:tc:xacml:3.0:function:string-equal-ignore-case"
    ANY_URI_EQUAL = "urn:oasis:names:tc:xacml:1.0:function:anyURI-equal"

    @property
    def folds(self) -> bool:
        """True when letter case does not count."""
        return self is Function.STRING_EQUAL_IGNORE_CASE

    def holds(self, asked: str, given: str) -> bool:
        """Compares the policy's text with the request's. Exact by code point; URIs are not normalised."""
        return asked.casefold() == given.casefold() if self.folds else asked == given


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One comparison: some value of the designated attribute satisfies the function. `line` counts from 1."""

    function: Function
    value: str
    category: Category
    attribute_id: str
    data_type: str = STRING
    issuer: str | None = None
    must_be_present: bool = False
    line: int | None = None


AllOf: TypeAlias = tuple[Match, ...]
"""All matches must hold."""
AnyOf: TypeAlias = tuple[AllOf, ...]
"""At least one AllOf must hold."""
Target: TypeAlias = tuple[AnyOf, ...]
"""Every AnyOf must hold; the empty target matches everything."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Minimum authentication levels 0-4 demanded by obligations; None = not demanded."""

    person: int | None = None
    org: int | None = None

    def higher(self, other: "Levels") -> "Levels":
        """Both demands together: of two numbers the higher."""
        return Levels(_higher(self.person, other.person), _higher(self.org, other.org))


NO_LEVELS = Levels()
"""Nothing is demanded."""


def _higher(one: int | None, other: int | None) -> int | None:
    return max((level for level in (one, other) if level is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `rule_id` is unique in its policy."""

    rule_id: str
    effect: Effect
    target: Target = ()
    levels: Levels = NO_LEVELS
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy. Its target is ANDed to every rule's, its levels hold for every permit."""

    policy_id: str
    version: str
    combining: Combining
    target: Target = ()
    rules: tuple[Rule, ...] = ()
    levels: Levels = NO_LEVELS
