"""The function `jmespath`: the engine of the `jmespath` package, with bounds it does not have itself.

A JMESPath text may come from form data, and a few dozen characters such as `[@,@]|[@,@]|…` describe values of any
size. So every value the engine makes is measured, and a search may look at `MAX_WORK` values in all.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final, cast

from jmespath.functions import Functions, signature
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

from dialog_graph.expressions.failure import LIMIT, ExpressionError, shown
from dialog_graph.expressions.values import MAX_TEXT, compact, from_model, to_model
from dialog_graph.model.json_value import Json

MAX_INPUT: Final = 256 * 1024
"""UTF-8 bytes of the searched value as JSON text (app folder rules §11.1)."""

MAX_WORK: Final = 1_000_000
"""Values that one search may look at or make."""

# What the engine is known to let through besides its own errors, which are ValueErrors (`Warning`: an old literal
# form is announced as a warning, which is raised where warnings are errors).
_ENGINE_ERRORS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Warning)


def search(value: Json, text: str) -> Json:
    """The result of a JMESPath text on a value. The engine sees whole numbers as integers and prints them so."""
    if len(compact(value).encode("utf-8", "replace")) > MAX_INPUT:
        raise ExpressionError(LIMIT)
    try:
        found: object = _Interpreter().visit(Parser().parse(text).parsed, to_model(value))
        return _well_formed(from_model(found))
    except RecursionError:
        raise ExpressionError(LIMIT) from None
    except _ENGINE_ERRORS as error:
        raise ExpressionError(f"Jmespath error: {shown(str(error).partition(chr(10))[0])}") from None


def _well_formed(value: Json) -> Json:
    """Literals inside of a JMESPath text may hold halves of surrogate pairs; raises UnicodeEncodeError for them."""
    compact(value).encode()
    return value


class _Functions(Functions):
    """The engine's functions; two of them made predictable."""

    @signature({"types": []})
    def _func_to_string(self, arg: Json) -> str:
        return arg if isinstance(arg, str) else compact(arg)

    @signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, separator: str, array: Sequence[str]) -> str:
        if len(separator) * len(array) + sum(map(len, array)) > MAX_TEXT:
            raise ExpressionError(LIMIT)
        return separator.join(array)


_OPTIONS: Final = Options(custom_functions=_Functions())
_MEASURED: Final = frozenset((list, dict, str))
_EXPRESSION_TAKERS: Final = frozenset(("map", "sort_by", "max_by", "min_by"))


class _Interpreter(TreeInterpreter):
    """The engine's interpreter, which counts what it touches."""

    def __init__(self) -> None:
        super().__init__(_OPTIONS)
        self._left = MAX_WORK

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._spend(1)
        result: Any = super().visit(node, *args, **kwargs)
        if type(result) in _MEASURED:
            self._measure(result)
        return result

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base: object = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        # Spent before they are merged: a few lists, repeated, could make a list of any length.
        parts = [cast(list[object], part) if isinstance(part, list) else [part] for part in cast(list[object], base)]
        self._spend(sum(map(len, parts)))
        return list(chain.from_iterable(parts))

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        takes = node["value"] in _EXPRESSION_TAKERS
        if not takes and any(child["type"] == "expref" for child in node["children"]):
            raise TypeError(f"{node['value']}() takes no expression")
        return super().visit_function_expression(node, value)

    def _spend(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            raise ExpressionError(LIMIT)

    def _measure(self, value: object) -> None:
        """Spends the size of a value, written out: a list that stands in ten places counts ten times."""
        waiting: list[object] = [value]
        while waiting:
            item = waiting.pop()
            self._spend(1)
            if isinstance(item, str):
                self._spend(len(item) // 64)
            elif isinstance(item, list):
                waiting.extend(cast(list[object], item))
            elif isinstance(item, dict):
                waiting.extend(cast(dict[str, object], item).values())
            elif not isinstance(item, bool | int | float | None):
                raise TypeError("an expression reference is no value")
