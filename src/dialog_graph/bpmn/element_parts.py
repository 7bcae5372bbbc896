"""What an element may have besides its place in the graph: an event definition, a loop, rules of an ad-hoc subprocess.

Texts of expressions are kept as written; whoever evaluates them knows them by the keys of `Definition.expressions`.
"""

from dataclasses import dataclass
from enum import StrEnum


class EventType(StrEnum):
    """What makes an event more than a none event; members are those that this version executes."""

    ERROR = "error"
    ESCALATION = "escalation"
    TERMINATE = "terminate"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDefinition:
    """`code`: of an error or escalation (where it has none, its id), None = catches every one.

    `target`: number of the catch event that a link leads to.
    """

    type: EventType
    code: str | None = None
    target: int | None = None
