"""One call as a closure, chosen by the number of its arguments and what is known of them.

All arguments are evaluated, in order, before any is converted and the function runs (app folder rules §11.3). A
literal is converted here, once. An error gets its place only when it happens: the way without one costs nothing.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from dialog_graph.expressions.context import Context
from dialog_graph.expressions.failure import ExpressionError
from dialog_graph.expressions.functions import Converter, Kind, Plan
from dialog_graph.expressions.values import Json, to_boolean, to_number, unconverted

Run: TypeAlias = Callable[[Context], Json]
"""A compiled expression or part of one."""


class Part(NamedTuple):
    """A compiled argument. `constant`: it is a literal with this `value`. `path`: its place in the source."""

    run: Run
    kind: Kind
    path: str
    constant: bool = False
    value: Json = None


class _Operand(NamedTuple):
    """An argument and its parameter. A literal that converts is `fixed`, and `value` is what it became."""

    run: Run
    convert: Converter
    path: str
    fixed: bool
    value: object


# Conversions that change nothing, because of what the argument always gives.
_NEEDLESS = frozenset(((to_boolean, Kind.BOOLEAN), (to_number, Kind.NUMBER)))


def literal(value: Json) -> Run:
    """A closure that gives the value."""
    return lambda context: value


def call(plan: Plan, parts: Sequence[Part], path: str) -> Run:
    """The closure of one call."""
    operands = [_operand(part, convert) for part, convert in zip(parts, plan.converters, strict=True)]
    if plan.asks:
        return _asking(plan.apply, operands, path)
    if len(operands) == 1:
        return _unary(plan.apply, operands[0], path)
    if len(operands) == 2:
        return _binary(plan.apply, operands[0], operands[1], path)
    return _any_number(plan.apply, operands, path)


def _operand(part: Part, convert: Converter) -> _Operand:
    if (convert, part.kind) in _NEEDLESS:
        convert = unconverted
    if part.constant:
        try:
            return _Operand(part.run, convert, part.path, True, convert(part.value))
        except ExpressionError:
            # It fails when its turn comes: an earlier argument may fail first, with another message.
            pass
    return _Operand(part.run, convert, part.path, False, None)


def _placed(error: ExpressionError, path: str, operands: Sequence[_Operand], values: Sequence[Json]) -> ExpressionError:
    """The error with its place: the first argument that does not convert, else the call."""
    for operand, value in zip(operands, values, strict=True):
        try:
            operand.convert(value)
        except ExpressionError as found:
            return found.at(operand.path)
    return error.at(path)


def _unary(apply: Callable[..., Json], operand: _Operand, path: str) -> Run:
    argument, convert = operand.run, operand.convert

    def converted(context: Context) -> Json:
        value = argument(context)
        try:
            return apply(convert(value))
        except ExpressionError as error:
            raise _placed(error, path, (operand,), (value,)) from None

    def plain(context: Context) -> Json:
        value = argument(context)
        try:
            return apply(value)
        except ExpressionError as error:
            raise error.at(path) from None

    return plain if convert is unconverted else converted


def _binary(apply: Callable[..., Json], left: _Operand, right: _Operand, path: str) -> Run:
    if right.fixed and not left.fixed:
        return _with_right(apply, left, right, path)
    first, second, convert_first, convert_second = left.run, right.run, left.convert, right.convert

    def converted(context: Context) -> Json:
        one = first(context)
        two = second(context)
        try:
            return apply(convert_first(one), convert_second(two))
        except ExpressionError as error:
            raise _placed(error, path, (left, right), (one, two)) from None

    def plain(context: Context) -> Json:
        one = first(context)
        two = second(context)
        try:
            return apply(one, two)
        except ExpressionError as error:
            raise error.at(path) from None

    return plain if convert_first is unconverted and convert_second is unconverted else converted


def _with_right(apply: Callable[..., Json], left: _Operand, right: _Operand, path: str) -> Run:
    """The usual comparison: something with a literal."""
    first, convert, two = left.run, left.convert, right.value

    def call_with_right(context: Context) -> Json:
        one = first(context)
        try:
            return apply(convert(one), two)
        except ExpressionError as error:
            raise _placed(error, path, (left,), (one,)) from None

    return call_with_right


def _any_number(apply: Callable[..., Json], operands: Sequence[_Operand], path: str) -> Run:
    runs = [operand.run for operand in operands]
    converters = [operand.convert for operand in operands]

    def call_with_all(context: Context) -> Json:
        values = [run(context) for run in runs]
        try:
            return apply(*[convert(value) for convert, value in zip(converters, values, strict=True)])
        except ExpressionError as error:
            raise _placed(error, path, operands, values) from None

    return call_with_all


def _asking(apply: Callable[..., Json], operands: Sequence[_Operand], path: str) -> Run:
    if len(operands) == 1 and operands[0].fixed:
        return _asking_for(apply, operands[0].value, path)
    runs = [operand.run for operand in operands]
    converters = [operand.convert for operand in operands]

    def ask(context: Context) -> Json:
        values = [run(context) for run in runs]
        try:
            return apply(context, *[convert(value) for convert, value in zip(converters, values, strict=True)])
        except ExpressionError as error:
            raise _placed(error, path, operands, values) from None

    return ask


def _asking_for(apply: Callable[..., Json], value: object, path: str) -> Run:
    """The usual look-up: of a literal name."""

    def ask(context: Context) -> Json:
        try:
            return apply(context, value)
        except ExpressionError as error:
            raise error.at(path) from None

    return ask
