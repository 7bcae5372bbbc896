"""Operations become plans: one per document, operation and truth values of `@skip` and `@include`; made once.

A selection set that several fields share through a fragment is compiled once per type, so a plan grows with its
document and not with what its fragments expand to. What is not supported, and runs ordinarily: introspection,
directives other than `@skip` and `@include`, unions, fields with field extensions, and plans beyond `MAX_FIELDS`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import graphql
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    is_interface_type,
    is_leaf_type,
    is_object_type,
)
from strawberry import Schema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from dialog_graph.graphql.compiled import completion, fields
from dialog_graph.graphql.compiled.arguments import Reader, arguments
from dialog_graph.graphql.compiled.callers import attribute, caller
from dialog_graph.graphql.compiled.fields import Field, Position
from dialog_graph.graphql.compiled.leaves import leaf
from dialog_graph.graphql.compiled.run import Finish, Run
from dialog_graph.graphql.compiled.selections import Collector, Survey, survey

_core: Any = graphql
"""graphql-core where its types are incomplete."""

MAX_FIELDS = 20_000
"""A plan with more is not made."""
MAX_PLANS = 16
"""Plans of one document that are kept: combinations of truth values are the client's to choose."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Ordinary execution runs this operation; `reason` for tests and logs."""

    reason: str


class _NotCompiled(Exception):
    """Carries the reason out of the depths."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled operation. `root`: its fields in the order of the response."""

    root: Sequence[tuple[str, Field]]
    is_serial: bool

    async def run(self, context: object, variables: Any, value: Any = None) -> tuple[Any, list[GraphQLError]]:
        """Data and errors of one request. `variables`: coerced by graphql-core; `value`: the root's, an event."""
        run = Run(context, variables)
        data: dict[str, Any] = {}
        try:
            for key, each in self.root:
                data[key] = each(run, value, None, data)
                if self.is_serial:
                    await run.finish()
                if run.is_lost:
                    break
        except GraphQLError as error:
            run.lose(error)
        await run.finish()
        return (None if run.is_lost else data), run.errors


@dataclass(slots=True)
class Plans:
    """What is known of one document: kept with it, gone with it."""

    survey: Survey | None = None
    known: "dict[tuple[int, tuple[bool, ...]], Plan | Unsupported]" = field(
        default_factory=dict[tuple[int, tuple[bool, ...]], "Plan | Unsupported"]
    )


class Compiler:
    """Compiles the operations of one schema."""

    def __init__(self, schema: Schema, types: GraphQLSchema, *, hide_suggestions: bool = False) -> None:
        self._types = types
        self._reader = Reader(schema, hide_suggestions)

    def plan(
        self, document: DocumentNode, plans: Plans, operation: OperationDefinitionNode, variables: Any
    ) -> "Plan | Unsupported":
        """The plan of a validated operation for these coerced variables. `plans`: those of the document."""
        found = plans.survey = plans.survey or survey(document)
        if found.reason:
            return Unsupported(found.reason)
        own = {each.variable.name.value for each in operation.variable_definitions or ()}
        names = sorted(found.conditions & own)
        truths = {name: variables.coerced.get(name) for name in names}
        if not all(isinstance(value, bool) for value in truths.values()):
            return Unsupported("a condition that is neither true nor false")
        key = (id(operation), tuple(truths.values()))
        known = plans.known.get(key)
        if known is None:
            known = self._compiled(operation, Collector(self._types, found.fragments, truths))
            if len(plans.known) >= MAX_PLANS:
                plans.known.clear()
            plans.known[key] = known
        return known

    def _compiled(self, operation: OperationDefinitionNode, collector: Collector) -> "Plan | Unsupported":
        root = self._types.get_root_type(operation.operation)
        assert root is not None, "documents without their root type are rejected"
        try:
            made = _Making(self._reader, collector).fields_of(root, [operation.selection_set])
        except _NotCompiled as reason:
            return Unsupported(str(reason))
        return Plan(made, is_serial=operation.operation is OperationType.MUTATION)


class _Making:
    """The making of one plan."""

    def __init__(self, reader: Reader, collector: Collector) -> None:
        self._reader = reader
        self._collector = collector
        self._objects: dict[tuple[str, tuple[int, ...]], Finish] = {}
        self._count = 0

    def fields_of(self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> list[tuple[str, Field]]:
        """The fields of an object of this type."""
        collected = self._collector.fields(sets, type_)
        self._count += len(collected)
        if self._count > MAX_FIELDS:
            raise _NotCompiled("too many fields")
        return [(key, self._field(type_, key, nodes)) for key, nodes in collected.items()]

    def _field(self, owner: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Field:
        name = nodes[0].name.value
        if name == "__typename":
            return fields.typename(owner.name)
        definition = owner.fields[name]
        strawberry = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(strawberry, StrawberryField):
            raise _NotCompiled(f"{owner.name}.{name} has no definition of Strawberry")
        position = Position(
            owner=owner.name, name=name, key=key, nodes=nodes, is_nullable=not _core.is_non_null_type(definition.type)
        )
        return self._read(definition, strawberry, position)

    def _read(self, definition: Any, strawberry: StrawberryField, position: Position) -> Field:
        inner = _core.get_nullable_type(definition.type)
        get = attribute(strawberry)
        if get is not None:
            if is_leaf_type(inner):
                return fields.leaf_attribute(position, get, leaf(inner))
            return fields.attribute(position, get, self._finish(inner, position))
        given = arguments(self._reader, definition, strawberry, position.nodes[0])
        call = caller(strawberry, given)
        if call is None:
            raise _NotCompiled(f"{position.owner}.{position.name} is more than its function")
        return fields.called(position, call, self._finish(inner, position))

    def _finish(self, type_: Any, position: Position) -> Finish:
        """What completes values of a type that is not wrapped as non-null."""
        if is_leaf_type(type_):
            return completion.of_leaf(leaf(type_))
        if _core.is_list_type(type_):
            return self._list(type_.of_type, position)
        if is_object_type(type_):
            return self._only(type_, position)
        if is_interface_type(type_):
            return self._interface(type_, position)
        raise _NotCompiled(f"the type {type_}")

    def _list(self, item: Any, position: Position) -> Finish:
        is_nullable = not _core.is_non_null_type(item)
        inner = _core.get_nullable_type(item)
        if is_leaf_type(inner):
            return completion.of_leaves(position, leaf(inner), is_nullable=is_nullable)
        return completion.of_list(position, self._finish(inner, position), is_nullable=is_nullable)

    def _only(self, type_: GraphQLObjectType, position: Position) -> Finish:
        if type_.is_type_of is not None:
            raise _NotCompiled(f"{type_.name}, whose values are looked at")
        return self._object(type_, position)

    def _object(self, type_: GraphQLObjectType, position: Position) -> Finish:
        sets = [node.selection_set for node in position.nodes if node.selection_set]
        key = (type_.name, tuple(id(each) for each in sets))
        known = self._objects.get(key)
        if known is None:
            known = self._objects[key] = completion.of_object(self.fields_of(type_, sets))
        return known

    def _interface(self, type_: GraphQLInterfaceType, position: Position) -> Finish:
        kinds: dict[type, Finish] = {}
        for possible in self._collector.schema.get_possible_types(type_):
            definition: Any = possible.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
            if definition is None or definition.is_graphql_generic or definition.is_type_of is not None:
                raise _NotCompiled(f"the type {possible.name}")
            kinds[definition.origin] = self._object(possible, position)
        return completion.of_interface(type_.name, position, kinds)
