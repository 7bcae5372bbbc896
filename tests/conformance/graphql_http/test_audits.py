"""The public audits of GraphQL over HTTP: all of them, whatever their weight (MUST, SHOULD, MAY)."""

import asyncio
import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.conformance.graphql_http import npm
from tests.unit.graphql import toy
from tests.unit.graphql.serving import served

AUDITS = 61

pytestmark = pytest.mark.slow


async def audited(app: Starlette) -> list[dict[str, str]]:
    """The results of the audits."""
    npm.node()
    async with served(app) as address:
        return json.loads(await asyncio.to_thread(npm.run, "audit.mjs", f"http://{address}/graphql"))


async def test_every_audit_passes() -> None:
    results = await audited(toy.application(toy.toy_edge()))
    failed = [f"{each['name']}: {each['reason']} ({each['answer']})" for each in results if each["status"] != "ok"]
    assert failed == []
    assert len(results) == AUDITS


async def test_the_audits_see_a_server_that_answers_everything_alike() -> None:
    async def alike(request: Request) -> Response:
        await request.body()
        return JSONResponse({"data": {"__typename": "Query"}})

    results = await audited(Starlette(routes=[Route("/graphql", alike, methods=["GET", "POST"])]))
    assert len([each for each in results if each["status"] != "ok"]) > 10
