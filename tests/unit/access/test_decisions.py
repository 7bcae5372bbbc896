"""Decisions about a caller: which facts are put to the policy, what the caller learns, and where a right reaches.

`reach` is held against asking place by place, over generated policies; a twin that forgets exceptions must be caught.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import MappingProxyType, SimpleNamespace
from typing import Any, TypeAlias, cast
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from dialog_graph.access.decisions import (
    NOWHERE,
    Reach,
    Target,
    allowed,
    before_start,
    is_acting_owner,
    of_instance,
    permit,
    reach,
)
from dialog_graph.access.scopes import INSTANCES_READ, INSTANCES_WRITE
from dialog_graph.apps import AppVersion
from dialog_graph.errors import NOT_FOUND, Refusal, Refused
from dialog_graph.model.instance import Instance, TaskEntry, TaskState
from dialog_graph.model.party import Relations
from dialog_graph.model.principal import ANONYMOUS, Principal, PrincipalKind, app_worker, system
from dialog_graph.policy import (
    DecisionTable,
    Permit,
    Scope,
    decide,
    end_scope,
    org_key,
    read_policy,
    role_key,
    task_scope,
)
from dialog_graph.policy import Request as PolicyRequest
from dialog_graph.policy.request import (
    DELEGATION,
    ORG,
    ORGANISATION,
    PACKAGE,
    PARTY,
    ROLE,
    SYSTEM_USER,
    USER,
)
from dialog_graph.policy.xacml import AnyOf, Category, Effect, Function, Levels, Policy
from dialog_graph.storage.database import Snapshot
from dialog_graph.urns import AppId
from tests.unit.apps import sample
from tests.unit.policy.generated import OWN, SCOPES, action, match, policies, policy, resource, rule, subject, to_xml

PARTY_ID = 60001
INSTANCE = UUID("01900000-0000-7000-8000-000000000001")
SYSTEM_USER_ID = UUID("01900000-0000-7000-8000-000000000009")
VERSION = replace(sample.loaded(), app_id=OWN)
PLACES = tuple(scope for scope in SCOPES if scope.startswith(("task:", "end:")))
ACTIONS = ("read", "READ", "write", "aksept", "other")


def person(level: int = 4, subject_id: int = 5) -> Principal:
    return Principal(kind=PrincipalKind.PERSON, urn="urn:p", level=level, subject_id=subject_id)


def org(code: str = "ttd", scopes: frozenset[str] = frozenset({INSTANCES_READ, INSTANCES_WRITE})) -> Principal:
    return Principal(
        kind=PrincipalKind.SERVICE_OWNER,
        urn=f"urn:{code}",
        level=3,
        org=code,
        organisation_number="910000001",
        scopes=scopes,
    )


SYSTEM_USER_PRINCIPAL = Principal(
    kind=PrincipalKind.SYSTEM_USER,
    urn=f"urn:altinn:systemuser:uuid:{SYSTEM_USER_ID}",
    level=3,
    subject_id=5,
    organisation_number="910000001",
)
ORGANISATION_PRINCIPAL = Principal(
    kind=PrincipalKind.ORGANISATION, urn="urn:o", level=3, subject_id=6, organisation_number="910000001"
)


def related(*roles: str, packages: Iterable[str] = (), **delegations: Iterable[str]) -> Relations:
    """Relations; a delegation is named by the end of its resource id, `instance` = to the instance of these tests."""
    resources = {
        f"{OWN.resource}/{INSTANCE}" if name == "instance" else name: frozenset(actions)
        for name, actions in delegations.items()
    }
    return Relations(roles=frozenset(roles), packages=frozenset(packages), delegations=MappingProxyType(resources))


def table_of(item: Policy) -> DecisionTable:
    table, found = read_policy(to_xml(item), OWN)
    assert table is not None, found
    return table


def snapshot(principal: Principal, relations: Relations = Relations()) -> Snapshot:  # noqa: B008 (a frozen value)
    """A snapshot that knows what the principal is to the party and needs no database for it."""
    return cast(Snapshot, SimpleNamespace(principal=principal, cache={("relations", PARTY_ID): relations}))


def target(*scopes: Scope, app_id: AppId = OWN) -> Target:
    return Target(app_id=app_id, party_id=PARTY_ID, scopes=scopes or (task_scope("T1"),), instance_id=INSTANCE)


async def ask(tx: Snapshot, table: DecisionTable, *actions: str, at: Target | None = None) -> Permit | Refusal:
    try:
        return await permit(tx, table, at or target(), actions)
    except Refused as refused:
        return refused.refusal


# Where ---------------------------------------------------------------------------------------------------------------


def instance(*tasks: tuple[str, TaskState], **columns: Any) -> Instance:
    entries = tuple(
        TaskEntry(
            entry_id=UUID(int=number),
            element_id=element_id,
            type="data",
            entry_no=1,
            state=state,
            started_at=sample.NOW,
        )
        for number, (element_id, state) in enumerate(tasks)
    )
    changed = replace(sample.instance(), tasks=entries)
    return replace(changed, **columns)


@pytest.mark.parametrize(
    ("principal", "acts"),
    [(org(), True), (org("nav"), False), (org(scopes=frozenset({INSTANCES_READ})), False), (person(), False)],
    ids=["owner", "another org", "owner with a token for reading", "person"],
)
def test_an_owner_acts_on_its_own_instances_with_its_scope_for_changes(principal: Principal, acts: bool) -> None:
    assert is_acting_owner(principal, "ttd") is acts


def test_before_the_start_there_is_a_party_and_an_app_only() -> None:
    found = before_start(OWN, PARTY_ID)
    assert (found.scopes, found.instance_id, found.party_id) == (("before",), None, PARTY_ID)


@pytest.mark.parametrize(
    ("found", "task_id", "scopes"),
    [
        (instance(("A", TaskState.COMPLETED), ("B", TaskState.ACTIVE)), None, (task_scope("B"),)),
        (instance(("A", TaskState.ACTIVE), ("B", TaskState.FAILED)), None, (task_scope("A"), task_scope("B"))),
        (instance(("A", TaskState.ACTIVE), ("B", TaskState.ACTIVE)), "B", (task_scope("B"),)),
        (instance(("A", TaskState.COMPLETED), ended_at=sample.NOW, end_event="End"), None, (end_scope("End"),)),
        (instance(("A", TaskState.ABANDONED), ended_at=sample.NOW), None, (end_scope(None),)),
        (instance(("A", TaskState.COMPLETED)), None, (NOWHERE,)),
    ],
)
def test_an_instance_is_where_its_process_stands(
    found: Instance, task_id: str | None, scopes: tuple[Scope, ...]
) -> None:
    assert of_instance(found, task_id).scopes == scopes


async def test_a_process_that_stopped_before_a_gateway_is_still_read() -> None:
    """Without any place nothing was asked, and the instance was hidden from its own party."""
    stopped = of_instance(instance(("A", TaskState.COMPLETED)))
    at = replace(stopped, app_id=OWN, party_id=PARTY_ID)
    everywhere = table_of(policy(rule(subject(ROLE, "DAGL"), action("read"))))
    at_a_task = table_of(policy(rule(subject(ROLE, "DAGL"), resource(task="A"), action("read"))))
    assert isinstance(await ask(snapshot(person(), related("DAGL")), everywhere, "read", at=at), Permit)
    refusal = await ask(snapshot(person(), related("DAGL")), at_a_task, "read", at=at)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "FORBIDDEN"


# Who -----------------------------------------------------------------------------------------------------------------

CALLERS = {
    "person": person(),
    "e-mail user": replace(person(), kind=PrincipalKind.EMAIL_USER, level=0),
    "system user": SYSTEM_USER_PRINCIPAL,
    "service owner": org(),
    "other service owner": org("skd"),
    "worker": app_worker("ttd", "Permit"),
    "organisation": ORGANISATION_PRINCIPAL,
    "dialog holder": replace(person(), kind=PrincipalKind.DIALOG_HOLDER),
    "duty": system("retention"),
    "anonymous": ANONYMOUS,
}
SUBJECTS = {
    "party": (PARTY, "5"),
    "user": (USER, "5"),
    "role": (ROLE, "DAGL"),
    "package": (PACKAGE, "skatt"),
    "org": (ORG, "ttd"),
    "number": (ORGANISATION, "910000001"),
    "system user": (SYSTEM_USER, str(SYSTEM_USER_ID)),
}
CARRIED = {
    "person": {"party", "user", "role", "package"},
    "e-mail user": {"party", "user", "role", "package"},
    "system user": {"system user", "package"},
    "service owner": {"org", "number"},
    "other service owner": {"number"},
    "worker": {"org"},
    "organisation": {"number", "role", "package"},
    "dialog holder": {"role", "package"},
    "duty": set[str](),
    "anonymous": set[str](),
}
WITH_RELATIONS = {"person", "e-mail user", "system user", "organisation", "dialog holder"}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("attribute", SUBJECTS)
async def test_each_kind_of_caller_carries_its_own_attributes_and_no_others(caller: str, attribute: str) -> None:
    table = table_of(policy(rule(subject(*SUBJECTS[attribute]), action("read")), levels=Levels()))
    relations = related("DAGL", packages=["skatt"]) if caller in WITH_RELATIONS else Relations()
    answer = await ask(snapshot(CALLERS[caller], relations), table, "read")
    assert isinstance(answer, Permit) is (attribute in CARRIED[caller])


@pytest.mark.parametrize(
    ("principal", "relations", "is_permitted"),
    [
        (person(), related("REGNA"), True),
        (person(), related(packages=["skatt"]), True),
        (person(), related(app_skd_other=["read"]), True),
        (person(), related(), False),
        (org("ttd"), related(), True),
        (app_worker("ttd", "other"), related(), True),
        (org("skd"), related(), False),
        (ANONYMOUS, related(), False),
    ],
)
async def test_a_rule_for_nobody_in_particular_needs_some_relation_or_the_owner(
    principal: Principal, relations: Relations, is_permitted: bool
) -> None:
    table = table_of(policy(rule(action("read")), levels=Levels()))
    assert isinstance(await ask(snapshot(principal, relations), table, "read"), Permit) is is_permitted


async def test_a_delegation_gives_the_actions_that_were_delegated_and_no_more() -> None:
    """The policy's rule is the ceiling of what an app may delegate, not what everybody gets who was given anything."""
    ceiling = table_of(policy(rule(subject(DELEGATION, OWN.resource), action("read", "sign"))))
    tx = snapshot(person(), related(instance=["read"]))
    assert isinstance(await ask(tx, ceiling, "read"), Permit)
    assert await ask(tx, ceiling, "sign") == Refusal(code="FORBIDDEN", action="sign")
    assert await ask(tx, ceiling, "write") == Refusal(code="FORBIDDEN", action="write")


