"""The table: what was done, the goal, what was measured, and whether the goal is reached."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.rounds import Measured, Spread

NOT_MEASURED = (
    ("inbox page against PostGraphile 5", "≥ 2.5× requests/s, ≥ 3× less CPU"),
    ("inbox page against a hand-written route", "≥ 0.95×"),
    ("instance against PostGraphile 5 / a hand-written route", "≥ 4× / ≥ 0.9×"),
    ("page of parties with 10, 10 k, 1 M dialogs, and depth", "≤ 1.3×"),
    ("search, rare and common words", "≤ 3× of listing"),
    ("one event → 5 000 WebSocket subscribers", "≤ 1.1× CPU, p99 ≤ 100 ms"),
    ("commit → subscriber", "p50 ≤ 3 ms, p99 ≤ 20 ms"),
    ("webhook dispatch against httpx alone", "≥ 0.7×"),
    ("two server processes against one", "≥ 1.8× on ≥ 4 cores"),
)
"""Goals of the performance rules that this version of the benchmarks does not measure."""


_FIGURE = "    "
"""Begins a line of figures."""


def figure(text: str) -> "Row":
    """A line of figures below a row."""
    return Row(f"{_FIGURE}{text}")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    work: str
    goal: str = ""
    measured: str = ""
    verdict: str = ""


def ratio(work: str, found: Spread, goal: float | None = None) -> Row:
    """A ratio, with its verdict where there is a goal."""
    measured = f"{found.median:.2f}× ({found.low:.2f}–{found.high:.2f})"
    if goal is None:
        return Row(work, "", measured)
    return Row(work, f"≥ {goal:g}×", measured, "reached" if found.median >= goal else "NOT REACHED")


def at_most(work: str, found: Spread, goal: float) -> Row:
    """Seconds that should stay below a limit."""
    measured = f"{found.median:.2f} s ({found.low:.2f}–{found.high:.2f})"
    return Row(work, f"≤ {goal:g} s", measured, "reached" if found.median <= goal else "NOT REACHED")


def seconds(work: str, found: Spread) -> Row:
    """Seconds without a goal."""
    return Row(work, "", f"{found.median:.2f} s ({found.low:.2f}–{found.high:.2f})")


def microseconds(work: str, found: Spread) -> Row:
    """Time per call."""
    return Row(work, "", f"{found.median:.2f} µs ({found.low:.2f}–{found.high:.2f})")


def figures(measured: Measured, unit: str = "requests/s") -> list[Row]:
    """A line per candidate: rate, processor time, latency."""
    return [_figures(measured, name, unit) for name in measured.samples]


def _figures(measured: Measured, name: str, unit: str) -> Row:
    rate, latency = measured.of(name, "rate"), measured.of(name, "latency")
    server, postgres = measured.of(name, "server_cpu"), measured.of(name, "postgres_cpu")
    return Row(
        f"{_FIGURE}{name:<8}",
        "",
        f"{rate.median:.0f} {unit} ({rate.low:.0f}–{rate.high:.0f}), CPU {server.median + postgres.median:.2f} ms"
        f" (server {server.median:.2f} + Postgres {postgres.median:.2f}), {latency.median:.1f} ms each",
    )


def table(rows: Sequence[Row]) -> str:
    """The rows under their headings, in columns; figures stand below their row, across the columns."""
    lines = [("work", "goal", "measured", ""), *((row.work, row.goal, row.measured, row.verdict) for row in rows)]
    plain = [line for line in lines if not line[0].startswith(_FIGURE)]
    widths = [max(len(line[place]) for line in plain) for place in range(3)]
    texts = [_line(line, widths) for line in lines]
    return "\n".join([texts[0], "-" * (sum(widths) + 18), *texts[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    if cells[0].startswith(_FIGURE):
        return f"{cells[0]}  {cells[2]}".rstrip()
    columns = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
    return "  ".join([*columns, cells[3]]).rstrip()


def not_measured() -> list[Row]:
    """The goals that nobody looked at in this run."""
    return [Row(work, goal, "not measured in this version") for work, goal in NOT_MEASURED]


def machine(postgres: str) -> Iterable[str]:
    """What the figures were measured on."""
    cores = len(os.sched_getaffinity(0))
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    yield f"{_processor()}, {cores} cores, {platform.system()} {platform.release()}, load before the run {load}"
    yield (
        f"Python {platform.python_version()}, {postgres}, Strawberry {version('strawberry-graphql')},"
        f" SQLModel {version('sqlmodel')}, uvicorn {version('uvicorn')}"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
