"""Smallest possible rows for tests of the storage layer, written as dg_owner's superior: past row level security."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from dialog_graph.model.principal import Principal, PrincipalKind
from dialog_graph.storage.database import Database, prepare_connection
from dialog_graph.storage.logins import Logins

KARI, OLA, MARI, JON, ANNE, GUEST = 50001, 50002, 50003, 50004, 50005, 50006
FJORD, BRYGGA, DAL, ASK = 50011, 50012, 50013, 50014
LONN = 50021


def person(subject_id: int, level: int = 4) -> Principal:
    """A person as `access` would identify it."""
    return Principal(kind=PrincipalKind.PERSON, urn=f"urn:test:{subject_id}", subject_id=subject_id, level=level)


def service_owner(org: str) -> Principal:
    """A service owner as `access` would identify it."""
    return Principal(kind=PrincipalKind.SERVICE_OWNER, urn=f"urn:altinn:org:{org}", org=org, level=3)


async def connect(login: dict[str, Any]) -> asyncpg.Connection:
    """A plain session with the product's codecs."""
    connection = await asyncpg.connect(**login)
    await prepare_connection(connection)
    return connection


@dataclass(frozen=True)
class Case:
    """An instance with one locked and one free data element, its dialog and one event."""

    org: str
    party_id: int
    resource_id: int
    instance_id: UUID
    dialog_id: UUID
    locked_id: UUID
    free_id: UUID


READ_FOR_DAGL = """
insert into dg.policy_right (resource_id, action, scope, subject_kind, subject_value, subject_all, effect, min_level,
                             min_level_org, policy_version, rule_id)
select $1, action, 'any', 'rolecode', role, array['urn:altinn:rolecode=' || lower(role)], 'Permit', 2, 3, 'v1', 'r1'
  from unnest(array['read', 'write']) as action, unnest($2::text[]) as role
"""


async def make_app(connection: asyncpg.Connection, org: str, app: str, roles: tuple[str, ...]) -> tuple[int, UUID]:
    """An active app version whose policy lets these roles read and write; answers resource and version."""
    version_id = uuid4()
    await connection.execute(
        """
        insert into dg.app_version (version_id, app_id, org, ordinal, sha256, files, diagnostics, is_active,
                                    registered_at)
        values ($1, $2 || '/' || $3, $2, 1, 'x', '', '[]', true, now())
        """,
        version_id, org, app,
    )  # fmt: skip
    resource_id = await connection.fetchval(
        """
        insert into dg.resource (identifier, org, kind, title)
        values ('app_' || $1 || '_' || $2, $1, 'AltinnApp', '{}') returning resource_id
        """,
        org, app,
    )  # fmt: skip
    await connection.execute(READ_FOR_DAGL, resource_id, list(roles))
    return resource_id, version_id


INSTANCE = """
with i as (
    insert into dg.instance (instance_id, org, party_id, resource_id, version_id, revision, event_seq, status,
                             process_state, created_by, created_at, updated_at)
    values ($1, $2, $3, $4, $5, 1, 1, 'ACTIVE', '{}', '{}', now(), now())
), d as (
    insert into dg.dialog (dialog_id, revision, org, party_id, resource_id, instance_id, status, created_at, updated_at,
                           content_updated_at, context_revision, content)
    values ($6, gen_random_uuid(), $2, $3, $4, $1, 'DRAFT', now(), now(), now(), gen_random_uuid(), '{}')
), e as (
    insert into dg.data_element (element_id, instance_id, org, party_id, resource_id, data_type, content_type, size,
                                 sha256, document, lock, is_read, revision, file_scan, created_by, created_at,
                                 updated_at)
    select id, $1, $2, $3, $4, 'model', 'application/json', 2, 'x', '{}', lock, true, 1, 'SKIPPED', '{}', now(), now()
      from (values ($7::uuid, 'process'), ($8::uuid, 'none')) as elements (id, lock)
)
insert into dg.event (event_id, stream_id, stream_seq, instance_id, org, party_id, resource_id, type, time, actor,
                      audience, data)
values (gen_random_uuid(), $1, 1, $1, $2, $3, $4, 'app.instance.created', now(), '{"kind": "SYSTEM"}', 3, '{}')
"""


async def make_case(connection: asyncpg.Connection, org: str, party_id: int, app: tuple[int, UUID]) -> Case:
    """An instance of the app for the party."""
    resource_id, version_id = app
    case = Case(org, party_id, resource_id, uuid4(), uuid4(), uuid4(), uuid4())
    await connection.execute(
        INSTANCE, case.instance_id, org, party_id, resource_id, version_id, case.dialog_id, case.locked_id, case.free_id
    )
    return case


async def settled(database: Database) -> None:
    """Waits until every event written so far lies below the horizon: other tests' transactions, in other databases of
    the server, hold it back too."""
    async with asyncio.timeout(30):
        while True:
            async with database.dispatch() as tx:
                if await tx.fetchval(
                    "select not exists (select from event where xid >= pg_snapshot_xmin(pg_current_snapshot()))"
                ):
                    return
            await asyncio.sleep(0.005)


TENANT_TABLES = """
select relname::text from pg_class
 where relnamespace = 'dg'::regnamespace and relkind = 'r' and relforcerowsecurity
   and not exists (select from pg_policies where policyname = 'test_rows' and tablename = relname)
"""


async def as_superior(logins: Logins) -> asyncpg.Connection:
    """A session that makes rows for all tenants: a superuser, or where there is none dg_owner with policies of its
    own; neither changes what the runtime roles may."""
    connection = await connect(logins.setup)
    if not await connection.fetchval("select rolsuper from pg_roles where rolname = current_user"):
        await connection.execute("set role dg_owner")
        for row in await connection.fetch(TENANT_TABLES):
            await connection.execute(f"create policy test_rows on dg.{row[0]} to dg_owner using (true)")
    return connection
