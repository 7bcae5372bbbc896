"""A process that carries out commands as the server would, made to be killed: it is cheap to start and owes nothing.

`python -m tests.chaos.worker <fd>` is the parent of all workers: everything is imported once, and each worker is a
fork of it, so that a new one is there in a few milliseconds. Only the parent ends its children, and it reaps them, so
a number is never anybody else's. The pipes are Unix sockets with one JSON object per line.
"""

import asyncio
import base64
import gc
import json
import logging
import os
import signal
import socket
import struct
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
from starlette.applications import Starlette
from starlette.requests import Request

from dialog_graph import urns
from dialog_graph.access.claim_rules import ORG_URN
from dialog_graph.commands.advance_process import AdvanceProcess, advance_process
from dialog_graph.commands.confirm_receipt import ConfirmReceipt, confirm_receipt
from dialog_graph.commands.delete_data_element import DeleteDataElement, delete_data_element
from dialog_graph.commands.delete_instance import DeleteInstance, RestoreInstance, delete_instance, restore_instance
from dialog_graph.commands.deliver_message import DeliverMessage, deliver_message
from dialog_graph.commands.instantiate import Instantiate, instantiate
from dialog_graph.commands.set_substatus import SetSubstatus, set_substatus
from dialog_graph.commands.write_form_data import WriteFormData, write_form_data
from dialog_graph.errors import Refused
from dialog_graph.model.principal import Principal, PrincipalKind
from dialog_graph.ports import Ports
from dialog_graph.rest import data
from dialog_graph.rest import faults as fault_answers
from dialog_graph.server import ports_of
from dialog_graph.settings import Settings
from dialog_graph.storage import database, faults, seed
from dialog_graph.storage.embedded import Address
from dialog_graph.storage.logins import embedded_logins
from tests.chaos import twins
from tests.chaos.waits import clocks, working

COMMANDS: Mapping[str, tuple[type[Any], Callable[..., Awaitable[Any]]]] = {
    "instantiate": (Instantiate, instantiate),
    "write": (WriteFormData, write_form_data),
    "advance": (AdvanceProcess, advance_process),
    "remove": (DeleteDataElement, delete_data_element),
    "confirm": (ConfirmReceipt, confirm_receipt),
    "substatus": (SetSubstatus, set_substatus),
    "delete": (DeleteInstance, delete_instance),
    "restore": (RestoreInstance, restore_instance),
    "deliver": (DeliverMessage, deliver_message),
    "quiet": (working.Nothing, working.quiet),
    "ready": (working.Nothing, working.ready),
}
"""Name in a request -> the command's input and function. `upload` goes the way of HTTP."""

IDS = frozenset({"instance_id", "data_element_id"})
"""Members of inputs that are ids of ours."""

OWNER_SCOPES = ("altinn:serviceowner/instances.read", "altinn:serviceowner/instances.write")
RETRYABLE = frozenset({"TEMPORARY", "TIMEOUT", "OVERLOADED"})

ValueT = TypeVar("ValueT")


def principal(name: str) -> Principal:
    """The person of the seed with this name, at level 4 or after `@` another; `org:` and a code is a service owner."""
    register = seed.built_in()
    name, _, level = name.partition("@")
    if name.startswith("org:"):
        org = name.removeprefix("org:")
        return Principal(
            kind=PrincipalKind.SERVICE_OWNER, urn=f"{ORG_URN}{org}", level=3, org=org, scopes=frozenset(OWNER_SCOPES)
        )
    found = register.named(name)
    assert found is not None, f"{name} is a person of the seed"
    return Principal(
        kind=PrincipalKind.PERSON, urn=urns.PERSON + found.identifier, level=int(level or 4), subject_id=found.party_id
    )


class Statements:
    """Strikes before or after the n-th call of the driver from now, be it begin, a statement or commit: the process
    dies, or the connection is cut and nobody knows what the database has made of the call."""

    def __init__(self) -> None:
        self._left = 0
        self._is_after = False
        self._is_cut = False
        self._real = database._asked  # pyright: ignore[reportPrivateUsage] -- the one place all calls of the driver pass
        database._asked = self._counted  # pyright: ignore[reportPrivateUsage] -- see above

    def arm(self, number: int, *, is_after: bool, is_cut: bool) -> None:
        self._left, self._is_after, self._is_cut = number, is_after, is_cut

    async def _counted(self, connection: Any, ask: Callable[[], Awaitable[ValueT]]) -> ValueT:
        self._left -= 1
        is_last = self._left == 0
        if is_last and not self._is_after:
            return await self._real(connection, lambda: self._struck(connection))
        answer = await self._real(connection, ask)
        if is_last:
            return await self._real(connection, lambda: self._struck(connection))
        return answer

    async def _struck(self, connection: Any) -> Any:
        if not self._is_cut:
            os.kill(os.getpid(), signal.SIGKILL)
        connection.terminate()
        raise ConnectionResetError


def rest_app(ports: Ports) -> Starlette:
    """The routes of binary data; who calls is said by a header, because tokens are not the subject here."""

    async def caller(request: Request) -> Principal:
        return principal(request.headers["x-actor"])

    return Starlette(routes=[*data.routes(data.Data(ports, caller, caller))], exception_handlers=fault_answers.HANDLERS)


def given_of(form: type[Any], members: dict[str, Any]) -> Any:
    """A command's input from JSON."""
    return form(**{name: UUID(value) if name in IDS and value else value for name, value in members.items()})


