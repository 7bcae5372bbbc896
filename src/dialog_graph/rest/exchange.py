"""Routes of the token exchange: an external token in the header, one of ours in the answer (events rules §2)."""

from collections.abc import Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dialog_graph.access import bearer
from dialog_graph.access.exchange import Exchange
from dialog_graph.errors import Refused
from dialog_graph.rest import problem

PATHS = ("/authentication/exchange/{provider}", "/authentication/api/v1/exchange/{provider}")
ENTERPRISE_USER = "x-altinn-enterpriseuser-authentication"
"""Header of a kind of user that no longer exists."""

Clock: TypeAlias = Callable[[], int]
"""Unix seconds now."""

_NO_STORE = {"Cache-Control": "no-store"}


def _answer(request: Request, token: str) -> Response:
    wants_text = request.headers.get("accept", "").startswith("text/plain")
    return (PlainTextResponse if wants_text else JSONResponse)(token, headers=_NO_STORE)


def routes(exchange: Exchange, clock: Clock) -> list[Route]:
    """`GET` and `POST` of both paths."""

    async def endpoint(request: Request) -> Response:
        if ENTERPRISE_USER in request.headers:
            return problem.answer(410, "GONE", "Enterprise users no longer exist.")
        authorization = bearer.authorization(request.headers.raw)
        try:
            token = await exchange.exchange(request.path_params["provider"], authorization, clock())
        except Refused as refused:
            return problem.response(refused.refusal)
        return _answer(request, token)

    return [Route(path, endpoint, methods=["GET", "POST"]) for path in PATHS]
