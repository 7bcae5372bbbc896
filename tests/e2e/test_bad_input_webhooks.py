"""Webhooks to places that the server must never call, by callers who may not have one, with filters that are none."""

from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.clients import Graph
from tests.e2e.refusals import Stored, expect_told, nothing_changes
from tests.e2e.running import KARI

CREATE = """mutation ($endpoint: URL!, $types: [String!], $application: String, $org: String, $resource: String,
  $subject: String, $includeSubunits: Boolean, $ratePerMinute: Int, $description: String) {
  createWebhook(input: {endpoint: $endpoint, types: $types, application: $application, org: $org, resource: $resource,
    subject: $subject, includeSubunits: $includeSubunits, ratePerMinute: $ratePerMinute, description: $description}) {
    webhook { id } errors { __typename code message } } }"""
RIGHT = {"endpoint": "http://127.0.0.1:9/hook", "application": "ttd/grant-application"}

BLOCKED = (
    "http://10.0.0.1/hook",
    "https://10.0.0.1/hook",
    "https://192.168.1.1/hook",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/hook",
    "https://0.0.0.0/hook",
    "https://[::]/hook",
    "https://[::ffff:127.0.0.1]/hook",
    "https://[::ffff:169.254.169.254]/hook",
    "https://[64:ff9b::7f00:1]/hook",
    "https://[2002:7f00:1::]/hook",
    "https://[fe80::1%25eth0]/hook",
    "https://224.0.0.1/hook",
    "https://2130706433/hook",
    "https://0x7f000001/hook",
    "https://0177.0.0.1/hook",
    "https://127.1/hook",
    "https://１２７.0.0.1/hook",
    "https://intranet/hook",
    "https://db.internal/hook",
    "https://printer.local/hook",
    "https://a.localhost/hook",
    "http://example.com/hook",
    "https://example.com:22/hook",
    "https://user:secret@example.com/hook",
    "https://example.com/hook#part",
    "ftp://example.com/hook",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "urn:altinn:org:ttd",
    "https:///hook",
    "https://exa mple.com/hook",
    "https://example.com\\@127.0.0.1/hook",
    "https://" + "a" * 3000 + ".example.com/hook",
    "",
)


@pytest.mark.parametrize("endpoint", BLOCKED, ids=lambda endpoint: endpoint[:40])
async def test_an_address_that_is_never_called(ttd: Graph, store: Stored, endpoint: str) -> None:
    async with nothing_changes(store, endpoint):
        answer = await ttd.post(CREATE, RIGHT | {"endpoint": endpoint})
        assert expect_told(answer) in ("ADDRESS_BLOCKED", "INVALID_INPUT"), answer.text


FILTERS: dict[str, dict[str, Any]] = {
    "no application, owner or resource": {"application": None},
    "an unknown application": {"application": "ttd/nothing"},
    "an application that is none": {"application": "../x"},
    "another owner": {"application": None, "org": "nabo"},
    "another owner's resource": {"application": None, "resource": "urn:altinn:resource:app_nabo_x"},
    "a resource that is none": {"application": None, "resource": "x"},
    "an unknown party": {"subject": "urn:altinn:organization:identifier-no:974760673"},
    "a subject that is none": {"subject": "/nobody/1"},
    "sub-units of nobody": {"includeSubunits": True},
    "a pattern in the middle": {"types": ["app.*.created"]},
    "an empty type": {"types": [""]},
    "a type with blanks": {"types": ["app.instance created"]},
    "types without end": {"types": ["app.instance.created"] * 60},
    "a rate below nothing": {"ratePerMinute": -1},
    "a rate of nothing": {"ratePerMinute": 0},
    "a long description": {"description": "x" * 3000},
}


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_that_is_refused(ttd: Graph, store: Stored, name: str) -> None:
    async with nothing_changes(store, name):
        answer = await ttd.post(CREATE, RIGHT | FILTERS[name])
        assert expect_told(answer) in ("INVALID_INPUT", "NOT_FOUND", "FORBIDDEN"), answer.text


async def test_who_may_not_have_one(kari: Graph, jon: Graph, nabo: Graph, store: Stored) -> None:
    async with nothing_changes(store, "a webhook of others"):
        for who, extra in ((nabo, {}), (jon, {"subject": KARI}), (kari, {}), (jon, {})):
            answer = await who.post(CREATE, RIGHT | extra)
            assert expect_told(answer) in ("NOT_FOUND", "FORBIDDEN", "INVALID_INPUT"), answer.text


async def test_the_webhook_of_another_is_not_there(ttd: Graph, nabo: Graph, store: Stored) -> None:
    made = await ttd.do(CREATE, **RIGHT)
    number = made["webhook"]["id"]
    delete = "mutation ($id: UUID!) { deleteWebhook(input: {webhookId: $id}) { errors { code message } } }"
    async with nothing_changes(store, "a foreign deletion"):
        strange = await nabo.post(delete, {"id": number})
        absent = await nabo.post(delete, {"id": str(uuid4())})
        assert expect_told(strange, "NOT_FOUND") == expect_told(absent, "NOT_FOUND")
        assert strange.json()["data"] == absent.json()["data"]
        assert number not in (await nabo.post("{ webhooks { id } }")).text
    await ttd.do(delete, id=number)