async def test_a_delegation_of_one_instance_opens_no_other() -> None:
    ceiling = table_of(policy(rule(subject(DELEGATION, OWN.resource), action("read"))))
    other = replace(target(), instance_id=UUID(int=1))
    assert await ask(snapshot(person(), related(instance=["read"])), ceiling, "read", at=other) == NOT_FOUND


async def test_a_denial_that_names_a_person_is_heard() -> None:
    table = table_of(
        policy(
            rule(subject(ROLE, "DAGL"), action("read"), rule_id="all"),
            rule(subject(PARTY, "5"), action("read"), effect=Effect.DENY, rule_id="not-five"),
        )
    )
    assert isinstance(await ask(snapshot(person(subject_id=7), related("DAGL")), table, "read"), Permit)
    refusal = await ask(snapshot(person(subject_id=5), related("DAGL")), table, "read")
    assert isinstance(refusal, Refusal)


@pytest.mark.parametrize(
    ("scope", "permitted"),
    [(INSTANCES_READ, {"read"}), (INSTANCES_WRITE, {"write"}), ("altinn:serviceowner", set[str]())],
)
async def test_a_service_owner_needs_the_scope_for_what_it_does_and_its_worker_none(
    scope: str, permitted: set[str]
) -> None:
    table = table_of(policy(rule(subject(ORG, "ttd"), action("read", "write")), levels=Levels()))
    owner = org(scopes=frozenset({scope}))
    answer = await allowed(snapshot(owner), table, target(), ("read", "write"))
    assert {name for name, is_permitted in answer.items() if is_permitted} == permitted
    refusals = [await ask(snapshot(owner), table, name) for name in ("read", "write") if name not in permitted]
    assert {refusal.code for refusal in refusals if isinstance(refusal, Refusal)} == {"FORBIDDEN"}
    version = replace(VERSION, policy=table)
    assert (reach(version, owner, Relations(), "read") is not None) is ("read" in permitted)
    assert await allowed(snapshot(app_worker("ttd", "x")), table, target(), ("read", "write")) == {
        "read": True,
        "write": True,
    }


