"""When timers are due (process engine §12): from what a timer says, or its expression gave, to round after round."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from dialog_graph.bpmn.durations import Duration, after, first_round, parse_cycle, parse_duration, parse_moment
from dialog_graph.bpmn.element_parts import Timer, TimerKind
from dialog_graph.model.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One firing: due at `anchor` + `k` times `duration`. `remaining`: firings after it, None for ever."""

    due_at: datetime
    anchor: datetime
    k: int = 0
    duration: str | None = None
    remaining: int | None = 0


@dataclass(frozen=True, slots=True)
class NoTime:
    """The value is no time; `expected` says which kind of text was."""

    expected: str


NEVER = None
"""In place of a `Round`: this timer fires no more."""

_EXPECTED = {
    TimerKind.DATE: "a date or date-time",
    TimerKind.DURATION: "a duration as P1DT2H",
    TimerKind.CYCLE: "a repetition as R3/PT1H",
}


def first(timer: Timer, value: Json, now: datetime, zone: tzinfo) -> Round | NoTime | None:
    """The first firing. `value`: the timer's text, or what its expression gave; null and blank are due at once."""
    blank = value is None or (isinstance(value, str) and not value.strip())
    found = _at(now.astimezone(UTC)) if blank else _read(timer.kind, value, now, zone)
    if timer.before is None or not isinstance(found, Round):
        return found
    return _earlier(found, timer.before, now, zone)


def _at(moment: datetime) -> Round:
    return Round(due_at=moment, anchor=moment)


def _read(kind: TimerKind, value: Json, now: datetime, zone: tzinfo) -> Round | NoTime | None:
    text = value.strip() if isinstance(value, str) else ""
    match kind:
        case TimerKind.DATE:
            moment = parse_moment(text, zone)
            return NoTime(_EXPECTED[kind]) if moment is None else _at(moment)
        case TimerKind.DURATION:
            found = _numbered(now, text, 1, 0, zone)
            return NoTime(_EXPECTED[kind]) if found is NEVER else found
        case TimerKind.CYCLE:
            return _first_of_cycle(text, now, zone)


def _numbered(anchor: datetime, text: str, k: int, remaining: int | None, zone: tzinfo) -> Round | None:
    duration = parse_duration(text)
    due = after(anchor, duration, k, zone) if duration else None
    if due is None:
        return NEVER
    return Round(due_at=due, anchor=anchor.astimezone(UTC), k=k, duration=text, remaining=remaining)


def _first_of_cycle(text: str, now: datetime, zone: tzinfo) -> Round | NoTime | None:
    """Rounds of a start that lies in the past were never waited for: they are left out, not fired."""
    cycle = parse_cycle(text)
    length = parse_duration(cycle.duration) if cycle else None
    if cycle is None or length is None:
        return NoTime(_EXPECTED[TimerKind.CYCLE])
    anchor, k = (cycle.start, 0) if cycle.start else (now, 1)
    last = None if cycle.count is None else k + cycle.count - 1
    if cycle.end is not None:
        fitting = _first_due_after(anchor, length, k, cycle.end, zone) - 1
        last = fitting if last is None else min(last, fitting)
    if cycle.start:
        k = _first_due_after(anchor, length, k, now, zone)
    if last is not None and k > last:
        return NEVER
    return _numbered(anchor, cycle.duration, k, None if last is None else last - k, zone)


def _first_due_after(anchor: datetime, length: Duration, k: int, moment: datetime, zone: tzinfo) -> int:
    """The first round that is due later than a moment, or that the calendar does not know any more."""

    def is_later(number: int) -> bool:
        due = after(anchor, length, number, zone)
        return due is None or due > moment

    return first_round(k, is_later)


def following(done: Round, catch_up: bool, now: datetime, zone: tzinfo) -> Round | None:
    """The round after one that has fired. Without `catch_up` those that are due by now are left out."""
    length = parse_duration(done.duration or "")
    if length is None or not length.lasts or done.remaining == 0:
        return NEVER
    k = done.k + 1 if catch_up else _first_due_after(done.anchor, length, done.k + 1, now, zone)
    remaining = None if done.remaining is None else done.remaining - (k - done.k)
    if remaining is not None and remaining < 0:
        return NEVER
    return _numbered(done.anchor, done.duration or "", k, remaining, zone)


def _earlier(found: Round, before: str, now: datetime, zone: tzinfo) -> Round | None:
    """A reminder; one whose time has passed already is left out."""
    length = parse_duration(before)
    moment = after(found.due_at, length, -1, zone) if length else None
    return NEVER if moment is None or moment <= now else _at(moment)
