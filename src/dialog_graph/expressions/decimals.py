"""Arithmetic in decimals of 28 digits, so that 0.1 + 0.2 is 0.3, and rounding to text (app folder rules §11.5)."""

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from functools import reduce
from typing import Final

from dialog_graph.expressions.failure import ExpressionError
from dialog_graph.expressions.values import Json, Number, number_text, to_number

LARGEST: Final = Decimal("7.9e28")
"""Operands and results beyond it overflow."""

MAX_PLACES: Final = 28
"""Decimals that `round` can print."""

_ARITHMETIC: Final = Context(prec=28, rounding=ROUND_HALF_EVEN)
# A double has at most 309 digits before the point and 1 074 after it: nothing is lost before the rounding.
_EXACT: Final = Context(prec=1_500, rounding=ROUND_HALF_UP)
_ZERO: Final = Decimal(0)


def plus(*operands: Number) -> float:
    """Sum; null counts as 0."""
    return _folded(_ARITHMETIC.add, operands)


def multiply(*operands: Number) -> float:
    """Product; null counts as 0."""
    return _folded(_ARITHMETIC.multiply, operands)


def minus(first: Number, second: Number) -> float:
    """Difference; null counts as 0."""
    return _folded(_ARITHMETIC.subtract, (first, second))


def divide(first: Number, second: Number) -> float:
    """Quotient; a divisor of 0 or null is an error."""
    if not second:
        raise ExpressionError("The second argument is 0, cannot divide by 0")
    return _folded(_ARITHMETIC.divide, (first, second))


def total(items: list[Json]) -> float:
    """`sum` of a list; null counts as 0."""
    return plus(0.0, *[to_number(item) for item in items])


def average(items: list[Json], otherwise: Number) -> Number:
    """Sum divided by the number of items, nulls included; an empty list gives the second argument."""
    return divide(total(items), float(len(items))) if items else otherwise


def rounded(number: Number, places: Number = None) -> str:
    """Exactly `places` decimals, half away from zero on the exact value of the double. Zero has no sign."""
    if not 0 <= (places or 0) <= MAX_PLACES:
        raise ExpressionError(f"Expected 0 to {MAX_PLACES} decimals, got {number_text(places or 0)}")
    value = Decimal(number or 0).quantize(Decimal(1).scaleb(-int(places or 0)), context=_EXACT)
    return format(abs(value) if value == 0 else value, "f")


def _folded(operation: Callable[[Decimal, Decimal], Decimal], operands: Iterable[Number]) -> float:
    result = reduce(lambda left, right: _bounded(operation(left, right)), map(_decimal, operands))
    return float(result) + 0.0  # a zero without a sign


def _decimal(operand: Number) -> Decimal:
    return _bounded(Decimal(number_text(operand))) if operand else _ZERO


def _bounded(value: Decimal) -> Decimal:
    if abs(value) > LARGEST:
        raise ExpressionError("Arithmetic overflow")
    return value
