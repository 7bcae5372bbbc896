"""What a running Postgres says of itself in `postmaster.pid`, and whether it answers."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from dialog_graph.storage.embedded.address import Address

FILE = "postmaster.pid"
_ANSWER_LIMIT = 1.0
# The lines of the file, counted from 0 (Postgres: miscadmin.h).
_PID, _PORT, _FOLDER, _STATUS = 0, 3, 4, 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """The lines we need. A killed server leaves the file behind, so alone it proves nothing."""

    pid: int
    address: Address
    ready: bool


def read(cluster: Path) -> Postmaster | None:
    """The file's content; None while it is missing or half written."""
    try:
        lines = os.fsdecode((cluster / FILE).read_bytes()).split("\n")
        return Postmaster(
            pid=int(lines[_PID]),
            address=Address(host=lines[_FOLDER], port=int(lines[_PORT])),
            ready=len(lines) > _STATUS and lines[_STATUS].strip() == "ready",
        )
    except (FileNotFoundError, ValueError, IndexError):
        return None


def answering(cluster: Path) -> Address | None:
    """The address of a server that says `ready` and takes a connection."""
    said = read(cluster)
    return said.address if said and said.ready and _connects(said.address) else None


def _connects(address: Address) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_ANSWER_LIMIT)
        try:
            connection.connect(os.path.join(address.host, socket_name(address.port)))
        except OSError:
            return False
    return True


def socket_name(port: int) -> str:
    """The name Postgres gives its socket."""
    return f".s.PGSQL.{port}"


def runs_cluster(pid: int, cluster: Path) -> bool:
    """Whether this process was started for this cluster: in another container the number may be anybody's."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(cluster) in words
