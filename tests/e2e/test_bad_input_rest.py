"""Bad requests outside the graph: tokens, uploads, downloads, addresses that are none, sockets and streams."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from dialog_graph.access import dev_issuer
from dialog_graph.access.dev_issuer import TokenRequest
from dialog_graph.access.key_files import KeyFiles
from dialog_graph.access.keys import Keys
from dialog_graph.storage import seed
from tests.e2e import documents as ask
from tests.e2e.cases import ended_case, picture
from tests.e2e.clients import PATIENCE, Graph, web_socket
from tests.e2e.refusals import Stored, expect_told, nothing_changes
from tests.e2e.running import KARI, Live

PDF = b"%PDF-1.7 a drawing"


async def started(kari: Graph, application: str) -> tuple[str, str]:
    """Ids of a new case and of its form."""
    made = (await kari.do(ask.START, application=application, party=KARI))["instance"]
    return made["id"], made["dataElements"][0]["id"]


# Tokens -------------------------------------------------------------------------------------------------------------


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def without_signature(token: str) -> str:
    _, claims, _ = token.split(".")
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{claims}."


def with_claims(token: str, **changed: object) -> str:
    head, claims, signature = token.split(".")
    given = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return f"{head}.{part(given | changed)}.{signature}"


def foreign_key(folder: Path) -> str:
    """A token that is right in all but the key."""
    keys = Keys(KeyFiles(folder, create=True))
    issued = dev_issuer.issue(keys, seed.built_in(), TokenRequest(key="kari"), 4_102_444_800 - 3600)
    assert isinstance(issued, str)
    return issued


@pytest.fixture
def bad_tokens(live: Live, tmp_path: Path) -> dict[str, str]:
    good = live.person("kari")
    head, claims, signature = good.split(".")
    return {
        "late": f"Bearer {live.issue(TokenRequest(key='kari'), age=7200)}",
        "of tomorrow": f"Bearer {live.issue(TokenRequest(key='kari'), age=-7200)}",
        "of another key": f"Bearer {foreign_key(tmp_path / 'keys')}",
        "with another person": f"Bearer {with_claims(good, pid='17835511871')}",
        "with another end": f"Bearer {with_claims(good, exp=4_102_444_800)}",
        "without signature": f"Bearer {without_signature(good)}",
        "with half a signature": f"Bearer {head}.{claims}.{signature[:20]}",
        "of two parts": f"Bearer {head}.{claims}",
        "garbled": "Bearer abc.def.ghi",
        "no token": "Bearer",
        "two tokens": f"Bearer {good} {good}",
        "a password": "Basic a2FyaTprYXJp",
        "another scheme": f"Token {good}",
        "very long": "Bearer " + "a" * 9000,
        "a dialog's": f"Bearer {live.issue(TokenRequest(key='kari', dialog_id=uuid4()))}",
        "a source of the exchange": f"Bearer {live.maskinporten()}",
    }


async def test_a_bad_token_opens_no_door(
    live: Live, kari: Graph, http: httpx.AsyncClient, store: Stored, bad_tokens: dict[str, str]
) -> None:
    number, element = await started(kari, "ttd/grant-application")
    given: dict[str, Any] = {"id": number, "type": "application", "data": {}}
    fill: dict[str, Any] = {"query": ask.FILL, "variables": given}
    upload = f"{live.url}/instances/{number}/data?dataType=documentation"
    async with nothing_changes(store, "a bad token"):
        for name, value in bad_tokens.items():
            headers = {"Authorization": value}
            answers = [
                await http.post(f"{live.url}/graphql", json=fill, headers=headers),
                await http.post(f"{live.url}/graphql/stream", json=fill, headers=headers),
                await http.get(f"{live.url}/data/{element}", headers=headers),
                await http.post(upload, content=PDF, headers=headers | {"Content-Type": "application/pdf"}),
            ]
            for answer in answers:
                assert answer.status_code == 401, f"{name}: {answer.request.url} {answer.text}"
                expect_told(answer, "UNAUTHENTICATED")
                assert answer.headers["www-authenticate"].startswith("Bearer"), name
                assert value.rpartition(" ")[2] not in answer.text or len(value) < 10


async def test_the_exchange_takes_nothing_but_its_own(live: Live, http: httpx.AsyncClient, kari: Graph) -> None:
    address = f"{live.url}/authentication/exchange"
    right = live.maskinporten()
    for headers in ({}, {"Authorization": "Bearer x"}, kari.headers, {"Authorization": f"Bearer {live.org()}"}):
        expect_told(await http.get(f"{address}/maskinporten", headers=headers), "UNAUTHENTICATED", 401)
    answer = await http.get(f"{address}/nonsense", headers={"Authorization": f"Bearer {right}"})
    expect_told(answer, status=400)
    answer = await http.get(f"{address}/id-porten", headers={"Authorization": f"Bearer {right}"})
    assert answer.status_code in (401, 403)
    expect_told(answer)


# Uploads ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """An upload: to which type, as what, which bytes."""

    type: str | None = "documentation"
    kind: str = "application/pdf"
    content: bytes = PDF
    query: str = ""


UPLOADS: dict[str, tuple[Sent, int, set[str]]] = {
    "no type": (Sent(type=None), 400, {"INVALID_INPUT"}),
    "an empty type": (Sent(type=""), 400, {"INVALID_INPUT"}),
    "an unknown type": (Sent(type="nonsense"), 404, {"NOT_FOUND"}),
    "a type with a path": (Sent(type="../documentation"), 404, {"NOT_FOUND"}),
    "a type of the server's own": (Sent(type="ref-data-as-pdf"), 403, {"FORBIDDEN", "NOT_FOUND"}),
    "nothing in it": (Sent(content=b""), 400, {"INVALID_INPUT"}),
    "a page": (Sent(kind="text/html", content=b"<script>1</script>"), 409, {"VALIDATION_FAILED"}),
    "a type that is not allowed": (Sent(kind="application/zip", content=b"PK\x03\x04"), 409, {"VALIDATION_FAILED"}),
    "no content type": (Sent(kind=""), 409, {"VALIDATION_FAILED", "UNSUPPORTED_MEDIA_TYPE"}),
    "a picture that is called a document": (Sent(content=picture()), 415, {"UNSUPPORTED_MEDIA_TYPE"}),
    "a page that is called a document": (Sent(content=b"<html>"), 415, {"UNSUPPORTED_MEDIA_TYPE"}),
    "another revision": (Sent(query="&expectedRevision=99"), 409, {"CONCURRENCY"}),
    "a revision that is none": (Sent(query="&expectedRevision=x"), 400, {"INVALID_INPUT"}),
    "a second form": (Sent(type="application", kind="application/json", content=b"{}"), 409, {"VALIDATION_FAILED"}),
}


@pytest.mark.parametrize("name", UPLOADS)
async def test_an_upload_that_is_refused(kari: Graph, store: Stored, name: str) -> None:
    sent, status, codes = UPLOADS[name]
    number, _ = await started(kari, "ttd/grant-application")
    query = sent.query if sent.type is None else f"&dataType={sent.type}{sent.query}"
    async with nothing_changes(store, name):
        answer = await kari.upload(f"/instances/{number}/data?filename=a.pdf{query}", sent.content, sent.kind)
        assert expect_told(answer) in codes, f"{answer.status_code} {answer.text}"
        assert answer.status_code == status, answer.text


async def test_a_file_above_the_largest_size(kari: Graph, store: Stored) -> None:
    """Declared or not: it is stopped, and no byte of it stays."""
    number, _ = await started(kari, "ttd/change-of-address")
    address = f"{kari.url}/instances/{number}/data?dataType=lease&filename=a.pdf"
    headers = kari.headers | {"Content-Type": "application/pdf"}
    whole = PDF + bytes(10 * 1_048_576)

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), 1 << 20):
            yield whole[start : start + (1 << 20)]

    bodies: tuple[Callable[[], Any], ...] = (lambda: whole, in_pieces)
    async with nothing_changes(store, "a large file"):
        for body in bodies:
            answer = await kari.http.post(address, content=body(), headers=headers)
            expect_told(answer, "PAYLOAD_TOO_LARGE", 413)


NAMES: dict[str, str] = {
    "../../etc/passwd": "_.._.._etc_passwd",
    "a/b\\c:d.pdf": "a_b_c_d.pdf",
    "\u202egnp.exe": "gnp.exe",
    "line\nbreak\x00.pdf": "linebreak.pdf",
    ".hidden": "_hidden",
    "æøå 🦊.pdf": "æøå 🦊.pdf",
    '"; drop table x; --.pdf': '"; drop table x; --.pdf',
}


async def test_a_name_is_never_more_than_words(live: Live, kari: Graph) -> None:
    for chunk in (list(NAMES)[:4], list(NAMES)[4:]):
        number, _ = await started(kari, "ttd/grant-application")
        for name in chunk:
            params = {"dataType": "documentation", "filename": name}
            headers = kari.headers | {"Content-Type": "application/pdf"}
            answer = await kari.http.post(
                f"{live.url}/instances/{number}/data", params=params, content=PDF, headers=headers
            )
            assert answer.status_code == 201, f"{name!r}: {answer.text}"
            element = answer.json()["dataElement"]
            shown = element["filename"]
            assert not {"/", "\\", ":", "\n", "\0", "\u202e"} & set(shown), name
            assert len(shown.encode()) <= 255
            got = await kari.get(f"/data/{element['id']}")
            disposition = got.headers["content-disposition"]
            assert disposition.startswith("attachment")
            assert "\n" not in disposition
    number, _ = await started(kari, "ttd/grant-application")
    address = f"/instances/{number}/data?dataType=documentation&filename={'a' * 900}.pdf"
    long = await kari.upload(address, PDF, "application/pdf")
    assert len(long.json()["dataElement"]["filename"].encode()) <= 255


ENTITY = b'<!DOCTYPE model [<!ENTITY x SYSTEM "file:///etc/passwd">]><model><property1>&x;</property1></model>'
BOMB = b'<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><model><property1>&b;</property1></model>'
FORMS: dict[str, tuple[str, bytes, set[str]]] = {
    "XML that is not closed": ("xml", b"<model><property1>", {"INVALID_INPUT"}),
    "no XML": ("xml", b"{}", {"INVALID_INPUT"}),
    "XML with a document type": ("xml", b"<!DOCTYPE model><model/>", {"INVALID_INPUT"}),
    "XML with a file in it": ("xml", ENTITY, {"INVALID_INPUT"}),
    "XML that grows": ("xml", BOMB, {"INVALID_INPUT"}),
    "XML in another encoding": ("xml", b"<?xml version='1.0' encoding='utf-7'?><model/>", {"INVALID_INPUT"}),
    "XML with an unknown element": ("xml", b"<model><secret>1</secret></model>", {"UNKNOWN_FIELD"}),
    "XML with another root": ("xml", b"<other><property1>1</property1></other>", {"INVALID_INPUT", "UNKNOWN_FIELD"}),
    "XML that is deep": ("xml", b"<model>" + b"<property1>" * 500, {"INVALID_INPUT"}),
    "XML with bytes that are none": ("xml", b"<model><property1>\xff\xfe\x00</property1></model>", {"INVALID_INPUT"}),
    "an empty form": ("xml", b"", {"INVALID_INPUT"}),
    "JSON that is cut off": ("json", b'{"amount": 1', {"INVALID_INPUT", "BAD_JSON"}),
    "JSON that is a list": ("json", b"[1]", {"INVALID_INPUT", "BAD_JSON"}),
    "JSON with a name twice": ("json", b'{"amount": 1, "amount": 2}', {"INVALID_INPUT", "BAD_JSON"}),
    "JSON with no number": ("json", b'{"amount": NaN}', {"INVALID_INPUT", "BAD_JSON"}),
    "JSON with a zero character": ("json", b'{"project": {"title": "\\u0000"}}', {"INVALID_INPUT", "BAD_JSON"}),
    "JSON with a lone surrogate": ("json", b'{"project": {"title": "\\ud800"}}', {"INVALID_INPUT", "BAD_JSON"}),
    "JSON that is deep": ("json", b'{"a":' * 500 + b"1" + b"}" * 500, {"INVALID_INPUT", "BAD_JSON"}),
    "JSON that is large": ("json", b'{"a": "' + b"x" * (11 << 20) + b'"}', {"PAYLOAD_TOO_LARGE"}),
    "JSON called XML": ("xml", b'{"property1": "x"}', {"INVALID_INPUT"}),
}
APPS = {"xml": ("ttd/template-v8", "application/xml"), "json": ("ttd/grant-application", "application/json")}


@pytest.mark.parametrize("name", FORMS)
async def test_form_data_that_cannot_be_read(live: Live, kari: Graph, store: Stored, name: str) -> None:
    kind, content, codes = FORMS[name]
    if kind == "xml" and not live.has_template:
        pytest.skip("the corpus is not there: set DIALOG_GRAPH_SHARED")
    application, content_type = APPS[kind]
    number, element = await started(kari, application)
    async with nothing_changes(store, name):
        headers = kari.headers | {"Content-Type": content_type}
        answer = await kari.http.put(f"{live.url}/instances/{number}/data/{element}", content=content, headers=headers)
        assert expect_told(answer) in codes, f"{answer.status_code} {answer.text}"
        assert "root:" not in answer.text, "no file of the machine is read"


async def test_what_is_locked_or_foreign_takes_no_upload(kari: Graph, jon: Graph, store: Stored) -> None:
    ended = await ended_case(kari)
    number, element = await started(kari, "ttd/grant-application")
    async with nothing_changes(store, "foreign uploads"):
        to = f"/instances/{ended}/data?dataType=documentation"
        expect_told(await kari.upload(to, PDF, "application/pdf"), status=409)
        for who, address in (
            (jon, f"/instances/{number}/data?dataType=documentation"),
            (kari, f"/instances/{uuid4()}/data?dataType=documentation"),
            (kari, "/instances/nonsense/data?dataType=documentation"),
            (kari, "/instances/%00/data?dataType=documentation"),
        ):
            expect_told(await who.upload(address, PDF, "application/pdf"), "NOT_FOUND", 404)
        for target in (f"{number}/data/{uuid4()}", f"{ended}/data/{element}", f"{number}/data/x"):
            headers = kari.headers | {"Content-Type": "application/json"}
            answer = await kari.http.put(f"{kari.url}/instances/{target}", content=b"{}", headers=headers)
            assert answer.status_code in (404, 409)
            expect_told(answer)


# Addresses ----------------------------------------------------------------------------------------------------------

NOWHERE = (
    "/nowhere",
    "/data",
    "/data/",
    "/data/x",
    "/data/%00",
    "/data/../../etc/passwd",
    "/data/018f0000-0000-7000-8000-000000000001",
    "/data/018f0000-0000-7000-8000-000000000001?signature=x",
    "/data/018f0000-0000-7000-8000-000000000001?signature=%F0%9F&expires=x&kind=PERSON",
    "/instances/x",
    "/instances/018f0000-0000-7000-8000-000000000001",
    "/api/v1/instance/1/2",
    "/graphql/nonsense",
    "/static/../server.py",
    "/static/%2e%2e/%2e%2e/server.py",
    "/dev-issuer/nothing",
    "/.env",
    "/" + "a" * 5000,
)


@pytest.mark.parametrize("path", NOWHERE, ids=lambda path: path[:40])
async def test_an_address_that_is_none(kari: Graph, path: str) -> None:
    answer = await kari.get(path)
    assert answer.status_code in (404, 405), answer.text
    expect_told(answer)


METHODS = (
    ("DELETE", "/graphql/stream"),
    ("GET", "/graphql/stream"),
    ("POST", "/data/018f0000-0000-7000-8000-000000000001"),
    ("DELETE", "/instances/018f0000-0000-7000-8000-000000000001"),
    ("PUT", "/authentication/exchange/maskinporten"),
    ("POST", "/.well-known/jwks.json"),
    ("POST", "/health/live"),
    ("GET", "/dev-issuer/token"),
)


@pytest.mark.parametrize(("method", "path"), METHODS)
async def test_a_method_that_is_not_allowed_here(kari: Graph, method: str, path: str) -> None:
    answer = await kari.http.request(method, f"{kari.url}{path}", headers=kari.headers)
    expect_told(answer, "METHOD_NOT_ALLOWED", 405)
    assert answer.headers["allow"]


# Sockets and streams ------------------------------------------------------------------------------------------------

FOLLOW = 'subscription { processEvents(filter: {org: "ttd"}) { id } }'
TALK: dict[str, tuple[list[str], int]] = {
    "no JSON": (["{"], 4400),
    "no object": (["[]"], 4400),
    "an unknown word": (['{"type": "nonsense"}'], 4400),
    "a question before the greeting": (
        [json.dumps({"type": "subscribe", "id": "1", "payload": {"query": FOLLOW}})],
        4401,
    ),
    "two greetings": (['{"type": "connection_init"}'] * 2, 4429),
    "a bad token": (['{"type": "connection_init", "payload": {"Authorization": "Bearer x"}}'], 4401),
    "a token that is a number": (['{"type": "connection_init", "payload": {"Authorization": 7}}'], 4400),
    "a message without end": (['{"type": "connection_init", "payload": {"x": "' + "x" * 70_000 + '"}}'], 1009),
}


async def spoken(socket: ClientConnection, messages: list[str]) -> None:
    """Says it all, then listens until the end."""
    for message in messages:
        await socket.send(message)
    async with asyncio.timeout(PATIENCE):
        while True:
            await socket.recv()


@pytest.mark.parametrize("name", TALK)
async def test_a_socket_that_talks_nonsense_is_closed(live: Live, name: str) -> None:
    messages, code = TALK[name]
    protocol = Subprotocol("graphql-transport-ws")
    async with connect(f"ws://{live.host}/graphql", subprotocols=[protocol], proxy=None) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await spoken(socket, messages)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code


BAD_FOLLOWS: dict[str, dict[str, Any]] = {
    "nothing to follow": {"query": "subscription { processEvents(filter: {}) { id } }"},
    "a cursor that is none": {"query": 'subscription { processEvents(filter: {org: "ttd"}, after: "x") { id } }'},
    "another owner": {"query": 'subscription { processEvents(filter: {org: "nabo"}) { id } }'},
    "a foreign owner's completions": {"query": 'subscription { completions(org: "nabo") { id } }'},
    "an unknown app": {"query": 'subscription { completions(application: ["ttd/nothing"]) { id } }'},
    "an unknown field": {"query": "subscription { nonsense { id } }"},
    "two at once": {"query": "subscription { a: completions { id } b: completions { id } }"},
    "no document": {"query": 1},
}


@pytest.mark.parametrize("name", BAD_FOLLOWS)
async def test_a_subscription_that_cannot_be_is_refused_before_it_begins(live: Live, ttd: Graph, name: str) -> None:
    async with web_socket(live.host, ttd.token) as socket:
        await socket.send(id="1", type="subscribe", payload=BAD_FOLLOWS[name])
        if name == "no document":
            with pytest.raises(ConnectionClosed):
                await socket.receive()
            return
        message = await socket.receive()
        assert (message["type"], message["id"]) == ("error", "1"), message
        for error in message["payload"]:
            assert error["extensions"]["code"] not in ("INTERNAL", None)
            assert len(error["message"]) > 5
        await socket.subscribe("2", "{ viewer { kind } }")
        assert (await socket.next("2"))["viewer"]["kind"] == "SERVICE_OWNER", "the connection lives on"