# What the caller learns ----------------------------------------------------------------------------------------------

TABLE = table_of(
    policy(
        rule(subject(ROLE, "DAGL"), action("read"), rule_id="read"),
        rule(subject(ROLE, "DAGL"), resource(task="T1"), action("sign"), rule_id="sign", levels=Levels(4)),
        rule(subject(ROLE, "DAGL"), action("pay"), rule_id="pay", levels=Levels(3)),
        levels=Levels(2),
    )
)


@pytest.mark.parametrize(
    ("roles", "level", "actions", "expected"),
    [
        (("DAGL",), 4, ("read",), "read"),
        (("DAGL",), 4, ("confirm", "read"), "read"),
        (("DAGL",), 2, ("sign", "read"), "read"),
        (("DAGL",), 4, ("confirm",), "FORBIDDEN"),
        (("DAGL",), 3, ("sign",), "AUTH_LEVEL_TOO_LOW"),
        (("DAGL",), 3, ("confirm", "sign"), "AUTH_LEVEL_TOO_LOW"),
        (("DAGL",), 0, ("read",), "AUTH_LEVEL_TOO_LOW"),
        (("REGNA",), 4, ("read",), "NOT_FOUND"),
        ((), 4, ("read",), "NOT_FOUND"),
        (("DAGL",), 4, (), "NOT_FOUND"),
    ],
)
async def test_a_refusal_tells_no_more_than_the_caller_may_know(
    roles: tuple[str, ...], level: int, actions: tuple[str, ...], expected: str
) -> None:
    answer = await ask(snapshot(person(level), related(*roles)), TABLE, *actions)
    assert (answer.action if isinstance(answer, Permit) else answer.code) == expected
    if expected == "NOT_FOUND":
        assert answer == NOT_FOUND, "byte for byte what is answered for what does not exist"


