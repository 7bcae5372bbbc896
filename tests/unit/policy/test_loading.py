"""What the linter says about an app's policy, and what the table then permits."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from dialog_graph.errors import Refusal
from dialog_graph.model.diagnostic import DiagnosticSeverity
from dialog_graph.policy import (
    ANY,
    BEFORE_INSTANCE,
    EVENTS,
    KEY_ROLES,
    ROLES,
    DecisionTable,
    Permit,
    Request,
    decide,
    delegation_key,
    end_scope,
    org_key,
    organisation_key,
    package_key,
    party_key,
    read_policy,
    role_key,
    system_user_key,
    task_scope,
    unlisted_resource,
    user_key,
)
from dialog_graph.policy import request as words
from dialog_graph.policy.findings import FINDINGS
from dialog_graph.policy.xacml import Category, Effect, Function, Levels, Policy, Rule
from dialog_graph.urns import AppId
from tests.unit.policy.generated import OWN, action, match, policy, request, resource, rule, subject, to_xml

READ = rule(subject(words.ROLE, "DAGL"), action("read"))


def load(item: Policy) -> tuple[DecisionTable, list[str]]:
    table, found = read_policy(to_xml(item), OWN)
    assert table is not None, found
    assert all(each.line is not None for each in found if each.code != "DG4009")
    return table, [each.code for each in found]


def permits(table: DecisionTable, asked: Request) -> bool:
    return isinstance(decide(table, asked), Permit)


def test_a_plain_policy_has_no_findings() -> None:
    table, codes = load(policy(READ))
    assert codes == []
    (row,) = table.rows
    assert (row.action, row.scope, row.effect, row.rule_id) == ("read", ANY, Effect.PERMIT, "r1")
    assert (row.subject_kind, row.subject_value, row.subject_all) == ("rolecode", "DAGL", (role_key("DAGL"),))
    assert (row.min_level, row.min_level_org) == (2, 3)
    assert (table.actions, table.named_roles, table.named_packages) == ({"read"}, {"DAGL"}, frozenset())
    assert len(table.policy_version) == 64


def test_without_a_policy_only_the_owning_org_acts() -> None:
    table, found = read_policy(None, OWN)
    assert table is not None
    assert [(each.code, each.severity) for each in found] == [("DG4001", DiagnosticSeverity.WARNING)]
    assert "ttd" in found[0].message
    assert permits(table, request("whatever", org_key("ttd"), level=0))
    assert not permits(table, request("read", org_key("skd")))
    assert not permits(table, request("read", role_key("DAGL")))


def test_a_resource_without_policy_here_is_read_by_its_party_with_level_three() -> None:
    table = unlisted_resource("ttd")
    for code in ("PRIV", "SELN", "DAGL", "LEDE", "INNH"):
        assert permits(table, request("read", role_key(code), level=3))
        assert not permits(table, request("write", role_key(code)))
    assert decide(table, request("read", role_key("PRIV"), level=2)) == Refusal(
        code="AUTH_LEVEL_TOO_LOW", action="read", required_level=3
    )
    assert not permits(table, request("read", role_key("REGNA")))
    assert permits(table, request("write", org_key("ttd"), is_organisation=True))


FINDING_CASES: list[tuple[str, Policy]] = [
    ("DG4006", policy(READ, rule(resource(org="skd"), subject(words.ROLE, "DAGL"), action("write"), rule_id="r2"))),
    ("DG4006", policy(READ, rule(subject(words.DELEGATION, "app_skd_other"), action("sign"), rule_id="r2"))),
    ("DG4007", policy(rule(subject(words.ROLE, "dagl"), action("read")))),
    ("DG4008", policy(READ, replace(READ, rule_id="r2"))),
    ("DG4009", policy(READ, levels=Levels(None, 3))),
    ("DG4010", policy(rule(subject(words.ROLE, "BOSS"), action("read")))),
    ("DG4011", policy(READ, rule(resource(task="T1", end_event="E1"), subject(words.ROLE, "LEDE"), rule_id="r2"))),
    ("DG4011", policy(READ, rule(action("*"), subject(words.ROLE, "LEDE"), rule_id="r2"))),
    ("DG4012", policy(rule(action("read")))),
]


@pytest.mark.parametrize(("code", "item"), FINDING_CASES)
def test_an_oddity_is_told_and_the_policy_still_loads(code: str, item: Policy) -> None:
    table, codes = load(item)
    assert codes == [code]
    assert table.rows


def _two_values(attribute: str, one: str, other: str) -> Policy:
    both = tuple(match(Category.SUBJECT, attribute, value) for value in (one, other))
    return policy(READ, rule(((both),), action("write"), rule_id="r2"))


def test_two_values_contradict_each_other_only_where_there_can_be_one() -> None:
    assert load(_two_values(words.ORG, "ttd", "skd"))[1] == ["DG4011"]
    assert load(_two_values(words.ORGANISATION, "910000001", "910000002"))[1] == ["DG4011"]
    table, codes = load(_two_values(words.ROLE, "DAGL", "LEDE"))
    assert codes == []
    assert [row.subject_kind for row in table.rows] == ["rolecode", "all"]
    assert not permits(table, request("write", role_key("DAGL")))
    assert permits(table, request("write", role_key("LEDE"), role_key("DAGL")))


def test_equal_rules_point_at_each_other() -> None:
    _, found = read_policy(to_xml(policy(READ, replace(READ, rule_id="again"))), OWN)
    (finding,) = found
    (place,) = finding.related
    assert "r1" in place.message
    assert (place.line or 0) < (finding.line or 0)


ERROR_CASES: list[tuple[str, Rule]] = [
    ("DG4003", rule(subject("urn:altinn:ssn", "1"))),
    ("DG4003", rule(((match(Category.RESOURCE, words.ROLE, "DAGL"),),))),
    ("DG4003", rule(((match(Category.ACTION, "urn:altinn:action", "read"),),))),
    ("DG4002", rule(((replace(match(Category.SUBJECT, words.ROLE, "DAGL"), must_be_present=True),),))),
    ("DG4005", rule(*[subject(words.ROLE, *(f"A{number:04}" for number in range(11)))] * 4)),
]


@pytest.mark.parametrize(("code", "wrong"), ERROR_CASES)
def test_an_error_keeps_the_version_from_being_activated(code: str, wrong: Rule) -> None:
    table, found = read_policy(to_xml(policy(READ, wrong)), OWN)
    assert table is None
    errors = [each for each in found if each.is_error]
    assert {each.code for each in errors} == {code}
    assert code == "DG4005" or all(each.line for each in errors)


def test_ten_thousand_rows_are_the_limit() -> None:
    codes = [f"A{number:04}" for number in range(100)]
    full = policy(rule(subject(words.ROLE, *codes), action(*codes)))
    table, _ = load(full)
    assert len(table.rows) == 10_000
    none, found = read_policy(to_xml(policy(*full.rules, READ)), OWN)
    assert none is None
    assert "10001 rows, limit 10000" in found[-1].message


def test_few_rows_of_very_many_matches_each_are_too_much_as_well() -> None:
    def crowded(matches: int) -> Policy:
        all_of = tuple(match(Category.SUBJECT, words.ROLE, f"B{number:05}") for number in range(matches))
        alternatives = [subject(words.ROLE, *(f"{letter}{number}" for number in range(10))) for letter in "ACD"]
        return policy(rule(*alternatives, (all_of,)))

    assert len(load(crowded(197))[0].rows) == 1_000
    none, found = read_policy(to_xml(crowded(198)), OWN)
    assert none is None
    assert found[-1].message == "the rules expand to 1000 rows with 201000 comparisons, limit 200000"


def test_placeholders_are_filled_in_after_parsing() -> None:
    item = policy(
        rule(
            resource(org="[ORG]", app="[app]", resource="app_[org]_[APP]"),
            subject(words.ORG, "[org]"),
            rule_id="[ORG]/[APP]",
        )
    )
    table, codes = load(item)
    assert codes == []
    (row,) = table.rows
    assert (row.action, row.subject_value, row.rule_id) == ("*", "ttd", "ttd/Permit")


def test_letter_case_counts_except_for_roles_and_where_the_function_says_so() -> None:
    folding = (match(Category.ACTION, words.ACTION, "Read", Function.STRING_EQUAL_IGNORE_CASE),)
    table, _ = load(
        policy(rule(subject(words.ROLE, "dagl"), (folding,)), rule(subject(words.ROLE, "LEDE"), action("read")))
    )
    assert permits(table, request("READ", role_key("Dagl")))
    assert permits(table, request("read", role_key("lede")))
    assert not permits(table, request("READ", role_key("LEDE")))
    assert [(row.action, row.folds_action) for row in table.rows] == [("read", True), ("read", False)]
    assert permits(table, request("read", role_key("LEDE"), scope=task_scope("T1")))


def test_who_counts_as_having_a_relation() -> None:
    table, _ = load(policy(rule(action("read"))))
    assert table.rows[0].subject_kind == "relation"
    assert permits(table, request("read", has_relation=True))
    assert not permits(table, request("read", role_key("DAGL"), has_relation=False))


SUBJECTS: list[tuple[str, str, str]] = [
    (words.PACKAGE, "skatt-naering", package_key("skatt-NAERING")),
    (words.ORG, "skd", org_key("SKD")),
    (words.ORGANISATION, "910000001", organisation_key("910000001")),
    (words.ORGANISATION_NUMBER, "910000001", organisation_key("910000001")),
    (words.PARTY, "50001", party_key(50001)),
    (words.USER, "7", user_key(7)),
    (words.DELEGATION, "app_[ORG]_[APP]", delegation_key(OWN)),
]


@pytest.mark.parametrize(("attribute", "value", "key"), SUBJECTS)
def test_each_subject_attribute_meets_its_key(attribute: str, value: str, key: str) -> None:
    table, codes = load(policy(rule(subject(attribute, value), action("read"))))
    assert codes == []
    assert permits(table, request("read", key))
    assert not permits(table, request("read", role_key("DAGL")))


def test_a_system_user_meets_its_key() -> None:
    from_policy = "01900000-0000-7000-8000-00000000000A"
    item = policy(
        rule(((match(Category.SUBJECT, words.SYSTEM_USER, from_policy, Function.STRING_EQUAL_IGNORE_CASE),),))
    )
    table, _ = load(item)
    key = system_user_key(UUID(from_policy))
    assert permits(table, request("read", key, is_organisation=True))


SCOPES: list[tuple[dict[str, str], set[str]]] = [
    ({}, {"before", "task:T1", "task:T2", "end:E1", "appresource:events"}),
    ({"task": "T1"}, {"task:T1"}),
    ({"end_event": "E1"}, {"end:E1"}),
    ({"appresource": "events"}, {"appresource:events"}),
]


@pytest.mark.parametrize(("named", "holds"), SCOPES)
def test_where_a_right_holds(named: dict[str, str], holds: set[str]) -> None:
    table, _ = load(policy(rule(subject(words.ROLE, "DAGL"), resource(org="[ORG]", **named), action("read"))))
    asked = [BEFORE_INSTANCE, task_scope("T1"), task_scope("T2"), end_scope("E1"), EVENTS]
    assert {scope for scope in asked if permits(table, request("read", role_key("DAGL"), scope=scope))} == holds


def test_every_code_of_the_linter_has_a_weight() -> None:
    errors = {code for code, (severity, _) in FINDINGS.items() if severity is DiagnosticSeverity.ERROR}
    assert errors == {"DG4002", "DG4003", "DG4005"}
    assert set(FINDINGS) == {f"DG40{number:02}" for number in range(1, 13)}


def test_key_roles_are_roles_and_named_ones_have_three_languages() -> None:
    assert set(ROLES) >= KEY_ROLES
    assert all(code == role.code == code.upper() for code, role in ROLES.items())
    assert {frozenset(role.name) for role in ROLES.values()} == {frozenset({"nb", "nn", "en"}), frozenset()}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("template-v8", 12),
        ("frontend-test", 137),
        ("signing-test", 39),
        ("payment-test", 41),
        ("stateless-app", 34),
        ("multiple-datamodels-test", 27),
        ("component-library", 21),
    ],
)
def test_published_policies_load_with_nothing_above_info(shared_dir: Path, name: str, rows: int) -> None:
    xml = (shared_dir / "corpus" / "apps" / name / "App" / "config" / "authorization" / "policy.xml").read_bytes()
    app = AppId("ttd", name)
    table, found = read_policy(xml, app)
    assert table is not None
    assert {each.code for each in found} <= {"DG4007"}
    assert len(table.rows) == rows
    asked = replace(request("instantiate", role_key("DAGL")), org="ttd")
    assert permits(table, asked)
    assert not permits(table, replace(asked, subjects=frozenset({role_key("REVI")})))
