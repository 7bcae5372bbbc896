"""The real server as a contact: started, asked over HTTP by people with tokens, and killed."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from dialog_graph.access import dev_issuer
from dialog_graph.access.dev_issuer import TokenRequest
from dialog_graph.access.key_files import KeyFiles
from dialog_graph.access.keys import Keys
from dialog_graph.storage import seed
from tests.chaos.processes import PATIENCE, ROOT, Lost
from tests.chaos.worker import RETRYABLE, uploaded

_NEVER = frozenset({"INTERNAL", "BAD_JSON", "UNAUTHENTICATED"})
"""GraphQL errors that are no refusal of a command."""

MUTATIONS: Mapping[str, str] = {
    "instantiate": "instantiate",
    "write": "writeFormData",
    "advance": "advanceProcess",
    "remove": "deleteDataElement",
    "confirm": "confirmReceipt",
    "substatus": "setSubstatus",
    "delete": "deleteInstance",
    "restore": "restoreInstance",
}
_MORE = {"write": "dataElement { id }"}

DOCUMENT = """
mutation($input: %(input)sInput!) {
  it: %(mutation)s(input: $input) {
    instance { id revision } %(more)s
    errors { __typename code message ... on ConcurrencyError { currentRevision } }
  }
}
"""


def camel(name: str) -> str:
    """A member's name as the graph has it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def document(name: str) -> str:
    """The mutation for a step of a walk."""
    mutation = MUTATIONS[name]
    named = {"mutation": mutation, "input": mutation[0].upper() + mutation[1:], "more": _MORE.get(name, "")}
    return DOCUMENT % named


def answer_of(body: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What a GraphQL answer says, in the form that workers answer in."""
    for error in body.get("errors", ()):
        code = error.get("extensions", {}).get("code", "INTERNAL")
        return {"fault": str(error)} if code in _NEVER else {"refused": code, "retry": code in RETRYABLE}
    it = body["data"]["it"]
    if it["errors"]:
        error = it["errors"][0]
        return {"refused": error["code"], "revision": error.get("currentRevision")}
    told: dict[str, Any] = {"instance_id": it["instance"]["id"] if it["instance"] else given["instance_id"]}
    element = it.get("dataElement")
    return {"ok": told | ({"data_element_id": element["id"]} if element else {})}


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def token(keys: Keys, actor: str) -> str:
    """What the development issuer gives this person or, after `org:`, this service owner."""
    request = TokenRequest(key=actor.removeprefix("org:"))
    issued = dev_issuer.issue(keys, seed.built_in(), request, int(time.time()))
    assert isinstance(issued, str), "they are in the seed"
    return issued


def _started(environment: dict[str, str], port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "dialog_graph", "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


@dataclass(slots=True)
class Server:
    """One process of the product. `ask` answers as a worker does."""

    process: subprocess.Popen[bytes]
    client: httpx.AsyncClient
    keys: Keys
    _tokens: dict[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    async def start(folder: Path, fault: str | None) -> "Server":
        """A server on a data folder, ready; with `fault` it will end itself there."""
        port = free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DIALOG_GRAPH_")}
        environment |= {"DIALOG_GRAPH_DATA": str(folder), **({"DIALOG_GRAPH_FAULT": fault} if fault else {})}
        environment.pop("DATABASE_URL", None)
        process = _started(environment, port)
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False)
        server = Server(process, client, Keys(KeyFiles(folder / "keys", create=True)))
        await server._ready()
        return server

    async def _ready(self) -> None:
        """Waits until it answers, or is dead: its fault may strike while it starts, which is for the caller to see."""
        await asyncio.to_thread(self._read_until_ready)
        while self.process.poll() is None:
            try:
                if (await self.client.get("/health/live")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.01)

    def _read_until_ready(self) -> None:
        assert self.process.stdout is not None, "it was asked for"
        while (line := self.process.stdout.readline()) and not line.startswith(b"ready:"):
            pass

    def _caller(self, actor: str) -> dict[str, str]:
        if actor not in self._tokens:
            self._tokens[actor] = token(self.keys, actor)
        return {"authorization": f"Bearer {self._tokens[actor]}"}

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request. Raises `Lost`."""
        caller, given = self._caller(request["actor"]), request["given"]
        try:
            if request["name"] == "upload":
                return await uploaded(self.client, request, caller)
            variables = {"input": {camel(name): value for name, value in given.items()}}
            body = {"query": document(request["name"]), "variables": variables}
            answer = await self.client.post("/graphql", json=body, headers=caller)
            return answer_of(answer.json(), given)
        except (httpx.TransportError, RuntimeError):  # also a client that was closed by the kill
            raise Lost from None

    async def kill(self) -> None:
        """SIGKILL to this process, and waits for its end."""
        self.process.kill()
        await asyncio.to_thread(self.process.wait, PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()
        await self.client.aclose()
