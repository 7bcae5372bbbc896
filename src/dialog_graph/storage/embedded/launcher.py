"""The embedded Postgres as one process of the product uses it: start, watch, stop (rules 6 to 9)."""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from dialog_graph.storage.embedded import binaries, locks
from dialog_graph.storage.embedded.address import Address
from dialog_graph.storage.embedded.cluster import Cluster
from dialog_graph.storage.embedded.faults import EmbeddedError, Patience
from dialog_graph.storage.embedded.site import make_data_folder, refuse_other_major, settle

START_LIMIT = 60.0
"""Seconds a start may take, and a stop."""

LOOK_EVERY = 0.5
"""Seconds between two looks at the server; after a failed healing ten times as long."""

_log = logging.getLogger(__name__)


class EmbeddedPostgres:
    """The cluster of a data folder, shared with every other process that names the folder.

    The first one starts it, the next ones adopt it, the last one out stops it. All methods are for one thread and
    block: the server calls them before and after its event loop.
    """

    def __init__(self, data: Path, *, durable: bool = True, report: Callable[[str], None] = _log.info) -> None:
        """Name the data folder; nothing is touched before `start`.

        `durable=False` turns fsync and its kin off, for clusters of tests. `report` gets a line for what takes time
        or went wrong, also from the watching thread.
        """
        self._data = Path(os.path.realpath(data))
        self._durable = durable
        self._report = report
        self._ended = threading.Event()
        self._watcher: threading.Thread | None = None
        self._share: int | None = None
        self._cluster: Cluster | None = None
        self._address: Address | None = None

    @property
    def address(self) -> Address:
        """Where the cluster is now: the same after a restart, unless somebody took its temp folder away."""
        if self._address is None:
            raise EmbeddedError("the embedded Postgres has not been started")
        return self._address

    def start(self) -> Address:
        """Start or adopt the cluster, within 60 s; `EmbeddedError` says what is wrong and what to do."""
        if self._address is not None:
            return self._address
        self._ended.clear()
        try:
            self._address = self._begin(Patience(START_LIMIT, self._ended))
        except EmbeddedError:
            self._leave()
            raise
        except OSError as fault:
            self._leave()
            raise EmbeddedError(
                f"Postgres cannot be started in {self._data}: {fault}. Put that right, set DIALOG_GRAPH_DATA to "
                "another folder, or set DATABASE_URL to a Postgres server"
            ) from fault
        except BaseException:
            # Ctrl-C in the middle: what we started would otherwise stay behind.
            self.stop()
            raise
        return self._address

    def _begin(self, patience: Patience) -> Address:
        installed = binaries.find()
        refuse_other_major(self._data, installed.major)
        make_data_folder(self._data)
        with locks.held(self._data / locks.START, patience):
            self._share = locks.opened(self._data / locks.LAUNCHER)
            # Refused only while the last one out stops the cluster, which it does under start.lock.
            locks.taken(self._share, shared=True)
            self._cluster = Cluster(settle(self._data, installed), self._durable, self._report)
            return self._cluster.ensure(patience)

    def watch(self) -> None:
        """Start the thread that brings the cluster back when it died (rule 9); once."""
        cluster = self._cluster
        if cluster is None:
            raise EmbeddedError("the embedded Postgres has not been started")
        if self._watcher is None:
            self._watcher = threading.Thread(
                target=self._keep_alive, args=(cluster,), name="embedded-postgres", daemon=True
            )
            self._watcher.start()

    def _keep_alive(self, cluster: Cluster) -> None:
        told = ""
        pause = LOOK_EVERY
        while not self._ended.wait(pause):
            try:
                self._look(cluster)
                told, pause = "", LOOK_EVERY
            except (EmbeddedError, OSError) as fault:
                if str(fault) != told and not self._ended.is_set():
                    self._report(f"Postgres cannot be brought back yet: {fault}")
                told, pause = str(fault), 10 * LOOK_EVERY

    def _look(self, cluster: Cluster) -> None:
        if cluster.lives():
            self._address = cluster.address() or self._address
            return
        patience = Patience(START_LIMIT, self._ended)
        with locks.held(self._data / locks.START, patience):
            self._address = cluster.ensure(patience)
        self._report("Postgres had died and was brought back")

    def stop(self) -> None:
        """Leave; the last one out stops the cluster. Never raises: what goes wrong is reported."""
        self._ended.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        if self._cluster is not None:
            try:
                self._stop_if_last(self._cluster)
            except (EmbeddedError, OSError) as fault:
                self._report(f"Postgres may still be running: {fault}")
        self._leave()

    def _stop_if_last(self, cluster: Cluster) -> None:
        patience = Patience(START_LIMIT)
        with locks.held(self._data / locks.START, patience):
            if self._share is not None and locks.taken(self._share):
                cluster.stop(patience)
            # Before start.lock is given up: the next one must find the lock free.
            self._leave()

    def _leave(self) -> None:
        share, self._share = self._share, None
        if share is not None:
            locks.given_up(share)
        self._cluster = None
        self._address = None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave it."""
        self.stop()
