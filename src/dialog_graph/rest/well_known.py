"""Public keys and metadata of what we sign, for those who verify it (architecture §8.3).

Platform tokens: below `/.well-known`; dialog tokens: below `/api/v1/.well-known`. Everything may be cached for an hour:
a new key is published a day before its first use.
"""

from collections.abc import Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dialog_graph.access import webhook_signing
from dialog_graph.access.issuers import dialog_issuer, platform_issuer
from dialog_graph.access.key_files import DIALOG, PLATFORM, Document
from dialog_graph.access.keys import Keys

Clock: TypeAlias = Callable[[], int]
Make: TypeAlias = Callable[[], Document]

CACHED = {"Cache-Control": "public, max-age=3600"}
PLATFORM_BASE = "/.well-known"
DIALOG_BASE = "/api/v1/.well-known"
EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"


def platform_metadata(public_url: str) -> Document:
    """Metadata of platform tokens: they come from the exchange, nobody logs in here."""
    return {
        "issuer": platform_issuer(public_url),
        "jwks_uri": f"{public_url}{PLATFORM_BASE}/jwks.json",
        "token_endpoint": f"{public_url}/authentication/exchange",
        "grant_types_supported": [EXCHANGE_GRANT],
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }


def dialog_metadata(public_url: str) -> Document:
    """Metadata of dialog tokens."""
    return {"issuer": dialog_issuer(public_url), "jwks_uri": f"{public_url}{DIALOG_BASE}/jwks.json"}


def webhook_keys(keys: Keys) -> Document:
    """The keys that verify webhooks, in the form of Standard Webhooks; several while one replaces another."""
    return {"keys": [webhook_signing.public_key(keys)]}


def _route(path: str, make: Make) -> Route:
    async def endpoint(_: Request) -> Response:
        return JSONResponse(make(), headers=CACHED)

    return Route(path, endpoint, methods=["GET"])


def routes(keys: Keys, public_url: str, clock: Clock) -> list[Route]:
    """The documents of platform tokens, dialog tokens and webhooks."""
    return [
        _route(f"{PLATFORM_BASE}/webhook-keys", lambda: webhook_keys(keys)),
        _route(f"{PLATFORM_BASE}/jwks.json", lambda: keys.jwks(PLATFORM, clock())),
        _route(f"{PLATFORM_BASE}/openid-configuration", lambda: platform_metadata(public_url)),
        _route(f"{PLATFORM_BASE}/oauth-authorization-server", lambda: platform_metadata(public_url)),
        _route(f"{DIALOG_BASE}/jwks.json", lambda: keys.jwks(DIALOG, clock())),
        _route(f"{DIALOG_BASE}/oauth-authorization-server", lambda: dialog_metadata(public_url)),
    ]
