"""Callers: which road their transactions take, and what is stored of them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.model.principal import (
    ANONYMOUS,
    ORG_KINDS,
    ORGANISATION_LEVEL_KINDS,
    ROADS,
    SYSTEM_ACTOR,
    Actor,
    Principal,
    PrincipalKind,
    Road,
    app_worker,
    system,
)

actors = st.builds(
    Actor,
    kind=st.sampled_from(PrincipalKind),
    party_id=st.none() | st.integers(1, 2**31 - 1),
    org=st.none() | st.sampled_from(("ttd", "skd")),
    level=st.integers(0, 4),
)


def test_every_kind_has_a_road_and_only_service_owners_take_the_org_s() -> None:
    assert set(ROADS) == set(PrincipalKind)
    assert {kind for kind, road in ROADS.items() if road is Road.ORG} == ORG_KINDS
    assert ROADS[PrincipalKind.SYSTEM] is Road.DISPATCH
    assert ANONYMOUS.road is Road.ANONYMOUS


def test_organisations_and_what_acts_for_them_meet_the_organisation_s_level() -> None:
    assert {kind.value for kind in ORGANISATION_LEVEL_KINDS} == {
        "SERVICE_OWNER",
        "APP_WORKER",
        "ORGANISATION",
        "SYSTEM_USER",
    }


@given(actors)
def test_an_actor_comes_back_from_storage_as_it_went(actor: Actor) -> None:
    assert Actor.from_json(json.loads(json.dumps(actor.to_json()))) == actor


def test_neither_name_nor_number_is_stored() -> None:
    person = Principal(
        kind=PrincipalKind.PERSON,
        urn="urn:altinn:person:identifier-no:01817510120",
        name="Kari Nordmann",
        subject_id=50001,
        level=4,
    )
    assert person.actor.to_json() == {"kind": "PERSON", "level": 4, "party": 50001}
    assert (person.actor.name, person.actor.urn) == (person.name, person.urn)


@given(actors, actors)
def test_keys_tell_actors_apart_whatever_their_level(one: Actor, other: Actor) -> None:
    def who(actor: Actor) -> tuple[object, ...]:
        return actor.kind, actor.org or actor.party_id

    assert (one.key == other.key) is (who(one) == who(other))


@pytest.mark.parametrize(
    ("principal", "is_org", "road"),
    [
        (app_worker("ttd", "sample"), True, Road.ORG),
        (system("retention"), False, Road.DISPATCH),
        (Principal(kind=PrincipalKind.ORGANISATION, urn="urn:x", organisation_number="974760673"), False, Road.USER),
    ],
)
def test_a_worker_acts_as_its_org_and_a_duty_as_nobody(principal: Principal, is_org: bool, road: Road) -> None:
    assert (principal.is_org, principal.road) == (is_org, road)


def test_a_worker_carries_the_org_and_its_level() -> None:
    worker = app_worker("ttd", "sample")
    assert (worker.org, worker.app, worker.level, worker.urn) == ("ttd", "sample", 3, "urn:altinn:org:ttd")
    assert SYSTEM_ACTOR.key == system("retention").actor.key
