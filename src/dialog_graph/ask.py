"""A small client for the command line: asks a running server, follows its streams, fetches and sends files.

Standard library only, so that the quick start needs nothing but what is installed; it is no part of the server, which
makes all its requests through `access.egress`.
"""

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

TIMEOUT = 60.0
"""Seconds without an answer, or without a sign of life on a stream."""


class Unanswered(Exception):
    """The server gave no usable answer; the text is for whoever typed the command."""


@dataclass(frozen=True, slots=True)
class Client:
    """One server and one caller. `token` None: anonymous."""

    address: str
    token: str | None = None

    def ask(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer to a query or mutation."""
        with self._post("/graphql", document, variables, "application/json") as answer:
            return json.load(answer)

    def follow(self, document: str, variables: dict[str, Any]) -> Generator[dict[str, Any], None, None]:
        """The events of a subscription as they come; ends when the server completes the stream."""
        with self._post("/graphql/stream", document, variables, "text/event-stream") as stream:
            yield from _events(stream)

    def fetch(self, address: str) -> bytes:
        """The bytes at an address of the server, absolute or from its root."""
        with self._open(Request(self._absolute(address), headers=self._headers())) as answer:
            return answer.read()

    def send(self, address: str, content: bytes, content_type: str) -> dict[str, Any]:
        """Uploads bytes and gives the answer."""
        headers = self._headers() | {"Content-Type": content_type}
        request = Request(self._absolute(address), data=content, headers=headers, method="POST")
        with self._open(request) as answer:
            return json.load(answer)

    def _absolute(self, address: str) -> str:
        return address if urlsplit(address).scheme else self.address + quote(address, safe="/?&=%")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _post(self, path: str, document: str, variables: dict[str, Any], accept: str) -> HTTPResponse:
        body = json.dumps({"query": document, "variables": variables}).encode()
        headers = self._headers() | {"Content-Type": "application/json", "Accept": accept}
        return self._open(Request(self.address + path, data=body, headers=headers, method="POST"))

    def _open(self, request: Request) -> HTTPResponse:
        if urlsplit(request.full_url).scheme not in ("http", "https"):
            raise Unanswered(f"expected an http or https address, but it is {request.full_url}")
        try:
            return urlopen(request, timeout=TIMEOUT)
        except HTTPError as refused:
            raise Unanswered(f"HTTP {refused.code}: {refused.read().decode(errors='replace')}") from refused
        except (URLError, TimeoutError, OSError) as fault:
            raise Unanswered(f"no answer from {self.address}: {fault}. Is `make serve` running?") from fault


def _events(lines: Iterator[bytes]) -> Generator[dict[str, Any], None, None]:
    """The data of `next` events in a stream of server-sent events; everything else is passed over."""
    kind, data = "", ""
    for line in lines:
        name, _, value = line.decode().rstrip("\r\n").partition(":")
        if name == "event":
            kind = value.strip()
        elif name == "data":
            data = value.strip()
        elif not name and not value:
            if kind == "complete":
                return
            if kind == "next" and data:
                yield json.loads(data)
            kind, data = "", ""


def pick(answer: Any, path: str) -> Any:
    """The value at a dotted path such as `data.instance.dataElements.0.url`. Raises `Unanswered` for none."""
    found: Any = answer
    for step in path.split("."):
        key: str | int = int(step) if step.isdigit() else step
        try:
            found = found[key]
        except (KeyError, IndexError, ValueError, TypeError):
            raise Unanswered(f"expected {path} in the answer, but it is {json.dumps(answer)}") from None
    return found