async def test_of_several_levels_the_lowest_that_suffices_is_asked_for() -> None:
    answer = await ask(snapshot(person(2), related("DAGL")), TABLE, "sign", "pay")
    assert isinstance(answer, Refusal)
    assert (answer.required_level, answer.action) == (3, "pay")


async def test_with_parallel_tasks_any_of_them_suffices() -> None:
    tx = snapshot(person(), related("DAGL"))
    both = target(task_scope("T2"), task_scope("T1"))
    assert isinstance(await ask(tx, TABLE, "sign", at=both), Permit)
    assert not isinstance(await ask(tx, TABLE, "sign", at=target(task_scope("T2"))), Permit)


async def test_a_permit_is_for_the_party_and_instance_that_were_asked_about() -> None:
    answer = await ask(snapshot(person(), related("DAGL")), TABLE, "read")
    assert isinstance(answer, Permit)
    assert (answer.party_id, answer.instance_id, answer.org, answer.level) == (PARTY_ID, INSTANCE, "ttd", 4)


async def test_the_table_of_another_org_decides_nothing() -> None:
    foreign = target(app_id=AppId("skd", "Permit"))
    answer = await ask(snapshot(org("skd")), table_of(policy(rule(action("read")))), "read", at=foreign)
    assert isinstance(answer, Refusal)


async def test_allowed_tells_for_each_action_what_permit_would_grant() -> None:
    tx = snapshot(person(3), related("DAGL"))
    answer = await allowed(tx, TABLE, target(), ("read", "sign", "pay", "confirm"))
    assert answer == {"read": True, "sign": False, "pay": True, "confirm": False}


