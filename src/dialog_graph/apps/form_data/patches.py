"""JSON Patch on form data (RFC 6902), within bounds (process engine §8.2, security rules §10)."""

from copy import deepcopy
from typing import cast

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
    """The patched copy of a document, or `INVALID_INPUT` that names the operation and its path.

    All operations take effect or none does. The result is an object, no deeper and no larger than form data may be.
    """
    if not isinstance(patch, list):
        return _refusal("a list of operations", "the patch is something else")
    if len(patch) > MAX_OPERATIONS:
        return _refusal(f"at most {MAX_OPERATIONS} operations", f"there are {len(patch)}")
    result = deepcopy(document)
    room = MAX_VALUES - (_measure(result) or 0)
    for index, operation in enumerate(patch):
        room -= _growth(result, operation)
        if room < 0:
            return _at(index, operation, f"a document of at most {MAX_VALUES} values", "it becomes larger")
        try:
            if _is_failing_test(result, operation):
                return _at(index, operation, "a test that holds", "it does not hold")
            operations = cast("list[dict[str, Json]]", [operation])
            result = cast(Json, jsonpatch.JsonPatch(operations).apply(result, in_place=True))
        except _FAULTS as fault:
            return _at(index, operation, "an operation that can be done", _reason(fault))
    if not isinstance(result, dict):
        return _refusal("an object", "the patched document is something else")
    if _measure(result) is None:
        return _refusal(f"a nesting of at most {MAX_DEPTH}", "the patched document is deeper")
    return result


def _is_failing_test(document: Json, operation: Json) -> bool:
    """Compares as JSON does: the library takes true for 1."""
    if not isinstance(operation, dict) or operation.get("op") != "test" or "value" not in operation:
        return False
    value = cast(Json, JsonPointer(cast(str, operation.get("path"))).resolve(document))
    return bool(paths.differing(value, operation["value"]))


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


def _reason(fault: Exception) -> str:
    if isinstance(fault, jsonpatch.JsonPatchConflict | JsonPointerException):
        return "its path is not in the document"
    return "it is malformed"


def _at(index: int, operation: Json, expected: str, actual: str) -> Refusal:
    path = operation.get("path") if isinstance(operation, dict) else None
    place = f'operation {index} at "{path[:200]}"' if isinstance(path, str) else f"operation {index}"
    return _refusal(expected, f"{place}: {actual}", str(index))


def _refusal(expected: str, actual: str, *steps: str) -> Refusal:
    return Refusal(code="INVALID_INPUT", expected=expected, actual=actual, path=("patch", *steps))
