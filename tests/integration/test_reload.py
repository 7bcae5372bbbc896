"""Apps folders: registered at the start, and again when they change, whatever state a folder is in meanwhile."""

import asyncio
import logging
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.apps import load
from dialog_graph.errors import refuse
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.principal import ANONYMOUS
from dialog_graph.storage import catalogue
from dialog_graph.storage.catalogue import Catalogue
from dialog_graph.storage.logins import Logins
from dialog_graph.urns import AppId
from dialog_graph.workers import app_folders, reload
from dialog_graph.workers.app_folders import MAX_TOLD, register_apps
from dialog_graph.workers.reload import Watched, reloading
from tests.integration.case_world import World, world_of
from tests.unit.apps.linter.examples import template
from tests.unit.apps.sample import METADATA, PROCESS

MINE = AppId("ttd", "my-form")
TEXTS = "config/texts/resource.nb.json"


@pytest.fixture
async def world(logins: Logins, tmp_path: Path) -> AsyncGenerator[World]:
    async with world_of(logins, tmp_path / "data", apps=[]) as world:
        yield world


def write_app(folder: Path, name: str = "my-form") -> Path:
    """The template app as `<folder>/ttd/<name>`."""
    place = folder / "ttd" / name
    for file, content in template().items():
        target = place / "App" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.replace(b"my-form", name.encode()))
    return place


def change(place: Path, file: str, before: str, after: str) -> None:
    target = place / "App" / file
    text = target.read_text(encoding="utf-8")
    assert before in text
    target.write_text(text.replace(before, after), encoding="utf-8")


async def active(world: World, app_id: AppId = MINE) -> int | None:
    """Ordinal of the active version, as another process sees it."""
    elsewhere = Catalogue(load, "development")
    async with world.ports.database.snapshot(ANONYMOUS) as tx:
        found = {version.app_id: version.ordinal for version in (await elsewhere.all_active(tx)).values()}
    return found.get(app_id)


@dataclass
class Watching:
    """An apps folder that is looked at whenever the test says so."""

    world: World
    watched: Watched
    caplog: pytest.LogCaptureFixture

    async def look(self) -> list[str]:
        """What is told of this look, without its colour: level and text."""
        self.caplog.clear()
        await self.watched.look()
        folder = str(self.watched.folder)
        return [f"{item.levelname} {item.message.replace(folder, '…')}" for item in self.caplog.records]


