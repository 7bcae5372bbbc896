"""Refusals as `application/problem+json`: the form of every refusal outside GraphQL (architecture §8.3)."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import JSONResponse, Response

from dialog_graph.errors import Issue, Refusal

ACRS = MappingProxyType({3: "idporten-loa-substantial", 4: "idporten-loa-high"})
"""Level -> the acr value to log in with (security rules §9)."""


def response(
    refusal: Refusal,
    trace_id: str = "",
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] | None = None,
) -> Response:
    """The answer to a refused request, with what the refusal says of its reason, and `more` that only a route knows."""
    told = dict(headers or {})
    if refusal.code == "AUTH_LEVEL_TOO_LOW":
        acr = ACRS.get(refusal.required_level or 0, ACRS[3])
        told["WWW-Authenticate"] = f'Bearer error="insufficient_user_authentication", acr_values="{acr}"'
    if refusal.retry_after is not None:
        told["Retry-After"] = str(refusal.retry_after)
    rule = refusal.rule
    content = {"status": rule.http, "title": rule.message, "code": refusal.code, "message": refusal.message}
    return _json(content | {"traceId": trace_id} | _details(refusal) | dict(more or {}), told)


def _details(refusal: Refusal) -> dict[str, object]:
    """The members of the refusal that are set, by the names that GraphQL gives them."""
    level = refusal.required_level
    found: dict[str, object] = {
        "path": list(refusal.path),
        "issues": [_issue(item) for item in refusal.issues],
        "blockers": [{"code": item.code, "message": dict(item.message)} for item in refusal.blockers],
        "currentRevision": refusal.current_revision,
        "existingId": refusal.existing_id and str(refusal.existing_id),
        "dataElementId": refusal.data_element_id and str(refusal.data_element_id),
        "action": refusal.action,
        "requiredLevel": level,
        "requiredAcr": None if level is None else ACRS.get(level, ACRS[3]),
        "retryAfterSeconds": refusal.retry_after,
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def _issue(issue: Issue) -> dict[str, object]:
    return {
        "code": issue.code,
        "severity": issue.severity.value,
        "field": issue.field,
        "source": issue.source,
        "message": dict(issue.message),
    }


def answer(
    status: int, code: str, message: str, trace_id: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """Problem JSON; `title` is the code's sentence."""
    content = {"status": status, "title": message, "code": code, "message": message, "traceId": trace_id}
    return _json(content, headers or {})


def _json(content: Mapping[str, object], headers: Mapping[str, str]) -> Response:
    status = int(str(content["status"]))
    own = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return JSONResponse(dict(content), status, own | dict(headers), media_type="application/problem+json")
