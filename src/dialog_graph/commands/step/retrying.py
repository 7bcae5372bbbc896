"""When a failed attempt is made again, and when it is given up (process engine §9). Pure: chance is given."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dialog_graph.bpmn import TaskConfig
from dialog_graph.bpmn.durations import after, parse_duration
from dialog_graph.bpmn.task_config import Retry, Wait

JITTER = 0.2
MAX_WAIT = timedelta(days=14)
"""Longest budget for deferrals, whatever the app says."""


def lasting(text: str, now: datetime) -> timedelta | None:
    """How long an ISO duration lasts that begins now; None for what is none."""
    duration = parse_duration(text)
    end = None if duration is None else after(now, duration, 1, UTC)
    return None if end is None else end - now


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`budget`: how long a task may defer in all; `max_attempts`: failures after which it is given up, None: any."""

    base: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=5)
    give_up_after: timedelta = timedelta(days=1)
    budget: timedelta = timedelta(days=1)
    max_attempts: int | None = None

    @staticmethod
    def of(config: TaskConfig | None, now: datetime) -> "Schedule":
        """What a task says; a duration that cannot be read counts as the usual one."""
        usual = Schedule()
        retry = (config and config.retry) or Retry()
        wait = (config and config.wait) or Wait()
        most = retry.max_attempts
        return Schedule(
            base=lasting(retry.base, now) or usual.base,
            longest=lasting(retry.max, now) or usual.longest,
            give_up_after=lasting(retry.give_up_after, now) or usual.give_up_after,
            budget=min(lasting(wait.budget, now) or usual.budget, MAX_WAIT),
            max_attempts=int(most) if most is not None and most.isdecimal() else None,
        )

    def delay(self, failures: int, chance: float) -> timedelta:
        """Until the next attempt after so many failures: doubled each time up to the longest, and up to a fifth more
        or less. `chance`: 0 to 1."""
        doubled = self.base * 2 ** min(failures - 1, 40) if failures <= 40 else self.longest
        return min(doubled, self.longest) * (1 + JITTER * (2 * chance - 1))

    def next_attempt(self, created_at: datetime, failures: int, now: datetime, chance: float) -> datetime | None:
        """When to try again, None when it is to be given up."""
        if self.max_attempts is not None and failures >= self.max_attempts:
            return None
        at = now + self.delay(failures, chance)
        return at if at <= created_at + self.give_up_after else None
