"""The data of the benchmarks: seeded, and skewed like reality: a few parties with many dialogs, most with 3 to 10.

Template instances are made by the product's own commands, so their rows are what the reads accept; `sql/population.sql`
copies them under new ids, parties, times and titles. Events are not copied: nothing measured here reads them.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from itertools import count
from uuid import UUID

import asyncpg

SQL = resources.files("tests.benchmarks").joinpath("sql/population.sql").read_text(encoding="utf-8")

FIRST_PARTY = 1_000_001
LARGEST_SHARE = 0.25
"""Part of all dialogs that the largest party has; each further large one has half as many, down to `SMALLEST_LARGE`."""
SMALLEST_LARGE = 150
BANDS = {"draft": (0.0, 0.15), "confirming": (0.15, 0.25), "done": (0.25, 1.01)}
"""Which part of the dialogs are copies of which template."""
NEWEST = datetime(2026, 3, 1, tzinfo=UTC)
"""No dialog of the population is newer."""
SOURCE = "benchmark"
"""Source of the roles, so that the register of seed parties leaves them alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """An instance that the product made, with its dialog."""

    instance_id: UUID
    dialog_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to make. `pools`: name -> number of instances at the first task that may be advanced once each."""

    dialogs: int
    seed: int
    reader: int
    other_reader: int
    pools: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One made party. `urn`: as inputs name it; `pool`: None for those of the inbox."""

    party_id: int
    number: str
    dialogs: int
    pool: str | None = None

    @property
    def urn(self) -> str:
        """The party's URN."""
        return f"urn:altinn:organization:identifier-no:{self.number}"


_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)
_FIRST_NUMBER = 31_200_000


def organisation_numbers() -> Iterator[str]:
    """Valid organisation numbers: eight digits and the control digit, where there is one."""
    for stem in count(_FIRST_NUMBER):
        rest = -sum(int(digit) * weight for digit, weight in zip(str(stem), _WEIGHTS, strict=True)) % 11
        if rest < 10:
            yield f"{stem}{rest}"


def sizes(dialogs: int, chance: random.Random) -> list[int]:
    """How many dialogs each party has, largest first."""
    found: list[int] = []
    large = int(dialogs * LARGEST_SHARE)
    while large >= SMALLEST_LARGE:
        found.append(large)
        large //= 2
    left = dialogs - sum(found)
    while left > 0:
        found.append(min(left, chance.randint(3, 10)))
        left -= found[-1]
    return found


def parties(plan: Plan) -> list[Party]:
    """The parties of the inbox, then one per pool."""
    numbers = organisation_numbers()
    chance = random.Random(plan.seed)
    wanted: list[tuple[int, str | None]] = [(size, None) for size in sizes(plan.dialogs, chance)]
    wanted += [(size, name) for name, size in plan.pools.items()]
    return [
        Party(party_id=FIRST_PARTY + n, number=next(numbers), dialogs=size, pool=pool)
        for n, (size, pool) in enumerate(wanted)
    ]


_SCHEMA = """
drop schema if exists bench cascade;
create schema bench;
create table bench.setting (seed bigint, reader int, other_reader int, newest timestamptz);
create table bench.template (kind text, instance_id uuid, dialog_id uuid, band_from float8, band_to float8);
create table bench.size (party_id int primary key, dialogs int, pool text);
"""

_ROLES = """
insert into dg.party_role (subject_id, party_id, role_kind, role_code, source)
select $1, unnest($2::int[]), 'rolecode', 'DAGL', $3
"""

_EPOCH = """
insert into dg.subject_epoch as e (subject_id) values ($1)
on conflict (subject_id) do update set epoch = e.epoch + 1
"""


async def populate(
    connection: asyncpg.Connection, plan: Plan, templates: Mapping[str, Template]
) -> tuple[Sequence[Party], float]:
    """Fills the tables; gives the parties and the seconds it took. `connection`: a superuser's, without row security.

    The reader is made managing director of the large parties, of ten small ones and of those of the pools.
    """
    begun = time.perf_counter()
    made = parties(plan)
    await connection.execute(_SCHEMA)
    await connection.execute(
        "insert into bench.setting values ($1, $2, $3, $4)", plan.seed, plan.reader, plan.other_reader, NEWEST
    )
    await connection.executemany(
        "insert into bench.template values ($1, $2, $3, $4, $5)",
        [(kind, item.instance_id, item.dialog_id, *BANDS[kind]) for kind, item in templates.items()],
    )
    await _register(connection, plan, made)
    await connection.execute(SQL)
    await connection.execute("vacuum (analyze)")
    await connection.execute("checkpoint")
    return made, time.perf_counter() - begun


async def _register(connection: asyncpg.Connection, plan: Plan, made: Sequence[Party]) -> None:
    await connection.executemany(
        "insert into dg.party (party_id, uuid, kind, identifier, name) values ($1, $2, 'ORGANISATION', $3, $4)",
        [(item.party_id, UUID(int=item.party_id), item.number, f"Bedrift {item.number} AS") for item in made],
    )
    await connection.executemany(
        "insert into bench.size values ($1, $2, $3)", [(item.party_id, item.dialogs, item.pool) for item in made]
    )
    own = [item for item in made if item.dialogs >= SMALLEST_LARGE or item.pool is not None]
    small = [item for item in made if item not in own][:10]
    await connection.execute(_ROLES, plan.reader, [item.party_id for item in (*own, *small)], SOURCE)
    await connection.execute(_EPOCH, plan.reader)
