"""One field of an object: how its value is had, completed, awaited, and what becomes of errors (GraphQL §6.4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode

from dialog_graph.graphql.compiled.callers import Get
from dialog_graph.graphql.compiled.leaves import Leaf
from dialog_graph.graphql.compiled.run import Finish, Place, Run, Waiting, at_place

Field = Callable[[Run, Any, "Place | None", dict[str, Any]], Any]
"""The value of a field for the response: of an object, at a place, in the dict that becomes the object's part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A field of a selection. `owner` and `name` are of the schema, `key` is the name in the response."""

    owner: str
    name: str
    key: str
    nodes: list[FieldNode]
    is_nullable: bool

    @property
    def null_error(self) -> str:
        """What is said when null stands where it must not."""
        return f"Cannot return null for non-nullable field {self.owner}.{self.name}."


def typename(name: str) -> Field:
    """`__typename`."""
    return lambda run, source, place, result: name


def leaf_attribute(position: Position, get: Callable[[Any], Any], write: Leaf) -> Field:
    """An attribute that is a scalar or an enum: the field that is met most, so with the fewest steps."""
    key, nodes, is_nullable, message = position.key, position.nodes, position.is_nullable, position.null_error

    def field(run: Run, source: Any, place: Place | None, result: dict[str, Any]) -> Any:
        try:
            found = get(source)
            if found is not None:
                return write(found)
            if is_nullable:
                return None
            raise TypeError(message)
        except Exception as error:  # whatever stands behind an attribute raises is an error of its field
            return run.fail(error, nodes, at_place((place, key, result, is_nullable)))

    return field


def attribute(position: Position, get: Callable[[Any], Any], finish: Finish) -> Field:
    """An attribute that is an object or a list."""
    key, nodes, is_nullable, message = position.key, position.nodes, position.is_nullable, position.null_error

    def field(run: Run, source: Any, place: Place | None, result: dict[str, Any]) -> Any:
        here = at_place((place, key, result, is_nullable))
        try:
            found = get(source)
            if found is not None:
                return finish(run, found, here)
            if is_nullable:
                return None
            raise TypeError(message)
        except Exception as error:  # whatever stands behind an attribute raises is an error of its field
            return run.fail(error, nodes, here)

    return field


def _or_null(position: Position, finish: Finish) -> Finish:
    """Completes a value that may be null."""
    is_nullable, message = position.is_nullable, position.null_error

    def complete(run: Run, value: Any, place: Place) -> Any:
        if value is not None:
            return finish(run, value, place)
        if is_nullable:
            return None
        raise TypeError(message)

    return complete


def called(position: Position, get: Get, finish: Finish) -> Field:
    """A field with a function, which may give its value now or later."""
    key, nodes, is_nullable = position.key, position.nodes, position.is_nullable
    complete = _or_null(position, finish)

    def field(run: Run, source: Any, place: Place | None, result: dict[str, Any]) -> Any:
        here = at_place((place, key, result, is_nullable))
        try:
            found = get(run, source)
            if not hasattr(found, "__await__"):
                return complete(run, found, here)
        except Exception as error:  # whatever a function raises is an error of its field
            return run.fail(error, nodes, here)
        run.waiting.append(Waiting(found, complete, nodes, here))
        return None

    return field
