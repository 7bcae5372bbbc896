"""GraphQL over HTTP: `/graphql` for POST, GET and OPTIONS.

Conforms to GraphQL over HTTP (the public audits pass) with the statuses of library rules §8 and inbox rules §2.2. No
cookie counts and nothing but `application/json` is read, so no request that a browser sends across sites without a
preflight changes state (security rules §13).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dialog_graph.errors import Refusal, Refused, refuse
from dialog_graph.graphql.answers import HEADERS, fault_response, outcome_response, refusal_response
from dialog_graph.graphql.edge import Edge, authorization, trace_id
from dialog_graph.graphql.execution import Operation, Outcome
from dialog_graph.graphql.negotiation import Accepted, accepted, answer_type, is_json, wants_page
from dialog_graph.graphql.params import Params, read_body, read_query
from dialog_graph.model.principal import PrincipalKind

ALLOW = "GET, POST, OPTIONS"

_ONLY_STREAMED = "subscriptions to be sent to /graphql/stream (server-sent events) or over the WebSocket at /graphql"


class Gone(Exception):
    """The client went away while it was sending."""


class GraphQLApp:
    """The ASGI application of `/graphql`."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        request = Request(scope, receive)
        try:
            response = await self._response(request)
        except Gone:
            return
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={**HEADERS, "Allow": ALLOW})
        exchange = _Exchange(self._edge, request, trace_id(request), accepted_type(request))
        if request.method == "GET" and self._edge.graphiql is not None and wants_page(wishes(request)):
            return self._edge.graphiql(request)
        return await exchange.response()


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One request. `media_type`: of the answer, None when no wish of the client can be met."""

    edge: Edge
    request: Request
    trace_id: str
    media_type: str | None

    async def response(self) -> Response:
        """The answer: refusals by their status, outcomes by their media type."""
        try:
            check_method(self.request, ("GET", "POST"))
            if self.media_type is None:
                raise refuse("NOT_ACCEPTABLE", "application/json or application/graphql-response+json accepted")
            return outcome_response(await self._outcome(), self.media_type)
        except Refused as refused:
            return refusal_response(refused.refusal, self.trace_id, self.media_type, allow(refused.refusal, ALLOW))
        except _NotByGet:
            refusal = Refusal(code="METHOD_NOT_ALLOWED", expected="GET for queries only")
            return refusal_response(refusal, self.trace_id, self.media_type, {"Allow": "POST"})
        except Gone:
            raise
        except Exception as error:
            return fault_response(error, self.trace_id)

    async def _outcome(self) -> Outcome:
        request, edge = self.request, self.edge
        check_content(request)
        principal = await edge.caller(authorization(request))
        if principal.kind is PrincipalKind.DIALOG_HOLDER:
            raise refuse("UNAUTHENTICATED")
        params = await self._params()
        operation = edge.engine.prepare(params, principal, self.trace_id)
        if isinstance(operation, Outcome):
            return operation
        self._check_kind(operation)
        return await edge.engine.execute(operation, edge.context(request, principal, self.trace_id))

    async def _params(self) -> Params:
        limits = self.edge.engine.limits
        if self.request.method == "POST":
            return read_body(await body(self.request, limits.body_bytes), limits.body_bytes)
        check_url(self.request, limits.url_bytes)
        return read_query(self.request.query_params, limits.url_bytes)

    def _check_kind(self, operation: Operation) -> None:
        if self.request.method == "GET" and operation.kind is not OperationType.QUERY:
            raise _NotByGet
        if operation.kind is OperationType.SUBSCRIPTION:
            raise refuse("INVALID_INPUT", _ONLY_STREAMED, "this was a plain POST")


class _NotByGet(Exception):
    """A GET with something else than a query."""


def wishes(request: Request) -> Accepted:
    """The Accept headers of a request."""
    return accepted(", ".join(request.headers.getlist("accept")))


def accepted_type(request: Request) -> str | None:
    """The media type of the answer."""
    return answer_type(wishes(request))


def allow(refusal: Refusal, methods: str) -> Mapping[str, str]:
    """The Allow header where the method was wrong."""
    return {"Allow": methods} if refusal.code == "METHOD_NOT_ALLOWED" else {}


def check_method(request: Request, methods: tuple[str, ...]) -> None:
    """Raises `Refused(METHOD_NOT_ALLOWED)` for other methods."""
    if request.method not in methods:
        raise refuse("METHOD_NOT_ALLOWED", " or ".join(methods), "another method was used")


def check_content(request: Request) -> None:
    """Raises `Refused(UNSUPPORTED_MEDIA_TYPE)` for a POST that is not plain JSON."""
    if request.method != "POST":
        return
    if not is_json(request.headers.get("content-type")):
        raise refuse("UNSUPPORTED_MEDIA_TYPE", "application/json in UTF-8", "something else was sent")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise refuse("UNSUPPORTED_MEDIA_TYPE", "a body without content encoding", "it is encoded")


def check_url(request: Request, maximum: int) -> None:
    """Raises `Refused(PAYLOAD_TOO_LARGE)` for a URL that is too long."""
    size = len(request.scope.get("raw_path") or b"") + len(request.scope["query_string"])
    if size > maximum:
        raise refuse("PAYLOAD_TOO_LARGE", f"bytes of the URL: at most {maximum}", f"found {size}")


async def body(request: Request, maximum: int) -> bytes:
    """The body of a request, read no further than its limit. Raises `Refused(PAYLOAD_TOO_LARGE)`, `Gone`."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and len(declared) < 20 and int(declared) > maximum:
        raise _too_large(maximum)
    data = bytearray()
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Gone
        data += message.get("body", b"")
        if len(data) > maximum:
            raise _too_large(maximum)
        if not message.get("more_body", False):
            return bytes(data)


def _too_large(maximum: int) -> Refused:
    return refuse("PAYLOAD_TOO_LARGE", f"bytes of the body: at most {maximum}", "it has more")
