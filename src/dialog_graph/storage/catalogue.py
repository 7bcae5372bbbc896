"""App versions: registered in the database, compiled once per process and kept in memory.

The database keeps the files of a version, never a compiled form; a process compiles a version when it first meets it.
Which version of an app is active is kept in memory too, for as long as the catalogue's generation, which every
transaction reads with its context, stays the same: so a withdrawn right is gone with the next transaction, and a step
asks the database for no version at all. A version that this program no longer compiles is refused with INTEGRITY
wherever somebody needs it, and harms nobody else. Rules: app folder §1.6, joins §1 rule 4.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from uuid import UUID

from dialog_graph.apps.files import Files
from dialog_graph.apps.version import AppVersion
from dialog_graph.errors import NOT_FOUND, Refusal, Refused
from dialog_graph.model.diagnostic import Diags, has_errors
from dialog_graph.model.instance import Instance
from dialog_graph.model.principal import PrincipalKind
from dialog_graph.storage import app_versions, start_timers
from dialog_graph.storage.compiled import MAX_COMPILED, Broken, Compiled, CompiledVersions, Outcome
from dialog_graph.storage.database import Snapshot, Transaction
from dialog_graph.urns import AppId

_log = logging.getLogger(__name__)

Loader: TypeAlias = Callable[[Files, str], "tuple[AppVersion | None, Diags]"]
"""`apps.load(files, environment)`: the compiled version, and everything there is to say about the folder."""


Loaded: TypeAlias = "tuple[AppVersion | None, Diags]"
"""What a loader makes of files."""


class BrokenVersion(Refused):
    """Files in the database that this program does not compile, although they were compiled when stored (INTEGRITY)."""

    def __init__(self, reason: str) -> None:
        super().__init__(Refusal(code="INTEGRITY", expected="an app version that this program compiles", actual=reason))


@dataclass(slots=True)
class _Active:
    """The active version of every app, the resource of each app, and once asked for all of them compiled."""

    versions: Mapping[AppId, UUID]
    resources: Mapping[AppId, int]
    by_resource: dict[int, AppVersion] | None = None


_ACTIVE = """
select v.app_id, v.version_id, r.resource_id
  from app_version v join resource r on r.identifier = 'app_' || replace(v.app_id, '/', '_')
 where v.is_active
