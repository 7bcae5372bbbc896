"""`formatDate`: a date as people write it (app folder rules §11.7)."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from dialog_graph.expressions.dates import Date, invalid
from dialog_graph.expressions.values import Text, limited


@dataclass(frozen=True, slots=True, kw_only=True)
class DateWords:
    """The words of one language. `days` begin with Sunday; `eras` are after and before Christ, short/long/letter."""

    months: tuple[str, ...]
    days: tuple[str, ...]
    half_days: tuple[str, str]
    eras: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]
    standard: str


_NORWEGIAN_MONTHS: Final = (
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
)
_NORWEGIAN_ERAS: Final = (("e.Kr.", "f.Kr."), ("etter Kristus", "før Kristus"), ("e.Kr.", "f.Kr."))

_ENGLISH: Final = DateWords(
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    days=("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    half_days=("AM", "PM"),
    eras=(("AD", "BC"), ("Anno Domini", "Before Christ"), ("A", "B")),
    standard="M/d/yy",
)
WORDS: Final[Mapping[str, DateWords]] = {
    "nb": DateWords(
        months=_NORWEGIAN_MONTHS,
        days=("søndag", "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag"),
        half_days=("a.m.", "p.m."),
        eras=_NORWEGIAN_ERAS,
        standard="dd.MM.yyyy",
    ),
    "nn": DateWords(
        months=_NORWEGIAN_MONTHS,
        days=("søndag", "måndag", "tysdag", "onsdag", "torsdag", "fredag", "laurdag"),
        half_days=("a.m.", "p.m."),
        eras=_NORWEGIAN_ERAS,
        standard="dd.MM.yyyy",
    ),
    "en": _ENGLISH,
}
"""Words by language; a language that is not here reads English."""


def format_date(moment: Date, pattern: Text, language: str, zone: tzinfo) -> Text:
    """The date in the pattern, or in the language's usual form. A date with an offset is shown as of `zone`."""
    if moment is None:
        return None
    words = WORDS.get(language, _ENGLISH)
    here = _shifted(moment, zone)
    runs = ("".join(run) for _, run in itertools.groupby(pattern or words.standard))
    return limited("".join([_printed(run, here, words) for run in runs]))


def _shifted(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone) if moment.tzinfo else moment
    except (OverflowError, ValueError):
        # The first or last hours of the calendar, outside of it in this zone.
        raise invalid(moment.isoformat()) from None


def _printed(run: str, moment: datetime, words: DateWords) -> str:
    printer = _RUNS.get(run)
    return printer(moment, words) if printer else run


_Printer = Callable[[datetime, DateWords], str]


def _padded(length: int, part: Callable[[datetime], int]) -> _Printer:
    return lambda moment, words: str(part(moment)).zfill(length)


def _fraction(length: int) -> _Printer:
    return lambda moment, words: f"{moment.microsecond:06d}"[:length]


def _month(cut: slice) -> _Printer:
    return lambda moment, words: words.months[moment.month - 1][cut]


def _day(cut: slice) -> _Printer:
    return lambda moment, words: words.days[moment.isoweekday() % 7][cut]


def _era(form: int) -> _Printer:
    # Years begin at 1, so every date is after Christ.
    return lambda moment, words: words.eras[form][0]


def _initial(printer: _Printer) -> _Printer:
    return lambda moment, words: printer(moment, words).upper()


def _year(moment: datetime) -> int:
    return moment.year


def _twelve(moment: datetime) -> int:
    return (moment.hour - 1) % 12 + 1


_WHOLE: Final = slice(None)
_SHORT: Final = slice(3)
_LETTER: Final = slice(1)

_RUNS: Final[Mapping[str, _Printer]] = {
    **{letter * length: _padded(length, _year) for letter in "yu" for length in (1, 2, 3, 4)},
    "yy": _padded(2, lambda moment: moment.year % 100),
    **{"M" * length: _padded(length, lambda moment: moment.month) for length in (1, 2)},
    "MMM": _month(_SHORT),
    "MMMM": _month(_WHOLE),
    "MMMMM": _initial(_month(_LETTER)),
    **{"d" * length: _padded(length, lambda moment: moment.day) for length in (1, 2)},
    **{"H" * length: _padded(length, lambda moment: moment.hour) for length in (1, 2)},
    **{"h" * length: _padded(length, _twelve) for length in (1, 2)},
    **{"m" * length: _padded(length, lambda moment: moment.minute) for length in (1, 2)},
    **{"s" * length: _padded(length, lambda moment: moment.second) for length in (1, 2)},
    **{"S" * length: _fraction(length) for length in (1, 2, 3)},
    **{"E" * length: _day(_SHORT) for length in (1, 2, 3)},
    "EEEE": _day(_WHOLE),
    "EEEEE": _initial(_day(_LETTER)),
    "a": lambda moment, words: words.half_days[moment.hour >= 12],
    **{"G" * length: _era(0) for length in (1, 2, 3)},
    "GGGG": _era(1),
    "GGGGG": _era(2),
}
"""What each run of equal letters prints; a run that is not here is copied."""
