"""Timers round by round: the first firing, those after it, and what a standstill leaves (process engine §12, P20)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.bpmn.element_parts import Timer, TimerKind
from dialog_graph.bpmn.timers import NoTime, Round, first, following
from dialog_graph.model.json_value import Json

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2030, 1, 31, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def timer(kind: TimerKind, text: str = "", before: str | None = None) -> Timer:
    return Timer(kind=kind, text=text, line=1, before=before)


def due(kind: TimerKind, value: Json, before: str | None = None) -> Round:
    found = first(timer(kind, before=before), value, NOW, OSLO)
    assert isinstance(found, Round), found
    return found


def rounds(text: str, count: int, now: datetime = NOW) -> list[datetime]:
    """The due times of a cycle whose worker is always there."""
    found, seen = first(timer(TimerKind.CYCLE), text, now, OSLO), list[datetime]()
    while isinstance(found, Round) and len(seen) < count:
        seen.append(found.due_at)
        found = following(found, False, found.due_at, OSLO)
    return seen


def test_a_date_is_due_once():
    found = due(TimerKind.DATE, "2030-02-01T12:00+01:00")
    assert found == Round(due_at=datetime(2030, 2, 1, 11, tzinfo=UTC), anchor=datetime(2030, 2, 1, 11, tzinfo=UTC))
    assert following(found, False, found.due_at, OSLO) is None


def test_a_date_that_has_passed_is_due_as_it_is():
    assert due(TimerKind.DATE, "2020-01-01").due_at == datetime(2019, 12, 31, 23, tzinfo=UTC)


def test_a_duration_counts_from_now():
    found = due(TimerKind.DURATION, "P1M")
    assert (found.due_at, found.anchor, found.k, found.duration) == (
        datetime(2030, 2, 28, 9, tzinfo=UTC),
        NOW,
        1,
        "P1M",
    )
    assert following(found, False, found.due_at, OSLO) is None


@pytest.mark.parametrize("kind", TimerKind)
@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_no_value_is_due_at_once(kind: TimerKind, nothing: Json):
    assert due(kind, nothing) == Round(due_at=NOW, anchor=NOW)


@pytest.mark.parametrize("kind", TimerKind)
@pytest.mark.parametrize("value", ["soon", 5, True, [], {}, "2030", "P", "R"])
def test_other_values_are_no_time(kind: TimerKind, value: Json):
    assert isinstance(first(timer(kind), value, NOW, OSLO), NoTime)


def test_three_rounds_are_three():
    assert rounds("R3/PT1H", 9) == [NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR]


@pytest.mark.parametrize("text", ["R/PT1H", "R-1/PT1H"])
def test_for_ever(text: str):
    assert len(rounds(text, 50)) == 50


def test_a_start_is_the_first_round():
    start = datetime(2030, 3, 1, tzinfo=UTC)
    assert rounds("R3/2030-03-01T00:00Z/P1M", 9) == [
        start,
        start.replace(month=4) - HOUR,
        start.replace(month=5) - HOUR,
    ]


def test_rounds_of_a_start_before_now_are_left_out_and_counted():
    assert rounds("R4/2030-01-31T06:30Z/PT1H", 9) == [NOW + HOUR / 2]
    assert rounds("R/2030-01-31T06:30Z/PT1H", 2) == [NOW + HOUR / 2, NOW + HOUR * 3 / 2]
    assert rounds("R2/2020-01-01T00:00Z/PT1H", 9) == []


def test_an_end_is_the_last_moment_of_all():
    assert rounds("R/PT1H/2030-01-31T12:00Z", 9) == [NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR]
    assert rounds("R2/PT1H/2030-01-31T12:00Z", 9) == [NOW + HOUR, NOW + 2 * HOUR]
    assert rounds("R/PT1H/2030-01-31T09:59Z", 9) == []


def test_the_calendar_ends_every_cycle():
    assert rounds("R/P1000Y", 20) == [datetime(year, 1, 31, 9, tzinfo=UTC) for year in range(3030, 10_000, 1_000)]


def cycle(remaining: int | None) -> Round:
    return Round(due_at=NOW + HOUR, anchor=NOW, k=1, duration="PT1H", remaining=remaining)


def test_after_a_standstill_what_was_missed_is_left_out():
    later = following(cycle(None), False, NOW + timedelta(hours=5, minutes=30), OSLO)
    assert later == Round(due_at=NOW + 6 * HOUR, anchor=NOW, k=6, duration="PT1H", remaining=None)


def test_what_was_missed_counts_as_fired():
    later = following(cycle(9), False, NOW + timedelta(hours=5, minutes=30), OSLO)
    assert later is not None
    assert (later.k, later.remaining) == (6, 4)
    assert following(cycle(3), False, NOW + timedelta(hours=5, minutes=30), OSLO) is None


def test_with_catch_up_every_round_fires():
    later = following(cycle(3), True, NOW + timedelta(days=1), OSLO)
    assert later == Round(due_at=NOW + 2 * HOUR, anchor=NOW, k=2, duration="PT1H", remaining=2)


@pytest.mark.parametrize("duration", [None, "", "nonsense", "PT0S"])
def test_a_row_that_cannot_be_of_a_cycle_has_no_next(duration: str | None):
    assert following(Round(due_at=NOW, anchor=NOW, duration=duration, remaining=None), False, NOW, OSLO) is None


def test_a_reminder_comes_before_its_deadline():
    assert due(TimerKind.DURATION, "P7D", before="P1D").due_at == NOW + timedelta(days=6)
    assert due(TimerKind.DATE, "2030-03-31T12:00+02:00", before="P1M").due_at == datetime(2030, 2, 28, 11, tzinfo=UTC)


def test_a_reminder_whose_time_has_passed_never_comes():
    assert first(timer(TimerKind.DURATION, before="P7D"), "P7D", NOW, OSLO) is None
    assert first(timer(TimerKind.DATE, before="P1D"), "2030-01-31T10:00Z", NOW, OSLO) is None
    assert first(timer(TimerKind.DATE, before="P1D"), None, NOW, OSLO) is None


moments = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis takes bounds without a zone)
texts = st.sampled_from(["PT1S", "PT45M", "P1D", "P1M", "P1Y2M3DT4H", "P2W"])


@given(moments, texts, st.integers(1, 40) | st.none(), st.lists(st.integers(0, 90_000), max_size=12), st.booleans())
def test_never_early_each_round_once_and_no_more_than_told(
    now: datetime, text: str, count: int | None, waits: list[int], catch_up: bool
):
    """Whatever the delays of the worker: rounds ascend, none is missed with catch-up, none comes twice."""
    found = first(timer(TimerKind.CYCLE), f"R{'' if count is None else count}/{text}", now, OSLO)
    clock, fired = now, list[int]()
    for wait in waits:
        if not isinstance(found, Round):
            break
        clock = max(clock, found.due_at) + timedelta(minutes=wait)
        assert found.due_at <= clock
        fired.append(found.k)
        found = following(found, catch_up, clock, OSLO)
        assert catch_up or found is None or found.due_at > clock
    assert fired == sorted(set(fired))
    assert count is None or not fired or fired[-1] <= count
    assert not catch_up or fired == list(range(1, len(fired) + 1))
