"""Comparisons, truth and choice (app folder rules §11.5)."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from dialog_graph.expressions.values import Json, Number

Comparison: TypeAlias = Callable[[Number, Number], bool]


def all_true(*values: bool) -> bool:
    """`and`."""
    return all(values)


def any_true(*values: bool) -> bool:
    """`or`."""
    return any(values)


def when(condition: bool, then: Json) -> Json:
    """`if` without an else."""
    return then if condition else None


def when_else(condition: bool, then: Json, otherwise: Json) -> Json:
    """`if` with an else."""
    return then if condition else otherwise


def greater_than(first: Number, second: Number) -> bool:
    """False when either is null, as all four."""
    return first is not None and second is not None and first > second


def greater_than_or_equal(first: Number, second: Number) -> bool:
    """See `greater_than`."""
    return first is not None and second is not None and first >= second


def less_than(first: Number, second: Number) -> bool:
    """See `greater_than`."""
    return first is not None and second is not None and first < second


def less_than_or_equal(first: Number, second: Number) -> bool:
    """See `greater_than`."""
    return first is not None and second is not None and first <= second


NUMBER_OPERATORS: Final[Mapping[str, Comparison]] = {
    "greaterThan": greater_than,
    "greaterThanEq": greater_than_or_equal,
    "lessThan": less_than,
    "lessThanEq": less_than_or_equal,
}
"""The number operators, as functions of their own and inside of `compare`."""
