"""The compiled table decides exactly as the slow reference, whatever the policy and the request."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from dialog_graph.errors import Refusal
from dialog_graph.policy import (
    DecisionTable,
    Effect,
    Request,
    Row,
    decide,
    explain,
    holds_any,
    read_policy,
    role_key,
)
from dialog_graph.policy.app_rules import Reference, narrow, reference
from dialog_graph.policy.evaluator import Decision
from dialog_graph.policy.explanation import Verdict
from dialog_graph.policy.reader import read
from dialog_graph.policy.table import decision_table
from dialog_graph.policy.xacml import Combining, Policy
from tests.unit.policy.generated import ACTIONS, OWN, SCOPES, policies, requests, to_xml

Change = Callable[[DecisionTable], DecisionTable]


def compiled(policy: Policy) -> DecisionTable:
    table, found = read_policy(to_xml(policy), OWN)
    assert table is not None, found
    return table


def slow_road(policy: Policy) -> Reference:
    item, _ = read(to_xml(policy), "policy.xml")
    assert item is not None
    return reference(narrow(item, OWN, "policy.xml")[0], OWN)


def expected(slow: Reference, request: Request) -> str | int | None:
    """`FORBIDDEN`, the level that is lacking, or None for a permit."""
    outcome = slow.decide(request)
    if outcome.decision is not Decision.PERMIT:
        return "FORBIDDEN"
    person, org = outcome.levels.person or 0, outcome.levels.org
    required = org if request.is_organisation and org is not None else person
    return required if request.level < required else None


def given_answer(table: DecisionTable, request: Request) -> str | int | None:
    answer = decide(table, request)
    if not isinstance(answer, Refusal):
        return None
    return answer.code if answer.code == "FORBIDDEN" else answer.required_level


def everywhere(request: Request) -> list[Request]:
    """The same caller with every action in every scope."""
    return [replace(request, action=action, scope=scope) for action in ACTIONS for scope in SCOPES]


@settings(deadline=None)
@given(policies(), requests)
def test_table_and_reference_agree(policy: Policy, caller: Request) -> None:
    table, slow = compiled(policy), slow_road(policy)
    for request in everywhere(caller):
        assert given_answer(table, request) == expected(slow, request)


def _rebuilt(table: DecisionTable, rows: tuple[Row, ...]) -> DecisionTable:
    return decision_table(table.org, table.combining, rows, table.policy_version)


def _ignores_deny(table: DecisionTable) -> DecisionTable:
    return _rebuilt(table, tuple(row for row in table.rows if row.effect is Effect.PERMIT))


def _ignores_conjunctions(table: DecisionTable) -> DecisionTable:
    return _rebuilt(table, tuple(replace(row, subject_all=row.subject_all[:1]) for row in table.rows))


def _ignores_case_everywhere(table: DecisionTable) -> DecisionTable:
    rows = (replace(row, action=row.action.casefold(), folds_action=row.action != "*") for row in table.rows)
    return _rebuilt(table, tuple(rows))


def _ignores_levels_of_rules(table: DecisionTable) -> DecisionTable:
    return _rebuilt(table, tuple(replace(row, min_level=0, min_level_org=0) for row in table.rows))


def _permits_first(table: DecisionTable) -> DecisionTable:
    return replace(table, combining=Combining.PERMIT_OVERRIDES)


BROKEN: list[Change] = [
    _ignores_deny,
    _ignores_conjunctions,
    _ignores_case_everywhere,
    _ignores_levels_of_rules,
    _permits_first,
]


@pytest.mark.parametrize("broken", BROKEN)
def test_the_comparison_catches_a_broken_table(broken: Change) -> None:
    def disagrees(case: tuple[Policy, Request]) -> bool:
        table, slow = broken(compiled(case[0])), slow_road(case[0])
        return any(given_answer(table, request) != expected(slow, request) for request in everywhere(case[1]))

    without_shrinking = settings(
        max_examples=2000, deadline=None, database=None, derandomize=True, phases=[Phase.generate]
    )
    try:
        find(st.tuples(policies(), requests), disagrees, settings=without_shrinking)
    except NoSuchExample:
        pytest.fail("the comparison would not notice")


@settings(deadline=None)
@given(policies(), requests)
def test_holding_any_right_means_that_some_decision_permits(policy: Policy, request: Request) -> None:
    table, slow = compiled(policy), slow_road(policy)
    some = any(slow.decide(asked).decision is Decision.PERMIT for asked in everywhere(request))
    assert holds_any(table, request) == some


@settings(deadline=None)
@given(policies(), requests)
def test_an_explanation_never_contradicts_the_decision(policy: Policy, request: Request) -> None:
    table = compiled(policy)
    answer, told = decide(table, request), explain(table, request)
    code = answer.code if isinstance(answer, Refusal) else "OK"
    assert {
        Verdict.ALLOWED: "OK",
        Verdict.LEVEL_TOO_LOW: "AUTH_LEVEL_TOO_LOW",
    }.get(told.verdict, "FORBIDDEN") == code
    assert set(told.matched_subjects) <= request.keys
    assert told.missing_level == (answer.required_level if isinstance(answer, Refusal) else None)
    for role in told.missing_roles if told.verdict is Verdict.NO_RULE else ():
        more = replace(request, subjects=request.subjects | {role_key(role)}, level=4)
        assert not isinstance(decide(_ignores_deny(table), more), Refusal)


@given(policies())
def test_rows_hold_what_policy_right_needs(policy: Policy) -> None:
    table = compiled(policy)
    for row in table.rows:
        assert row.scope == "any" or row.scope.partition(":")[0] in {"task", "end", "appresource"}
        assert row.subject_all == tuple(sorted(row.subject_all))
        assert row.subject_kind != "all" or len(row.subject_all) > 1
        assert row.subject_kind != "rolecode" or row.subject_value in table.named_roles
        assert row.action == "*" or row.action in table.actions
