"""Row level security of what processes wait for: whoever may see an instance sees its waits, but not what is the org's;
claims go across all orgs and carry nothing away (security rules §6.2, process engine §9, §11)."""

from collections.abc import AsyncGenerator

import asyncpg
import pytest

from dialog_graph.model.principal import ANONYMOUS, Principal, app_worker
from dialog_graph.storage.database import Database, Options
from dialog_graph.storage.logins import Logins
from tests.integration.rows import (
    ANNE,
    BRYGGA,
    DAL,
    FJORD,
    JON,
    KARI,
    MARI,
    OLA,
    as_superior,
    make_app,
    make_case,
    person,
    service_owner,
)
from tests.integration.test_row_security import World, attempt, denied
from tests.integration.waits_rows import PROTECTED, make_message, make_outcome, make_start_timer, make_waits

TTD, NABO = service_owner("ttd"), service_owner("nabo")


@pytest.fixture(scope="module")
async def waits(module_logins: Logins) -> AsyncGenerator[World]:
    """Two orgs with an app each; three parties with an instance each that waits for everything; kept messages."""
    connection = await as_superior(module_logins)
    try:
        app = await make_app(connection, "ttd", "tilskudd", ("DAGL", "LEDE"))
        other = await make_app(connection, "nabo", "skilt", ("DAGL",))
        cases = [await make_case(connection, "ttd", party, app) for party in (FJORD, BRYGGA, DAL)]
        neighbour = await make_case(connection, "nabo", FJORD, other)
        for case in (*cases, neighbour):
            await make_waits(connection, case)
        for org, sender in (("ttd", f"subject:{KARI}"), ("ttd", "org:ttd"), ("nabo", f"subject:{MARI}")):
            await make_message(connection, org, sender)
            await make_outcome(connection, sender)
        for org in ("ttd", "nabo"):
            await make_start_timer(connection, org)
    finally:
        await connection.close()
    database = await Database.open(module_logins, Options(pool_min=0))
    yield World(database, module_logins, cases[0], cases[1], cases[2], neighbour)
    await database.close()


async def seen_by(world: World, principal: Principal) -> set[object]:
    """The instances whose waits are seen: the same in every table."""
    async with world.database.snapshot(principal) as tx:
        found = [await tx.fetch(f"select instance_id from {table}") for table in PROTECTED]
    seen = {frozenset(row["instance_id"] for row in rows) for rows in found}
    assert len(seen) == 1, "every table shows the waits of the same instances"
    return set(seen.pop())


async def test_a_person_sees_the_waits_of_the_instances_that_its_roles_reach(waits: World) -> None:
    fjord, brygga, neighbour = (case.instance_id for case in (waits.fjord, waits.brygga, waits.neighbour))
    assert await seen_by(waits, person(KARI)) == {fjord, brygga, neighbour}
    assert await seen_by(waits, person(MARI)) == {waits.dal.instance_id}


@pytest.mark.parametrize("stranger", [JON, OLA, ANNE])
async def test_strangers_see_no_waits_and_change_none(waits: World, stranger: int) -> None:
    assert await seen_by(waits, person(stranger)) == set()
    for table in PROTECTED:
        assert await attempt(waits, person(stranger), f"delete from {table}") == "DELETE 0"


@pytest.mark.parametrize("principal", [TTD, app_worker("ttd", "tilskudd")], ids=["owner", "worker"])
async def test_an_org_sees_the_waits_of_its_own_instances(waits: World, principal: Principal) -> None:
    own = {case.instance_id for case in (waits.fjord, waits.brygga, waits.dal)}
    assert await seen_by(waits, principal) == own
    assert await seen_by(waits, NABO) == {waits.neighbour.instance_id}


@pytest.mark.parametrize("table", PROTECTED)
async def test_nobody_writes_waits_of_another_org_or_party(waits: World, table: str) -> None:
    ids = f"(select {table_key(table)} from {table} limit 1)"
    assert await attempt(waits, NABO, f"delete from {table} where org = 'ttd'") == "DELETE 0"
    assert await attempt(waits, NABO, f"delete from {table}") == "DELETE 1"
    assert await attempt(waits, person(MARI), f"delete from {table}") == "DELETE 1"
    assert await denied(waits, NABO, f"update {table} set org = 'ttd' where {table_key(table)} = {ids}")
    assert await denied(waits, person(MARI), f"update {table} set party_id = $1", FJORD)


def table_key(table: str) -> str:
    return {"message_subscription": "subscription_id"}.get(table, f"{table}_id")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("job", "data"),
        ("job", "last_error"),
        ("job", "lease_owner"),
        ("incident", "message"),
        ("incident", "details"),
        ("link", "settings"),
    ],
)
async def test_what_went_wrong_inside_is_the_orgs(waits: World, table: str, column: str) -> None:
    assert await denied(waits, person(KARI), f"select {column} from {table}")
    assert await denied(waits, person(KARI), f"delete from {table} returning {column}")
    assert await attempt(waits, TTD, f"select {column} from {table}") == "SELECT 3"


