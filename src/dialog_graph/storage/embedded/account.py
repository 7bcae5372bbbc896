"""As whom Postgres runs, and whose the files are (rules 4 and 5).

Postgres refuses to run as root. Started by root it runs as the one whose folder it serves, so that `sudo make serve`
in somebody's clone leaves the clone usable for its owner. Nothing here changes a folder that is not ours.
"""

import os
import pwd
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_NOBODY = 65534
_REACHES = 'while [ $# -gt 0 ]; do test "$1" "$2" || exit 1; shift 2; done'


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user and its primary group, by number."""

    uid: int
    gid: int

    @property
    def is_us(self) -> bool:
        """Whether this process already runs as this user."""
        return self.uid == os.geteuid()

    @property
    def has_name(self) -> bool:
        """Whether the machine knows a name for the number; for a folder mounted into a container it often does not."""
        return _entry(self.uid) is not None

    def __str__(self) -> str:
        """The name, else the number."""
        entry = _entry(self.uid)
        return entry.pw_name if entry else f"uid {self.uid}"


def _entry(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def is_root() -> bool:
    """Whether this process may, and must, run Postgres as somebody else."""
    return os.geteuid() == 0


def nobody() -> Account:
    """The user without rights, who serves folders that belong to root."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Account(uid=_NOBODY, gid=_NOBODY)
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def who_serves(*folders: Path) -> Account:
    """Ourselves; as root the owner of the first folder that is there and not root's, else nobody."""
    if not is_root():
        return Account(uid=os.geteuid(), gid=os.getegid())
    owners = (_owner(folder) for folder in folders if folder.exists())
    return next((owner for owner in owners if owner.uid != 0), nobody())


def _owner(folder: Path) -> Account:
    uid = folder.stat().st_uid
    entry = _entry(uid)
    return Account(uid=uid, gid=entry.pw_gid if entry else uid)


def who_creates(account: Account) -> Account:
    """Who may run initdb for this account: initdb, unlike Postgres, refuses a user without a name."""
    return account if account.has_name or not is_root() else nobody()


def can_reach(account: Account, probes: Iterable[tuple[str, Path]]) -> bool:
    """Ask as that user, so that every folder on the way counts; a probe is a flag of `test` and a path."""
    if account.is_us:
        return True
    words = [word for flag, path in probes for word in (flag, str(path))]
    with spawn(account, ["/bin/sh", "-c", _REACHES, "sh", *words]) as asked:
        return asked.wait() == 0


def spawn(
    account: Account, command: Sequence[str], *, keep: Sequence[int] = (), output: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start a program as this user, deaf to our terminal and our environment; it inherits the descriptors `keep`."""
    other = not account.is_us
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/"},
        umask=0o077,
        # Else Ctrl-C in the terminal stops the database before the server has drained.
        start_new_session=True,
        pass_fds=keep,
        user=account.uid if other else None,
        group=account.gid if other else None,
        # Without an empty list root's own groups stay.
        extra_groups=[] if other else None,
    )


def give(path: Path | int, folder: Path) -> None:
    """What root made in a folder becomes the folder owner's; a descriptor or a path, whose link is not followed."""
    if not is_root():
        return
    owner = folder.stat()
    if isinstance(path, int):
        os.fchown(path, owner.st_uid, owner.st_gid)
    else:
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def give_tree(top: Path, account: Account) -> None:
    """A folder and all below it become the account's."""
    if not is_root():
        return
    for folder, _, files in os.walk(top):
        for path in (folder, *(os.path.join(folder, file) for file in files)):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
