"""Reads single values of stored JSON, or raises `Malformed`, which the reader of the whole turns into a refusal."""

from dialog_graph.model.json_value import Json


class Malformed(Exception):
    """The JSON is of another form; raised here and caught by the reader that calls."""


def number(value: Json) -> int:
    """A count, 0 or more."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise Malformed(f"{str(value)[:40]!r} stands where a count is expected")


def optional_number(value: Json) -> int | None:
    """A count or null."""
    return None if value is None else number(value)


def text(value: Json) -> str:
    """A text."""
    if isinstance(value, str):
        return value
    raise Malformed(f"{str(value)[:40]!r} stands where a text is expected")


def items(value: Json, length: int | None = None) -> list[Json]:
    """A list, of exactly `length` items where given."""
    if isinstance(value, list) and (length is None or len(value) == length):
        return value
    raise Malformed(f"{str(value)[:40]!r} stands where a list is expected")


def members(value: Json) -> dict[str, Json]:
    """An object."""
    if isinstance(value, dict):
        return value
    raise Malformed(f"{str(value)[:40]!r} stands where an object is expected")
