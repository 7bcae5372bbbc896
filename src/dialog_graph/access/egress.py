"""The one way out: every HTTP request that the server makes to others (security rules §12, events rules §9.10).

This is the only module that makes HTTP clients. A name is resolved once per attempt, every address of the answer must
pass, and the connection goes to one of exactly these addresses, while TLS and `Host` keep the name. Redirects are not
followed, proxies of the environment not used, connections not kept.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TypeAlias

import httpx

from dialog_graph.access.addresses import (
    MAX_URL,
    NOT_PUBLIC,
    Rules,
    blocked,
    host_fault,
    is_denied,
    is_own_loopback,
    parse_address,
    rules_of,
)
from dialog_graph.access.jwk import MAX_DOCUMENT
from dialog_graph.errors import Refusal
from dialog_graph.settings import Settings

CONNECT_TIMEOUT = 5.0
TOTAL_TIMEOUT = 20.0
KEYS_TIMEOUT = 5.0
USER_AGENT = "dialog-graph"
OWN_ADDRESSES_FOR = 300.0
"""Seconds that the addresses of our own hosts are remembered."""
MAX_WEBHOOK_ANSWER = 4 * 1024
MAX_LOOKUP_ANSWER = 1024 * 1024

Resolve: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]
"""Host -> every address of the host, as text. Raises OSError."""

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]+\]|[^/?#@:\[\]\\]+)(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?].*)?\Z"
)
_REST = re.compile(r"[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]*\Z")
_PORTS = {"https": 443, "http": 80}
_OWN_HEADERS = frozenset({"host", "connection", "accept-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL that passed every check that needs no resolution. `rest`: path and query, begins with a slash."""

    scheme: str
    host: str
    port: int
    rest: str
    is_loopback: bool = False

    @property
    def authority(self) -> str:
        """The value of `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever the status. `headers`: lower-case names. `is_cut`: there was more than `max_answer`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Blocked:
    """The request was not made: its address may not be called."""

    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Failed:
    """The request was tried and no answer came: `timeout`, `tls`, `connect` or `protocol`."""

    reason: str


Outcome: TypeAlias = Answer | Blocked | Failed


def _ascii_host(text: str) -> str | None:
    """Host in ASCII and lower case, without one trailing dot; None when it has no such form."""
    if text.isascii():
        host = text.lower()
    else:
        try:
            host = httpx.URL(f"https://{text}/").raw_host.decode("ascii")
        except (httpx.InvalidURL, UnicodeError):
            return None
        # A number written in other signs is a disguise, never a name.
        if parse_address(host.removesuffix(".")) is not None:
            return None
    return host.removesuffix(".")


def parse(url: str, rules: Rules) -> Target | Refusal:
    """Rule 1: form, host and port of a URL, and a literal address. Nothing is resolved."""
    match = _URL.match(url) if len(url) <= MAX_URL else None
    if match is None or not _REST.match(match["rest"] or ""):
        return blocked(f"an https address of at most {MAX_URL} characters, without user name and fragment")
    host = _ascii_host(match["host"].removeprefix("[").removesuffix("]"))
    if host is None:
        return blocked("a host name")
    rest, scheme = match["rest"] or "/", match["scheme"]
    target = Target(
        scheme=scheme,
        host=host,
        port=int(match["port"] or _PORTS[scheme]),
        rest=rest if rest.startswith("/") else f"/{rest}",
        is_loopback=is_own_loopback(host, rules),
    )
    return _fault(target, rules) or target


def _fault(target: Target, rules: Rules) -> Refusal | None:
    if target.is_loopback:
        return None if 0 < target.port < 65536 else blocked("a port")
    if target.scheme != "https":
        return blocked("an https address")
    if target.port not in rules.ports:
        return blocked(f"port {' or '.join(str(port) for port in sorted(rules.ports))}")
    return host_fault(target.host, rules)


async def resolve(host: str) -> Sequence[str]:
    """Every address that the system's resolver knows."""
    loop = asyncio.get_running_loop()
    answers = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in answers]