"""


class Catalogue:
    """The app versions of one process. `load` compiles files for `environment`; `bound`: versions kept in memory.

    `compile`: as `load`, for files that have been registered, whose findings are known; without one `load`.
    """

    def __init__(
        self, load: Loader, environment: str, bound: int = MAX_COMPILED, compile: Loader | None = None
    ) -> None:
        self._load = load
        self._compile_known = compile or load
        self._environment = environment
        self._compiled = CompiledVersions(bound)
        self._active: tuple[int, _Active] | None = None

    async def load(self, files: Files) -> Loaded:
        """What these files would be as a version here; nothing is stored."""
        return await asyncio.to_thread(self._load, files, self._environment)

    async def active(self, tx: Snapshot, app_id: AppId) -> AppVersion:
        """The version that new instances get. Refuses with NOT_FOUND when the app has none."""
        return (await self._active_compiled(tx, app_id)).version

    async def policy(self, tx: Snapshot, app_id: AppId) -> AppVersion:
        """The version whose policy counts: always the newest active one, also for old instances."""
        return await self.active(tx, app_id)

    async def version(self, tx: Snapshot, version_id: UUID) -> AppVersion:
        """A pinned version: process, models, logic and validation of an instance that began with it."""
        return (await self._version(tx, version_id)).version

    async def presentation(self, tx: Snapshot, instance: Instance) -> AppVersion:
        """The version whose texts, layouts and options an instance shows: the active one while that still has the
        current tasks and the same form models, else the pinned one."""
        pinned = await self._version(tx, instance.version_id)
        newest_id = (await self._actives(tx)).versions.get(instance.app_id)
        if newest_id is None or newest_id == instance.version_id:
            return pinned.version
        newest = await self._version(tx, newest_id)
        has_tasks = all(newest.version.task_element(task.element_id) for task in instance.open_tasks)
        has_models = all(newest.models.get(name) == digest for name, digest in pinned.models.items())
        return newest.version if has_tasks and has_models else pinned.version

    async def filled_in(self, tx: Snapshot, instance: Instance) -> AppVersion:
        """The pinned version with the forms that are shown: by what a reader fills in is also checked what is filled
        in. Nobody can give what a form asks for that they do not see, nor should pass what theirs marks as required."""
        pinned = await self._version(tx, instance.version_id)
        return pinned.version.with_forms_of(await self.presentation(tx, instance))

    async def all_active(self, tx: Snapshot) -> dict[int, AppVersion]:
        """The active version of every app, by resource id; shared, so not to be changed.

        An app whose files this program no longer compiles is left out.
        """
        actives = await self._actives(tx)
        if actives.by_resource is None:
            found = {app_id: await self._unless_broken(tx, id_) for app_id, id_ in actives.versions.items()}
            actives.by_resource = {actives.resources[app_id]: v for app_id, v in found.items() if v is not None}
        return actives.by_resource

    async def _unless_broken(self, tx: Snapshot, version_id: UUID) -> AppVersion | None:
        try:
            return await self.version(tx, version_id)
        except BrokenVersion:
            return None

    async def resource_id(self, tx: Snapshot, app_id: AppId) -> int:
        """What `resource_id` columns hold for an app. Refuses with NOT_FOUND when the app has no active version."""
        found = (await self._actives(tx)).resources.get(app_id)
        if found is None:
            raise Refused(NOT_FOUND)
        return found

    async def _active_compiled(self, tx: Snapshot, app_id: AppId) -> Compiled:
        version_id = (await self._actives(tx)).versions.get(app_id)
        if version_id is None:
            raise Refused(NOT_FOUND)
        return await self._version(tx, version_id)

    async def _actives(self, tx: Snapshot) -> _Active:
        if self._active is not None and self._active[0] == tx.generation:
            return self._active[1]
        rows = await tx.fetch(_ACTIVE)
        app_ids = {row["app_id"]: AppId(*row["app_id"].split("/")) for row in rows}
        found = _Active(
            {app_ids[row["app_id"]]: row["version_id"] for row in rows},
            {app_ids[row["app_id"]]: row["resource_id"] for row in rows},
        )
        if self._active is None or self._active[0] < tx.generation:
            self._active = (tx.generation, found)
            self._compiled.keep(found.versions.values())
        return found

    async def _version(self, tx: Snapshot, version_id: UUID) -> Compiled:
        found = self._compiled.find(version_id)
        if found is None:
            row = await tx.fetchrow(
                "select ordinal, files, diagnostics from app_version where version_id = $1", version_id
            )
            if row is None:
                raise Refused(NOT_FOUND)
            found = self._compiled.begin(version_id, lambda: self._compile(version_id, row))
        # Several may wait for one compilation, and one of them may be cancelled.
        outcome = await asyncio.shield(found)
        if isinstance(outcome, Broken):
            raise BrokenVersion(outcome.reason)
        return outcome

    def _compile(self, version_id: UUID, row: Mapping[str, Any]) -> Outcome:
        """Findings are those of the registration: some of them only the folder shows."""
        ordinal: int = row["ordinal"]
        try:
            files = Files.from_archive(row["files"])
        except ValueError as fault:
            return _broken(f"the files of version {version_id} cannot be unpacked: {fault}")
        version, diagnostics = self._compile_known(files, self._environment)
        if version is None:
            codes = ", ".join(sorted({diagnostic.code for diagnostic in diagnostics if diagnostic.is_error}))
            return _broken(f"version {ordinal} of {files.place} has {codes}")
        told = app_versions.stored_diagnostics(row["diagnostics"])
        return _numbered(replace(version, diagnostics=told), version_id, ordinal, files)

    async def register(self, tx: Transaction, files: Files, loaded: "Loaded | None" = None) -> UUID:
        """Stores a version of the app whose worker the transaction's principal is, and activates it.

        `loaded`: what `load` has made of the files, where that is known. Files that are known already are not stored
        again; a version with errors is stored, but the active one stays. Version, resource, policy rows, start timers
        and everybody's grants change in this one transaction. Other transactions of this process see it after the
        commit; this one reads the catalogue as it was before.
        """
        version, diagnostics = loaded or await self.load(files)
        app_id = version.app_id if version else files.place
        _demand_worker_of(tx, app_id)
        # One registration of an app at a time, or two would take the same ordinal.
        await tx.execute("select pg_advisory_xact_lock(hashtextextended('dg.app:' || $1::text, 0))", str(app_id))
        version_id, ordinal = await app_versions.store(tx, app_id, files, diagnostics)
        if version is not None:
            self._compiled.put(version_id, _numbered(version, version_id, ordinal, files))
        if version is None or has_errors(diagnostics):
            return version_id
        if await app_versions.activate(tx, app_id, version_id):
            resource_id = await app_versions.write_resource(tx, version)
            await app_versions.write_policy(tx, resource_id, version.policy)
            await tx.execute("update catalogue_generation set generation = generation + 1")
        await start_timers.arrange(tx, version)
        return version_id


def _broken(reason: str) -> Broken:
    """Told once for each process: later only those who need the version hear of it."""
    _log.error("expected an app version that this program compiles, but %s", reason)
    return Broken(reason)


def _demand_worker_of(tx: Transaction, app_id: AppId) -> None:
    principal = tx.principal
    if principal.kind is not PrincipalKind.APP_WORKER or (principal.org, principal.app) != (app_id.org, app_id.app):
        raise ValueError(f"expected the worker of {app_id} to register it, but it is {principal.org}/{principal.app}")


def _numbered(version: AppVersion, version_id: UUID, ordinal: int, files: Files) -> Compiled:
    numbered = replace(version, version_id=version_id, ordinal=ordinal)
    return Compiled(numbered, _model_digests(numbered, files))


def _model_digests(version: AppVersion, files: Files) -> dict[str, str]:
    def digest(*paths: str | None) -> str:
        found = (files.contents.get(path or "") for path in paths)
        return ":".join(hashlib.sha256(content or b"").hexdigest() for content in found)

    return {name: digest(model.schema_file, model.xsd_file) for name, model in version.models.items()}
