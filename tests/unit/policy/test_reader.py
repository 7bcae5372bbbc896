"""The XACML subset is read without loss, and everything outside it is refused with its place."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from dialog_graph.model.diagnostic import Diagnostic
from dialog_graph.model.safe_xml import Element
from dialog_graph.policy.reader import read
from dialog_graph.policy.request import ROLE
from dialog_graph.policy.xacml import NAMESPACE, Combining, Effect, Levels, Match, Policy, Target
from tests.unit.policy.generated import action, policies, policy, resource, rule, subject, to_xml, tree

WHOLE = policy(
    rule(subject(ROLE, "DAGL", "REGNA"), resource(org="ttd", task="T1"), action("read"), levels=Levels(3)),
    rule(action("delete"), effect=Effect.DENY, rule_id="r2"),
    target=(resource(app="permit"),),
)


def without_lines(item: Policy) -> Policy:
    def plain(target: Target) -> Target:
        return tuple(tuple(tuple(replace(m, line=None) for m in all_of) for all_of in any_of) for any_of in target)

    rules = tuple(replace(each, line=None, target=plain(each.target)) for each in item.rules)
    return replace(item, target=plain(item.target), rules=rules)


def accepted(xml: bytes) -> tuple[Policy, tuple[Diagnostic, ...]]:
    item, found = read(xml, "policy.xml")
    assert item is not None, found
    return item, found


def refused(xml: bytes) -> tuple[Diagnostic, ...]:
    item, found = read(xml, "policy.xml")
    assert item is None
    assert found
    return found


@given(policies())
def test_what_is_written_is_read(item: Policy) -> None:
    again, found = accepted(to_xml(item))
    assert without_lines(again) == item
    assert found == ()


def test_lines_are_those_of_the_file() -> None:
    item, _ = accepted(to_xml(WHOLE))
    text = to_xml(WHOLE).decode().splitlines()
    assert [f'RuleId="{each.rule_id}"' in text[(each.line or 0) - 1] for each in item.rules] == [True, True]


@pytest.mark.parametrize("version", ["1.0", "1.1", "3.0"])
@pytest.mark.parametrize("name", list(Combining))
def test_the_combining_algorithm_may_bear_any_version(version: str, name: Combining) -> None:
    xml = to_xml(replace(WHOLE, combining=name)).replace(b"xacml:3.0:rule-comb", f"xacml:{version}:rule-comb".encode())
    assert accepted(xml)[0].combining is name


def test_prefix_byte_order_mark_comments_and_foreign_annotations_do_not_matter() -> None:
    xml = to_xml(WHOLE).decode().replace("xmlns:x", "xmlns").replace("x:", "")
    xml = xml.replace("<Policy xmlns", '<Policy xmlns:i="urn:i" i:schemaLocation="a b" xmlns')
    xml = xml.replace(">DAGL<", ">DA<!-- c -->GL<").replace("<Rule", "<!-- a rule --><Rule")
    assert without_lines(accepted(xml.encode("utf-8-sig"))[0]) == WHOLE
    assert without_lines(accepted(xml.replace("utf-8", "utf-16").encode("utf-16"))[0]) == WHOLE


def test_a_repeated_rule_id_is_told_apart() -> None:
    """Published policies repeat ids; the rules are both kept."""
    item, _ = accepted(to_xml(policy(rule(action("read")), rule(action("write")))))
    assert [each.rule_id for each in item.rules] == ["r1", "r1#2"]


def test_a_rule_without_target_matches_everything() -> None:
    root = tree(policy())
    etree.SubElement(root, f"{{{NAMESPACE}}}Rule", {"RuleId": "r", "Effect": "Permit"})
    assert accepted(etree.tostring(root))[0].rules[0].target == ()


@pytest.mark.parametrize("text", ["five", "", "5", "-1", "3.0", "03"])
def test_an_unreadable_level_demands_the_highest(text: str) -> None:
    xml = to_xml(policy(levels=Levels(2))).replace(b">2<", f">{text}<".encode())
    item, found = accepted(xml)
    assert item.levels == Levels(4)
    assert [(each.code, each.line is None) for each in found] == [("DG4004", False)]


def test_obligations_on_deny_or_without_assignment_demand_nothing_and_are_told() -> None:
    item, found = accepted(to_xml(policy(levels=Levels(2))).replace(b'FulfillOn="Permit"', b'FulfillOn="Deny"'))
    assert item.levels == Levels()
    assert [each.code for each in found] == ["DG4004"]
    root = tree(policy(levels=Levels(2)))
    expression = root[-1][0]
    expression.remove(expression[0])
    item, found = accepted(etree.tostring(root))
    assert item.levels == Levels()
    assert [each.code for each in found] == ["DG4004"]


def test_of_several_levels_the_highest_counts() -> None:
    root = tree(policy(levels=Levels(2, 1)))
    root[-1].extend(tree(policy(levels=Levels(3, 0)))[-1][:])
    assert accepted(etree.tostring(root))[0].levels == Levels(3, 1)


# --- one foreign construct in a generated policy ----------------------------------------------------------------------

Change = Callable[[Element], None]


def _add(name: str) -> Change:
    def change(element: Element) -> None:
        etree.SubElement(element, name if name.startswith("{") else f"{{{NAMESPACE}}}{name}")

    return change


def _set(attribute: str, value: str) -> Change:
    return lambda element: element.set(attribute, value)


def _drop(attribute: str) -> Change:
    def change(element: Element) -> None:
        del element.attrib[attribute]

    return change


def _rename(name: str) -> Change:
    def change(element: Element) -> None:
        element.tag = f"{{{NAMESPACE}}}{name}"

    return change


def _without_namespace(element: Element) -> None:
    element.tag = etree.QName(element).localname


def _text(element: Element) -> None:
    element.text = "text"


def _twice(name: str) -> Change:
    def change(element: Element) -> None:
        for _ in range(2):
            etree.SubElement(element, f"{{{NAMESPACE}}}{name}")

    return change


_FUNCTION = "urn:oasis:names:tc:xacml:1.0:function:"
_COMBINE = "urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:"
_TYPE = "http://www.w3.org/2001/XMLSchema#"
FOREIGN: list[tuple[str, Change]] = [
    ("Policy", _rename("PolicySet")),
    ("Policy", _add("PolicyIssuer")),
    ("Policy", _add("PolicyDefaults")),
    ("Policy", _add("VariableDefinition")),
    ("Policy", _add("AdviceExpressions")),
    ("Policy", _add("CombinerParameters")),
    ("Policy", _add("Policy")),
    ("Policy", _add("PolicyIdReference")),
    ("Policy", _twice("Target")),
    ("Policy", _set("MaxDelegationDepth", "1")),
    ("Policy", _set("RuleCombiningAlgId", f"{_COMBINE}permit-unless-deny")),
    ("Policy", _set("RuleCombiningAlgId", f"{_COMBINE}ordered-deny-overrides")),
    ("Policy", _set("RuleCombiningAlgId", "urn:oasis:names:tc:xacml:1.0:rule-combining-algorithm:first-applicable")),
    ("Policy", _drop("RuleCombiningAlgId")),
    ("Policy", _drop("PolicyId")),
    ("Policy", _text),
    ("Policy", _without_namespace),
    ("Rule", _without_namespace),
    ("Target", _without_namespace),
    ("AllOf", _without_namespace),
    ("Match", _without_namespace),
    ("ObligationExpressions", _without_namespace),
    ("Rule", _add("Condition")),
    ("Rule", _add("AdviceExpressions")),
    ("Rule", _add("{urn:foreign}Note")),
    ("Rule", _set("Effect", "permit")),
    ("Rule", _drop("Effect")),
    ("Rule", _drop("RuleId")),
    ("Target", _add("Subjects")),
    ("Target", _add("AnyOf")),
    ("AnyOf", _add("AllOf")),
    ("AnyOf", _add("Match")),
    ("AllOf", _text),
    ("Match", _set("MatchId", f"{_FUNCTION}string-regexp-match")),
    ("Match", _set("MatchId", f"{_FUNCTION}integer-equal")),
    ("Match", _drop("MatchId")),
    ("Match", _add("AttributeSelector")),
    ("Match", _add("AttributeValue")),
    ("AttributeDesignator", _rename("AttributeSelector")),
    ("AttributeDesignator", _rename("Apply")),
    ("AttributeDesignator", _set("Category", "urn:oasis:names:tc:xacml:3.0:attribute-category:environment")),
    ("AttributeDesignator", _set("DataType", f"{_TYPE}integer")),
    ("AttributeDesignator", _set("MustBePresent", "yes")),
    ("AttributeDesignator", _drop("MustBePresent")),
    ("AttributeDesignator", _drop("AttributeId")),
    ("AttributeDesignator", _drop("Category")),
    ("AttributeDesignator", _drop("DataType")),
    ("AttributeValue", _set("DataType", f"{_TYPE}date")),
    ("AttributeValue", _add("b")),
    ("AttributeAssignmentExpression", _set("Category", "urn:altinn:something")),
    ("AttributeAssignmentExpression", _drop("Category")),
    ("ObligationExpression", _drop("FulfillOn")),
    ("ObligationExpression", _set("FulfillOn", "Always")),
    ("ObligationExpression", _add("Description")),
]


def _find(root: Element, name: str, choice: int) -> Element:
    found = [*root.iter(f"{{{NAMESPACE}}}{name}")]
    return found[choice % len(found)]


@given(policies(), st.sampled_from(FOREIGN), st.integers(0, 50))
def test_a_policy_with_one_foreign_construct_is_refused_with_its_line(
    item: Policy, foreign: tuple[str, Change], choice: int
) -> None:
    name, change = foreign
    root = tree(replace(item, rules=(*WHOLE.rules, *item.rules)))
    assert read(etree.tostring(root), "policy.xml")[0] is not None
    change(_find(root, name, choice))
    found = refused(etree.tostring(root))
    assert {each.code for each in found} == {"DG4002"}
    assert all(each.line and f"at line {each.line}" in each.message for each in found)


def test_all_findings_are_collected_in_document_order() -> None:
    root = tree(WHOLE)
    _find(root, "Rule", 0).set("Effect", "Maybe")
    etree.SubElement(_find(root, "Rule", 1), f"{{{NAMESPACE}}}Condition")
    _find(root, "Match", 0).set("MatchId", "urn:x")
    found = refused(etree.tostring(root))
    assert [each.message.split(" ")[0] for each in found] == ["Match", "Rule", "Condition"]


def test_a_value_of_another_type_than_its_designator_is_refused() -> None:
    root = tree(WHOLE)
    _find(root, "AttributeValue", 0).set("DataType", "http://www.w3.org/2001/XMLSchema#anyURI")
    assert "one data type on both sides" in refused(etree.tostring(root))[0].message


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"<Policy", "DG1005"),
        (b"<!DOCTYPE Policy><Policy/>", "DG1006"),
        (b"<Policy/>", "DG4002"),
        (f'<PolicySet xmlns="{NAMESPACE}"/>'.encode(), "DG4002"),
        (b"<x>" + b"y" * (1 << 20) + b"</x>", "DG1003"),
    ],
)
def test_a_file_that_is_no_policy_is_refused(xml: bytes, code: str) -> None:
    assert [each.code for each in refused(xml)] == [code]


def test_a_match_keeps_its_issuer_and_demand_of_presence() -> None:
    xml = to_xml(policy(rule(subject(ROLE, "DAGL")))).replace(b'MustBePresent="false"', b'MustBePresent="1" Issuer="i"')
    (((found,),),) = accepted(xml)[0].rules[0].target
    assert isinstance(found, Match)
    assert (found.must_be_present, found.issuer) == (True, "i")
