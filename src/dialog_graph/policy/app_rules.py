"""What an app's policy may say beyond plain XACML, and how the slow reference decides for an app.

The narrower rules for apps (security rules §4.3, app folder rules §5): a list of attribute ids (`DG4003`), no
`MustBePresent="true"` (`DG4002`), `[ORG]` and `[APP]` filled in after parsing, role codes without case whatever the
function says, known role codes (`DG4007`, `DG4010`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from dialog_graph.model.diagnostic import Diagnostic, Diags
from dialog_graph.policy import request as words
from dialog_graph.policy.evaluator import Attribute, Outcome, evaluate
from dialog_graph.policy.findings import finding
from dialog_graph.policy.request import Request
from dialog_graph.policy.roles import ROLES
from dialog_graph.policy.xacml import ANY_URI, STRING, Category, Function, Match, Policy, Rule, Target
from dialog_graph.urns import AppId

ATTRIBUTES: Mapping[Category, frozenset[str]] = {
    Category.SUBJECT: frozenset(
        {
            words.ROLE,
            words.PACKAGE,
            words.ORG,
            words.ORGANISATION_NUMBER,
            words.ORGANISATION,
            words.SYSTEM_USER,
            words.DELEGATION,
            words.PARTY,
            words.USER,
        }
    ),
    Category.RESOURCE: frozenset(
        {words.ORG, words.APP, words.TASK, words.END_EVENT, words.APP_RESOURCE, words.RESOURCE}
    ),
    Category.ACTION: frozenset({words.ACTION}),
}
"""Attribute ids an app's policy may name."""

_SCOPES = {"task": words.TASK, "end": words.END_EVENT, "appresource": words.APP_RESOURCE}
_RELATION_MATCH = Match(
    function=Function.STRING_EQUAL, value="true", category=Category.SUBJECT, attribute_id=words.RELATION
)


def _is_role(match: Match) -> bool:
    return match.category is Category.SUBJECT and match.attribute_id == words.ROLE


def _filled(text: str, app: AppId) -> str:
    for placeholder, value in (("[ORG]", app.org), ("[org]", app.org), ("[APP]", app.app), ("[app]", app.app)):
        text = text.replace(placeholder, value)
    return text


def _narrowed(match: Match, app: AppId) -> Match:
    function = Function.STRING_EQUAL_IGNORE_CASE if _is_role(match) else match.function
    return replace(match, value=_filled(match.value, app), function=function)


def _narrowed_rule(rule: Rule, app: AppId) -> Rule:
    target = _mapped(rule.target, lambda match: _narrowed(match, app))
    return replace(rule, rule_id=_filled(rule.rule_id, app), target=target)


def _each(target: Target) -> Iterator[Match]:
    return (match for any_of in target for all_of in any_of for match in all_of)


def _mapped(target: Target, change: Callable[[Match], Match]) -> Target:
    return tuple(tuple(tuple(change(match) for match in all_of) for all_of in any_of) for any_of in target)


def _match_findings(match: Match, file: str) -> Iterator[Diagnostic]:
    if match.attribute_id not in ATTRIBUTES[match.category]:
        message = f"unknown attribute id {match.attribute_id!r} in {match.category}"
        yield finding("DG4003", message, file=file, line=match.line)
    if match.must_be_present:
        message = f"AttributeDesignator at line {match.line}: expected MustBePresent to be false, but it is true"
        yield finding("DG4002", message, file=file, line=match.line)


def _role_findings(matches: list[Match], file: str) -> Iterator[Diagnostic]:
    """One finding per spelling, at its first place."""
    first = {match.value: match.line for match in reversed(matches) if _is_role(match)}
    for code, line in sorted(first.items(), key=lambda item: item[1] or 0):
        if code.upper() not in ROLES:
            yield finding("DG4010", f'unknown role code "{code}"', file=file, line=line)
        elif code not in ROLES:
            message = f'role code "{code}" is written "{code.upper()}" in the register'
            yield finding("DG4007", message, file=file, line=line)


def narrow(policy: Policy, app: AppId, file: str) -> tuple[Policy, Diags]:
    """The policy as the app's: placeholders filled in, role codes without case; and what it may not say."""
    given = [match for target in (policy.target, *(rule.target for rule in policy.rules)) for match in _each(target)]
    found = [item for match in given for item in _match_findings(match, file)]
    narrowed = replace(
        policy,
        target=_mapped(policy.target, lambda match: _narrowed(match, app)),
        rules=tuple(_narrowed_rule(rule, app) for rule in policy.rules),
    )
    return narrowed, (*found, *_role_findings(given, file))


def _with_relation(target: Target, policy_target: Target) -> Target:
    """Lets a combination without a subject hold only for those who have a relation to the party."""
    named = [
        all_of
        for any_of in (*policy_target, *target)
        for all_of in any_of
        if any(match.category is Category.SUBJECT for match in all_of)
    ]
    return (*target, ((_RELATION_MATCH,), *named))


def _values(app: AppId, request: Request) -> Iterator[tuple[Category, str, str]]:
    for key in request.subjects:
        attribute, _, value = key.partition("=")
        yield Category.SUBJECT, attribute, value
        if attribute == words.ORGANISATION:
            yield Category.SUBJECT, words.ORGANISATION_NUMBER, value
    if request.has_relation:
        yield Category.SUBJECT, words.RELATION, "true"
    yield Category.RESOURCE, words.ORG, app.org
    yield Category.RESOURCE, words.APP, app.app
    yield Category.RESOURCE, words.RESOURCE, app.resource
    kind, _, value = request.scope.partition(":")
    if kind in _SCOPES:
        yield Category.RESOURCE, _SCOPES[kind], value
    yield Category.ACTION, words.ACTION, request.action


@dataclass(frozen=True, slots=True)
class Reference:
    """The slow road for one app, to check the compiled table with. Make it with `reference`."""

    policy: Policy
    app: AppId

    def decide(self, request: Request) -> Outcome:
        """Evaluates the policy over the attributes the server supplies; each may be read as string or URI."""
        bag = [
            Attribute(category=category, attribute_id=attribute, value=value, data_type=data_type)
            for category, attribute, value in _values(self.app, request)
            for data_type in (STRING, ANY_URI)
        ]
        return evaluate(self.policy, bag)


def reference(narrowed: Policy, app: AppId) -> Reference:
    """The slow road for a policy that `narrow` has passed."""
    rules = tuple(replace(rule, target=_with_relation(rule.target, narrowed.target)) for rule in narrowed.rules)
    return Reference(replace(narrowed, rules=rules), app)
