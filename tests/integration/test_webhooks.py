"""Webhooks end to end: who may have one, what arrives, that it verifies, and that no crash loses an event."""

import asyncio
import base64
import json
import pickle
import signal
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook as StandardWebhook
from standardwebhooks.webhooks import WebhookVerificationError

from dialog_graph.access import webhook_signing
from dialog_graph.commands.create_webhook import CreateWebhook, CreateWebhookResult, create_webhook
from dialog_graph.commands.delete_webhook import DeleteWebhook, delete_webhook
from dialog_graph.errors import Refused
from dialog_graph.model.principal import ANONYMOUS, Principal
from dialog_graph.storage import deliveries, webhooks
from dialog_graph.storage.logins import Logins
from dialog_graph.storage.migrate import rebase_feed
from dialog_graph.workers.expander import DUTY, expand
from dialog_graph.workers.leases import Leadership
from dialog_graph.workers.running import running
from dialog_graph.workers.webhooks import Deliverer
from tests.integration.event_world import APP, KARI_URN, NEIGHBOUR, OLA_URN, OWNER, World, world_of
from tests.integration.receiver import Receiver, Request, receiving
from tests.integration.rows import KARI, OLA, person, settled

COMPLETED = "app.instance.process.completed"
SUBSTATUS = "app.instance.substatus.changed"


@pytest.fixture
async def world(logins: Logins, tmp_path: Path) -> AsyncGenerator[World]:
    async with world_of(logins, tmp_path) as made:
        yield made


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as made:
        yield made


def given(url: str, *types: str, **members: Any) -> CreateWebhook:
    chosen: dict[str, Any] = {"endpoint": url, "types": types, "application": APP, **members}
    return CreateWebhook(**chosen)


async def made(world: World, given: CreateWebhook, principal: Principal = OWNER) -> CreateWebhookResult:
    return await create_webhook(world.ports, principal, given)


async def refusal(world: World, principal: Principal, given: CreateWebhook) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        await create_webhook(world.ports, principal, given)
    return caught.value.refusal.code, caught.value.refusal.expected


async def expanded(world: World, holder: str = "test") -> int:
    """Writes the deliveries of everything that has happened; answers how many."""
    await settled(world.ports.database)
    fence = await Leadership(world.ports.database, DUTY, holder).fence()
    assert fence is not None
    _, count = await expand(world.ports, fence)
    return count


async def sent(world: World) -> None:
    """Sends until nothing is due any more."""
    deliverer = Deliverer(world.ports, "test")
    while await deliverer.send_due() or deliverer.is_busy:
        await deliverer.finish(20)


async def states(world: World) -> dict[str, int]:
    async with world.ports.database.dispatch() as tx:
        rows = await tx.fetch("select state, count(*) as number from delivery group by state")
    return {row["state"]: row["number"] for row in rows}


def body_of(request: Request) -> dict[str, Any]:
    return json.loads(request.body)


# Registration -------------------------------------------------------------------------------------------------------


async def test_the_secret_is_shown_once_and_the_same_webhook_is_not_made_twice(
    world: World, receiver: Receiver, owner: asyncpg.Connection
) -> None:
    first = await made(world, given(receiver.url, COMPLETED, SUBSTATUS))
    again = await made(world, given(receiver.url, SUBSTATUS, COMPLETED, description="other words, same filters"))
    other = await made(world, given(receiver.url, COMPLETED))
    assert first.secret is not None
    assert first.secret.startswith("whsec_")
    assert (again.webhook_id, again.secret) == (first.webhook_id, None)
    assert other.webhook_id != first.webhook_id
    async with world.ports.database.dispatch() as tx:
        stored = await tx.fetchval("select secret from webhook where webhook_id = $1", first.webhook_id)
    assert base64.b64decode(first.secret.removeprefix("whsec_")) not in stored
    assert webhook_signing.shown(webhook_signing.unsealed(world.ports.keys, stored, first.webhook_id)) == first.secret


async def test_no_runtime_role_of_a_consumer_reads_secrets(world: World, receiver: Receiver) -> None:
    await made(world, given(receiver.url))
    async with world.ports.database.snapshot(OWNER) as snapshot:
        assert len(await webhooks.of_consumer(snapshot)) == 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await snapshot.fetch("select secret from webhook")


