"""HTTP answers of the GraphQL edge: outcomes and refusals as bytes, with the status that their media type asks for.

Statuses (library rules §8, inbox rules §2.2): as `application/json` everything that was looked at is 200; as
`application/graphql-response+json` a request error is 400. Refusals before an operation was looked at carry their own
status in both.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

import orjson
from starlette.responses import Response

from dialog_graph.errors import Refusal
from dialog_graph.graphql.execution import Outcome, refusal_outcome
from dialog_graph.graphql.masking import masked
from dialog_graph.graphql.negotiation import GRAPHQL, JSON

HEADERS: Mapping[str, str] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def encoded(body: Mapping[str, Any]) -> bytes:
    """The JSON bytes of a response, on one line; decimals keep their digits."""
    try:
        return orjson.dumps(body, default=_unusual)
    except TypeError:
        # Integers beyond 64 bits, which form data may hold: rare, so only then is the whole walked.
        return orjson.dumps(_with_long_integers(body), default=_unusual)


def _unusual(value: object) -> object:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError


def _with_long_integers(value: Any) -> Any:
    match value:
        case bool():
            return value
        case int():
            return orjson.Fragment(str(value))
        case dict():
            members = cast("dict[str, Any]", value)
            return {name: _with_long_integers(member) for name, member in members.items()}
        case list():
            return [_with_long_integers(item) for item in cast("list[Any]", value)]
        case _:
            return value


def outcome_response(outcome: Outcome, media_type: str) -> Response:
    """The answer with an outcome."""
    status = 400 if media_type == GRAPHQL and not outcome.is_executed else 200
    return _response(outcome, media_type, status)


def refusal_response(
    refusal: Refusal, trace_id: str, media_type: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to a request whose operation was not looked at."""
    extra = dict(headers or {})
    if refusal.rule.http == 401:
        extra["WWW-Authenticate"] = "Bearer"
    if refusal.rule.http in (429, 503):
        extra["Retry-After"] = str(refusal.retry_after or 1)
    response = _response(refusal_outcome(refusal, trace_id), media_type or JSON, refusal.rule.http)
    response.headers.update(extra)
    return response


def fault_response(error: Exception, trace_id: str) -> Response:
    """The answer when something of ours broke before the operation ran: nothing but the trace id; logged."""
    masked(error, trace_id)
    return refusal_response(Refusal(code="INTERNAL"), trace_id)


def _response(outcome: Outcome, media_type: str, status: int) -> Response:
    content_type = f"{media_type}; charset=utf-8"
    return Response(encoded(outcome.body), status, {**HEADERS, "Content-Type": content_type})
