"""Runs workers over very many damaged folders, watches each of them, and adds up what came out.

Every folder has a bound of time and memory. A worker that does not answer is ended, one that died is told, both with
the number of the folder; another goes on behind it. `python -m tests.conformance.folders --only NUMBER` repeats one.
"""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from tests.conformance.folders.worker import Result

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one folder may take: processor seconds, bytes by which the process grows, seconds on the clock.

    `start`: seconds on the clock until a worker begins.
    """

    cpu: float = 10.0
    memory: int = 512 << 20
    wall: float = 120.0
    start: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run. `twin`: name of a broken loader, "" for the real one."""

    seed: int
    count: int
    workers: int = 2
    twin: str = ""
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(slots=True)
class _Worker:
    """A process and where it is. `at`: number of its folder, -1 between two."""

    process: "subprocess.Popen[str]"
    place: int
    next: int
    at: int = -1
    since: float = 0.0
    errors: list[str] = field(default_factory=list[str])


class Run:
    """Works through a plan; `results` gives them as they come."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.lines: Queue[tuple[_Worker, str | None]] = Queue()
        self.started: list[_Worker] = []
        self.workers: list[_Worker] = []

    def results(self) -> Iterator[Result]:
        """One for each folder, in no order. Ends all processes, also when the caller leaves early."""
        try:
            for place in range(self.plan.workers):
                self._start(place, place)
            while self.workers:
                yield from self._next()
        finally:
            for worker in self.started:
                _end(worker.process)

    def _start(self, place: int, first: int) -> None:
        if first >= self.plan.count:
            return
        numbers = [str(number) for number in (self.plan.seed, first, self.plan.workers, self.plan.count)]
        twin = [self.plan.twin] if self.plan.twin else []
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.conformance.folders.worker", *numbers, *twin],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        worker = _Worker(process, place, first, since=time.monotonic())
        self.started.append(worker)
        self.workers.append(worker)
        threading.Thread(target=self._listen, args=(worker,), daemon=True).start()
        threading.Thread(target=_keep_errors, args=(worker,), daemon=True).start()

    def _listen(self, worker: _Worker) -> None:
        for line in worker.process.stdout or ():
            self.lines.put((worker, line))
        self.lines.put((worker, None))

    def _next(self) -> Iterator[Result]:
        try:
            worker, line = self.lines.get(timeout=0.2)
        except Empty:
            yield from self._overdue()
            return
        if worker not in self.workers:
            return
        if line is None:
            yield from self._ended(worker)
            return
        told: dict[str, Any] = json.loads(line)
        worker.since = time.monotonic()
        if "begin" in told:
            worker.at = told["begin"]
        else:
            worker.at, worker.next = -1, told["number"] + self.plan.workers
            yield self._bounded(Result(**told))
        yield from self._overdue()

    def _bounded(self, result: Result) -> Result:
        bounds, fault = self.plan.bounds, result.fault
        if not fault and result.cpu > bounds.cpu:
            fault = f"expected at most {bounds.cpu} s of processor time, but it took {result.cpu:.1f} s"
        if not fault and result.memory > bounds.memory:
            fault = f"expected at most {bounds.memory >> 20} MiB, but the process grew by {result.memory >> 20} MiB"
        return replace(result, outcome="fault", fault=fault) if fault else result

    def _overdue(self) -> Iterator[Result]:
        for worker in list(self.workers):
            patience = self.plan.bounds.start if worker.at < 0 else self.plan.bounds.wall
            if time.monotonic() - worker.since > patience:
                worker.process.kill()
                yield from self._lost(worker, f"expected an answer within {patience:g} s, but it hung")

    def _ended(self, worker: _Worker) -> Iterator[Result]:
        code = worker.process.wait()
        if code == 0 and worker.at < 0:
            self.workers.remove(worker)
        else:
            yield from self._lost(worker, f"the process ended with {code}: {''.join(worker.errors[-12:])}")

    def _lost(self, worker: _Worker, fault: str) -> Iterator[Result]:
        """The folder that a worker was at, and another worker behind it."""
        self.workers.remove(worker)
        number = worker.at if worker.at >= 0 else worker.next
        self._start(worker.place, number + self.plan.workers)
        yield Result(number=number, app="?", kinds=(), outcome="fault", cpu=0, load_cpu=0, memory=0, fault=fault)


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _keep_errors(worker: _Worker) -> None:
    worker.errors.extend(worker.process.stderr or ())


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a run."""

    plan: Plan
    results: Sequence[Result]

    @property
    def faults(self) -> list[Result]:
        """What should not have been, by number."""
        return sorted(
            (result for result in self.results if result.outcome == "fault"), key=lambda result: result.number
        )

    def outcomes(self) -> Counter[str]:
        """Number of folders by outcome."""
        return Counter(result.outcome for result in self.results)

    def kinds(self) -> dict[str, Counter[str]]:
        """Outcomes by kind of damage; a folder counts for each kind that it has."""
        found: dict[str, Counter[str]] = {}
        for result in self.results:
            for kind in set(result.kinds):
                found.setdefault(kind, Counter())[result.outcome] += 1
        return dict(sorted(found.items()))

    def codes(self) -> Counter[str]:
        """Number of folders by code of their findings."""
        return Counter(code for result in self.results for code in result.codes)

    def text(self) -> str:
        """The table that the command prints."""
        outcomes = self.outcomes()
        lines = [f"{'damage':<34}{'folders':>8}{'version':>9}{'refused':>9}{'fault':>7}"]
        for kind, counts in self.kinds().items():
            lines.append(_line(kind, counts))
        lines += [_line("all", outcomes), ""]
        lines += [f"{len(self.codes())} codes: " + ", ".join(f"{code} {n}" for code, n in sorted(self.codes().items()))]
        lines += [f"slowest to load: {_named(each)}" for each in _largest(self.results, "load_cpu")]
        lines += [f"slowest in all: {_named(each)}" for each in _largest(self.results, "cpu")]
        lines += [f"largest: {_named(each)}" for each in _largest(self.results, "memory")]
        lines += [f"FAULT {_named(each)}\n{each.fault}" for each in self.faults]
        return "\n".join(lines)


def run(plan: Plan) -> Report:
    """A whole run."""
    return Report(plan, list(Run(plan).results()))


def _line(name: str, counts: Counter[str]) -> str:
    return f"{name:<34}{counts.total():>8}{counts['version']:>9}{counts['refused']:>9}{counts['fault']:>7}"


def _largest(results: Sequence[Result], member: str) -> list[Result]:
    return sorted(results, key=lambda result: float(getattr(result, member)), reverse=True)[:3]


def _named(result: Result) -> str:
    return (
        f"{result.load_cpu:.2f} s to load, {result.cpu:.2f} s in all, {result.memory / (1 << 20):.0f} MiB:"
        f" folder {result.number} ({result.app}; {', '.join(result.kinds)})"
    )
