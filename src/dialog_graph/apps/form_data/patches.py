"""JSON Patch on form data (RFC 6902), within bounds (process engine §8.2, security rules §10)."""

from copy import deepcopy
from typing import NamedTuple, cast

import jsonpatch
from jsonpointer import JsonPointer, JsonPointerException

from dialog_graph.apps.contents import paths
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

MAX_OPERATIONS = 100
MAX_DEPTH = 64
MAX_VALUES = 200_000
_FAULTS = (
    jsonpatch.JsonPatchException,
    JsonPointerException,
    TypeError,
    KeyError,
    IndexError,
    ValueError,
    AttributeError,
)


def apply_patch(document: Json, patch: Json) -> "Json | Refusal":
    """The patched copy of a document, or `INVALID_INPUT` whose path leads to what is wrong: `patch`, the number of the
    operation, and its member (`op`, `path`, `from`, `value`).

    All operations take effect or none does. The result is an object, no deeper and no larger than form data may be.
    """
    if not isinstance(patch, list):
        return _refusal("a list of operations", "the patch is something else")
    if len(patch) > MAX_OPERATIONS:
        return _refusal(f"at most {MAX_OPERATIONS} operations", f"there are {len(patch)}")
    result = deepcopy(document)
    room = MAX_VALUES - (_measure(result) or 0)
    for index, operation in enumerate(patch):
        problem = _malformed(operation)
        if problem is None:
            room -= _growth(result, operation)
            problem = _Problem(None, _SMALLER, "it becomes larger") if room < 0 else _failing(result, operation)
        if problem is not None:
            return _at(index, operation, problem)
        try:
            operations = cast("list[dict[str, Json]]", [operation])
            result = cast(Json, jsonpatch.JsonPatch(operations).apply(result, in_place=True))
        except _FAULTS:
            return _at(index, operation, _Problem("path", "a place in the document", "it is not there"))
    if not isinstance(result, dict):
        return _refusal("an object", "the patched document is something else")
    if _measure(result) is None:
        return _refusal(f"a nesting of at most {MAX_DEPTH}", "the patched document is deeper")
    return result


class _Problem(NamedTuple):
    """What is wrong with an operation. `member`: which of its members, None = the whole."""

    member: str | None
    expected: str
    actual: str


_SMALLER = f"a document of at most {MAX_VALUES} values"
_NEEDS = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("path", "from"),
    "copy": ("path", "from"),
    "test": ("path", "value"),
}
"""Operation -> the members that it cannot do without."""


def _malformed(operation: Json) -> _Problem | None:
    """What is wrong with an operation whatever the document holds."""
    if not isinstance(operation, dict):
        return _Problem(None, "an object", "it is something else")
    op = operation.get("op")
    needs = _NEEDS.get(op) if isinstance(op, str) else None
    if needs is None:
        return _Problem("op", " or ".join(_NEEDS), "it is something else" if "op" in operation else "it is missing")
    for member in needs:
        if member not in operation:
            return _Problem(member, f"the member {member}", "it is missing")
        if member != "value" and not _is_pointer(operation[member]):
            return _Problem(member, 'a JSON Pointer such as "/rows/0/name"', "it is something else")
    return None


def _is_pointer(value: Json) -> bool:
    try:
        JsonPointer(cast(str, value))
    except (JsonPointerException, TypeError, AttributeError):
        return False
    return True


def _failing(document: Json, operation: Json) -> _Problem | None:
    """A place to take from that is not there, or a test that does not hold. Compares as JSON: the library takes true
    for 1.
    """
    assert isinstance(operation, dict), "its form was looked at"
    source = "from" if operation["op"] in ("move", "copy") else "path" if operation["op"] == "test" else None
    if source is None:
        return None
    try:
        found = cast(Json, JsonPointer(cast(str, operation[source])).resolve(document))
    except _FAULTS:
        return _Problem(source, "a place in the document", "it is not there")
    if operation["op"] == "test" and paths.differing(found, operation["value"]):
        return _Problem("value", "what stands at the path", "it is something else")
    return None


def _growth(document: Json, operation: Json) -> int:
    """How many values an operation can add: what it carries, or what it copies."""
    if not isinstance(operation, dict):
        return 0
    carried = operation.get("value")
    if operation.get("op") == "copy":
        try:
            carried = cast(Json, JsonPointer(cast(str, operation.get("from"))).resolve(document))
        except _FAULTS:
            return 0
    return _measure(carried) or MAX_VALUES + 1


def _measure(document: Json) -> int | None:
    """The number of values in a document, itself included; None when it is nested too deeply."""
    count, level = 0, [document]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return count
        count += len(level)
        level = [inner for value in level for inner in _inside(value)]
    return None if level else count


def _inside(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _at(index: int, operation: Json, problem: _Problem) -> Refusal:
    path = operation.get("path") if isinstance(operation, dict) else None
    place = f'operation {index} at "{path[:200]}"' if isinstance(path, str) else f"operation {index}"
    steps = (str(index),) if problem.member is None else (str(index), problem.member)
    return _refusal(problem.expected, f"{place}: {problem.actual}", *steps)


def _refusal(expected: str, actual: str, *steps: str) -> Refusal:
    return Refusal(code="INVALID_INPUT", expected=expected, actual=actual, path=("patch", *steps))
