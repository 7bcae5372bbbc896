"""Compilers with one seeded defect each: random expressions must catch every one of them."""

# The defects are lambdas over any JSON: types would say nothing here.
# pyright: reportUnknownLambdaType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportUnknownMemberType=false, reportPrivateUsage=false

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from dialog_graph.expressions import closures, compiler, functions
from dialog_graph.expressions.closures import Run
from dialog_graph.expressions.context import Context
from dialog_graph.expressions.failure import ExpressionError
from dialog_graph.expressions.functions import Kind
from dialog_graph.expressions.values import to_text


def _instead(module: Any, name: str, defect: Any) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: patch.object(module, name, defect)


def _with_right(apply: Callable[..., Any], left: Any, right: Any, path: str) -> Run:
    """The literal on the right counts, the conversion of what is compared with it is forgotten."""
    return closures._any_number(apply, [left._replace(convert=lambda value: value), right], path)


def _other_order(apply: Callable[..., Any], left: Any, right: Any, path: str) -> Run:
    return closures._any_number(lambda two, one: apply(one, two), [right, left], path)


def _at_the_call(error: ExpressionError, path: str, operands: Sequence[Any], values: Sequence[Any]) -> ExpressionError:
    return error.at(path)


def _stops_early(apply: Callable[..., Any], operands: Sequence[Any], path: str) -> Run:
    """Arguments after the first that is false are not evaluated, so their errors are lost."""
    runs = [operand.run for operand in operands]
    whole = closures_any_number(apply, operands, path)

    def run(context: Context) -> Any:
        return False if any(first(context) is False for first in runs[:1]) and len(runs) > 2 else whole(context)

    return run


closures_any_number = closures._any_number


@contextmanager
def _remembers() -> Generator[None]:
    """What a look-up gave in the first world is given in all."""
    original = closures._asking_for

    def asking(apply: Callable[..., Any], value: object, path: str) -> Run:
        run, found = original(apply, value, path), list[Any]()

        def remembering(context: Context) -> Any:
            found.extend([] if found else [run(context)])
            return found[0]

        return remembering

    with patch.object(closures, "_asking_for", asking):
        yield


def _table(name: str, **changes: Any) -> Callable[[], AbstractContextManager[Any]]:
    changed = {**functions.FUNCTIONS, name: replace(functions.FUNCTIONS[name], **changes)}
    return _instead(compiler, "FUNCTIONS", changed)


TWINS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "compares with a literal without converting": _instead(closures, "_with_right", _with_right),
    "evaluates the second argument first": _instead(closures, "_binary", _other_order),
    "tells every error at the call": _instead(closures, "_placed", _at_the_call),
    "stops at the first false": _instead(closures, "_any_number", _stops_early),
    "gives in one world what another knew": _remembers,
    "takes texts of functions as converted": _instead(
        closures, "_NEEDLESS", closures._NEEDLESS | {(to_text, Kind.TEXT)}
    ),
    "forgets the not of compare": _instead(functions, "_negation", lambda rule: rule),
    "evaluates what is chosen only": _table("if", special=lambda arguments: functions._if(arguments[:2])),
    "leaves out what is repeated": _table("concat", variadic=False, least=0, parameters=(to_text,) * 2),
    "counts arguments from none": _table("plus", least=0),
    "knows no browser function": _table("linkToPage", apply=lambda *values: None),
}
"""By the mistake: a context manager within which the compiler makes it."""
