"""Dates are strings: reading them (ToDate of §11.4) and comparing them (date operators of §11.5)."""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, TypeAlias

from dialog_graph.expressions.failure import ExpressionError
from dialog_graph.expressions.values import Json, quoted

Date: TypeAlias = datetime | None
"""A point in time with the offset that was written, or without one; None for null and blank texts."""

_FORM: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[ Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?([Zz]|[-+][0-9]{2}:[0-9]{2})?)?"
)
_LARGEST_OFFSET: Final = timedelta(hours=14)
_NO_DATE: Final = "Format was recognized, but the date/time is invalid"


def to_date(value: Json) -> Date:
    """A text as a date. Fractions are cut to microseconds; a date without time is midnight."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ExpressionError("Date expressions only accept strings or null")
    if not value.strip():
        return None
    match = _FORM.fullmatch(value)
    if match is None:
        raise ExpressionError(f"Unable to parse date {quoted(value)}: Unknown format")
    try:
        return _date(match)
    except ValueError:
        raise invalid(value) from None


def invalid(value: Json) -> ExpressionError:
    """The error of a text that has the form of a date and is none."""
    return ExpressionError(f"Unable to parse date {quoted(value)}: {_NO_DATE}")


def _date(match: re.Match[str]) -> datetime:
    """Raises ValueError when the numbers are no date, time or offset."""
    year, month, day, hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3, 4, 5, 6))
    microsecond = int((match.group(7) or "0").ljust(6, "0")[:6])
    zone = _offset(match.group(8))
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=zone)


def _offset(written: str | None) -> timezone | None:
    if not written:
        return None
    if written in "Zz":
        return UTC
    hours, minutes = int(written[1:3]), int(written[4:6])
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > _LARGEST_OFFSET:
        raise ValueError(written)
    return timezone(-offset if written[0] == "-" else offset)


def _comparable(first: datetime, second: datetime) -> None:
    if (first.tzinfo is None) != (second.tzinfo is None):
        raise ExpressionError("Can not compare timestamps where only one specify timezone")


def _compared(compare: Callable[[datetime, datetime], bool]) -> Callable[[Date, Date], bool]:
    def dates(first: Date, second: Date) -> bool:
        if first is None or second is None:
            return False
        _comparable(first, second)
        return compare(first, second)

    return dates


def _same_day(first: datetime, second: datetime) -> bool:
    if first.utcoffset() != second.utcoffset():
        raise ExpressionError("Can not figure out if timestamps in different timezones are in the same day")
    return first.date() == second.date()


OPERATORS: Final[Mapping[str, Callable[[Date, Date], bool]]] = {
    "isBefore": _compared(operator.lt),
    "isAfter": _compared(operator.gt),
    "isBeforeEq": _compared(operator.le),
    "isAfterEq": _compared(operator.ge),
    "isSameDay": _compared(_same_day),
}
"""The date operators of `compare`; a null date gives false."""
