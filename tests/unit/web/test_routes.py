"""The pages as a browser gets them: from a built folder, and before anything is built."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dialog_graph.web.routes import graphiql_response, routes


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    for name in ("index.html", "graphiql.html", "operations.json", "assets/page-0a1b.js"):
        (tmp_path / name).write_text(f"content of {name}")
    return tmp_path


def browser(static: Path, graphiql: bool = True) -> httpx.AsyncClient:
    def page(request: Request) -> Response:
        return graphiql_response(request, static)

    app = Starlette(routes=[Route("/graphql", page), *routes(graphiql=graphiql, static=static)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def test_every_page_comes_with_the_rules_for_browsers(built: Path) -> None:
    async with browser(built) as client:
        for path in ("/", "/graphql", "/static/graphiql.html", "/static/assets/page-0a1b.js"):
            answer = await client.get(path)
            assert answer.status_code == 200, path
            policy = answer.headers["content-security-policy"].split("; ")
            assert {"default-src 'self'", "script-src 'self'", "font-src 'self' data:"} <= set(policy)
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"


async def test_files_named_by_their_content_are_kept_and_pages_are_asked_for_anew(built: Path) -> None:
    async with browser(built) as client:
        assert "immutable" in (await client.get("/static/assets/page-0a1b.js")).headers["cache-control"]
        page = await client.get("/graphql")
        assert page.headers["cache-control"] == "no-cache"
        assert page.headers["content-type"].startswith("text/html")


async def test_without_graphiql_its_page_and_examples_are_not_there(built: Path) -> None:
    async with browser(built, graphiql=False) as client:
        assert (await client.get("/static/graphiql.html")).status_code == 404
        assert (await client.get("/static/operations.json")).status_code == 404
        assert (await client.get("/static/assets/../graphiql.html")).status_code == 404
        assert (await client.get("/")).status_code == 200


async def test_before_the_build_the_page_names_the_command(tmp_path: Path) -> None:
    async with browser(tmp_path / "nothing") as client:
        for path in ("/", "/graphql"):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert "dialog-graph web build" in answer.text
        assert (await client.get("/static/assets/page-0a1b.js")).status_code == 404


@pytest.mark.parametrize(
    "path", ["/static/../routes.py", "/static/%2e%2e/routes.py", "/static//etc/passwd", "/static/%00"]
)
async def test_nothing_outside_the_folder_is_served(built: Path, path: str) -> None:
    async with browser(built) as client:
        assert (await client.get(path)).status_code == 404
