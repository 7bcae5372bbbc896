"""The compiled policy: rows that can be read and stored, and an index that makes a decision set work.

A row says: this subject may (or may not) do this action in this scope. `DecisionTable.hits` finds the rows that match a
request; `permit` combines them. Security rules §4.5.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple, TypeAlias

from dialog_graph.policy.request import ANY, DELEGATION, ORGANISATION, PACKAGE, RELATION, ROLE, Request, Scope
from dialog_graph.policy.xacml import Combining, Effect

ANY_ACTION = "*"
ALL = "all"
_FRESH = "\0"  # an action or scope no policy can name: XML cannot hold it
_KINDS = {
    ROLE: "rolecode",
    PACKAGE: "accesspackage",
    "urn:altinn:org": "org",
    ORGANISATION: "organisation",
    "urn:altinn:systemuser:uuid": "systemuser",
    DELEGATION: "delegation",
    "urn:altinn:partyid": "party",
    "urn:altinn:userid": "user",
    RELATION: "relation",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One combination of a rule, in the form of `policy_right`.

    `action`: a name or `*`. `scope`: `any`, `task:X`, `end:X` or `appresource:X`. `subject_all`: the keys a caller must
    hold, all of them (one in nearly every row). `min_level`, `min_level_org`: None = not demanded. `line`: of the rule.
    With `folds_action` or `folds_scope` the letter case does not count; the text is then case-folded.
    """

    action: str
    scope: Scope
    subject_all: tuple[str, ...]
    effect: Effect
    min_level: int | None
    min_level_org: int | None
    rule_id: str
    line: int | None = None
    folds_action: bool = False
    folds_scope: bool = False

    @property
    def subject_kind(self) -> str:
        """`rolecode`, `accesspackage`, `org`, `organisation`, `systemuser`, `delegation`, `party`, `user`, `relation`;
        `all` when several keys must be held together."""
        key, *others = self.subject_all
        return ALL if others else _KINDS[key.partition("=")[0]]

    @property
    def subject_value(self) -> str:
        """Value of the single key, role codes in upper case; empty for `relation` and `all`."""
        key, *others = self.subject_all
        value = "" if others else key.partition("=")[2]
        return value.upper() if self.subject_kind == "rolecode" else value


def required_level(rows: Sequence[Row], is_organisation: bool) -> int:
    """Level that permitting rows demand together: the highest of their demands, 0 without one.

    Persons meet `min_level`; organisations and system users `min_level_org`, and the other where no row gives it.
    """
    own = [row.min_level_org for row in rows if row.min_level_org is not None] if is_organisation else []
    return max(own or [row.min_level for row in rows if row.min_level is not None], default=0)


class _Group(NamedTuple):
    """Rows of one cell that differ in subject and rule only: which is found first does not matter to the decision.

    `action`, `scope`: the exact text demanded where letter case counts, else None.
    """

    action: str | None
    scope: str | None
    keys: frozenset[str]
    singles: Mapping[str, Row]
    several: tuple[tuple[frozenset[str], Row], ...]

    def first(self, keys: frozenset[str]) -> Row | None:
        if not self.keys.isdisjoint(keys):
            return next(row for key, row in self.singles.items() if key in keys)
        return next((row for needed, row in self.several if needed <= keys), None)


_Cells: TypeAlias = Mapping[str, Mapping[str, tuple[_Group, ...]]]
"""Case-folded action or `*` -> case-folded scope or `any` -> groups."""


def _exact(text: str, every: str, folds: bool) -> str | None:
    return None if folds or text == every else text


def _group(rows: Sequence[Row]) -> _Group:
    singles: dict[str, Row] = {}
    for row in rows:
        if len(row.subject_all) == 1:
            singles.setdefault(row.subject_all[0], row)
    return _Group(
        action=_exact(rows[0].action, ANY_ACTION, rows[0].folds_action),
        scope=_exact(rows[0].scope, ANY, rows[0].folds_scope),
        keys=frozenset(singles),
        singles=singles,
        several=tuple((frozenset(row.subject_all), row) for row in rows if len(row.subject_all) > 1),
    )


