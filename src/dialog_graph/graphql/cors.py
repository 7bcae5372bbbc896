"""Cross-origin rules for everything the server answers: an allow-list of origins, and the middleware that applies it.

Rules: security rules §13, inbox rules §8.1. Exact origins, no credentials, `null` refused. Pure ASGI and outermost, so
that streams and refusals carry the headers too.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = "GET, POST, PUT, DELETE, OPTIONS"
HEADERS = (
    "Authorization, Content-Type, Accept, Accept-Language, GraphQL-Preflight, Idempotency-Key, If-None-Match, "
    "Last-Event-ID, Range, traceparent"
)
MAX_AGE = "600"
STREAM = "/graphql/stream"
"""Its preflights are answered with the method and headers that are asked for."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1000}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Which origins may call. `exact`: as browsers write them; `loopback`: every port of this machine, development."""

    exact: frozenset[str] = frozenset()
    loopback: bool = False

    @classmethod
    def of(cls, names: Iterable[str], *, development: bool) -> "Origins":
        """From the setting: the names, or this machine's own in development when there are none."""
        exact = frozenset(name.rstrip("/").lower() for name in names)
        return cls(exact=exact - {"*", "null"}, loopback=development and not exact)

    def allows(self, origin: str) -> bool:
        """True for an origin on the list."""
        return origin.lower() in self.exact or (self.loopback and _is_loopback(origin))


def _is_loopback(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK
    except ValueError:
        return False


def is_same_origin(origin: str, host: str | None) -> bool:
    """True when a page of this very server calls. `host`: the Host header."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and parts.netloc.lower() == (host or "").lower()


class Cors:
    """The middleware."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers preflights, adds the headers to everything else. WebSockets have their own check."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        allowed = origin if origin is not None and self._origins.allows(origin) else None
        if scope["method"] == "OPTIONS" and origin is not None and "access-control-request-method" in headers:
            await _preflight(scope, headers, allowed, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                answered.add_vary_header("Origin")
                if allowed is not None:
                    answered["Access-Control-Allow-Origin"] = allowed
            await send(message)

        await self._app(scope, receive, with_headers)


async def _preflight(scope: Scope, asked: Headers, allowed: str | None, send: Send) -> None:
    """204; without the allowing headers for an origin that is not on the list, which the browser takes as no."""
    message: Message = {"type": "http.response.start", "status": 204, "headers": []}
    answered = MutableHeaders(scope=message)
    answered["Vary"] = "Origin"
    if allowed is not None:
        is_stream = scope["path"] == STREAM
        answered["Access-Control-Allow-Origin"] = allowed
        answered["Access-Control-Allow-Methods"] = _asked(asked, "method", METHODS, is_stream)
        answered["Access-Control-Allow-Headers"] = _asked(asked, "headers", HEADERS, is_stream)
        answered["Access-Control-Max-Age"] = MAX_AGE
    await send(message)
    await send({"type": "http.response.body", "body": b""})


def _asked(asked: Headers, what: str, standard: str, is_stream: bool) -> str:
    wish = asked.get(f"access-control-request-{what}", "")
    return wish if is_stream and _NAMES.match(wish) else standard