def tls_context() -> ssl.SSLContext:
    """Certificates of the bundled list and of the system; TLS 1.2 and later."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Egress:
    """Makes requests that the rules allow. One per process; `close` it at the end."""

    def __init__(
        self, settings: Settings | Rules, resolver: Resolve = resolve, tls: ssl.SSLContext | None = None
    ) -> None:
        self._rules = settings if isinstance(settings, Rules) else rules_of(settings)
        self._resolve = resolver
        self._own: tuple[float, frozenset[str]] = (float("-inf"), frozenset())
        # No connection is kept: one that was checked for a host can then never serve a request for another.
        self._client = httpx.AsyncClient(
            verify=tls or tls_context(),
            headers={"User-Agent": USER_AGENT},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0, max_connections=None),
        )

    async def close(self) -> None:
        """Ends what is still open."""
        await self._client.aclose()

    def check_url(self, url: str) -> Refusal | None:
        """Early answer at registration, without resolution: what is wrong with a URL, None when nothing is."""
        target = parse(url, self._rules)
        return target if isinstance(target, Refusal) else None

    async def check_host(self, url: str) -> Refusal | None:
        """As `check_url`, and the host is resolved now. A host that cannot be resolved is refused too."""
        target = parse(url, self._rules)
        pinned = target if isinstance(target, Refusal) else await self._pinned(target)
        return pinned if isinstance(pinned, Refusal) else None

    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, timeout: float, max_answer: int
    ) -> Outcome:
        """GET; see `request`."""
        request = _Request("GET", url, headers or {}, None)
        return await self.request(request, timeout=timeout, max_answer=max_answer)

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, timeout: float, max_answer: int
    ) -> Outcome:
        """POST; see `request`."""
        return await self.request(_Request("POST", url, headers, body), timeout=timeout, max_answer=max_answer)

    async def options(self, url: str, headers: Mapping[str, str], *, timeout: float, max_answer: int) -> Outcome:
        """OPTIONS, for the handshake of webhooks; see `request`."""
        return await self.request(_Request("OPTIONS", url, headers, None), timeout=timeout, max_answer=max_answer)

    async def request(self, request: "_Request", *, timeout: float, max_answer: int) -> Outcome:
        """One attempt. `timeout`: seconds in all; `max_answer`: bytes of the body that are read. A redirect is an
        answer like any other."""
        target = parse(request.url, self._rules)
        if isinstance(target, Refusal):
            return Blocked(target)
        try:
            async with asyncio.timeout(timeout):
                pinned = await self._pinned(target)
                if isinstance(pinned, Refusal):
                    return Blocked(pinned)
                return await self._send(request, target, pinned, max_answer)
        except (TimeoutError, httpx.TimeoutException):
            return Failed("timeout")
        except httpx.ConnectError as error:
            return Failed("tls" if _is_tls(error) else "connect")
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
            return Failed("protocol")

    async def _pinned(self, target: Target) -> str | Refusal:
        """The one address to connect to, after every address of the host has passed."""
        if target.is_loopback:
            return "127.0.0.1"
        literal = parse_address(target.host)
        texts = [target.host] if literal is not None else await self._resolved(target.host)
        addresses = [parse_address(text) for text in texts]
        if not addresses or any(address is None or is_denied(address, self._rules) for address in addresses):
            return NOT_PUBLIC
        own = await self._own_addresses()
        return NOT_PUBLIC if own & {str(address) for address in addresses} else str(addresses[0])

    async def _own_addresses(self) -> frozenset[str]:
        """Where our own hosts are now; another name for the same machine is refused like the name itself."""
        since, found = self._own
        now = asyncio.get_running_loop().time()
        if now - since > OWN_ADDRESSES_FOR:
            answers = [await self._resolved(host) for host in sorted(self._rules.own_hosts)]
            found = frozenset(text for answer in answers for text in answer)
            self._own = (now, found)
        return found

    async def _resolved(self, host: str) -> Sequence[str]:
        try:
            return await self._resolve(host)
        except (OSError, UnicodeError):
            return ()

    async def _send(self, request: "_Request", target: Target, address: str, max_answer: int) -> Answer:
        host = f"[{address}]" if ":" in address else address
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN_HEADERS}
        own = {"Host": target.authority, "Connection": "close", "Accept-Encoding": "identity"}
        async with self._client.stream(
            request.method,
            f"{target.scheme}://{host}:{target.port}{target.rest}",
            headers=headers | own,
            content=request.body,
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT),
            extensions={"sni_hostname": target.host},
        ) as response:
            body, is_cut = await _read(response, max_answer)
            return Answer(status=response.status_code, headers=_headers(response), body=body, is_cut=is_cut)

    async def fetch_jwks(self, url: str) -> bytes | None:
        """The key document of another issuer; None unless it came whole, with status 200."""
        answer = await self.get(url, timeout=KEYS_TIMEOUT, max_answer=MAX_DOCUMENT)
        return answer.body if isinstance(answer, Answer) and answer.status == 200 and not answer.is_cut else None


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


def _is_tls(error: httpx.ConnectError) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


async def _read(response: httpx.Response, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes as sent, without decompression, and whether there was more."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            return bytes(body[:limit]), True
    return bytes(body), False
