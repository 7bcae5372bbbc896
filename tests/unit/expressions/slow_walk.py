"""Evaluation by a plain walk over the source (app folder §11.3, §11.5), read off the page once more; see `slow_values`.

Nothing is shared with the compiler but `Context` and the exception, so the two agree only where both are right (or make
the same mistake). `BROKEN` holds copies with one rule wrong each; the comparison must tell them apart.
"""

# The values of this file are any JSON, and its rules are lambdas: types would say nothing here.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from math import floor
from typing import Any

from dialog_graph.expressions import Context, ExpressionError
from tests.unit.expressions.slow_asking import ASKING, data_model, label, searched
from tests.unit.expressions.slow_values import ANY, B, D, L, N, Rule, S, T, Value, fail, printed

# --- rules (§11.5)


def utf16(text: str) -> list[int]:
    data = text.encode("utf-16-be")
    return list(struct.unpack(f">{len(data) // 2}H", data))


def from_utf16(units: list[int]) -> str:
    return struct.pack(f">{len(units)}H", *units).decode("utf-16-be", "replace")


def index_of(text: str | None, part: str | None) -> Value:
    if not text or not part:
        return None
    inside, wanted = utf16(text), utf16(part)
    starts = [at for at in range(len(inside)) if inside[at : at + len(wanted)] == wanted]
    return starts[0] if starts else None


def sliced(text: str | None, start: float | None, *end: float | None) -> Value:
    if start is None or None in end:
        return fail("Start/end index cannot be null (an index from stringIndexOf is null when nothing is found)")
    if text is None:
        return None
    units = utf16(text)

    def clamped(index: float) -> int:
        whole = int(index)
        return max(0, min(len(units), whole + len(units) if whole < 0 else whole))

    first, last = clamped(start), clamped(end[0]) if end and end[0] is not None else len(units)
    return from_utf16([unit for at, unit in enumerate(units) if first <= at < last])


def replaced(text: str | None, search: str | None, new: str | None) -> Value:
    return (new or "").join(text.split(search)) if text and search else None


def rounded(number: float | None, places: float | None = None) -> Value:
    if not 0 <= (places or 0) <= 28:
        return fail(f"Expected 0 to 28 decimals, got {printed(places or 0)}")
    digits = int(places or 0)
    exact = Fraction(number or 0) * 10**digits
    whole = floor(abs(exact) + Fraction(1, 2))
    text = str(whole).rjust(digits + 1, "0")
    sign = "-" if exact < 0 and whole else ""
    return sign + (text[:-digits] + "." + text[-digits:] if digits else text)


def calculated(operation: Callable[[Decimal, Decimal], Decimal], *operands: float | None) -> Value:
    with localcontext() as arithmetic:
        arithmetic.prec, arithmetic.rounding = 28, ROUND_HALF_EVEN
        exact = [Decimal(printed(operand or 0)) for operand in operands]
        result = exact[0]
        for operand in exact[1:]:
            if max(abs(result), abs(operand)) > Decimal("7.9e28"):
                return fail("Arithmetic overflow")
            result = operation(result, operand)
        if abs(result) > Decimal("7.9e28"):
            return fail("Arithmetic overflow")
        return float(result) or 0.0


def added(*operands: float | None) -> Value:
    return calculated(lambda a, b: a + b, *operands)


def divided(first: float | None, second: float | None) -> Value:
    if not second:
        return fail("The second argument is 0, cannot divide by 0")
    return calculated(lambda a, b: a / b, first, second)


def average(items: list[Value], otherwise: float | None) -> Value:
    total = added(0, *[N(item) for item in items])
    return divided(total, len(items)) if items else otherwise


def ordered(test: Callable[[Any, Any], bool]) -> Rule:
    return lambda first, second: False if first is None or second is None else test(first, second)


