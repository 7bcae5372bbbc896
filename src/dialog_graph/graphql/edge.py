"""What the GraphQL routes share: the engine, how callers are identified, and the values taken from a connection."""

import re
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from dialog_graph.access import bearer
from dialog_graph.access.refusals import TokenRefusal
from dialog_graph.errors import refuse
from dialog_graph.graphql.cors import Origins
from dialog_graph.graphql.execution import Engine, OperationContext
from dialog_graph.graphql.lifetime import Closing, Times
from dialog_graph.graphql.seats import Seats
from dialog_graph.graphql.types.localization import accepted_languages
from dialog_graph.model.principal import Principal

Authorization = str | TokenRefusal | None
Identify = Callable[[Authorization], Awaitable[Principal]]
"""The caller of an Authorization header as `access.bearer.authorization` gives it. Raises `Refused`."""

MakeContext = Callable[[Principal, tuple[str, ...], str], OperationContext]
"""A fresh context for one operation: caller, languages (best first, empty = all), trace id."""

_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?\Z")
_NO_TRACE = "0" * 32


def same(value: str) -> str:
    """The value itself."""
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Everything the routes need.

    `graphiql`: makes the page for a browser, None where it is off. `origins`: of WebSockets. `cursor_order`: sort key
    of a feed cursor. `now`: Unix seconds, for the expiry of tokens.
    """

    engine: Engine
    make_context: MakeContext
    identify: Identify
    graphiql: Callable[[Request], Response] | None = None
    origins: Origins = field(default_factory=Origins)
    times: Times = field(default_factory=Times)
    seats: Seats = field(default_factory=Seats)
    closing: Closing = field(default_factory=Closing)
    cursor_order: Callable[[str], Any] = same
    now: Callable[[], float] = time.time

    async def caller(self, authorization: Authorization) -> Principal:
        """Who calls. Raises `Refused`, also when the token has expired since it was verified."""
        principal = await self.identify(authorization)
        if principal.expires_at is not None and principal.expires_at <= self.now():
            raise refuse("UNAUTHENTICATED")
        return principal

    def context(self, connection: HTTPConnection, principal: Principal, trace_id: str) -> OperationContext:
        """A fresh context for one operation of this connection."""
        languages = accepted_languages(connection.headers.get("accept-language"))
        return self.make_context(principal, languages, trace_id)


def authorization(connection: HTTPConnection) -> Authorization:
    """The Authorization header of a request."""
    return bearer.authorization(connection.scope["headers"])


def trace_id(connection: HTTPConnection) -> str:
    """32 hexadecimal digits: of the request's `traceparent`, or new ones."""
    found = _TRACE_PARENT.match(connection.headers.get("traceparent", ""))
    return found.group(1) if found and found.group(1) != _NO_TRACE else uuid4().hex


def subject(principal: Principal) -> Hashable:
    """What tells callers apart where they are counted."""
    return principal.actor.key if principal.subject_id or principal.org else principal.urn
