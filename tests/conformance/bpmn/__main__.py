"""`python -m tests.conformance.bpmn`: the invariants of the interpreter on as many random paths as wanted.

Draws models, goes random paths through them in the interpreter and in a slow second one (`oracle`), checks every
invariant after every command, and hunts interpreters and oracles with one seeded defect each. `--paths`, `--seed`;
`--texts`: spoiled BPMN texts that the reader must survive; `--model`: only this model of the seed, as a fault names
it; `--jobs`: processes. Exit status 1 when anything was wrong.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from tests.conformance.bpmn.campaign import PATHS_PER_MODEL, Figures, campaign, everyone, hunt, named
from tests.conformance.bpmn.spoiled import drawn_texts, read_spoiled

SHARE = 1_000
"""Paths, or texts, that one process is given at a time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    paths: int
    seed: int
    texts: int
    jobs: int
    model: int | None


def _wanted(arguments: Sequence[str]) -> Wanted:
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance.bpmn", description="Invariants of the interpreter."
    )
    parser.add_argument("--paths", type=int, default=5_000, help="paths in all (default 5000)")
    parser.add_argument("--seed", type=int, default=1, help="seed (default 1)")
    parser.add_argument("--texts", type=int, default=10_000, help="spoiled texts (default 10000)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)")
    parser.add_argument("--model", type=int, help="only this model")
    given = parser.parse_args(arguments)
    return Wanted(given.paths, given.seed, given.texts, given.jobs, given.model)


def _campaign(seed: int, share: int) -> Figures:
    return campaign(seed, share * SHARE, SHARE)


def _spoiled(seed: int, share: int) -> Counter[str]:
    first = (seed * 1_000 + share) * SHARE
    return read_spoiled(drawn_texts(), range(first, first + SHARE))


def _hunt(number: int, seed: int) -> Figures:
    twin = [*everyone()][number]
    return Figures(twins={named(twin): hunt(twin, seed)})


def _all(wanted: Wanted) -> tuple[Figures, Counter[str]]:
    figures, texts = Figures(), Counter[str]()
    with ProcessPoolExecutor(wanted.jobs) as pool:
        paths = [pool.submit(_campaign, wanted.seed, share) for share in range(-(-wanted.paths // SHARE))]
        hunts = [pool.submit(_hunt, number, wanted.seed) for number in range(len([*everyone()]))]
        spoiled = [pool.submit(_spoiled, wanted.seed, share) for share in range(-(-wanted.texts // SHARE))]
        for found in (*paths, *hunts):
            figures.add(found.result())
        for read in spoiled:
            texts += read.result()
    return figures, texts


def main() -> int:
    """0 when every invariant holds and every twin is caught."""
    wanted = _wanted(sys.argv[1:])
    begun = time.perf_counter()
    if wanted.model is not None:
        figures, texts = campaign(wanted.seed, wanted.model, PATHS_PER_MODEL), Counter[str]()
    else:
        figures, texts = _all(wanted)
    print(f"seed {wanted.seed}, {time.perf_counter() - begun:.0f} s\n{figures.table()}")
    print(f"spoiled texts: {dict(texts)}")
    return 0 if figures.is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
