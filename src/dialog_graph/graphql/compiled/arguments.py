"""Arguments of a field: coerced by graphql-core and turned into Python values by Strawberry, once per request.

Arguments without variables are coerced when the plan is made; where all their values are immutable they are shared by
all requests. What cannot be coerced is an error of the field, raised at each of its executions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import count
from typing import Any
from uuid import UUID

from graphql import FieldNode, GraphQLError, GraphQLField, ListValueNode, ObjectValueNode, ValueNode, VariableNode
from graphql.execution.values import get_argument_values
from strawberry import Schema
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from dialog_graph.graphql.compiled.run import Run

Arguments = Callable[[Run], Mapping[str, Any]]
"""The arguments of a field by the names of its function. Raises `GraphQLError` about the client's values."""

_IMMUTABLE = (str, int, float, bool, UUID, datetime, Enum, type(None))
_numbers = count()


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads arguments by the rules of a schema."""

    schema: Schema
    hide_suggestions: bool

    def coerced(self, definition: GraphQLField, node: FieldNode, variables: Any) -> dict[str, Any]:
        """Values as GraphQL names them."""
        return get_argument_values(definition, node, variables, None, self.hide_suggestions)

    def converted(self, field: StrawberryField, coerced: dict[str, Any]) -> dict[str, Any]:
        """Values as the function takes them."""
        registry = self.schema.schema_converter.scalar_registry
        return convert_arguments(coerced, field.arguments, registry, self.schema.config)


def arguments(reader: Reader, definition: GraphQLField, field: StrawberryField, node: FieldNode) -> Arguments | None:
    """What gives the arguments of a field; None for a field that has none."""
    if not definition.args:
        return None
    if not any(_has_variable(argument.value) for argument in node.arguments or ()):
        try:
            values = reader.converted(field, reader.coerced(definition, node, None))
        except GraphQLError:
            pass  # told at each execution, by the way below
        else:
            if all(isinstance(value, _IMMUTABLE) for value in values.values()):
                return lambda run: values
    return _each_request(reader, definition, field, node)


def _each_request(reader: Reader, definition: GraphQLField, field: StrawberryField, node: FieldNode) -> Arguments:
    number = next(_numbers)

    def read(run: Run) -> Mapping[str, Any]:
        known = run.arguments.get(number)
        if known is None:
            known = reader.converted(field, reader.coerced(definition, node, run.variables))
            run.arguments[number] = known
        return known

    return read


def _has_variable(value: ValueNode) -> bool:
    match value:
        case VariableNode():
            return True
        case ListValueNode():
            return any(_has_variable(item) for item in value.values)
        case ObjectValueNode():
            return any(_has_variable(member.value) for member in value.fields)
        case _:
            return False
