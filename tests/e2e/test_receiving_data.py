"""The main job, from outside: a citizen hands in a case, the service owner is told, fetches the data and confirms.

The eight steps of Altinn's guide "receive data from an app", each by a client that shares no code with the server: HTTP
and GraphQL, WebSocket, server-sent events, and an HTTP server that receives the webhook. Once with a form, attachment
and confirmation, once with the corpus' template app, whose form is XML on the wire.
"""

import asyncio
import hashlib
import io
import json
import time
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4
from xml.etree import ElementTree

import httpx
import pytest

from dialog_graph.access import urls
from dialog_graph.access.claim_rules import ORG_URN
from dialog_graph.model.instance import DataElement
from dialog_graph.model.principal import Principal, PrincipalKind
from tests.e2e import documents as ask
from tests.e2e.clients import Frame, Graph, Socket, event_stream, next_frame, web_socket
from tests.e2e.receiver import Delivery, Receiver, receiving
from tests.e2e.running import KARI, Live

INTEGRATION_SCOPES = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write"
COMPLETED = "app.instance.process.completed"
Caller = Callable[[str | None], Graph]

APPLICATION = {
    "applicant": {"name": "Kari Lund", "email": "kari@example.test"},
    "project": {"title": "En benk ved fjorden – på Ærfugløya", "start": "2027-05-01"},
    "amount": 25000,
    "budget": [{"purpose": "Eikeplanker", "cost": 18500.5, "funding": "grant"}],
}


def picture() -> bytes:
    """A real PNG of one red pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    out = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    out.seek(0, io.SEEK_END)
    out.write(chunk(b"IHDR", (1).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"))
    out.write(chunk(b"IDAT", zlib.compress(b"\x00\xff\x00\x00")))
    out.write(chunk(b"IEND", b""))
    return out.getvalue()


async def exchanged(live: Live, http: httpx.AsyncClient, org: str = "ttd", scope: str = INTEGRATION_SCOPES) -> str:
    """Steps 1 and 2 of the technical guide: the platform token for a token of Maskinporten."""
    source = live.maskinporten(org, scope=scope)
    address = f"{live.url}/authentication/exchange/maskinporten"
    answer = await http.get(address, headers={"Authorization": f"Bearer {source}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


@dataclass
class Listening:
    """The service owner's system: everything by which it can be told, all opened before anything happens."""

    token: str
    socket: Socket
    stream: AsyncGenerator[Frame, None]
    receiver: Receiver
    secret: str
    webhook_id: str

    async def by_socket(self) -> dict[str, Any]:
        return (await self.socket.next("done"))["completions"]

    async def by_stream(self) -> Frame:
        return await next_frame(self.stream)

    async def by_webhook(self) -> Delivery:
        return await asyncio.to_thread(self.receiver.next)


@asynccontextmanager
async def listening(live: Live, so: Graph, application: str) -> AsyncGenerator[Listening, None]:
    """The webhook registered and validated, both subscriptions open."""
    assert so.token is not None
    async with AsyncExitStack() as stack:
        receiver = stack.enter_context(receiving())
        made = await so.do(
            ask.CREATE_WEBHOOK,
            endpoint=receiver.url,
            application=application,
            types=[COMPLETED, "app.instance.created"],
        )
        handshake = await asyncio.to_thread(receiver.next)
        assert handshake.method == "OPTIONS"
        await until_active(so, made["webhook"]["id"])
        socket = await stack.enter_async_context(web_socket(live.host, so.token))
        await socket.subscribe("done", ask.COMPLETIONS, {"application": [application]})
        stream = await stack.enter_async_context(event_stream(so, ask.COMPLETIONS, {"application": [application]}))
        yield Listening(so.token, socket, stream, receiver, made["secret"], made["webhook"]["id"])
        await so.do(ask.DELETE_WEBHOOK, id=made["webhook"]["id"])


async def until_active(so: Graph, webhook_id: str) -> None:
    async with asyncio.timeout(30):
        while True:
            hooks = {hook["id"]: hook["state"] for hook in (await so.ask(ask.WEBHOOK_STATE))["webhooks"]}
            if hooks[webhook_id] == "ACTIVE":
                return
            await asyncio.sleep(0.1)


