"""What the main job rests on: signed addresses, ranges, resumed subscriptions, what is not confirmed yet, scopes."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx

from dialog_graph.access import urls
from dialog_graph.access.claim_rules import ORG_URN
from dialog_graph.model.instance import DataElement
from dialog_graph.model.principal import Principal, PrincipalKind
from tests.e2e import documents as ask
from tests.e2e.cases import APPLICATION, INTEGRATION_SCOPES, ended_case, exchanged
from tests.e2e.clients import Graph, event_stream, next_frame, web_socket
from tests.e2e.running import KARI, Live

Caller = Callable[[str | None], Graph]


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
