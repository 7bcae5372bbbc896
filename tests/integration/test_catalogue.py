"""App versions: registered once, activated unless they have errors, compiled once, and pinned by instances."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from dialog_graph.apps import AppVersion, Files, load, read_folder
from dialog_graph.errors import Refused
from dialog_graph.model.diagnostic import Diagnostic, DiagnosticPlace, DiagnosticSeverity, Diags
from dialog_graph.model.instance import Instance, TaskEntry, TaskState
from dialog_graph.model.principal import ANONYMOUS, SYSTEM_ACTOR, app_worker
from dialog_graph.storage.catalogue import Catalogue
from dialog_graph.storage.database import Database
from dialog_graph.urns import AppId
from tests.integration.rows import FJORD, KARI, person

APP = AppId("ttd", "change-of-address")
FOLDER = Path(__file__).resolve().parents[2] / "apps" / "ttd" / "change-of-address"
POLICY = "config/authorization/policy.xml"
PROCESS = "config/process/process.bpmn"
TEXTS = "config/texts/resource.nb.json"


@dataclass
class CountingLoader:
    """The product's loader, and how often it was asked."""

    loaded: list[str] = field(default_factory=list[str])

    def __call__(self, files: Files, environment: str) -> tuple[AppVersion | None, Diags]:
        self.loaded.append(files.sha256)
        return load(files, environment)


def changed(files: Files, path: str, before: bytes, after: bytes) -> Files:
    """The same folder with another content of one file."""
    content = files.contents[path]
    assert before in content
    return Files(contents={**files.contents, path: content.replace(before, after)}, place=files.place)


@pytest.fixture
def folder() -> Files:
    files = read_folder(FOLDER)
    assert isinstance(files, Files)
    return files


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(CountingLoader(), "development")


async def register(database: Database, catalogue: Catalogue, files: Files) -> UUID:
    async with database.transaction(app_worker(APP.org, APP.app)) as tx:
        return await catalogue.register(tx, files)


async def active(database: Database, catalogue: Catalogue) -> AppVersion:
    async with database.snapshot(ANONYMOUS) as tx:
        return await catalogue.active(tx, APP)


async def test_a_registered_app_is_active_with_its_resource_policy_and_grants(
    database: Database, catalogue: Catalogue, folder: Files
) -> None:
    async with database.snapshot(person(KARI)) as tx:
        assert await catalogue.all_active(tx) == {}
    version_id = await register(database, catalogue, folder)
    version = await active(database, catalogue)
    assert (version.version_id, version.ordinal, version.sha256) == (version_id, 1, folder.sha256)
    async with database.snapshot(person(KARI)) as tx:
        resource_id = await catalogue.resource_id(tx, APP)
        assert await catalogue.all_active(tx) == {resource_id: version}
        assert await catalogue.policy(tx, APP) is version
        rights = await tx.fetchval("select count(*) from policy_right where resource_id = $1", resource_id)
        granted = await tx.fetch("select party_id from access_grant where resource_id = $1", resource_id)
    assert rights == len(version.policy.rows)
    assert KARI in {row["party_id"] for row in granted}


async def test_the_same_files_are_never_stored_twice(database: Database, catalogue: Catalogue, folder: Files) -> None:
    first = await register(database, catalogue, folder)
    assert await register(database, catalogue, folder) == first
    assert await register(database, Catalogue(load, "development"), folder) == first
    async with database.snapshot(ANONYMOUS) as tx:
        assert await tx.fetchval("select count(*) from app_version") == 1


async def test_other_files_are_the_next_version_and_old_files_can_come_back(
    database: Database, catalogue: Catalogue, folder: Files
) -> None:
    first = await register(database, catalogue, folder)
    newer = changed(folder, TEXTS, b'"language"', b' "language"')
    second = await register(database, catalogue, newer)
    assert (await active(database, catalogue)).ordinal == 2
    async with database.snapshot(ANONYMOUS) as tx:
        assert (await catalogue.version(tx, first)).ordinal == 1
        assert (await catalogue.version(tx, second)).ordinal == 2
    assert await register(database, catalogue, folder) == first
    assert (await active(database, catalogue)).ordinal == 1


async def test_a_version_with_errors_is_stored_and_the_active_one_stays(
    database: Database, catalogue: Catalogue, folder: Files
) -> None:
    await register(database, catalogue, folder)
    broken = changed(folder, PROCESS, b"</", b"<")
    broken_id = await register(database, catalogue, broken)
    assert (await active(database, catalogue)).ordinal == 1
    async with database.snapshot(ANONYMOUS) as tx:
        row = await tx.fetchrow("select is_active, diagnostics from app_version where version_id = $1", broken_id)
    assert row is not None
    assert not row["is_active"]
    assert "error" in {diagnostic["severity"] for diagnostic in row["diagnostics"]}


