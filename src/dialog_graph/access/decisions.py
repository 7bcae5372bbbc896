"""Asks the policy about a caller: `permit` raises, `allowed` tells (security rules §5).

A `Target` is what the question is about: a party and an app before the instance exists, or an instance with the places
(current tasks, or the end event) where its process stands. Roles come from the party register in the transaction of
the caller, so a decision and the change it allows see the same facts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from uuid import UUID

from dialog_graph.access.scopes import INSTANCES_READ, INSTANCES_WRITE
from dialog_graph.apps import AppVersion
from dialog_graph.errors import NOT_FOUND, Refusal, Refused
from dialog_graph.model.instance import Instance
from dialog_graph.model.party import Relations
from dialog_graph.model.principal import ORGANISATION_LEVEL_KINDS, Principal, PrincipalKind
from dialog_graph.policy import (
    BEFORE_INSTANCE,
    DecisionTable,
    Permit,
    Request,
    Scope,
    decide,
    delegation_key,
    end_scope,
    holds_any,
    org_key,
    organisation_key,
    package_key,
    party_key,
    role_key,
    system_user_key,
    task_scope,
    user_key,
)
from dialog_graph.storage import parties
from dialog_graph.storage.database import Snapshot, Transaction
from dialog_graph.urns import SYSTEM_USER, AppId

READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a decision is about. `scopes`: where the process stands; with parallel tasks any of them suffices."""

    app_id: AppId
    party_id: int
    scopes: tuple[Scope, ...]
    instance_id: UUID | None = None


def before_start(app_id: AppId, party_id: int) -> Target:
    """The target of `instantiate`: no instance and no task exist yet."""
    return Target(app_id=app_id, party_id=party_id, scopes=(BEFORE_INSTANCE,))


NOWHERE = task_scope("")
"""A running process without an open task (it stopped before a gateway): only what holds everywhere holds here."""


def of_instance(instance: Instance, task_id: str | None = None) -> Target:
    """The target of everything else: at `task_id`, or wherever the process stands now."""
    if task_id is not None:
        scopes = (task_scope(task_id),)
    elif instance.ended_at is not None:
        scopes = (end_scope(instance.end_event),)
    else:
        scopes = tuple(task_scope(task.element_id) for task in instance.open_tasks) or (NOWHERE,)
    return Target(app_id=instance.app_id, party_id=instance.party_id, scopes=scopes, instance_id=instance.instance_id)


def _own_keys(principal: Principal) -> frozenset[str]:
    """What a caller is by itself, whatever the party; kinds never mix (security rules §2)."""
    kind, subject, number = principal.kind, principal.subject_id, principal.organisation_number
    if kind is PrincipalKind.SYSTEM_USER:
        return frozenset({system_user_key(UUID(principal.urn.removeprefix(SYSTEM_USER)))})
    if kind in _PEOPLE and subject is not None:
        return frozenset({party_key(subject), user_key(subject)})
    keys = {org_key(principal.org)} if principal.is_org and principal.org is not None else set[str]()
    if number is not None:
        keys.add(organisation_key(number))
    return frozenset(keys)


_PEOPLE = frozenset({PrincipalKind.PERSON, PrincipalKind.EMAIL_USER})


def _subjects(principal: Principal, relations: Relations, target: Target, action: str | None) -> frozenset[str]:
    """The subject attributes of security rules §2 for the party asked about; a delegation gives its own actions only.

    `action` None: the attributes for any action at all. System users have packages and delegations, never roles.
    """
    keys = {package_key(code) for code in relations.packages}
    if principal.kind is not PrincipalKind.SYSTEM_USER:
        keys |= {role_key(code) for code in relations.roles}
    delegated = relations.delegations.get(f"{target.app_id.resource}/{target.instance_id}", frozenset())
    if action in delegated or (action is None and delegated):
        keys.add(delegation_key(target.app_id))
    return _own_keys(principal) | keys


def _request(principal: Principal, relations: Relations, target: Target, action: str | None) -> Request:
    """The question without its place."""
    is_owner = principal.is_org and principal.org == target.app_id.org
    return Request(
        action=action or "",
        scope=BEFORE_INSTANCE,
        subjects=_subjects(principal, relations, target, action),
        has_relation=relations.exists or is_owner,
        is_organisation=principal.kind in ORGANISATION_LEVEL_KINDS,
        level=principal.level,
        party_id=target.party_id,
        instance_id=target.instance_id,
        org=target.app_id.org,
    )


def _requests(principal: Principal, relations: Relations, target: Target, action: str) -> Iterable[Request]:
    request = _request(principal, relations, target, action)
    return (replace(request, scope=scope) for scope in target.scopes)


_WEIGHT = {"AUTH_LEVEL_TOO_LOW": 0, "FORBIDDEN": 1}


def has_scope(principal: Principal, action: str) -> bool:
    """Service owners need the scope for reading or for changing instances (security rules §1.4); others none here."""
    if principal.kind is not PrincipalKind.SERVICE_OWNER:
        return True
    return (INSTANCES_READ if action == READ else INSTANCES_WRITE) in principal.scopes


def is_acting_owner(principal: Principal, org: str) -> bool:
    """True for the org itself, with its scope for changing instances.

    What the rules grant to "the owning org" of an instance needs nothing else (security rules §5.2).
    """
    return principal.is_org and principal.org == org and has_scope(principal, "write")


def _weight(refusal: Refusal) -> tuple[int, int]:
    """What helps the caller most comes first: a higher level, and of several the lowest that suffices."""
    return _WEIGHT.get(refusal.code, 9), refusal.required_level or 0


def _decide(
    table: DecisionTable, principal: Principal, relations: Relations, target: Target, actions: Iterable[str]
) -> Permit | Refusal:
    refusals: list[Refusal] = []
    for action in actions:
        for request in _requests(principal, relations, target, action):
            refused = None if has_scope(principal, action) else Refusal(code="FORBIDDEN", action=action)
            answer = refused or decide(table, request)
            if isinstance(answer, Permit):
                return answer
            refusals.append(answer)
    if not refusals or not holds_any(table, _request(principal, relations, target, None)):
        return NOT_FOUND
    return min(refusals, key=_weight)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where an action holds for a caller: everywhere (`default`) or nowhere, apart from two kinds of exceptions.

    `folded`: case-folded scopes (`task:X`, `end:X`) where the answer is the other one in whatever letter case;
    `exceptions`: scopes where, as they are spelled, it is the other one again. `holds_at` puts them together.
    `min_level`: lowest level at which the action holds anywhere, looked at without the caller's own level.
    """

    default: bool
    exceptions: tuple[str, ...]
    min_level: int
    folded: tuple[str, ...] = ()

    def holds_at(self, scope: str) -> bool:
        """The answer at one place; the statements of lists say the same in SQL."""
        return (self.default is not (scope.casefold() in self.folded)) is not (scope in self.exceptions)


_UNNAMED = task_scope("\0")
"""Stands for every place that the policy does not name: XML cannot hold this sign."""


def _levels(table: DecisionTable, requests: Iterable[Request]) -> dict[Scope, int | None]:
    """Scope -> level that the action needs there, None where it does not hold at any level."""
    found: dict[Scope, int | None] = {}
    for request in requests:
        answer = decide(table, replace(request, level=0))
        if isinstance(answer, Permit):
            found[request.scope] = 0
        else:
            found[request.scope] = answer.required_level if answer.code == "AUTH_LEVEL_TOO_LOW" else None
    return found


def _places(table: DecisionTable) -> tuple[tuple[Scope, ...], dict[str, Scope]]:
    """Scopes that the policy names in one spelling, and those it names in any: case-folded -> a spelling of its own."""
    rows = [row for row in table.rows if row.scope.startswith(("task:", "end:"))]
    spelled = tuple(dict.fromkeys(row.scope for row in rows if not row.folds_scope))
    folded = dict.fromkeys(row.scope for row in rows if row.folds_scope)
    others = {scope: _other_spelling(scope, frozenset(spelled)) for scope in folded}
    return spelled, {scope: other for scope, other in others.items() if other is not None}


def _other_spelling(folded: Scope, spelled: frozenset[str]) -> Scope | None:
    """A spelling that the policy does not name for itself; None when it names them all."""
    kind, colon, text = folded.partition(":")
    letters = ((letter, letter.upper()) if letter.upper() != letter else (letter,) for letter in text)
    spellings = (f"{kind}{colon}{''.join(choice)}" for choice in product(*letters))
    return next((Scope(text) for text in spellings if text.casefold() == folded and text not in spelled), None)


def reach(version: AppVersion, principal: Principal, relations: Relations, action: str) -> Reach | None:
    """Where the caller may do the action for a party that it has these relations to; None: nowhere at any level.

    Exact for every place of all versions of the app: places that the policy does not name all get the same answer.
    Rights to single instances are not looked at.
    """
    if not has_scope(principal, action):
        return None
    spelled, folded = _places(version.policy)
    target = Target(app_id=version.app_id, party_id=0, scopes=(_UNNAMED, *spelled, *folded.values()))
    levels = _levels(version.policy, _requests(principal, relations, target, action))
    demanded = [level for level in levels.values() if level is not None]
    if not demanded:
        return None
    holds = {scope: level is not None and level <= principal.level for scope, level in levels.items()}
    default = holds[_UNNAMED]
    other = tuple(sorted(scope for scope, spelling in folded.items() if holds[spelling] is not default))
    without = Reach(default, (), min(demanded), other)
    exceptions = tuple(sorted(scope for scope in spelled if holds[scope] is not without.holds_at(scope)))
    return replace(without, exceptions=exceptions)


async def permit(tx: Transaction | Snapshot, table: DecisionTable, target: Target, actions: Iterable[str]) -> Permit:
    """A proof that the caller may do one of `actions`; otherwise raises `Refused`.

    `NOT_FOUND` for a caller without any right on (party, resource), `AUTH_LEVEL_TOO_LOW`, else `FORBIDDEN`.
    """
    relations = await parties.relations(tx, target.party_id)
    answer = _decide(table, tx.principal, relations, target, actions)
    if isinstance(answer, Refusal):
        raise Refused(answer)
    return answer


async def has_any(tx: Transaction | Snapshot, table: DecisionTable, target: Target) -> bool:
    """May the caller do anything at all with the resource for the party? Whoever may not is told NOT_FOUND."""
    relations = await parties.relations(tx, target.party_id)
    return holds_any(table, _request(tx.principal, relations, target, None))


async def allowed(
    tx: Transaction | Snapshot, table: DecisionTable, target: Target, actions: Iterable[str]
) -> Mapping[str, bool]:
    """For each action: would `permit` grant it? The same decision that the command will make."""
    relations = await parties.relations(tx, target.party_id)
    return {
        action: isinstance(_decide(table, tx.principal, relations, target, (action,)), Permit) for action in actions
    }
