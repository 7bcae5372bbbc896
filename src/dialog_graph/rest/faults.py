"""What a request outside GraphQL is told when it is refused or something breaks: problem JSON, never a stack trace."""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dialog_graph.errors import CODES, Refusal, Refused
from dialog_graph.rest import problem

_log = logging.getLogger(__name__)

_STATUS_CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "PAYLOAD_TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE"}
_RETRY = {"TEMPORARY": "1", "OVERLOADED": "1", "TIMEOUT": "1"}


def trace_id() -> str:
    """A new one, by which a log line and an answer are found together."""
    return uuid4().hex


async def _refused(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, Refused), "registered for refusals only"
    code = fault.refusal.code
    headers = {"Retry-After": _RETRY[code]} if code in _RETRY else None
    return problem.response(fault.refusal, trace_id(), headers)


async def _routing(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException), "registered for routing only"
    code = _STATUS_CODES.get(fault.status_code, "INVALID_INPUT")
    return problem.answer(fault.status_code, code, CODES[code].message, trace_id(), dict(fault.headers or {}))


async def _broken(request: Request, fault: Exception) -> Response:
    told = trace_id()
    _log.error("request failed: %s %s trace %s", request.method, request.url.path, told, exc_info=fault)
    return problem.response(Refusal(code="INTERNAL"), told)


HANDLERS: Mapping[Any, Callable[[Request, Exception], Any]] = {
    Refused: _refused,
    HTTPException: _routing,
    Exception: _broken,
}
"""Exception -> answer, for Starlette."""
