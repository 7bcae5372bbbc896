"""Starting an app: what is checked, in which order, and what stands afterwards (process rules §6.5, security §5.1)."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dialog_graph import urns
from dialog_graph.commands.instantiate import Instantiate, instantiate
from dialog_graph.errors import NOT_FOUND, Refused
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Principal
from dialog_graph.reads import applications
from dialog_graph.storage.logins import Logins
from tests.integration.case_app import APP, RULES, Rule, files_of
from tests.integration.case_world import JON, KARI, NABO, OLA, TTD, World, owner, party_id_of, person, urn_of, world_of

CLOSED = urns.AppId("ttd", "closed")
NARROW = urns.AppId("ttd", "narrow")


@pytest.fixture(scope="module")
async def world(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    people_only = {"person": True, "organisation": False, "subUnit": False, "bankruptcyEstate": False}
    level = [Rule("PRIV DAGL", "instantiate read", level=4), *RULES[1:]]
    apps = [
        files_of(),
        files_of(CLOSED, validTo="2020-01-01T00:00:00Z"),
        files_of(NARROW, rules=level, partyTypesAllowed=people_only),
    ]
    async with world_of(module_logins, Path(tmp_path_factory.mktemp("instantiate")), apps=apps) as world:
        yield world


async def count(world: World) -> int:
    return await world.admin.fetchval("select count(*) from dg.instance")


async def refused(world: World, who: Principal, application: str, party: str, **given: Any) -> str:
    before = await count(world)
    wanted = Instantiate(application=application, party=party, **given)
    code = await world.code(None, lambda: instantiate(world.ports, who, wanted))
    assert await count(world) == before
    return code


async def test_a_party_gets_instance_and_dialog_at_once(world: World) -> None:
    instance_id = await world.started(KARI)
    state = await world.state(instance_id)
    assert (state["instance"]["revision"], state["dialog"]["status"]) == (1, "DRAFT")
    assert await world.events(instance_id) == [
        "app.instance.created",
        "app.instance.process.started",
        "app.instance.process.movedTo.Task_1",
        "app.instance.data.created",
    ]


async def test_what_is_unknown_and_what_is_foreign_get_the_same_answer(world: World) -> None:
    """Unknown app, unknown party, a party without relation, another tenant: not one byte differs."""
    asked = [
        (KARI, "ttd/nothing", urn_of("kari")),
        (KARI, str(APP), f"{urns.PERSON}02013299997"),
        (KARI, str(APP), f"{urns.PARTY_ID}99999999"),
        (KARI, str(APP), urn_of("jon")),
        (JON, str(APP), urn_of("fjord")),
        (NABO, str(APP), urn_of("kari")),
        (NABO, str(APP), f"{urns.PARTY_ID}99999999"),
    ]
    found: list[object] = []
    for who, app, party in asked:
        wanted = Instantiate(application=app, party=party)
        found.append(await world.refused(None, lambda who=who, wanted=wanted: instantiate(world.ports, who, wanted)))
    assert found == [NOT_FOUND] * len(asked)


async def test_some_right_but_not_this_one_is_forbidden(world: World) -> None:
    assert await refused(world, OLA, str(APP), urn_of("fjord")) == "FORBIDDEN"


async def test_a_service_owner_without_the_scope_for_writing_may_not_start(world: World) -> None:
    reader = owner("ttd", frozenset({"altinn:serviceowner/instances.read"}))
    assert await refused(world, reader, str(APP), urn_of("kari")) == "FORBIDDEN"


async def test_a_closed_app_says_so_to_all_who_know_of_it_and_nothing_to_strangers(world: World) -> None:
    """APP_NOT_OPEN stands before the decision about `instantiate` and behind NOT_FOUND."""
    assert await refused(world, KARI, str(CLOSED), urn_of("kari")) == "APP_NOT_OPEN"
    assert await refused(world, OLA, str(CLOSED), urn_of("fjord")) == "APP_NOT_OPEN"
    assert await refused(world, JON, str(CLOSED), urn_of("fjord")) == "NOT_FOUND"


async def test_level_comes_before_the_kind_of_party(world: World) -> None:
    weak = replace(KARI, level=3)
    assert await refused(world, weak, str(NARROW), urn_of("fjord")) == "AUTH_LEVEL_TOO_LOW"
    assert await refused(world, KARI, str(NARROW), urn_of("fjord")) == "PARTY_TYPE_NOT_ALLOWED"


@pytest.mark.parametrize(
    "who", [KARI, OLA, JON, TTD, NABO, replace(KARI, level=3)], ids=lambda who: f"{who.urn}{who.level}"
)
async def test_the_catalogue_offers_exactly_what_can_be_started(world: World, who: Principal) -> None:
    """`canInstantiate` and the command decide alike, for every app and party."""
    names = ("kari", "ola", "fjord", "dal", "jon")
    for app in (APP, CLOSED, NARROW):
        for name in names:
            async with world.ports.database.snapshot(who) as snapshot:
                version = await world.ports.catalogue.active(snapshot, app)
                offered = await applications.can_instantiate(world.ports, snapshot, version, urn_of(name))
            try:
                await world.started(who, name, app=app)
                accepted = True
            except Refused:
                accepted = False
            assert offered is accepted, (app, name)


async def test_a_deleted_party_starts_nothing(world: World) -> None:
    try:
        await world.admin.execute("update dg.party set is_deleted = true where party_id = $1", party_id_of("mari"))
        assert await refused(world, person("mari"), str(APP), urn_of("mari")) == "CONFLICT"
    finally:
        await world.admin.execute("update dg.party set is_deleted = false where party_id = $1", party_id_of("mari"))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"application": "no app"}, "INVALID_INPUT"),
        ({"party": "kari"}, "INVALID_INPUT"),
        ({"prefill": [1]}, "INVALID_INPUT"),
        ({"prefill": {"name": "a\0b"}}, "INVALID_INPUT"),
        ({"prefill": {"name": float("inf")}}, "INVALID_INPUT"),
        ({"prefill": {"name\ud800": "x"}}, "INVALID_INPUT"),
        ({"idempotency_key": ""}, "INVALID_INPUT"),
        ({"idempotency_key": "k" * 65}, "INVALID_INPUT"),
        ({"idempotency_key": "a\0b"}, "INVALID_INPUT"),
        ({"start_event": "Nowhere"}, "START_EVENT_REQUIRED"),
    ],
)
async def test_wrong_input_is_told_and_starts_nothing(world: World, given: dict[str, Any], code: str) -> None:
    wanted = {"application": str(APP), "party": urn_of("kari")} | given
    assert await refused(world, KARI, wanted.pop("application"), wanted.pop("party"), **wanted) == code


async def test_prefill_fills_the_form_and_a_repeat_with_the_key_starts_nothing_more(world: World) -> None:
    prefill: Json = {"name": "Kari"}
    first = await world.started(KARI, prefill=prefill, idempotency_key="start-1")
    before = await count(world)
    assert await world.started(KARI, prefill=prefill, idempotency_key="start-1") == first
    assert await count(world) == before
    assert (await world.load(first)).presentation_texts == {"name": "Kari"}
    other: dict[str, Any] = {"prefill": {"name": "Ola"}, "idempotency_key": "start-1"}
    assert await refused(world, KARI, str(APP), urn_of("kari"), **other) == "IDEMPOTENCY_MISMATCH"


async def test_keys_of_two_callers_are_two_keys(world: World) -> None:
    mine = await world.started(KARI, idempotency_key="shared")
    owners = await world.started(TTD, "kari", idempotency_key="shared")
    assert mine != owners


async def test_a_number_beyond_64_bits_can_be_sent_with_a_key(world: World) -> None:
    """The hash of a request is made by our own writer: others cannot write such numbers."""
    prefill: Json = {"items": 2**70}
    assert isinstance(await world.started(KARI, prefill=prefill, idempotency_key="big"), UUID)


async def test_dates_of_the_dialog_are_kept(world: World) -> None:
    async with world.ports.database.snapshot(KARI) as snapshot:
        later = snapshot.now + timedelta(days=5)
    instance_id = await world.started(KARI, due_at=later, visible_from=later)
    dialog = (await world.state(instance_id))["dialog"]
    assert dialog["due_at"] is not None
    assert dialog["visible_from"] == dialog["updated_at"]
