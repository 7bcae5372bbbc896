"""Errors as the client sees them: request errors and refusals pass, everything else is INTERNAL with a trace id.

Rules: security rules §16. graphql-core's own errors about the request (syntax, validation, variables, arguments) are
made of the client's own text and pass. A refusal passes with its code and details. Any other exception is a fault: it
is logged with its traceback, and the client gets the trace id to ask about. Refusals are never logged as tracebacks.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from graphql import ArgumentNode, GraphQLError, ValueNode

from dialog_graph.errors import CODES, Blocker, Issue, Refusal, Refused
from dialog_graph.graphql.types.errors import ACRS

_log = structlog.get_logger(__name__)

_PLAIN = ("action", "current_revision", "required_level", "floor")
_IDS = ("dialog_revision", "existing_id", "data_element_id")


def masked(error: Exception, trace_id: str) -> dict[str, Any]:
    """One entry of `errors` for an exception, as the wire has it; logs faults."""
    if not isinstance(error, GraphQLError):
        return _entry(error, trace_id)
    cause = _cause(error)
    if not isinstance(cause, Refused) and _is_about_the_request(error, cause):
        entry: dict[str, Any] = {"message": error.message, "extensions": {"code": "INVALID_INPUT", "traceId": trace_id}}
    else:
        entry = _entry(cause, trace_id)
    if error.locations:
        entry["locations"] = [{"line": each.line, "column": each.column} for each in error.locations]
    if error.path is not None:
        entry["path"] = list(error.path)
    return entry


def _cause(error: Exception) -> Exception:
    """What was raised first, below the wrappings that tell where."""
    while isinstance(error, GraphQLError) and isinstance(error.original_error, Exception):
        error = error.original_error
    return error


def _is_about_the_request(error: GraphQLError, cause: Exception) -> bool:
    """Before execution (no path) errors are the client's, unless a reader of ours broke; within it only those that
    point at an argument."""
    if error.path is None:
        return isinstance(cause, GraphQLError | ValueError)
    nodes = cause.nodes if isinstance(cause, GraphQLError) else None
    return bool(nodes) and all(isinstance(node, ValueNode | ArgumentNode) for node in nodes or ())


def _entry(cause: Exception, trace_id: str) -> dict[str, Any]:
    if isinstance(cause, Refused):
        return refused(cause.refusal, trace_id)
    _log.error("graphql.fault", trace_id=trace_id, exc_info=cause)
    return refused(Refusal(code="INTERNAL"), trace_id)


def refused(refusal: Refusal, trace_id: str) -> dict[str, Any]:
    """One entry of `errors` for a refusal. Only details that we made ourselves."""
    return {"message": refusal.message, "extensions": {**details(refusal), "traceId": trace_id}}


def details(refusal: Refusal) -> dict[str, Any]:
    """The members of `extensions` of a refusal: its code, and what else the caller may know."""
    found: dict[str, Any] = {"code": refusal.code}
    found |= {_camel(name): value for name in _PLAIN if (value := getattr(refusal, name)) is not None}
    found |= {_camel(name): str(value) for name in _IDS if (value := getattr(refusal, name)) is not None}
    if refusal.required_level is not None:
        found["requiredAcr"] = ACRS.get(refusal.required_level, ACRS[3])
    if refusal.retry_after is not None:
        found["retryAfterSeconds"] = refusal.retry_after
    if refusal.path:
        found["path"] = list(refusal.path)
    if refusal.blockers:
        found["blockers"] = [_blocker(each) for each in refusal.blockers]
    if refusal.issues:
        found["issues"] = [_issue(each) for each in refusal.issues]
    if CODES[refusal.code].retryable:
        found["retryable"] = True
    return found


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _texts(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"languageCode": code, "value": texts[code]} for code in sorted(texts)]


def _blocker(blocker: Blocker) -> dict[str, Any]:
    return {"code": blocker.code, "message": _texts(blocker.message)}


def _issue(issue: Issue) -> dict[str, Any]:
    return {
        "code": issue.code,
        "source": issue.source,
        "severity": issue.severity.value,
        "field": issue.field,
        "message": _texts(issue.message),
    }
