"""Durations, moments, cycles, and the arithmetic of the calendar (process engine §12, invariant P20)."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.bpmn.durations import Cycle, Duration, after, first_round, parse_cycle, parse_duration, parse_moment

OSLO = ZoneInfo("Europe/Oslo")
HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("P1M", Duration(months=1)),
        ("P1Y2M10DT2H30M", Duration(months=14, days=10, microseconds=2 * HOUR + HOUR // 2)),
        ("P2W", Duration(days=14)),
        ("PT0S", Duration()),
        ("PT0.5H", Duration(microseconds=HOUR // 2)),
        ("PT1,25S", Duration(microseconds=1_250_000)),
        ("P1.5D", Duration(days=1, microseconds=12 * HOUR)),
        ("P1.5W", Duration(days=7, microseconds=84 * HOUR)),
        ("PT0.0000001S", Duration()),
        ("P1000Y", Duration(months=12_000)),
    ],
)
def test_durations_of_iso_8601(text: str, duration: Duration):
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    [
        *("", "P", "PT", "1D", "P1", "P1H", "PT1D", "P1DT", "-P1D", "P-1D", "+P1D", "p1d", "P1D ", " P1D", "P1D\n"),
        *("P1W1D", "P1WT1H", "P1Y1W", "P0.5Y", "P0.5M", "PT1.5H3M", "P1.5DT1H", "PT1.S", "PT.5S", "P1S", "PT1M1H"),
        *("P1001Y", "P12001M", "P400000D", "PT999999999H", "P1000000000D", "P۱D", "P1D1D", "R/P1D", "2030-01-01"),
    ],
)
def test_other_texts_are_no_durations(text: str):
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-01-02T03:04:05Z", datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2030-01-02t03:04z", datetime(2030, 1, 2, 3, 4, tzinfo=UTC)),
        ("2030-07-02 03:04+02:00", datetime(2030, 7, 2, 1, 4, tzinfo=UTC)),
        ("2030-01-02T03:04:05.123456789-01:30", datetime(2030, 1, 2, 4, 34, 5, 123456, tzinfo=UTC)),
        ("2030-07-02", datetime(2030, 7, 1, 22, tzinfo=UTC)),
        ("2030-07-02T12:00", datetime(2030, 7, 2, 10, tzinfo=UTC)),
    ],
)
def test_moments_are_told_in_utc_and_belong_to_the_zone_without_an_offset(text: str, moment: datetime):
    assert parse_moment(text, OSLO) == moment


@pytest.mark.parametrize(
    "text",
    [
        *("2030-02-30", "2030-13-01", "2030-01-02T24:00Z", "2030-01-02T03:60Z", "30-01-02", "2030-1-2", "tomorrow", ""),
        *("2030-01-02T03Z", "2030-01-02T03:04:05.Z", "2030-01-02T03:04+25:00", "0000-01-01", "2030-W01-1", "20300102"),
        *("0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "2030-01-02T03:04Zulu", "٢٠٣٠-01-02"),
    ],
)
def test_other_texts_are_no_moments(text: str):
    assert parse_moment(text, OSLO) is None


def test_without_a_zone_a_moment_needs_an_offset():
    assert parse_moment("2030-01-02T03:04", None) is None


@pytest.mark.parametrize(
    ("text", "cycle"),
    [
        ("R/PT1H", Cycle(count=None, duration="PT1H")),
        ("R-1/PT1H", Cycle(count=None, duration="PT1H")),
        ("R3/P1M", Cycle(count=3, duration="P1M")),
        ("R3/2030-01-01T00:00Z/P1D", Cycle(count=3, duration="P1D", start=datetime(2030, 1, 1, tzinfo=UTC))),
        ("R/P1D/2030-01-01T00:00Z", Cycle(count=None, duration="P1D", end=datetime(2030, 1, 1, tzinfo=UTC))),
    ],
)
def test_cycles(text: str, cycle: Cycle):
    assert parse_cycle(text) == cycle


@pytest.mark.parametrize(
    "text",
    [
        *("", "R", "R3", "PT1H", "R0/PT1H", "R-2/PT1H", "R+3/PT1H", "r3/PT1H", "R3/", "R3/PT0S", "R3/PT0.5S", "R3/P"),
        *("R/2030-01-01/P1D", "R/P1D/2030-01-01", "R/P1D/P1D", "R/2030-01-01T00:00Z/2031-01-01T00:00Z"),
        *("R1/P1D/2030-01-01T00:00Z/P1D", "R9999999999/PT1H", "0 0 9 * * ?"),
    ],
)
def test_other_texts_are_no_cycles(text: str):
    assert parse_cycle(text) is None


def due(anchor: datetime, text: str, times: int, zone: ZoneInfo = OSLO) -> datetime:
    duration = parse_duration(text)
    assert duration is not None
    found = after(anchor, duration, times, zone)
    assert found is not None
    return found.astimezone(zone)


def test_a_month_from_the_31st_never_drifts():
    anchor = datetime(2030, 1, 31, 10, tzinfo=OSLO)
    days = [due(anchor, "P1M", k).day for k in range(13)]
    assert days == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31]
    assert {due(anchor, "P1M", k).hour for k in range(13)} == {10}


def test_a_leap_day_comes_back_every_fourth_year():
    anchor = datetime(2032, 2, 29, tzinfo=OSLO)
    assert [due(anchor, "P1Y", k).strftime("%m-%d") for k in range(5)] == ["02-29", "02-28", "02-28", "02-28", "02-29"]


def test_a_day_keeps_the_time_of_day_and_24_hours_do_not():
    before_summer = datetime(2030, 3, 30, 12, tzinfo=OSLO)
    assert (due(before_summer, "P1D", 1).hour, due(before_summer, "PT24H", 1).hour) == (12, 13)
    before_winter = datetime(2030, 10, 26, 12, tzinfo=OSLO)
    assert (due(before_winter, "P1D", 1).hour, due(before_winter, "PT24H", 1).hour) == (12, 11)


def test_a_time_that_the_clock_leaves_out_is_as_much_later():
    assert due(datetime(2030, 3, 30, 2, 30, tzinfo=OSLO), "P1D", 1).strftime("%d %H:%M") == "31 03:30"


def test_a_time_that_the_clock_shows_twice_is_the_first():
    found = due(datetime(2030, 10, 26, 2, 30, tzinfo=OSLO), "P1D", 1)
    assert found.utcoffset() == timedelta(hours=2)


def test_no_times_a_duration_is_the_anchor_also_in_the_second_of_two_equal_hours():
    anchor = datetime(2030, 10, 27, 2, 30, fold=1, tzinfo=OSLO)
    assert due(anchor, "P1M", 0).astimezone(UTC) == anchor.astimezone(UTC)


@pytest.mark.parametrize(("text", "times"), [("P1000Y", 9), ("P1D", 1 << 70), ("PT1S", 1 << 62), ("P1M", -30_000)])
def test_beyond_the_calendar_there_is_nothing(text: str, times: int):
    duration = parse_duration(text)
    assert duration is not None
    assert after(datetime(2030, 1, 1, tzinfo=UTC), duration, times, OSLO) is None


moments = st.datetimes(datetime(1980, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis takes bounds without a zone)
zones = st.sampled_from(["Europe/Oslo", "UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]).map(ZoneInfo)
lengths = st.builds(Duration, st.integers(0, 30), st.integers(0, 800), st.integers(1_000_000, 90 * 24 * HOUR))


@given(moments, lengths, zones, st.integers(0, 200))
def test_later_rounds_are_never_earlier(anchor: datetime, length: Duration, zone: ZoneInfo, k: int):
    one, other = after(anchor, length, k, zone), after(anchor, length, k + 1, zone)
    assert one is not None
    assert other is not None
    assert one <= other


@given(moments, st.integers(-600, 600))
def test_whole_months_keep_time_and_day_as_far_as_the_month_goes(anchor: datetime, k: int):
    found = after(anchor, Duration(months=1), k, ZoneInfo("UTC"))
    assert found is not None
    assert (found.year - anchor.year) * 12 + found.month - anchor.month == k
    assert found.time() == anchor.time()
    assert found.day == min(anchor.day, monthrange(found.year, found.month)[1])


@given(st.integers(0, 1_000), st.integers(0, 100))
def test_the_first_round_is_found(limit: int, start: int):
    assert first_round(start, lambda k: k >= limit) == max(limit, start)
