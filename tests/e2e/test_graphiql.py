"""GraphiQL in a real browser, against a small stand-in server: offline, with token picker, examples, subscriptions.

The page knows only three things of a server: `/graphql` over HTTP and WebSocket, the two addresses of the development
issuer, and the example operations. The stand-in has just these, so that a fault found here is a fault of the page.
"""

import asyncio
import base64
import json
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import strawberry
import uvicorn
from playwright.async_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from strawberry.asgi import GraphQL

from dialog_graph.web.routes import STATIC, graphiql_response, routes
from tests.e2e.browser import Witness, chromium, chromium_or_skip

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PARTIES = {"persons": [{"key": "kari", "name": "Kari Nordmann"}], "organisations": [{"key": "ttd", "name": "Testdep"}]}
EXAMPLES = {
    "kinds": ["inbox", "integration", "developer"],
    "operations": [
        {"kind": "inbox", "name": "who", "title": "Who am I", "query": "query Who { caller }\n", "variables": ""},
        {
            "kind": "integration",
            "name": "follow",
            "title": "Follow",
            "query": "subscription Follow($count: Int!) { callers(count: $count) }\n",
            "variables": '{ "count": 2 }',
        },
    ],
}


def token_for(key: str, level: int) -> str:
    """Three parts like a token; nobody checks the signature here."""
    claims = {"key": key, "level": level, "exp": time.time() + 3600}
    return ".".join(
        base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in ("{}", json.dumps(claims), "signed")
    )


def caller_of(header: str) -> str:
    if not header:
        return "nobody"
    part = header.removeprefix("Bearer ").split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return f"{claims['key']} at level {claims['level']}"


@strawberry.type
class Query:
    @strawberry.field
    def caller(self, info: strawberry.Info[Any, Any]) -> str:
        return caller_of(info.context["request"].headers.get("authorization", ""))


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def callers(self, info: strawberry.Info[Any, Any], count: int) -> AsyncGenerator[str, None]:
        for number in range(count):
            yield f"{caller_of(info.context['connection_params'].get('Authorization', ''))}, event {number}"


async def parties(_: Request) -> Response:
    return JSONResponse(PARTIES)


async def give_token(request: Request) -> Response:
    asked = await request.json()
    assert asked["grant_type"] == "urn:dialog-graph:dev"
    return JSONResponse({"access_token": token_for(asked["key"], asked["level"])})


async def examples(_: Request) -> Response:
    return JSONResponse(EXAMPLES)


def stand_in(*, issuer: bool) -> Starlette:
    graph = GraphQL[Any, Any](strawberry.Schema(Query, subscription=Subscription), graphql_ide=None)

    async def post(request: Request) -> Response:
        return await graph.run(request)

    development = [
        Route("/dev-issuer/parties", parties),
        Route("/dev-issuer/token", give_token, methods=["POST"]),
    ]
    table: list[BaseRoute] = [
        Route("/graphql", graphiql_response, methods=["GET"]),
        Route("/graphql", post, methods=["POST"]),
        WebSocketRoute("/graphql", graph.run),
        Route("/static/operations.json", examples),
        *(development if issuer else []),
        *routes(graphiql=True),
    ]
    return Starlette(routes=table)


@asynccontextmanager
async def served(app: Starlette) -> AsyncGenerator[str, None]:
    """Serves `app` on a free port of 127.0.0.1; gives host and port."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_level="warning", ws="websockets-sansio", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser, None]:
    chromium_or_skip()
    if not (STATIC / "graphiql.html").is_file():
        pytest.skip("the pages are not built: dialog-graph web build")
    async with chromium() as running:
        yield running


async def opened(browser: Browser, host: str) -> tuple[Page, Witness]:
    page = await browser.new_page(locale="en-GB")
    witness = Witness(page)
    await page.goto(f"http://{host}/graphql")
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_be_visible()
    return page, witness


async def run_example(page: Page, title: str) -> None:
    await page.locator("#examples").select_option(label=title)
    await page.get_by_role("button", name="Execute query").click()


async def expect_answer(page: Page, text: str) -> None:
    # The editor shows blanks as hard ones.
    answer = page.locator(".result-window .view-lines")
    await expect(answer).to_contain_text(text.replace(" ", "\u00a0"))


async def test_a_developer_acts_as_a_test_user_and_follows_a_subscription(browser: Browser) -> None:
    async with served(stand_in(issuer=True)) as host:
        page, witness = await opened(browser, host)
        await expect(page.get_by_text("development issuer is on")).to_be_visible()

        await run_example(page, "Who am I")
        await expect_answer(page, '"caller": "nobody"')

        await page.locator("#act-as").select_option(label="Kari Nordmann")
        await run_example(page, "Who am I")
        await expect_answer(page, '"caller": "kari at level 4"')

        await run_example(page, "Follow")
        await expect_answer(page, '"callers": "kari at level 4, event 1"')

        await page.locator("#level").select_option("3")
        await run_example(page, "Follow")
        await expect_answer(page, '"callers": "kari at level 3, event 1"')

        assert witness.foreign(host) == []
        assert witness.complaints == []
        await page.close()


async def test_the_chosen_user_outlives_a_reload(browser: Browser) -> None:
    async with served(stand_in(issuer=True)) as host:
        page, _ = await opened(browser, host)
        await page.locator("#act-as").select_option(label="Testdep")
        await expect(page.locator("#act-as")).to_have_value("ttd")
        await expect(page.locator("#level")).to_have_count(0)
        await page.reload()
        await expect(page.locator("#act-as")).to_have_value("ttd")
        await run_example(page, "Who am I")
        await expect_answer(page, '"caller": "ttd at level 4"')
        await page.close()


async def test_without_the_issuer_there_is_no_picker(browser: Browser) -> None:
    async with served(stand_in(issuer=False)) as host:
        page, _ = await opened(browser, host)
        await run_example(page, "Who am I")
        await expect_answer(page, '"caller": "nobody"')
        await expect(page.locator("#act-as")).to_have_count(0)
        await expect(page.get_by_text("development issuer is on")).to_have_count(0)
        await page.close()


async def test_the_editor_knows_the_schema(browser: Browser) -> None:
    async with served(stand_in(issuer=True)) as host:
        page, _ = await opened(browser, host)
        await page.locator(".graphiql-query-editor .view-lines").click()
        await page.keyboard.press("Control+A")
        await page.keyboard.insert_text("{ nonsense }")
        await expect(page.locator(".graphiql-query-editor .squiggly-error").first).to_be_attached()
        await page.get_by_role("button", name="Show Documentation Explorer").click()
        await expect(page.locator(".graphiql-doc-explorer")).to_contain_text("Query")
        await page.close()
