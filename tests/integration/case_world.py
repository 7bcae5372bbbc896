"""The rich app on a real database, and people who use it through the commands."""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from dialog_graph import urns
from dialog_graph.access.egress import Egress
from dialog_graph.access.key_files import KeyFiles
from dialog_graph.access.keys import Keys
from dialog_graph.apps import Files, load
from dialog_graph.commands.add_data_element import Upload, UploadResult, add_data_element, check_upload
from dialog_graph.commands.advance_process import AdvanceProcess, advance_process
from dialog_graph.commands.instantiate import Instantiate, instantiate
from dialog_graph.commands.write_form_data import WriteFormData, write_form_data
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.instance import DataElement, Instance
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Principal, PrincipalKind, app_worker
from dialog_graph.ports import Ports
from dialog_graph.settings import Settings
from dialog_graph.storage import instances, seed
from dialog_graph.storage.blobs import Blobs
from dialog_graph.storage.catalogue import Catalogue
from dialog_graph.storage.database import Database, Options
from dialog_graph.storage.doorbell import Doorbell
from dialog_graph.storage.logins import Logins
from tests.integration.case_app import APP, OTHER, files_of, twofold
from tests.integration.rows import as_superior

SCOPES = frozenset({"altinn:serviceowner/instances.read", "altinn:serviceowner/instances.write"})
FORM: dict[str, Json] = {"name": "Kari"}


def _found(name: str) -> seed.SeedParty:
    return next(item for item in seed.built_in().parties if name in (item.alias, item.name.split()[0].lower()))


def urn_of(name: str) -> str:
    """URN of a seed party by alias, or by the first word of its name."""
    party = _found(name)
    return (urns.PERSON if party.kind == "PERSON" else urns.ORGANISATION) + party.identifier


def party_id_of(name: str) -> int:
    return _found(name).party_id


def person(name: str, level: int = 4) -> Principal:
    """A person of the register."""
    party = _found(name)
    return Principal(
        kind=PrincipalKind.PERSON, urn=urn_of(name), level=level, subject_id=party.party_id, name=party.name
    )


def owner(org: str = "ttd", scopes: frozenset[str] = SCOPES) -> Principal:
    """A service owner with both scopes."""
    return Principal(kind=PrincipalKind.SERVICE_OWNER, urn=f"urn:altinn:org:{org}", level=3, org=org, scopes=scopes)


KARI, OLA, MARI, JON, ANNE = (person(name) for name in ("kari", "ola", "mari", "jon", "anne"))
TTD, NABO = owner(), owner("nabo")

_STATE = """
select jsonb_build_object(
    'instance', (select to_jsonb(i) from dg.instance i where instance_id = $1),
    'tasks', (select jsonb_agg(to_jsonb(t) order by position) from dg.process_task t where instance_id = $1),
    'data', (select jsonb_agg(to_jsonb(e) order by element_id) from dg.data_element e where instance_id = $1),
    'events', (select jsonb_agg(to_jsonb(e) order by seq) from dg.event e where instance_id = $1),
    'confirmations', (select jsonb_agg(to_jsonb(c)) from dg.confirmation c where instance_id = $1),
    'dialog', (select to_jsonb(d) from dg.dialog d where instance_id = $1),
    'detail', (select to_jsonb(d) from dg.dialog_detail d where instance_id = $1),
    'seen', (select jsonb_agg(to_jsonb(d) order by seen_at) from dg.dialog_seen d where instance_id = $1),
    'timers', (select jsonb_agg(to_jsonb(w) order by timer_id) from dg.timer w where instance_id = $1),
    'subscriptions', (select jsonb_agg(to_jsonb(w) order by subscription_id)
                        from dg.message_subscription w where instance_id = $1),
    'messages', (select jsonb_agg(to_jsonb(w) order by message_id) from dg.message_buffer w),
    'jobs', (select jsonb_agg(to_jsonb(w) order by job_id) from dg.job w where instance_id = $1),
    'incidents', (select jsonb_agg(to_jsonb(w) order by incident_id) from dg.incident w where instance_id = $1),
    'links', (select jsonb_agg(to_jsonb(w) order by link_id) from dg.link w where instance_id = $1),
    'keys', (select jsonb_agg(to_jsonb(k) order by key) from dg.idempotency k where scope = $1::text)
)
"""


