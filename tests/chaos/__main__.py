"""`python -m tests.chaos --minutes 10 --seed 1 [--only A1,A4]`: the fault runs, and the table of what they found.

Rounds of a fixed size are repeated with the next seed until the time is over, so a round can be replayed by its seed
alone. A round of the waits has a thousand instances, or as many as `--instances` says; none of them is begun after the
minutes. Exit status 1 when an invariant was broken or a twin was not caught.
"""

import argparse
import asyncio
import logging
import secrets
import sys
import time
from collections.abc import Sequence

from tests.chaos import parts, site
from tests.chaos.figures import Figure, merged, table
from tests.chaos.waits.run import LARGE

ENDLESS = 86_400.0
"""Seconds, where no time was given."""


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.0, help="rounds begin until then; 0: one round")
    parser.add_argument("--seed", type=int, default=None, help="of the first round; else a random one")
    parser.add_argument("--only", default="", help=f"invariants, with commas, of {', '.join(parts.known())}")
    parser.add_argument("--instances", type=int, default=LARGE, help="in a round of the waits")
    given = parser.parse_args(words)
    unknown = parts.wanted(given.only) - set(parts.known())
    if unknown:
        parser.error(f"expected some of {', '.join(parts.known())}, but got {', '.join(sorted(unknown))}")
    return given


def command(seed: int, given: argparse.Namespace) -> str:
    """What repeats a round."""
    only = f" --only {given.only}" if given.only else ""
    instances = f" --instances {given.instances}" if given.instances != LARGE else ""
    return f"python -m tests.chaos --seed {seed}{only}{instances}"


async def rounds(seed: int, given: argparse.Namespace) -> list[Figure]:
    """All rounds that begin in time, added up by invariant."""
    seconds = given.minutes * 60
    end = time.monotonic() + seconds
    chosen = [parts.sized(part, given.instances, seconds or ENDLESS) for part in parts.chosen(given.only)]
    found: list[Figure] = []
    async with site.opened() as place:
        while True:
            print(f"round: {command(seed, given)}", flush=True)
            for part in chosen:
                figure = await part.run(place, seed)
                found.append(figure)
                print(f"  {figure.invariant}: {'good' if figure.is_good else 'BROKEN'}", flush=True)
            if time.monotonic() >= end or not all(figure.is_good for figure in found):
                return merged(found)
            seed += 1


def main(words: Sequence[str]) -> int:
    """Runs, prints, and gives the exit status."""
    given = arguments(words)
    logging.disable()  # refusals by the thousand; what is wrong is in the table
    seed = secrets.randbelow(1 << 31) if given.seed is None else given.seed
    figures = asyncio.run(rounds(seed, given))
    print(table(figures))
    for figure in figures:
        if not figure.is_good:
            print(figure.failure("the seed of the round above"))
    return 0 if all(figure.is_good for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
