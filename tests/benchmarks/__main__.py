"""`make bench`: measures the product against its goals and prints one table.

How to read it. Every comparison runs its candidates in turn, several rounds, in one run: `ours` is `dialog-graph serve`
with authentication, authorization and row security on; `stock` is the same graph written with Strawberry, SQLModel and
DataLoader on the same tables; `pgbench` runs the writes of a step as one statement, without a server. A figure is the
median of the rounds, in parentheses the lowest and the highest. Ratios are taken round by round, so that what disturbs
the machine disturbs both sides; they count, the absolute figures depend on the machine. CPU is the processor time of
the server and of all Postgres processes per request, from /proc; the client's is not in it, but it shares the machine.
Before timing, the answers of all candidates must be equal; while timing, every answer is checked. A benchmark that
answers wrongly fails the run (exit status 1); a slow one only says NOT REACHED.

Options: `--dialogs`, `--seed`, `--seconds` per candidate and round, `--rounds`, `--only inbox|instance|advance|start|
micro|apps|interpreter` (may be repeated).
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from tests.benchmarks import apps, candidates, micro, reading, report, starting, writing
from tests.benchmarks.failures import BenchmarkFailed
from tests.benchmarks.house import OTHER_READER, READER, House, open_house, reader_id
from tests.benchmarks.interpreter import comparison
from tests.benchmarks.population import Plan
from tests.benchmarks.processes import Server
from tests.benchmarks.reading import Budget
from tests.benchmarks.report import Row
from tests.benchmarks.rounds import Measured

PARTS = ("inbox", "instance", "advance", "start", "micro", "apps", "interpreter")
SERVED = frozenset({"inbox", "instance", "advance"})
"""Parts that need the population and the servers."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    dialogs: int
    seed: int
    budget: Budget
    parts: frozenset[str]


def _wanted(arguments: Sequence[str]) -> Wanted:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Benchmarks of dialog-graph.")
    parser.add_argument("--dialogs", type=int, default=20_000, help="dialogs in all (default 20000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the data (default 1)")
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds per candidate and round (default 2)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; may be repeated")
    given = parser.parse_args(arguments)
    if given.dialogs < 1000 or given.seconds <= 0 or given.rounds < 1:
        parser.error("expected at least 1000 dialogs, one round, and seconds above 0")
    return Wanted(given.dialogs, given.seed, Budget(given.rounds, given.seconds), frozenset(given.only or PARTS))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@asynccontextmanager
async def _house(wanted: Wanted) -> AsyncGenerator[tuple[House, tuple[Server, Server]]]:
    pools = writing.pools(wanted.budget) if "advance" in wanted.parts else {}
    plan = Plan(
        dialogs=wanted.dialogs,
        seed=wanted.seed,
        reader=reader_id(READER),
        other_reader=reader_id(OTHER_READER),
        pools=pools,
    )
    _say(f"making {wanted.dialogs} dialogs and {sum(pools.values())} instances to advance (seed {wanted.seed})")
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(plan))
        _say(f"made in {house.seconds_to_populate:.1f} s; starting the servers")
        own = stack.enter_context(candidates.ours(house.settings.data))
        yield house, (own, stack.enter_context(candidates.stock(house)))


async def _served(wanted: Wanted) -> tuple[list[Row], list[str]]:
    rows: list[Row] = []
    async with _house(wanted) as (house, servers):
        facts = [*report.machine(await house.connection.fetchval("select split_part(version(), ' on ', 1)"))]
        facts.append(
            f"{wanted.dialogs} dialogs, {len(house.parties)} parties, the largest with {house.large[0].dialogs}"
        )
        if "inbox" in wanted.parts:
            for size in (50, 100):
                _say(f"inbox page of {size}")
                measured = await reading.inbox(house, servers, size, wanted.budget)
                rows += _against_stock(f"inbox page of {size} dialogs", measured, 20)
        if "instance" in wanted.parts:
            _say("instance with nested lists")
            rows += _against_stock(
                "instance with nested lists", await reading.instance(house, servers, wanted.budget), 60
            )
        if "advance" in wanted.parts:
            _say("advanceProcess, 16 clients")
            rows += await _advance(house, servers, wanted.budget)
    return rows, facts


def _against_stock(work: str, measured: Measured, goal: float) -> list[Row]:
    less = measured.ratio(candidates.STOCK, candidates.OURS, "cpu")
    return [
        report.ratio(f"{work}: requests/s against stock", measured.ratio(candidates.OURS, candidates.STOCK), goal),
        report.ratio(f"{work}: CPU of stock against ours", less),
        *report.figures(measured),
    ]


async def _advance(house: House, servers: Sequence[Server], budget: Budget) -> list[Row]:
    measured, missing = await writing.advance(house, servers, budget)
    work = "advanceProcess data → confirmation, 16 clients"
    rows = [report.ratio(f"{work}: against an ORM session", measured.ratio(candidates.OURS, candidates.STOCK), 6)]
    if missing:
        rows.append(Row(f"{work}: against pgbench", "≥ 0.5×", missing))
    else:
        rows.append(report.ratio(f"{work}: against pgbench", measured.ratio(candidates.OURS, "pgbench"), 0.5))
    return [*rows, report.figure(f"rows written (changed + new): {house.step.summary()}"), *report.figures(measured)]


def _start() -> list[Row]:
    _say("time to ready")
    cold, warm = starting.times()
    return [
        report.seconds("serve: time to ready, empty data folder", cold),
        report.at_most("serve: time to ready, installed", warm, 3),
    ]


def _micro() -> list[Row]:
    _say("pure parts")
    return [report.microseconds(name, found) for name, found in micro.rows().items()]


def _apps() -> list[Row]:
    _say("apps")
    return apps.rows()


def _interpreter() -> list[Row]:
    _say("interpreter against other engines (installed at first use)")
    return comparison.rows()


def main() -> int:
    """Runs what is wanted; 0 unless a benchmark failed."""
    wanted = _wanted(sys.argv[1:])
    rows: list[Row] = []
    facts = list(report.machine("Postgres: embedded"))
    try:
        if wanted.parts & SERVED:
            rows, facts = asyncio.run(_served(wanted))
        if "start" in wanted.parts:
            rows += _start()
        if "micro" in wanted.parts:
            rows += _micro()
        if "apps" in wanted.parts:
            rows += _apps()
        if "interpreter" in wanted.parts:
            rows += _interpreter()
    except BenchmarkFailed as failed:
        print(f"FAILED: {failed}", file=sys.stderr)
        return 1
    print("\n".join([*facts, "", report.table([*rows, *report.not_measured()])]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
