"""Grants: the SQL that builds them says the same as a slow calculation of the rules in Python."""

import asyncio
import random
from collections.abc import Mapping

import asyncpg
import pytest

from dialog_graph.errors import Refused
from dialog_graph.model.party import KEY_ROLES
from dialog_graph.model.principal import app_worker
from dialog_graph.storage import grants
from dialog_graph.storage.database import Database, Options
from dialog_graph.storage.logins import Logins
from tests.integration.rows import BRYGGA, FJORD, GUEST, JON, KARI, OLA, as_superior, make_app, person

SUBJECTS = range(60001, 60009)
ORGANISATIONS = range(60011, 60016)
UNITS = range(60021, 60024)
CODES = ("DAGL", "LEDE", "REGNA", "UTINN", "PRIV")
ACTIONS = ("read", "write", "confirm", "unlock", "*")
Grants = Mapping[tuple[int, int, int], tuple[int, int]]


async def make_world(connection: asyncpg.Connection, dice: random.Random) -> None:
    """Random parties, roles, delegations and policies, in the shapes that rules may have."""
    for number in (*SUBJECTS, *ORGANISATIONS, *UNITS):
        kind = "PERSON" if number in SUBJECTS else "ORGANISATION" if number in ORGANISATIONS else "SUBUNIT"
        parent = dice.choice(ORGANISATIONS) if number in UNITS else None
        await connection.execute(
            "insert into dg.party values ($1, gen_random_uuid(), $2, $1::int::text, $1::int::text, $3)",
            number,
            kind,
            parent,
        )
    for _ in range(40):
        subject, party = dice.choice([*SUBJECTS, *ORGANISATIONS]), dice.choice([*ORGANISATIONS, *UNITS])
        await connection.execute(
            "insert into dg.party_role values ($1, $2, 'rolecode', $3, $4) on conflict do nothing",
            subject, party, dice.choice(CODES), dice.choice(("register", "delegation")),
        )  # fmt: skip
    for number in range(3):
        await make_app(connection, "ttd", f"app{number}", ())
    resources = [row[0] for row in await connection.fetch("select resource_id from dg.resource")]
    for number in range(30):
        keys = [f"urn:altinn:rolecode={code.lower()}" for code in dice.sample(CODES, dice.choice((1, 1, 2)))]
        await connection.execute(
            "insert into dg.policy_right values (default, $1, $2, $3, '', '', $4, $5, $6, $7, '', $8)",
            dice.choice(resources), dice.choice(ACTIONS), dice.choice(("any", "task:Task_1")),
            dice.choice((keys, keys, keys, ["relation"])), "Deny" if dice.random() < 0.15 else "Permit",
            dice.choice((0, 2, 3)), dice.choice((0, 3)), f"rule{number}",
        )  # fmt: skip
    for _ in range(6):
        await connection.execute(
            """
            insert into dg.delegation values (gen_random_uuid(), $1, $2, $3, null, $4, 'user', '{}', now(), null, null)
            """,
            dice.choice(ORGANISATIONS), dice.choice([*SUBJECTS, *ORGANISATIONS]), dice.choice(resources), ["read"],
        )  # fmt: skip


async def calculated(connection: asyncpg.Connection, subject: int) -> Grants:
    """The rules of security §3.5, step by step."""
    roles = await connection.fetch("select * from dg.party_role")
    units = await connection.fetch("select party_id, parent_id from dg.party where kind = 'SUBUNIT'")
    rights = await connection.fetch("select * from dg.policy_right")
    delegations = await connection.fetch("select * from dg.delegation")
    levels = {row["resource_id"]: row["min_level"] for row in await connection.fetch("select * from dg.resource")}

    led = {r["party_id"] for r in roles if r["subject_id"] == subject and r["role_code"] in KEY_ROLES}
    held = [r for r in roles if r["subject_id"] == subject]
    held += [r for r in roles if r["subject_id"] in led and r["source"] == "delegation"]
    known: dict[int, set[str]] = {}
    for role in held:
        for party in (role["party_id"], *(u["party_id"] for u in units if u["parent_id"] == role["party_id"])):
            known.setdefault(party, {"relation"}).add(f"urn:altinn:rolecode={role['role_code'].lower()}")
    given = [d for d in delegations if d["to_subject"] in {subject, *led}]
    for delegation in given:
        known.setdefault(delegation["from_party"], {"relation"})

    found: dict[tuple[int, int, int], tuple[int, int]] = {}

    def add(party: int, resource: int, action: str, level: int) -> None:
        bits, lowest = found.get((subject, party, resource), (0, 9))
        bit = 1023 if action == "*" else grants.bit(action)
        found[subject, party, resource] = (bits | bit, min(lowest, level))

    for party, keys in known.items():
        matching = [right for right in rights if set(right["subject_all"]) <= keys]
        for right in matching:
            denied = any(
                deny["effect"] == "Deny"
                and deny["scope"] == "any"
                and deny["resource_id"] == right["resource_id"]
                and deny["action"] in (right["action"], "*")
                for deny in matching
            )
            if right["effect"] == "Permit" and not denied:
                add(party, right["resource_id"], right["action"], right["min_level"])
    for delegation in given:
        add(delegation["from_party"], delegation["resource_id"], "read", levels[delegation["resource_id"]])
    return found


async def stored(connection: asyncpg.Connection, subject: int) -> Grants:
    rows = await connection.fetch("select * from dg.access_grant where subject_id = $1", subject)
    return {
        (row["subject_id"], row["party_id"], row["resource_id"]): (row["actions"], row["min_level"]) for row in rows
    }


