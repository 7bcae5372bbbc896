"""Bad requests to the graph: each is refused with a code and words, nothing changes, nothing of our inside is told."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e import documents as ask
from tests.e2e.cases import APPLICATION
from tests.e2e.clients import Graph
from tests.e2e.refusals import Stored, expect_told, nothing_changes
from tests.e2e.running import BAKERY, JON, KARI, OLA

VIEWER = b'{"query": "{ viewer { subject } }"}'


@dataclass(frozen=True, slots=True)
class Case:
    """A grant application of Kari's that is being filled in."""

    id: str
    element: str
    task: str


@pytest.fixture
async def case(kari: Graph) -> Case:
    made = await kari.do(ask.START, application="ttd/grant-application", party=KARI)
    number = made["instance"]["id"]
    await kari.do(ask.FILL, id=number, type="application", data=APPLICATION)
    data = await kari.ask(
        "query ($id: UUID!) { instance(id: $id) { dataElements { id } process { currentTask { id } } } }", id=number
    )
    instance = data["instance"]
    return Case(number, instance["dataElements"][0]["id"], instance["process"]["currentTask"]["id"])


# Bodies -------------------------------------------------------------------------------------------------------------

BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "BAD_JSON"),
    "cut off": (VIEWER[:-1], 400, "BAD_JSON"),
    "something after it": (VIEWER + b"}", 400, "BAD_JSON"),
    "no UTF-8": (b'{"query": "\xff"}', 400, "BAD_JSON"),
    "a mark at the beginning": (b"\xef\xbb\xbf" + VIEWER, 400, "BAD_JSON"),
    "two members of one name": (b'{"query": "{a}", "query": "{ viewer { kind } }"}', 400, "BAD_JSON"),
    "no number": (b'{"query": "{ viewer { kind } }", "variables": {"x": NaN}}', 400, "BAD_JSON"),
    "a number without end": (b'{"query": "{a}", "variables": {"x": ' + b"9" * 5000 + b"}}", 400, "BAD_JSON"),
    "infinity": (b'{"query": "{a}", "variables": {"x": 1e999}}', 400, "BAD_JSON"),
    "a lone surrogate": (b'{"query": "{a}", "variables": {"x": "\\ud800"}}', 400, "BAD_JSON"),
    "a zero character": (b'{"query": "{a}", "variables": {"x": "\\u0000"}}', 400, "BAD_JSON"),
    "a zero character in a name": (b'{"query": "{a}", "variables": {"\\u0000": 1}}', 400, "BAD_JSON"),
    "too deep": (b'{"query": "{a}", "variables": ' + b'{"x":' * 200 + b"1" + b"}" * 200 + b"}", 400, "BAD_JSON"),
    "deeper than any stack": (b"[" * 100_000, 400, "BAD_JSON"),
    "too large": (b'{"query": "' + b" " * 300_000 + b'"}', 413, "PAYLOAD_TOO_LARGE"),
    "a list": (b"[" + VIEWER + b"]", 400, "INVALID_INPUT"),
    "null": (b"null", 400, "INVALID_INPUT"),
    "a text": (b'"{ viewer { kind } }"', 400, "INVALID_INPUT"),
    "no query": (b"{}", 400, "INVALID_INPUT"),
    "a query that is none": (b'{"query": 1}', 400, "INVALID_INPUT"),
    "variables as a list": (b'{"query": "{ viewer { kind } }", "variables": []}', 400, "INVALID_INPUT"),
    "a name that is none": (b'{"query": "{ viewer { kind } }", "operationName": 1}', 400, "INVALID_INPUT"),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_is_none(kari: Graph, store: Stored, name: str) -> None:
    body, status, code = BODIES[name]
    async with nothing_changes(store, name):
        headers = kari.headers | {"Content-Type": "application/json"}
        answer = await kari.http.post(f"{kari.url}/graphql", content=body, headers=headers)
        expect_told(answer, code, status)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_a_body_of_another_type(kari: Graph, kind: str) -> None:
    answer = await kari.http.post(
        f"{kari.url}/graphql", content=VIEWER, headers=kari.headers | ({"Content-Type": kind} if kind else {})
    )
    expect_told(answer, "UNSUPPORTED_MEDIA_TYPE", 415)


