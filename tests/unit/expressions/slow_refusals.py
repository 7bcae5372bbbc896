"""What app folder §11.1 and §11.5 refuse before anything is evaluated, read off the page again; see `slow_values`."""

# The values of this file are any JSON: types would say nothing here.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterator
from typing import Any

from tests.unit.expressions.slow_asking import BROWSER
from tests.unit.expressions.slow_values import cut, told

Refusal = tuple[str, str]
"""Message and path, `[1][2]`."""

LIMIT = "Expression limit exceeded"
MAX_DEPTH, MAX_NODES, MAX_TEXT = 32, 256, 65_536

USUAL = "Expected {} argument(s), got {}"
SHORT = "Invalid number of args"
COUNTS: dict[str, tuple[int, int | None, str, str]] = {}
"""name -> fewest and most arguments, how messages write them, and the message."""


def _takes(least: int, most: int | None, names: str, message: str = USUAL) -> None:
    written = f"{least}+" if most is None else str(least) if least == most else f"{least}-{most}"
    COUNTS.update(dict.fromkeys(names.split(), (least, most, written, message)))


_takes(2, 2, "equals notEquals contains notContains startsWith endsWith commaContains stringIndexOf jmespath average")
_takes(2, 2, "greaterThan greaterThanEq lessThan lessThanEq minus divide", SHORT)
_takes(1, None, "plus multiply", SHORT)
_takes(1, None, "and or")
_takes(1, 1, "not upperCase lowerCase upperCaseFirst lowerCaseFirst stringLength sum count")
_takes(1, 1, "component countDataElements instanceContext frontendSettings text argv authContext")
_takes(0, 0, "gatewayAction language")
_takes(0, 1, "value")
_takes(1, 2, "round formatDate dataModel")
_takes(2, 3, "stringSlice")
_takes(3, 3, "stringReplace")
_takes(3, 4, "compare")
_takes(2, 2, "optionLabel")
_takes(0, None, "concat list " + " ".join(BROWSER))

OPERATORS = (
    "equals greaterThan greaterThanEq lessThan lessThanEq isBefore isAfter isBeforeEq isAfterEq isSameDay".split()
)
KNOWN = {*COUNTS, "if", "object"}


def refusals(source: Any) -> list[Refusal]:
    """All of them in source order; empty for an expression that may be evaluated."""
    if too_large(source):
        return [(LIMIT, "")]
    return list(_of(source, ""))


def too_large(source: Any) -> bool:
    """Deeper or of more nodes than allowed; names of functions are not counted."""
    depth, nodes, layer = 0, 0, [source]
    while layer:
        nodes += len(layer)
        calls = [item for item in layer if isinstance(item, list)]
        depth += bool(calls)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            return True
        layer = [argument for call in calls for argument in call[1:]]
    return False


def _of(source: Any, path: str) -> Iterator[Refusal]:
    if not isinstance(source, list):
        yield from ((message, path) for message in _literal(source))
        return
    own = _call(source)
    if own is not None:
        yield own, path
    for place in range(1, len(source)):
        yield from _of(source[place], f"{path}[{place}]")


def _literal(source: Any) -> Iterator[str]:
    if isinstance(source, dict):
        yield 'Invalid type "object"'
    elif isinstance(source, str) and any("\ud800" <= letter <= "\udfff" for letter in source):
        yield "Expected a literal of JSON, got one that has no JSON form"
    elif isinstance(source, str) and len(source.encode()) > MAX_TEXT:
        yield LIMIT


def _call(source: list[Any]) -> str | None:
    if source == []:
        return "Missing function name in expression"
    name, given = source[0], source[1:]
    if not isinstance(name, str):
        return "Function name in expression should be string"
    if name not in KNOWN:
        return f'Function "{cut(name)}" not implemented'
    return SPECIAL[name](given) if name in SPECIAL else _count(name, given)


def _count(name: str, given: list[Any]) -> str | None:
    least, most, written, message = COUNTS[name]
    if least <= len(given) and (most is None or len(given) <= most):
        return None
    return message.format(written, len(given))


def _compare(given: list[Any]) -> str | None:
    if len(given) not in (3, 4):
        return _count("compare", given)
    if len(given) == 4 and given[1] != "not":
        return 'Second argument must be "not" when providing 4 arguments in total'
    name = given[1] if len(given) == 3 else given[2]
    if name is None or isinstance(name, list):
        return "Invalid operator (it cannot be an expression or null)"
    if name in OPERATORS:
        return None
    return f'Invalid operator "{cut(name) if isinstance(name, str) else told(name)}"'


def _if(given: list[Any]) -> str | None:
    if len(given) > 2 and not (isinstance(given[2], str) and given[2].lower() == "else"):
        return 'Expected third argument to be "else"'
    if len(given) in (2, 4):
        return None
    return f"Expected either 2 arguments (if) or 4 (if + else), got {len(given)}"


def _object(given: list[Any]) -> str | None:
    return "The object function must have an even number of arguments" if len(given) % 2 else None


def _data_model(given: list[Any]) -> str | None:
    if len(given) == 2 and not (given[1] is None or isinstance(given[1], str)):
        return "The data type must be a string (expressions cannot be used here)"
    return _count("dataModel", given)


def _option_label(given: list[Any]) -> str | None:
    if len(given) == 2 and not isinstance(given[0], str):
        return "The options id must be a string (expressions cannot be used here)"
    return _count("optionLabel", given)


SPECIAL = {"compare": _compare, "if": _if, "object": _object, "dataModel": _data_model, "optionLabel": _option_label}
