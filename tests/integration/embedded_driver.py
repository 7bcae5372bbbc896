"""One embedded launcher in a process of its own, for the tests that kill it.

Says one line of JSON when it is ready or has failed, then waits for a line on standard input: anything, or its end,
stops it. `--twin` puts a known defect in, which the tests must notice.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

from dialog_graph.storage.embedded import EmbeddedError, EmbeddedPostgres, binaries, launcher
from dialog_graph.storage.embedded.account import Account, spawn

_EMBEDDED = "dialog_graph.storage.embedded"
_popen = subprocess.Popen[bytes]


def say(**line: Any) -> None:
    print(json.dumps(line), flush=True)


def plain_c_locale() -> None:
    patch(f"{_EMBEDDED}.cluster._INITDB", ("--encoding=UTF8", "--locale=C", "--auth=trust", "-U", "postgres")).start()


def believes_pid_files() -> None:
    def nothing(path: Path, missing_ok: bool = False) -> None: ...

    patch("pathlib.Path.unlink", nothing).start()


def shares_our_session() -> None:
    def popen(*given: Any, **named: Any) -> subprocess.Popen[bytes]:
        return _popen(*given, **(named | {"start_new_session": False}))

    patch("subprocess.Popen", popen).start()


def keeps_the_lock_to_itself() -> None:
    def without(account: Account, command: Sequence[str], *, keep: Any, output: int) -> subprocess.Popen[bytes]:
        return spawn(account, command, output=output)

    patch(f"{_EMBEDDED}.cluster.spawn", without).start()


def believes_locks_only() -> None:
    patch(f"{_EMBEDDED}.postmaster.runs_cluster", return_value=False).start()


TWINS: dict[str, Callable[[], None]] = {
    twin.__name__: twin
    for twin in (plain_c_locale, believes_pid_files, shares_our_session, keeps_the_lock_to_itself, believes_locks_only)
}


def become(uid: int) -> None:
    """Drop root; whatever is imported later must have been read by now, as the interpreter may lie below /root."""
    binaries.find()
    traceback.format_exc()
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--limit", type=float, default=launcher.START_LIMIT)
    parser.add_argument("--packages", help="a folder to look for the binaries in")
    parser.add_argument("--watch", action="store_true")
    parser.add_argument("--durable", action="store_true")
    parser.add_argument("--twin", choices=TWINS)
    return parser.parse_args()


def main() -> int:
    given = arguments()
    patch(f"{_EMBEDDED}.launcher.START_LIMIT", given.limit).start()
    if given.packages:
        sys.path.insert(0, given.packages)
    if given.uid is not None:
        become(given.uid)
    if given.twin:
        TWINS[given.twin]()
    postgres = EmbeddedPostgres(
        given.data, durable=given.durable, report=lambda line: print(line, file=sys.stderr, flush=True)
    )
    try:
        address = postgres.start()
    except EmbeddedError as fault:
        say(error=str(fault))
        return 1
    if given.watch:
        postgres.watch()
    signal.signal(signal.SIGINT, take_note)
    say(host=address.host)
    sys.stdin.readline()
    postgres.stop()
    return 0


def take_note(signum: int, frame: FrameType | None) -> None:
    """As a server does that drains after Ctrl-C: it goes on until it is done."""
    say(interrupted=True)


if __name__ == "__main__":
    sys.exit(main())