async def test_other_ways_to_ask(kari: Graph, store: Stored, case: Case) -> None:
    """By GET nothing changes; other methods and wishes that cannot be met are told what there is."""
    mutation = f'mutation {{ deleteInstance(input: {{instanceId: "{case.id}"}}) {{ errors {{ code }} }} }}'
    async with nothing_changes(store, "GET"):
        answer = await kari.http.get(f"{kari.url}/graphql", params={"query": mutation}, headers=kari.headers)
        expect_told(answer, "METHOD_NOT_ALLOWED", 405)
        assert answer.headers["allow"] == "POST"
    for method in ("PUT", "DELETE", "PATCH"):
        answer = await kari.http.request(method, f"{kari.url}/graphql", content=VIEWER, headers=kari.headers)
        expect_told(answer, "METHOD_NOT_ALLOWED", 405)
    answer = await kari.post("{ viewer { kind } }", accept="image/png")
    expect_told(answer, "NOT_ACCEPTABLE", 406)
    answer = await kari.http.get(f"{kari.url}/graphql", params={"query": " " * 20_000}, headers=kari.headers)
    expect_told(answer, status=413)


# Documents ----------------------------------------------------------------------------------------------------------


def deep(levels: int) -> str:
    return "{ viewer { party " + "{ parent " * levels + "{ name }" + " }" * levels + " } }"


SEARCH = f'{{ searchDialogs(input: {{party: ["{KARI}"], $}}) {{ items {{ id }} errors {{ __typename message }} }} }}'
CYCLE = "query { viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { kind ...A }"

DOCUMENTS: dict[str, tuple[str, str | None]] = {
    "empty": ("", None),
    "only words": ("# nothing", None),
    "no GraphQL": ("SELECT * FROM party", None),
    "cut off": ("{ viewer { kind ", None),
    "an unknown field": ("{ viewer { secret } }", None),
    "an unknown root": ("{ nonsense }", None),
    "an unknown argument": ('{ party(urn: "x", or: "y") { name } }', None),
    "a missing argument": ("{ party { name } }", None),
    "an unknown type": ("query ($x: Nonsense) { viewer { kind } }", None),
    "no fields": ("{ viewer }", None),
    "fields of a scalar": ("{ viewer { kind { x } } }", None),
    "a fragment that is not there": ("{ viewer { ...Gone } }", None),
    "a fragment that nobody uses": ("{ viewer { kind } } fragment A on Viewer { kind }", None),
    "fragments in a circle": (CYCLE, None),
    "a fragment of itself": ("{ viewer { ...A } } fragment A on Viewer { kind ...A }", None),
    "two operations": ("query A { viewer { kind } } query B { viewer { kind } }", None),
    "a subscription": ('subscription { processEvents(filter: {org: "ttd"}) { id } }', "INVALID_INPUT"),
    "too deep": (deep(14), "LIMIT_DEPTH"),
    "much too deep": ("{ a " * 5000, None),
    "too many names": ("{ viewer {" + " ".join(f"a{n}: kind" for n in range(40)) + "} }", "LIMIT_ALIASES"),
    "too many roots": ("{" + " ".join(f"a{n}: viewer {{ kind }}" for n in range(11)) + "}", "LIMIT_FIELDS"),
    "too many directives": ("{ viewer { kind " + "@include(if: true) " * 60 + "} }", None),
    "too many words": ("{ viewer { " + "kind " * 2100 + "} }", "LIMIT_TOKENS"),
    "too long": ("{ viewer { kind } } #" + "x" * 21_000, None),
    "a page too large": ("{ applications(first: 101) { edges { node { id } } } }", "LIMIT_PAGE"),
    "a page of nothing": ("{ applications(first: 0) { edges { node { id } } } }", "LIMIT_PAGE"),
    "a page below nothing": ("{ applications(first: -1) { edges { node { id } } } }", "LIMIT_PAGE"),
    "a page without measure": ("{ applications(first: 99999999999) { edges { node { id } } } }", None),
    "an id that is none": ('{ instance(id: "x") { id } }', None),
    "an id that is a number": ("{ instance(id: 12) { id } }", None),
    "a time that is none": ('{ instances(filter: {createdAfter: "yesterday"}) { totalCount } }', None),
    "a time without zone": ('{ instances(filter: {createdAfter: "2027-01-01"}) { totalCount } }', None),
    "a word that is none": ("{ instances(filter: {status: [NONSENSE]}) { totalCount } }", None),
    "an unknown filter": ("{ instances(filter: {color: 1}) { totalCount } }", None),
    "a cursor that is none": ('{ instances(filter: {}, after: "x") { totalCount } }', "BAD_CURSOR"),
    "a cursor of zeros": ('{ applications(after: "AAAAAAAAAAAAAAAAAAAA") { edges { cursor } } }', "BAD_CURSOR"),
    "a long cursor": ('{ instances(filter: {}, after: "' + "Q" * 9000 + '") { totalCount } }', "BAD_CURSOR"),
    "a cursor of the feed": ('{ events(filter: {org: "ttd"}, after: "x") { edges { cursor } } }', None),
    "a token of a search": (SEARCH.replace("$", 'continuationToken: "x"'), None),
    "a search without an end": (SEARCH.replace("$", f'search: "{"x" * 2000}"'), None),
    "events of nothing": ("{ events(filter: {}) { edges { cursor } } }", None),
}


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_that_cannot_be_answered(kari: Graph, store: Stored, name: str) -> None:
    document, code = DOCUMENTS[name]
    async with nothing_changes(store, name):
        answer = await kari.post(document)
        expect_told(answer, code)


