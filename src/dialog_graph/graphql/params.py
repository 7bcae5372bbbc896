"""The parameters of a GraphQL request, read from a JSON value or from the query string of a GET.

Source: GraphQL over HTTP, "Request parameters"; library rules §8. The same reader serves POST, GET, SSE and the
payload of a WebSocket's `subscribe`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from dialog_graph.errors import Refusal, refuse
from dialog_graph.model import strict_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What a client asks for. `document_id`: sha256 of a persisted document, sent in place of `query`."""

    query: str | None = None
    document_id: str | None = None
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])


_KINDS: Mapping[str, tuple[type, str]] = {
    "query": (str, "a text"),
    "documentId": (str, "a text"),
    "operationName": (str, "a text or null"),
    "variables": (dict, "an object or null"),
    "extensions": (dict, "an object or null"),
}
_NULLABLE = frozenset({"operationName", "variables", "extensions"})


def read_params(value: object) -> Params:
    """Reads the members of a request. Raises `Refused(INVALID_INPUT)`; unknown members are passed over."""
    if isinstance(value, list):
        raise refuse("INVALID_INPUT", "one request", "a batch was sent")
    if not isinstance(value, dict):
        raise refuse("INVALID_INPUT", "a JSON object", "something else was sent")
    members = cast("dict[str, Any]", value)
    for name, (kind, expected) in _KINDS.items():
        if name in members and not _fits(members[name], kind, name):
            raise refuse("INVALID_INPUT", f"{name}: {expected}", "something else was sent")
    if "query" not in members and "documentId" not in members:
        raise refuse("INVALID_INPUT", "query: a text", "it is missing")
    return Params(
        query=members.get("query"),
        document_id=members.get("documentId"),
        operation_name=members.get("operationName"),
        variables=members.get("variables") or {},
    )


def _fits(value: object, kind: type, name: str) -> bool:
    return isinstance(value, kind) or (value is None and name in _NULLABLE)


def read_body(data: bytes, max_bytes: int) -> Params:
    """Reads a request body. Raises `Refused` with BAD_JSON or INVALID_INPUT."""
    return read_params(_json(data, max_bytes))


def read_query(parameters: Mapping[str, str], max_bytes: int) -> Params:
    """Reads the query string of a GET, whose `variables` and `extensions` are JSON texts. Raises `Refused`."""
    members: dict[str, Any] = {name: parameters[name] for name in _KINDS if name in parameters}
    for name in ("variables", "extensions"):
        if members.get(name):
            members[name] = _json(members[name].encode("utf-8", "surrogatepass"), max_bytes)
        else:
            members.pop(name, None)
    return read_params(members)


def _json(data: bytes, max_bytes: int) -> object:
    value = strict_json.parse(data, max_bytes=max_bytes)
    if isinstance(value, Refusal):
        raise refuse(value.code, value.expected, value.actual)
    return value
