"""The harness's side of the workers: starting, asking, arming, killing."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.chaos.worker import NUMBER

ROOT = Path(__file__).resolve().parents[2]
LINE = 1 << 24
PATIENCE = 30.0
"""Seconds after which an unanswered request is a hang, which is a violation of its own."""


class Lost(Exception):
    """The worker is gone: what it was asked has an unknown outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where workers find their database and their files, which twin they are, and what they do besides commands."""

    host: str
    port: int
    database: str
    folder: Path
    twin: str = ""
    role: str = ""

    def to_json(self) -> str:
        members = {name: getattr(self, name) for name in ("host", "port", "database", "twin", "role")}
        return json.dumps(members | {"folder": str(self.folder)}) + "\n"


class Worker:
    """One process that carries out commands."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._asked = 0
        self._is_gone = False
        self._has_answered = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(reader))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                answer: dict[str, Any] = json.loads(line)
                self._waiting.pop(answer["id"]).set_result(answer)
                self._has_answered.set()
        except OSError:
            pass  # a killed process may reset its end
        self._is_gone = True
        for future in self._waiting.values():
            future.set_exception(Lost())

    async def ask(self, request: dict[str, Any], patience: float = PATIENCE) -> dict[str, Any]:
        """The answer to a request. Raises `Lost`, and TimeoutError for one that hangs."""
        if self._is_gone:
            raise Lost
        self._asked += 1
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[self._asked] = future
        self.tell(request | {"id": self._asked})
        return await asyncio.wait_for(future, patience)

    @property
    def is_gone(self) -> bool:
        """True when the process has ended, whoever ended it."""
        return self._is_gone

    async def is_gone_within(self, seconds: float) -> bool:
        """Waits so long for its end; False when it lives on."""
        await asyncio.wait({self._listening}, timeout=seconds)
        return self._is_gone

    async def at_work(self) -> None:
        """Waits until it has answered something, however slow the machine is."""
        await asyncio.wait_for(self._has_answered.wait(), PATIENCE)

    def tell(self, request: dict[str, Any]) -> None:
        """Sends a line that has no answer, such as the arming of a fault."""
        self._writer.write(json.dumps(request, default=str).encode() + b"\n")

    async def ended(self) -> None:
        """Waits until nothing more can come, so that all it has acknowledged is known."""
        await self._listening
        self._writer.close()


class Zygote:
    """The parent of the workers."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=ROOT,
                env={**os.environ, "PYTHONWARNINGS": "ignore"},
                start_new_session=True,
            )
        ours.settimeout(60)
        self._control = ours
        self._control.recv(NUMBER.size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._control.close()
        self._process.wait(60)

    async def worker(self, place: Place) -> Worker:
        """A new worker at a place."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [NUMBER.pack(b"F", 0)], [theirs.fileno()])
            _, number = NUMBER.unpack(self._control.recv(NUMBER.size))
        reader, writer = await asyncio.open_connection(sock=ours, limit=LINE)
        writer.write(place.to_json().encode())
        return Worker(number, reader, writer)

    async def kill(self, worker: Worker) -> None:
        """SIGKILL, by the parent, which also reaps it."""
        self._control.sendall(NUMBER.pack(b"K", worker.number))
        self._control.recv(NUMBER.size)
        await worker.ended()
