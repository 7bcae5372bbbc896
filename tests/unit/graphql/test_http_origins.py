"""Pages of other origins: who may call, and that nothing a browser sends without asking changes anything."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from dialog_graph.graphql.cors import Origins, is_same_origin
from tests.unit.graphql import toy

INBOX = "https://inbox.example"
EVIL = "https://evil.example"


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(toy.application(toy.toy_edge(origins=(INBOX,))))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def preflight(client: httpx.AsyncClient, path: str, origin: str, headers: str = "authorization") -> httpx.Headers:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": headers}
    answer = await client.options(path, headers=asked)
    assert answer.status_code == 204
    return answer.headers


async def test_a_listed_origin_may_ask_and_call(client: httpx.AsyncClient) -> None:
    allowed = await preflight(client, "/graphql", INBOX)
    called = await client.post("/graphql", json={"query": "{hello}"}, headers={"Origin": INBOX})
    assert allowed["access-control-allow-origin"] == INBOX
    assert allowed["access-control-max-age"] == "600"
    assert "Authorization" in allowed["access-control-allow-headers"]
    assert called.headers["access-control-allow-origin"] == INBOX
    assert "access-control-allow-credentials" not in {*allowed, *called.headers}
    assert "Origin" in called.headers["vary"]


@pytest.mark.parametrize("origin", [EVIL, "null", "https://inbox.example.evil.example", "http://inbox.example"])
async def test_other_origins_are_not_told_anything(client: httpx.AsyncClient, origin: str) -> None:
    asked = await preflight(client, "/graphql", origin)
    called = await client.post("/graphql", json={"query": "{hello}"}, headers={"Origin": origin})
    assert "access-control-allow-origin" not in {*asked, *called.headers}


async def test_a_refusal_carries_the_headers_too(client: httpx.AsyncClient) -> None:
    headers = {"Origin": INBOX, "Authorization": "Bearer nobody"}
    answer = await client.post("/graphql", json={"query": "{hello}"}, headers=headers)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, INBOX)


async def test_the_stream_allows_the_headers_that_are_asked_for(client: httpx.AsyncClient) -> None:
    stream = await preflight(client, "/graphql/stream", INBOX, "x-custom, authorization")
    graph = await preflight(client, "/graphql", INBOX, "x-custom")
    assert stream["access-control-allow-headers"] == "x-custom, authorization"
    assert "x-custom" not in graph["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("method", "headers", "content"),
    [
        ("POST", {"Content-Type": "text/plain"}, b'{"query":"mutation{save(text:\\"x\\")}"}'),
        ("POST", {"Content-Type": "application/x-www-form-urlencoded"}, b'query=mutation{save(text:"x")}'),
        ("POST", {"Content-Type": "multipart/form-data; boundary=b"}, b"--b--"),
        ("POST", {}, b'{"query":"mutation{save(text:\\"x\\")}"}'),
        ("GET", {"X-HTTP-Method-Override": "POST"}, b""),
    ],
)
async def test_nothing_that_needs_no_preflight_changes_anything(
    client: httpx.AsyncClient, method: str, headers: dict[str, str], content: bytes
) -> None:
    url = '/graphql?query=mutation{save(text:"x")}'
    answer = await client.request(method, url, headers={"Origin": EVIL, **headers}, content=content)
    assert answer.status_code in (405, 415)
    assert toy.NOTES.contexts == []


def test_loopback_is_open_in_development_only() -> None:
    development, production = (Origins.of((), development=each) for each in (True, False))
    assert development.allows("http://localhost:5173")
    assert development.allows("http://[::1]:8000")
    assert not development.allows("http://localhost.evil.example")
    assert not development.allows("null")
    assert not production.allows("http://localhost:5173")
    assert not Origins.of(("*", "null"), development=False).allows("null")


def test_a_page_of_the_server_itself_is_known_by_its_host() -> None:
    assert is_same_origin("http://127.0.0.1:8000", "127.0.0.1:8000")
    assert not is_same_origin("http://127.0.0.1:8001", "127.0.0.1:8000")
    assert not is_same_origin("null", None)
    assert not is_same_origin("http://[", "[")
