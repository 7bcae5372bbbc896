"""Paths into form data: `a.b.c`, `rows[0].name`, `rows[].name` (app folder §6.3)."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from dialog_graph.model.json_value import Json

Step: TypeAlias = str | int
"""One step: the name of a member or the index of a row."""

_SEGMENT = re.compile(r"([^.\[\]\s]+)((?:\[[0-9]{0,9}\])*)")
_INDEX = re.compile(r"\[([0-9]*)\]")
_UNADDRESSABLE = re.compile(r"[.\[\]\s]")


MAX_KEPT = 256
"""Paths of more characters are read anew each time; forms ask for the same short ones in every row."""


def parse(path: str) -> tuple[Step, ...] | None:
    """The steps of a path, None when it is not one. `[]` is the same as no index."""
    return _kept(path) if len(path) <= MAX_KEPT else _parsed(path)


@lru_cache(maxsize=4096)
def _kept(path: str) -> tuple[Step, ...] | None:
    return _parsed(path)


def _parsed(path: str) -> tuple[Step, ...] | None:
    steps: list[Step] = []
    for segment in path.split("."):
        match = _SEGMENT.fullmatch(segment)
        if match is None:
            return None
        steps.append(match.group(1))
        steps += [int(index) for index in _INDEX.findall(match.group(2)) if index]
    return tuple(steps)


def is_addressable(name: str) -> bool:
    """True when a property of this name can stand in a path."""
    return bool(name) and not _UNADDRESSABLE.search(name)


def show(steps: Iterable[Step]) -> str:
    """The reverse of `parse`."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


Arrays: TypeAlias = tuple[tuple[str, ...], ...]
"""For each index of a context: the names that lead to its array."""


def get(document: Json, steps: tuple[Step, ...], rows: tuple[int, ...] = (), arrays: Arrays | None = None) -> Json:
    """The value at a path; null where something is missing or an array on the way has no index.

    `rows` are the indices of the context: an array segment without a literal index takes the next of them; after the
    first literal index none is used any more. `arrays` says which arrays they are rows of, where that is known: the
    indices are used only as long as the path goes through the same arrays. The last segment may be an array and is
    then given whole.
    """
    return walk(document, steps, rows, arrays)[1]


def walk(
    document: Json, steps: tuple[Step, ...], rows: tuple[int, ...] = (), arrays: Arrays | None = None
) -> tuple[tuple[Step, ...], Json]:
    """The path with the indices that a context gives it, and the value there, as `get` gives it."""
    value = document
    found: list[Step] = []
    names: tuple[str, ...] = ()
    used = 0
    for step in steps:
        if isinstance(step, int):
            rows = ()
        else:
            while isinstance(value, list) and _applies(rows, arrays, names, used):
                found.append(rows[used])
                value, used = _inside(value, rows[used]), used + 1
            names = (*names, step)
        found.append(step)
        value = _inside(value, step)
    if isinstance(value, list) and _applies(rows, arrays, names, used):
        found.append(rows[used])
        value = _inside(value, rows[used])
    return tuple(found), value


def _applies(rows: tuple[int, ...], arrays: Arrays | None, names: tuple[str, ...], used: int) -> bool:
    """True when the next index of the context is one of the array that these names lead to."""
    return used < len(rows) and (arrays is None or (used < len(arrays) and arrays[used] == names))


def context_of(steps: tuple[Step, ...]) -> tuple[tuple[int, ...], Arrays]:
    """The rows that a resolved path stands in, and their arrays."""
    rows: list[int] = []
    arrays: list[tuple[str, ...]] = []
    names: tuple[str, ...] = ()
    for step in steps:
        if isinstance(step, int):
            rows.append(step)
            arrays.append(names)
        else:
            names = (*names, step)
    return tuple(rows), tuple(arrays)


def resolved(document: Json, steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """The paths of a field in every row: each array on the way, but not at its end, gets all of its indices."""
    waiting: list[tuple[tuple[Step, ...], tuple[Step, ...], Json]] = [((), steps, document)]
    while waiting:
        before, after, value = waiting.pop()
        if not after:
            yield before
        elif isinstance(value, list) and isinstance(after[0], str):
            waiting += [((*before, index), after, value[index]) for index in reversed(range(len(value)))]
        else:
            waiting.append(((*before, after[0]), after[1:], _inside(value, after[0])))


def _inside(value: Json, step: Step) -> Json:
    """The member or row of a value; null where there is none."""
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else None
    return value.get(step) if isinstance(value, dict) else None


def put(document: Json, steps: tuple[Step, ...], value: Json) -> bool:
    """Sets a value in place; makes missing objects, never rows. False, and nothing changed, where it cannot be."""
    if not steps or not _reaches(document, steps):
        return False
    holder = document
    for step in steps[:-1]:
        if isinstance(holder, dict) and isinstance(step, str):
            if holder.get(step) is None:
                holder[step] = {}
            holder = holder[step]
        elif isinstance(holder, list) and isinstance(step, int):
            holder = holder[step]
    return _set(holder, steps[-1], value)


def remove_row(document: Json, steps: tuple[Step, ...]) -> None:
    """Takes a row away in place; nothing where there is none."""
    holder = document
    for step in steps[:-1]:
        holder = _inside(holder, step)
    index = steps[-1]
    if isinstance(holder, list) and isinstance(index, int) and index < len(holder):
        del holder[index]


def _reaches(document: Json, steps: tuple[Step, ...]) -> bool:
    """True when every step on the way is an object member (present or not) or a row that exists."""
    value, is_missing = document, False
    for step in steps:
        if isinstance(step, str):
            if not is_missing and not isinstance(value, dict):
                return False
            value = value.get(step) if isinstance(value, dict) else None
            is_missing = value is None
        elif isinstance(value, list) and step < len(value):
            value = value[step]
            is_missing = False
        else:
            return False
    return True


def _set(holder: Json, step: Step, value: Json) -> bool:
    if isinstance(holder, dict) and isinstance(step, str):
        holder[step] = value
        return True
    if isinstance(holder, list) and isinstance(step, int):
        holder[step] = value
        return True
    return False


def differing(before: Json, after: Json) -> tuple[str, ...]:
    """Paths at which two documents differ, in the order of the documents; rows that one lacks count whole."""
    found: list[str] = []
    _compare(before, after, (), found)
    return tuple(found)


def _compare(before: Json, after: Json, at: tuple[Step, ...], found: list[str]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*after, *before)):
            if name not in before or name not in after:
                found.append(show((*at, name)))
            else:
                _compare(before[name], after[name], (*at, name), found)
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            if index >= len(before) or index >= len(after):
                found.append(show((*at, index)))
            else:
                _compare(before[index], after[index], (*at, index), found)
    elif not _same(before, after):
        found.append(show(at))


def _same(before: object, after: object) -> bool:
    """Equal scalars: numbers by value, true is not 1."""
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, (int, float, Decimal)) and isinstance(after, (int, float, Decimal)):
        return before == after
    return type(before) is type(after) and before == after