def dated(test: Callable[[datetime, datetime], bool]) -> Rule:
    def compare(first: datetime | None, second: datetime | None) -> Value:
        if first is None or second is None:
            return False
        if (first.utcoffset() is None) is not (second.utcoffset() is None):
            return fail("Can not compare timestamps where only one specify timezone")
        return test(first, second)

    return compare


def instant(moment: datetime) -> timedelta:
    return moment.replace(tzinfo=UTC) - datetime(1, 1, 1, tzinfo=UTC) - (moment.utcoffset() or timedelta())


def same_day(first: datetime, second: datetime) -> Value:
    if first.utcoffset() != second.utcoffset():
        return fail("Can not figure out if timestamps in different timezones are in the same day")
    return (first.year, first.month, first.day) == (second.year, second.month, second.day)


def pairs(*items: Value) -> Value:
    if any(not isinstance(name, str) for name in items[::2]):
        # The first fault in order counts: a name that is no text, or one that is there already.
        seen: list[str] = []
        for name in items[::2]:
            if not isinstance(name, str):
                return fail("Object keys must be strings")
            if name in seen:
                return fail("Object keys must be unique")
            seen.append(name)
    if len(set(items[::2])) < len(items) // 2:
        return fail("Object keys must be unique")
    return dict(zip(items[::2], items[1::2], strict=True))


NUMBER_OPERATORS: dict[str, Rule] = {
    "greaterThan": ordered(lambda a, b: a > b),
    "greaterThanEq": ordered(lambda a, b: a >= b),
    "lessThan": ordered(lambda a, b: a < b),
    "lessThanEq": ordered(lambda a, b: a <= b),
}
DATE_OPERATORS: dict[str, Rule] = {
    "isBefore": dated(lambda a, b: instant(a) < instant(b)),
    "isAfter": dated(lambda a, b: instant(a) > instant(b)),
    "isBeforeEq": dated(lambda a, b: instant(a) <= instant(b)),
    "isAfterEq": dated(lambda a, b: instant(a) >= instant(b)),
    "isSameDay": dated(same_day),
}

# name -> parameters, rule; "..." repeats the one before it
RULES: dict[str, tuple[tuple[Any, ...], Rule]] = {
    "equals": ((T, T), lambda a, b: a == b),
    "notEquals": ((T, T), lambda a, b: a != b),
    **{name: ((N, N), rule) for name, rule in NUMBER_OPERATORS.items()},
    "and": ((B, ...), lambda *all_of: False not in all_of),
    "or": ((B, ...), lambda *any_of: True in any_of),
    "not": ((B,), lambda a: not a),
    "concat": ((T, ...), lambda *parts: "".join(part for part in parts if part is not None)),
    "upperCase": ((T,), lambda a: None if a is None else a.upper()),
    "lowerCase": ((T,), lambda a: None if a is None else a.lower()),
    "upperCaseFirst": ((T,), lambda a: None if a is None else a[:1].upper() + a[1:]),
    "lowerCaseFirst": ((T,), lambda a: None if a is None else a[:1].lower() + a[1:]),
    "contains": ((T, T), lambda a, b: False if None in (a, b) else a.find(b) >= 0),
    "notContains": ((T, T), lambda a, b: True if None in (a, b) else a.find(b) < 0),
    "startsWith": ((T, T), lambda a, b: False if None in (a, b) else a[: len(b)] == b),
    "endsWith": ((T, T), lambda a, b: False if None in (a, b) else b == "" or a[-len(b) :] == b),
    "commaContains": ((T, T), lambda a, b: False if None in (a, b) else b in [x.strip() for x in a.split(",")]),
    "stringLength": ((T,), lambda a: len(utf16(a or ""))),
    "stringIndexOf": ((T, T), index_of),
    "stringReplace": ((T, T, T), replaced),
    "stringSlice": ((T, N, N), sliced),
    "round": ((N, N), rounded),
    "plus": ((N, ...), added),
    "multiply": ((N, ...), lambda *all_of: calculated(lambda a, b: a * b, *all_of)),
    "minus": ((N, N), lambda a, b: calculated(lambda x, y: x - y, a, b)),
    "divide": ((N, N), divided),
    "sum": ((L,), lambda items: added(0, *[N(item) for item in items])),
    "average": ((L, N), average),
    "count": ((L,), len),
    "list": ((ANY, ...), lambda *items: list(items)),
    "object": ((ANY, ...), pairs),
    "jmespath": ((ANY, S), searched),
}


