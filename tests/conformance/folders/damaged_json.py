"""Damage to JSON files: values, members, and texts that no value gives."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, TypeAlias, cast

from dialog_graph.model import tolerant_json
from tests.unit.expressions import worlds

Change: TypeAlias = Callable[[Random, bytes], bytes | None]
"""Of one file; None where it does not apply."""

STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1e300, 2**63, 10**300, "", " ", "x" * 300, "#/", "../../x", "\u0000", "\u202e", "æ"),
    *([], [[]], [None], {}, {"": 0}, [{}], {"id": {}}, "Task_1", "data", "[ORG]/[APP]", "a.b[0].c", "[0]", "0:x"),
    *("2026-02-30", "P1D", "PT-1S", "app:owned", "http://x/y", "#/definitions/x", "{0}{1}", "∞", "\ufeff"),
)
NAMES = (
    *("id", "ID", "x", "$ref", "type", "hidden", "required", "children", "dataModelBindings", "taskId", "appLogic"),
    *("maxCount", "minCount", "properties", "items", "allOf", "condition", "", "$schema", "oneOf", "pattern", "layout"),
)
_HOLE = "\ue000hole\ue000"
"""Stands in the document for a text that no JSON value gives."""

_NUMBERS = ("1e400", "-1e400", "9" * 400, "9" * 5_000, "-0", "1E+5", "0.1e-400", "01", "1.", "+1", "NaN", "Infinity")


def _read(data: bytes) -> Any:
    document = tolerant_json.read(data, max_bytes=1 << 20)
    return document.value if isinstance(document, tolerant_json.Document) else None


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of every value inside."""
    waiting: list[Any] = [value]
    while waiting:
        here = waiting.pop()
        members = cast("dict[Any, Any]", here).items() if isinstance(here, dict) else ()
        rows = enumerate(cast("list[Any]", here)) if isinstance(here, list) else ()
        for key, inner in [*members, *rows]:
            yield here, key
            waiting.append(inner)


def _json(edit: Callable[[Random, list[tuple[Any, Any]]], None], hole: Callable[[Random], str] | None = None) -> Change:
    """A change of the value at one or more of its places; `hole`: text for the place that holds `_HOLE`."""

    def change(random: Random, data: bytes) -> bytes | None:
        top = [_read(data)]
        places = [place for place in _places(top) if place[0] is not top] or [(top, 0)]
        edit(random, places)
        text = json.dumps(top[0], ensure_ascii=random.random() < 0.5)
        if hole is not None:
            text = text.replace(f'"{_HOLE}"', hole(random)).replace(json.dumps(_HOLE), hole(random))
        return text.encode("utf-8", "surrogatepass")

    return _of_json(change)


def _of_json(change: Change) -> Change:
    return lambda random, data: None if _read(data) is None else change(random, data)


def _value_replaced(random: Random, places: list[tuple[Any, Any]]) -> None:
    container, key = random.choice(places)
    container[key] = random.choice(STRANGE)


def _member_removed(random: Random, places: list[tuple[Any, Any]]) -> None:
    container, key = random.choice(places)
    del container[key]


def _member_renamed(random: Random, places: list[tuple[Any, Any]]) -> None:
    container, key = random.choice([place for place in places if isinstance(place[0], dict)] or places)
    if isinstance(container, dict):
        members = cast("dict[str, Any]", container)
        name = random.choice((*NAMES, key.upper(), key.lower(), key[:-1], key * 40))
        members[name] = members.pop(key)


def _values_swapped(random: Random, places: list[tuple[Any, Any]]) -> None:
    (one, first), (other, second) = random.choice(places), random.choice(places)
    # A value inside of the other would end in itself: its copy stands there.
    one[first], other[second] = json.loads(json.dumps(other[second])), json.loads(json.dumps(one[first]))


def _value_copied(random: Random, places: list[tuple[Any, Any]]) -> None:
    (one, first), (other, second) = random.choice(places), random.choice(places)
    one[first] = json.loads(json.dumps(other[second]))


def _expression_planted(random: Random, places: list[tuple[Any, Any]]) -> None:
    container, key = random.choice(places)
    planted = random.choice((worlds.source, worlds.json_value))(random)
    if isinstance(container, dict):
        key = random.choice((key, "hidden", "required", "readOnly", "condition", "message"))
    container[key] = planted


_WRAPPINGS: tuple[Callable[[Any], Any], ...] = (
    lambda value: [value],
    lambda value: {"children": value},
    lambda value: ["if", True, value],
)


def _wrapped(random: Random, places: list[tuple[Any, Any]]) -> None:
    container, key = random.choice(places)
    for _ in range(random.choice((1, 30, 70))):
        container[key] = random.choice(_WRAPPINGS)(container[key])


def _rows_added(random: Random, places: list[tuple[Any, Any]]) -> None:
    container, key = random.choice([place for place in places if isinstance(place[0], list)] or places)
    count = random.choice((20, 300, 3_000))
    if isinstance(container, list):
        rows = cast("list[Any]", container)
        text = json.dumps(rows[key])
        rows.extend(json.loads(text) for _ in range(min(count, 300_000 // max(len(text), 1))))
    else:
        container.update({f"{key}{number}": None for number in range(count)})


def _hole(random: Random, places: list[tuple[Any, Any]]) -> None:
    container, key = random.choice(places)
    container[key] = _HOLE


def _key_twice(random: Random, data: bytes) -> bytes | None:
    text = data.decode("utf-8", "replace")
    start = text.find("{")
    return None if start < 0 else (text[: start + 1] + f'"{random.choice(NAMES)}": 1, ' + text[start + 1 :]).encode()


def _commented(random: Random, data: bytes) -> bytes:
    comment = random.choice((b"// x\n", b"/* x */", b"/* x", b"// x", b"/*/", b"/**/,", b"# x\n"))
    at = random.choice([place for place, byte in enumerate(data) if byte in b",{}[]"] or [0]) + 1
    return data[:at] + comment + data[at:]


def _number(random: Random) -> str:
    return random.choice(_NUMBERS)


def _deep(random: Random) -> str:
    return random.choice("[{") * random.choice((64, 9_999))


def _long_text(random: Random) -> str:
    return f'"{random.choice("aæ{.[") * 60_000}"'


def _half(random: Random) -> str:
    return random.choice(('"\\ud800"', '"\\udc00x"'))


CHANGES: dict[str, Change] = {
    "JSON: a value replaced": _json(_value_replaced),
    "JSON: a member removed": _json(_member_removed),
    "JSON: a member renamed": _json(_member_renamed),
    "JSON: two values swapped": _json(_values_swapped),
    "JSON: a value copied": _json(_value_copied),
    "JSON: an expression planted": _json(_expression_planted),
    "JSON: a value wrapped": _json(_wrapped),
    "JSON: very many rows": _json(_rows_added),
    "JSON: a huge number": _json(_hole, _number),
    "JSON: nested very deep": _json(_hole, _deep),
    "JSON: a very long text": _json(_hole, _long_text),
    "JSON: half of a character": _json(_hole, _half),
    "JSON: a key twice": _key_twice,
    "JSON: a comment": _commented,
}
"""Every kind by its name."""
