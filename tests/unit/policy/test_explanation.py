"""A refusal can be explained: what decided, and what would have been enough."""

from dialog_graph.policy import DecisionTable, Verdict, explain, package_key, read_policy, role_key, task_scope
from dialog_graph.policy.request import PACKAGE, ROLE
from dialog_graph.policy.xacml import Effect, Levels
from tests.unit.policy.generated import OWN, action, policy, request, resource, rule, subject, to_xml


def table() -> DecisionTable:
    made, found = read_policy(
        to_xml(
            policy(
                rule(subject(ROLE, "DAGL", "LEDE"), action("read"), rule_id="read"),
                rule(subject(PACKAGE, "skatt"), action("read"), rule_id="package"),
                rule(subject(ROLE, "DAGL"), resource(task="T1"), action("sign"), rule_id="sign", levels=Levels(4)),
                rule(subject(ROLE, "REVI"), action("read"), effect=Effect.DENY, rule_id="no-auditor"),
            )
        ),
        OWN,
    )
    assert made is not None, found
    return made


DAGL = role_key("DAGL")


def test_a_permit_names_rule_and_subject() -> None:
    told = explain(table(), request("read", DAGL, role_key("REGNA")))
    assert (told.verdict, told.rule_id, told.matched_subjects) == (Verdict.ALLOWED, "read", (DAGL,))
    assert (told.required_level, told.level, told.missing_roles) == (2, 4, ())
    assert told.policy_version == table().policy_version


def test_without_a_rule_every_single_role_and_package_that_is_enough_is_named() -> None:
    told = explain(table(), request("read", role_key("REGNA")))
    assert (told.verdict, told.rule_id) == (Verdict.NO_RULE, None)
    assert (told.missing_roles, told.missing_packages) == (("DAGL", "LEDE"), ("skatt",))
    assert told.required_level is None


def test_a_deny_is_named_before_the_permit_it_beats() -> None:
    told = explain(table(), request("read", role_key("REVI"), package_key("skatt")))
    assert (told.verdict, [row.rule_id for row in told.rows]) == (Verdict.DENIED_BY_RULE, ["no-auditor", "package"])
    assert told.missing_roles == ()


def test_a_right_that_holds_at_another_task_says_so() -> None:
    assert explain(table(), request("sign", DAGL, scope=task_scope("T2"))).verdict is Verdict.TASK_NOT_CURRENT
    assert explain(table(), request("sign", role_key("LEDE"), scope=task_scope("T2"))).verdict is Verdict.NO_RULE


def test_a_level_too_low_names_the_level() -> None:
    told = explain(table(), request("sign", DAGL, scope=task_scope("T1"), level=3))
    assert (told.verdict, told.required_level, told.missing_level) == (Verdict.LEVEL_TOO_LOW, 4, 4)
