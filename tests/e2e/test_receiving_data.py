"""The main job, from outside: a citizen hands in a case, the service owner is told, fetches the data and confirms.

The eight steps of Altinn's guide "receive data from an app", each by a client that shares no code with the server: HTTP
and GraphQL, WebSocket, server-sent events, and an HTTP server that receives the webhook. Once with a form, attachment
and confirmation, once with the corpus' template app, whose form is XML on the wire.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.e2e import documents as ask
from tests.e2e.cases import APPLICATION, exchanged, picture
from tests.e2e.clients import Frame, Graph, Socket, event_stream, next_frame, web_socket
from tests.e2e.receiver import Delivery, Receiver, receiving
from tests.e2e.running import KARI, Live

COMPLETED = "app.instance.process.completed"
Caller = Callable[[str | None], Graph]


@dataclass
class Listening:
    """The service owner's system: everything by which it can be told, all opened before anything happens."""

    token: str
    socket: Socket
    stream: AsyncGenerator[Frame, None]
    receiver: Receiver
    secret: str
    public_key: str
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
        assert made["webhook"]["state"] == "ACTIVE"
        socket = await stack.enter_async_context(web_socket(live.host, so.token))
        await socket.subscribe("done", ask.COMPLETIONS, {"application": [application]})
        stream = await stack.enter_async_context(event_stream(so, ask.COMPLETIONS, {"application": [application]}))
        yield Listening(
            so.token, socket, stream, receiver, made["secret"], made["webhook"]["publicKey"], made["webhook"]["id"]
        )
        await so.do(ask.DELETE_WEBHOOK, id=made["webhook"]["id"])


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
    assert created.verified(told.secret)["type"] == "app.instance.created"
    event = completed.verified(told.secret)
    check_public_signature(completed, told.public_key)
    async with httpx.AsyncClient(base_url=live.url) as anybody:
        assert (await anybody.get("/.well-known/webhook-keys")).json() == {"keys": [told.public_key]}
    assert event["type"] == COMPLETED
    assert event["id"] == over_socket["id"] == completed.headers["webhook-id"]
    assert event["specversion"] == "1.0"
    assert event["source"].startswith(f"{live.url}/app/{story.application}/instances/")
    assert event["source"].rpartition("/")[2] == story.id
    assert event["dgsequence"] == over_socket["sequence"]
    assert completed.headers["content-type"].startswith("application/cloudevents+json")
    assert "Kari" not in completed.body.decode(), "thin: no names, no form data"
    assert told.receiver.is_quiet, "nothing is sent twice, nothing else is sent"


def check_public_signature(delivery: Delivery, public_key: str) -> None:
    """The second signature, for receivers that hold no secret; raises `InvalidSignature`."""
    signatures = dict(each.split(",", 1) for each in delivery.headers["webhook-signature"].split())
    named = f"{delivery.headers['webhook-id']}.{delivery.headers['webhook-timestamp']}."
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    key.verify(base64.b64decode(signatures["v1a"]), named.encode() + delivery.body)


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
