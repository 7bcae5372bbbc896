"""What can be proved about the conditions of a gateway from their text alone, for warnings only.

Understood are `["equals", a, b]` and `["notEquals", a, b]` of one expression and one literal, and `["not", …]` of
them; everything else proves nothing. Evaluation is another layer's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import orjson

from dialog_graph.errors import Refusal
from dialog_graph.model import strict_json
from dialog_graph.model.json_value import Json

_MAX_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Comparison:
    """`subject` (canonical JSON of an expression) is, or with `negated` is not, the literal (canonical JSON)."""

    subject: str
    literal: str
    negated: bool = False


GATEWAY_ACTION = '["gatewayAction"]'
"""Subject of a condition on the gatewayAction."""


def _canonical(value: Json) -> str:
    return orjson.dumps(value).decode()


def _compared(value: Json) -> Comparison | None:
    match value:
        case ["not", inner]:
            found = _compared(inner)
            return replace(found, negated=not found.negated) if found else None
        case ["equals" | "notEquals" as name, first, second] if isinstance(first, list) != isinstance(second, list):
            subject, literal = (first, second) if isinstance(first, list) else (second, first)
            return Comparison(_canonical(subject), _canonical(literal), name == "notEquals")
        case _:
            return None


def comparison(text: str) -> Comparison | None:
    """What a condition compares, if it is of an understood form."""
    value = strict_json.parse(text.encode(), max_bytes=_MAX_BYTES)
    if isinstance(value, Refusal):
        return None
    try:
        return _compared(value)
    except (TypeError, ValueError, RecursionError):
        return None


def _exclude(one: Comparison, other: Comparison) -> bool:
    if one.subject != other.subject:
        return False
    if one.negated != other.negated:
        return one.literal == other.literal
    return not one.negated and one.literal.strip('"').casefold() != other.literal.strip('"').casefold()


def are_disjoint(conditions: Sequence[Comparison | None]) -> bool:
    """True when no two of the conditions can be true together."""
    return all(one and other and _exclude(one, other) for one, other in combinations(conditions, 2))


def are_complete(conditions: Sequence[Comparison | None], actions: frozenset[str | None] | None) -> bool:
    """True when one of the conditions is always true. `actions`: every gatewayAction that can arrive, if known."""
    known = [condition for condition in conditions if condition]
    pairs = combinations(known, 2)
    if any(a.subject == b.subject and a.literal == b.literal and a.negated != b.negated for a, b in pairs):
        return True
    if actions is None:
        return False
    asked = [condition for condition in known if condition.subject == GATEWAY_ACTION]
    return all(any((c.literal == _canonical(action)) != c.negated for c in asked) for action in actions)