REFUSED: list[tuple[str, Principal, dict[str, Any], tuple[str, str]]] = [
    ("nobody", ANONYMOUS, {}, ("FORBIDDEN", "a service owner, or somebody who represents a party")),
    ("no filter", OWNER, {"application": None}, ("INVALID_INPUT", "at least one of application, resource and org")),
    ("another's app", NEIGHBOUR, {}, ("INVALID_INPUT", "an application or resource that you own")),
    ("another's org", OWNER, {"org": "nabo"}, ("INVALID_INPUT", "your own org")),
    ("an unknown app", OWNER, {"application": "ttd/none"}, ("INVALID_INPUT", "a resource that exists")),
    (
        "the beginning of an app's name",
        OWNER,
        {"application": APP.removesuffix("-address")},
        ("INVALID_INPUT", "a resource that exists"),
    ),
    (
        "two resources",
        OWNER,
        {"resource": "urn:altinn:resource:app_ttd_other"},
        ("INVALID_INPUT", "application and resource to name the same"),
    ),
    ("a person without subject", person(KARI), {}, ("INVALID_INPUT", "a party that you represent")),
    ("a stranger's party", person(OLA), {"subject": KARI_URN}, ("INVALID_INPUT", "a party that you represent")),
    ("an unknown party", OWNER, {"subject": "/party/1"}, ("INVALID_INPUT", "a known party")),
    (
        "sub-units of nobody",
        OWNER,
        {"include_subunits": True},
        ("INVALID_INPUT", "a subject together with includeSubunits"),
    ),
    ("a star alone", OWNER, {"types": ("*",)}, ("INVALID_INPUT", "at most 50 types, each exact or written x.*")),
    ("http", OWNER, {"endpoint": "http://example.com/x"}, ("ADDRESS_BLOCKED", "an https address")),
    (
        "a private address",
        OWNER,
        {"endpoint": "https://10.0.0.1/"},
        ("ADDRESS_BLOCKED", "the address of a public host"),
    ),
]


