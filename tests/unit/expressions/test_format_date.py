"""`formatDate`: every run of the table in its languages, and the shift to the app's time zone."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from dialog_graph.expressions import EMPTY, Expression, ExpressionError, compile_expression

MORNING = "2026-02-07T09:05:03.0456789"
EVENING = "2026-12-31T23:59:59.9"


def shown(moment: str, pattern: str | None, language: str = "nb", zone: str = "Europe/Oslo") -> object:
    expression = compile_expression(["formatDate", moment, pattern])
    assert isinstance(expression, Expression)
    return expression.evaluate(replace(EMPTY, language=language, time_zone=ZoneInfo(zone)))


@pytest.mark.parametrize(
    ("pattern", "result"),
    [
        ("y yy yyy yyyy yyyyy", "2026 26 2026 2026 yyyyy"),
        ("u uu uuu uuuu", "2026 2026 2026 2026"),
        ("M MM MMM MMMM MMMMM MMMMMM", "2 02 feb februar F MMMMMM"),
        ("d dd ddd", "7 07 ddd"),
        ("H HH h hh m mm s ss", "9 09 9 09 5 05 3 03"),
        ("S SS SSS SSSS", "0 04 045 SSSS"),
        ("E EEE EEEE EEEEE", "lør lør lørdag L"),
        ("a aa", "a.m. aa"),
        ("G GGGG GGGGG", "e.Kr. etter Kristus e.Kr."),
        ("'T'q-", "'T'q-"),
        ("", "07.02.2026"),
        (None, "07.02.2026"),
        ("null", "07.02.2026"),
    ],
)
def test_runs_in_bokmaal(pattern: str | None, result: str):
    assert shown(MORNING, pattern) == result


@pytest.mark.parametrize(
    ("language", "result"),
    [
        ("nb", "13 01 p.m. torsdag des e.Kr."),
        ("nn", "13 01 p.m. torsdag des e.Kr."),
        ("en", "13 01 PM Thursday Dec AD"),
        ("se", "13 01 PM Thursday Dec AD"),
    ],
)
def test_languages_after_noon(language: str, result: str):
    assert shown("2026-12-31T13:00", "H hh a EEEE MMM G", language) == result


def test_days_of_nynorsk():
    days = [shown(f"2026-02-0{day}", "EEE EEEE", "nn") for day in range(1, 8)]

    assert days == [
        "søn søndag",
        "mån måndag",
        "tys tysdag",
        "ons onsdag",
        "tor torsdag",
        "fre fredag",
        "lau laurdag",
    ]


def test_midnight_is_twelve_on_a_half_day_clock_and_zero_on_a_whole_one():
    assert shown("2026-02-07", "h hh H a", "en") == "12 12 0 AM"


def test_a_date_with_offset_is_shown_in_the_time_zone_of_the_app():
    assert shown(EVENING + "Z", "yyyy-MM-dd HH:mm") == "2027-01-01 00:59"
    assert shown(EVENING + "Z", "yyyy-MM-dd HH:mm", zone="America/New_York") == "2026-12-31 18:59"
    assert shown("2026-07-01T12:00+00:00", "HH") == "14"


def test_a_date_without_offset_is_not_shifted():
    assert shown(EVENING, "yyyy-MM-dd HH:mm", zone="America/New_York") == "2026-12-31 23:59"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_a_moment_outside_of_the_calendar_is_no_date(moment: str):
    with pytest.raises(ExpressionError, match="the date/time is invalid"):
        shown(moment, "yyyy")
