"""Decisions become proofs, and nobody else can make one."""

from dataclasses import FrozenInstanceError, replace
from uuid import UUID

import pytest

from dialog_graph.errors import Refusal
from dialog_graph.policy import (
    DecisionTable,
    Permit,
    decide,
    duty,
    holds_any,
    org_key,
    read_policy,
    role_key,
    task_scope,
)
from dialog_graph.policy.request import ACTION, ORG, ROLE
from dialog_graph.policy.xacml import Category, Effect, Function, Levels
from tests.unit.policy.generated import OWN, action, match, policy, request, resource, rule, subject, to_xml

INSTANCE = UUID("01900000-0000-7000-8000-000000000001")
DAGL, REGNA, TTD = role_key("DAGL"), role_key("REGNA"), org_key("ttd")


@pytest.fixture
def table() -> DecisionTable:
    xml = to_xml(
        policy(
            rule(subject(ROLE, "dagl"), action("read", "write"), rule_id="dagl"),
            rule(subject(ROLE, "DAGL"), resource(task="T1"), action("sign"), rule_id="sign", levels=Levels(4)),
            rule(subject(ROLE, "REGNA"), action("write"), effect=Effect.DENY, rule_id="not-regna"),
            rule(subject(ORG, "[ORG]"), rule_id="owner"),
            levels=Levels(2, 3),
        )
    )
    made, found = read_policy(xml, OWN)
    assert made is not None, found
    return made


def test_a_permit_tells_what_was_decided(table: DecisionTable) -> None:
    permit = decide(table, replace(request("read", DAGL, level=2), party_id=50001, instance_id=INSTANCE))
    assert isinstance(permit, Permit)
    assert (permit.action, permit.instance_id, permit.party_id, permit.org) == ("read", INSTANCE, 50001, "ttd")
    assert (permit.rule_id, permit.policy_version, permit.level) == ("dagl", table.policy_version, 2)


def test_deny_and_no_rule_are_the_same_refusal(table: DecisionTable) -> None:
    denied = decide(table, request("write", DAGL, REGNA))
    not_applicable = decide(table, request("write", role_key("LEDE")))
    assert denied == not_applicable == Refusal(code="FORBIDDEN", action="write")


def test_a_level_too_low_tells_the_level_needed(table: DecisionTable) -> None:
    at_task = request("sign", DAGL, scope=task_scope("T1"), level=3)
    assert decide(table, at_task) == Refusal(code="AUTH_LEVEL_TOO_LOW", action="sign", required_level=4)
    assert isinstance(decide(table, replace(at_task, level=4)), Permit)


def test_organisations_meet_their_own_level(table: DecisionTable) -> None:
    low = decide(table, request("read", TTD, level=2, is_organisation=True))
    assert isinstance(low, Refusal)
    assert low.required_level == 3
    assert isinstance(decide(table, request("read", TTD, level=2)), Permit)


def test_a_right_at_a_task_holds_while_that_task_is_current(table: DecisionTable) -> None:
    assert isinstance(decide(table, request("sign", DAGL, scope=task_scope("T1"))), Permit)
    assert isinstance(decide(table, request("sign", DAGL, scope=task_scope("T2"))), Refusal)
    assert isinstance(decide(table, request("sign", DAGL)), Refusal)


def test_the_table_of_another_org_refuses_everything(table: DecisionTable) -> None:
    assert decide(table, replace(request("read", DAGL), org="skd")) == Refusal(code="FORBIDDEN", action="read")


def test_holding_any_right_divides_forbidden_from_not_found(table: DecisionTable) -> None:
    assert holds_any(table, request("unlock", DAGL, level=0))
    assert not holds_any(table, request("read", role_key("LEDE")))
    assert not holds_any(table, request("read", REGNA))
    assert not holds_any(table, request("read"))


def test_an_engine_command_gets_a_permit_for_its_instance() -> None:
    permit = duty("timer", INSTANCE)
    assert (permit.action, permit.instance_id, permit.rule_id) == ("timer", INSTANCE, "duty:timer")
    assert permit.party_id is None


def test_nobody_else_can_make_or_change_a_permit() -> None:
    permit = duty("timer", INSTANCE)
    with pytest.raises(TypeError):
        Permit(action="read", instance_id=INSTANCE, party_id=1, org="ttd", rule_id="r", policy_version="v", level=4)
    with pytest.raises(TypeError):
        Permit(
            action="read",
            instance_id=INSTANCE,
            party_id=1,
            org="ttd",
            rule_id="r",
            policy_version="v",
            level=4,
            token=object(),
        )
    with pytest.raises((TypeError, ValueError)):
        replace(permit, action="read")
    with pytest.raises(FrozenInstanceError):
        permit.action = "read"  # pyright: ignore[reportAttributeAccessIssue]  (that is the point)


def test_a_denied_spelling_does_not_hide_the_right_that_the_other_spelling_has() -> None:
    """Found by generation: the permit ignored letter case, the deny did not, and the holder seemed to have no right."""
    folding = match(Category.ACTION, ACTION, "read", Function.STRING_EQUAL_IGNORE_CASE)
    item = policy(
        rule(subject(ROLE, "DAGL"), ((folding,),), rule_id="any-case"),
        rule(subject(ROLE, "DAGL"), action("read"), effect=Effect.DENY, rule_id="lower-case"),
    )
    made, found = read_policy(to_xml(item), OWN)
    assert made is not None, found
    assert holds_any(made, request("read", DAGL))
