"""The room between the layers: a track for every vertical part of a flow, and so the places of the layers.

Parts that begin at the same point share a track. The order of the tracks is the one with the fewest crossings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TypeAlias

Key: TypeAlias = tuple[object, ...]

TRACK = 12.0
_BESIDE, _ARROW = 10.0, 16.0
_APART = 6.0
_MANY = 60


@dataclass(slots=True, eq=False)
class Run:
    """A vertical part. `left`, `right`: heights at which flows come to it from either side."""

    left: set[float] = field(default_factory=set[float])
    right: set[float] = field(default_factory=set[float])
    track: int = 0
    x: float = 0.0

    @property
    def top(self) -> float:
        """The upper end."""
        return min(self.left | self.right)

    @property
    def bottom(self) -> float:
        """The lower end."""
        return max(self.left | self.right)


@dataclass(slots=True, eq=False)
class Channel:
    """The room left of a layer, or right of the last one. `runs`: by what begins them."""

    runs: dict[Key, Run] = field(default_factory=dict[Key, Run])
    width: float = 0.0

    def run(self, key: Key, left: Sequence[float] = (), right: Sequence[float] = ()) -> None:
        """Adds ends to the run with this key."""
        run = self.runs.setdefault(key, Run())
        run.left.update(left)
        run.right.update(right)

    def arrange(self, least: float) -> None:
        """Gives every run its track, and the channel its width, at least this."""
        runs = [run for run in self.runs.values() if run.bottom > run.top]
        (_pack if len(runs) > _MANY else _set_tracks)(runs)
        tracks = max((run.track + 1 for run in runs), default=0)
        self.width = max(least, _BESIDE + tracks * TRACK + _ARROW) if tracks else least

    def place(self, x: float) -> None:
        """Puts the runs where they are when the channel begins here."""
        tracks = max((run.track + 1 for run in self.runs.values()), default=0)
        spare = self.width - _BESIDE - _ARROW - tracks * TRACK
        for run in self.runs.values():
            run.x = x + _BESIDE + max(spare, 0) / 2 + (run.track + 0.5) * TRACK


def _set_tracks(runs: list[Run]) -> None:
    """Each run goes where it adds the fewest crossings to the runs before it, the shortest first."""
    placed: list[Run] = []
    for run in sorted(runs, key=lambda run: (run.bottom - run.top, run.top, run.bottom)):
        total = sum(_cost(run, other) for other in placed)
        costs = [total]
        for other in placed:
            total += _cost(other, run) - _cost(run, other)
            costs.append(total)
        placed.insert(costs.index(min(costs)), run)
    for number, run in enumerate(placed):
        run.track = max((other.track + 1 for other in placed[:number] if _overlap(run, other)), default=0)


def _overlap(one: Run, other: Run) -> bool:
    return one.top < other.bottom + _APART and other.top < one.bottom + _APART


def _pack(runs: list[Run]) -> None:
    """Fills the tracks from top to bottom, without regard to crossings."""
    free: list[tuple[float, int]] = []
    for run in sorted(runs, key=lambda run: (run.top, run.bottom)):
        if free and free[0][0] <= run.top - _APART:
            run.track = heappop(free)[1]
        else:
            run.track = len(free)
        heappush(free, (run.bottom, run.track))


def _cost(left: Run, right: Run) -> int:
    """Crossings of two runs when the first is left of the second; flows that would cover each other count most."""
    crossings = sum(right.top < y < right.bottom for y in left.right) + sum(
        left.top < y < left.bottom for y in right.left
    )
    return crossings + 20 * sum(abs(one - other) < _APART for one in left.right for other in right.left)
