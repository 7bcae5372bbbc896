"""One cluster: make it, start it, adopt one that runs, stop it (rules 3, 6, 7, 8 and 10)."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dialog_graph.storage.embedded import binaries, locks, postmaster
from dialog_graph.storage.embedded.account import give_tree, spawn, who_creates
from dialog_graph.storage.embedded.address import PORT, SUPERUSER, Address
from dialog_graph.storage.embedded.faults import EmbeddedError, Patience
from dialog_graph.storage.embedded.logs import explained, start_log
from dialog_graph.storage.embedded.site import Site
from dialog_graph.storage.embedded.sockets import make_folder, remove_folder

_HALF = "initdb-"
# How long a cluster may take to end whose postmaster we cannot name: it was killed, or it runs in another container.
_UNKNOWN_LIMIT = 2.0
# Every Postgres that this process started and has not reaped: one may outlive its launcher, serving others.
_children: list[subprocess.Popen[bytes]] = []
# Never plain --locale=C: there æøå have no upper case and Norwegian search finds nothing. The built-in locale folds
# them, orders by code point and lets LIKE prefixes use the index.
_INITDB = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=trust",
    "--no-instructions",
    f"--username={SUPERUSER}",
)
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "wal_level": "replica",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_filename": "postgres-%u.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
}
"""Given as options at each start, so that no file of the cluster can change them."""

FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For clusters of tests that do not ask what a crash leaves."""


class Cluster:
    """The cluster of one site, as one process sees it."""

    def __init__(self, site: Site, durable: bool, report: Callable[[str], None]) -> None:
        """`durable=False` gives a cluster that a power cut may destroy; `report` is told what is done."""
        self._site = site
        self._durable = durable
        self._report = report
        self._child: subprocess.Popen[bytes] | None = None

    def lives(self) -> bool:
        """Whether any process of the cluster lives; reaps our child when it has ended.

        A free lock says no, unless somebody removed the lock file under a running server.
        """
        if self._child is not None:
            self._child.poll()
        return not locks.is_free(self._site.server_lock) or self._named() is not None

    def address(self) -> Address | None:
        """Where the cluster answers; another process may have started it, with another temp folder."""
        return postmaster.answering(self._site.cluster)

    def ensure(self, patience: Patience) -> Address:
        """Start the cluster or adopt the one that runs. Under `start.lock`; `EmbeddedError` when neither succeeds."""
        with explained(self._site):
            return self._ensure(patience)

    def _ensure(self, patience: Patience) -> Address:
        while True:
            with locks.tried(self._site.server_lock) as lock:
                if lock is not None and self._named() is None:
                    return self._start(lock, patience)
            address = self.address()
            if address is not None:
                return address
            if not patience.pause():
                raise EmbeddedError(
                    f"{self._site.data} is in use by a server that does not answer from here (another container or "
                    "machine?): stop that one, or set DIALOG_GRAPH_DATA to another folder"
                )

    def _start(self, lock: int, patience: Patience) -> Address:
        """Nothing of the cluster lives, and nothing can while we hold its lock."""
        site = self._site
        with start_log(site) as output:
            binaries.tidy(site.binaries, site.base)
            for half in site.base.glob(f"{_HALF}*"):
                shutil.rmtree(half)
            if not (site.cluster / "PG_VERSION").exists():
                self._create(lock, output, patience)
            _restore_rights(site)
            folder = self._clear()
            command = [str(site.binaries.program("postgres")), "-D", str(site.cluster), *self._options(folder)]
            child = spawn(site.account, command, keep=[lock], output=output)
            _remember(child)
            self._child = child
            return self._ready(child, patience)

    def _create(self, lock: int, output: int, patience: Patience) -> None:
        """Beside, then renamed: a cluster that has its name is whole. initdb inherits the lock, should we die."""
        site = self._site
        self._report(f"making the database in {site.cluster}")
        maker = who_creates(site.account)
        half = Path(tempfile.mkdtemp(prefix=_HALF, dir=site.base))
        give_tree(half, maker)
        sync = () if self._durable else ("--no-sync",)
        command = [str(site.binaries.program("initdb")), "-D", str(half), *_INITDB, *sync]
        _finish(spawn(maker, command, keep=[lock], output=output), patience)
        give_tree(half, site.account)
        half.rename(site.cluster)
        if self._durable:
            _sync(site.base)

    def _clear(self) -> Path:
        """Remove what a dead server left, as the pids in it may now be anybody's; the folder for the socket."""
        site = self._site
        died = postmaster.read(site.cluster)
        folder = make_folder(site.cluster, site.account, died.address.host if died else None)
        name = postmaster.socket_name(PORT)
        for left in (site.cluster / postmaster.FILE, folder / name, folder / f"{name}.lock"):
            left.unlink(missing_ok=True)
        return folder

    def _options(self, folder: Path) -> list[str]:
        quoted = str(folder).replace('"', '""')
        settings = SETTINGS | ({} if self._durable else FORGETFUL) | {"unix_socket_directories": f'"{quoted}"'}
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _ready(self, child: subprocess.Popen[bytes], patience: Patience) -> Address:
        while True:
            said = postmaster.read(self._site.cluster)
            if said is not None and said.ready and said.pid == child.pid:
                return said.address
            if child.poll() is not None:
                raise EmbeddedError(f"Postgres ended at start with exit code {child.returncode}")
            if not patience.pause():
                raise EmbeddedError(
                    f"Postgres (process {child.pid}) was not ready in time; it goes on, perhaps with its recovery, "
                    "and the next start takes it over"
                )

    def stop(self, patience: Patience) -> None:
        """End the cluster and wait until nothing of it lives. Under `start.lock`, when nobody else uses it."""
        said = postmaster.read(self._site.cluster)
        pid = self._pid()
        if pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGINT)
        waiting = patience if pid is not None else Patience(_UNKNOWN_LIMIT)
        while self.lives():
            if not waiting.pause():
                raise EmbeddedError(f"Postgres in {self._site.cluster} did not stop; its process is {pid or 'unknown'}")
        if self._child is not None:
            self._child.wait()
        if said is not None:
            remove_folder(Path(said.address.host))

    def _pid(self) -> int | None:
        """The process to ask: our own child, else the one that the cluster names."""
        if self._child is not None and self._child.poll() is None:
            return self._child.pid
        return self._named()

    def _named(self) -> int | None:
        """The process in `postmaster.pid`, if it was started for this cluster and is not merely a reused number."""
        said = postmaster.read(self._site.cluster)
        return said.pid if said and postmaster.runs_cluster(said.pid, self._site.cluster) else None


def _remember(child: subprocess.Popen[bytes]) -> None:
    _children[:] = [*(other for other in _children if other.poll() is None), child]


def _finish(creator: subprocess.Popen[bytes], patience: Patience) -> None:
    """Wait for initdb; whatever ends the wait ends it too, with the programs it started."""
    try:
        while creator.poll() is None:
            if not patience.pause():
                raise EmbeddedError("initdb did not end in time")
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(creator.pid, signal.SIGKILL)
        creator.wait()
        raise
    if creator.returncode != 0:
        raise EmbeddedError(f"initdb ended with exit code {creator.returncode}")


def _restore_rights(site: Site) -> None:
    """Undo `chmod -R` and `chown -R`: Postgres refuses a cluster that others may enter or that is not its user's."""
    if site.cluster.lstat().st_uid == 0 and not site.cluster.is_symlink():
        give_tree(site.cluster, site.account)
    cluster = os.open(site.cluster, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if os.fstat(cluster).st_uid == site.account.uid:
            os.fchmod(cluster, 0o700)
    finally:
        os.close(cluster)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
