"""Servers as child processes, and the processor time they and Postgres use, from /proc."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from tests.benchmarks.failures import BenchmarkFailed

_TICKS = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME, _CUTIME, _CSTIME, _PPID = 11, 12, 13, 14, 1
"""Places in /proc/<pid>/stat counted from the process state, which is place 0."""

READY_LIMIT = 90.0
"""Seconds a server may take to say that it is ready."""
STOP_LIMIT = 40.0


def _stat(pid: int) -> list[str]:
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return text.rpartition(")")[2].split()


def _alive() -> Iterator[tuple[int, list[str]]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), _stat(int(entry.name))
            except OSError:
                continue


def parent_of(pid: int) -> int:
    """The parent process; of a Postgres backend it is the postmaster."""
    return int(_stat(pid)[_PPID])


def cpu_seconds(root: int) -> float:
    """Processor time of a process and its children so far, those that have ended included."""
    ticks = 0
    for pid, stat in _alive():
        if pid == root:
            ticks += sum(int(stat[place]) for place in (_UTIME, _STIME, _CUTIME, _CSTIME))
        elif int(stat[_PPID]) == root:
            ticks += int(stat[_UTIME]) + int(stat[_STIME])
    return ticks / _TICKS


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A candidate that answers on 127.0.0.1. `seconds_to_ready`: from start to the first connection that is taken."""

    name: str
    port: int
    pid: int
    seconds_to_ready: float


@dataclass(slots=True)
class _Output:
    """The last lines a child has written; read to the end, so that its pipe never fills."""

    child: subprocess.Popen[str]
    is_ready: bool = False
    lines: tuple[str, ...] = ()

    def follow(self, marker: str) -> None:
        assert self.child.stdout is not None, "the child writes to a pipe"
        for line in self.child.stdout:
            self.lines = (*self.lines[-30:], line.rstrip())
            self.is_ready = self.is_ready or marker in line


@contextmanager
def running(
    name: str, arguments: Sequence[str], port: int, environment: Mapping[str, str], marker: str
) -> Generator[Server]:
    """Runs `python <arguments>` until the block ends; begins once the child has printed `marker`."""
    begun = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = _Output(child)
    reader = Thread(target=output.follow, args=(marker,), daemon=True)
    reader.start()
    try:
        ready_at = _wait(name, output, port, begun)
        yield Server(name=name, port=port, pid=child.pid, seconds_to_ready=ready_at - begun)
    finally:
        _stop(child)
        reader.join(5)


def _wait(name: str, output: _Output, port: int, begun: float) -> float:
    """The time when the server had said that it is ready and took a connection too."""
    while not output.is_ready or not _listens(port):
        if output.child.poll() is not None or time.perf_counter() - begun > READY_LIMIT:
            raise BenchmarkFailed(f"{name} did not become ready:\n" + "\n".join(output.lines))
        time.sleep(0.01)
    return time.perf_counter()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _stop(child: subprocess.Popen[str]) -> None:
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
