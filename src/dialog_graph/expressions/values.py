"""The values of the language and how they become text, number or boolean (app folder rules §11.2, §11.4).

Inside of the language a number is a `float`, null is None. `from_model` lets outside values in: it turns integers
and decimals into doubles, checks the limits, and copies containers, so no expression can change its caller's data.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, TypeAlias, cast

from dialog_graph.expressions.failure import LIMIT, ExpressionError, shown
from dialog_graph.model.json_value import Json

MAX_TEXT: Final = 64 * 1024
"""UTF-8 bytes of one string."""

MAX_ITEMS: Final = 10_000
"""Items of one list."""

MAX_NESTING: Final = 100
"""Nesting of a value; documents stop at 64, and a list of documents lies deeper."""

Text: TypeAlias = str | None
Number: TypeAlias = float | None

_LARGEST_EXACT: Final = 2**53
_SURELY_SHORT: Final = MAX_TEXT // 4
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]++(?:\.[0-9]++)?+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?+")
_SPECIAL: Final[dict[str, Text]] = {"true": "true", "false": "false", "null": None}
_BOOLEANS: Final = {"true": True, "false": False}
_AS_IT_IS: Final = frozenset((type(None), bool))


def from_model(value: object) -> Json:
    """An outside value as the language holds it. Integers beyond 2^53 and decimals become what §11.2 says."""
    kind = type(value)
    if kind in _AS_IT_IS:
        return cast(Json, value)
    if isinstance(value, str):
        return limited(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    return _admitted(value, MAX_NESTING)


def to_model(value: Json) -> Json:
    """A result as documents and engines outside hold it: whole doubles, as far as they are exact, are integers."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _LARGEST_EXACT else value
    if isinstance(value, list):
        return [to_model(item) for item in value]
    if isinstance(value, dict):
        return {name: to_model(member) for name, member in value.items()}
    return value


def _admitted(value: object, depth: int) -> Json:
    """The slow half of `from_model`: numbers of other types and containers, to a given depth."""
    if depth == 0:
        raise ExpressionError(LIMIT)
    if isinstance(value, bool | str) or value is None:
        return limited(value) if isinstance(value, str) else value
    if isinstance(value, int | float | Decimal):
        return _admitted_number(value)
    if isinstance(value, dict):
        members = cast(dict[str, object], value)
        return {name: _admitted(member, depth - 1) for name, member in members.items()}
    if isinstance(value, list | tuple):
        items = cast(Sequence[object], value)
        return limited_list([_admitted(item, depth - 1) for item in items])
    raise ExpressionError(f"Expected a JSON value, got {type(value).__name__}")


def _admitted_number(value: float | Decimal) -> Json:
    if isinstance(value, int) and abs(value) > _LARGEST_EXACT:
        return limited(_digits(value))
    number = float(value)
    if not math.isfinite(number):
        raise ExpressionError(f"Expected a finite number, got {shown(str(value))}")
    return number


def _digits(value: int) -> str:
    # Decimal has no limit on the digits it prints, str of an int has.
    return format(Decimal(value), "f")


def limited(text: str) -> str:
    """The text, when it keeps the limit of one string."""
    size = len(text)
    if size > _SURELY_SHORT and (size > MAX_TEXT or len(text.encode("utf-8", "replace")) > MAX_TEXT):
        raise ExpressionError(LIMIT)
    return text


def limited_list(items: list[Json]) -> list[Json]:
    """The list, when it keeps the limit of one list."""
    if len(items) > MAX_ITEMS:
        raise ExpressionError(LIMIT)
    return items


def to_text(value: Json) -> Text:
    """ToText of §11.4; also how two values are compared."""
    if isinstance(value, str):
        # Only four and five letters can be one of the three words.
        return _SPECIAL.get(value.lower(), value) if 4 <= len(value) <= 5 else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return None
    if isinstance(value, int | float):
        return number_text(value)
    return limited(compact(value))


def to_number(value: Json) -> Number:
    """ToNumber of §11.4. A text beyond the range of a double is no number."""
    if isinstance(value, float) or value is None:
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        number = float(value)
        if math.isfinite(number):
            return number
    elif isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    raise ExpressionError(f"Expected number, got value {quoted(value)}")


def to_boolean(value: Json) -> bool:
    """ToBool of §11.4."""
    if isinstance(value, bool):
        return value
    if value is None:
        return False
    number = _number_or_none(value)
    if number is not None and number in (0, 1):
        return number == 1
    if isinstance(value, str) and value.lower() in _BOOLEANS:
        return _BOOLEANS[value.lower()]
    raise ExpressionError(f"Expected boolean, got value {quoted(value)}")


def _number_or_none(value: Json) -> Number:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return value if isinstance(value, float | int) else None


def unconverted(value: Json) -> Json:
    """The parameter kind `any`."""
    return value


def to_list(value: Json) -> list[Json]:
    """A list parameter."""
    if isinstance(value, list):
        return value
    raise ExpressionError(f"Expected argument to be list, got {kind_of(value)}")


def to_string(value: Json) -> str:
    """A parameter that must be a string already."""
    if isinstance(value, str):
        return value
    raise ExpressionError("Expected argument to be string")


def kind_of(value: Json) -> str:
    """The word for the type of a value in messages."""
    if value is None:
        return "null"
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "boolean"),
        ((int, float), "number"),
        (str, "string"),
        (list, "list"),
    )
    return next((word for types, word in kinds if isinstance(value, types)), "object")


def quoted(value: Json) -> str:
    """A value as messages show it: its JSON form, cut when long."""
    return shown(compact(value))


def number_text(value: float) -> str:
    """The shortest decimal that reads back as the same double, as ECMAScript prints it."""
    if value == math.floor(value) and abs(value) < 1e15:
        return str(int(value))
    written = repr(float(value))
    sign, written = ("-", written[1:]) if written[0] == "-" else ("", written)
    mantissa, _, exponent = written.partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    return sign + _placed(whole + fraction, len(whole) + int(exponent or 0))


def _placed(digits: str, point: int) -> str:
    """Digits with the decimal point after the first `point` of them, in ECMAScript's choice of form."""
    leading = len(digits) - len(digits.lstrip("0"))
    digits, point = digits[leading:], point - leading
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{rest}e{point - 1:+d}"


def compact(value: Json) -> str:
    """Compact JSON text, numbers as ECMAScript prints them, letters as they are."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json_string(name)}:{compact(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return f"[{','.join([compact(item) for item in value])}]"
    if isinstance(value, str):
        return _json_string(value)
    return to_text(value) or "null"


_json_string: Callable[[str], str] = json.JSONEncoder(ensure_ascii=False).encode
