"""Turns a scalar into the kind that a field has: prefill, calculations (app folder §6.3, §7)."""

import re

from dialog_graph.apps.contents.shapes import Kind
from dialog_graph.model.json_value import Json

_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,300}(?:\.[0-9]{1,300})?")


class NotConvertible(Exception):
    """The value cannot become a value of the kind."""


def converted(value: Json, kind: Kind) -> Json:
    """The scalar as a value of the kind; raises `NotConvertible`. Null stays null."""
    if value is None or kind is Kind.ANY:
        return value
    if isinstance(value, (dict, list)):
        raise NotConvertible
    if kind is Kind.STRING:
        return _text(value)
    if kind is Kind.BOOLEAN:
        return _boolean(value)
    if kind in (Kind.INTEGER, Kind.NUMBER):
        return _number(value, kind)
    raise NotConvertible


def _text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _boolean(value: Json) -> bool:
    found = value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).strip().lower())
    if found is None:
        raise NotConvertible
    return found


def _number(value: Json, kind: Kind) -> int | float:
    if isinstance(value, bool):
        raise NotConvertible
    if isinstance(value, str):
        text = value.strip()
        if _INTEGER.fullmatch(text):
            return int(text)
        if not _NUMBER.fullmatch(text):
            raise NotConvertible
        value = float(text)
    if kind is Kind.INTEGER and not isinstance(value, int):
        if not isinstance(value, float) or not value.is_integer():
            raise NotConvertible
        return int(value)
    if not isinstance(value, (int, float)):
        raise NotConvertible
    return value
