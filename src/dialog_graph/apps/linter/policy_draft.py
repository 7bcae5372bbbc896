"""Writes an app's `policy.xml` out of a few values: the XACML of app folder §5, as our own reader takes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from dialog_graph.policy.request import ACTION, APP, DELEGATION, ORG, ROLE, TASK
from dialog_graph.policy.xacml import NAMESPACE, STRING, Category, Function

OWNER = (ORG, "[ORG]")
"""The subject that is the owning org."""

DELEGATED = (DELEGATION, "app_[ORG]_[APP]")
"""The subject of those to whom the app has delegated an instance."""

_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
_POLICY = "urn:altinn:resource:app_[ORG]_[APP]:policyid:1"
_COMBINING = "urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides"
_LEVELS = ("urn:altinn:minimum-authenticationlevel", "urn:altinn:minimum-authenticationlevel-org")


def role(code: str) -> tuple[str, str]:
    """The subject that is the holders of a role."""
    return ROLE, code


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRule:
    """One permission. `subjects`: (attribute id, value), any of them suffices; `task`: only while it is current."""

    description: str
    subjects: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    task: str | None = None


def policy_xml(rules: Sequence[DraftRule], level: int) -> str:
    """The whole file. `level`: authentication level that everybody needs, 0-4."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<xacml:Policy xmlns:xacml="{NAMESPACE}" PolicyId="{_POLICY}" Version="1.0"',
        f'    RuleCombiningAlgId="{_COMBINING}">',
        "  <xacml:Target/>",
        *(f"  {line}" for number, rule in enumerate(rules, 1) for line in _rule(number, rule)),
        *(f"  {line}" for line in _obligations(level)),
        "</xacml:Policy>",
    ]
    return "\n".join(lines) + "\n"


def _rule(number: int, rule: DraftRule) -> Iterator[str]:
    place = [(ORG, "[ORG]"), (APP, "[APP]")]
    if rule.task is not None:
        place.append((TASK, rule.task))
    yield f'<xacml:Rule RuleId="{_POLICY}:ruleid:{number}" Effect="Permit">'
    yield f"  <xacml:Description>{escape(rule.description, quote=False)}</xacml:Description>"
    yield "  <xacml:Target>"
    yield from _any_of(Category.SUBJECT, [[subject] for subject in rule.subjects])
    yield from _any_of(Category.RESOURCE, [place])
    yield from _any_of(Category.ACTION, [[(ACTION, action)] for action in rule.actions])
    yield "  </xacml:Target>"
    yield "</xacml:Rule>"


def _any_of(category: Category, groups: Sequence[Sequence[tuple[str, str]]]) -> Iterator[str]:
    yield "    <xacml:AnyOf>"
    for group in groups:
        yield "      <xacml:AllOf>"
        for attribute, value in group:
            yield f'        <xacml:Match MatchId="{Function.STRING_EQUAL}">'
            yield f'          <xacml:AttributeValue DataType="{STRING}">{escape(value)}</xacml:AttributeValue>'
            yield (
                f'          <xacml:AttributeDesignator AttributeId="{attribute}" Category="{category}"'
                f' DataType="{STRING}" MustBePresent="false"/>'
            )
            yield "        </xacml:Match>"
        yield "      </xacml:AllOf>"
    yield "    </xacml:AnyOf>"


def _obligations(level: int) -> Iterator[str]:
    yield "<xacml:ObligationExpressions>"
    for number, category in enumerate(_LEVELS, 1):
        yield f'  <xacml:ObligationExpression ObligationId="urn:altinn:obligation:level{number}" FulfillOn="Permit">'
        yield (
            f'    <xacml:AttributeAssignmentExpression AttributeId="urn:altinn:obligation:level{number}:assignment"'
            f' Category="{category}">'
        )
        yield f'      <xacml:AttributeValue DataType="{_INTEGER}">{level}</xacml:AttributeValue>'
        yield "    </xacml:AttributeAssignmentExpression>"
        yield "  </xacml:ObligationExpression>"
    yield "</xacml:ObligationExpressions>"
