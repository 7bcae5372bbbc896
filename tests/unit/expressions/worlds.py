"""Random expressions, and random worlds for them to stand in: data, rows, arguments, texts, components, rights.

All is drawn from a `Random`: hypothesis gives one that shrinks, a seeded one is fast.
"""

# The values of this file are any JSON, and its rules are lambdas: types would say nothing here.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false

from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from dialog_graph.expressions import (
    Context,
    circular_hidden,
    several_elements,
    unknown_auth_property,
    unknown_component,
    unknown_data_type,
    unknown_options,
)
from tests.unit.expressions.slow_refusals import COUNTS, OPERATORS

NAMES = ("a", "a.b", "rows[].x", "rows[0].x", "list", "when", "deep", "Title", "")
TYPES = ("form", "sub", "many", "elsewhere")
SEARCHES = (
    *("@", "length(@)", "a", "a.b", "a[0]", "[0]", "[-1]", "[]", "[*].x", "[?x > `1`].x", "[?x == 'Ola'] | [0]", "*"),
    *(
        "keys(@)",
        "values(@)",
        "sort(@)",
        "sort_by(@, &x)[].x",
        "join(',', @)",
        "to_string(@)",
        "to_number(@)",
    ),
    *("type(@)", "not_null(a, `1`)", "{k: a, v: [@]}", "[a, `2`, 'x']", "reverse(@)", "max_by(@, &x)", "a || `5`"),
    *("[::2]", "nope(@)", "a[", "", "max(@)", "contains(@, 'a')", "map(&x, @)", "@.x.y", "sum(@)", "!a"),
)
PATTERNS = ("", "dd.MM.yyyy", "y yy M MMM EEEE a", "HH:mm:ss.SSS", "GGGG 'q' EEEEE MMMMM hh", "d ddd uu yyyyy SSSS")
DATES = (
    *("2026-02-29", "2024-02-29", "2026-01-01T10:00:00Z", "2026-01-01 11:00+01:00", "2026-01-01T24:00", "2026-7-1"),
    *("2026-07-01t00:30:59.1234567z", "0001-01-01T00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00.5"),
)

NUMBERS = (0, 1, 2, -3, 0.1, 0.2, 0.5, 2.5, -0.5, -0.0, 1.005, 2.675, 28, 28.5, 1e15, 1e21, 1e-7, 9.9e28, 2**60)
TEXTS = (
    *("", " ", "true", "False", "NULL", "1", "0.00", ".5e2", "55.", " 5", "1e999", "a,b , c", "read", "TRUE", "null"),
    *("🌍x", "æøå", "Ola", "else", "not", "ß", "ŉ", "İ", "x" * 250, "\u0000", "\n", "\\", '"'),
    *(*NAMES, *DATES, *PATTERNS),
)
LETTERS = 'abxyz 019.-+eETNr,[]{}"\\æİ🌍\ufffd\u2028'
KNOWN_TO: dict[str, tuple[Any, ...]] = {
    "component": NAMES,
    "countDataElements": TYPES,
    "instanceContext": ("instanceId", "appId", "instanceOwnerPartyType", "instanceOwnerName", "id"),
    "frontendSettings": NAMES,
    "text": NAMES,
    "formatDate": DATES,
    "argv": (0, 1, "1", 2, -1, 0.5),
    "value": NAMES,
    "authContext": ("read", "write", "sign"),
    "dataModel": NAMES,
    "optionLabel": ("colours", "nowhere"),
}
"""First arguments that mean something to a function."""


def number(random: Random) -> Any:
    kind = random.randrange(4)
    if kind == 0:
        return random.randrange(-(2**70), 2**70)
    return random.choice(NUMBERS) if kind < 3 else random.uniform(-1, 1) * 10.0 ** random.randrange(-20, 40)


def text(random: Random) -> str:
    if random.random() < 0.7:
        return random.choice(TEXTS)
    return "".join(random.choice(LETTERS) for _ in range(random.randrange(7)))


def literal(random: Random) -> Any:
    kind = random.randrange(10)
    return number(random) if kind < 4 else text(random) if kind < 8 else random.choice((None, True, False))


def value(random: Random, depth: int = 3) -> Any:
    """What the callables of a context may answer: any JSON, decimals among the numbers."""
    kind = random.randrange(8) if depth else 7
    if kind == 0:
        return [value(random, depth - 1) for _ in range(random.randrange(5))]
    if kind == 1:
        return {random.choice("abx"): value(random, depth - 1) for _ in range(random.randrange(4))}
    return Decimal(random.randrange(-(10**9), 10**9)) / 1000 if kind == 2 else literal(random)


def source(random: Random, depth: int = 4) -> Any:
    """An expression that compiles, nearly always: most give a value, many fail for a reason."""
    if depth == 0 or random.random() < 0.25:
        return literal(random)
    names = sorted({*COUNTS, "if", "object"})
    name = random.choice((*names, "compare", "compare", "if", "dataModel", "jmespath"))
    return _SPECIAL[name](random, depth - 1) if name in _SPECIAL else _usual(random, depth - 1, name)


def _sources(random: Random, depth: int, count: int) -> list[Any]:
    return [source(random, depth) for _ in range(count)]


def _usual(random: Random, depth: int, name: str) -> list[Any]:
    least, most, _, _ = COUNTS[name]
    arguments = _sources(random, depth, random.randint(least, least + 3 if most is None else most))
    if arguments and name in KNOWN_TO and random.random() < 0.7:
        arguments[0] = random.choice(KNOWN_TO[name])
    return [name, *arguments]