@pytest.fixture
async def watching(world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Watching:
    caplog.set_level(logging.INFO, "dialog_graph.workers")
    folder = tmp_path / "apps"
    write_app(folder)
    registered = await register_apps(world.ports, folder)
    return Watching(world, Watched(world.ports, folder, {app.path: app for app in registered}), caplog)


# At the start --------------------------------------------------------------------------------------------------------


async def test_every_finding_is_told_at_the_start(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "dialog_graph.workers")
    clean, wrong, old = (write_app(tmp_path / "apps", name) for name in ("clean", "wrong", "old"))
    change(wrong, METADATA, '"org": "ttd"', '"org": "skd"')
    change(old, METADATA, '"maxSize"', '"allowedContributers": [], "maxSizes"')

    await register_apps(world.ports, tmp_path / "apps")

    folder = str(tmp_path / "apps" / "ttd")
    file = "App/config/applicationmetadata.json"
    assert [f"{item.levelname} {item.message.replace(folder, '…')}" for item in caplog.records] == [
        "INFO …/clean: version 1 of ttd/clean is active",
        f'WARNING …/old/{file}:31 DG3005 unknown key "maxSizes", did you mean "maxSize" (rename)',
        f'INFO …/old/{file}:31 DG3006 old spelling "allowedContributers" understood as "allowedContributors" (rename)',
        "INFO …/old: version 1 of ttd/old is active",
        f'ERROR …/wrong/{file}:3 DG3002 org is "skd", but the id begins with "ttd" (make equal)',
        "INFO what a code means: dialog-graph check --explain CODE",
        "ERROR …/wrong: version 1 of ttd/wrong has errors: no version is active",
    ]
    assert clean.is_dir()


async def test_too_many_findings_are_counted(world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = write_app(tmp_path / "apps")
    rows = ", ".join(f'{{"id": "a{number}", "value": "{{0}}"}}' for number in range(MAX_TOLD + 50))
    (place / "App" / TEXTS).write_text(f'{{"language": "nb", "resources": [{rows}]}}')

    await register_apps(world.ports, tmp_path / "apps")

    told = [item.message for item in caplog.records if "DG6005" in item.message]
    assert len(told) <= MAX_TOLD
    assert any("further findings: dialog-graph check" in item.message for item in caplog.records)


async def test_a_finding_cannot_write_lines_of_its_own(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = write_app(tmp_path / "apps")
    change(place, METADATA, '"id": "attachment"', '"id": "a\\nERROR forged\\u001b[2J"')
    text = (place / "App" / METADATA).read_text()
    (place / "App" / METADATA).write_text("Task_9".join(text.rsplit("Task_1", 1)))

    await register_apps(world.ports, tmp_path / "apps")

    (told,) = [item.message for item in caplog.records if "DG9001" in item.message]
    assert "\n" not in told
    assert "\x1b" not in told


async def test_of_two_folders_with_one_app_the_first_counts(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_app(tmp_path / "apps")
    shutil.copytree(tmp_path / "apps/ttd/my-form", tmp_path / "apps/ttd/copy")
    change(tmp_path / "apps/ttd/my-form", METADATA, '"title"', ' "title"')

    await register_apps(world.ports, tmp_path / "apps")

    assert await active(world) == 1
    (told,) = [item.message for item in caplog.records if "is not used" in item.message]
    assert told.endswith("ttd/copy holds the app ttd/my-form already")


async def test_an_environment_of_one_owner_takes_only_its_apps(world: World, tmp_path: Path) -> None:
    write_app(tmp_path / "apps")
    of_nabo = replace(world.ports, settings=world.ports.settings.model_copy(update={"org": "nabo"}))

    await register_apps(of_nabo, tmp_path / "apps")

    assert await active(world) is None


# Changes -------------------------------------------------------------------------------------------------------------


async def test_nothing_new_is_registered_without_a_change(watching: Watching) -> None:
    assert await watching.look() == []
    assert await active(watching.world) == 1


async def test_a_change_is_the_next_version_and_the_way_back_an_old_one(watching: Watching) -> None:
    place = watching.watched.folder / "ttd/my-form"
    change(place, TEXTS, "Fyll ut skjemaet", "Fyll ut!")
    assert await watching.look() == ["INFO …/ttd/my-form: version 2 of ttd/my-form is active"]
    assert await active(watching.world) == 2
    change(place, TEXTS, "Fyll ut!", "Fyll ut skjemaet")
    assert await watching.look() == ["INFO …/ttd/my-form: version 1 of ttd/my-form is active"]
    assert await active(watching.world) == 1


async def test_errors_are_told_and_the_old_version_stays_until_they_are_mended(watching: Watching) -> None:
    place = watching.watched.folder / "ttd/my-form"
    change(place, PROCESS, 'targetRef="Task_2"', 'targetRef="Task_7"')
    told = await watching.look()
    assert told[0].startswith("ERROR …/ttd/my-form/App/config/process/process.bpmn:")
    assert 'DG2102 flow "Flow_2" has no target "Task_7" (reconnect it)' in told[0]
    assert told[-1] == "ERROR …/ttd/my-form: version 2 of ttd/my-form has errors: version 1 stays active"
    assert await active(watching.world) == 1
    change(place, PROCESS, 'targetRef="Task_7"', 'targetRef="EndEvent_1"')
    assert (await watching.look())[-1] == "INFO …/ttd/my-form: version 3 of ttd/my-form is active"
    assert await active(watching.world) == 3


async def test_a_new_app_is_found(watching: Watching) -> None:
    write_app(watching.watched.folder, "another")
    assert await watching.look() == ["INFO …/ttd/another: version 1 of ttd/another is active"]
    assert await active(watching.world, AppId("ttd", "another")) == 1


async def test_an_app_that_is_gone_stays_active_and_is_told_once(watching: Watching) -> None:
    place = watching.watched.folder / "ttd/my-form"
    place.rename(watching.watched.folder.parent / "aside")
    assert await watching.look() == ["WARNING …/ttd/my-form is gone: the active version of ttd/my-form stays"]
    assert await watching.look() == []
    assert await active(watching.world) == 1
    (watching.watched.folder.parent / "aside").rename(place)
    assert await watching.look() == ["INFO …/ttd/my-form: version 1 of ttd/my-form is active"]


async def test_a_whole_apps_folder_may_be_gone(watching: Watching) -> None:
    shutil.rmtree(watching.watched.folder)
    assert [line.partition(" is gone")[0] for line in await watching.look()] == ["WARNING …/ttd/my-form"]
    assert await watching.look() == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


BROKEN: dict[str, Callable[[Path], Any]] = {
    "half a file": lambda app: cut(app / METADATA),
    "an empty file": lambda app: (app / PROCESS).write_bytes(b""),
    "no metadata": lambda app: (app / METADATA).unlink(),
    "a folder in place of a file": lambda app: ((app / METADATA).unlink(), (app / METADATA).mkdir()),
    "a link into nothing": lambda app: ((app / TEXTS).unlink(), (app / TEXTS).symlink_to("nowhere")),
    "an empty config": lambda app: (shutil.rmtree(app / "config"), (app / "config").mkdir()),
    "nothing of it": shutil.rmtree,
    "a flow into nothing": lambda app: change(app.parent, PROCESS, 'targetRef="Task_2"', 'targetRef="Task_7"'),
    "data of no task": lambda app: change(app.parent, METADATA, '"taskId": "Task_1"', '"taskId": "Task_9"'),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_no_state_of_a_folder_takes_the_active_version_away(watching: Watching, name: str) -> None:
    place = watching.watched.folder / "ttd/my-form"
    BROKEN[name](place / "App")

    await watching.look()
    assert await active(watching.world) == 1

    shutil.rmtree(place)
    write_app(watching.watched.folder)
    change(place, METADATA, '"title"', ' "title"')
    await watching.look()
    assert (await active(watching.world) or 0) > 1


async def test_one_who_takes_versions_with_errors_is_caught(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: Diags) -> bool:
        return False

    monkeypatch.setattr(catalogue, "has_errors", none)
    with pytest.raises(AssertionError, match="2 == 1"):
        await test_no_state_of_a_folder_takes_the_active_version_away(watching, "data of no task")


async def test_one_who_takes_the_first_reading_is_caught(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    def alike(_: object) -> dict[Path, object]:
        return {}

    monkeypatch.setattr(reload, "_hashes", alike)
    with pytest.raises(AssertionError, match="Tittel"):
        await test_a_folder_is_taken_when_it_has_come_to_rest(watching, monkeypatch)


async def test_a_folder_is_taken_when_it_has_come_to_rest(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy under way: each reading finds another file; nothing in between becomes a version."""
    place = watching.watched.folder / "ttd/my-form/App"
    steps = iter([f"Tittel {number}" for number in range(5)])
    read = app_folders.read_files
    readings: list[Path] = []

    def slowly(folder: Path) -> Any:
        readings.append(folder)
        step = next(steps, None)
        if step is not None:
            (place / TEXTS).write_text(f'{{"language": "nb", "resources": [{{"id": "appName", "value": "{step}"}}]}}')
        return read(folder)

    monkeypatch.setattr(reload, "read_files", slowly)
    await watching.look()

    assert await active(watching.world) == 2, "one version, not five"
    assert await name_of_the_app(watching.world) == "Tittel 4"
    assert len(readings) == 6


async def name_of_the_app(world: World) -> str:
    async with world.ports.database.snapshot(ANONYMOUS) as tx:
        return (await Catalogue(load, "development").active(tx, MINE)).text("appName", "nb")


async def test_a_folder_that_never_rests_is_taken_in_the_end(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = app_folders.read_files
    count = iter(range(1_000))

    def restlessly(folder: Path) -> Any:
        text = f'{{"language": "nb", "resources": [{{"id": "appName", "value": "{next(count)}"}}]}}'
        (folder / "ttd/my-form/App" / TEXTS).write_text(text)
        return read(folder)

    monkeypatch.setattr(reload, "read_files", restlessly)
    monkeypatch.setattr(reload, "SETTLE", 0)
    await watching.look()

    assert await active(watching.world) == 2
    assert next(count) == reload.MAX_READINGS + 1


# The watch -----------------------------------------------------------------------------------------------------------


async def until(check: Callable[[], Any]) -> None:
    async with asyncio.timeout(30):
        while not await check():  # noqa: ASYNC110 -- what is waited for happens in the database
            await asyncio.sleep(0.05)


async def is_active(world: World, ordinal: int) -> bool:
    return await active(world) == ordinal


async def test_the_watch_sees_changes_also_after_the_folder_was_made_anew(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "HEARTBEAT", 100)
    folder = tmp_path / "apps"
    async with reloading(world.ports, folder, []):
        await asyncio.sleep(0.3)
        place = write_app(folder)
        await until(lambda: is_active(world, 1))
        change(place, METADATA, '"title"', ' "title"')
        await until(lambda: is_active(world, 2))
        folder.rename(tmp_path / "old")
        write_app(folder)
        await until(lambda: is_active(world, 1))
        change(place, METADATA, '"title"', '  "title"')
        await until(lambda: is_active(world, 3))


async def test_what_changed_between_the_start_and_the_watch_is_seen(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "HEARTBEAT", 100)
    place = write_app(tmp_path / "apps")
    registered = await register_apps(world.ports, tmp_path / "apps")
    change(place, METADATA, '"title"', ' "title"')
    async with reloading(world.ports, tmp_path / "apps", registered):
        await until(lambda: is_active(world, 2))


@pytest.mark.parametrize("fault", [refuse("TEMPORARY"), RuntimeError("unforeseen")])
async def test_a_look_that_fails_is_tried_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(reload, "HEARTBEAT", 100)
    write_app(tmp_path / "apps")
    register, failures = app_folders.register, iter([fault, fault])

    async def failing(*given: Any) -> None:
        for each in failures:
            raise each
        await register(*given)

    monkeypatch.setattr(app_folders, "register", failing)
    async with reloading(world.ports, tmp_path / "apps", []):
        await until(lambda: is_active(world, 1))


async def test_a_watch_that_the_system_refuses_becomes_a_look_now_and_then(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refusing(*_: Any, **__: Any) -> Any:
        raise OSError(28, "OS file watch limit reached")

    monkeypatch.setattr(reload, "awatch", refusing)
    monkeypatch.setattr(reload, "HEARTBEAT", 100)
    place = write_app(tmp_path / "apps")
    async with reloading(world.ports, tmp_path / "apps", []):
        await until(lambda: is_active(world, 1))
        change(place, METADATA, '"title"', ' "title"')
        await until(lambda: is_active(world, 2))
    assert any("looked at now and then" in item.message for item in caplog.records)


async def test_the_watch_ends_with_its_block(world: World, tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with reloading(world.ports, tmp_path, []):
        await asyncio.sleep(0.2)
        assert len(asyncio.all_tasks() - before) >= 1
    assert asyncio.all_tasks() - before == set()
    async with aclosing(reload._notices(tmp_path)) as notices:  # pyright: ignore[reportPrivateUsage] -- closing it is the point
        assert await anext(notices)
