"""Policy -> decision table: disjunctive normal form, reduced by what an app's requests always look like.

Each combination of a rule becomes one row or is dropped with a warning: it names another org or app (`DG4006`), or it
can never match (`DG4011`). Security rules §4.5; findings: app folder rules §14.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import NamedTuple

from dialog_graph.model.diagnostic import Diagnostic, DiagnosticPlace, Diags
from dialog_graph.policy import request as words
from dialog_graph.policy.findings import finding
from dialog_graph.policy.request import ANY, RELATION, Scope, delegation_key
from dialog_graph.policy.table import ANY_ACTION, DecisionTable, Row, decision_table
from dialog_graph.policy.xacml import Category, Effect, Match, Policy, Rule
from dialog_graph.urns import AppId

MAX_ROWS = 10_000
MAX_COMPARISONS = 200_000
"""Matches of all rows together: a row is one combination of a rule, and one AllOf may hold any number of matches."""

_SCOPES = {words.TASK: "task", words.END_EVENT: "end", words.APP_RESOURCE: "appresource"}
_SYNONYMS = {words.ORGANISATION_NUMBER: words.ORGANISATION}
_MANY_VALUED = frozenset({(Category.SUBJECT, words.ROLE), (Category.SUBJECT, words.PACKAGE)})


class _Asked(NamedTuple):
    """What a match asks of an attribute: a text, case-folded when letter case does not count."""

    text: str
    folds: bool

    def meets(self, value: str) -> bool:
        return (value.casefold() if self.folds else value) == self.text

    def both(self, other: "_Asked") -> "_Asked | None":
        """The demand that holds when both do; None when no value satisfies both."""
        exact, wide = (other, self) if self.folds else (self, other)
        return exact if wide.meets(exact.text) else None


_EVERY_ACTION = _Asked(ANY_ACTION, False)


class _Dropped(Exception):
    """The combination becomes no row; raised and caught inside this module. Arguments: code and detail."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """One rule's rows and the combinations it lost, as (code, detail)."""

    rule: Rule
    rows: tuple[Row, ...]
    lost: frozenset[tuple[str, str]]


def _asked(matches: Iterable[Match]) -> dict[tuple[Category, str], set[_Asked]]:
    """Demands per attribute; those on a single-valued attribute are joined into one."""
    asked: dict[tuple[Category, str], set[_Asked]] = {}
    for match in matches:
        if match.issuer is not None:
            raise _Dropped("DG4011", "no attribute here has an issuer")
        folds = match.function.folds
        demand = _Asked(match.value.casefold() if folds else match.value, folds)
        name = (match.category, _SYNONYMS.get(match.attribute_id, match.attribute_id))
        present = asked.setdefault(name, set())
        if present and name not in _MANY_VALUED:
            joined = present.pop().both(demand)
            if joined is None:
                raise _Dropped("DG4011", f"two values for {match.attribute_id}")
            demand = joined
        present.add(demand)
    return asked


def _only(demands: Iterable[_Asked]) -> _Asked:
    (demand,) = demands
    return demand


def _subject_keys(asked: Mapping[tuple[Category, str], set[_Asked]], app: AppId) -> tuple[str, ...]:
    keys: set[str] = set()
    for (category, attribute), demands in asked.items():
        if category is not Category.SUBJECT:
            continue
        if attribute == words.DELEGATION:
            if not _only(demands).meets(app.resource):
                raise _Dropped("DG4006", _only(demands).text)
            keys.add(delegation_key(app))
        else:
            keys.update(f"{attribute}={demand.text}" for demand in demands)
    return tuple(sorted(keys)) or (RELATION,)


def _check_resource(asked: Mapping[tuple[Category, str], set[_Asked]], app: AppId) -> None:
    for attribute, own in ((words.ORG, app.org), (words.APP, app.app), (words.RESOURCE, app.resource)):
        for demand in asked.get((Category.RESOURCE, attribute), ()):
            if not demand.meets(own):
                raise _Dropped("DG4006", demand.text)


def _action(asked: Mapping[tuple[Category, str], set[_Asked]]) -> _Asked:
    demand = _only(asked.get((Category.ACTION, words.ACTION), {_EVERY_ACTION}))
    if demand.text == ANY_ACTION and demand is not _EVERY_ACTION:
        raise _Dropped("DG4011", "no action is named *")
    return demand


def _scope(asked: Mapping[tuple[Category, str], set[_Asked]]) -> _Asked:
    found = [
        _Asked(f"{kind}:{demand.text}", demand.folds)
        for attribute, kind in _SCOPES.items()
        for demand in asked.get((Category.RESOURCE, attribute), ())
    ]
    if len(found) > 1:
        raise _Dropped("DG4011", " and ".join(scope.text for scope in found))
    return found[0] if found else _Asked(ANY, False)


