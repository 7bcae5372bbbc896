"""How far the clock of steps and claims is ahead of the database's: only tests move it (joins §1 rule 3)."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(slots=True)
class Clock:
    """`offset` is added to the database's time wherever it is read."""

    offset: timedelta = timedelta(0)

    def advance(self, by: timedelta) -> None:
        """Moves the clock on, or with a negative `by` back."""
        self.offset += by
