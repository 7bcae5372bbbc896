"""`python -m tests.conformance.folders --count 10000 --seed 1`: damaged app folders, and the table of what came out.

`--only NUMBER` repeats one folder of the seed in this process; `--keep DIR` writes its files there. Exit status 1 when
anything but findings came out, or a bound was broken.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dialog_graph.apps import load
from tests.conformance.folders import use
from tests.conformance.folders.harness import Plan, Report, Run
from tests.conformance.folders.originals import originals
from tests.conformance.folders.twins import TWINS
from tests.conformance.folders.worker import Result, damaged, tried


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.folders", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="folders")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--only", type=int, default=None, help="this folder of the seed alone")
    parser.add_argument("--keep", type=Path, default=None, help="with --only: writes its files there")
    parser.add_argument("--twin", choices=sorted(TWINS), default="", help="a broken loader, to see it caught")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Runs, prints, and gives the exit status."""
    given = arguments(words)
    if given.only is not None:
        return one(given.seed, given.only, given.keep)
    plan = Plan(seed=given.seed, count=given.count, workers=given.workers, twin=given.twin)
    bounds = plan.bounds
    print(f"{len(originals())} apps: {', '.join(originals())}")
    print(f"bounds of a folder: {bounds.cpu:g} s CPU, {bounds.memory >> 20} MiB, {bounds.wall:g} s", flush=True)
    results: list[Result] = []
    for result in Run(plan).results():
        results.append(result)
        if result.outcome == "fault":
            print(f"FAULT in folder {result.number}: --seed {plan.seed} --only {result.number}", flush=True)
        if len(results) % 500 == 0:
            print(f"{len(results)} of {plan.count}", flush=True)
    report = Report(plan, results)
    print(report.text())
    return 1 if report.faults else 0


def one(seed: int, number: int, keep: Path | None) -> int:
    """One folder, with all that is known of it."""
    name, files, kinds = damaged(seed, number)
    if keep is not None:
        use.write(files, keep)
    print(f"{name}: {', '.join(kinds)}", flush=True)
    result = tried(seed, number, load)
    for item in load(files, "development")[1] if result.outcome != "fault" else ():
        print(f"  {item.file}:{item.line} {item.code} {item.message}")
    print(f"{result.outcome}: {result.load_cpu:.2f} s to load, {result.cpu:.2f} s in all\n{result.fault}")
    return 1 if result.outcome == "fault" else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
