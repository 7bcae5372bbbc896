"""A small server without its edge: ports over one database, the app of a change of address, and people who use it."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from dialog_graph.access.egress import Egress
from dialog_graph.access.key_files import KeyFiles
from dialog_graph.access.keys import Keys
from dialog_graph.access.scopes import INSTANCES_READ, INSTANCES_WRITE
from dialog_graph.apps import Files, load, read_folder
from dialog_graph.commands.advance_process import AdvanceProcess, advance_process
from dialog_graph.commands.confirm_receipt import ConfirmReceipt, confirm_receipt
from dialog_graph.commands.instantiate import Instantiate, instantiate
from dialog_graph.commands.set_substatus import SetSubstatus, set_substatus
from dialog_graph.commands.write_form_data import WriteFormData, write_form_data
from dialog_graph.model.event import Event
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import app_worker
from dialog_graph.ports import Ports
from dialog_graph.settings import Settings
from dialog_graph.storage.blobs import Blobs
from dialog_graph.storage.catalogue import Catalogue
from dialog_graph.storage.database import Database, Options
from dialog_graph.storage.doorbell import Doorbell
from dialog_graph.storage.logins import Logins
from tests.integration.rows import KARI, person, service_owner

APPS = Path(__file__).resolve().parents[2] / "apps"
APP = "ttd/change-of-address"
_SCOPES = frozenset({INSTANCES_READ, INSTANCES_WRITE})
OWNER = replace(service_owner("ttd"), scopes=_SCOPES)
NEIGHBOUR = replace(service_owner("nabo"), scopes=_SCOPES)
KARI_URN = "urn:altinn:person:identifier-no:12887230143"
OLA_URN = "urn:altinn:person:identifier-no:01817510120"
ADDRESS: Json = {"movingDate": "2026-12-01", "newAddress": {"street": "Ny vei 1", "postalCode": "0150", "city": "Oslo"}}
URN_OF = {50001: KARI_URN, 50002: OLA_URN}


@dataclass(frozen=True)
class World:
    """Ports, and what people do with the app."""

    ports: Ports

    async def started(self, subject_id: int = KARI) -> UUID:
        """A new instance of the person's own."""
        given = Instantiate(application=APP, party=URN_OF[subject_id])
        return (await instantiate(self.ports, person(subject_id), given)).instance_id

    async def sent_in(self, subject_id: int = KARI) -> UUID:
        """An instance whose process has ended."""
        instance_id = await self.started(subject_id)
        form = WriteFormData(instance_id=instance_id, data_type="address", data=ADDRESS)
        await write_form_data(self.ports, person(subject_id), form)
        await advance_process(self.ports, person(subject_id), AdvanceProcess(instance_id=instance_id))
        return instance_id

    async def noted(self, instance_id: UUID, label: str) -> None:
        """The owner says where the case stands: one event `app.instance.substatus.changed` with the label."""
        await set_substatus(self.ports, OWNER, SetSubstatus(instance_id=instance_id, label=label))

    async def confirmed(self, instance_id: UUID) -> None:
        await confirm_receipt(self.ports, OWNER, ConfirmReceipt(instance_id=instance_id))


@asynccontextmanager
async def world_of(logins: Logins, folder: Path) -> AsyncGenerator[World]:
    """A world over a fresh database; `folder`: where keys and blobs go."""
    settings = Settings(data=folder)
    doorbell, egress = Doorbell(), Egress(settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(egress.close)
        database = await Database.open(logins, Options(pool_min=0, ring=doorbell.ring))
        stack.push_async_callback(database.close)
        ports = Ports(
            settings=settings,
            database=database,
            catalogue=Catalogue(load, "development"),
            blobs=Blobs(folder / "blobs"),
            keys=Keys(KeyFiles(folder / "keys", create=True)),
            egress=egress,
            doorbell=doorbell,
            random_bytes=os.urandom,
        )
        await _register(ports)
        yield World(ports)


async def _register(ports: Ports) -> None:
    files = await asyncio.to_thread(read_folder, APPS / APP, APPS)
    assert isinstance(files, Files)
    async with ports.database.transaction(app_worker(*APP.split("/"))) as tx:
        await ports.catalogue.register(tx, files)


async def taken(stream: AsyncIterator[Event], count: int) -> list[Event]:
    """The next events of a stream; a test that waits for one that never comes fails here."""
    async with asyncio.timeout(20):
        return [await anext(stream) for _ in range(count)]


def labels(found: list[Event]) -> list[str]:
    """What `World.noted` has said, in order."""
    return [str(event.data["label"]) for event in found if event.type == "app.instance.substatus.changed"]