async def answer_to(ports: Ports, client: httpx.AsyncClient, request: dict[str, Any]) -> dict[str, Any]:
    """Carries a request out: `ok` with the result, `refused` with the code, or `fault` with what was raised."""
    try:
        if request["name"] == "upload":
            return await uploaded(client, request, {"x-actor": request["actor"]})
        form, command = COMMANDS[request["name"]]
        return {"ok": asdict(await command(ports, principal(request["actor"]), given_of(form, request["given"])))}
    except Refused as refused:
        refusal = refused.refusal
        return {
            "refused": refusal.code,
            "revision": refusal.current_revision,
            "retry": refusal.code in RETRYABLE,
        }
    except Exception as fault:
        return {"fault": f"{type(fault).__name__}: {fault}"}


async def uploaded(client: httpx.AsyncClient, request: dict[str, Any], caller: dict[str, str]) -> dict[str, Any]:
    """Sends a file over HTTP. `caller`: the header that says who does."""
    given: dict[str, Any] = request["given"]
    answer = await client.post(
        f"/instances/{given['instance_id']}/data",
        params={name: given[name] for name in ("dataType", "filename", "expectedRevision") if name in given},
        content=base64.b64decode(request["content"]),
        headers={"content-type": "application/pdf", "idempotency-key": given["idempotency_key"], **caller},
    )
    body: dict[str, Any] = answer.json()
    if answer.is_success:
        return {"ok": {"instance_id": given["instance_id"], "data_element_id": body["dataElement"]["id"]}}
    if body["code"] == "INTERNAL":
        return {"fault": body["message"]}
    return {"refused": body["code"], "revision": body.get("currentRevision"), "retry": body["code"] in RETRYABLE}


class Worker:
    """Carries out requests as they come, all at the same time, and answers each when it is done."""

    def __init__(self, ports: Ports, client: httpx.AsyncClient, writer: asyncio.StreamWriter) -> None:
        self._ports = ports
        self._client = client
        self._writer = writer
        self._statements = Statements()
        self._running: set[asyncio.Task[None]] = set()

    def take(self, request: dict[str, Any]) -> None:
        """Begins with a request; `arm` and `arm_statement` come before the requests they are meant for."""
        if "arm" in request:
            faults.arm(request["arm"])
        elif "jump" in request:
            clocks.jump(request["jump"])
        elif "arm_statement" in request:
            number, is_after, is_cut = request["arm_statement"]
            self._statements.arm(number, is_after=is_after, is_cut=is_cut)
        else:
            task = asyncio.create_task(self._answered(request))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _answered(self, request: dict[str, Any]) -> None:
        answer = await answer_to(self._ports, self._client, request)
        self._writer.write(json.dumps({"id": request["id"], **answer}, default=str).encode() + b"\n")


@asynccontextmanager
async def opened(place: dict[str, Any], folder: Path) -> AsyncGenerator[tuple[Ports, httpx.AsyncClient]]:
    """The ports on a database, as a server's, and a client for its routes of binary data."""
    settings = Settings(data=folder, blobs=str(folder / "blobs"), keys=folder / "keys", pool_min=0, pool_max=8)
    logins = embedded_logins(Address(host=place["host"], port=place["port"]), place["database"])
    async with ports_of(settings, logins, services=working.services(folder)) as ports:
        transport = httpx.ASGITransport(app=rest_app(ports), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
            yield ports, client


async def serve(pipe: socket.socket) -> None:
    """A worker's life: the first line says where the database is, every further one is a request."""
    reader, writer = await asyncio.open_connection(sock=pipe, limit=1 << 24)
    place: dict[str, Any] = json.loads(await reader.readline())
    logging.disable()  # what goes wrong is in the answers
    twins.break_product(place["twin"])
    folder = Path(place["folder"])
    async with opened(place, folder) as (ports, client), working.ROLES[place["role"]](ports, folder):
        worker = Worker(ports, client, writer)
        while line := await reader.readline():
            worker.take(json.loads(line))


# The parent -----------------------------------------------------------------------------------------------------------

NUMBER = struct.Struct("!cI")
"""A request to the parent and its answer: `F` (fork, with the child's end of a pipe), `K` (kill), and a process id."""


def fork_worker(pipe: socket.socket, control: socket.socket) -> int:
    """A new worker on its end of a pipe; gives its process id."""
    child = os.fork()
    if child:
        return child
    control.close()
    with suppress(BaseException):
        asyncio.run(serve(pipe))
    os._exit(0)


def end(child: int) -> int:
    """Kills and reaps a child; gives the signal that it died of."""
    os.kill(child, signal.SIGKILL)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def main(control: socket.socket) -> None:
    """Forks and kills as asked, until the harness closes its end."""
    gc.collect()
    gc.freeze()
    children: set[int] = set()
    control.sendall(NUMBER.pack(b"R", 0))
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, NUMBER.size, 1)
        if not message:
            break
        order, child = NUMBER.unpack(message)
        if order == b"F":
            with socket.socket(fileno=descriptors[0]) as pipe:
                child = fork_worker(pipe, control)
            children.add(child)
            control.sendall(NUMBER.pack(b"F", child))
        elif child in children:
            children.discard(child)
            control.sendall(NUMBER.pack(b"K", end(child)))
    for child in children:
        end(child)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
