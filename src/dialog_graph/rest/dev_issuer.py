"""Routes of the development issuer. Mounted in development only; anywhere else these paths do not exist."""

from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from dialog_graph.access import dev_issuer
from dialog_graph.access.dev_login import Issuer, Login, OAuthError, is_own_redirect, metadata, read_login
from dialog_graph.errors import Refusal
from dialog_graph.model import strict_json
from dialog_graph.rest import login_page

Clock: TypeAlias = Callable[[], int]

PATH = "/dev-issuer"
MAX_BODY = 64 * 1024
_FORM = "application/x-www-form-urlencoded"
_NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def _refused(error: OAuthError, status: int = 400) -> Response:
    return JSONResponse(error.to_json(), status, headers=_NO_STORE)


def _back(redirect_uri: str, parameters: Mapping[str, str]) -> Response:
    """Sends the browser back to the client, with the parameters that have a value."""
    query = urlencode({name: value for name, value in parameters.items() if value})
    joint = "&" if "?" in redirect_uri else "?"
    return RedirectResponse(f"{redirect_uri}{joint}{query}", 302, headers=_NO_STORE)


async def _body(request: Request) -> bytes | None:
    """The body, None when it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _fields(body: bytes, content_type: str) -> Mapping[str, str] | None:
    """Fields of a token request, as a form or as JSON; None when it is neither."""
    media_type = content_type.split(";")[0].strip().lower()
    if media_type == _FORM:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        return dict(pairs) if len(dict(pairs)) == len(pairs) else None
    parsed = strict_json.parse(body, max_bytes=MAX_BODY) if media_type == "application/json" else None
    if isinstance(parsed, Refusal) or not isinstance(parsed, dict):
        return None
    return {name: str(value) for name, value in parsed.items() if isinstance(value, str | int)}


class _Endpoints:
    def __init__(self, issuer: Issuer, clock: Clock) -> None:
        self._issuer = issuer
        self._clock = clock

    async def configuration(self, _: Request) -> Response:
        return JSONResponse(metadata(self._issuer.public_url))

    async def jwks(self, _: Request) -> Response:
        return JSONResponse(self._issuer.jwks(self._clock()), headers=_NO_STORE)

    async def parties(self, _: Request) -> Response:
        seed = self._issuer.seed
        listed = {
            "persons": [each.to_json() for each in dev_issuer.persons(seed)],
            "organisations": [each.to_json() for each in dev_issuer.organisations(seed)],
        }
        return JSONResponse(listed, headers=_NO_STORE)

    async def authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        redirect_uri = query.get("redirect_uri", "")
        if not is_own_redirect(redirect_uri, self._issuer.public_url):
            return _refused(OAuthError(error="invalid_request", description="expected a redirect_uri on this machine"))
        login = read_login(query)
        if isinstance(login, OAuthError):
            return _back(redirect_uri, {"error": login.error, "state": query.get("state", "")})
        if "user" in query:
            return self._chosen(login, query)
        return self._page(request, query)

    def _page(self, request: Request, query: Mapping[str, str]) -> Response:
        code = login_page.language(query.get("ui_locales", ""), request.headers.get("accept-language", ""))
        html = login_page.page(dev_issuer.persons(self._issuer.seed), query, code)
        return HTMLResponse(html, headers=login_page.HEADERS)

    def _chosen(self, login: Login, query: Mapping[str, str]) -> Response:
        keys = {person.key for person in dev_issuer.persons(self._issuer.seed)}
        level = query.get("level", str(dev_issuer.HIGHEST_LEVEL))
        if query["user"] not in keys or level not in {str(each) for each in dev_issuer.LEVELS}:
            return _back(login.redirect_uri, {"error": "access_denied", "state": login.state})
        code = self._issuer.code(login, query["user"], int(level), self._clock())
        return _back(login.redirect_uri, {"code": code, "state": login.state})

    async def token(self, request: Request) -> Response:
        body = await _body(request)
        fields = None if body is None else _fields(body, request.headers.get("content-type", ""))
        if fields is None:
            return _refused(OAuthError(error="invalid_request", description="expected a form or a JSON object"))
        answer = await self._issuer.token(fields, self._clock())
        return _refused(answer) if isinstance(answer, OAuthError) else JSONResponse(answer, headers=_NO_STORE)


def routes(issuer: Issuer, clock: Clock) -> list[Mount]:
    """Everything below `/dev-issuer`. Only for development: see `access.dev_issuer.problem`."""
    endpoints = _Endpoints(issuer, clock)
    table = {
        "/.well-known/openid-configuration": ("GET", endpoints.configuration),
        "/jwks": ("GET", endpoints.jwks),
        "/parties": ("GET", endpoints.parties),
        "/authorize": ("GET", endpoints.authorize),
        "/token": ("POST", endpoints.token),
    }
    return [Mount(PATH, routes=[Route(path, endpoint, methods=[verb]) for path, (verb, endpoint) in table.items()])]
