"""The judge of histories itself: it must accept what happened in some order, and nothing else."""

from typing import Any

import pytest

from tests.chaos.history import Stored, unexplained
from tests.chaos.story import FAULT, OK, REFUSED, UNKNOWN, Call

CASE = "01a1f000-0000-7000-8000-000000000001"
RESULT: dict[str, Any] = {"instance_id": CASE}


def call(key: str, times: tuple[int, int], outcome: str = OK, name: str = "write", **given: object) -> Call:
    return Call(
        actor="kari",
        name=name,
        given={"instance_id": CASE, "idempotency_key": key, **given},
        invoked=times[0],
        ended=times[1],
        outcome=outcome,
        answer={OK: {"ok": RESULT}, FAULT: {"fault": "it broke"}}.get(outcome, {}),
    )


def refused(key: str, times: tuple[int, int], code: str, revision: int | None = None, **given: int) -> Call:
    found = call(key, times, REFUSED, "write", **given)
    found.answer = {"refused": code, "revision": revision}
    found.foreseen = frozenset({"CONCURRENCY"})
    return found


def stored(**places: int) -> dict[str, Stored]:
    return {key: Stored(RESULT, CASE, place) for key, place in places.items()}


def test_calls_one_after_another_and_at_the_same_time_are_explained() -> None:
    calls = [
        call("a", (1, 2)),
        call("b", (3, 6)),
        call("c", (4, 5)),
        refused("d", (3, 7), "CONCURRENCY", 2, expected_revision=1),
        call("e", (8, 9), name="delete"),
    ]
    assert list(unexplained(calls, stored(a=1, c=2, b=3))) == []


@pytest.mark.parametrize(
    ("calls", "places", "reason"),
    [
        ([call("a", (1, 2))], {}, "it was acknowledged, but is lost"),
        ([call("a", (1, 2), UNKNOWN)], {"a": 1}, "it has never been answered"),
        ([call("a", (1, 2), FAULT)], {}, "it broke"),
        ([refused("a", (1, 2), "CONCURRENCY", expected_revision=1)], {"a": 1}, "has been carried out"),
        ([refused("a", (1, 2), "FORBIDDEN")], {}, "expected to be accepted"),
        ([call("a", (1, 2), expected_revision=3)], {"a": 2}, "it expected revision 3 and made revision 2"),
        ([call("a", (1, 2)), call("b", (3, 4))], {"b": 1, "a": 2}, "b began after a was over"),
        ([], {"a": 1}, "nobody called"),
        ([refused("a", (1, 2), "CONCURRENCY", 4, expected_revision=1)], {}, "it was one of 0 to 0"),
        (
            [call("a", (1, 2)), refused("b", (3, 4), "CONCURRENCY", 1, expected_revision=1)],
            {"a": 1},
            "was told revision 1",
        ),
    ],
)
def test_a_history_that_cannot_have_happened_is_told(calls: list[Call], places: dict[str, int], reason: str) -> None:
    found = list(unexplained(calls, stored(**places)))
    assert len(found) == 1
    assert reason in found[0]


def test_an_answer_that_is_not_the_stored_one_is_told() -> None:
    other = {"a": Stored({"instance_id": "another"}, CASE, 1)}
    assert "told" in next(unexplained([call("a", (1, 2))], other))