class Walk:
    """Evaluates a source that is not refused (`slow_refusals`). `rules` may be changed to make a broken copy."""

    def __init__(self, rules: dict[str, tuple[tuple[Any, ...], Rule]] | None = None) -> None:
        self.rules = RULES | (rules or {})

    def __call__(self, source: Value, context: Context) -> Value:
        return self._value(source, context, "")

    def _value(self, source: Value, context: Context, path: str) -> Value:
        if not isinstance(source, list):
            return float(source) if isinstance(source, int) and not isinstance(source, bool) else source
        name, arguments = source[0], source[1:]
        literals = _literal_places(name, arguments)
        values = {
            at: self._value(argument, context, f"{path}[{at + 1}]")
            for at, argument in enumerate(arguments)
            if at not in literals
        }
        asks, parameters, rule = self._rule(name, arguments)
        given: list[Value] = [context] if asks else []
        for parameter, (at, value) in zip(_spread(parameters, len(values)), values.items(), strict=True):
            given.append(_at(f"{path}[{at + 1}]", parameter, value))
        return _at(path, rule, *given)

    def _rule(self, name: str, arguments: list[Value]) -> tuple[bool, tuple[Any, ...], Rule]:
        """Whether the rule takes the context first, the parameters, the rule."""
        match name:
            case "if":
                return False, (B, ANY, ANY)[: 3 if len(arguments) == 4 else 2], lambda c, a, b=None: a if c else b
            case "compare":
                parameters, rule = self._operator(arguments[-2])
                return False, parameters, rule if len(arguments) == 3 else lambda a, b: not rule(a, b)
            case "dataModel":
                return True, (ANY,), data_model(arguments[1] if len(arguments) == 2 else None)
            case "optionLabel":
                return True, (T,), label(arguments[0])
            case _:
                return (True, *ASKING[name]) if name in ASKING else (False, *self.rules[name])

    def _operator(self, name: str) -> tuple[tuple[Any, ...], Rule]:
        return ((D, D), DATE_OPERATORS[name]) if name in DATE_OPERATORS else self.rules[name]


def _literal_places(name: str, arguments: list[Value]) -> set[int]:
    """Arguments that are part of the call itself."""
    last = len(arguments) - 1
    literals = {"if": {2} if last == 3 else set[int](), "compare": set(range(1, last)), "optionLabel": {0}}
    return {1} & {last} if name == "dataModel" else literals.get(name, set())


def _spread(parameters: tuple[Any, ...], count: int) -> list[Any]:
    return [parameters[0]] * count if ... in parameters else list(parameters[:count])


def _at(path: str, rule: Rule, *values: Value) -> Value:
    try:
        return rule(*values)
    except ExpressionError as error:
        raise ExpressionError(error.message, path) from None


BROKEN: dict[str, Walk] = {
    "null is less than everything": Walk({"lessThan": ((N, N), lambda a, b: (a or 0) < (b or 0))}),
    "binary arithmetic": Walk({"plus": ((N, ...), lambda *all_of: float(sum(x or 0 for x in all_of)))}),
    "rounding half to even": Walk({"round": ((N, N), lambda n, p=None: f"{n or 0:.{abs(int(p or 0))}f}")}),
    "texts compared as they are": Walk({"equals": ((ANY, ANY), lambda a, b: a == b)}),
    "code points instead of units": Walk({"stringLength": ((T,), lambda a: len(a or ""))}),
    "or that accepts anything": Walk({"or": ((ANY, ...), lambda *all_of: True in all_of)}),
}
"""Walks with one rule wrong, by the mistake."""
