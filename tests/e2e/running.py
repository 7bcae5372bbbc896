"""A real server process for the end-to-end tests: started as a user would, asked from outside, stopped by its id."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from dialog_graph.access import dev_issuer
from dialog_graph.access.dev_issuer import TokenRequest
from dialog_graph.access.key_files import KeyFiles
from dialog_graph.access.keys import Keys
from dialog_graph.errors import Refusal
from dialog_graph.storage import seed

PROJECT = Path(__file__).resolve().parents[2]
START_LIMIT = 90.0

KARI = "urn:altinn:person:identifier-no:12887230143"
OLA = "urn:altinn:person:identifier-no:01817510120"
JON = "urn:altinn:person:identifier-no:17835511871"
MARI = "urn:altinn:person:identifier-no:23916520557"
ANNE = "urn:altinn:person:identifier-no:01849933384"
BAKERY = "urn:altinn:organization:identifier-no:310001015"


class NotStarted(Exception):
    """The server did not become ready; the text holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Live:
    """A running server. `folder` holds its data, apps and log."""

    port: int
    folder: Path
    process: "subprocess.Popen[bytes]"
    keys: Keys = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def apps(self) -> Path:
        return self.folder / "apps"

    @property
    def has_template(self) -> bool:
        return (self.apps / "ttd" / "template-v8").is_dir()

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    @property
    def environment(self) -> dict[str, str]:
        """What commands need to talk to this server."""
        return {
            **_bare_environment(),
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "DIALOG_GRAPH_DATA": str(self.data),
            "DIALOG_GRAPH_APPS": str(self.apps),
        }

    def person(self, name: str = "kari", *, level: int | None = None, scope: str | None = None) -> str:
        """A person's token."""
        return self.issue(TokenRequest(key=name, level=level, scope=scope))

    def org(self, code: str = "ttd", *, scope: str | None = None) -> str:
        """A service owner's own token."""
        return self.issue(TokenRequest(key=code, scope=scope))

    def maskinporten(self, code: str = "ttd", *, scope: str | None = None) -> str:
        """A source token for the exchange."""
        return self.issue(TokenRequest(key=code, scope=scope, is_source=True))

    def issue(self, request: TokenRequest, age: int = 0) -> str:
        """A token made `age` seconds ago."""
        issued = dev_issuer.issue(self.keys, seed.built_in(), request, int(time.time()) - age)
        assert not isinstance(issued, Refusal), issued.message
        return issued


@contextmanager
def running(template: Path | None, **environment: str) -> Generator[Live]:
    """The server with the project's apps, and with the template app (as `ttd/template-v8`) where it is given.

    `environment`: settings of this server.
    """
    # Not pytest's own folder: started by root, the database runs as somebody else, who must be able to pass.
    folder = Path(tempfile.mkdtemp(prefix="dg-e2e-"))
    folder.chmod(0o711)
    try:
        _copy_apps(folder / "apps", template)
        (folder / "data").mkdir(mode=0o711)
        with (folder / "log").open("wb") as log:
            live = _started(folder, log.fileno(), environment)
            try:
                _wait_until_ready(live)
                yield live
            finally:
                _stop(live.process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_apps(apps: Path, template: Path | None) -> None:
    shutil.copytree(PROJECT / "apps", apps, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    if template is not None:
        shutil.copytree(template, apps / "ttd" / "template-v8")


def _started(folder: Path, log: int, settings: Mapping[str, str]) -> Live:
    port = _free_port()
    process = _spawn(folder, port, log, settings)
    return Live(port, folder, process, Keys(KeyFiles(folder / "data" / "keys", create=True)))


def _spawn(folder: Path, port: int, log: int, settings: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    environment = _bare_environment() | {"DIALOG_GRAPH_DATA": str(folder / "data")} | dict(settings)
    command = [sys.executable, "-m", "dialog_graph", "serve", "--port", str(port), "--apps", str(folder / "apps")]
    return subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )


def _bare_environment() -> dict[str, str]:
    """Ours, without settings of a server that the developer may have in the shell."""
    own = ("DIALOG_GRAPH_", "DATABASE_", "PORT", "PUBLIC_URL", "NATS_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _wait_until_ready(live: Live) -> None:
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end:
        if live.process.poll() is not None:
            break
        try:
            if httpx.get(f"{live.url}/health/ready", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise NotStarted(f"the server did not become ready (exit status {live.process.poll()}):\n{live.log[-4000:]}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
