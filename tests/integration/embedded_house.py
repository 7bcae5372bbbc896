"""A house for launchers under test: a folder, the processes started in it, and what is left of them at the end."""

import asyncio
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg

from dialog_graph.storage.embedded import Address
from dialog_graph.storage.embedded.site import AWAY

DRIVER = Path(__file__).with_name("embedded_driver.py")
SOON = 30.0
Connection = Any
"""asyncpg's connection, which has no types."""
connect: Callable[..., Awaitable[Connection]] = vars(asyncpg)["connect"]


class Server:
    """One launcher in its own process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.pid = process.pid
        self.address = Address(host="")

    async def says(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), SOON)
        assert line, "the launcher ended without a word"
        return json.loads(line)

    async def ready(self) -> "Server":
        said = await self.says()
        assert "error" not in said, said
        self.address = Address(host=said["host"])
        return self

    async def refused(self) -> str:
        said = await self.says()
        assert "error" in said, said
        assert await asyncio.wait_for(self.process.wait(), SOON) == 1
        return said["error"]

    async def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"stop\n")
        assert await asyncio.wait_for(self.process.wait(), SOON) == 0

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    @asynccontextmanager
    async def connected(self) -> AsyncGenerator[Connection, None]:
        connection: Connection = await connect(**self.address.connect_kwargs("postgres", "postgres"))
        try:
            yield connection
        finally:
            # Not close(): its farewell fails when the test has killed the other end.
            connection.terminate()

    async def asks(self, query: str) -> Any:
        async with self.connected() as connection:
            return await connection.fetchval(query)


class House:
    """Everybody may enter the house; `data` is the data folder of its launchers."""

    def __init__(self, uid: int | None) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="house-", dir="/tmp"))
        self.root.chmod(0o755)
        self.uid = uid
        if uid is not None:
            os.chown(self.root, uid, uid)
        self.data = self.root / ".dialog-graph"
        self.servers: list[Server] = []

    def furnish(self, data: Path) -> None:
        """Move in with a copy of a data folder, which is quicker than making one."""
        subprocess.run(["cp", "-a", data, self.data], check=True)

    @property
    def cluster(self) -> Path:
        return self.data / "pg18"

    async def server(self, *options: str, before: Sequence[str] = (), **env: str) -> Server:
        """Start a launcher, by the words `before` it; it is not ready yet."""
        identity = () if self.uid is None else (f"--uid={self.uid}",)
        process = await asyncio.create_subprocess_exec(
            *before,
            sys.executable,
            str(DRIVER),
            str(self.data),
            *identity,
            *options,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=os.environ | env,
            start_new_session=True,
        )
        self.servers.append(Server(process))
        return self.servers[-1]

    async def ready(self, *options: str, **env: str) -> Server:
        return await (await self.server(*options, **env)).ready()

    def postmaster(self) -> int:
        return int((self.cluster / "postmaster.pid").read_text().split("\n")[0])

    def processes(self) -> list[int]:
        """Every process of the clusters in the house, initdb too."""
        seen = [process for process in _processes() if _is_postgres(process[1])]
        named = {pid for pid, words, _ in seen if any(f"{self.root}/" in word for word in words[1:])}
        return sorted(pid for pid, _, parent in seen if {pid, parent} & named)

    def kill_cluster(self) -> None:
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def pull_down(self) -> None:
        for server in self.servers:
            if server.process.returncode is None:
                await server.kill()
        self.kill_cluster()
        await eventually(lambda: not self.processes())
        away = self.data / "away"
        if away.is_symlink():
            shutil.rmtree(away.readlink())
            with suppress(OSError):
                AWAY.rmdir()
        shutil.rmtree(self.root)
        for host in {server.address.host for server in self.servers} - {""}:
            shutil.rmtree(host, ignore_errors=True)


def _is_postgres(words: list[str]) -> bool:
    return "initdb" in words[0] or "postgres" in words[0]


def _processes() -> list[tuple[int, list[str], int]]:
    """Number, command line and parent of every living process; the dead whom nobody reaps have no command line."""
    return [seen for folder in Path("/proc").glob("[0-9]*") if (seen := _process(folder)) is not None]


def _process(folder: Path) -> tuple[int, list[str], int] | None:
    try:
        words = os.fsdecode((folder / "cmdline").read_bytes()).split("\0")
        parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return None
    return (int(folder.name), words, parent) if words[0] else None


async def eventually(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until it holds; what happens in other processes gives us no event to wait for."""
    async with asyncio.timeout(SOON):
        while True:
            answer = holds()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.02)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def exists(path: Path | str) -> bool:
    return Path(path).exists()


def change_tree(program: str, change: str, folder: Path) -> None:
    subprocess.run([program, "-R", change, folder], check=True)
