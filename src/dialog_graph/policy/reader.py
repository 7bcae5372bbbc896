"""Reads the accepted subset of XACML 3.0 into a `Policy` (security rules §4.1).

What is accepted stands in three tables: the shape of each element, how often a child may occur, and the words an
attribute may have. Everything else is a finding (`DG4002`) with element and line; all of them are collected, and a
policy with one of them is not read at all. An unreadable level (`DG4004`) demands the highest one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dialog_graph.model import safe_xml
from dialog_graph.model.diagnostic import Diagnostic, Diags, has_errors
from dialog_graph.model.safe_xml import Element
from dialog_graph.policy.findings import finding
from dialog_graph.policy.xacml import (
    ANY_URI,
    NAMESPACE,
    STRING,
    AllOf,
    AnyOf,
    Category,
    Combining,
    Effect,
    Function,
    Levels,
    Match,
    Policy,
    Rule,
    Target,
)

HIGHEST_LEVEL = 4
LEVEL = "urn:altinn:minimum-authenticationlevel"
LEVEL_ORG = "urn:altinn:minimum-authenticationlevel-org"
_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
_COMBINING = {
    f"urn:oasis:names:tc:xacml:{version}:rule-combining-algorithm:{name}": name
    for version in ("1.0", "1.1", "3.0")
    for name in Combining
}
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_LEVEL_TEXT = re.compile(r"\s*[0-4]\s*\Z")


@dataclass(frozen=True, slots=True)
class _Shape:
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    has_text: bool = False


_SHAPES: Mapping[str, _Shape] = {
    "Policy": _Shape(
        required=("PolicyId", "Version", "RuleCombiningAlgId"),
        children=("Description", "Target", "Rule", "ObligationExpressions"),
    ),
    "Rule": _Shape(required=("RuleId", "Effect"), children=("Description", "Target", "ObligationExpressions")),
    "Description": _Shape(has_text=True),
    "Target": _Shape(children=("AnyOf",)),
    "AnyOf": _Shape(children=("AllOf",)),
    "AllOf": _Shape(children=("Match",)),
    "Match": _Shape(required=("MatchId",), children=("AttributeValue", "AttributeDesignator")),
    "AttributeValue": _Shape(required=("DataType",), has_text=True),
    "AttributeDesignator": _Shape(
        required=("AttributeId", "Category", "DataType", "MustBePresent"), optional=("Issuer",)
    ),
    "ObligationExpressions": _Shape(children=("ObligationExpression",)),
    "ObligationExpression": _Shape(required=("ObligationId", "FulfillOn"), children=("AttributeAssignmentExpression",)),
    "AttributeAssignmentExpression": _Shape(
        required=("AttributeId", "Category"), optional=("Issuer",), children=("AttributeValue",)
    ),
}
_ONCE = (1, 1)
_AT_MOST_ONCE = (0, 1)
_OCCURRENCES: Mapping[tuple[str, str], tuple[int, int | None]] = {
    ("Policy", "Description"): _AT_MOST_ONCE,
    ("Policy", "Target"): _ONCE,
    ("Policy", "ObligationExpressions"): _AT_MOST_ONCE,
    ("Rule", "Description"): _AT_MOST_ONCE,
    ("Rule", "Target"): _AT_MOST_ONCE,
    ("Rule", "ObligationExpressions"): _AT_MOST_ONCE,
    ("AnyOf", "AllOf"): (1, None),
    ("AllOf", "Match"): (1, None),
    ("Match", "AttributeValue"): _ONCE,
    ("Match", "AttributeDesignator"): _ONCE,
    ("ObligationExpressions", "ObligationExpression"): (1, None),
    ("AttributeAssignmentExpression", "AttributeValue"): _ONCE,
}
_WORDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("Policy", "RuleCombiningAlgId"): tuple(_COMBINING),
    ("Rule", "Effect"): tuple(Effect),
    ("Match", "MatchId"): tuple(Function),
    ("AttributeValue", "DataType"): (STRING, ANY_URI, _INTEGER),
    ("AttributeDesignator", "DataType"): (STRING, ANY_URI),
    ("AttributeDesignator", "Category"): tuple(Category),
    ("AttributeDesignator", "MustBePresent"): tuple(_TRUTH),
    ("ObligationExpression", "FulfillOn"): tuple(Effect),
    ("AttributeAssignmentExpression", "Category"): (LEVEL, LEVEL_ORG),
}


@dataclass(frozen=True, slots=True)
class PolicyNotSupported:
    """A construct outside the subset: the element's local name, its line, and what was expected instead."""

    element: str
    line: int | None
    message: str
    code: str = "DG4002"

    def diagnostic(self, file: str) -> Diagnostic:
        """The finding as the linter shows it."""
        return finding(self.code, f"{self.element} at line {self.line}: {self.message}", file=file, line=self.line)