# Where a right reaches ----------------------------------------------------------------------------------------------

World: TypeAlias = tuple[Policy, Principal, Relations, str]
ReachOf: TypeAlias = Callable[[AppVersion, Principal, Relations, str], Reach | None]

CODED = Levels(2, 3)
scoped = st.sampled_from(
    [
        resource(task="T1"),
        resource(task="t1"),
        resource(task="T2"),
        resource(end_event="E1"),
        ((match(Category.RESOURCE, "urn:altinn:task", "T1", Function.STRING_EQUAL_IGNORE_CASE),),),
        ((match(Category.RESOURCE, "urn:altinn:end-event", "e1", Function.STRING_EQUAL_IGNORE_CASE),),),
    ]
)


@st.composite
def crowded(draw: st.DrawFn) -> Policy:
    """Policies where most rules are about one role, one action and few places, so that they meet."""
    places: list[AnyOf | None] = draw(st.lists(st.none() | scoped, min_size=1, max_size=5))
    rules = [
        rule(
            subject(ROLE, "DAGL"),
            *(() if place is None else (place,)),
            action(draw(st.sampled_from(("read", "write")))),
            effect=draw(st.sampled_from(Effect)),
            rule_id=f"r{number}",
            levels=Levels(draw(st.sampled_from((None, 3, 4)))),
        )
        for number, place in enumerate(places)
    ]
    return policy(*rules, levels=Levels(draw(st.sampled_from((None, 2)))))


callers = st.builds(person, st.integers(0, 4)) | st.sampled_from(
    (org("ttd"), org("skd"), SYSTEM_USER_PRINCIPAL, ORGANISATION_PRINCIPAL)
)
relation_sets = st.builds(
    Relations,
    roles=st.frozensets(st.sampled_from(("DAGL", "REGNA"))),
    packages=st.frozensets(st.just("skatt")),
)
worlds: st.SearchStrategy[World] = st.tuples(
    policies() | crowded(),
    callers,
    relation_sets | st.just(Relations(roles=frozenset({"DAGL"}))),
    st.sampled_from(ACTIONS),
)
busy_worlds: st.SearchStrategy[World] = st.tuples(
    crowded(), st.builds(person, st.integers(0, 4)), st.just(Relations(roles=frozenset({"DAGL"}))), st.just("read")
)


def keys_of(principal: Principal, relations: Relations) -> frozenset[str]:
    """What `reach` must put to the policy, gathered in another way: from the answers about single attributes."""
    roles = () if principal.kind is PrincipalKind.SYSTEM_USER else relations.roles
    own = {
        PrincipalKind.PERSON: {f"{PARTY}=5", f"{USER}=5"},
        PrincipalKind.SERVICE_OWNER: {org_key(principal.org or ""), f"{ORGANISATION}=910000001"},
        PrincipalKind.ORGANISATION: {f"{ORGANISATION}=910000001"},
        PrincipalKind.SYSTEM_USER: {f"{SYSTEM_USER}={SYSTEM_USER_ID}"},
    }[principal.kind]
    return frozenset({*own, *map(role_key, roles), *(f"{PACKAGE}={code}" for code in relations.packages)})


def asked_at(table: DecisionTable, world: World, scope: Scope, level: int) -> bool:
    _, principal, relations, action_name = world
    request = PolicyRequest(
        action=action_name,
        scope=scope,
        subjects=keys_of(principal, relations),
        has_relation=relations.exists or principal.org == "ttd",
        is_organisation=principal.kind is not PrincipalKind.PERSON,
        level=level,
        org="ttd",
    )
    return isinstance(decide(table, request), Permit)


def disagreements(world: World, reach_of: ReachOf) -> list[str]:
    """Places where the answer of `reach_of` is not what asking there gives, and a wrong lowest level."""
    item, principal, relations, action_name = world
    table = table_of(item)
    found = reach_of(replace(VERSION, policy=table), principal, relations, action_name)
    places = [*PLACES, NOWHERE]
    lowest = next((level for level in range(5) if any(asked_at(table, world, at, level) for at in places)), None)
    if found is None or found.min_level != lowest:
        return [] if found is None and lowest is None else [f"level {lowest}"]
    return [at for at in places if found.holds_at(at) is not asked_at(table, world, at, principal.level)]


