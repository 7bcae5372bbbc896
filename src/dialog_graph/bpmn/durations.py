"""Durations, moments and repetitions of ISO 8601, and the arithmetic of the calendar (process engine §12).

A duration counts months and days by the calendar of a zone and the rest exactly: `P1D` keeps the time of day when the
clock changes, `PT24H` does not. The k-th due time is always counted from the same anchor, never from the one before,
so `P1M` from the 31st comes back to the 31st.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_DURATION = re.compile(
    r"P(?:(?P<weeks>[0-9]{1,9}(?:[.,][0-9]{1,9})?)W"
    r"|(?:(?P<years>[0-9]{1,9})Y)?(?:(?P<months>[0-9]{1,9})M)?(?:(?P<days>[0-9]{1,9}(?:[.,][0-9]{1,9})?)D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,9}(?:[.,][0-9]{1,9})?)H)?(?:(?P<minutes>[0-9]{1,9}(?:[.,][0-9]{1,9})?)M)?"
    r"(?:(?P<seconds>[0-9]{1,9}(?:[.,][0-9]{1,9})?)S)?)?)"
)
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[ Tt](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.(?P<fraction>[0-9]{1,9}))?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)
_REPEATED = re.compile(r"R(?P<count>[0-9]{0,9}|-1)")
_EXACT = {
    "weeks": 7 * 86_400_000_000,
    "days": 86_400_000_000,
    "hours": 3_600_000_000,
    "minutes": 60_000_000,
    "seconds": 1_000_000,
}
_MAX_YEARS = 1_000


@dataclass(frozen=True, slots=True)
class Duration:
    """Months and days are counted by the calendar, microseconds exactly."""

    months: int = 0
    days: int = 0
    microseconds: int = 0

    @property
    def lasts(self) -> bool:
        """True for a second or more, so that it may be repeated."""
        return bool(self.months or self.days) or self.microseconds >= _EXACT["seconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A repetition: `count` firings, None for ever; the first at `start`, else one duration from now."""

    count: int | None
    duration: str
    start: datetime | None = None
    end: datetime | None = None


def parse_duration(text: str) -> Duration | None:
    """The duration that a text of ISO 8601 tells; None for anything else, negative or longer than a thousand years.

    Weeks stand alone; only the last part has a fraction, never years or months.
    """
    found = _DURATION.fullmatch(text)
    parts = [(name, part) for name, part in found.groupdict().items() if part is not None] if found else []
    if not parts or text.endswith("T") or any("." in part or "," in part for _, part in parts[:-1]):
        return None
    whole = {name: int(re.split("[.,]", part)[0]) for name, part in parts}
    exact = sum(whole.get(name, 0) * _EXACT[name] for name in ("hours", "minutes", "seconds"))
    name, last = parts[-1]
    duration = Duration(
        months=whole.get("years", 0) * 12 + whole.get("months", 0),
        days=whole.get("weeks", 0) * 7 + whole.get("days", 0),
        microseconds=exact + (_fraction(last, _EXACT[name]) if name in _EXACT else 0),
    )
    return duration if _is_short(duration) else None


def _fraction(part: str, unit: int) -> int:
    """What lies behind the point, in microseconds, cut."""
    digits = re.split("[.,]", part)[1:]
    return int(digits[0]) * unit // 10 ** len(digits[0]) if digits else 0


def _is_short(duration: Duration) -> bool:
    days = duration.days + duration.microseconds // _EXACT["days"]
    return duration.months <= _MAX_YEARS * 12 and days <= _MAX_YEARS * 366


def parse_moment(text: str, zone: tzinfo | None) -> datetime | None:
    """A date or date-time in UTC; without an offset of its own it is one of `zone`, or nothing without that."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    fraction = f".{(found['fraction'] + '000000')[:6]}" if found["fraction"] else ""
    time = found["time"] or "00:00"
    seconds = ":00" if fraction and len(time) == len("00:00") else ""
    offset = (found["zone"] or "").upper().replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(f"{found['day']}T{time}{seconds}{fraction}{offset}")
        known = moment if moment.tzinfo else moment.replace(tzinfo=zone) if zone else None
        return known.astimezone(UTC) if known else None
    except (ValueError, OverflowError):
        return None


def parse_cycle(text: str) -> Cycle | None:
    """`Rn/duration`, `Rn/start/duration` or `Rn/duration/end`; `R` and `R-1` are for ever, a second is the shortest."""
    repeated, *parts = text.split("/")
    found = _REPEATED.fullmatch(repeated)
    if found is None:
        return None
    count = None if found["count"] in ("", "-1") else int(found["count"])
    match parts:
        case [duration]:
            cycle = Cycle(count=count, duration=duration)
        case [first, second] if first.startswith("P"):
            cycle = Cycle(count=count, duration=first, end=parse_moment(second, None))
        case [first, second]:
            cycle = Cycle(count=count, duration=second, start=parse_moment(first, None))
        case _:
            return None
    length = parse_duration(cycle.duration)
    bounded = len(parts) == 1 or cycle.start is not None or cycle.end is not None
    return cycle if count != 0 and bounded and length is not None and length.lasts else None


def after(anchor: datetime, duration: Duration, times: int, zone: tzinfo) -> datetime | None:
    """The anchor and so many times the duration, in UTC; None where the calendar ends.

    A day that the month lacks is its last one; a time of day that the clock leaves out is as much later.
    """
    months, days = duration.months * times, duration.days * times
    try:
        moment = anchor.astimezone(UTC)
        if months or days:
            moment = _by_calendar(anchor.astimezone(zone), months, days).astimezone(UTC)
        return moment + timedelta(microseconds=duration.microseconds * times)
    except (OverflowError, ValueError):
        return None


def _by_calendar(local: datetime, months: int, days: int) -> datetime:
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    naive = local.replace(year=year, month=month + 1, day=day, tzinfo=None, fold=0) + timedelta(days=days)
    return naive.replace(tzinfo=local.tzinfo)


def first_round(start: int, is_reached: Callable[[int], bool]) -> int:
    """The first number from `start` for which a condition holds that sooner or later does, and then stays true."""
    step = 1
    while not is_reached(start + step - 1):
        step *= 2
    low, high = start + step // 2 - (step > 1), start + step - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_reached(middle) else (middle + 1, high)
    return low