@pytest.mark.parametrize("number", range(4))
async def test_the_builder_agrees_with_the_rules(database: Database, logins: Logins, number: int) -> None:
    superior = await as_superior(logins)
    try:
        await make_world(superior, random.Random(number))
        total = 0
        for subject in SUBJECTS:
            async with database.transaction(person(subject)):
                pass
            expected = await calculated(superior, subject)
            assert await stored(superior, subject) == expected
            total += len(expected)
        assert total > 20, "a world without grants shows nothing"

        # The same by the other road: rights change, and only the resource is built anew.
        resource_id = await superior.fetchval("select min(resource_id) from dg.resource")
        await superior.execute("update dg.policy_right set effect = 'Permit' where resource_id = $1", resource_id)
        await superior.execute("delete from dg.policy_right where action = 'confirm'")
        async with database.transaction(app_worker("ttd", "app0")) as tx:
            for row in await tx.fetch("select resource_id from resource"):
                await grants.rebuild_resource(tx, row["resource_id"])
        for subject in SUBJECTS:
            assert await stored(superior, subject) == await calculated(superior, subject)
    finally:
        await superior.close()


async def test_a_revoked_right_is_gone_with_the_next_transaction(database: Database, logins: Logins) -> None:
    superior = await as_superior(logins)
    try:
        resource_id, _ = await make_app(superior, "ttd", "tilskudd", ("DAGL",))
        grant = "select actions from access_grant where party_id = $1 and resource_id = $2"
        async with database.transaction(person(KARI)) as tx:
            assert await tx.fetchval(grant, BRYGGA, resource_id) == 3
        async with superior.transaction():
            await superior.execute("delete from dg.party_role where subject_id = $1 and role_code = 'DAGL'", KARI)
            await superior.execute("update dg.subject_epoch set epoch = epoch + 1 where subject_id = $1", KARI)
        async with database.snapshot(person(KARI)) as tx:
            assert await tx.fetch(grant, FJORD, resource_id) == []
            assert await tx.fetch(grant, BRYGGA, resource_id) == []
    finally:
        await superior.close()


async def test_a_role_that_ends_takes_its_grants_along(database: Database, logins: Logins) -> None:
    superior = await as_superior(logins)
    try:
        resource_id, _ = await make_app(superior, "ttd", "tilskudd", ("UTINN",))
        await superior.execute(
            "update dg.party_role set valid_to = now() + interval '400 ms' where subject_id = $1", OLA
        )
        grant = "select count(*) from access_grant where resource_id = $1"
        async with database.transaction(person(OLA)) as tx:
            assert await tx.fetchval(grant, resource_id) == 2
        await superior.execute("select pg_sleep(0.5)")
        async with database.transaction(person(OLA)) as tx:
            assert await tx.fetchval(grant, resource_id) == 0
    finally:
        await superior.close()


async def test_epochs_rise_for_those_who_lead_an_organisation(database: Database) -> None:
    async with database.transaction(person(KARI)) as tx:
        assert await grants.key_role_holders(tx, FJORD) == [KARI]
        await grants.raise_epoch(tx, [JON, OLA, JON])
    async with database.snapshot(person(KARI)) as snapshot:
        rows = await snapshot.fetch("select epoch from subject_epoch where subject_id = any ($1)", [JON, OLA])
    assert [row["epoch"] for row in rows] == [2, 2]


async def test_a_resource_without_a_policy_is_read_by_those_who_stand_for_the_party(
    database: Database, logins: Logins
) -> None:
    superior = await as_superior(logins)
    try:
        resource_id = await superior.fetchval(
            "insert into dg.resource (identifier, org, kind, title) values ('ttd-post', 'ttd', 'GenericAccessResource',"
            " '{}') returning resource_id"
        )
    finally:
        await superior.close()
    for subject, expected in ((KARI, {KARI, FJORD, BRYGGA}), (OLA, {OLA}), (GUEST, {GUEST})):
        async with database.snapshot(person(subject)) as tx:
            rows = await tx.fetch("select * from access_grant where resource_id = $1", resource_id)
        assert {row["party_id"] for row in rows} == expected
        assert {(row["actions"], row["min_level"]) for row in rows} == {(1, 3)}


async def test_a_first_build_waits_for_a_registration_that_changes_the_policy(
    database: Database, logins: Logins
) -> None:
    """Otherwise Kari's grants would be built from the policy of before and be wrong for five minutes."""
    superior = await as_superior(logins)
    try:
        resource_id, _ = await make_app(superior, "ttd", "tilskudd", ("DAGL",))

        async def read() -> list[asyncpg.Record]:
            async with database.snapshot(person(KARI)) as tx:
                return await tx.fetch("select * from access_grant where resource_id = $1", resource_id)

        async with database.transaction(app_worker("ttd", "tilskudd")) as tx:
            await tx.execute("delete from policy_right where resource_id = $1", resource_id)
            await grants.rebuild_resource(tx, resource_id)
            reading = asyncio.create_task(read())
            await superior.fetchval("select pg_sleep(0.1)")
            assert not reading.done()
        assert await reading == []
    finally:
        await superior.close()


async def test_many_first_transactions_of_one_subject_build_once_and_all_succeed(logins: Logins) -> None:
    database = await Database.open(logins, Options(pool_min=0))

    async def one() -> str:
        try:
            async with database.transaction(person(KARI)) as tx:
                return await tx.fetchval("select current_user::text")
        except Refused as refused:
            return refused.refusal.code

    try:
        assert set(await asyncio.gather(*(one() for _ in range(10)))) == {"dg_user"}
    finally:
        await database.close()
