"""Damages folders and loads them, one after the other, in a process of its own that may be ended at any time.

`python -m tests.conformance.folders.worker SEED FIRST STEP COUNT [TWIN]` writes one line of JSON before each folder
(`{"begin": number}`) and one after it (a `Result`). The process has little room: memory without bound ends it.
"""

import json
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from dialog_graph.apps import Files, load
from tests.conformance.folders import use
from tests.conformance.folders.mutations import mutated
from tests.conformance.folders.originals import originals
from tests.conformance.folders.twins import TWINS, Loader

ROOM = 2 << 30
"""Bytes of address space of one process."""

LINTED = 8
"""Every so many folders is also written to disk and linted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one folder. `outcome`: `version`, `refused` or `fault`; `cpu`: seconds of this process for loading
    and using; `memory`: bytes by which it grew at most; `fault`: what should not have been."""

    number: int
    app: str
    kinds: Sequence[str]
    outcome: str
    cpu: float
    load_cpu: float
    memory: int
    codes: Sequence[str] = ()
    fault: str = ""


def damaged(seed: int, number: int) -> tuple[str, Files, tuple[str, ...]]:
    """The folder of a number: the app's name, its files, what was done to them."""
    random = Random(f"{seed}:{number}")
    apps = originals()
    name, other = random.choice(sorted(apps)), random.choice(sorted(apps))
    contents, kinds = mutated(random, apps[name].contents, apps[other].contents)
    return name, Files(contents=contents, place=apps[name].place), kinds


def tried(seed: int, number: int, loader: Loader) -> Result:
    """Loads one folder, uses what came of it, and measures both."""
    name, files, kinds = damaged(seed, number)
    start = _forget_the_peak()
    begun = time.process_time()
    loaded, codes, fault = begun, tuple[str, ...](), ""
    outcome = "fault"
    try:
        version, findings = loader(files, "development")
        loaded = time.process_time()
        codes = tuple(sorted({item.code for item in findings}))
        fault = use.wrong_with(version, findings) or use.archived(files) or ""
        if version is not None:
            use.serve(version)
        if number % LINTED == 0:
            _lint(files)
        outcome = "fault" if fault else "refused" if version is None else "version"
    except Exception:
        fault = traceback.format_exc()
    cpu, load_cpu, memory = time.process_time() - begun, loaded - begun, max(0, _peak() - start)
    return Result(
        number=number, app=name, kinds=kinds, outcome=outcome, cpu=cpu, load_cpu=load_cpu, memory=memory,
        codes=codes, fault=fault,
    )  # fmt: skip


def _lint(files: Files) -> None:
    folder = Path(tempfile.mkdtemp(prefix="dg-folder-"))
    try:
        use.write(files, folder)
        use.lint(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _forget_the_peak() -> int:
    """Sets the largest size of this process back to the present one, and gives it. Without /proc: nothing to set."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return _peak()
    return _peak()


def _peak() -> int:
    """Largest resident size of this process in bytes, since it was last set back."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main(words: list[str]) -> int:
    """Works through the numbers `first`, `first + step` … below `count`."""
    seed, first, step, count = (int(word) for word in words[:4])
    loader: Loader = TWINS[words[4]] if len(words) > 4 else load
    resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
    for number in range(first, count, step):
        print(json.dumps({"begin": number}), flush=True)
        print(json.dumps(asdict(tried(seed, number, loader))), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