async def test_a_step_of_a_person_writes_its_jobs_incidents_and_calls(waits: World) -> None:
    """What they hold is written and never read back."""
    copied = "insert into incident (incident_id, instance_id, org, party_id, resource_id, token, element_id, entry_no,"
    copied += " code, message, details, attempts, is_retryable, opened_at) values (gen_random_uuid(), $1, 'ttd', $2,"
    copied += " $3, 9, 'x', 1, 'NO_FLOW', 'm', 'd', 0, true, now())"
    dal, fjord = waits.dal, waits.fjord
    given = (dal.instance_id, dal.party_id, dal.resource_id)
    assert await attempt(waits, person(MARI), copied, *given) == "INSERT 0 1"
    assert await denied(waits, person(MARI), copied, fjord.instance_id, fjord.party_id, fjord.resource_id)
    assert await denied(waits, person(OLA), copied, *given)


@pytest.mark.parametrize("table", [*PROTECTED, "message_buffer", "start_timer"])
async def test_the_anonymous_see_no_waits(waits: World, table: str) -> None:
    assert await denied(waits, ANONYMOUS, f"select * from {table}")
    assert await denied(waits, ANONYMOUS, f"delete from {table}")


async def test_a_message_is_seen_by_its_sender_and_by_the_org_that_it_is_for(waits: World) -> None:
    counts = {
        name: await attempt(waits, principal, "select payload from message_buffer")
        for name, principal in {"kari": person(KARI), "ola": person(OLA), "ttd": TTD, "nabo": NABO}.items()
    }
    assert counts == {"kari": "SELECT 1", "ola": "SELECT 0", "ttd": "SELECT 2", "nabo": "SELECT 1"}
    assert await attempt(waits, person(OLA), "delete from message_buffer") == "DELETE 0"


SENT = """
insert into message_buffer (message_id, org, sender, name, key, result, sent_at, expires_at, kept_until)
values (gen_random_uuid(), $1, $2, 'Reply', 'k', '{}', now(), now(), now())
"""


async def test_nobody_sends_in_anothers_name_and_no_org_to_another(waits: World) -> None:
    assert await attempt(waits, person(KARI), SENT, "nabo", f"subject:{KARI}") == "INSERT 0 1"
    assert await denied(waits, person(KARI), SENT, "ttd", f"subject:{MARI}")
    assert await denied(waits, person(KARI), SENT, "ttd", "org:ttd")
    assert await denied(waits, NABO, SENT, "ttd", "org:nabo")


async def test_what_begins_an_app_is_its_orgs(waits: World) -> None:
    assert await attempt(waits, TTD, "select * from start_timer") == "SELECT 1"
    assert await attempt(waits, NABO, "delete from start_timer where org = 'ttd'") == "DELETE 0"
    assert await denied(waits, NABO, "update start_timer set org = 'ttd'")
    for statement in ("select * from start_timer", "delete from start_timer"):
        assert await denied(waits, person(KARI), statement)


async def dispatched(world: World, statement: str) -> str:
    """What a claim's login gets, undone: `denied`, or the tag of the statement."""
    connection = await asyncpg.connect(**world.logins.dispatch)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("select dg.enter('dg_dispatch', 0, '')")
        try:
            return await connection.execute(statement)
        except asyncpg.InsufficientPrivilegeError:
            return "denied"
        finally:
            await transaction.rollback()
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("statement", "answer"),
    [
        ("select * from timer", "SELECT 4"),
        ("update timer set lease_until = now()", "UPDATE 4"),
        ("update timer set due_at = now()", "denied"),
        ("delete from timer", "denied"),
        ("select * from message_subscription", "SELECT 4"),
        ("update message_subscription set name = 'x'", "denied"),
        ("delete from message_subscription", "denied"),
        ("select message_id, apps from message_buffer", "SELECT 3"),
        ("select payload from message_buffer", "denied"),
        ("select result from message_buffer", "denied"),
        ("update message_buffer set apps = '{}'", "denied"),
        ("delete from message_buffer", "DELETE 3"),
        ("select job_id, next_at from job", "SELECT 4"),
        ("select data from job", "denied"),
        ("select last_error from job", "denied"),
        ("update job set attempt = attempt + 1, crashes = 0, lease_until = now(), lease_owner = 'a'", "UPDATE 4"),
        ("update job set next_at = now()", "denied"),
        ("delete from job", "denied"),
        ("select incident_id from incident", "denied"),
        ("select * from start_timer", "SELECT 2"),
        ("update start_timer set lease_until = now()", "UPDATE 2"),
        ("update start_timer set due_at = now()", "denied"),
        ("delete from start_timer", "denied"),
        ("select result from idempotency", "denied"),
        ("select key from idempotency", "denied"),
        ("update idempotency set created_at = now()", "denied"),
        ("delete from idempotency where created_at < now() + interval '1 hour'", "DELETE 3"),
        ("select link_id from link", "denied"),
    ],
)
async def test_claims_go_across_all_orgs_and_carry_nothing_away(waits: World, statement: str, answer: str) -> None:
    assert await dispatched(waits, statement) == answer
