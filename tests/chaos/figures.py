"""What a run reports: faults by kind, operations, checks, violations, and after how many faults its twin was caught."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Figure:
    """The line of one invariant. `twins`: name of a twin -> faults until it was caught, None when it was not."""

    invariant: str
    faults: Counter[str] = field(default_factory=Counter[str])
    operations: int = 0
    checks: int = 0
    violations: list[str] = field(default_factory=list[str])
    twins: dict[str, int | None] = field(default_factory=dict[str, int | None])
    notes: list[str] = field(default_factory=list[str])

    @property
    def is_good(self) -> bool:
        """No violation, and every twin was caught."""
        return not self.violations and all(found is not None for found in self.twins.values())

    def check(self, found: Iterable[str], count: int = 1) -> bool:
        """Counts checks and takes in what they found; True when that is nothing."""
        problems = list(found)
        self.checks += count
        self.violations.extend(problems)
        return not problems

    def failure(self, replay: str) -> str:
        """What a test says when the figure is not good."""
        missed = [f"the twin was not caught: {twin}" for twin, found in self.twins.items() if found is None]
        return "\n".join([f"{self.invariant}: replay with {replay}", *missed, *self.violations[:20]])


def merged(figures: Sequence[Figure]) -> list[Figure]:
    """The figures of several rounds added up; of a twin the latest catch counts, and one miss is a miss."""
    found: dict[str, Figure] = {}
    for each in figures:
        total = found.setdefault(each.invariant, Figure(each.invariant))
        total.faults += each.faults
        total.operations += each.operations
        total.checks += each.checks
        total.violations += each.violations
        total.notes = each.notes
        for twin, caught in each.twins.items():
            before = total.twins.get(twin, 0)
            total.twins[twin] = None if caught is None or before is None else max(before, caught)
    return list(found.values())


def table(figures: Sequence[Figure]) -> str:
    """All figures, one line each."""
    lines = [f"{'invariant':<34}{'faults':>7}{'operations':>12}{'checks':>9}{'violations':>12}  twins"]
    for figure in figures:
        twins = ", ".join(
            f"{twin}: {'NOT CAUGHT' if found is None else f'caught after {found}'}"
            for twin, found in figure.twins.items()
        )
        lines.append(
            f"{figure.invariant:<34}{figure.faults.total():>7}{figure.operations:>12}{figure.checks:>9}"
            f"{len(figure.violations):>12}  {twins}"
        )
        kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(figure.faults.items()))
        lines.extend(f"    {text}" for text in (kinds, *figure.notes) if text)
    return "\n".join(lines)