def _compare(random: Random, depth: int) -> list[Any]:
    first, second = _sources(random, depth, 2)
    return ["compare", first, *random.choice(([], ["not"])), random.choice(OPERATORS), second]


def _if(random: Random, depth: int) -> list[Any]:
    condition, then, otherwise = _sources(random, depth, 3)
    return ["if", condition, then, *random.choice(([], ["Else", otherwise]))]


def _object(random: Random, depth: int) -> list[Any]:
    members = [(random.choice("abc"), source(random, depth)) for _ in range(random.randrange(4))]
    return ["object", *[part for member in members for part in member]]


def _data_model(random: Random, depth: int) -> list[Any]:
    path = random.choice(NAMES) if random.random() < 0.8 else source(random, depth)
    return ["dataModel", path, *random.choice(([], [None], [random.choice(TYPES)]))]


_SPECIAL: dict[str, Callable[[Random, int], list[Any]]] = {
    "compare": _compare,
    "if": _if,
    "object": _object,
    "dataModel": _data_model,
    "jmespath": lambda random, depth: ["jmespath", source(random, depth), random.choice(SEARCHES)],
    "optionLabel": lambda random, depth: ["optionLabel", random.choice(("colours", "nowhere")), source(random, depth)],
}


def json_value(random: Random, depth: int = 4) -> Any:
    """Any JSON, much of it with the look of an expression."""
    kind = random.randrange(8) if depth else 7
    inner = [json_value(random, depth - 1) for _ in range(random.randrange(5))] if kind < 5 else []
    if kind < 3:
        return [random.choice(sorted({*COUNTS, "if", "object", "Equals"})), *inner]
    if kind == 3:
        return ["compare", *inner[:1], random.choice(("not", "NOT", *OPERATORS)), *inner[1:]]
    if kind == 4:
        return inner
    return {text(random): json_value(random, depth - 1) for _ in range(2)} if kind == 5 else literal(random)


def _answers(found: dict[str, Any], otherwise: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda name: found[name] if name in found else otherwise(name)


def _raised(error: Exception) -> Any:
    raise error


def _data(documents: dict[str, dict[str, Any]]) -> Callable[[str, str | None], Any]:
    def look_up(path: str, data_type: str | None) -> Any:
        if data_type == "many":
            raise several_elements(data_type)
        if data_type is not None and data_type not in documents:
            raise unknown_data_type(data_type)
        return documents[data_type or "form"].get(path)

    return look_up


def _component(values: dict[str, Any], hidden_in_a_circle: str) -> Callable[[str], Any]:
    def look_up(id: str) -> Any:
        if id == hidden_in_a_circle:
            raise circular_hidden()
        return values[id] if id in values else _raised(unknown_component(id))

    return look_up


def _members(random: Random, names: Sequence[Any], member: Callable[[Random], Any]) -> dict[Any, Any]:
    return {name: member(random) for name in names if random.random() < 0.5}


def context(random: Random) -> Context:
    """A world in which every callable may know a name, not know it, or refuse."""
    texts, labels = _members(random, NAMES, text), _members(random, (None, "1", "Ola", "true"), text)
    allowed = _members(random, ("read", "write"), lambda chance: chance.random() < 0.5)
    return Context(
        data_model=_data({"form": _members(random, NAMES, value), "sub": _members(random, NAMES, value)}),
        component=_component(_members(random, NAMES, value), random.choice(NAMES)),
        count_data_elements=_answers({"form": random.randrange(4), "sub": 1}, lambda name: 0),
        instance=_members(random, KNOWN_TO["instanceContext"], text).get,
        frontend_setting=_members(random, NAMES, text).get,
        gateway_action=random.choice((None, "sign", "reject")),
        language=random.choice(("nb", "nn", "en", "se")),
        text=lambda text_id: texts.get(text_id, text_id),
        time_zone=ZoneInfo(random.choice(("Europe/Oslo", "America/New_York", "Asia/Kathmandu"))),
        argv=tuple(value(random) for _ in range(random.randrange(4))),
        values=_members(random, ("a", "when"), value),
        auth=_answers(allowed, lambda name: _raised(unknown_auth_property(name, "Task_1"))),
        option_label=_labels(labels),
    )


def _labels(labels: dict[str | None, str]) -> Callable[[str, str | None], str | None]:
    return lambda options, found: labels.get(found) if options == "colours" else _raised(unknown_options(options))


DATA: dict[str, Any] = {
    "a": "Ola",
    "a.b": Decimal("17.5"),
    "list": [1, "2", None, 2**60],
    "when": "2026-11-20T09:05:00Z",
    "deep": {"x": [{"y": Decimal("1.50")}, True]},
}
FIXED = Context(
    data_model=_data({"form": DATA, "sub": {"a": "other"}}),
    component=_component({"a": 5, "deep": ["x"]}, "list"),
    count_data_elements=lambda data_type: {"form": 2}.get(data_type, 0),
    instance={"appId": "ttd/app"}.get,
    frontend_setting={"a": "on"}.get,
    text=lambda text_id: {"Title": "Søknad"}.get(text_id, text_id),
    gateway_action="sign",
    language="nn",
    argv=("a.b", 1, [2**60]),
    values=dict[str, Any](a=Decimal("2.50"), when=None),
    auth=_answers({"read": True, "write": False}, lambda name: _raised(unknown_auth_property(name, "Task_1"))),
    option_label=_labels({"1": "Raud", None: "Ingen"}),
)
"""One context in which everything is known that a small call asks for."""
