"""The whole graph and all routes over the ports of a flow test, in the same process: callers with real tokens."""

import time
from typing import Any

import httpx

from dialog_graph.access import dev_issuer
from dialog_graph.access.dev_issuer import TokenRequest
from dialog_graph.errors import Refusal
from dialog_graph.ports import Ports
from dialog_graph.server import build
from dialog_graph.storage import seed


class Graph:
    """The application, asked by whom one says."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._transport = httpx.ASGITransport(build(ports), raise_app_exceptions=False)

    def token(self, key: str, level: int | None = None) -> str:
        """A token of the development issuer."""
        issued = dev_issuer.issue(
            self._ports.keys, seed.built_in(), TokenRequest(key=key, level=level), int(time.time())
        )
        assert not isinstance(issued, Refusal), issued.message
        return issued

    async def send(self, method: str, path: str, token: str | None, **options: Any) -> httpx.Response:
        """One request."""
        headers = options.pop("headers", {}) | ({} if token is None else {"Authorization": f"Bearer {token}"})
        async with httpx.AsyncClient(transport=self._transport, base_url=self._ports.settings.public_url) as http:
            return await http.request(method, path, headers=headers, **options)

    async def ask(self, token: str | None, document: str, **variables: Any) -> dict[str, Any]:
        """The whole answer as JSON."""
        body = {"query": document, "variables": variables}
        return (await self.send("POST", "/graphql", token, json=body)).json()

    async def data(self, token: str | None, document: str, **variables: Any) -> Any:
        """The value of the one root field of an answer without errors."""
        answer = await self.ask(token, document, **variables)
        assert "errors" not in answer, answer
        (value,) = answer["data"].values()
        return value