async def test_another_process_compiles_a_version_once_and_learns_of_a_new_one(
    database: Database, catalogue: Catalogue, folder: Files
) -> None:
    loader = CountingLoader()
    other = Catalogue(loader, "development")
    await register(database, catalogue, folder)
    for _ in range(3):
        assert (await active(database, other)).ordinal == 1
    assert loader.loaded == [folder.sha256]
    newer = changed(folder, TEXTS, b'"language"', b' "language"')
    await register(database, catalogue, newer)
    assert (await active(database, other)).ordinal == 2
    assert loader.loaded == [folder.sha256, newer.sha256]


async def test_a_withdrawn_right_is_gone_with_the_next_transaction(
    database: Database, catalogue: Catalogue, folder: Files
) -> None:
    await register(database, catalogue, folder)
    async with database.transaction(person(KARI)) as tx:
        assert await tx.fetchval("select count(*) from access_grant") > 0
    policy = folder.contents[POLICY]
    nobody = policy.replace(b"PRIV", b"A0212").replace(b"priv", b"a0212").replace(b"DAGL", b"A0212")
    await register(
        database, catalogue, replace(folder, contents={**folder.contents, POLICY: nobody.replace(b"dagl", b"a0212")})
    )
    async with database.transaction(person(KARI)) as tx:
        assert await tx.fetchval("select count(*) from access_grant") == 0


async def test_only_the_apps_own_worker_registers_it(database: Database, catalogue: Catalogue, folder: Files) -> None:
    for worker in (app_worker("nabo", APP.app), app_worker("ttd", "other"), person(KARI)):
        with pytest.raises(ValueError, match="expected the worker of"):
            async with database.transaction(worker) as tx:
                await catalogue.register(tx, folder)


async def test_what_is_not_there_is_not_found(database: Database, catalogue: Catalogue) -> None:
    async with database.snapshot(ANONYMOUS) as tx:
        for asked in (catalogue.active(tx, APP), catalogue.version(tx, uuid4()), catalogue.resource_id(tx, APP)):
            with pytest.raises(Refused, match="NOT_FOUND"):
                await asked


def instance_of(version_id: UUID, task: str) -> Instance:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    entry = TaskEntry(
        entry_id=uuid4(), element_id=task, type="data", entry_no=1, state=TaskState.ACTIVE, started_at=now
    )
    return Instance(
        instance_id=uuid4(), app_id=APP, party_id=FJORD, resource_id=1, version_id=version_id,
        created_by=SYSTEM_ACTOR, created_at=now, updated_at=now, tasks=(entry,),
    )  # fmt: skip


async def test_texts_follow_the_newest_version_while_task_and_model_stay(
    database: Database, catalogue: Catalogue, folder: Files
) -> None:
    pinned_id = await register(database, catalogue, folder)
    definition = (await active(database, catalogue)).definition
    first_task = next(element.id for element in definition.elements if element.task is not None)
    instance = instance_of(pinned_id, first_task)
    elsewhere = instance_of(pinned_id, "Task_that_the_newest_version_has_no_more")

    async def presented(instance: Instance = instance) -> int:
        async with database.snapshot(ANONYMOUS) as tx:
            return (await catalogue.presentation(tx, instance)).ordinal

    assert await presented() == 1
    await register(database, catalogue, changed(folder, TEXTS, b'"language"', b' "language"'))
    assert await presented() == 2, "a correction of a text reaches open forms"
    assert await presented(elsewhere) == 1, "but not where the task is gone"
    model = "models/address.schema.json"
    await register(database, catalogue, changed(folder, model, b"{", b"{ "))
    assert (await active(database, catalogue)).ordinal == 3
    assert await presented() == 1, "another model does not"


# In memory ------------------------------------------------------------------------------------------------------------


async def many(database: Database, catalogue: Catalogue, folder: Files, count: int) -> list[UUID]:
    """Registers versions that differ in the blanks of a text file."""
    blanks = (b" " * number + b'"language"' for number in range(count))
    return [await register(database, catalogue, changed(folder, TEXTS, b'"language"', each)) for each in blanks]


async def test_only_so_many_versions_are_kept_and_each_can_come_back(database: Database, folder: Files) -> None:
    registered = await many(database, Catalogue(load, "development"), folder, 5)
    loader = CountingLoader()
    catalogue = Catalogue(loader, "development", bound=2)
    async with database.snapshot(ANONYMOUS) as tx:
        for _ in range(2):
            assert [(await catalogue.version(tx, id)).ordinal for id in registered] == [1, 2, 3, 4, 5]
            assert (await catalogue.active(tx, APP)).ordinal == 5
    # The active one once, the others each time: by the time one is asked for again, two others were.
    assert len(loader.loaded) == 1 + 2 * 4


def refusing(sha256: str) -> "Callable[[Files, str], tuple[AppVersion | None, Diags]]":
    """A loader of a program that has grown stricter: the files with this hash are nothing to it any more."""

    def load_strictly(files: Files, environment: str) -> tuple[AppVersion | None, Diags]:
        if files.sha256 != sha256:
            return load(files, environment)
        return None, (Diagnostic(code="DG2001", severity=DiagnosticSeverity.ERROR, message="no process"),)

    return load_strictly


