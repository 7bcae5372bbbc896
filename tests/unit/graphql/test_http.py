"""GraphQL over HTTP: what is read, which status and media type answers, and what never leaves the server."""

import json
from collections.abc import AsyncGenerator
from hashlib import sha256
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from dialog_graph.graphql.documents import Persisted
from dialog_graph.graphql.execution import Rules
from dialog_graph.graphql.limits import Limits
from dialog_graph.model.principal import PrincipalKind
from tests.unit.graphql import toy

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


def client_of(edge: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(toy.application(edge), raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(toy.toy_edge()) as client:
        yield client


def codes(answer: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in answer.json()["errors"]]


async def ask(client: httpx.AsyncClient, query: str, accept: str = JSON, **members: Any) -> httpx.Response:
    return await client.post("/graphql", json={"query": query, **members}, headers={"Accept": accept})


async def test_a_query_is_answered_as_json_and_kept_by_nobody(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ hello }"})
    assert answer.status_code == 200
    assert answer.json() == {"data": {"hello": "hello"}, "extensions": {"cost": {"requested": 1, "limit": 5000}}}
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{JSON}, {GRAPHQL};q=0.9", JSON),
        (f"{GRAPHQL};q=0, {JSON}", JSON),
        ("*/*", JSON),
        ("application/*;q=0.1", JSON),
        ("APPLICATION/JSON; charset=utf-8", JSON),
        ("text/html, */*;q=0.8", JSON),
        (f"*/*, {GRAPHQL}", GRAPHQL),
    ],
)
async def test_the_media_type_follows_the_weights(client: httpx.AsyncClient, accept: str, media_type: str) -> None:
    answer = await ask(client, "{ hello }", accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/plain", "application/xml", f"{JSON};q=0", "text/html", "image/*"])
async def test_nothing_acceptable_is_406(client: httpx.AsyncClient, accept: str) -> None:
    answer = await ask(client, "{ hello }", accept)
    assert (answer.status_code, codes(answer)) == (406, ["NOT_ACCEPTABLE"])


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('application/json; charset="UTF-8"', 200),
        ("application/json; charset=utf-16", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/graphql", 415),
        ("", 415),
    ],
)
async def test_only_json_in_utf_8_is_read(client: httpx.AsyncClient, content_type: str, status: int) -> None:
    answer = await client.post("/graphql", content=b'{"query":"{ hello }"}', headers={"Content-Type": content_type})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "BAD_JSON"),
        (b"{", "BAD_JSON"),
        (b"[" * 5000, "BAD_JSON"),
        (b'{"query": 1' + b"0" * 5000 + b"}", "BAD_JSON"),
        (b'{"query": "{hello}", "query": "{hello}"}', "BAD_JSON"),
        (b"\xff", "BAD_JSON"),
        (b'"x"', "INVALID_INPUT"),
        (b"1", "INVALID_INPUT"),
        (b"null", "INVALID_INPUT"),
        (b'[{"query": "{hello}"}]', "INVALID_INPUT"),
        (b"{}", "INVALID_INPUT"),
        (b'{"query": null}', "INVALID_INPUT"),
        (b'{"query": 1}', "INVALID_INPUT"),
        (b'{"query": "{hello}", "variables": []}', "INVALID_INPUT"),
        (b'{"query": "{hello}", "variables": "{}"}', "INVALID_INPUT"),
        (b'{"query": "{hello}", "operationName": 1}', "INVALID_INPUT"),
        (b'{"query": "{hello}", "extensions": 1}', "INVALID_INPUT"),
        (b'{"documentId": "00"}', "INVALID_INPUT"),
    ],
)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_an_unreadable_request_is_400(client: httpx.AsyncClient, body: bytes, code: str, accept: str) -> None:
    headers = {"Content-Type": JSON, "Accept": accept}
    answer = await client.post("/graphql", content=body, headers=headers)
    # A document id is looked up like a document: its refusal is a request error.
    status = 200 if body.startswith(b'{"documentId') and accept == JSON else 400
    assert (answer.status_code, codes(answer)) == (status, [code])
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    ("query", "members", "code"),
    [
        ("{", {}, "INVALID_INPUT"),
        ("", {}, "INVALID_INPUT"),
        ("{ unknown }", {}, "INVALID_INPUT"),
        ("query A { hello } query B { hello }", {}, "INVALID_INPUT"),
        ("query A { hello }", {"operationName": "B"}, "INVALID_INPUT"),
        ("query ($n: Int!) { echo(times: $n) }", {"variables": {"n": "x"}}, "INVALID_INPUT"),
        ("{ " + "node { child " * 7 + "{ id }" + "}" * 8, {}, "INVALID_INPUT"),
        ("{ " + "a: hello " * 31 + "}", {}, "LIMIT_FIELDS"),
        ("{ node { children(first: 101) { id } } }", {}, "LIMIT_PAGE"),
        ("{ " + "x " * 2001 + "}", {}, "LIMIT_TOKENS"),
        ("{ hello }" + " " * 20_000, {}, "LIMIT_TOKENS"),
        ("fragment F on Query { ...F } { ...F }", {}, "LIMIT_FRAGMENTS"),
    ],
)
async def test_a_request_error_has_no_data(client: httpx.AsyncClient, query: str, members: Any, code: str) -> None:
    plain, modern = [await ask(client, query, accept, **members) for accept in (JSON, GRAPHQL)]
    assert (plain.status_code, modern.status_code) == (200, 400)
    for answer in (plain, modern):
        assert "data" not in answer.json()
        assert codes(answer)[0] == code


async def test_field_errors_stand_beside_the_data(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "{ hello refused }", GRAPHQL)
    assert answer.status_code == 200
    assert answer.json()["data"] == {"hello": "hello", "refused": None}
    error = answer.json()["errors"][0]
    assert error["path"] == ["refused"]
    assert error["locations"] == [{"line": 1, "column": 9}]
    trace_id = error["extensions"].pop("traceId")
    assert len(trace_id) == 32
    assert error["extensions"] == {
        "code": "AUTH_LEVEL_TOO_LOW",
        "requiredLevel": 4,
        "requiredAcr": "idporten-loa-high",
    }


@pytest.mark.parametrize("field", ["fault", "strictFault", "badNumber"])
async def test_a_fault_tells_its_trace_id_and_no_more(client: httpx.AsyncClient, field: str) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    with capture_logs() as logs:
        answer = await client.post(
            "/graphql",
            json={"query": f"{{ {field} }}"},
            headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01", "Accept": GRAPHQL},
        )
    assert answer.status_code == 200
    error = answer.json()["errors"][0]
    assert error["message"] == "An internal error occurred."
    assert error["extensions"] == {"code": "INTERNAL", "traceId": trace}
    assert toy.SECRET not in answer.text
    assert [(entry["event"], entry["trace_id"]) for entry in logs] == [("graphql.fault", trace)]


async def test_a_refusal_is_not_logged_as_a_fault(client: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        await ask(client, "{ refused unknown }")
        await ask(client, "{ refused }")
    assert logs == []


async def test_a_fault_before_the_operation_is_500_without_its_text(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{hello}"}, headers={"Authorization": "Bearer crash"})
    assert (answer.status_code, codes(answer)) == (500, ["INTERNAL"])
    assert toy.SECRET not in answer.text


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
@pytest.mark.parametrize("token", ["nobody", "expired", "dialog"])
async def test_a_bad_token_is_401_before_the_body_is_read(client: httpx.AsyncClient, accept: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Accept": accept, "Content-Type": JSON}
    answer = await client.post("/graphql", content=b"not json", headers=headers)
    assert (answer.status_code, codes(answer)) == (401, ["UNAUTHENTICATED"])
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_caller_over_its_rate_is_told_when_to_come_back(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{hello}"}, headers={"Authorization": "Bearer busy"})
    assert (answer.status_code, codes(answer)) == (429, ["RATE_LIMITED"])
    assert answer.headers["retry-after"] == "7"


async def test_a_body_over_the_limit_is_413(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncGenerator[bytes]:
        for _ in range(5):
            yield b" " * 64 * 1024

    headers = {"Content-Type": JSON}
    declared = await client.post("/graphql", content=b" " * (256 * 1024 + 1), headers=headers)
    chunked = await client.post("/graphql", content=chunks(), headers=headers)
    encoded = await client.post("/graphql", content=b"x", headers=headers | {"Content-Encoding": "gzip"})
    assert [declared.status_code, chunked.status_code, encoded.status_code] == [413, 413, 415]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
async def test_other_methods_are_405(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/graphql")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST, OPTIONS"


async def test_get_answers_queries(client: httpx.AsyncClient) -> None:
    query = "query Q($t: String!) { echo(text: $t) }"
    parameters = {"query": query, "variables": json.dumps({"t": "hi"}), "operationName": "Q", "extensions": ""}
    answer = await client.get("/graphql", params=parameters)
    assert answer.json()["data"] == {"echo": "hi"}


@pytest.mark.parametrize("query", ['mutation { save(text: "x") }', "subscription { count }"])
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_get_changes_nothing(client: httpx.AsyncClient, query: str, accept: str) -> None:
    answer = await client.get("/graphql", params={"query": query}, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert toy.NOTES.contexts == []


@pytest.mark.parametrize(
    ("parameters", "status"),
    [({}, 400), ({"query": "{hello}", "variables": "{"}, 400), ({"query": "{" + "hello " * 2000 + "}"}, 413)],
)
async def test_a_bad_get_is_refused(client: httpx.AsyncClient, parameters: dict[str, str], status: int) -> None:
    assert (await client.get("/graphql", params=parameters)).status_code == status


async def test_a_browser_gets_the_page_and_a_program_the_graph(client: httpx.AsyncClient) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = await client.get("/graphql", headers={"Accept": browser})
    program = await client.get("/graphql", params={"query": "{hello}"}, headers={"Accept": f"{JSON}, text/html;q=0.5"})
    assert "GraphiQL" in page.text
    assert program.json()["data"] == {"hello": "hello"}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_a_subscription_by_plain_post_is_told_where_to_go(client: httpx.AsyncClient, accept: str) -> None:
    answer = await ask(client, "subscription { count }", accept)
    assert (answer.status_code, codes(answer)) == (400, ["INVALID_INPUT"])
    assert "/graphql/stream" in answer.json()["errors"][0]["message"]
    assert toy.NOTES.opened == 0


async def test_the_context_knows_the_languages_and_is_reset_once(client: httpx.AsyncClient) -> None:
    headers = {"Accept-Language": "nn-NO, en;q=0.5, nb;q=0.8"}
    answer = await client.post("/graphql", json={"query": "{ languages }"}, headers=headers)
    assert answer.json()["data"] == {"languages": ["nn", "nb", "en"]}
    assert [context.resets for context in toy.NOTES.contexts] == [1]


async def test_an_operation_over_its_time_is_cut_off() -> None:
    async with client_of(toy.toy_edge(limits=Limits(operation_seconds=0.01))) as client:
        answer = await ask(client, "{ hello slow }")
    assert answer.status_code == 200
    assert answer.json()["data"] is None
    assert codes(answer) == ["TIMEOUT"]
    assert [context.resets for context in toy.NOTES.contexts] == [1]


async def test_numbers_keep_their_digits(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "{ big }")
    assert '"amount":1.10' in answer.text
    assert f'"count":{2**70}' in answer.text


async def test_an_argument_error_of_the_execution_is_the_callers(client: httpx.AsyncClient) -> None:
    # A variable that may be null stands where a default makes the argument optional; null is found while executing.
    query = "query ($n: Int = 1) { echo(times: $n) }"
    answer = await ask(client, query, variables={"n": None})
    assert codes(answer) == ["INVALID_INPUT"]
    assert answer.json()["data"] is None


async def test_introspection_may_be_closed_to_strangers() -> None:
    query = "{ __schema { queryType { name } } }"
    async with client_of(toy.toy_edge(rules=Rules(anonymous_introspection=False))) as client:
        stranger = await ask(client, query)
        name = await ask(client, "{ __typename }")
        person = await client.post("/graphql", json={"query": query}, headers={"Authorization": "Bearer person"})
    assert codes(stranger) == ["UNAUTHENTICATED"]
    assert name.json()["data"] == {"__typename": "Query"}
    assert person.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}


async def test_free_documents_may_be_closed_to_kinds_of_callers() -> None:
    rules = Rules(persisted_only=frozenset({PrincipalKind.ANONYMOUS}))
    async with client_of(toy.toy_edge(rules=rules)) as client:
        assert codes(await ask(client, "{ hello }")) == ["INVALID_INPUT"]


async def test_a_persisted_document_is_asked_for_by_its_hash() -> None:
    text = "query Q($t: String!) { echo(text: $t) }"
    known = sha256(text.encode()).hexdigest()
    rules = Rules(persisted_only=frozenset({PrincipalKind.ANONYMOUS}))
    async with client_of(toy.toy_edge(rules=rules, persisted=Persisted(texts={known: text}))) as client:
        answer = await client.post("/graphql", json={"documentId": known, "variables": {"t": "hi"}})
        unknown = await client.post("/graphql", json={"documentId": "0" * 64})
    assert answer.json()["data"] == {"echo": "hi"}
    assert codes(unknown) == ["INVALID_INPUT"]


async def test_unknown_fields_give_no_hints(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "{ helo }")
    assert "hello" not in answer.json()["errors"][0]["message"]


async def test_options_tells_the_methods(client: httpx.AsyncClient) -> None:
    answer = await client.options("/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, POST, OPTIONS")
