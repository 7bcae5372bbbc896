"""What a JSON value of a caller may hold, whichever road it came by (security rules §10.1).

Bodies are read by `strict_json`; a literal inside a GraphQL document is not, and a patch makes values of its own. Pure.
"""

from collections.abc import Iterable
from math import isfinite

from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.json_value import Json
from dialog_graph.model.strict_json import MAX_DEPTH


def refuse_unfit(value: Json, name: str) -> None:
    """Raises INVALID_INPUT for U+0000, lone surrogates, numbers that are none, and too much nesting.

    `name`: the member of the input, for the answer.
    """
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise _refused(name, f"a nesting of at most {MAX_DEPTH}", "it is deeper")
        for item in level:
            _refuse_scalar(item, name)
        level = [inner for item in level for inner in _inside(item)]
        depth += 1


def _inside(value: Json) -> Iterable[Json]:
    """The values in an object or a list, and the names of members, which are texts like others."""
    if isinstance(value, dict):
        return (*value, *value.values())
    return value if isinstance(value, list) else ()


def _refuse_scalar(value: Json, name: str) -> None:
    if isinstance(value, float) and not isfinite(value):
        raise _refused(name, "numbers of double precision", "one is larger")
    if isinstance(value, str) and ("\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value)):
        raise _refused(name, "Unicode text without U+0000", "there is another character")


def refuse_text(value: str | None, name: str, limit: int) -> None:
    """Raises INVALID_INPUT for a text that is too long or that cannot be stored."""
    if value is None:
        return
    if len(value) > limit:
        raise _refused(name, f"at most {limit} characters", f"there are {len(value)}")
    _refuse_scalar(value, name)


def refuse_large(value: Json, limit: int) -> None:
    """Raises PAYLOAD_TOO_LARGE for a document that certainly takes more than `limit` bytes.

    Looks before anything is written out: a patch that copies one long text many times is small until then.
    """
    room, waiting = limit, [value]
    while waiting and room >= 0:
        item = waiting.pop()
        room -= len(item) if isinstance(item, str) else 1
        waiting.extend(_inside(item))
    if room < 0:
        raise Refused(Refusal(code="PAYLOAD_TOO_LARGE", expected=f"at most {limit} bytes", actual="there are more"))


def _refused(name: str, expected: str, actual: str) -> Refused:
    return Refused(Refusal(code="INVALID_INPUT", expected=expected, actual=actual, path=(name,)))
