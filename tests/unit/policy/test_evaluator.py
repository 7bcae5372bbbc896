"""The slow reference follows the standard: matches, three truth values, combining."""

from dataclasses import replace

import pytest

from dialog_graph.policy.evaluator import Attribute, Decision, Truth, evaluate, matches
from dialog_graph.policy.request import ACTION, ROLE
from dialog_graph.policy.xacml import (
    ANY_URI,
    STRING,
    Category,
    Combining,
    Effect,
    Function,
    Levels,
    Match,
    Rule,
    Target,
)
from tests.unit.policy.generated import action, match, policy, rule, subject

DAGL = Attribute(category=Category.SUBJECT, attribute_id=ROLE, value="DAGL")
REGNA = Attribute(category=Category.SUBJECT, attribute_id=ROLE, value="REGNA")
READ = Attribute(category=Category.ACTION, attribute_id=ACTION, value="read")
TRUE: Target = ()
FALSE: Target = (subject(ROLE, "NOBODY"),)
UNKNOWN: Target = (((replace(match(Category.SUBJECT, "urn:absent", "x"), must_be_present=True),),),)


def role(value: str, function: Function = Function.STRING_EQUAL, **more: object) -> Target:
    item = match(Category.SUBJECT, ROLE, value, function)
    return (((replace(item, **more),),),)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (role("DAGL"), Truth.TRUE),
        (role("dagl"), Truth.FALSE),
        (role("dagl", Function.STRING_EQUAL_IGNORE_CASE), Truth.TRUE),
        (role("DAGL", Function.ANY_URI_EQUAL, data_type=STRING), Truth.TRUE),
        (role("dagl", Function.ANY_URI_EQUAL, data_type=STRING), Truth.FALSE),
        (role("DAGL", data_type=ANY_URI), Truth.FALSE),
        (role("DAGL", issuer="someone"), Truth.FALSE),
        (role("DAGL", must_be_present=True), Truth.TRUE),
        (role("LEDE", must_be_present=True), Truth.FALSE),
        (role("LEDE", attribute_id="urn:absent"), Truth.FALSE),
        (role("LEDE", attribute_id="urn:absent", must_be_present=True), Truth.UNKNOWN),
        (role("DAGL", category=Category.RESOURCE, must_be_present=True), Truth.UNKNOWN),
    ],
)
def test_a_match_compares_attributes_of_the_same_name_type_and_issuer(target: Target, expected: Truth) -> None:
    assert matches(target, [DAGL, READ]) is expected


def test_an_issuer_is_met_by_that_issuer_and_a_match_without_one_by_any() -> None:
    said = replace(DAGL, issuer="someone")
    assert matches(role("DAGL", issuer="someone"), [said]) is Truth.TRUE
    assert matches(role("DAGL"), [said]) is Truth.TRUE


def test_folding_knows_more_than_lower_case() -> None:
    street = replace(DAGL, value="STRASSE")
    assert matches(role("straße", Function.STRING_EQUAL_IGNORE_CASE), [street]) is Truth.TRUE


def test_attributes_are_bags() -> None:
    both = (((match(Category.SUBJECT, ROLE, "DAGL"), match(Category.SUBJECT, ROLE, "REGNA")),),)
    assert matches(both, [DAGL, REGNA]) is Truth.TRUE
    assert matches(both, [DAGL]) is Truth.FALSE


def _cell(target: Target) -> Match:
    return target[0][0][0] if target else match(Category.ACTION, ACTION, "read")


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    [
        (TRUE, TRUE, Truth.TRUE, Truth.TRUE),
        (TRUE, FALSE, Truth.FALSE, Truth.TRUE),
        (TRUE, UNKNOWN, Truth.UNKNOWN, Truth.TRUE),
        (FALSE, UNKNOWN, Truth.FALSE, Truth.UNKNOWN),
        (UNKNOWN, UNKNOWN, Truth.UNKNOWN, Truth.UNKNOWN),
        (FALSE, FALSE, Truth.FALSE, Truth.FALSE),
    ],
)
def test_false_beats_unknown_in_and_true_beats_it_in_or(one: Target, other: Target, both: Truth, either: Truth) -> None:
    first, second = _cell(one), _cell(other)
    assert matches((((first, second),),), [READ]) is both
    assert matches((((first,),), ((second,),)), [READ]) is both
    assert matches((((first,), (second,)),), [READ]) is either


def _rules(*described: tuple[Effect, Target]) -> list[Rule]:
    return [rule(*target, effect=effect, rule_id=f"r{number}") for number, (effect, target) in enumerate(described)]


P, D = Effect.PERMIT, Effect.DENY
COMBINED: list[tuple[list[tuple[Effect, Target]], str, str]] = [
    ([], "NotApplicable", "NotApplicable"),
    ([(P, FALSE), (D, FALSE)], "NotApplicable", "NotApplicable"),
    ([(P, TRUE), (D, FALSE)], "Permit", "Permit"),
    ([(P, FALSE), (D, TRUE)], "Deny", "Deny"),
    ([(P, TRUE), (D, TRUE)], "Deny", "Permit"),
    ([(P, TRUE), (D, UNKNOWN)], "Indeterminate", "Permit"),
    ([(P, UNKNOWN), (D, TRUE)], "Deny", "Indeterminate"),
    ([(P, TRUE), (P, UNKNOWN)], "Permit", "Permit"),
    ([(D, TRUE), (D, UNKNOWN)], "Deny", "Deny"),
    ([(P, UNKNOWN)], "Indeterminate", "Indeterminate"),
    ([(D, UNKNOWN), (P, FALSE)], "Indeterminate", "Indeterminate"),
]


@pytest.mark.parametrize(("described", "deny_overrides", "permit_overrides"), COMBINED)
def test_combining(described: list[tuple[Effect, Target]], deny_overrides: str, permit_overrides: str) -> None:
    for order in (described, described[::-1]):
        rules = _rules(*order)
        assert evaluate(policy(*rules), [READ]).decision == deny_overrides
        assert evaluate(policy(*rules, combining=Combining.PERMIT_OVERRIDES), [READ]).decision == permit_overrides


def test_a_policy_target_holds_for_all_rules() -> None:
    permit = rule()
    assert evaluate(policy(permit, target=FALSE), [READ]).decision is Decision.NOT_APPLICABLE
    assert evaluate(policy(permit, target=UNKNOWN), [READ]).decision is Decision.INDETERMINATE
    assert evaluate(policy(target=UNKNOWN), [READ]).decision is Decision.NOT_APPLICABLE
    assert evaluate(policy(permit, target=UNKNOWN), [READ]).status == "missing-attribute"


def test_a_permit_carries_its_rules_and_the_highest_of_all_levels() -> None:
    outcome = evaluate(
        policy(
            rule(action("read"), rule_id="a", levels=Levels(3)),
            rule(rule_id="b", levels=Levels(1, 4)),
            rule(action("write"), rule_id="c", levels=Levels(4)),
            levels=Levels(2, 2),
        ),
        [READ],
    )
    assert (outcome.rule_ids, outcome.levels) == (("a", "b"), Levels(3, 4))
