"""Fills the party register: the built-in people and organisations of development, or a file of the operator's.

Reading the file is strict about its form, writing it is idempotent: parties are brought up to date, roles that came
from a seed before and are no longer in it go, and whoever may have lost a right gets a higher epoch. Nothing else in
the register is touched. Written as dg_owner, because no runtime role may write the register. Security rules §1.8, §3.1.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from pydantic import BaseModel, ConfigDict, Field

from dialog_graph.model.party import PartyKind
from dialog_graph.settings import Settings

_Code = Annotated[str, Field(min_length=1, max_length=64)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeedOwner(_Strict):
    """A service owner: code, organisation number, name per language."""

    org: str = Field(pattern=r"^[a-z][a-z0-9-]{1,29}$")
    organisation_number: str = Field(pattern=r"^\d{9}$")
    name: dict[str, str]


class SeedParty(_Strict):
    """A party. `parent`: identifier of the main unit, for a system user of its organisation; `alias`: its short name
    on the command line."""

    party_id: int = Field(gt=0)
    uuid: UUID
    kind: PartyKind
    identifier: str = Field(min_length=1)
    name: str
    alias: str | None = None
    parent: str | None = None


class SeedRoles(_Strict):
    """What a subject is to a party; both by identifier."""

    subject: str
    party: str
    codes: tuple[_Code, ...]
    kind: Literal["rolecode", "accesspackage", "external-role"] = "rolecode"
    source: Literal["register", "client", "delegation"] = "register"


class Seed(_Strict):
    """A whole seed file."""

    service_owners: tuple[SeedOwner, ...] = ()
    parties: tuple[SeedParty, ...] = ()
    roles: tuple[SeedRoles, ...] = ()

    def named(self, name: str) -> SeedParty | None:
        """The party with this alias or identifier."""
        return next((party for party in self.parties if name in (party.alias, party.identifier)), None)


@cache
def built_in() -> Seed:
    """The parties of development (security rules §1.8)."""
    return Seed.model_validate_json(files("dialog_graph.storage").joinpath("seed_parties.json").read_bytes())


def read(path: Path | None) -> Seed:
    """The seed of a file, or the built-in one. Raises `ValueError` that tells what is wrong, and `OSError`."""
    return Seed.model_validate_json(path.read_bytes()) if path else built_in()


_WRITE_OWNERS = """
insert into dg.service_owner (org, organisation_number, name)
select org, organisation_number, name from jsonb_to_recordset($1) as s (org text, organisation_number text, name jsonb)
on conflict (org) do update set organisation_number = excluded.organisation_number, name = excluded.name
"""

_WRITE_PARTIES = """
insert into dg.party (party_id, uuid, kind, identifier, name, parent_id)
select s.party_id, s.uuid, s.kind, s.identifier, s.name,
       coalesce(p.party_id, (select known.party_id from dg.party known where known.identifier = s.parent))
  from jsonb_to_recordset($1) as s (party_id int, uuid uuid, kind text, identifier text, name text, parent text)
  left join jsonb_to_recordset($1) as p (party_id int, identifier text) on p.identifier = s.parent
on conflict (party_id) do update
   set uuid = excluded.uuid, kind = excluded.kind, identifier = excluded.identifier, name = excluded.name,
       parent_id = excluded.parent_id
"""

# The number of the next party that is made without one lies above those given.
_MOVE_SEQUENCE = """
select setval(pg_get_serial_sequence('dg.party', 'party_id'), greatest(max(party_id), 1)) from dg.party
"""

# `source` tells what came from a seed: roles from elsewhere have other sources.
_WRITE_ROLES = """
with wanted as (
    select s.party_id as subject_id, p.party_id, r.kind as role_kind, c.code as role_code, 'seed:' || r.source as source
      from jsonb_to_recordset($1) as r (subject text, party text, kind text, source text, codes jsonb)
     cross join jsonb_array_elements_text(r.codes) as c (code)
      join dg.party s on s.identifier = r.subject
      join dg.party p on p.identifier = r.party
),
gone as (
    delete from dg.party_role r
     where r.source like 'seed:%' and not exists (
           select from wanted w
            where (w.subject_id, w.party_id, w.role_kind, w.role_code)
                = (r.subject_id, r.party_id, r.role_kind, r.role_code))
    returning r.subject_id
),
new as (
    insert into dg.party_role (subject_id, party_id, role_kind, role_code, source)
    select * from wanted
    on conflict (subject_id, party_id, role_kind, role_code) do nothing
    returning subject_id
)
insert into dg.subject_epoch as e (subject_id)
select subject_id from gone union select subject_id from new
on conflict (subject_id) do update set epoch = e.epoch + 1
"""


def wanted(settings: Settings) -> Seed:
    """The seed that the settings ask for: their file, else the built-in parties in development and none elsewhere."""
    return Seed() if settings.parties is None and not settings.is_development else read(settings.parties)


async def write(connection: asyncpg.Connection, seed: Seed, key_roles: tuple[str, ...]) -> None:
    """Writes the register and the list of key roles in one transaction. `connection`: logged in as dg_owner, with the
    jsonb codec of `database.prepare_connection`."""
    async with connection.transaction():
        stored = seed.model_dump(mode="json")
        await connection.execute(_WRITE_OWNERS, stored["service_owners"])
        await connection.execute(_WRITE_PARTIES, stored["parties"])
        await connection.fetchval(_MOVE_SEQUENCE)
        await connection.execute("delete from dg.key_role where role_code <> all ($1::text[])", list(key_roles))
        await connection.execute(
            "insert into dg.key_role select unnest($1::text[]) on conflict do nothing", list(key_roles)
        )
        await connection.execute(_WRITE_ROLES, stored["roles"])