@pytest.mark.parametrize(
    ("principal", "members", "expected"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
async def test_who_may_not_have_a_webhook(
    world: World, principal: Principal, members: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert await refusal(world, principal, given("http://127.0.0.1:9/x", **members)) == expected


async def test_a_subject_may_be_written_as_altinn_does(world: World, receiver: Receiver) -> None:
    forms = [KARI_URN, f"/party/{KARI}", "/person/12887230143", f"urn:altinn:party:id:{KARI}"]
    results = [await made(world, given(receiver.url, subject=form), person(KARI)) for form in forms]
    assert len({result.webhook_id for result in results}) == 1


async def test_a_consumer_has_at_most_a_hundred(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialog_graph.commands.create_webhook.MAX_PER_CONSUMER", 2)
    for path in ("a", "b"):
        await made(world, given(f"http://127.0.0.1:9/{path}"))
    code, _ = await refusal(world, OWNER, given("http://127.0.0.1:9/c"))
    assert code == "CONFLICT"
    assert (await made(world, given("http://127.0.0.1:9/a"))).secret is None


async def test_webhooks_belong_to_their_consumer_alone(world: World, receiver: Receiver) -> None:
    own = await made(world, given(receiver.url))
    for stranger in (NEIGHBOUR, person(KARI)):
        async with world.ports.database.snapshot(stranger) as snapshot:
            assert await webhooks.of_consumer(snapshot) == []
        with pytest.raises(Refused) as caught:
            await delete_webhook(world.ports, stranger, DeleteWebhook(webhook_id=own.webhook_id))
        assert caught.value.refusal.code == "NOT_FOUND"
    gone = await delete_webhook(world.ports, OWNER, DeleteWebhook(webhook_id=own.webhook_id))
    assert gone.webhook.endpoint == receiver.url
    async with world.ports.database.snapshot(OWNER) as snapshot:
        assert await webhooks.of_consumer(snapshot) == []


# What arrives -------------------------------------------------------------------------------------------------------


async def test_a_finished_instance_is_told_while_the_server_runs(world: World, receiver: Receiver) -> None:
    await made(world, given(receiver.url, COMPLETED))
    async with running(world.ports):
        instance_id = await world.sent_in()
        (request,) = await receiver.received(1)
    body = body_of(request)
    assert body["type"] == COMPLETED
    assert body["source"] == f"http://127.0.0.1:8000/app/{APP}/instances/{KARI}/{instance_id}"
    assert body["subject"] == f"/party/{KARI}"
    assert body["resource"] == "urn:altinn:resource:app_ttd_change-of-address"
    assert body["resourceinstance"] == f"{KARI}/{instance_id}"
    assert body["dgstream"] == str(instance_id)
    assert body["data"]["endEvent"] == "EndEvent_1"
    assert body["id"] == request.id
    assert "alternativesubject" not in body
    assert request.headers["content-type"] == "application/cloudevents+json"
    assert request.headers["webhook-request-origin"] == "127.0.0.1:8000"
    assert await states(world) == {"DELIVERED": 1}


async def test_the_body_is_a_cloud_event_for_the_library_too(world: World, receiver: Receiver) -> None:
    await made(world, given(receiver.url, COMPLETED))
    await made(world, given(receiver.url + "/binary", COMPLETED, format="BINARY"))
    await made(world, given(receiver.url + "/json", COMPLETED, format="JSON"))
    await world.sent_in()
    assert await expanded(world) == 3
    await sent(world)
    by_path = {request.path: request for request in receiver.got}
    structured, binary, plain = (by_path[path] for path in ("/events", "/events/binary", "/events/json"))
    assert plain.body == structured.body
    assert plain.headers["content-type"] == "application/json"
    first, second = library_event(structured), library_event(binary)
    assert first == second
    assert first["type"] == COMPLETED


def library_event(request: Request) -> dict[str, Any]:
    """The event as the CloudEvents library reads it."""
    event = from_http_event(HTTPMessage(dict(request.headers), request.body))
    found = dict(event.get_attributes())
    return {name: str(value) for name, value in found.items()} | {"data": event.get_data()}


async def test_signatures_verify_with_other_libraries_and_no_byte_may_change(world: World, receiver: Receiver) -> None:
    result = await made(world, given(receiver.url, COMPLETED))
    assert result.secret is not None
    await world.sent_in()
    await expanded(world)
    await sent(world)
    (request,) = receiver.got
    standard = StandardWebhook(result.secret)
    assert standard.verify(request.body, request.headers) == body_of(request)
    verify_v1a(webhook_signing.public_key(world.ports.keys), request)
    for position in range(0, len(request.body), 7):
        changed = bytearray(request.body)
        changed[position] ^= 0x01
        with pytest.raises(WebhookVerificationError):
            standard.verify(bytes(changed), request.headers, json_parse=False)
        with pytest.raises(InvalidSignature):
            verify_v1a(webhook_signing.public_key(world.ports.keys), replace(request, body=bytes(changed)))
    for name, value in (("webhook-id", str(uuid4())), ("webhook-timestamp", next_second(request))):
        headers = {**request.headers, name: value}
        with pytest.raises(WebhookVerificationError):
            standard.verify(request.body, headers)
        with pytest.raises(InvalidSignature):
            verify_v1a(webhook_signing.public_key(world.ports.keys), replace(request, headers=headers))
    with pytest.raises(WebhookVerificationError):
        StandardWebhook("whsec_" + base64.b64encode(bytes(32)).decode()).verify(request.body, request.headers)


def next_second(request: Request) -> str:
    return str(int(request.headers["webhook-timestamp"]) + 1)


def verify_v1a(public_key: str, request: Request) -> None:
    """The asymmetric signature, checked as the specification says."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    kinds = dict(part.split(",", 1) for part in request.headers["webhook-signature"].split(" "))
    content = f"{request.id}.{request.headers['webhook-timestamp']}.".encode() + request.body
    key.verify(base64.b64decode(kinds["v1a"]), content)


async def test_filters_let_through_what_they_name_and_nothing_else(world: World, receiver: Receiver) -> None:
    filters: dict[str, tuple[Principal, dict[str, Any]]] = {
        "exact": (OWNER, {"types": (SUBSTATUS,)}),
        "beginning": (OWNER, {"types": ("app.instance.process.*",)}),
        "org": (OWNER, {"application": None, "org": "ttd", "types": (SUBSTATUS,)}),
        "resource": (
            OWNER,
            {"application": None, "resource": "urn:altinn:resource:app_ttd_change-of-address", "types": (SUBSTATUS,)},
        ),
        "subject": (OWNER, {"subject": OLA_URN, "types": (SUBSTATUS,)}),
        "party": (person(KARI), {"subject": KARI_URN, "types": ("app.*",)}),
        "dialog": (OWNER, {"types": ("dialogporten.dialog.created.v1",)}),
    }
    for name, (principal, members) in filters.items():
        await made(world, given(f"{receiver.url}/{name}", **members), principal)
    kari, ola = await world.started(KARI), await world.started(OLA)
    await world.noted(kari, "for Kari")
    await world.noted(ola, "for Ola")
    await expanded(world)
    await sent(world)
    got: dict[str, list[dict[str, Any]]] = {name: [] for name in filters}
    for request in receiver.got:
        got[request.path.rpartition("/")[2]].append(body_of(request))
    said = {name: sorted(str(body.get("data", {}).get("label")) for body in bodies) for name, bodies in got.items()}
    assert said["exact"] == said["org"] == said["resource"] == ["for Kari", "for Ola"]
    assert said["subject"] == ["for Ola"]
    assert {body["type"] for body in got["beginning"]} == {
        "app.instance.process.started",
        "app.instance.process.movedTo.Task_1",
    }
    assert {body["subject"] for body in got["party"]} == {f"/party/{KARI}"}
    assert "app.instance.data.created" not in {body["type"] for body in got["party"]}
    assert [body["source"].split("/dialogs/")[0] for body in got["dialog"]] == [
        "http://127.0.0.1:8000/api/v1/enduser"
    ] * 2
    assert {body["subject"] for body in got["dialog"]} == {KARI_URN, OLA_URN}


async def test_only_later_events_count_and_nothing_more_comes_after_deletion(world: World, receiver: Receiver) -> None:
    instance_id = await world.started()
    await world.noted(instance_id, "before")
    await settled(world.ports.database)
    webhook = await made(world, given(receiver.url, SUBSTATUS))
    await world.noted(instance_id, "while it lives")
    await expanded(world)
    await sent(world)
    await world.noted(instance_id, "waiting")
    assert await expanded(world) == 1
    await delete_webhook(world.ports, OWNER, DeleteWebhook(webhook_id=webhook.webhook_id))
    await world.noted(instance_id, "after")
    assert await expanded(world) == 0
    await sent(world)
    assert [body_of(request)["data"]["label"] for request in receiver.got] == ["while it lives"]


async def test_a_consumer_without_access_is_told_nothing_more(
    world: World, receiver: Receiver, owner: asyncpg.Connection
) -> None:
    await made(world, given(receiver.url, SUBSTATUS, subject=KARI_URN), person(KARI))
    instance_id = await world.started()
    await world.noted(instance_id, "expanded while she could read")
    assert await expanded(world) == 1
    await owner.execute("delete from dg.party_role where subject_id = $1 and party_id = $1", KARI)
    await owner.execute("update dg.subject_epoch set epoch = epoch + 1 where subject_id = $1", KARI)
    await world.noted(instance_id, "happened afterwards")
    assert await expanded(world) == 0
    await sent(world)
    assert receiver.got == []
    assert await states(world) == {"SKIPPED": 1}


# Outcomes, order, crashes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 400, 410, 500, 503])
async def test_any_other_answer_is_the_end_of_this_attempt(world: World, receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: (status, b"no\x00 \x1b[31mthank you")
    await made(world, given(receiver.url, COMPLETED))
    await world.sent_in()
    await expanded(world)
    await sent(world)
    assert len(receiver.got) == 1
    assert await attempts(world) == [("DEAD", 1, status, f"HTTP_{status}", "no [31mthank you")]


async def attempts(world: World) -> list[tuple[Any, ...]]:
    async with world.ports.database.snapshot(OWNER) as snapshot:
        rows = await snapshot.fetch(
            "select d.state, a.attempt, a.status, a.error, a.response_text from delivery d"
            " join delivery_attempt a using (webhook_id, event_seq) order by d.event_seq, a.attempt"
        )
    return [tuple(row) for row in rows]


async def test_a_connection_that_breaks_or_was_never_there_is_recorded_too(world: World, receiver: Receiver) -> None:
    receiver.answer = lambda _: None
    await made(world, given(receiver.url, COMPLETED))
    await made(world, given("http://127.0.0.1:9/nobody", COMPLETED))
    await world.sent_in()
    await expanded(world)
    await sent(world)
    assert sorted(row[:4] for row in await attempts(world)) == [
        ("DEAD", 1, None, "CONNECT"),
        ("DEAD", 1, None, "PROTOCOL"),
    ]


async def test_each_stream_arrives_in_order_and_the_next_after_a_dead_one_says_so(
    world: World, receiver: Receiver
) -> None:
    receiver.answer = lambda request: (500 if body_of(request)["data"]["label"] == "3" else 200, b"")
    receiver.delay = 0.005
    await made(world, given(receiver.url, SUBSTATUS))
    instances = [await world.started() for _ in range(6)]
    async with running(world.ports):
        for number in range(8):
            for instance_id in instances:
                await world.noted(instance_id, str(number))
        got = await receiver.received(48)
    for instance_id in instances:
        bodies = [body_of(request) for request in got]
        own = [body for body in bodies if body["dgstream"] == str(instance_id)]
        assert [body["data"]["label"] for body in own] == [str(number) for number in range(8)]
        assert [body["dgsequence"] for body in own] == sorted(body["dgsequence"] for body in own)
        assert [body["data"]["label"] for body in own if body.get("dgpreviousdead")] == ["4"]
    assert len({request.id for request in got}) == 48, "no event twice where nothing failed"
    assert receiver.most_at_once <= 4
    assert await states(world) == {"DELIVERED": 42, "DEAD": 6}


async def test_a_slow_consumer_does_not_hold_up_another(world: World, receiver: Receiver) -> None:
    async with receiving() as slow:
        slow.delay = 3.0
        await made(world, given(slow.url, SUBSTATUS))
        await made(world, given(receiver.url, SUBSTATUS))
        instances = [await world.started() for _ in range(8)]
        async with running(world.ports, grace=0.1):
            for instance_id in instances:
                await world.noted(instance_id, "x")
            await receiver.received(8)
            assert len(slow.got) < 8


async def test_expanding_twice_writes_nothing_twice(world: World, receiver: Receiver) -> None:
    await made(world, given(receiver.url, SUBSTATUS))
    instance_id = await world.started()
    await world.noted(instance_id, "once")
    assert await expanded(world) == 1
    async with world.ports.database.dispatch() as tx:
        await tx.execute("update lease set cursor_xid = '0', cursor_seq = 0")
    assert await expanded(world) == 0
    assert await states(world) == {"PENDING": 1}


async def test_a_leader_who_has_lost_the_lease_writes_nothing(world: World, receiver: Receiver) -> None:
    await made(world, given(receiver.url, SUBSTATUS))
    frozen = Leadership(world.ports.database, DUTY, "frozen")
    old = await frozen.fence()
    assert old is not None
    assert await Leadership(world.ports.database, DUTY, "other").fence() is None
    async with world.ports.database.dispatch() as tx:
        await tx.execute("update lease set expires_at = $1", tx.now)
    successor = await Leadership(world.ports.database, DUTY, "other").fence()
    assert successor is not None
    assert successor == old + 1
    instance_id = await world.started()
    await world.noted(instance_id, "x")
    await settled(world.ports.database)
    assert await expand(world.ports, old) == (False, 0)
    assert await states(world) == {}
    assert await expand(world.ports, successor) == (False, 1)


async def test_leadership_given_back_is_free_at_once(world: World) -> None:
    first, second = (Leadership(world.ports.database, DUTY, name) for name in ("first", "second"))
    assert await first.fence() is not None
    assert await second.fence() is None
    await first.give_back()
    assert await second.fence() is not None


async def test_an_outcome_that_comes_after_the_lease_is_discarded(world: World, receiver: Receiver) -> None:
    await made(world, given(receiver.url, SUBSTATUS))
    instance_id = await world.started()
    await world.noted(instance_id, "x")
    await expanded(world)
    late = await claimed(world)
    async with world.ports.database.dispatch() as tx:
        await tx.execute("update delivery_lane set lease_until = $1::timestamptz - interval '1 second'", tx.now)
    in_time = await claimed(world)
    outcome = deliveries.Outcome(state="DEAD", error="LATE", duration_ms=1)
    async with world.ports.database.dispatch() as tx:
        assert not await deliveries.settle(tx, late, outcome, goes_on=True)
    assert await states(world) == {"PENDING": 1}
    async with world.ports.database.dispatch() as tx:
        await deliveries.settle(tx, in_time, replace(outcome, state="DELIVERED", error=None), goes_on=True)
    assert await states(world) == {"DELIVERED": 1}
    async with world.ports.database.dispatch() as tx:
        assert await tx.fetchval("select count(*) from delivery_lane") == 0


async def claimed(world: World) -> deliveries.Message:
    async with world.ports.database.dispatch() as tx:
        lanes = await deliveries.claim(tx, "test", await deliveries.due(tx, (), 10))
        (message,) = await deliveries.messages(tx, lanes)
    return message


@pytest.mark.parametrize("point", ["before-delivery", "after-delivery"])
async def test_a_process_that_dies_around_its_request_makes_it_again_with_the_same_bytes(
    world: World, receiver: Receiver, logins: Logins, tmp_path: Path, point: str
) -> None:
    await made(world, given(receiver.url, SUBSTATUS))
    instance_id = await world.started()
    for label in ("1", "2", "3"):
        await world.noted(instance_id, label)
    assert await expanded(world) == 3
    # Killed at its second passage: the first event is settled, the second is not, whatever the receiver has seen of it.
    assert await killed(logins, tmp_path, f"{point}:2") == -signal.SIGKILL
    assert await states(world) == {"DELIVERED": 1, "PENDING": 2}
    await sent(world)
    assert len(receiver.got) == (1 if point == "before-delivery" else 2), "the lane is leased to the dead"
    async with world.ports.database.dispatch() as tx:
        await tx.execute("update delivery_lane set lease_until = $1::timestamptz - interval '1 second'", tx.now)
    await sent(world)
    assert await states(world) == {"DELIVERED": 3}
    seen = [body_of(request)["data"]["label"] for request in receiver.got]
    assert seen == (["1", "2", "3"] if point == "before-delivery" else ["1", "2", "2", "3"])
    assert len({(request.id, request.body) for request in receiver.got}) == 3


async def killed(logins: Logins, folder: Path, fault: str) -> int:
    """Exit status of a process that sends what is due and dies at a point of its way."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.sending", str(folder), fault, stdin=asyncio.subprocess.PIPE
    )
    await asyncio.wait_for(process.communicate(pickle.dumps(logins)), 60)
    assert process.returncode is not None
    return process.returncode


async def test_a_stop_waits_for_what_is_under_way_and_gives_the_rest_back(world: World, receiver: Receiver) -> None:
    receiver.delay = 0.5
    await made(world, given(receiver.url, SUBSTATUS))
    instance_id = await world.started()
    async with running(world.ports):
        await world.noted(instance_id, "x")
        await receiver.begun(1)
    assert await states(world) == {"DELIVERED": 1}
    receiver.delay = 5.0
    await made(world, given(f"{receiver.url}/slow", SUBSTATUS))
    async with running(world.ports, grace=0.0):
        await world.noted(instance_id, "y")
        await receiver.begun(3)
    receiver.delay = 0.0
    await sent(world)
    assert await states(world) == {"DELIVERED": 3}, "no lease of the stopped process stands in the way"


async def test_a_rebased_feed_goes_on_where_deliveries_stood(world: World, receiver: Receiver, logins: Logins) -> None:
    await made(world, given(receiver.url, SUBSTATUS))
    instance_id = await world.started()
    await world.noted(instance_id, "before")
    assert await expanded(world) == 1
    await world.noted(instance_id, "not yet expanded")
    await rebase_feed(logins.owner)
    await world.noted(instance_id, "after")
    assert await expanded(world) == 2
    await sent(world)
    assert [body_of(request)["data"]["label"] for request in receiver.got] == ["before", "not yet expanded", "after"]
