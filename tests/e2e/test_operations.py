"""The example operations of GraphiQL: each is executed by the kind of user that it is for, without errors."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.web.build import KINDS, operations
from tests.e2e import documents as ask
from tests.e2e.cases import APPLICATION, ended_case
from tests.e2e.clients import Graph, event_stream, next_frame, web_socket
from tests.e2e.receiver import receiving
from tests.e2e.running import KARI, PROJECT, Live

FOLDER = PROJECT / "schema" / "operations"
ALL = {each["name"]: each for each in operations(FOLDER)}
PARTY = {"street": "Fjordgata", "date": "2027-06-12", "guests": 80, "phone": "90 00 00 01"}
NIL = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class World:
    """The two callers, and cases of Kari's at each place of the process."""

    kari: Graph
    ttd: Graph

    async def draft(self) -> dict[str, Any]:
        made = await self.kari.do(ask.START, application="ttd/grant-application", party=KARI)
        return made["instance"]

    async def filled(self) -> str:
        number = (await self.draft())["id"]
        await self.kari.do(ask.FILL, id=number, type="application", data=APPLICATION)
        return number

    async def to_confirm(self) -> str:
        number = await self.filled()
        await self.kari.do(ask.ADVANCE, id=number)
        return number

    async def waiting(self) -> str:
        """A case that two steps are open in: one waits for a person, the other for a message and a timer."""
        made = await self.kari.do(ask.START, application="ttd/street-party", party=KARI)
        number = made["instance"]["id"]
        await self.kari.do(ask.FILL, id=number, type="application", data=PARTY)
        await self.kari.do(ask.ADVANCE, id=number)
        return number

    async def ended(self) -> str:
        return await ended_case(self.kari)


@pytest.fixture
def world(kari: Graph, ttd: Graph) -> World:
    return World(kari, ttd)


async def _draft(world: World) -> str:
    return (await world.draft())["id"]


async def _dialog(world: World) -> str:
    return (await world.draft())["dialog"]["id"]


# Operation -> what its variable `id` stands for; those without one take their variables as they are.
IDS: dict[str, Callable[[World], Any]] = {
    "inbox_dialog": _dialog,
    "inbox_fill_in": _draft,
    "inbox_case": _draft,
    "inbox_form": World.filled,
    "inbox_advance": World.filled,
    "inbox_reject": World.to_confirm,
    "integration_fetch": World.ended,
    "integration_confirm_receipt": World.ended,
    "integration_substatus": World.ended,
    "integration_cancel": World.waiting,
    "integration_deliver_message": World.waiting,
    "developer_waits": World.waiting,
}
OF_OWNERS = frozenset({"developer_diagnostics", "developer_events"})
FOLLOWED = {name for name, each in ALL.items() if "\nsubscription " in f"\n{each['query']}"}
WEBHOOKS = {name for name in ALL if "webhook" in name}


def caller(world: World, name: str) -> Graph:
    return world.ttd if ALL[name]["kind"] == "integration" or name in OF_OWNERS else world.kari


async def variables(world: World, name: str) -> dict[str, Any]:
    given = json.loads(ALL[name]["variables"] or "{}")
    if name in IDS:
        assert given["id"] == NIL, "an id that nobody has, to be replaced by the reader"
        given["id"] = await IDS[name](world)
    return given


@pytest.mark.parametrize("name", sorted(ALL.keys() - FOLLOWED - WEBHOOKS))
async def test_an_example_answers_without_errors(world: World, name: str) -> None:
    data = await caller(world, name).ask(ALL[name]["query"], **await variables(world, name))
    assert data, name
    for root, value in data.items():
        assert value is not None, f"{name}: {root} found nothing"
        assert '"errors": [{' not in json.dumps(value), f"{name}: {value}"


@pytest.mark.parametrize("name", sorted(FOLLOWED))
async def test_an_example_that_follows_gets_an_event(live: Live, world: World, name: str) -> None:
    """Over both transports, as GraphiQL and a service owner's system send it."""
    graph, given = caller(world, name), await variables(world, name)
    async with event_stream(graph, ALL[name]["query"], given) as stream:
        await world.ended()
        frame = await next_frame(stream)
        assert frame.payload
    async with web_socket(live.host, graph.token) as socket:
        await socket.subscribe("1", ALL[name]["query"], given | {"after": frame.id})
        await world.ended()
        assert await socket.next("1")


async def test_the_webhook_examples_from_making_to_deleting(world: World) -> None:
    with receiving() as receiver:
        create = ALL["integration_webhook_create"]
        made = await world.ttd.do(create["query"], **json.loads(create["variables"]) | {"endpoint": receiver.url})
        case = await world.ended()
        event = (await asyncio.to_thread(receiver.next)).verified(made["secret"])
        assert event["source"].endswith(case)
        listed = await world.ttd.ask(ALL["integration_webhooks"]["query"])
        (own,) = [hook for hook in listed["webhooks"] if hook["id"] == made["webhook"]["id"]]
        assert own["deliveries"]["edges"][0]["node"]["id"] == event["id"]
        await world.ttd.do(ALL["integration_webhook_delete"]["query"], id=own["id"])


# The files themselves -----------------------------------------------------------------------------------------------


def test_there_are_examples_for_all_three_kinds_of_users() -> None:
    assert {each["kind"] for each in ALL.values()} == set(KINDS)
    assert len(ALL) >= 15


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.graphql")), ids=lambda path: path.stem)
def test_an_example_is_documented(path: Path) -> None:
    each = ALL[path.stem]
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# kind: ")
    assert lines[0].split()[-1] == path.stem.partition("_")[0] == each["kind"]
    assert lines[1].startswith("# title: ")
    explained = [line for line in each["query"].splitlines() if line.startswith("# ")]
    assert explained, "the reader sees some words above the operation"
    if each["variables"]:
        assert isinstance(json.loads(each["variables"]), dict)
    assert [line for line in lines if len(line) > 140 and not line.startswith("# variables")] == []


def test_the_titles_tell_the_examples_apart() -> None:
    titles = [each["title"] for each in ALL.values()]
    assert len(set(titles)) == len(titles)
