"""What one run of the benchmarks stands on: a folder, a durable database, template instances, tokens.

The server under test adopts the same embedded cluster, because it is given the same data folder.
"""

import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from dialog_graph.access import dev_issuer
from dialog_graph.access.dev_issuer import TokenRequest
from dialog_graph.access.key_files import KeyFiles
from dialog_graph.access.keys import Keys
from dialog_graph.errors import Refusal
from dialog_graph.settings import Settings
from dialog_graph.storage import seed
from dialog_graph.storage.bootstrap import DATABASE, make_ready
from dialog_graph.storage.embedded import Address, EmbeddedPostgres
from dialog_graph.storage.logins import Logins
from dialog_graph.testing.app_test import AppTest, opened
from dialog_graph.testing.case import Case
from tests.benchmarks.failures import BenchmarkFailed
from tests.benchmarks.population import Party, Plan, Template, populate
from tests.benchmarks.processes import parent_of
from tests.benchmarks.recorded import Step, record

APPS = Path(__file__).resolve().parents[2] / "apps"
APP = "ttd/grant-application"
READER = "kari"
OTHER_READER = "ola"
BAKERY = "urn:altinn:organization:identifier-no:310001015"
FORM: Mapping[str, object] = {
    "applicant": {"name": "Kari Lund", "email": "kari@example.test", "phone": "+47 400 00 000"},
    "project": {
        "title": "Nye benker",
        "description": "Vi setter ut ti benker langs turveien, med tilgang for rullestol.",
        "start": "2026-05-01",
        "end": "2026-09-30",
    },
    "amount": 85000,
    "budget": [
        {"purpose": "Benker", "cost": 60000, "funding": "grant"},
        {"purpose": "Montering", "cost": 25000, "funding": "grant"},
        {"purpose": "Dugnad", "cost": 15000, "funding": "own"},
    ],
}
PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """An open database with its population. `step`: what the step data → confirmation writes, as recorded."""

    folder: Path
    settings: Settings
    address: Address
    connection: asyncpg.Connection
    postmaster: int
    token: str
    secret: bytes
    parties: Sequence[Party]
    step: Step
    seconds_to_populate: float

    @property
    def large(self) -> Sequence[Party]:
        """Parties of the inbox that fill a page of 100, largest first."""
        return [party for party in self.parties if party.pool is None and party.dialogs >= 150]

    def pool(self, name: str) -> Party:
        """The party that holds a pool."""
        return next(party for party in self.parties if party.pool == name)


def new_folder() -> Path:
    """A folder for one run. Started by root, the database runs as somebody else, who must be able to pass."""
    folder = Path(tempfile.mkdtemp(prefix="dg-bench-"))
    folder.chmod(0o711)
    return folder


def reader_id(name: str) -> int:
    """Party id of a person of the seed register."""
    found = seed.built_in().named(name)
    assert found is not None, "the seed register has this person"
    return found.party_id


@asynccontextmanager
async def open_house(plan: Plan) -> AsyncGenerator[House, None]:
    """Starts a durable cluster in a new folder and populates it; all of it goes away with the block."""
    folder = new_folder()
    settings = Settings(data=folder / "data", blobs=str(folder / "data" / "blobs"), keys=folder / "data" / "keys")
    postgres = EmbeddedPostgres(settings.data, durable=True, report=lambda _: None)
    try:
        address = postgres.start()
        logins = await make_ready(address, settings)
        async with _superuser(address) as connection:
            templates, step = await _templates(connection, logins, settings)
            parties, seconds = await populate(connection, plan, templates)
            yield House(
                folder=folder,
                settings=settings,
                address=address,
                connection=connection,
                postmaster=parent_of(await connection.fetchval("select pg_backend_pid()")),
                token=_token(settings),
                secret=_keys(settings).secret("signed-urls"),
                parties=parties,
                step=step,
                seconds_to_populate=seconds,
            )
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _superuser(address: Address) -> AsyncGenerator[asyncpg.Connection, None]:
    connection = await asyncpg.connect(**address.connect_kwargs(DATABASE, address.user))
    try:
        yield connection
    finally:
        await connection.close()


def _keys(settings: Settings) -> Keys:
    return Keys(KeyFiles(settings.keys, create=True))


def _token(settings: Settings) -> str:
    issued = dev_issuer.issue(_keys(settings), seed.built_in(), TokenRequest(key=READER), int(time.time()))
    if isinstance(issued, Refusal):
        raise BenchmarkFailed(issued.message)
    return issued


async def _templates(
    connection: asyncpg.Connection, logins: Logins, settings: Settings
) -> tuple[dict[str, Template], Step]:
    """Instances at each place of the process, made by the product's own commands; and the step between the first two,
    as it was seen to be written."""
    async with opened(APPS / APP, logins, settings.data) as app:
        draft, moving = await _filled(app), await _filled(app)
        step = await record(connection, moving.id, moving.complete)
        done = await _done(app)
        kinds = {"draft": draft, "confirming": moving, "done": done}
        return {kind: await _template(case) for kind, case in kinds.items()}, step


async def _filled(app: AppTest, *, files: int = 0) -> Case:
    case = await app.as_person(READER).instantiate(BAKERY)
    await case.fill("application", FORM)
    for n in range(files):
        await case.upload("documentation", PDF, "application/pdf", f"vedlegg-{n + 1}.pdf")
    return case


async def _done(app: AppTest) -> Case:
    case = await (await (await _filled(app, files=2)).complete()).complete()
    await case.by(app.as_org().principal).confirm_receipt()
    return case


async def _template(case: Case) -> Template:
    return Template(instance_id=case.id, dialog_id=(await case.dialog()).dialog_id)