def _row(matches: Iterable[Match], rule: Rule, policy: Policy, app: AppId) -> Row:
    asked = _asked(matches)
    _check_resource(asked, app)
    action = _action(asked)
    scope = _scope(asked)
    levels = policy.levels.higher(rule.levels)
    return Row(
        action=action.text,
        scope=Scope(scope.text),
        subject_all=_subject_keys(asked, app),
        effect=rule.effect,
        min_level=levels.person,
        min_level_org=levels.org,
        rule_id=rule.rule_id,
        line=rule.line,
        folds_action=action.folds,
        folds_scope=scope.folds,
    )


def _compile(rule: Rule, policy: Policy, app: AppId) -> _Compiled:
    rows: dict[Row, None] = {}
    lost: set[tuple[str, str]] = set()
    for combination in product(*policy.target, *rule.target):
        try:
            rows[_row((match for all_of in combination for match in all_of), rule, policy, app)] = None
        except _Dropped as dropped:
            lost.add((str(dropped.args[0]), str(dropped.args[1])))
    return _Compiled(rule, tuple(rows), frozenset(lost))


def _sizes(policy: Policy) -> tuple[int, int]:
    """Rows and comparisons of all rules, counted without expanding them."""
    rows = comparisons = 0
    for rule in policy.rules:
        target = (*policy.target, *rule.target)
        combinations = prod(len(any_of) for any_of in target)
        rows += combinations
        # Each AllOf stands in as many combinations as there are of the other groups.
        comparisons += sum(sum(map(len, any_of)) * (combinations // len(any_of)) for any_of in target)
    return rows, comparisons


def _too_large(policy: Policy) -> str | None:
    rows, comparisons = _sizes(policy)
    if rows > MAX_ROWS:
        return f"the rules expand to {rows} rows, limit {MAX_ROWS}"
    if comparisons > MAX_COMPARISONS:
        return f"the rules expand to {rows} rows with {comparisons} comparisons, limit {MAX_COMPARISONS}"
    return None


def _rule_findings(compiled: _Compiled, file: str) -> Iterator[Diagnostic]:
    rule = compiled.rule
    for code, detail in sorted(compiled.lost):
        message = {
            "DG4006": f'rule {rule.rule_id} names org or app "{detail}", not this app: never applies',
            "DG4011": f"a combination in rule {rule.rule_id} can never match: {detail}",
        }[code]
        yield finding(code, message, file=file, line=rule.line)
    if rule.effect is Effect.PERMIT and any(row.subject_all == (RELATION,) for row in compiled.rows):
        message = f"rule {rule.rule_id} permits without naming a subject: everyone with a relation to the party"
        yield finding("DG4012", message, file=file, line=rule.line)


def _meaning(compiled: _Compiled) -> frozenset[tuple[object, ...]]:
    return frozenset(
        (row.action, row.folds_action, row.scope, row.folds_scope, row.subject_all, row.effect, compiled.rule.levels)
        for row in compiled.rows
    )


def _repeated(compiled: Iterable[_Compiled], file: str) -> Iterator[Diagnostic]:
    first: dict[frozenset[tuple[object, ...]], Rule] = {}
    for item in compiled:
        earlier = first.setdefault(_meaning(item), item.rule) if item.rows else item.rule
        if earlier is not item.rule:
            place = DiagnosticPlace(file=file, line=earlier.line, message=f"rule {earlier.rule_id}")
            message = f"rules {earlier.rule_id} and {item.rule.rule_id} are equal"
            yield finding("DG4008", message, file=file, line=item.rule.line, related=(place,))


def compile_policy(policy: Policy, app: AppId, policy_version: str, file: str) -> tuple[DecisionTable | None, Diags]:
    """Compiles a narrowed policy. None when it expands to more than `MAX_ROWS` or `MAX_COMPARISONS` (`DG4005`)."""
    problem = _too_large(policy)
    if problem is not None:
        return None, (finding("DG4005", problem, file=file),)
    compiled = [_compile(rule, policy, app) for rule in policy.rules]
    found = [item for each in compiled for item in _rule_findings(each, file)]
    found += _repeated(compiled, file)
    rows = tuple(row for each in compiled for row in each.rows)
    if any(row.effect is Effect.PERMIT and row.min_level is None for row in rows):
        message = "no minimum-authenticationlevel obligation: level 0 is enough"
        found.append(finding("DG4009", message, file=file))
    return decision_table(app.org, policy.combining, rows, policy_version), tuple(found)