VARIABLES: dict[str, tuple[str, Any]] = {
    "missing": ("UUID!", None),
    "no id": ("UUID!", "x"),
    "a list for an id": ("UUID!", ["x"]),
    "an object for an id": ("UUID!", {"a": 1}),
    "a number for an id": ("UUID!", 7),
    "an id with braces": ("UUID!", "{018f0000-0000-7000-8000-000000000001}"),
    "a long text for an id": ("UUID!", "0" * 5000),
}


@pytest.mark.parametrize("name", VARIABLES)
async def test_variables_of_another_type(kari: Graph, name: str) -> None:
    kind, value = VARIABLES[name]
    given = {} if value is None else {"x": value}
    answer = await kari.post(f"query ($x: {kind}) {{ instance(id: $x) {{ id }} }}", given)
    expect_told(answer, "INVALID_INPUT")
    assert "0" * 300 not in answer.text, "long input is not sent back"


# Commands -----------------------------------------------------------------------------------------------------------

START = """mutation ($application: String!, $party: String!, $prefill: JSON, $startEvent: String, $key: String) {
  instantiate(input: {application: $application, party: $party, prefill: $prefill, startEvent: $startEvent,
                      idempotencyKey: $key}) { instance { id } errors { __typename code message } } }"""
GRANT = {"application": "ttd/grant-application", "party": KARI}
STARTS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "an unknown app": ({"application": "ttd/nothing"}, {"NOT_FOUND"}),
    "an unknown owner": ({"application": "nobody/grant-application"}, {"NOT_FOUND"}),
    "an app without owner": ({"application": "grant-application"}, {"INVALID_INPUT"}),
    "an app with a path": ({"application": "../../etc/passwd"}, {"INVALID_INPUT"}),
    "an app with a blank": ({"application": "ttd/grant application"}, {"INVALID_INPUT"}),
    "an app in other letters": ({"application": "TTD/grant-application"}, {"INVALID_INPUT"}),
    "an app of pictures": ({"application": "ttd/🦊"}, {"INVALID_INPUT"}),
    "no app": ({"application": ""}, {"INVALID_INPUT"}),
    "an app that is long": ({"application": "ttd/" + "a" * 5000}, {"INVALID_INPUT", "NOT_FOUND"}),
    "a foreign person": ({"party": JON}, {"NOT_FOUND", "FORBIDDEN"}),
    "a person of the company": ({"party": OLA}, {"NOT_FOUND", "FORBIDDEN"}),
    "a number with a wrong digit": ({"party": KARI[:-1] + "4"}, {"INVALID_INPUT"}),
    "no number": ({"party": "urn:altinn:person:identifier-no:abc"}, {"INVALID_INPUT"}),
    "digits of another script": ({"party": "urn:altinn:person:identifier-no:١٢٨٨٧٢٣٠١٤٣"}, {"INVALID_INPUT"}),
    "an unknown company": ({"party": "urn:altinn:organization:identifier-no:974760673"}, {"NOT_FOUND"}),
    "a party by a wrong number": ({"party": "urn:altinn:party:id:99999999999999999999"}, {"INVALID_INPUT"}),
    "a foreign party by number": ({"party": "urn:altinn:party:id:50004"}, {"NOT_FOUND", "FORBIDDEN"}),
    "no party": ({"party": ""}, {"INVALID_INPUT"}),
    "a party that is something else": ({"party": "urn:altinn:org:ttd"}, {"INVALID_INPUT"}),
    "prefill as a list": ({"prefill": [1]}, {"INVALID_INPUT"}),
    "another start": ({"startEvent": "Nowhere"}, {"START_EVENT_REQUIRED", "INVALID_INPUT"}),
    "a key too long": ({"key": "k" * 65}, {"INVALID_INPUT"}),
    "an empty key": ({"key": ""}, {"INVALID_INPUT"}),
    "a company that the app is not for": (
        {"application": "ttd/change-of-address", "party": BAKERY},
        {"PARTY_TYPE_NOT_ALLOWED", "NOT_FOUND", "FORBIDDEN"},
    ),
}


