"""What an instance waits for, as it follows from its state alone (process engine §14.2)."""

from dataclasses import dataclass
from enum import StrEnum


class WaitKind(StrEnum):
    """Which row stands for a wait."""

    TIMER = "timer"
    MESSAGE = "message"
    SIGNAL = "signal"
    JOB = "job"
    CALL = "call"


@dataclass(frozen=True, slots=True, order=True)
class Wait:
    """One open wait; owner and element name it in its instance."""

    owner: int
    element_id: str
    kind: WaitKind