@dataclass
class Story:
    """One case, as the citizen and the service owner see it."""

    kari: Graph
    so: Graph
    application: str
    id: str = ""
    dialog_id: str = ""
    sent: dict[str, bytes] = field(default_factory=dict[str, bytes])

    async def start(self) -> None:
        """Step 1. A repeat with the same key is the same case."""
        key = str(uuid4())
        first = await self.kari.do(ask.START, application=self.application, party=KARI, key=key)
        again = await self.kari.do(ask.START, application=self.application, party=KARI, key=key)
        assert again["instance"]["id"] == first["instance"]["id"]
        self.id, self.dialog_id = first["instance"]["id"], first["instance"]["dialog"]["id"]
        await self.expect_inbox("DRAFT")

    async def expect_inbox(self, status: str, activity: str | None = None) -> None:
        """The dialog is in Kari's inbox with this status, in the list and opened; nowhere else."""
        listed = (await self.kari.ask(ask.INBOX, party=[KARI]))["searchDialogs"]
        assert listed["errors"] == []
        (item,) = [item for item in listed["items"] if item["id"] == self.dialog_id]
        assert item["status"] == status
        assert (item["party"], item["org"]) == (KARI, "ttd")
        assert activity is None or item["latestActivity"]["type"] == activity
        shown = (await self.kari.ask(ask.DIALOG, id=self.dialog_id))["dialogById"]
        assert shown["errors"] == []
        assert shown["dialog"]["status"] == status
        assert shown["dialog"]["isContentSeen"]
        assert shown["dialog"]["instance"]["id"] == self.id

    async def state(self, graph: Graph | None = None) -> dict[str, Any]:
        return (await (graph or self.kari).ask(ask.STATE, id=self.id))["instance"]

    async def download_all(self) -> dict[str, dict[str, Any]]:
        """Step 7: every data element by its signed address, checked against its hash."""
        instance = await self.state(self.so)
        assert instance["status"] == "COMPLETED"
        assert instance["party"]["urn"] == KARI
        elements = {element["type"]: element for element in instance["dataElements"]}
        for element in elements.values():
            assert element["isLocked"]
            answer = await self.so.http.get(element["url"])
            assert answer.status_code == 200, answer.text
            assert hashlib.sha256(answer.content).hexdigest() == element["sha256"]
            assert len(answer.content) == element["size"] == int(answer.headers["content-length"])
            assert answer.headers["content-type"].partition(";")[0] == element["contentType"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-disposition"].startswith("attachment")
            self.sent[element["type"]] = answer.content
        return elements

    async def confirm(self) -> None:
        """Step 8: once, however often it is said."""
        first = await self.so.do(ask.CONFIRM, id=self.id)
        assert (first["alreadyConfirmed"], first["confirmation"]["org"]) == (False, "ttd")
        assert first["instance"]["status"] == "CONFIRMED"
        assert first["instance"]["dialog"]["status"] == "COMPLETED"
        again = await self.so.do(ask.CONFIRM, id=self.id)
        assert again["alreadyConfirmed"]
        assert again["confirmation"] == first["confirmation"]
        assert again["instance"]["revision"] == first["instance"]["revision"], "a repeat writes nothing"


async def expect_told(live: Live, told: Listening, story: Story) -> None:
    """Steps 5 and 6: the same fact over WebSocket, SSE and webhook."""
    over_socket = await told.by_socket()
    frame = await told.by_stream()
    over_stream = frame.payload["completions"]
    assert frame.event == "next"
    assert frame.id == over_stream["cursor"]
    for event in (over_socket, over_stream):
        assert (event["type"], event["instance"]["id"]) == (COMPLETED, story.id)
    assert over_socket["id"] == over_stream["id"]
    created, completed = await told.by_webhook(), await told.by_webhook()
    event = completed.verified(told.secret)
    assert created.verified(told.secret)["type"] == "app.instance.created"
    assert event["type"] == COMPLETED
    assert event["id"] == over_socket["id"] == completed.headers["webhook-id"]
    assert event["specversion"] == "1.0"
    assert event["source"].startswith(f"{live.url}/app/{story.application}/instances/")
    assert event["source"].rpartition("/")[2] == story.id
    assert event["dgsequence"] == over_socket["sequence"]
    assert completed.headers["content-type"].startswith("application/cloudevents+json")
    assert "Kari" not in completed.body.decode(), "thin: no names, no form data"


# The two stories ----------------------------------------------------------------------------------------------------


async def test_a_grant_application_with_attachment_and_confirmation(
    live: Live, kari: Graph, caller: Caller, http: httpx.AsyncClient
) -> None:
    so = caller(await exchanged(live, http))
    story = Story(kari, so, "ttd/grant-application")
    async with listening(live, so, story.application) as told:
        await story.start()
        await fill_in_with_attachment(story)
        await to_confirmation(story)
        await confirmed_by_the_citizen(story)
        await expect_told(live, told, story)
        elements = await story.download_all()
        assert json.loads(story.sent["application"])["project"] == APPLICATION["project"]
        assert story.sent["documentation"] == picture()
        assert elements["documentation"]["filename"] == "tegning æøå.png"
        await story.confirm()
        await story.expect_inbox("COMPLETED")


async def fill_in_with_attachment(story: Story) -> None:
    """Step 2: what is wrong is told, not stored away; then form and attachment as they should be."""
    wrong = APPLICATION | {"amount": 5}
    payload = await story.kari.do(ask.FILL, id=story.id, type="application", data=wrong)
    assert [issue["field"] for issue in payload["issues"]] == ["amount"]
    assert {text["languageCode"] for text in payload["issues"][0]["message"]} == {"nb", "nn", "en"}
    refusal = await story.kari.refused(ask.ADVANCE, id=story.id)
    assert (refusal["__typename"], refusal["issues"][0]["field"]) == ("ValidationFailed", "amount")
    payload = await story.kari.do(ask.FILL, id=story.id, type="application", data=APPLICATION)
    assert payload["issues"] == []
    address = f"/instances/{story.id}/data?dataType=documentation&filename=tegning æøå.png"
    answer = await story.kari.upload(address, picture(), "image/png")
    assert answer.status_code == 201, answer.text
    assert answer.json()["dataElement"]["sha256"] == hashlib.sha256(picture()).hexdigest()


async def to_confirmation(story: Story) -> None:
    """Step 3."""
    assert (await story.state())["validation"] == []
    payload = await story.kari.do(ask.ADVANCE, id=story.id)
    assert payload["instance"]["process"]["currentTask"] == {"elementId": "Task_2", "type": "confirmation"}
    assert all(element["isLocked"] for element in (await story.state())["dataElements"])
    refusal = await story.kari.refused(ask.FILL, id=story.id, type="application", data=APPLICATION)
    assert refusal["__typename"] == "DataLocked"
    await story.expect_inbox("IN_PROGRESS")
    early = await story.so.refused(ask.CONFIRM, id=story.id)
    assert early["code"] == "INSTANCE_NOT_COMPLETED"


async def confirmed_by_the_citizen(story: Story) -> None:
    """Step 4."""
    payload = await story.kari.do(ask.ADVANCE, id=story.id)
    assert payload["instance"]["status"] == "COMPLETED"
    assert payload["instance"]["process"] == {"status": "ENDED", "endEvent": "EndEvent_1", "currentTask": None}
    await story.expect_inbox("AWAITING", "FORM_SUBMITTED")
    refusal = await story.kari.refused(ask.ADVANCE, id=story.id)
    assert refusal["code"] == "NOT_ACTIVE"


async def test_the_template_app_whose_form_is_xml(
    live: Live, kari: Graph, caller: Caller, http: httpx.AsyncClient
) -> None:
    if not live.has_template:
        pytest.skip("the corpus is not there: set DIALOG_GRAPH_SHARED")
    so = caller(await exchanged(live, http))
    story = Story(kari, so, "ttd/template-v8")
    async with listening(live, so, story.application) as told:
        await story.start()
        await fill_in_as_xml_and_as_json(story)
        payload = await kari.do(ask.ADVANCE, id=story.id)  # steps 3 and 4 are one here
        assert payload["instance"]["status"] == "COMPLETED"
        await story.expect_inbox("AWAITING", "FORM_SUBMITTED")
        await expect_told(live, told, story)
        await story.download_all()
        root = ElementTree.fromstring(story.sent["model"])
        assert [(child.tag, child.text) for child in root] == [("property1", "Blåbær & <fløte>"), ("property2", "tolv")]
        await story.confirm()
        await story.expect_inbox("COMPLETED")


async def fill_in_as_xml_and_as_json(story: Story) -> None:
    """XML in, JSON out; JSON in, XML out: one document behind both."""
    (element,) = (await story.state())["dataElements"]
    assert element["contentType"] == "application/xml"
    sent = "<?xml version='1.0' encoding='utf-8'?><model><property1>Blåbær</property1><property2>én</property2></model>"
    address = f"{story.kari.url}/instances/{story.id}/data/{element['id']}"
    headers = story.kari.headers | {"Content-Type": "application/xml"}
    answer = await story.kari.http.put(address, content=sent.encode(), headers=headers)
    assert answer.status_code == 200, answer.text
    (element,) = (await story.state())["dataElements"]
    assert element["formData"] == {"property1": "Blåbær", "property2": "én"}
    data = {"property1": "Blåbær & <fløte>", "property2": "tolv"}
    await story.kari.do(ask.FILL, id=story.id, type="model", data=data)
    (element,) = (await story.state())["dataElements"]
    wire = (await story.kari.get(element["url"])).content
    assert ElementTree.fromstring(wire).findtext("property1") == "Blåbær & <fløte>"


# What the steps rest on ---------------------------------------------------------------------------------------------


async def ended_case(kari: Graph, *, title: str = "En benk") -> str:
    """A completed grant application without attachment."""
    made = await kari.do(ask.START, application="ttd/grant-application", party=KARI)
    data = APPLICATION | {"project": {"title": title, "start": "2027-05-01"}}
    await kari.do(ask.FILL, id=made["instance"]["id"], type="application", data=data)
    for _ in range(2):
        await kari.do(ask.ADVANCE, id=made["instance"]["id"])
    return made["instance"]["id"]


async def test_a_signed_address_opens_one_version_for_one_caller_for_a_minute(
    live: Live, kari: Graph, ttd: Graph, nabo: Graph, jon: Graph
) -> None:
    case, other = await ended_case(kari), await ended_case(kari)
    (element,) = (await ttd.ask(ask.STATE, id=case))["instance"]["dataElements"]
    (foreign,) = (await ttd.ask(ask.STATE, id=other))["instance"]["dataElements"]
    address: str = element["url"]
    query = urlsplit(address).query
    signature = parse_qs(query)["signature"][0]
    wrong = [
        address.replace(signature, signature[:-1] + ("A" if signature[-1] != "A" else "B")),
        address.replace(signature, ""),
        address.replace("org=ttd", "org=nabo"),
        address.replace("expires=", "expires=9"),
        f"{live.url}/data/{foreign['id']}?{query}",
        f"{live.url}/data/{uuid4()}?{query}",
        f"{live.url}/data/nonsense?{query}",
        signed(live, element, age=61),
        signed(live, element | {"sha256": "0" * 64}, age=0),
    ]
    answers = [await ttd.http.get(each) for each in wrong]
    answers += [await who.get(f"/data/{element['id']}") for who in (nabo, jon)]
    bodies = {json.dumps({**answer.json(), "traceId": ""}) for answer in answers}
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert len(bodies) == 1, "wrong, late, foreign and absent look alike"
    for right in (address, signed(live, element, age=0), signed(live, element, age=50)):
        assert (await ttd.http.get(right)).status_code == 200
    assert (await ttd.get(f"/data/{element['id']}")).status_code == 200, "the bearer's own right works too"


def signed(live: Live, element: dict[str, Any], age: int) -> str:
    """The address as this server signed it `age` seconds ago."""
    principal = Principal(
        kind=PrincipalKind.SERVICE_OWNER,
        urn=f"{ORG_URN}ttd",
        level=3,
        org="ttd",
        organisation_number="310005908",
        scopes=frozenset(INTEGRATION_SCOPES.split()),
    )
    named = _Named(UUID(element["id"]), element["sha256"])
    query = urls.sign(live.keys, cast(DataElement, named), principal, int(time.time()) - age)
    return f"{live.url}/data/{element['id']}?{query}"


@dataclass(frozen=True)
class _Named:
    """What signing reads of an element."""

    element_id: UUID
    sha256: str


async def test_ranges_and_repeated_downloads(kari: Graph, ttd: Graph) -> None:
    case = await ended_case(kari)
    (element,) = (await ttd.ask(ask.STATE, id=case))["instance"]["dataElements"]
    whole = await ttd.http.get(element["url"])
    assert whole.headers["etag"] == f'"{element["sha256"]}"'
    part = await ttd.http.get(element["url"], headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, whole.content[2:6])
    same = await ttd.http.get(element["url"], headers={"If-None-Match": whole.headers["etag"]})
    assert same.status_code == 304
    (element,) = (await ttd.ask(ask.STATE, id=case))["instance"]["dataElements"]
    assert {(item["org"], item["sha256"]) for item in element["downloads"]} == {("ttd", element["sha256"])}


async def test_a_subscription_resumed_after_its_cursor_misses_nothing(live: Live, kari: Graph, ttd: Graph) -> None:
    """Three cases end while nobody listens; whoever comes back with the last cursor gets exactly them, in order."""
    application = ["ttd/grant-application"]
    async with event_stream(ttd, ask.COMPLETIONS, {"application": application}) as stream:
        first = await ended_case(kari)
        seen = (await next_frame(stream)).payload["completions"]
        assert seen["instance"]["id"] == first
    missed = [await ended_case(kari) for _ in range(3)]
    variables = {"application": application, "after": seen["cursor"]}
    async with event_stream(ttd, ask.COMPLETIONS, variables) as stream:
        again = [(await next_frame(stream)).payload["completions"]["instance"]["id"] for _ in missed]
        assert again == missed
    async with event_stream(ttd, ask.COMPLETIONS, {"application": application}, seen["cursor"]) as stream:
        again = [(await next_frame(stream)).payload["completions"]["instance"]["id"] for _ in missed]
        assert again == missed, "the browser's own way: Last-Event-ID"
    async with web_socket(live.host, ttd.token) as socket:
        await socket.subscribe("1", ask.COMPLETIONS, variables)
        again = [(await socket.next("1"))["completions"]["instance"]["id"] for _ in missed]
        assert again == missed


async def test_whoever_was_away_asks_for_what_it_has_not_confirmed(kari: Graph, ttd: Graph) -> None:
    waiting, done = await ended_case(kari), await ended_case(kari)
    await ttd.do(ask.CONFIRM, id=done)
    found = list[str]()
    async with event_stream(ttd, ask.COMPLETIONS, {"unconfirmedFirst": True}) as stream:
        while waiting not in found:
            found.append((await next_frame(stream)).payload["completions"]["instance"]["id"])
        assert done not in found
        late = await ended_case(kari)
        while late not in found:
            found.append((await next_frame(stream)).payload["completions"]["instance"]["id"])
    listed = await ttd.ask(
        """query { instances(filter: {org: "ttd", isCompleted: true, isConfirmed: false}, first: 100)
           { edges { node { id } } } }"""
    )
    ids = {edge["node"]["id"] for edge in listed["instances"]["edges"]}
    assert {waiting, late} <= ids
    assert done not in ids


async def test_the_citizen_follows_the_own_case(kari: Graph) -> None:
    """Every event of the instance, gap-free in its audience, and the same by asking with the same cursors."""
    made = await kari.do(ask.START, application="ttd/grant-application", party=KARI)
    number = made["instance"]["id"]
    start = (await kari.ask(ask.EVENTS, filter={"instanceId": number}))["events"]["pageInfo"]["endCursor"]
    variables = {"filter": {"instanceId": number}, "after": start}
    async with event_stream(kari, ask.FOLLOW, variables) as stream:
        await kari.do(ask.FILL, id=number, type="application", data=APPLICATION)
        await kari.do(ask.ADVANCE, id=number)
        seen = [(await next_frame(stream)).payload["processEvents"]]
        while seen[-1]["type"] != "app.instance.process.movedTo.Task_2":
            seen.append((await next_frame(stream)).payload["processEvents"])
    page = (await kari.ask(ask.EVENTS, filter={"instanceId": number}, after=start))["events"]
    asked = [edge["node"]["id"] for edge in page["edges"]]
    assert asked[: len(seen)] == [event["id"] for event in seen]
    assert [event["sequence"] for event in seen] == sorted(event["sequence"] for event in seen)
    ended = next(event for event in seen if event["type"] == "app.instance.process.taskEnded.Task_1")
    assert ended["historyType"] == "process_EndTask"


async def test_only_a_service_owner_with_the_scope_gets_in(
    live: Live, kari: Graph, nabo: Graph, caller: Caller, http: httpx.AsyncClient
) -> None:
    case = await ended_case(kari)
    for stranger in (nabo, caller(await exchanged(live, http, "nabo"))):
        assert (await stranger.ask(ask.STATE, id=case))["instance"] is None
        assert (await stranger.refused(ask.CONFIRM, id=case))["code"] == "NOT_FOUND"
    reader = caller(await exchanged(live, http, scope="altinn:serviceowner/instances.read"))
    assert (await reader.ask(ask.STATE, id=case))["instance"]["id"] == case
    assert (await reader.refused(ask.CONFIRM, id=case))["__typename"] in ("Forbidden", "NotFound")
    old_name = caller(await exchanged(live, http, scope="altinn.serviceowner.read"))
    assert (await old_name.ask(ask.STATE, id=case))["instance"]["id"] == case
    outside = caller(await exchanged(live, http, scope="something:else"))
    assert (await outside.ask(ask.STATE, id=case))["instance"] is None
    citizen = await kari.refused(ask.CONFIRM, id=case)
    assert citizen["__typename"] == "Forbidden"
