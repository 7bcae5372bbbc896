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
    COMPENSATION = "compensation"
    CANCEL = "cancel"
    TIMER = "timer"
    MESSAGE = "message"
    SIGNAL = "signal"
    CONDITIONAL = "conditional"


AWAITED = frozenset({EventType.TIMER, EventType.MESSAGE, EventType.SIGNAL, EventType.CONDITIONAL})
"""What comes from outside of the token's own scope, so that something has to wait for it."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as written, stripped, and its line."""

    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardLoop:
    """Round after round while `condition` is exactly true, at most `maximum` times; one of the two is given."""

    condition: Expression | None = None
    maximum: int | None = None
    test_before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiInstance:
    """One instance per item of `collection`, or `cardinality` of them; `completion` ends all early.

    `output`: the expression of what an instance gives; `output_collection`: the name of the list of them.
    """

    sequential: bool = False
    collection: Expression | None = None
    cardinality: Expression | None = None
    completion: Expression | None = None
    output: Expression | None = None
    output_collection: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdHoc:
    """`sequential`: one activity at a time. `completion`: asked after each; `cancel_remaining`: what it then does."""

    sequential: bool = False
    completion: Expression | None = None
    cancel_remaining: bool = True


class TimerKind(StrEnum):
    """Which of its three elements tells when a timer is due."""

    DATE = "date"
    DURATION = "duration"
    CYCLE = "cycle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """When a timer is due: a text of ISO 8601, or an expression that gives one.

    `catch_up`: after a standstill a cycle fires once for every round that was missed, else once for all of them.
    `before`: a duration by which it comes earlier (a reminder of a deadline).
    """

    kind: TimerKind
    text: str
    line: int
    catch_up: bool = False
    before: str | None = None

    @property
    def expression(self) -> Expression | None:
        """The expression, where it is one."""
        return Expression(self.text, self.line) if self.text.startswith("[") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReference:
    """A message that is sent or waited for. `key`: gives its correlation key; `ttl`: how long it may wait."""

    name: str
    key: Expression | None = None
    ttl: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDefinition:
    """`code`: of an error or escalation (where it has none, its id), None = catches every one.

    `target`: number of the catch event that a link leads to, of the one activity that a throw compensates.
    `action`: of the deadline of a task, what ends the task. `party`: whose instance a start event of the process makes.
    """

    type: EventType
    code: str | None = None
    target: int | None = None
    timer: Timer | None = None
    signal: str | None = None
    condition: Expression | None = None
    action: str | None = None
    party: Expression | None = None
