"""Refusals as `application/problem+json`: the form of every refusal outside GraphQL (architecture §8.3)."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from dialog_graph.errors import Refusal


def response(refusal: Refusal, trace_id: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a refused request."""
    return answer(refusal.rule.http, refusal.code, refusal.message, trace_id, headers)


def answer(
    status: int, code: str, message: str, trace_id: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """Problem JSON; `title` is the code's sentence."""
    content = {"status": status, "title": message, "code": code, "message": message, "traceId": trace_id}
    own = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return JSONResponse(content, status, own | dict(headers or {}), media_type="application/problem+json")
