"""Serves the built pages: the start page, GraphiQL, and their files below `/static/`.

Depends on nothing of the server but where the pages lie. Headers of pages: security rules §13. Names of files below
`/static/assets/` contain a hash of their content, so browsers may keep them; everything else is asked for anew.
"""

import os
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).resolve().parent / "static"

PAGE_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",  # the editor writes style elements
            "img-src 'self' data:",
            "font-src 'self' data:",  # GraphiQL's style sheet carries its fonts
            "connect-src 'self' ws: wss:",
            "worker-src 'self' blob:",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        )
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "",
}

_ASSET_CACHE = "public, max-age=31536000, immutable"
_PAGE_CACHE = "no-cache"

_NOT_BUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>dialog-graph</title></head>
<body>
<h1>dialog-graph</h1>
<p lang="en">The server runs, but its pages are not built. Build them with <code>dialog-graph web build</code>.
The graph answers on <code>/graphql</code>.</p>
<p lang="nb">Serveren kjører, men sidene er ikke bygget. Bygg dem med <code>dialog-graph web build</code>.
Grafen svarer på <code>/graphql</code>.</p>
<p lang="nn">Tenaren køyrer, men sidene er ikkje bygde. Bygg dei med <code>dialog-graph web build</code>.
Grafen svarar på <code>/graphql</code>.</p>
</body>
</html>
"""


def routes(*, graphiql: bool, static: Path = STATIC) -> list[BaseRoute]:
    """The routes of the pages: `/`, `/static/…`; with `graphiql` off its page and the examples are not served."""

    async def start(_: Request) -> Response:
        return _page(static / "index.html")

    files = _Files(static, hidden=() if graphiql else ("graphiql.html", "operations.json"))
    return [Route("/", start, methods=["GET"], name="start"), Mount("/static", files, name="static")]


def graphiql_response(request: Request, static: Path = STATIC) -> Response:
    """GraphiQL's page, for GET `/graphql` from a browser; where it is not built, a page that tells how to build it."""
    del request  # the page is the same for everybody; the argument makes this an endpoint
    return _page(static / "graphiql.html")


class _Files(StaticFiles):
    """The built files, with our headers; `hidden` names are answered as if they were not there."""

    def __init__(self, folder: Path, hidden: tuple[str, ...]) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._hidden = hidden

    async def check_config(self) -> None:
        """A missing folder is no fault: the pages may be built while the server runs."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """As the base class, for names that are not hidden."""
        return ("", None) if path in self._hidden else super().lookup_path(path)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """As the base class, with our headers."""
        response = await super().get_response(path, scope)
        response.headers.update(PAGE_HEADERS)
        response.headers["Cache-Control"] = _ASSET_CACHE if path.startswith("assets/") else _PAGE_CACHE
        return response


def _page(path: Path) -> Response:
    headers = {**PAGE_HEADERS, "Cache-Control": _PAGE_CACHE}
    if path.is_file():
        return FileResponse(path, headers=headers, media_type="text/html")
    return HTMLResponse(_NOT_BUILT, headers=headers)
