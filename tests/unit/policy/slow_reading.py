"""What a policy says, read off its XML for every single question: the rules of security §4 and app folder §5 once more.

Slow and without tricks, and nothing is shared with the policy package: a question is its plain parts. `MISREADINGS` are
copies with one rule wrong each; the comparison must tell them apart.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from lxml import etree

SPACE = "{urn:oasis:names:tc:xacml:3.0:core:schema:wd-17}"
SUBJECT = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
RESOURCE = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource"
ACTION = "urn:oasis:names:tc:xacml:3.0:attribute-category:action"
ROLE = "urn:altinn:rolecode"
NUMBERS = ("urn:altinn:organizationnumber", "urn:altinn:organization:identifier-no")
PLACES = {"task": "urn:altinn:task", "end": "urn:altinn:end-event", "appresource": "urn:altinn:appresource"}
LEVEL = "urn:altinn:minimum-authenticationlevel"

Element = etree._Element  # pyright: ignore[reportPrivateUsage]  (lxml has no public name for it)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Who asks (`attribute=value`), for what action, where (`task:X`, `end:X`, `appresource:X` or elsewhere)."""

    org: str
    app: str
    subjects: frozenset[str]
    has_relation: bool
    is_organisation: bool
    level: int
    action: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Misreading:
    """A rule that is read wrongly: all false for the right reading."""

    denies_are_nothing: bool = False
    either_of_several: bool = False
    strangers_too: bool = False
    roles_with_case: bool = False
    lowest_level: bool = False
    never_folds: bool = False
    placeholders_stay: bool = False


RIGHT = Misreading()
MISREADINGS: dict[str, Misreading] = {
    "denies are nothing": Misreading(denies_are_nothing=True),
    "of several matches one is enough": Misreading(either_of_several=True),
    "a rule without subject is for strangers too": Misreading(strangers_too=True),
    "roles are compared with case": Misreading(roles_with_case=True),
    "of several levels the lowest counts": Misreading(lowest_level=True),
    "case always counts": Misreading(never_folds=True),
    "placeholders are names": Misreading(placeholders_stay=True),
}
"""By the mistake."""


@dataclass(frozen=True, slots=True)
class SlowReading:
    """The policy of one XML text."""

    xml: bytes
    wrong: Misreading = RIGHT

    def answer(self, question: Question) -> str | int | None:
        """`FORBIDDEN`, the level that is lacking, or None for yes."""
        policy = etree.fromstring(self.xml)
        holding = [rule for rule in policy.iterfind(f"{SPACE}Rule") if self._holds(policy, rule, question)]
        permits = [rule for rule in holding if rule.get("Effect") == "Permit"]
        denied = len(permits) < len(holding) and not self.wrong.denies_are_nothing
        denies_win = str(policy.get("RuleCombiningAlgId")).endswith(":deny-overrides")
        if not permits or (denied and denies_win):
            return "FORBIDDEN"
        needed = self._level([policy, *permits], question)
        return needed if question.level < needed else None

    def _holds(self, policy: Element, rule: Element, question: Question) -> bool:
        """Whether some choice of one AllOf from every AnyOf of policy and rule holds."""
        groups = [
            any_of.findall(f"{SPACE}AllOf")
            for owner in (policy, rule)
            for any_of in owner.iterfind(f"{SPACE}Target/{SPACE}AnyOf")
        ]
        return any(self._holds_together(choice, question) for choice in product(*groups))

    def _holds_together(self, choice: tuple[Element, ...], question: Question) -> bool:
        matches = [match for all_of in choice for match in all_of.iterfind(f"{SPACE}Match")]
        found = [self._meets(match, question) for match in matches]
        names_subject = any(_designator(match).get("Category") == SUBJECT for match in matches)
        if not names_subject and not question.has_relation and not self.wrong.strangers_too:
            return False
        return any(found) if self.wrong.either_of_several and found else all(found)

    def _meets(self, match: Element, question: Question) -> bool:
        designator = _designator(match)
        name, category = str(designator.get("AttributeId")), str(designator.get("Category"))
        if designator.get("Issuer") is not None:
            return False
        asked = self._filled(_value(match), question)
        folds = str(match.get("MatchId")).endswith("ignore-case") and not self.wrong.never_folds
        if category == SUBJECT and name == ROLE:
            folds = not self.wrong.roles_with_case
        given = list(_given(category, name, question))
        return asked.casefold() in [value.casefold() for value in given] if folds else asked in given

    def _filled(self, text: str, question: Question) -> str:
        if self.wrong.placeholders_stay:
            return text
        return re.sub(r"\[(ORG|org|APP|app)\]", lambda m: question.org if m[1].lower() == "org" else question.app, text)

    def _level(self, owners: list[Element], question: Question) -> int:
        person = [level for owner in owners for level in _levels(owner, LEVEL)]
        org = [level for owner in owners for level in _levels(owner, f"{LEVEL}-org")]
        choose = min if self.wrong.lowest_level else max
        return choose(org or person or [0]) if question.is_organisation else choose(person or [0])


def _designator(match: Element) -> Element:
    (found,) = match.findall(f"{SPACE}AttributeDesignator")
    return found


def _value(owner: Element) -> str:
    (found,) = owner.findall(f"{SPACE}AttributeValue")
    return "".join(found.itertext(with_tail=False))


def _given(category: str, name: str, question: Question) -> Iterator[str]:
    """The values that the server supplies for an attribute."""
    if category == SUBJECT:
        names = NUMBERS if name in NUMBERS else (name,)
        yield from (key.partition("=")[2] for key in question.subjects if key.partition("=")[0] in names)
    elif category == ACTION:
        yield question.action
    else:
        own = {"urn:altinn:org": question.org, "urn:altinn:app": question.app}
        own["urn:altinn:resource"] = f"app_{question.org}_{question.app}"
        kind, _, value = question.place.partition(":")
        if name in own:
            yield own[name]
        elif PLACES.get(kind) == name:
            yield value


def _levels(owner: Element, category: str) -> Iterator[int]:
    """The levels that the obligations of a policy or rule demand; what is no level demands the highest."""
    for obligation in owner.iterfind(f"{SPACE}ObligationExpressions/{SPACE}ObligationExpression"):
        for assignment in obligation.iterfind(f"{SPACE}AttributeAssignmentExpression"):
            if obligation.get("FulfillOn") == "Permit" and assignment.get("Category") == category:
                text = _value(assignment).strip()
                yield int(text) if text in ("0", "1", "2", "3", "4") else 4
