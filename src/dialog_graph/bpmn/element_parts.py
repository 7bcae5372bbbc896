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


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDefinition:
    """`code`: of an error or escalation (where it has none, its id), None = catches every one.

    `target`: number of the catch event that a link leads to, of the one activity that a throw compensates.
    """

    type: EventType
    code: str | None = None
    target: int | None = None
