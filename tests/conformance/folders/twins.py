"""Loaders with one seeded defect each: the harness must catch every one of them, and name the folder."""

import time
from collections.abc import Callable
from typing import TypeAlias

from dialog_graph.apps import AppVersion, Files, load
from dialog_graph.model.diagnostic import Diags

Loader: TypeAlias = Callable[[Files, str], tuple[AppVersion | None, Diags]]

_PROCESS = "config/process/process.bpmn"


def _lets_one_through(files: Files, environment: str) -> tuple[AppVersion | None, Diags]:
    """A folder without a process is a KeyError."""
    _ = files.contents[_PROCESS]
    return load(files, environment)


def _hangs(files: Files, environment: str) -> tuple[AppVersion | None, Diags]:
    """A text file that is no UTF-8 is waited for."""
    try:
        for data in files.contents.values():
            data.decode()
    except UnicodeDecodeError:
        time.sleep(3_600)
    return load(files, environment)


def _eats(files: Files, environment: str) -> tuple[AppVersion | None, Diags]:
    """A megabyte for each file of a folder that has very many."""
    hoard = [bytearray(1 << 20) for _ in files.contents if len(files.contents) > 100]
    version, findings = load(files, environment)
    return (version if len(hoard) < 1 << 20 else None), findings


def _devours(files: Files, environment: str) -> tuple[AppVersion | None, Diags]:
    """Memory without end for a folder without a process."""
    hoard: list[bytes] = []
    while _PROCESS not in files.contents:
        hoard.append(bytes(64 << 20))
    return load(files, environment)


def _says_nothing(files: Files, environment: str) -> tuple[AppVersion | None, Diags]:
    """Errors are left out."""
    version, findings = load(files, environment)
    return version, tuple(item for item in findings if not item.is_error)


TWINS: dict[str, Loader] = {
    "raises": _lets_one_through,
    "hangs": _hangs,
    "eats": _eats,
    "devours": _devours,
    "silent": _says_nothing,
}
"""By name."""