def _groups(rows: Iterable[Row]) -> tuple[_Group, ...]:
    alike: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        exact = (_exact(row.action, ANY_ACTION, row.folds_action), _exact(row.scope, ANY, row.folds_scope))
        alike.setdefault((*exact, row.effect, row.min_level, row.min_level_org), []).append(row)
    return tuple(_group(members) for members in alike.values())


def _cells(rows: Iterable[Row]) -> _Cells:
    cells: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        cells.setdefault(row.action.casefold(), {}).setdefault(row.scope.casefold(), []).append(row)
    return {action: {scope: _groups(rows) for scope, rows in scopes.items()} for action, scopes in cells.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTable:
    """A policy ready to decide. Make it with `decision_table`; equal when rows and version are.

    `org`: the owning org. `policy_version`: sha256 of the policy's text, hexadecimal. `actions`, `named_roles` (upper
    case), `named_packages`: what the rows mention, so that a caller fetches only what can matter.
    """

    org: str
    combining: Combining
    rows: tuple[Row, ...]
    policy_version: str
    actions: frozenset[str]
    named_roles: frozenset[str]
    named_packages: frozenset[str]
    cells: _Cells = field(repr=False, compare=False)

    def hits(self, action: str, scope: str, keys: frozenset[str]) -> list[Row]:
        """Matching rows: of each effect and pair of levels at least one, if any matches."""
        found: list[Row] = []
        folded = scope.casefold()
        for cell in (self.cells.get(ANY_ACTION), self.cells.get(action.casefold())):
            if cell is None:
                continue
            for groups in (cell.get(ANY), cell.get(folded)):
                for group in groups or ():
                    if group.action in (None, action) and group.scope in (None, scope):
                        row = group.first(keys)
                        if row is not None:
                            found.append(row)
        return found

    def permitting(self, action: str, scope: str, keys: frozenset[str]) -> list[Row]:
        """The permitting rows that decide, none when the answer is no, whatever the reason."""
        hits = self.hits(action, scope, keys)
        permits = [row for row in hits if row.effect is Effect.PERMIT]
        if self.combining is Combining.DENY_OVERRIDES and len(permits) != len(hits):
            return []
        return permits

    def places(self) -> Iterator[tuple[str, str]]:
        """Every pair of action and scope in which some row permits something; a name nobody uses stands for any."""
        permits = (row for row in self.rows if row.effect is Effect.PERMIT)
        named = dict.fromkeys((row.action, row.folds_action, row.scope, row.folds_scope) for row in permits)
        for action, folds_action, scope, folds_scope in named:
            actions = _spellings(_FRESH if action == ANY_ACTION else action, folds_action)
            yield from product(actions, _spellings(_FRESH if scope == ANY else scope, folds_scope))


def _spellings(text: str, folds: bool) -> tuple[str, ...]:
    """One spelling, or where letter case does not count also the other: a rule may deny only one of them."""
    kind, colon, value = text.rpartition(":")
    return (text, kind + colon + value.upper()) if folds else (text,)


def holds_any(table: DecisionTable, request: Request) -> bool:
    """True when the caller may do anything at all with the resource, at some time and with any level.

    Decides between NOT_FOUND and FORBIDDEN (security rules §9); `action` and `scope` of the request do not count.
    """
    keys = request.keys
    return any(table.permitting(action, scope, keys) for action, scope in table.places())


def _named(rows: Iterable[Row], attribute: str) -> frozenset[str]:
    keys = (key.partition("=") for row in rows for key in row.subject_all)
    return frozenset(value for name, _, value in keys if name == attribute)


def decision_table(org: str, combining: Combining, rows: tuple[Row, ...], policy_version: str) -> DecisionTable:
    """Indexes rows."""
    return DecisionTable(
        org=org,
        combining=combining,
        rows=rows,
        policy_version=policy_version,
        actions=frozenset(row.action for row in rows if row.action != ANY_ACTION),
        named_roles=frozenset(role.upper() for role in _named(rows, ROLE)),
        named_packages=_named(rows, PACKAGE),
        cells=_cells(rows),
    )
