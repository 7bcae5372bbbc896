"""Strict JSON for everything a client sends: bodies, token parts, form data; and the one canonical form.

Rules (security rules §10.1): UTF-8 without a byte order mark, bounded size, depth and integer length; refused are
repeated member names, NaN and Infinity, numbers that overflow, lone surrogates, U+0000 and trailing text. The reader
answers a value or a `BAD_JSON` refusal that tells where; it raises nothing, whatever the bytes.
Files of an app folder are more tolerant and have another reader in `apps`.
"""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring
from math import isinf
from typing import cast

from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

MAX_DEPTH = 64
MAX_DIGITS = 4300

# Possessive and with optional ends, so that no input makes the scan go over the same text twice.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_BRACKETS = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)
_TOKENS = re.compile(rf'{_STRING}|[\[\]{{}},:]|[^\s"\[\]{{}},:]+', re.DOTALL)
# Backslashes occur in strings only, once the grammar has been checked.
_ESCAPES = re.compile(
    r"\\(?:(?P<null>u0000)|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F])|.)"
)
_SUSPECT_ESCAPES = ("\\u0000", "\\ud", "\\uD")

_EXPECTED = {
    "grammar": "JSON text",
    "depth": "a nesting of at most {limit}",
    "duplicate": "member names that occur once in their object",
    "constant": "finite numbers",
    "overflow": "numbers within the range of a double",
    "digits": f"numbers of at most {MAX_DIGITS} digits",
    "null": "strings without U+0000",
    "lone": "surrogates in pairs only",
}


class _Fault(Exception):
    """A rule of `_EXPECTED` is broken; raised and caught inside this module."""


def _refusal(rule: str, text: str, offset: int, limit: int = MAX_DEPTH) -> Refusal:
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return Refusal(
        code="BAD_JSON",
        expected=_EXPECTED[rule].format(limit=limit),
        actual=f"the text breaks this at line {line}, column {column}",
    )


def _too_deep(text: str, max_depth: int) -> int | None:
    """Offset of the bracket that goes too deep, found in one pass."""
    if text.count("[") + text.count("{") <= max_depth:
        return None
    depth = 0
    for match in _BRACKETS.finditer(text):
        first = text[match.start()]
        if first in "[{":
            depth += 1
            if depth > max_depth:
                return match.start()
        elif first in "]}":
            depth -= 1
    return None


def _integer(text: str) -> int:
    if len(text) - text.startswith("-") > MAX_DIGITS:
        raise _Fault("digits")
    return int(text)


def _double(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise _Fault("overflow")
    return number


def _decimal(text: str) -> Decimal:
    _double(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _Fault("digits") from None
    # A small text such as 1e-999999999 must not become a gigabyte when it is written without an exponent.
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > MAX_DIGITS:
        raise _Fault("digits")
    return number


def _constant(text: str) -> float:
    raise _Fault("constant")


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Fault("duplicate")
    return members


def _bad_escape(text: str) -> tuple[str, int] | None:
    if not any(suspect in text for suspect in _SUSPECT_ESCAPES):
        return None
    for match in _ESCAPES.finditer(text):
        if match.lastgroup:
            return match.lastgroup, match.start()
    return None


def _member_names(text: str) -> Iterator[tuple[str, int, bool]]:
    """Every string outside arrays with its offset, True when its object has a member of that name already."""
    names: list[set[str]] = []
    last: tuple[str, int] = ("", 0)
    for match in _TOKENS.finditer(text):
        token = match.group()
        if token in ("{", "["):
            names.append(set())
        elif token in ("}", "]") and names:
            names.pop()
        elif token == ":" and names:
            name = cast(str, json.loads(last[0]))
            yield name, last[1], name in names[-1]
            names[-1].add(name)
        last = (token, match.start())


def _place(text: str, rule: str, number: Callable[[str], object]) -> int:
    """Offset of the first token that breaks `rule`. Only called once `json.loads` has met such a token."""
    if rule == "duplicate":
        return next((offset for _, offset, repeated in _member_names(text) if repeated), 0)
    for match in _TOKENS.finditer(text):
        token = match.group()
        try:
            if token in ("NaN", "Infinity", "-Infinity"):
                _constant(token)
            elif token[0] in "-0123456789":
                (_integer if token.lstrip("-").isdigit() else number)(token)
        except _Fault:
            return match.start()
        except ValueError:
            continue
    return 0


def _load(text: str, number: Callable[[str], object]) -> "Json | Refusal":
    try:
        value = cast(
            Json,
            json.loads(
                text, parse_int=_integer, parse_float=number, parse_constant=_constant, object_pairs_hook=_members
            ),
        )
    except _Fault as fault:
        rule = str(fault)
        return _refusal(rule, text, _place(text, rule, number))
    except json.JSONDecodeError as error:
        return _refusal("grammar", text, error.pos)
    except (ValueError, RecursionError):
        return _refusal("grammar", text, 0)
    bad = _bad_escape(text)
    return value if bad is None else _refusal(bad[0], text, bad[1])


def parse(data: bytes, *, max_bytes: int, decimals: bool = False, max_depth: int = MAX_DEPTH) -> "Json | Refusal":
    """Reads one JSON value. `max_bytes` and `max_depth` are the largest values accepted.

    `decimals=True` (form data): numbers with a fraction or exponent come as `decimal.Decimal`, exact as written.
    Refuses with `BAD_JSON`, telling rule, line and column; never raises.
    """
    if len(data) > max_bytes:
        return Refusal(code="BAD_JSON", expected=f"at most {max_bytes} bytes", actual=f"there are {len(data)}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Refusal(code="BAD_JSON", expected="UTF-8", actual=f"byte {error.start} does not belong to it")
    deep = _too_deep(text, max_depth)
    if deep is not None:
        return _refusal("depth", text, deep, max_depth)
    return _load(text, _decimal if decimals else _double)


def _write(value: object, out: Callable[[str], None]) -> None:
    match value:
        case str():
            out(encode_basestring(value))
        case Decimal():
            out(str(value))
        case dict():
            _write_members(cast("dict[str, object]", value), out)
        case list():
            separator = "["
            for item in cast("list[object]", value):
                out(separator)
                _write(item, out)
                separator = ","
            out("[]" if separator == "[" else "]")
        case _:
            out(json.dumps(value, allow_nan=False))


def _write_members(members: dict[str, object], out: Callable[[str], None]) -> None:
    separator = "{"
    for name in sorted(members):
        out(separator)
        out(encode_basestring(name))
        out(":")
        _write(members[name], out)
        separator = ","
    out("{}" if separator == "{" else "}")


def canonical(value: object) -> bytes:
    """The canonical bytes of a JSON value, which may hold Decimals: stored form data, hashes.

    UTF-8, members sorted by code point, no white space, numbers as read (a Decimal keeps its digits and exponent).
    The value is one of ours: NaN, infinity, other types and lone surrogates are faults (ValueError, TypeError).
    """
    parts: list[str] = []
    _write(value, parts.append)
    return "".join(parts).encode("utf-8")