def _name(element: Element) -> str:
    """Local name of an element of the XACML namespace, `{namespace}name` of any other, also of one without."""
    tag = str(element.tag)
    return tag.removeprefix(f"{{{NAMESPACE}}}") if tag.startswith("{") else f"{{}}{tag}"


def _children(element: Element, name: str) -> list[Element]:
    return element.findall(f"{{{NAMESPACE}}}{name}")


def _text(element: Element) -> str:
    return (element.text or "") + "".join(child.tail or "" for child in element)


def _bad(element: Element, expected: str, but: str) -> PolicyNotSupported:
    return PolicyNotSupported(_name(element), element.sourceline, f"expected {expected}, but {but}")


def _attribute_faults(element: Element, shape: _Shape) -> Iterator[PolicyNotSupported]:
    name = _name(element)
    for required in shape.required:
        if required not in element.attrib:
            yield _bad(element, f"the attribute {required}", "it is missing")
    for attribute, value in element.attrib.items():
        attribute, value = str(attribute), str(value)
        words = _WORDS.get((name, attribute))
        if attribute.startswith("{"):
            continue  # another namespace's annotation, such as xsi:schemaLocation; never followed
        if attribute not in shape.required + shape.optional:
            yield _bad(element, "no other attributes", f"there is {attribute}")
        elif words is not None and value not in words:
            yield _bad(element, f"{attribute} to be one of {', '.join(words)}", f"it is {value[:100]!r}")


def _child_faults(element: Element, shape: _Shape) -> Iterator[PolicyNotSupported]:
    name = _name(element)
    for child in element.iterchildren("*"):
        if _name(child) not in shape.children:
            yield PolicyNotSupported(_name(child), child.sourceline, f"this construct is not supported in {name}")
    for child in shape.children:
        least, most = _OCCURRENCES.get((name, child), (0, None))
        count = len(_children(element, child))
        if count < least or (most is not None and count > most):
            yield _bad(element, f"{'one' if most else 'at least one'} {child}", f"there are {count}")
    if not shape.has_text and _text(element).strip():
        yield _bad(element, "elements only", "there is text between them")


def _type_faults(element: Element) -> Iterator[PolicyNotSupported]:
    types = {str(child.get("DataType")) for child in element.iterchildren("*")}
    if len(types) > 1:
        yield _bad(element, "one data type on both sides", f"there are {' and '.join(sorted(types))}")


def _faults(element: Element) -> Iterator[PolicyNotSupported]:
    """All faults of an element and what is below it, in document order."""
    shape = _SHAPES[_name(element)]
    yield from _attribute_faults(element, shape)
    yield from _child_faults(element, shape)
    if _name(element) == "Match":
        yield from _type_faults(element)
    for child in element.iterchildren("*"):
        if _name(child) in shape.children:
            yield from _faults(child)


