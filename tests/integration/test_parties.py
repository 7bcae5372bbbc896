"""The party register as the seed fills it: who is what to whom, on two levels, and how parties are found."""

from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest

from dialog_graph.model.party import URN_PREFIXES, PartyKind, Relations, RepresentedParty
from dialog_graph.model.principal import ANONYMOUS
from dialog_graph.settings import Settings
from dialog_graph.storage import parties, seed
from dialog_graph.storage.database import Database
from dialog_graph.storage.logins import Logins
from dialog_graph.urns import PartyUrn
from tests.integration.rows import (
    ANNE,
    ASK,
    BRYGGA,
    DAL,
    FJORD,
    GUEST,
    JON,
    KARI,
    LONN,
    MARI,
    OLA,
    as_superior,
    connect,
    person,
    service_owner,
)

ROLES = {
    (KARI, KARI): {"PRIV"},
    (KARI, FJORD): {"DAGL", "HADM"},
    (KARI, BRYGGA): {"DAGL", "HADM"},
    (KARI, DAL): {"MEDL"},
    (KARI, JON): set[str](),
    (OLA, FJORD): {"REGNA", "UTINN"},
    (OLA, BRYGGA): {"REGNA", "UTINN"},
    (MARI, DAL): {"LEDE"},
    (MARI, FJORD): set[str](),
    (JON, JON): {"PRIV"},
    (JON, FJORD): set[str](),
    (ANNE, ASK): {"DAGL"},
    (ANNE, FJORD): {"A0239"},
    (GUEST, GUEST): {"SELN"},
    (ASK, FJORD): {"REGN"},
    (LONN, FJORD): set[str](),
}


@pytest.mark.parametrize(("subject", "party"), ROLES)
async def test_the_roles_of_the_seed(module_database: Database, subject: int, party: int) -> None:
    async with module_database.snapshot(person(subject)) as tx:
        assert (await parties.relations(tx, party)).roles == ROLES[subject, party]


async def test_a_system_user_has_packages_and_no_roles(module_database: Database) -> None:
    async with module_database.snapshot(person(LONN)) as tx:
        assert len((await parties.relations(tx, FJORD)).packages) == 1
        assert not (await parties.relations(tx, LONN)).exists


async def test_a_service_owner_has_relations_to_nobody(module_database: Database) -> None:
    async with module_database.snapshot(service_owner("ttd")) as tx:
        assert await parties.relations(tx, FJORD) == Relations()
        assert await parties.all_represented(tx) == []
        assert await parties.represented(tx) == []


async def test_relations_are_asked_once_in_a_transaction(module_database: Database) -> None:
    async with module_database.snapshot(person(KARI)) as tx:
        first = await parties.relations(tx, FJORD)
        assert await parties.relations(tx, FJORD) is first
        assert set(await parties.relations_to(tx, [FJORD, JON])) == {FJORD, JON}


@pytest.mark.parametrize(
    ("urn", "party_id"),
    [
        ("urn:altinn:person:identifier-no:12887230143", KARI),
        ("urn:altinn:organization:identifier-no:310001015", FJORD),
        ("URN:ALTINN:organization:identifier-no:310004774", BRYGGA),
        ("urn:altinn:person:idporten-email:post@example.test", GUEST),
        ("urn:altinn:person:idporten-email:POST@example.test", GUEST),
        ("urn:altinn:systemuser:uuid:9a6f0c52-1d3e-4b7a-8f21-000000050021", LONN),
        (f"urn:altinn:party:id:{DAL}", DAL),
        ("urn:altinn:party:id:1", None),
        ("urn:altinn:person:identifier-no:12887230144", None),
        ("310001015", None),
    ],
)
async def test_a_party_is_found_by_every_form_of_its_urn(
    module_database: Database, urn: str, party_id: int | None
) -> None:
    async with module_database.snapshot(ANONYMOUS) as tx:
        found = await parties.find(tx, urn)
    assert (found.party_id if found else None) == party_id


async def test_a_number_of_one_kind_names_no_party_of_another(module_database: Database) -> None:
    async with module_database.snapshot(ANONYMOUS) as tx:
        mail = await parties.find(tx, "urn:altinn:person:idporten-email:310001015")
        number = await parties.subject_by_identifier(tx, "310001015")
    assert mail is None
    assert number is not None
    assert number.kind is PartyKind.ORGANISATION


async def test_service_owners_are_found_by_code_and_number(module_database: Database) -> None:
    async with module_database.snapshot(ANONYMOUS) as tx:
        ttd = await parties.service_owner(tx, "ttd")
        assert ttd is not None
        assert ttd.organisation_number == "310005908"
        assert set(ttd.name) == {"nb", "nn", "en"}
        assert await parties.service_owner_by_number(tx, "310005908") == ttd
        assert await parties.service_owner(tx, "skd") is None
        assert await parties.service_owner_by_number(tx, "310001015") is None


def names(found: Sequence[RepresentedParty]) -> list[str]:
    return [item.party.name for item in found]


async def test_sub_units_are_listed_under_their_main_unit(module_database: Database) -> None:
    async with module_database.snapshot(person(KARI)) as tx:
        listed = await parties.all_represented(tx)
        units = await parties.sub_parties(tx, [FJORD, DAL])
    assert names(listed) == ["Dal Idrettslag", "Fjord Bakeri AS", "Kari Lund"]
    assert [names(item.sub_parties) for item in listed] == [[], ["Fjord Bakeri AS avd. Brygga"], []]
    assert [item.is_self for item in listed] == [False, False, True]
    assert not any(item.only_sub_parties for item in listed)
    assert {party_id: [unit.party_id for unit in found] for party_id, found in units.items()} == {FJORD: [BRYGGA]}


