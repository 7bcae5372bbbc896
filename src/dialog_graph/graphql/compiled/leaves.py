"""Scalars and enums: the schema's own serializers, with a short way for values that they would give back unchanged."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from graphql import (
    Executor,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)

Leaf = Callable[[Any], Any]
"""Writes a value that is not null. Raises what the serializer raises."""

_complete: Callable[[Any, Any], Any] = cast(Any, Executor).complete_leaf_value
_MAX_INT = 2**31 - 1
_MIN_INT = -(2**31)


def leaf(type_: GraphQLLeafType) -> Leaf:
    """The writer of a type."""
    written = partial(_carefully, type_)
    if isinstance(type_, GraphQLEnumType):
        return _enum(type_, written)
    maker = _SHORT.get(id(type_))
    return maker(written) if maker else _custom(type_, written)


def _carefully(type_: GraphQLLeafType, value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return _complete(type_, value)


def _string(written: Leaf) -> Leaf:
    return lambda value: value if value.__class__ is str else written(value)


def _boolean(written: Leaf) -> Leaf:
    return lambda value: value if value is True or value is False else written(value)


def _integer(written: Leaf) -> Leaf:
    return lambda value: value if value.__class__ is int and _MIN_INT <= value <= _MAX_INT else written(value)


def _float(written: Leaf) -> Leaf:
    return lambda value: value if value.__class__ is float and math.isfinite(value) else written(value)


_SHORT: dict[int, Callable[[Leaf], Leaf]] = {
    id(GraphQLString): _string,
    id(GraphQLBoolean): _boolean,
    id(GraphQLInt): _integer,
    id(GraphQLFloat): _float,
}


def _enum(type_: GraphQLEnumType, written: Leaf) -> Leaf:
    """By identity of the member: equal values of other types take the long way."""
    members = getattr(type_, "wrapped_cls", ())
    names = {id(member): written(member) for member in members}

    def write(value: Any) -> Any:
        return names.get(id(value)) or written(value)

    return write


def _custom(type_: GraphQLLeafType, written: Leaf) -> Leaf:
    serialize = type_.coerce_output_value

    def write(value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        found = serialize(value)
        return written(value) if found is None or found is Undefined else found

    return write
