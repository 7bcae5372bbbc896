"""Interleaved rounds: every candidate works once per round, so that what disturbs the machine disturbs all of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.processes import cpu_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One round of one candidate. `rate`: per second; CPU: milliseconds per request; `latency`: median, ms."""

    rate: float
    server_cpu: float
    postgres_cpu: float
    latency: float

    @property
    def cpu(self) -> float:
        """Server and Postgres together."""
        return self.server_cpu + self.postgres_cpu


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Median, smallest and largest of what the rounds gave."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """The three numbers of a series."""
    return Spread(median=median(values), low=min(values), high=max(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who does the work. `work`: one round; tells how many requests, in how many seconds, median latency."""

    name: str
    work: Callable[[], Awaitable[tuple[int, float, float]]]
    server_pid: int | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """The rounds of one comparison, by candidate."""

    samples: Mapping[str, Sequence[Sample]]

    def of(self, name: str, member: str) -> Spread:
        """Spread of one member of `Sample`."""
        return spread([getattr(sample, member) for sample in self.samples[name]])

    def ratio(self, name: str, reference: str, member: str = "rate") -> Spread:
        """How much larger a member is than the reference's, round by round."""
        pairs = zip(self.samples[name], self.samples[reference], strict=True)
        return spread([getattr(own, member) / max(getattr(other, member), 1e-9) for own, other in pairs])


async def interleaved(candidates: Sequence[Candidate], rounds: int, postmaster: int) -> Measured:
    """Runs the candidates in turn, `rounds` times; every other round in the opposite order."""
    samples: dict[str, list[Sample]] = {candidate.name: [] for candidate in candidates}
    for number in range(rounds):
        for candidate in candidates if number % 2 == 0 else tuple(reversed(candidates)):
            samples[candidate.name].append(await _sample(candidate, postmaster))
    return Measured(samples)


async def _sample(candidate: Candidate, postmaster: int) -> Sample:
    before = _used(candidate.server_pid), cpu_seconds(postmaster)
    count, seconds, latency = await candidate.work()
    server, postgres = _used(candidate.server_pid) - before[0], cpu_seconds(postmaster) - before[1]
    return Sample(
        rate=count / seconds,
        server_cpu=1000 * server / count,
        postgres_cpu=1000 * postgres / count,
        latency=1000 * latency,
    )


def _used(pid: int | None) -> float:
    return 0.0 if pid is None else cpu_seconds(pid)
