"""One app on a fresh database, and the callers who use it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from dialog_graph import apps, urns
from dialog_graph.access.claim_rules import ORG_URN
from dialog_graph.apps.task_kinds import NO_SERVICES
from dialog_graph.commands.instantiate import Instantiate, instantiate
from dialog_graph.model.principal import Principal, PrincipalKind, app_worker
from dialog_graph.model.service_task import ServiceHandler
from dialog_graph.ports import Ports
from dialog_graph.server import ports_of
from dialog_graph.settings import Settings
from dialog_graph.storage import instances, seed
from dialog_graph.storage.database import Options
from dialog_graph.storage.logins import Logins
from dialog_graph.testing.case import Case
from dialog_graph.urns import AppId

PERSON_LEVEL = 4
ORG_LEVEL = 3
ORG_SCOPES = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write"


class BrokenApp(Exception):
    """The app has errors; the text is what the linter says."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who uses the app."""

    ports: Ports
    app_id: AppId
    principal: Principal

    async def instantiate(self, party: str | None = None, prefill: Mapping[str, Any] | None = None) -> Case:
        """Starts the app, for oneself or for the party of a URN."""
        values = None if prefill is None else dict(prefill)
        given = Instantiate(application=str(self.app_id), party=party or self.principal.urn, prefill=values)
        result = await instantiate(self.ports, self.principal, given)
        return await self.open(result.instance_id)

    async def open(self, instance_id: UUID) -> Case:
        """An instance that is there already."""
        async with self.ports.database.snapshot(self.principal) as snapshot:
            found = await instances.load(snapshot, [instance_id], documents=True)
        return Case(self.ports, self.principal, found[0])


@dataclass(frozen=True, slots=True)
class AppTest:
    """An app that is registered and ready."""

    ports: Ports
    version: apps.AppVersion

    def as_person(self, name: str = "kari", level: int = PERSON_LEVEL) -> Caller:
        """A person of the seed register, by alias or number."""
        found = seed.built_in().named(name)
        if found is None:
            raise LookupError(f"expected a party of the seed register, but {name!r} is none")
        principal = Principal(
            kind=PrincipalKind.PERSON,
            urn=urns.PERSON + found.identifier,
            level=level,
            name=found.name,
            subject_id=found.party_id,
        )
        return Caller(self.ports, self.version.app_id, principal)

    def as_org(self, code: str | None = None) -> Caller:
        """A service owner; without a code the one that owns the app."""
        org = code or self.version.app_id.org
        owner = next(item for item in seed.built_in().service_owners if item.org == org)
        principal = Principal(
            kind=PrincipalKind.SERVICE_OWNER,
            urn=f"{ORG_URN}{org}",
            level=ORG_LEVEL,
            org=org,
            organisation_number=owner.organisation_number,
            scopes=frozenset(ORG_SCOPES.split()),
        )
        return Caller(self.ports, self.version.app_id, principal)

    async def beside(self, folder: str | Path) -> "AppTest":
        """Another app on the same database: one that this one calls, or that tells it something. Raises `BrokenApp`."""
        return await with_app(self.ports, files_of(folder_of(folder)))


@asynccontextmanager
async def opened(
    folder: Path, logins: Logins, data: Path, services: Mapping[str, ServiceHandler] = NO_SERVICES
) -> AsyncGenerator[AppTest, None]:
    """The app of a folder on the database of `logins`; files and keys go below `data`. Raises `BrokenApp`.

    `services`: the code of task types that the product has none for.
    """
    files = files_of(folder)
    settings = Settings(data=data, blobs=str(data / "blobs"), keys=data / "keys")
    async with ports_of(settings, logins, Options(pool_min=0), services) as ports:
        yield await with_app(ports, files)


def folder_of(folder: str | Path) -> Path:
    """The folder with its whole path: the name of the app and of its org stand in it."""
    return Path(folder).resolve()


def files_of(folder: Path) -> apps.Files:
    """The files of an app's folder, which lies below its org's. Raises `BrokenApp`."""
    files = apps.read_folder(folder, folder.parent.parent)
    if not isinstance(files, apps.Files):
        raise BrokenApp("\n".join(item.message for item in files))
    return files


async def with_app(ports: Ports, files: apps.Files) -> AppTest:
    """Registers the app. Raises `BrokenApp` where it has errors."""
    version, diagnostics = await ports.catalogue.load(files)
    if version is None or not version.can_be_activated:
        raise BrokenApp("\n".join(f"{item.file}:{item.line} {item.code} {item.message}" for item in diagnostics))
    async with ports.database.transaction(app_worker(version.app_id.org, version.app_id.app)) as tx:
        await ports.catalogue.register(tx, files)
    return AppTest(ports, version)


__all__ = ["AppTest", "BrokenApp", "Caller", "files_of", "folder_of", "opened", "with_app"]