@dataclass(frozen=True)
class World:
    """Ports, a session past row level security, and what people do with the app."""

    ports: Ports
    admin: asyncpg.Connection
    logins: Logins
    blobs: Path

    async def started(self, who: Principal = KARI, party: str = "kari", app: object = APP, **given: Any) -> UUID:
        """A new instance for the party."""
        wanted = Instantiate(application=str(app), party=urn_of(party), **given)
        return (await instantiate(self.ports, who, wanted)).instance_id

    async def filled(self, who: Principal = KARI, party: str = "kari") -> UUID:
        """An instance whose form is filled in."""
        instance_id = await self.started(who, party)
        await self.write(instance_id, who)
        return instance_id

    async def confirming(self, who: Principal = KARI, party: str = "kari") -> UUID:
        """An instance in Task_2."""
        instance_id = await self.filled(who, party)
        await self.advance(instance_id, who)
        return instance_id

    async def ended(self, who: Principal = KARI, party: str = "kari") -> UUID:
        """An instance whose process has ended."""
        instance_id = await self.confirming(who, party)
        await self.advance(instance_id, who)
        return instance_id

    async def write(self, instance_id: UUID, who: Principal = KARI, **given: Any) -> UUID:
        """Writes a form; by default the right one."""
        wanted: dict[str, Any] = {"data_type": "model", "data": FORM} | given
        result = await write_form_data(self.ports, who, WriteFormData(instance_id=instance_id, **wanted))
        return result.data_element_id

    async def advance(self, instance_id: UUID, who: Principal = KARI, **given: Any) -> None:
        await advance_process(self.ports, who, AdvanceProcess(instance_id=instance_id, **given))

    async def upload(
        self, instance_id: UUID, data_type: str | None, who: Principal = KARI, content: bytes = b"hello", **given: Any
    ) -> UploadResult:
        """As the REST route does it: asked, received, written."""
        wanted: dict[str, Any] = {"content_type": "text/plain", "filename": "a.txt"} | given
        upload = Upload(instance_id=instance_id, data_type=data_type, **wanted)
        rules = await check_upload(self.ports, who, upload)
        blob = await self.ports.blobs.receive(rules.org, _pieces(content), rules.max_bytes)
        return await add_data_element(self.ports, who, upload, blob)

    async def load(self, instance_id: UUID, who: Principal = TTD) -> Instance:
        """The instance past any policy, but with its documents."""
        async with self.ports.database.snapshot(who) as snapshot:
            return (await instances.load(snapshot, [instance_id], documents=True))[0]

    async def element(self, instance_id: UUID, data_type: str) -> DataElement:
        return next(item for item in (await self.load(instance_id)).elements if item.data_type == data_type)

    async def state(self, instance_id: UUID) -> Any:
        """Everything that is stored of the instance."""
        return await self.admin.fetchval(_STATE, instance_id)

    async def events(self, instance_id: UUID) -> list[str]:
        """Types of the instance's events, in order."""
        rows = await self.admin.fetch(
            "select type from dg.event where stream_id = $1 and audience <> 0 order by stream_seq", instance_id
        )
        return [row[0] for row in rows]

    async def refused(self, instance_id: UUID | None, act: Callable[[], Awaitable[object]]) -> Refusal:
        """The refusal of an act, which must have changed nothing."""
        before = None if instance_id is None else await self.state(instance_id)
        try:
            await act()
        except Refused as refused:
            assert instance_id is None or await self.state(instance_id) == before, "a refused command changed something"
            return refused.refusal
        raise AssertionError("expected a refusal, but the command was carried out")

    async def code(self, instance_id: UUID | None, act: Callable[[], Awaitable[object]]) -> str:
        """Code of the refusal of an act, which must have changed nothing."""
        return (await self.refused(instance_id, act)).code


async def _pieces(content: bytes) -> AsyncGenerator[bytes]:
    yield content


def ports_of(logins_database: Database, folder: Path, egress: Egress, doorbell: Doorbell) -> Ports:
    """The bundle over an open database; keys and blobs go below `folder`."""
    return Ports(
        settings=Settings(data=folder),
        database=logins_database,
        catalogue=Catalogue(load, "development"),
        blobs=Blobs(folder / "blobs"),
        keys=Keys(KeyFiles(folder / "keys", create=True)),
        egress=egress,
        doorbell=doorbell,
        random_bytes=os.urandom,
    )


@asynccontextmanager
async def world_of(
    logins: Logins, folder: Path, *, offset: timedelta = timedelta(0), apps: Sequence[Files] | None = None
) -> AsyncGenerator[World]:
    """A world over a database; `offset`: how far its clock is ahead; `apps`: what is registered."""
    async with AsyncExitStack() as stack:
        egress, doorbell = Egress(Settings(data=folder)), Doorbell()
        stack.push_async_callback(egress.close)
        database = await Database.open(logins, Options(pool_min=0, clock_offset=offset))
        stack.push_async_callback(database.close)
        ports = ports_of(database, folder, egress, doorbell)
        for files in (files_of(), twofold(), files_of(OTHER)) if apps is None else apps:
            async with database.transaction(app_worker(files.place.org, files.place.app)) as tx:
                await ports.catalogue.register(tx, files)
        admin = await as_superior(logins)
        stack.push_async_callback(admin.close)
        yield World(ports, admin, logins, folder / "blobs")