@pytest.mark.parametrize("name", STARTS)
async def test_a_start_that_is_refused(kari: Graph, store: Stored, name: str) -> None:
    change, codes = STARTS[name]
    async with nothing_changes(store, name):
        answer = await kari.post(START, GRANT | change)
        assert expect_told(answer) in codes, answer.text


FILL = """mutation ($id: UUID!, $element: UUID, $type: String, $data: JSON, $patch: JSON, $revision: Int,
  $key: String) {
  writeFormData(input: {instanceId: $id, dataElementId: $element, dataType: $type, data: $data, patch: $patch,
                        expectedRevision: $revision, idempotencyKey: $key}) {
    changedPaths errors { __typename code message ... on InvalidInput { path } } } }"""
FORM = {"type": "application"}
FILLS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "neither data nor patch": (FORM, {"INVALID_INPUT"}),
    "data and patch": (FORM | {"data": {}, "patch": []}, {"INVALID_INPUT"}),
    "no form": ({"data": {}}, {"INVALID_INPUT", "NOT_FOUND"}),
    "an unknown form": ({"type": "nonsense", "data": {}}, {"NOT_FOUND", "INVALID_INPUT"}),
    "a type of files": ({"type": "documentation", "data": {}}, {"INVALID_INPUT", "NOT_FOUND"}),
    "a type of the server's own": (
        {"type": "ref-data-as-pdf", "data": {}},
        {"INVALID_INPUT", "NOT_FOUND", "FORBIDDEN"},
    ),
    "an element that is not there": ({"element": str(uuid4()), "data": {}}, {"NOT_FOUND"}),
    "data as a list": (FORM | {"data": [1]}, {"INVALID_INPUT"}),
    "data as a text": (FORM | {"data": "x"}, {"INVALID_INPUT"}),
    "data too deep": (FORM | {"data": {"a": [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}}, {"INVALID_INPUT"}),
    "another revision": (FORM | {"data": {}, "revision": 99}, {"CONCURRENCY"}),
    "a revision below all": (FORM | {"data": {}, "revision": -1}, {"CONCURRENCY", "INVALID_INPUT"}),
    "a key too long": (FORM | {"data": {}, "key": "k" * 65}, {"INVALID_INPUT"}),
}
PATCHES: dict[str, Any] = {
    "no list": {"op": "add"},
    "a text": "x",
    "no operation": [1],
    "an unknown operation": [{"op": "explode", "path": "/amount"}],
    "no path": [{"op": "remove"}],
    "a path that is none": [{"op": "replace", "path": "amount", "value": 1}],
    "a path of a wrong type": [{"op": "replace", "path": 7, "value": 1}],
    "no value": [{"op": "replace", "path": "/amount"}],
    "a place that is not there": [{"op": "remove", "path": "/nonsense"}],
    "an index that is none": [{"op": "replace", "path": "/budget/x", "value": {}}],
    "an index far away": [{"op": "replace", "path": "/budget/99999999999999999999", "value": {}}],
    "an index below nothing": [{"op": "remove", "path": "/budget/-1"}],
    "a test that fails": [{"op": "test", "path": "/amount", "value": -1}],
    "into itself": [{"op": "move", "from": "/project", "path": "/project/title"}],
    "from nowhere": [{"op": "copy", "from": "/nowhere", "path": "/amount"}],
    "the whole form as a text": [{"op": "replace", "path": "", "value": "x"}],
    "without the whole form": [{"op": "remove", "path": ""}],
    "a half escape": [{"op": "replace", "path": "/a~2b", "value": 1}],
    "too many": [{"op": "test", "path": "/amount", "value": 25000}] * 101,
    "the last of many": [
        {"op": "replace", "path": "/amount", "value": 2000},
        {"op": "replace", "path": "/nowhere/there", "value": 1},
    ],
    "growing without end": [{"op": "copy", "from": "", "path": "/project"}] * 100,
}


