"""Node and the locked packages of this folder, for tests that drive the server with public clients and audits."""

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from dialog_graph.web.build import find_node

FOLDER = Path(__file__).resolve().parent


@cache
def _ready() -> tuple[Path | None, str]:
    """Folder of a Node with the packages in place, or the reason why there is none."""
    found = find_node()
    if found is None:
        return None, "no Node of a supported version"
    if not _is_installed():
        path = f"{found.folder}{os.pathsep}{os.environ.get('PATH', '')}"
        outcome = subprocess.run(
            [*found.npm, "ci"],
            cwd=FOLDER,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        if outcome.returncode:
            return None, f"npm ci failed: {outcome.stderr.strip()[-300:]}"
    return found.folder, ""


def _is_installed() -> bool:
    """True when the packages are those of the lock: npm leaves a copy of it beside them."""
    installed = FOLDER / "node_modules" / ".package-lock.json"
    return installed.is_file() and installed.stat().st_mtime >= (FOLDER / "package-lock.json").stat().st_mtime


def node() -> str:
    """Path of Node; skips the test with the reason when the packages cannot be had."""
    folder, reason = _ready()
    if folder is None:
        pytest.skip(reason)
    return str(folder / "node")


def run(script: str, *arguments: str) -> str:
    """Standard output of a script of this folder."""
    outcome = subprocess.run(
        [node(), script, *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout
