"""The judge of refusals itself: it lets a good one pass and sees each kind of bad one."""

from typing import Any

import httpx
import pytest

from tests.e2e import documents as ask
from tests.e2e.clients import Graph
from tests.e2e.refusals import Stored, expect_told, nothing_changes
from tests.e2e.running import KARI

PROBLEM = {"code": "NOT_FOUND", "message": "Not found.", "status": 404, "title": "Not found.", "traceId": "1"}


def error(code: str, message: str = "The input is not valid.") -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}}


GOOD: tuple[tuple[int, Any], ...] = (
    (404, PROBLEM),
    (400, {"errors": [error("BAD_JSON")]}),
    (200, {"data": {"x": {"errors": [{"code": "NOT_FOUND", "message": "Not found."}]}}}),
)
BAD: dict[str, tuple[int, Any]] = {
    "a fault": (500, PROBLEM),
    "no refusal": (200, {"data": {"viewer": {"kind": "PERSON"}}}),
    "a refusal without words": (400, {"errors": [error("BAD_JSON", "")]}),
    "an unknown code": (400, {"errors": [error("OOPS")]}),
    "the code of a fault": (200, {"errors": [error("INTERNAL")]}),
    "one fault among refusals": (200, {"errors": [error("BAD_JSON"), error("TEMPORARY")]}),
    "a stack": (400, {"errors": [error("BAD_JSON", "Traceback (most recent call last)")]}),
    "the name of a class": (400, {"errors": [error("BAD_JSON", "asyncpg.exceptions.DataError: x")]}),
    "a statement": (400, PROBLEM | {"message": "select result from dg.idempotency"}),
    "a place in memory": (400, PROBLEM | {"message": "<object at 0x7fc2b8311300>"}),
    "a file": (400, PROBLEM | {"message": "in commands/advance_process.py"}),
}


@pytest.mark.parametrize("answer", GOOD)
def test_a_good_refusal_passes(answer: tuple[int, Any]) -> None:
    status, body = answer
    expect_told(httpx.Response(status, json=body))


@pytest.mark.parametrize("name", BAD)
def test_a_bad_refusal_is_seen(name: str) -> None:
    status, body = BAD[name]
    with pytest.raises(AssertionError):
        expect_told(httpx.Response(status, json=body))


async def test_another_code_than_the_expected_is_seen() -> None:
    with pytest.raises(AssertionError):
        expect_told(httpx.Response(404, json=PROBLEM), "FORBIDDEN")
    with pytest.raises(AssertionError):
        expect_told(httpx.Response(404, json=PROBLEM), status=400)


async def test_a_change_is_seen(store: Stored, kari: Graph) -> None:
    with pytest.raises(AssertionError, match=r"'dialog', .*'event', .*'instance', 'process_task'"):
        async with nothing_changes(store, "a start"):
            await kari.do(ask.START, application="ttd/grant-application", party=KARI)
    async with nothing_changes(store, "a question"):
        await kari.ask("{ viewer { kind } }")
