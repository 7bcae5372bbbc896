"""When a failed attempt is made again, and when no more (process engine §9, P29): on a clock that is given."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.bpmn import TaskConfig
from dialog_graph.bpmn.task_config import Retry, Wait
from dialog_graph.commands.step.retrying import JITTER, Schedule, lasting

NOW = datetime(2027, 1, 31, 9, tzinfo=UTC)
MIDDLE = 0.5
"""The chance that neither lengthens nor shortens a pause."""


def seconds(*amounts: float) -> list[timedelta]:
    return [timedelta(seconds=amount) for amount in amounts]


def test_pauses_are_doubled_from_a_second_up_to_five_minutes() -> None:
    usual = Schedule()
    assert [usual.delay(failures, MIDDLE) for failures in range(1, 12)] == seconds(
        1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300
    )


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 0.8), (MIDDLE, 1.0), (1.0, 1.2)])
def test_chance_moves_a_pause_by_a_fifth_at_most(chance: float, pause: float) -> None:
    assert Schedule().delay(1, chance) == timedelta(seconds=pause)


@given(failures=st.integers(1, 10**9), chance=st.floats(0, 1))
def test_no_number_of_failures_makes_a_pause_too_long_or_none(failures: int, chance: float) -> None:
    usual = Schedule()
    assert usual.base * (1 - JITTER) <= usual.delay(failures, chance) <= usual.longest * (1 + JITTER)


def test_after_a_day_it_is_given_up() -> None:
    usual = Schedule()
    pauses = [usual.delay(failures, MIDDLE) for failures in range(1, 400)]
    passed = accumulate(pauses, initial=timedelta(0))
    moments = [NOW + since for since in passed]
    tries = [usual.next_attempt(NOW, failures, moment, MIDDLE) for failures, moment in enumerate(moments[:-1], start=1)]
    made = [moment for moment in tries if moment is not None]
    assert made == [moment for moment in moments[1:] if moment <= NOW + timedelta(days=1)]
    assert len(made) == 295, "nine that are doubled, then one every five minutes"
    assert set(tries[len(made) :]) == {None}, "given up for good"


def test_the_last_moment_still_counts_and_the_one_after_it_does_not() -> None:
    schedule = Schedule(base=timedelta(hours=1), longest=timedelta(hours=1), give_up_after=timedelta(hours=3))
    assert schedule.next_attempt(NOW, 1, NOW + timedelta(hours=2), MIDDLE) == NOW + timedelta(hours=3)
    assert schedule.next_attempt(NOW, 1, NOW + timedelta(hours=2, microseconds=1), MIDDLE) is None


@pytest.mark.parametrize(("failures", "is_tried"), [(1, True), (2, True), (3, False), (4, False)])
def test_an_app_may_count_its_attempts(failures: int, is_tried: bool) -> None:
    schedule = Schedule.of(TaskConfig(retry=Retry(max_attempts="3")), NOW)
    assert (schedule.next_attempt(NOW, failures, NOW, MIDDLE) is not None) is is_tried


def test_what_a_task_says_counts() -> None:
    config = TaskConfig(
        retry=Retry(base="PT10S", max="PT1M", give_up_after="PT2H", max_attempts="7"), wait=Wait(budget="P3D")
    )
    assert Schedule.of(config, NOW) == Schedule(
        base=timedelta(seconds=10),
        longest=timedelta(minutes=1),
        give_up_after=timedelta(hours=2),
        budget=timedelta(days=3),
        max_attempts=7,
    )


@pytest.mark.parametrize("config", [None, TaskConfig()], ids=["no task", "a task that says nothing"])
def test_without_words_it_is_the_usual_one(config: TaskConfig | None) -> None:
    assert Schedule.of(config, NOW) == Schedule()


@pytest.mark.parametrize("text", ["soon", "", "PT", "-PT1S", "P1W1D", "P9999999Y"])
def test_a_duration_that_cannot_be_read_counts_as_the_usual_one(text: str) -> None:
    config = TaskConfig(retry=Retry(base=text, max=text, give_up_after=text), wait=Wait(budget=text))
    assert Schedule.of(config, NOW) == Schedule()


@pytest.mark.parametrize("text", ["", "many", "-1", "1.5", "٣"])
def test_a_number_of_attempts_that_is_none_is_no_limit_or_a_number(text: str) -> None:
    most = Schedule.of(TaskConfig(retry=Retry(max_attempts=text)), NOW).max_attempts
    assert most == (3 if text == "٣" else None)


def test_deferrals_last_for_two_weeks_at_most() -> None:
    assert Schedule.of(TaskConfig(wait=Wait(budget="P1Y")), NOW).budget == timedelta(days=14)


@pytest.mark.parametrize(
    ("text", "lasts"),
    [
        ("PT1.5S", timedelta(seconds=1.5)),
        ("P1M", timedelta(days=28)),
        ("PT0S", timedelta(0)),
        ("P1W", timedelta(days=7)),
        ("1 day", None),
    ],
)
def test_a_month_lasts_as_long_as_the_one_that_begins_now(text: str, lasts: timedelta | None) -> None:
    assert lasting(text, NOW) == lasts
