"""A developer's server: what changes in the apps folder is there at once, what breaks is told and harms nothing."""

import asyncio
import re
import shutil
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import pytest

from tests.e2e.clients import Graph
from tests.e2e.running import KARI, Live, running

LIMIT = 60.0
VERSION = '{ application(id: "ttd/grant-application") { version title { languageCode value } } }'
VERSIONS = """{ application(id: "ttd/grant-application") { version
    versions { version isActive diagnostics { code severity file line } } } }"""
START = """mutation ($party: String!) {
    instantiate(input: { application: "ttd/grant-application", party: $party }) {
        instance { id } errors { __typename }
    }
}"""
NEW = '{ application(id: "ttd/new-app") { version } }'
METADATA = "applicationmetadata.json"
PROCESS = "process/process.bpmn"
PROCESS_OF = "query ($id: UUID!) { instance(id: $id) { process { definitionVersion currentTask { elementId } } } }"
FLOW = 'sourceRef="Gateway_Open" targetRef="Task_1"'


@pytest.fixture
async def developing(http: httpx.AsyncClient) -> AsyncGenerator[Live]:
    with running(None, DIALOG_GRAPH_RELOAD="1") as server:
        yield server
        log = server.log
    assert "Traceback (most recent call last)" not in log, log[-8000:]


async def until(ask: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    """What is asked, as soon as it is what is wanted."""
    async with asyncio.timeout(LIMIT):
        while not wanted(found := await ask()):  # noqa: ASYNC110 -- what is waited for happens in another process
            await asyncio.sleep(0.1)
    return found


def edit(live: Live, file: str, *changes: tuple[str, str]) -> None:
    """Saves a file of the app once, with all changes."""
    place = live.apps / "ttd/grant-application/App/config" / file
    text = place.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    place.write_text(text, encoding="utf-8")


@pytest.mark.slow
async def test_a_day_of_a_developer(developing: Live, http: httpx.AsyncClient) -> None:
    ttd = Graph(developing.url, developing.org("ttd"), http)
    kari = Graph(developing.url, developing.person("kari"), http)

    async def version() -> int:
        return int((await kari.ask(VERSION))["application"]["version"])

    async def told(pattern: str) -> str:
        found = await until(as_async(lambda: re.search(pattern, developing.log)), bool)
        return found.group()

    async def process(instance: Any) -> Any:
        return (await kari.ask(PROCESS_OF, id=instance["instance"]["id"]))["instance"]["process"]

    assert await version() == 1

    # a text
    edit(developing, METADATA, ("Grant application", "Money for your idea"))
    await until(version, lambda found: found == 2)
    titles = (await kari.ask(VERSION))["application"]["title"]
    assert {each["languageCode"]: each["value"] for each in titles}["en"] == "Money for your idea"
    old = await kari.do(START, party=KARI)

    # a process, while an instance is under way
    first = (
        '<bpmn:task id="Task_0" name="First"/><bpmn:sequenceFlow id="Flow_0" sourceRef="Task_0" targetRef="Task_1"/>'
    )
    edit(developing, PROCESS, (FLOW, FLOW.replace("Task_1", "Task_0")), ("</bpmn:process>", f"{first}</bpmn:process>"))
    await until(version, lambda found: found == 3)
    new = await kari.do(START, party=KARI)
    assert await process(old) == {"definitionVersion": "2", "currentTask": {"elementId": "Task_1"}}
    assert await process(new) == {"definitionVersion": "3", "currentTask": {"elementId": "Task_0"}}

    # a broken file
    edit(developing, PROCESS, ('targetRef="Task_0"', 'targetRef="Task_00"'))
    line = await told(r"\S+grant-application/App/config/process/process\.bpmn:\d+ DG2102 [^\n]*")
    assert 'flow "Flow_Open" has no target "Task_00" (reconnect it)' in line
    await told("version 4 of ttd/grant-application has errors: version 3 stays active")
    assert await version() == 3
    versions = (await ttd.ask(VERSIONS))["application"]["versions"]
    assert [(each["version"], each["isActive"]) for each in versions][:2] == [("4", False), ("3", True)]
    broken = next(item for item in versions[0]["diagnostics"] if item["code"] == "DG2102")
    assert (broken["severity"], broken["file"]) == ("ERROR", "config/process/process.bpmn")
    assert (await kari.ask(VERSIONS))["application"]["versions"] == []

    # mended, and one step further
    edit(developing, PROCESS, ('targetRef="Task_00"', 'targetRef="Task_0"'), ('name="First"', 'name="Begin"'))
    await until(version, lambda found: found == 5)

    # a new app, and an app that goes
    shutil.copytree(developing.apps / "ttd/grant-application", developing.folder / "new-app")
    metadata = developing.folder / "new-app/App" / "config" / METADATA
    metadata.write_text(metadata.read_text().replace("ttd/grant-application", "ttd/new-app"))
    (developing.folder / "new-app").rename(developing.apps / "ttd/new-app")
    await until(lambda: kari.ask(NEW), lambda data: data["application"])
    shutil.rmtree(developing.apps / "ttd/new-app")
    await told("new-app is gone: the active version of ttd/new-app stays")
    assert (await kari.ask(NEW))["application"] == {"version": "1"}


def as_async(ask: Callable[[], Any]) -> Callable[[], Any]:
    async def asked() -> Any:
        return ask()

    return asked
