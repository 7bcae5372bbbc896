"""Liveness and readiness (reliability §6): the first never touches the database, the second names what fails."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Check: TypeAlias = Callable[[], Awaitable[bool]]
"""True when a part of the server can do its work now."""

_NO_STORE = {"Cache-Control": "no-store"}


def routes(checks: Mapping[str, Check]) -> list[Route]:
    """`/health/live` and `/health/ready`; `checks` by name."""

    async def live(request: Request) -> Response:
        return JSONResponse({"status": "live"}, headers=_NO_STORE)

    async def ready(request: Request) -> Response:
        failed = [name for name, check in checks.items() if not await check()]
        status = 503 if failed else 200
        body = {"status": "not ready", "failed": failed} if failed else {"status": "ready"}
        return JSONResponse(body, status, headers=_NO_STORE)

    return [Route("/health/live", live), Route("/health/ready", ready)]
