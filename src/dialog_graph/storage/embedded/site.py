"""Where a cluster lives, and as whom it runs (rules 1 and 5)."""

import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from dialog_graph.storage.embedded import locks
from dialog_graph.storage.embedded.account import Account, can_reach, give, is_root, who_creates, who_serves
from dialog_graph.storage.embedded.binaries import Binaries, copied
from dialog_graph.storage.embedded.faults import EmbeddedError

AWAY = Path("/var/lib/dialog-graph")
"""Where root keeps the cluster of a folder that its user cannot reach."""

_LINK = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """All that does not change while a server runs: `data` is what the user named, `base` the folder of the cluster."""

    data: Path
    base: Path
    account: Account
    binaries: Binaries

    @property
    def cluster(self) -> Path:
        """The cluster's folder, named for its major version."""
        return self.base / f"pg{self.binaries.major}"

    @property
    def server_lock(self) -> Path:
        """Beside the cluster, so that two data folders that name one cluster (a copied clone) cannot both start it."""
        return self.base / locks.SERVER

    @property
    def start_log(self) -> Path:
        """What initdb and Postgres say before the log collector runs."""
        return self.data / "start.log"


def refuse_other_major(data: Path, major: str) -> None:
    """Refuse a folder with a cluster of another major, under whatever name; nothing has been touched yet."""
    for file in (*data.glob("pg*/PG_VERSION"), *data.glob(f"{_LINK}/pg*/PG_VERSION")):
        found = _text(file)
        if found not in (None, major):
            raise EmbeddedError(
                f"{file.parent} holds a database of Postgres {found}, but this release runs Postgres {major}. "
                "Nothing was changed. Either dump it with the previous release, restore the dump here and run "
                "'dialog-graph migrate --rebase-feed', or set DIALOG_GRAPH_DATA to another folder"
            )


def _text(file: Path) -> str | None:
    try:
        return file.read_text("utf-8", errors="replace").strip()
    except OSError:
        return None


def make_data_folder(data: Path) -> None:
    """Make the folder, and those above that are missing, as their owner would have; set its mode if it is ours."""
    if "\n" in str(data):
        raise EmbeddedError("DIALOG_GRAPH_DATA holds a line break, which Postgres cannot handle: name another folder")
    missing = [folder for folder in (data, *data.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700 if folder == data else 0o755, exist_ok=True)
        give(folder, folder.parent)
    if _is_ours(data):
        # Postgres runs as somebody else than root and must pass; keys and blobs below keep their own mode.
        data.chmod(0o711 if is_root() else 0o700)


def _is_ours(data: Path) -> bool:
    found = data.stat()
    shared = bool(found.st_mode & stat.S_ISVTX)
    may = is_root() or found.st_uid == os.geteuid()
    return may and not shared and ((data / locks.LAUNCHER).exists() or not any(data.iterdir()))


def settle(data: Path, installed: Binaries) -> Site:
    """Decide where the cluster lives and who runs it; makes what root needs for that. Under `start.lock`."""
    name = f"pg{installed.major}"
    base = _away(data) or data
    runs = who_serves(base / name, data, data.parent)
    _refuse_foreign(base / name, runs)
    users = {runs, who_creates(runs)}
    if base == data and not all(can_reach(user, [("-x", data)]) for user in users):
        _refuse_unreachable(data / name, runs)
        base = _make_away(data)
    reached = all(can_reach(user, installed.probes()) for user in users)
    return Site(data=data, base=base, account=runs, binaries=installed if reached else copied(installed, base))


def _refuse_foreign(cluster: Path, runs: Account) -> None:
    if runs.is_us and cluster.exists() and cluster.stat().st_uid != runs.uid:
        owner = Account(uid=cluster.stat().st_uid, gid=0)
        raise EmbeddedError(
            f"{cluster} belongs to {owner}, but the server runs as {runs}: start it as {owner} or as root, "
            "or set DIALOG_GRAPH_DATA to another folder"
        )


def _refuse_unreachable(cluster: Path, runs: Account) -> None:
    if cluster.exists():
        raise EmbeddedError(
            f"{cluster} is run by {runs}, who can no longer enter a folder above it: give that user the right to "
            "enter (chmod o+x), or move the data folder to a place that all may enter"
        )


def _away(data: Path) -> Path | None:
    link = data / _LINK
    if not link.is_symlink():
        return None
    base = Path(os.readlink(link))
    if base.parent != AWAY or not re.fullmatch("[0-9a-f]{12}", base.name) or base.is_symlink() or not base.is_dir():
        raise EmbeddedError(
            f"{link} says that the database is in {base}, but it is not there: put the folder back, "
            "or remove the link to begin with an empty database"
        )
    return base


def _make_away(data: Path) -> Path:
    AWAY.mkdir(mode=0o755, parents=True, exist_ok=True)
    base = AWAY / secrets.token_hex(6)
    base.mkdir(mode=0o711)
    for folder in (AWAY, base):
        folder.chmod(0o711)
    (data / _LINK).symlink_to(base)
    give(data / _LINK, data)
    return base
