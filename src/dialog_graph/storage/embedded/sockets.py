"""The folder of the socket: short, nobody's but Postgres's own (rule 2).

Connections over the socket need no password; that is safe only because nobody else may enter the folder.
"""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from dialog_graph.storage.embedded.account import Account, can_reach, is_root
from dialog_graph.storage.embedded.faults import EmbeddedError

_PREFIX = "dg-"
_LONGEST_TEMP = 60
_FALLBACK = Path("/tmp")


def make_folder(cluster: Path, owner: Account, former: str | None) -> Path:
    """Make and check the folder. `former` is where a server that died had it: others have that place in hand."""
    digest = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]
    name = f"{_PREFIX}{owner.uid}-{digest}"
    if former and Path(former).name == name and _fault(Path(former), owner) is None:
        return Path(former)
    folder = _temp(owner) / name
    _make(folder, owner)
    fault = _fault(folder, owner)
    if fault:
        raise EmbeddedError(f"expected the socket folder {folder} to be {owner}'s own, but {fault}: remove it")
    folder.chmod(0o700)
    return folder


def remove_folder(folder: Path) -> None:
    """Take away the empty folder of a server that has stopped."""
    if folder.name.startswith(_PREFIX):
        with suppress(OSError):
            folder.rmdir()


def _temp(owner: Account) -> Path:
    folder = Path(tempfile.gettempdir())
    fits = len(os.fsencode(folder)) < _LONGEST_TEMP and "\n" not in str(folder)
    return folder if fits and can_reach(owner, [("-x", folder)]) else _FALLBACK


def _make(folder: Path, owner: Account) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if is_root() and folder.lstat().st_uid == 0:
        os.chown(folder, owner.uid, owner.gid, follow_symlinks=False)


def _fault(folder: Path, owner: Account) -> str | None:
    try:
        found = folder.lstat()
    except OSError as fault:
        return fault.strerror or "it cannot be seen"
    if not stat.S_ISDIR(found.st_mode):
        return "it is no folder"
    return None if found.st_uid == owner.uid else f"it belongs to {Account(uid=found.st_uid, gid=0)}"
