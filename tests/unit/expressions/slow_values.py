"""The values of the language and their coercions (app folder §11.2, §11.4), read off the page once more.

Slow and without tricks; with `slow_asking`, `slow_refusals` and `slow_walk` the other reading of the rules that the
compiler is compared with. Nothing is shared with it but `Context` and the exception.
"""

# The values of this file are any JSON: types would say nothing here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from dialog_graph.expressions import ExpressionError

Value = Any
Rule = Callable[..., Value]


def fail(message: str) -> Value:
    raise ExpressionError(message)


# --- coercions (§11.4)


def printed(number: float) -> str:
    """Number::toString of ECMAScript, after the digits and the exponent have been found."""
    if number == 0:
        return "0"
    if number < 0:
        return "-" + printed(-number)
    _, digit_list, exponent = Decimal(repr(float(number))).normalize().as_tuple()
    digits, k = "".join(map(str, digit_list)), len(digit_list)
    n = int(exponent) + k
    if k <= n <= 21:
        return digits.ljust(n, "0")
    if 0 < n <= 21:
        return digits[:n] + "." + digits[n:]
    if -6 < n <= 0:
        return "0." + "0" * -n + digits
    power = ("+" if n > 0 else "-") + str(abs(n - 1))
    return digits + "e" + power if k == 1 else digits[0] + "." + digits[1:] + "e" + power


def as_json(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return printed(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case list():
            return "[" + ",".join(as_json(item) for item in value) + "]"
        case _:
            return "{" + ",".join(as_json(name) + ":" + as_json(item) for name, item in value.items()) + "}"


def told(value: Value) -> str:
    """A value as messages quote it: its JSON, cut after 200 characters."""
    text = as_json(value)
    return cut(text)


def cut(text: str) -> str:
    whole = text[:200] + "…" if len(text) > 200 else text
    return "".join("?" if "\ud800" <= letter <= "\udfff" else letter for letter in whole)


def admitted(value: Value) -> Value:
    """An outside value inside of the language: numbers are doubles, integers beyond 2^53 texts."""
    if isinstance(value, list | tuple):
        return [admitted(item) for item in value]
    if isinstance(value, dict):
        return {name: admitted(item) for name, item in value.items()}
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if -(2**53) <= value <= 2**53 else str(value)
    if isinstance(value, float) and value - value != 0:
        return fail(f"Expected a finite number, got {value}")
    return float(value) if isinstance(value, Decimal) else value


def T(value: Value) -> str | None:  # noqa: N802 - the names of the rules
    if isinstance(value, str):
        word = value.lower()
        return None if word == "null" else word if word in ("true", "false") else value
    return None if value is None else as_json(value)


NUMERIC = re.compile(r"^[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?$")


def numeric(text: str) -> bool:
    return bool(NUMERIC.match(text)) and not text.endswith("\n")


def N(value: Value) -> float | None:  # noqa: N802
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and numeric(value) and abs(float(value)) != float("inf"):
        return float(value)
    return fail("Expected number, got value " + told(value))


def B(value: Value) -> bool:  # noqa: N802
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, int | float) or (isinstance(value, str) and numeric(value)):
        if float(value) == 1:
            return True
        if float(value) == 0:
            return False
    return fail("Expected boolean, got value " + told(value))


WRITTEN = re.compile(r"^\d{4}-\d{2}-\d{2}([ Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})?)?$", re.ASCII)


def D(value: Value) -> datetime | None:  # noqa: N802
    if value is None or (isinstance(value, str) and value.strip() == ""):
        return None
    if not isinstance(value, str):
        return fail("Date expressions only accept strings or null")
    if not WRITTEN.match(value) or value.endswith("\n"):
        return fail(f"Unable to parse date {told(value)}: Unknown format")
    try:
        shaped = re.sub(r"(\.\d{6})\d+", r"\1", value.upper().replace("T", " "))
        moment = datetime.fromisoformat(re.sub(r"\.(\d+)", lambda m: "." + m.group(1).ljust(6, "0"), shaped))
        offset = moment.utcoffset()
        if (offset and abs(offset) > timedelta(hours=14)) or re.search(r"[-+]\d\d:[6-9]\d$", value[10:]):
            raise ValueError
        return moment
    except ValueError:
        return fail(f"Unable to parse date {told(value)}: Format was recognized, but the date/time is invalid")


def ANY(value: Value) -> Value:  # noqa: N802
    return value


def L(value: Value) -> list[Value]:  # noqa: N802
    kinds = {type(None): "null", bool: "boolean", int: "number", float: "number", str: "string", dict: "object"}
    return value if isinstance(value, list) else fail(f"Expected argument to be list, got {kinds[type(value)]}")


def S(value: Value) -> str:  # noqa: N802
    return value if isinstance(value, str) else fail("Expected argument to be string")