@given(worlds)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_reach_is_what_asking_place_by_place_gives(world: World) -> None:
    assert disagreements(world, reach) == []


def forgets_exceptions(version: AppVersion, principal: Principal, relations: Relations, action: str) -> Reach | None:
    found = reach(version, principal, relations, action)
    return found and replace(found, exceptions=())


def forgets_letter_case(version: AppVersion, principal: Principal, relations: Relations, action: str) -> Reach | None:
    found = reach(version, principal, relations, action)
    return found and replace(found, folded=())


def forgets_the_level(version: AppVersion, principal: Principal, relations: Relations, action: str) -> Reach | None:
    return reach(version, replace(principal, level=4), relations, action)


@pytest.mark.parametrize("twin", [forgets_exceptions, forgets_letter_case, forgets_the_level])
def test_the_comparison_catches_a_broken_twin(twin: ReachOf) -> None:
    searching = settings(max_examples=3000, database=None, deadline=None, phases=[Phase.generate])
    caught = find(busy_worlds, lambda world: disagreements(world, twin) != [], settings=searching)
    assert disagreements(caught, reach) == []


def dagl(*rules: tuple[AnyOf | None, Effect, int | None]) -> AppVersion:
    made = [
        rule(
            subject(ROLE, "DAGL"),
            *(() if place is None else (place,)),
            action("read"),
            effect=effect,
            rule_id=f"r{number}",
            levels=Levels(level),
        )
        for number, (place, effect, level) in enumerate(rules)
    ]
    return replace(VERSION, policy=table_of(policy(*made, levels=Levels())))


ANY_CASE_T1: AnyOf = ((match(Category.RESOURCE, "urn:altinn:task", "T1", Function.STRING_EQUAL_IGNORE_CASE),),)


@pytest.mark.parametrize(
    ("version", "level", "expected"),
    [
        (dagl((None, Effect.PERMIT, 3)), 3, Reach(True, (), 3)),
        (dagl((None, Effect.PERMIT, 3)), 2, Reach(False, (), 3)),
        (dagl((resource(task="T1"), Effect.PERMIT, None)), 0, Reach(False, ("task:T1",), 0)),
        (
            dagl((None, Effect.PERMIT, None), (resource(end_event="E1"), Effect.DENY, None)),
            0,
            Reach(True, ("end:E1",), 0),
        ),
        (
            dagl((None, Effect.PERMIT, 2), (resource(task="T1"), Effect.PERMIT, 4)),
            3,
            Reach(True, ("task:T1",), 2),
        ),
        (dagl((ANY_CASE_T1, Effect.PERMIT, None)), 0, Reach(False, (), 0, ("task:t1",))),
        (
            dagl((ANY_CASE_T1, Effect.PERMIT, None), (resource(task="T1"), Effect.DENY, None)),
            0,
            Reach(False, ("task:T1",), 0, ("task:t1",)),
        ),
        (dagl((resource(task="T1"), Effect.DENY, None)), 4, None),
    ],
)
def test_a_reach_is_a_rule_and_its_exceptions(version: AppVersion, level: int, expected: Reach | None) -> None:
    assert reach(version, person(level), related("DAGL"), "read") == expected


def test_a_reach_answers_the_other_way_in_its_exceptions_and_back_where_both_meet() -> None:
    found = Reach(False, ("task:T1", "end:E1"), 0, ("task:t1",))
    answers = {at: found.holds_at(at) for at in ("task:T1", "task:t1", "task:T2", "end:E1", "end:e1", "task:")}
    assert [at for at, holds in answers.items() if holds] == ["task:t1", "end:E1"]


def test_a_right_to_one_instance_reaches_no_list() -> None:
    ceiling = table_of(policy(rule(subject(DELEGATION, OWN.resource), action("read"))))
    version = replace(VERSION, policy=ceiling)
    assert reach(version, person(), related(instance=["read"]), "read") is None
