"""Installs the other engines at first use, each at its pinned version into a folder of its own below `.bench/`.

Versions and hashes stand in `peers/`; where the files come from is what `pip` and `npm` are set to on this machine. A
folder is named after its lock and takes its name when it is complete, so that a broken installation is made again.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dialog_graph.web.build import Node, find_node

ROOT = Path(__file__).resolve().parents[3]
SCRATCH = ROOT / ".bench"
LOCKS = Path(__file__).resolve().parent / "peers"
LIMIT = 300.0
"""Seconds an installation may take."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A peer that could not be installed, and why, in one line."""

    reason: str


@dataclass(frozen=True, slots=True)
class Command:
    """How the process of a candidate is started."""

    words: tuple[str, ...]
    path: str | None = None
    """What is added to Python's path."""


def ours() -> Command:
    """Our own candidate needs no installation."""
    return Command((sys.executable, "-m", "tests.benchmarks.interpreter.ours"))


def spiff() -> Command | Missing:
    """SpiffWorkflow; the one package that it needs is in our environment."""
    lock = LOCKS / "spiffworkflow.lock"
    options = ("--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--retries", "1")
    pip = (sys.executable, "-m", "pip", "install", *options, "--target", ".", "-r", str(lock))
    folder = _installed("spiffworkflow", (lock,), pip)
    if isinstance(folder, Missing):
        return folder
    return Command((sys.executable, "-m", "tests.benchmarks.interpreter.spiff"), path=str(folder))


def bpmn_engine() -> Command | Missing:
    """bpmn-engine, on the Node that also builds the pages."""
    node = find_node()
    if node is None:
        return Missing("there is no Node")
    files = tuple(LOCKS / name for name in ("package.json", "package-lock.json", ".npmrc"))
    folder = _installed("bpmn-engine", files, (*node.npm, "ci", "--prefer-offline"), node)
    if isinstance(folder, Missing):
        return folder
    program = Path(__file__).resolve().parent / "bpmn_engine.mjs"
    return Command((str(node.folder / "node"), str(program), str(folder)))


def _installed(name: str, locks: Sequence[Path], words: Sequence[str], node: Node | None = None) -> Path | Missing:
    folder = SCRATCH / f"{name}-{hashlib.sha256(b''.join(lock.read_bytes() for lock in locks)).hexdigest()[:12]}"
    if folder.is_dir():
        return folder
    new = folder.with_name(f".new-{folder.name}")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for lock in locks:
        shutil.copy(lock, new)
    failure = _failure(words, new, node)
    if failure:
        return Missing(failure)
    new.rename(folder)
    return folder


def _failure(words: Sequence[str], folder: Path, node: Node | None) -> str | None:
    path = os.environ.get("PATH", "")
    environment = {**os.environ, "PATH": f"{node.folder}{os.pathsep}{path}" if node else path}
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as failed:
        return str(failed)[:120]
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return (lines or [f"status {done.returncode}"])[-1][:120] if done.returncode else None
