"""Asks the policy about a caller: `permit` raises, `allowed` tells (security rules §5).

A `Target` is what the question is about: a party and an app before the instance exists, or an instance with the places
(current tasks, or the end event) where its process stands. Roles come from the party register in the transaction of
the caller, so a decision and the change it allows see the same facts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

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
    role_key,
    system_user_key,
    task_scope,
)
from dialog_graph.storage import parties
from dialog_graph.storage.database import Snapshot, Transaction
from dialog_graph.urns import SYSTEM_USER, AppId


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


def of_instance(instance: Instance, task_id: str | None = None) -> Target:
    """The target of everything else: at `task_id`, or wherever the process stands now."""
    if task_id is not None:
        scopes = (task_scope(task_id),)
    elif instance.ended_at is not None:
        scopes = (end_scope(instance.end_event),)
    else:
        scopes = tuple(task_scope(task.element_id) for task in instance.open_tasks)
    return Target(app_id=instance.app_id, party_id=instance.party_id, scopes=scopes, instance_id=instance.instance_id)


def _subjects(principal: Principal, relations: Relations, target: Target) -> frozenset[str]:
    """The subject attributes of security rules §2 for the party asked about."""
    keys = {role_key(code) for code in relations.roles} | {package_key(code) for code in relations.packages}
    if principal.is_org and principal.org is not None:
        keys.add(org_key(principal.org))
    if principal.kind is PrincipalKind.SYSTEM_USER:
        # Never mixed with other identifiers: its organisation's number is known, but gives it nothing.
        keys.add(system_user_key(UUID(principal.urn.removeprefix(SYSTEM_USER))))
    elif principal.organisation_number is not None:
        keys.add(organisation_key(principal.organisation_number))
    if f"{target.app_id.resource}/{target.instance_id}" in relations.delegations:
        keys.add(delegation_key(target.app_id))
    return frozenset(keys)


def _requests(principal: Principal, relations: Relations, target: Target, action: str) -> Iterable[Request]:
    subjects = _subjects(principal, relations, target)
    is_owner = principal.is_org and principal.org == target.app_id.org
    for scope in target.scopes:
        yield Request(
            action=action,
            scope=scope,
            subjects=subjects,
            has_relation=relations.exists or is_owner,
            is_organisation=principal.kind in ORGANISATION_LEVEL_KINDS,
            level=principal.level,
            party_id=target.party_id,
            instance_id=target.instance_id,
            org=target.app_id.org,
        )


_WEIGHT = {"AUTH_LEVEL_TOO_LOW": 0, "FORBIDDEN": 1}


def _decide(
    table: DecisionTable, principal: Principal, relations: Relations, target: Target, actions: Iterable[str]
) -> Permit | Refusal:
    refusals: list[Refusal] = []
    holds = False
    for action in actions:
        for request in _requests(principal, relations, target, action):
            answer = decide(table, request)
            if isinstance(answer, Permit):
                return answer
            refusals.append(answer)
            holds = holds or holds_any(table, request)
    if not holds or not refusals:
        return NOT_FOUND
    return min(refusals, key=lambda refusal: _WEIGHT.get(refusal.code, 9))


@dataclass(frozen=True, slots=True)
class Reach:
    """Where an action holds for a caller: everywhere (`default`) or nowhere, apart from `exceptions`.

    Exceptions are scopes that the policy names (`task:X`, `end:X`) and where the answer is the other one. `min_level`:
    lowest level at which the action holds anywhere, looked at without the caller's own level.
    """

    default: bool
    exceptions: tuple[str, ...]
    min_level: int


_UNNAMED = task_scope("")
"""Stands for every place that the policy does not name: no BPMN id is empty."""


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


def reach(version: AppVersion, principal: Principal, relations: Relations, action: str) -> Reach | None:
    """Where the caller may do the action for a party that it has these relations to; None: nowhere at any level.

    Exact for all versions of the app: scopes that the policy does not name all get the same answer.
    """
    named = tuple({row.scope for row in version.policy.rows if row.scope.startswith(("task:", "end:"))})
    target = Target(app_id=version.app_id, party_id=0, scopes=(_UNNAMED, *named))
    levels = _levels(version.policy, _requests(principal, relations, target, action))
    demanded = [level for level in levels.values() if level is not None]
    if not demanded:
        return None
    holds = {scope: level is not None and level <= principal.level for scope, level in levels.items()}
    default = holds[_UNNAMED]
    exceptions = sorted(scope for scope, is_held in holds.items() if is_held is not default)
    return Reach(default=default, exceptions=tuple(exceptions), min_level=min(demanded))


async def permit(tx: Transaction | Snapshot, table: DecisionTable, target: Target, actions: Iterable[str]) -> Permit:
    """A proof that the caller may do one of `actions`; otherwise raises `Refused`.

    `NOT_FOUND` for a caller without any right on (party, resource), `AUTH_LEVEL_TOO_LOW`, else `FORBIDDEN`.
    """
    relations = await parties.relations(tx, target.party_id)
    answer = _decide(table, tx.principal, relations, target, actions)
    if isinstance(answer, Refusal):
        raise Refused(answer)
    return answer


async def allowed(
    tx: Transaction | Snapshot, table: DecisionTable, target: Target, actions: Iterable[str]
) -> Mapping[str, bool]:
    """For each action: would `permit` grant it? The same decision that the command will make."""
    relations = await parties.relations(tx, target.party_id)
    return {
        action: isinstance(_decide(table, tx.principal, relations, target, (action,)), Permit) for action in actions
    }