async def test_pages_follow_one_another_and_search_narrows(module_database: Database) -> None:
    async with module_database.snapshot(person(KARI)) as tx:
        first = await parties.represented(tx, limit=2)
        last = first[-1].party
        second = await parties.represented(tx, after=(last.name, last.party_id), limit=10)
        assert names(first) + names(second) == [
            "Dal Idrettslag",
            "Fjord Bakeri AS",
            "Fjord Bakeri AS avd. Brygga",
            "Kari Lund",
        ]
        assert names(await parties.represented(tx, search="BAKERI")) == names([first[1], second[0]])
        assert names(await parties.represented(tx, search="310004")) == ["Fjord Bakeri AS avd. Brygga"]
        assert await parties.represented(tx, search="%") == []


DELEGATE = """
insert into dg.delegation (delegation_id, from_party, to_subject, resource_id, instance_id, actions, via, created_by,
                           created_at, valid_to, revoked_at)
values (gen_random_uuid(), $1, $2, $3, $4, $5, 'user', '{}', now(), now() + $6::interval,
        case when $7 then now() end)
"""


async def test_delegations_reach_the_subject_and_those_who_lead_it(database: Database, logins: Logins) -> None:
    """Fjord Bakeri gives Ask Regnskap a right; Anne, who leads Ask, has it too; Jon and Ola do not."""
    superior = await as_superior(logins)
    try:
        resource_id = await superior.fetchval(
            "insert into dg.resource (identifier, org, kind, title) values ('ttd-post', 'ttd',"
            " 'GenericAccessResource', '{}') returning resource_id"
        )
        year, past = timedelta(days=365), timedelta(days=-1)
        await superior.execute(DELEGATE, FJORD, ASK, resource_id, None, ["read", "write"], year, False)
        await superior.execute(DELEGATE, FJORD, JON, resource_id, None, ["read"], year, True)
        await superior.execute(DELEGATE, FJORD, OLA, resource_id, None, ["read"], past, False)
    finally:
        await superior.close()
    expected = {ASK: {"read", "write"}, ANNE: {"read", "write"}, JON: set[str](), OLA: set[str]()}
    for subject, actions in expected.items():
        async with database.snapshot(person(subject)) as tx:
            found = (await parties.relations(tx, FJORD)).delegations
            assert set(found.get("ttd-post", frozenset())) == actions
            mask = await tx.fetchval("select actions from access_grant where resource_id = $1 and party_id = $2",
                                     resource_id, FJORD)  # fmt: skip
            assert mask == (3 if actions else None)


async def test_only_the_sub_unit_may_be_granted(database: Database, logins: Logins) -> None:
    superior = await as_superior(logins)
    try:
        await superior.execute(
            "insert into dg.party_role values ($1, $2, 'rolecode', 'UTINN', 'test', null)", JON, BRYGGA
        )
    finally:
        await superior.close()
    async with database.snapshot(person(JON)) as tx:
        listed = await parties.all_represented(tx)
    assert [(item.party.name, item.only_sub_parties) for item in listed] == [
        ("Fjord Bakeri AS", True),
        ("Jon Vik", False),
    ]
    assert not listed[0].relations.exists


async def test_a_second_seeding_changes_nothing_and_a_smaller_seed_takes_back(logins: Logins) -> None:
    owner = await connect(logins.owner)

    async def state() -> list[asyncpg.Record]:
        return await owner.fetch(
            "select subject_id, party_id, role_code from dg.party_role order by 1, 2, 3"
        ) + await owner.fetch("select subject_id, epoch from dg.subject_epoch order by 1")

    try:
        before = await state()
        await seed.write(owner, seed.built_in(), Settings().key_roles)
        assert await state() == before
        without_ola = seed.built_in().model_copy(
            update={"roles": tuple(role for role in seed.built_in().roles if role.subject != "01817510120")}
        )
        await seed.write(owner, without_ola, ("DAGL",))
        assert await owner.fetchval("select count(*) from dg.party_role where subject_id = $1", OLA) == 0
        assert await owner.fetchval("select epoch from dg.subject_epoch where subject_id = $1", OLA) == 2
        assert await owner.fetchval("select array_agg(role_code) from dg.key_role") == ["DAGL"]
    finally:
        await owner.close()


async def test_many_parties_are_found_as_each_alone(module_database: Database) -> None:
    """One statement for all, in their order; what is unknown is None in its place."""
    texts = [party_urn(party) for party in seed.built_in().parties]
    texts += [f"urn:altinn:party:id:{party}" for party in (KARI, FJORD, 99_999_999)]
    texts += ["urn:altinn:person:identifier-no:02013299997", texts[0]]
    urns = [urn for urn in map(PartyUrn.parse, texts) if isinstance(urn, PartyUrn)]
    assert len(urns) == len(texts)
    async with module_database.snapshot(person(KARI)) as tx:
        assert await parties.find_all(tx, urns) == [await parties.find(tx, urn) for urn in urns]
        assert await parties.find_all(tx, []) == []


def party_urn(party: seed.SeedParty) -> str:
    return URN_PREFIXES[PartyKind(party.kind)] + party.identifier
