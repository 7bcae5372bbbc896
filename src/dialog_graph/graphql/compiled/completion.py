"""Values that are not null become their part of the response: leaves, lists, objects, interfaces (GraphQL §6.4.3)."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from graphql import GraphQLError, pyutils

from dialog_graph.graphql.compiled.fields import Field, Position
from dialog_graph.graphql.compiled.leaves import Leaf
from dialog_graph.graphql.compiled.run import Finish, Place, Run, at_place

_is_iterable: Any = cast(Any, pyutils).is_iterable


def of_leaf(write: Leaf) -> Finish:
    """A scalar or an enum."""
    return lambda run, value, place: write(value)


def of_object(fields: Sequence[tuple[str, Field]]) -> Finish:
    """An object with these fields in this order, by response name."""

    def finish(run: Run, value: Any, place: Place | None) -> Any:
        if isinstance(value, Exception):
            raise value
        result: dict[str, Any] = {}
        for key, field in fields:
            result[key] = field(run, value, place, result)
        return result

    return finish


def of_interface(name: str, position: Position, kinds: Mapping[type, Finish]) -> Finish:
    """An object of one of several types, told apart by the Python class of the value."""

    def finish(run: Run, value: Any, place: Place) -> Any:
        known = kinds.get(value.__class__)
        if known is not None:
            return known(run, value, place)
        if isinstance(value, Exception):
            raise value
        raise GraphQLError(
            f"Expected a value of a type of {name}, but {pyutils.inspect(value)} is none.", position.nodes
        )

    return finish


def of_list(position: Position, finish: Finish, *, is_nullable: bool) -> Finish:
    """A list; `is_nullable`: its items may be null."""
    nodes, message = position.nodes, position.null_error

    def finish_list(run: Run, value: Any, place: Place) -> Any:
        result: list[Any] = []
        for index, item in enumerate(_iterable(value, position)):
            here = at_place((place, index, result, is_nullable))
            try:
                if item is None and not is_nullable:
                    raise TypeError(message)
                result.append(None if item is None else finish(run, item, here))
            except Exception as error:  # whatever an item raises is an error of its place
                result.append(run.fail(error, nodes, here))
        return result

    return finish_list


def of_leaves(position: Position, write: Leaf, *, is_nullable: bool) -> Finish:
    """A list of scalars or enums, whose items have a place only when they fail."""
    nodes, message = position.nodes, position.null_error

    def finish_list(run: Run, value: Any, place: Place) -> Any:
        result: list[Any] = []
        for index, item in enumerate(_iterable(value, position)):
            try:
                if item is None and not is_nullable:
                    raise TypeError(message)
                result.append(None if item is None else write(item))
            except Exception as error:  # whatever an item raises is an error of its place
                result.append(run.fail(error, nodes, at_place((place, index, result, is_nullable))))
        return result

    return finish_list


def _iterable(value: Any, position: Position) -> Any:
    if isinstance(value, Exception):
        raise value
    if value.__class__ is list or value.__class__ is tuple or _is_iterable(value):
        return value
    raise GraphQLError(f"Expected Iterable, but did not find one for field '{position.owner}.{position.name}'.")