async def test_what_was_checked_when_it_was_registered_is_only_compiled_elsewhere(
    database: Database, folder: Files
) -> None:
    registering, compiling = CountingLoader(), CountingLoader()
    await register(database, Catalogue(registering, "development", compile=compiling), folder)
    assert (len(registering.loaded), compiling.loaded) == (1, [])
    loading = CountingLoader()
    elsewhere = await active(database, Catalogue(loading, "development", compile=compiling))
    assert (loading.loaded, compiling.loaded) == ([], [folder.sha256])
    assert elsewhere.sha256 == folder.sha256


async def test_a_version_that_no_longer_compiles_is_refused_and_harms_no_other(
    database: Database, folder: Files, caplog: pytest.LogCaptureFixture
) -> None:
    old, new = await many(database, Catalogue(load, "development"), folder, 2)
    catalogue = Catalogue(refusing(folder.sha256), "development")
    async with database.snapshot(ANONYMOUS) as tx:
        for _ in range(3):
            with pytest.raises(Refused) as refused:
                await catalogue.version(tx, old)
            assert refused.value.refusal.code == "INTEGRITY"
            assert (await catalogue.version(tx, new)).ordinal == 2
        assert (await catalogue.active(tx, APP)).ordinal == 2
    told = [record.message for record in caplog.records if "compiles" in record.message]
    assert told == [
        "expected an app version that this program compiles, but version 1 of ttd/change-of-address has DG2001"
    ]


async def test_an_active_version_that_no_longer_compiles_is_left_out_of_the_list(
    database: Database, folder: Files
) -> None:
    await register(database, Catalogue(load, "development"), folder)
    catalogue = Catalogue(refusing(folder.sha256), "development")
    async with database.snapshot(ANONYMOUS) as tx:
        assert await catalogue.all_active(tx) == {}
        for ask in (catalogue.active, catalogue.policy):
            with pytest.raises(Refused, match="INTEGRITY"):
                await ask(tx, APP)


async def test_files_that_cannot_be_unpacked_are_refused_too(
    database: Database, folder: Files, owner: asyncpg.Connection
) -> None:
    version_id = await register(database, Catalogue(load, "development"), folder)
    await owner.execute("update dg.app_version set files = 'PK'")
    async with database.snapshot(ANONYMOUS) as tx:
        with pytest.raises(Refused, match="INTEGRITY"):
            await Catalogue(load, "development").version(tx, version_id)


# Findings -------------------------------------------------------------------------------------------------------------


async def test_what_only_the_folder_shows_is_kept_with_the_version(database: Database, folder: Files) -> None:
    """The archive holds what was read; that something else lay in the folder is known from its registration."""
    seen = replace(folder, ignored=("config/texts/ressurs.nb.json",))
    await register(database, Catalogue(load, "development"), seen)

    elsewhere = await active(database, Catalogue(load, "development"))

    assert "DG1009" in {item.code for item in elsewhere.diagnostics}
    assert elsewhere.diagnostics == (load(seen, "development"))[1]


async def test_the_findings_are_those_of_the_last_registration(database: Database, folder: Files) -> None:
    await register(database, Catalogue(load, "development"), folder)
    stricter = Diagnostic(
        code="DG9999",
        severity=DiagnosticSeverity.WARNING,
        message="new",
        related=(DiagnosticPlace(file="a", message="here"),),
    )

    def load_more(files: Files, environment: str) -> tuple[AppVersion | None, Diags]:
        version, diagnostics = load(files, environment)
        return version and replace(version, diagnostics=(*diagnostics, stricter)), (*diagnostics, stricter)

    for _ in range(2):
        await register(database, Catalogue(load_more, "development"), folder)
        assert stricter in (await active(database, Catalogue(load, "development"))).diagnostics
    await register(database, Catalogue(load, "development"), folder)
    assert stricter not in (await active(database, Catalogue(load, "development"))).diagnostics


async def test_an_active_version_with_new_errors_stays_active(database: Database, folder: Files) -> None:
    """A stricter program takes nothing out of service that citizens use."""
    fault = Diagnostic(code="DG9999", severity=DiagnosticSeverity.ERROR, message="new")

    def load_strictly(files: Files, environment: str) -> tuple[AppVersion | None, Diags]:
        version, diagnostics = load(files, environment)
        return version and replace(version, diagnostics=(*diagnostics, fault)), (*diagnostics, fault)

    await register(database, Catalogue(load, "development"), folder)
    await register(database, Catalogue(load_strictly, "development"), folder)

    version = await active(database, Catalogue(load, "development"))
    assert (version.ordinal, version.can_be_activated) == (1, False)


async def test_what_is_loaded_already_is_not_loaded_again(database: Database, folder: Files) -> None:
    loader = CountingLoader()
    catalogue = Catalogue(loader, "development")
    loaded = await catalogue.load(folder)
    async with database.transaction(app_worker(APP.org, APP.app)) as tx:
        await catalogue.register(tx, folder, loaded)
    assert (await active(database, catalogue)).ordinal == 1
    assert loader.loaded == [folder.sha256]