@pytest.mark.parametrize("name", FILLS)
async def test_form_data_that_is_refused(kari: Graph, store: Stored, case: Case, name: str) -> None:
    change, codes = FILLS[name]
    async with nothing_changes(store, name):
        answer = await kari.post(FILL, {"id": case.id} | change)
        assert expect_told(answer) in codes, answer.text


@pytest.mark.parametrize("name", PATCHES)
async def test_a_patch_that_is_refused_as_a_whole(kari: Graph, store: Stored, case: Case, name: str) -> None:
    async with nothing_changes(store, name):
        answer = await kari.post(FILL, {"id": case.id, "patch": PATCHES[name]} | FORM)
        assert expect_told(answer) in {"INVALID_INPUT", "UNKNOWN_FIELD"}, answer.text


ADVANCES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "an unknown action": ({"action": "explode"}, {"ACTION_NOT_ALLOWED", "FORBIDDEN"}),
    "no action at all": ({"action": ""}, {"ACTION_NOT_ALLOWED", "FORBIDDEN", "INVALID_INPUT"}),
    "back to nowhere": ({"action": "sendBack:Nowhere"}, {"ACTION_NOT_ALLOWED", "FORBIDDEN"}),
    "back from the beginning": ({"action": "reject"}, {"ACTION_NOT_ALLOWED", "FORBIDDEN"}),
    "an action of another kind": ({"action": "instantiate"}, {"ACTION_NOT_ALLOWED", "FORBIDDEN"}),
    "an action that is long": ({"action": "x" * 5000}, {"ACTION_NOT_ALLOWED", "FORBIDDEN", "INVALID_INPUT"}),
    "another task": ({"taskId": str(uuid4())}, {"NOT_ACTIVE", "NOT_FOUND"}),
    "another revision": ({"revision": 99}, {"CONCURRENCY"}),
    "a key too long": ({"key": "k" * 65}, {"INVALID_INPUT"}),
    "a note without end": ({"note": "x" * 110_000}, {"INVALID_INPUT"}),
    "another instance": ({"id": str(uuid4())}, {"NOT_FOUND"}),
}
ADVANCE = """mutation ($id: UUID!, $taskId: UUID, $action: String, $note: String, $revision: Int, $key: String) {
  advanceProcess(input: {instanceId: $id, taskId: $taskId, action: $action, note: $note, expectedRevision: $revision,
                         idempotencyKey: $key}) { instance { id } errors { __typename code message } } }"""


@pytest.mark.parametrize("name", ADVANCES)
async def test_a_step_that_is_refused(kari: Graph, store: Stored, case: Case, name: str) -> None:
    change, codes = ADVANCES[name]
    async with nothing_changes(store, name):
        answer = await kari.post(ADVANCE, {"id": case.id} | change)
        assert expect_told(answer) in codes, answer.text


async def test_a_key_for_another_request(kari: Graph, store: Stored) -> None:
    key = str(uuid4())
    await kari.do(START, **GRANT, key=key)
    async with nothing_changes(store, "the same key"):
        answer = await kari.post(START, {**GRANT, "party": BAKERY, "key": key})
        expect_told(answer, "IDEMPOTENCY_MISMATCH")