def _match(element: Element) -> Match:
    (value,) = _children(element, "AttributeValue")
    (designator,) = _children(element, "AttributeDesignator")
    return Match(
        function=Function(element.get("MatchId", "")),
        value=_text(value),
        category=Category(designator.get("Category", "")),
        attribute_id=designator.get("AttributeId", ""),
        data_type=designator.get("DataType", ""),
        issuer=designator.get("Issuer"),
        must_be_present=_TRUTH[designator.get("MustBePresent", "")],
        line=element.sourceline,
    )


def _all_of(element: Element) -> AllOf:
    return tuple(_match(child) for child in _children(element, "Match"))


def _any_of(element: Element) -> AnyOf:
    return tuple(_all_of(child) for child in _children(element, "AllOf"))


def _target(owner: Element) -> Target:
    return tuple(_any_of(child) for target in _children(owner, "Target") for child in _children(target, "AnyOf"))


def _assignments(owner: Element) -> Iterator[tuple[Element, Element | None]]:
    """Every obligation of a policy or rule with each of its assignments (None when it has none)."""
    for expressions in _children(owner, "ObligationExpressions"):
        for expression in _children(expressions, "ObligationExpression"):
            assignments = _children(expression, "AttributeAssignmentExpression")
            yield from ((expression, assignment) for assignment in assignments)
            if not assignments:
                yield expression, None


def _levels(owner: Element, file: str, found: list[Diagnostic]) -> Levels:
    levels = Levels()
    for expression, assignment in _assignments(owner):
        if assignment is None or expression.get("FulfillOn") == Effect.DENY:
            problem = "without an assignment" if assignment is None else "to be fulfilled on Deny"
            found.append(finding("DG4004", f"obligation {problem}", file=file, line=expression.sourceline))
            continue
        text = _text(_children(assignment, "AttributeValue")[0])
        level = int(text) if _LEVEL_TEXT.match(text) else HIGHEST_LEVEL
        if not _LEVEL_TEXT.match(text):
            message = f"obligation without an integer 0-4: level {HIGHEST_LEVEL} is demanded"
            found.append(finding("DG4004", message, file=file, line=assignment.sourceline))
        is_org = assignment.get("Category") == LEVEL_ORG
        levels = levels.higher(Levels(org=level) if is_org else Levels(person=level))
    return levels


def _rules(root: Element, file: str, found: list[Diagnostic]) -> Iterator[Rule]:
    """The rules. A repeated RuleId, which published policies have, is told apart by a counter."""
    uses: dict[str, int] = {}
    for element in _children(root, "Rule"):
        rule_id = element.get("RuleId", "")
        uses[rule_id] = uses.get(rule_id, 0) + 1
        yield Rule(
            rule_id=rule_id if uses[rule_id] == 1 else f"{rule_id}#{uses[rule_id]}",
            effect=Effect(element.get("Effect", "")),
            target=_target(element),
            levels=_levels(element, file, found),
            line=element.sourceline,
        )


def read(xml: bytes, file: str) -> tuple[Policy | None, Diags]:
    """Reads one policy. None when any finding is an error; `file` names it in the findings."""
    root = safe_xml.parse(xml, file=file, limits=safe_xml.POLICY_LIMITS)
    if isinstance(root, tuple):
        return None, root
    if _name(root) != "Policy":
        fault = PolicyNotSupported(_name(root), root.sourceline, f"expected one Policy of the namespace {NAMESPACE}")
        return None, (fault.diagnostic(file),)
    found = [fault.diagnostic(file) for fault in _faults(root)]
    if has_errors(tuple(found)):
        return None, tuple(found)
    policy = Policy(
        policy_id=root.get("PolicyId", ""),
        version=root.get("Version", ""),
        combining=Combining(_COMBINING[root.get("RuleCombiningAlgId", "")]),
        target=_target(root),
        rules=tuple(_rules(root, file, found)),
        levels=_levels(root, file, found),
    )
    return policy, tuple(found)
