"""Runs the works in all engines, in turn, and makes the rows of the table."""

import json
import os
import subprocess
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.benchmarks.failures import BenchmarkFailed
from tests.benchmarks.interpreter import peers
from tests.benchmarks.interpreter.models import BPMN_ENGINE, DIAGNOSED, LONGER, OURS, SPIFF, WORKS, Work, outcome, text
from tests.benchmarks.interpreter.ours import stored_bytes
from tests.benchmarks.interpreter.peers import ROOT, Command, Missing
from tests.benchmarks.report import Row, figure, ratio
from tests.benchmarks.rounds import Spread, spread

ROUNDS = 7
SECONDS = 0.2
"""Length of one round of one work in one engine, at least one run."""

GOALS: Mapping[str, float] = {SPIFF: 5, BPMN_ENGINE: 20}
PER_ROUND_GOAL = 1.2
"""What a loop round may cost among a thousand, as a multiple of what it costs among a hundred."""

STATE_GOAL = 600


@dataclass(frozen=True, slots=True)
class Engine:
    """A candidate in its process."""

    name: str
    child: subprocess.Popen[str]

    def do(self, work: Work, count: int) -> float:
        """Seconds per run; fails when the outcome is not the one that the model has."""
        asked = {"do": work.do, "model": text(work.model, self.name), "limit": work.limit, "count": count}
        line = self._asked(json.dumps(asked) + "\n")
        if not line:
            raise BenchmarkFailed(f"{self.name} has ended during {work.name}")
        return checked(self.name, work, json.loads(line)) / count

    def _asked(self, line: str) -> str:
        assert self.child.stdin is not None, "the child reads from a pipe"
        assert self.child.stdout is not None, "the child writes to a pipe"
        try:
            self.child.stdin.write(line)
            self.child.stdin.flush()
        except BrokenPipeError:
            return ""
        return self.child.stdout.readline()


def checked(name: str, work: Work, answer: Mapping[str, object]) -> float:
    """The seconds of an answer whose outcome is right."""
    seconds, found, wanted = answer["seconds"], answer["outcome"], outcome(work)
    if found != wanted or not isinstance(seconds, float):
        raise BenchmarkFailed(f"{name}, {work.name}: expected {wanted}, but it came to {found}")
    return seconds


@contextmanager
def started(name: str, command: Command) -> Generator[Engine]:
    """The process of a candidate, until the block ends."""
    path = os.pathsep.join(part for part in (command.path, os.environ.get("PYTHONPATH")) if part)
    child = subprocess.Popen(
        command.words,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Engine(name, child)
    finally:
        try:
            child.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()


def rows() -> list[Row]:
    """The part `interpreter` of the table."""
    commands: dict[str, Command | Missing] = {
        OURS: peers.ours(),
        SPIFF: peers.spiff(),
        BPMN_ENGINE: peers.bpmn_engine(),
    }
    missing = {name: command.reason for name, command in commands.items() if isinstance(command, Missing)}
    with ExitStack() as stack:
        engines = [
            stack.enter_context(started(name, command))
            for name, command in commands.items()
            if isinstance(command, Command)
        ]
        for engine in engines:
            for work in (*WORKS, LONGER[engine.name]):
                engine.do(work, 1)
        found = [row for work in WORKS for row in _compared(work, measured(engines, work), missing)]
        return [*found, *_diagnosed(engines), *_per_round(engines), *_state()]


def measured(engines: Sequence[Engine], work: Work, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds per run, engine by engine; the engines take turns, every other round in the opposite order."""
    counts = {engine.name: _calibrated(engine, work) for engine in engines}
    seconds: dict[str, list[float]] = {engine.name: [] for engine in engines}
    for number in range(rounds):
        for engine in engines if number % 2 == 0 else reversed(engines):
            seconds[engine.name].append(engine.do(work, counts[engine.name]))
    return seconds


def _calibrated(engine: Engine, work: Work) -> int:
    """How many runs fill a round; this also warms the engine up."""
    count, once = 1, engine.do(work, 1)
    while once * count < SECONDS and count < 1 << 16:
        count = max(count * 2, round(SECONDS / once / 4))
        once = engine.do(work, count)
    return max(1, round(SECONDS / once))


def _compared(work: Work, seconds: Mapping[str, Sequence[float]], missing: Mapping[str, str]) -> Iterator[Row]:
    for peer, goal in GOALS.items():
        about = f"interpreter, {work.name}: against {peer}"
        if peer in missing:
            yield Row(about, f"≥ {goal:g}×", f"{peer} could not be installed: {missing[peer]}")
        else:
            yield ratio(about, _times(seconds[peer], seconds[OURS]), goal)
    for name, values in seconds.items():
        each = spread([1e6 * value for value in values])
        yield figure(f"{name:<13} {each.median:.0f} µs ({each.low:.0f}–{each.high:.0f})")


def _diagnosed(engines: Sequence[Engine]) -> Iterator[Row]:
    """What compiling costs where every finding is wanted."""
    for engine in (engine for engine in engines if engine.name == OURS):
        for work in DIAGNOSED:
            each = spread([1e6 * value for value in measured([engine], work)[OURS]])
            yield figure(f"{OURS:<13} {each.median:.0f} µs ({each.low:.0f}–{each.high:.0f}), {work.name}")


def _times(one: Sequence[float], other: Sequence[float]) -> Spread:
    return spread([first / second for first, second in zip(one, other, strict=True)])


def _per_round(engines: Sequence[Engine]) -> Iterator[Row]:
    """What a round of the loop costs when there are many, against what it costs when there are a hundred."""
    short = WORKS[-1]
    for engine in engines:
        long = LONGER[engine.name]
        few, many = list[float](), list[float]()
        for _ in range(ROUNDS if engine.name == OURS else 2):
            few.append(engine.do(short, 1) / short.limit)
            many.append(engine.do(long, 1) / long.limit)
        found = _times(many, few)
        if engine.name == OURS:
            yield _at_most(f"interpreter, cost of a round: {long.name} against 100", found)
        else:
            yield figure(f"{engine.name:<13} {found.median:.2f}× ({long.name} against 100)")


def _at_most(work: str, found: Spread) -> Row:
    verdict = "reached" if found.median <= PER_ROUND_GOAL else "NOT REACHED"
    return Row(work, f"≤ {PER_ROUND_GOAL:g}×", f"{found.median:.2f}× ({found.low:.2f}–{found.high:.2f})", verdict)


def _state() -> Iterator[Row]:
    for name, size in stored_bytes().items():
        verdict = "reached" if size <= STATE_GOAL else "NOT REACHED"
        yield Row(f"interpreter, stored state of ten tasks {name}, five done", "≤ 600 B", f"{size} B", verdict)
