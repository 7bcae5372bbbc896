"""Counts a parsed document in one pass, before it is validated: depth, aliases, names, fragments, and its cost plan.

Runs on documents that may be wrong: fields, types and fragments that do not exist are passed over, validation refuses
them afterwards. Each fragment is looked at once and its numbers are remembered, so the work grows with the document
and not with what its fragments expand to; the sums stop at a ceiling. Rules: security rules §11.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    is_composite_type,
)

from dialog_graph.errors import Refusal, Refused, refuse
from dialog_graph.graphql.cost import CEILING, MUTATION, Part, Plan, is_mutation, literal, priced, unwrapped
from dialog_graph.graphql.limits import Limits, check

INTROSPECTION = frozenset({"__schema", "__type"})
"""Fields below these are counted apart and cost nothing."""


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """Facts of one operation. `defaults`: what its variables have by default, as costs need it."""

    node: OperationDefinitionNode
    root: int
    root_fields: tuple[FieldNode, ...]
    introspects: bool
    defaults: Mapping[str, Any]

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.node.operation


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of a document that keeps the limits. `steps`: nodes looked at, the measure of our own work."""

    operations: tuple[OperationFacts, ...]
    plan: Plan
    steps: int

    def tenths(self, operation: OperationFacts, variables: Mapping[str, Any]) -> int:
        """Cost of an operation with these variables, in tenths of a point. Raises `Refused(LIMIT_PAGE)`."""
        return self.plan.totals({**operation.defaults, **variables})[operation.root]


@dataclass(slots=True)
class _Set:
    """Numbers of one selection set with its fragments merged in. `depth` without what stands below introspection."""

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    names: dict[str, int] = field(default_factory=dict[str, int])
    fields: list[FieldNode] = field(default_factory=list[FieldNode])
    fixed: int = 0
    parts: list[Part] = field(default_factory=list[Part])
    node: int = -1


def analyse(schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> "Facts | Refusal":
    """The facts of a document, or the refusal of the first limit that it breaks."""
    try:
        return _Walk(schema, document, limits).facts()
    except Refused as refused:
        return refused.refusal


class _Walk:
    """One pass over one document. Raises `Refused` at the first breach."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._plan = Plan()
        self._steps = 0
        self._directives = 0
        self._repeated = 0
        self._roots = {
            OperationType.QUERY: (schema.query_type, limits.query_fields),
            OperationType.MUTATION: (schema.mutation_type, limits.mutation_fields),
            OperationType.SUBSCRIPTION: (schema.subscription_type, limits.subscription_fields),
        }
        self._operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        definitions = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
        check("LIMIT_FIELDS", "operations", len(self._operations), limits.operations)
        check("LIMIT_FRAGMENTS", "fragments", len(definitions), limits.fragments)
        self._definitions = {each.name.value: each for each in definitions}
        self._done: dict[str, _Set | None] = {}

    def facts(self) -> Facts:
        operations = tuple(self._operation(each) for each in self._operations)
        for name in self._definitions:
            self._fragment(name, 1)
        return Facts(operations, self._plan, self._steps)

    def _operation(self, node: OperationDefinitionNode) -> OperationFacts:
        root_type, maximum = self._roots[node.operation]
        self._count_directives(node)
        for variable in node.variable_definitions or ():
            self._count_directives(variable)
            self._count_values([variable.default_value] if variable.default_value else [])
        root = self._selection_set(node.selection_set, root_type, 1)
        limits = self._limits
        check("LIMIT_FIELDS", f"root fields of a {node.operation.value}", len(root.fields), maximum)
        check("LIMIT_DEPTH", "depth", root.depth, limits.depth)
        check("LIMIT_DEPTH", "depth of introspection", root.introspection_depth, limits.introspection_depth)
        check("LIMIT_ALIASES", "aliases", root.aliases, limits.aliases)
        defaults = {
            each.variable.name.value: literal(each.default_value)
            for each in node.variable_definitions or ()
            if each.default_value is not None
        }
        return OperationFacts(node, root.node, tuple(root.fields), root.introspection_depth > 0, defaults)

    def _selection_set(self, node: SelectionSetNode, parent: GraphQLNamedType | None, level: int) -> _Set:
        """A complete selection set: of an operation, a field or a fragment definition."""
        found = _Set()
        self._collect(node, parent, level, found)
        self._repeated += len(found.fields) - len(found.names)
        check("LIMIT_FIELDS", "repeated response names", self._repeated, self._limits.repeated_names)
        found.node = self._plan.add(found.fixed, found.parts)
        return found

    def _collect(self, node: SelectionSetNode, parent: GraphQLNamedType | None, level: int, found: _Set) -> None:
        check("LIMIT_DEPTH", "nesting", level, self._limits.nesting)
        for selection in node.selections:
            self._steps += 1
            self._count_directives(selection)
            match selection:
                case FieldNode():
                    self._field(selection, parent, level, found)
                case InlineFragmentNode():
                    condition = selection.type_condition
                    inner = self._schema.get_type(condition.name.value) if condition else parent
                    self._collect(selection.selection_set, inner, level + 1, found)
                case FragmentSpreadNode():
                    fragment = self._fragment(selection.name.value, level + 1)
                    if fragment is not None:
                        self._merge(fragment, found)
                case _:
                    pass

    def _fragment(self, name: str, level: int) -> _Set | None:
        """The numbers of a fragment, counted at its first use; None for one that does not exist."""
        definition = self._definitions.get(name)
        if definition is None:
            return None
        if name not in self._done:
            self._done[name] = None
            self._count_directives(definition)
            condition = self._schema.get_type(definition.type_condition.name.value)
            self._done[name] = self._selection_set(definition.selection_set, condition, level)
        done = self._done[name]
        if done is None:
            raise refuse("LIMIT_FRAGMENTS", "fragments that do not spread themselves", f"found {name} in itself")
        return done

    def _merge(self, inner: _Set, found: _Set) -> None:
        found.depth = max(found.depth, inner.depth)
        found.introspection_depth = max(found.introspection_depth, inner.introspection_depth)
        found.aliases = min(found.aliases + inner.aliases, CEILING)
        found.parts.append(Part(0, inner.node))
        for each in inner.fields:
            self._name(each, found)

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, level: int, found: _Set) -> None:
        name = node.name.value
        definition = None
        if parent is not None and is_composite_type(parent):
            definition = self._schema.get_field(parent, name)
        child = None
        if node.selection_set:
            inner = unwrapped(definition)[0] if definition else None
            child = self._selection_set(node.selection_set, inner, level + 1)
        self._count_values(argument.value for argument in node.arguments or ())
        self._name(node, found)
        found.aliases = min(found.aliases + (node.alias is not None) + (child.aliases if child else 0), CEILING)
        if name in INTROSPECTION:
            found.introspection_depth = max(found.introspection_depth, 1 + (child.depth if child else 0))
            return
        found.depth = max(found.depth, 1 + (child.depth if child else 0))
        found.introspection_depth = max(found.introspection_depth, child.introspection_depth if child else 0)
        fixed, parts = priced(node, definition, child.node if child else None)
        found.fixed += fixed + (MUTATION if is_mutation(parent, self._schema.mutation_type) else 0)
        found.parts += parts

    def _name(self, node: FieldNode, found: _Set) -> None:
        self._steps += 1
        name = node.alias.value if node.alias else node.name.value
        found.names[name] = found.names.get(name, 0) + 1
        found.fields.append(node)
        check("LIMIT_FIELDS", "fields of one response name", found.names[name], self._limits.same_name)
        check("LIMIT_FIELDS", "fields of a selection set", len(found.fields), self._limits.fields)

    def _count_directives(self, node: Any) -> None:
        self._directives += len(node.directives or ())
        check("LIMIT_DIRECTIVES", "directives", self._directives, self._limits.directives)
        for directive in node.directives or ():
            self._count_values(argument.value for argument in directive.arguments or ())

    def _count_values(self, values: Iterable[ValueNode]) -> None:
        """Nesting of literals, as for variables: the readers of some scalars recurse."""
        waiting = [(value, 1) for value in values]
        while waiting:
            value, depth = waiting.pop()
            self._steps += 1
            check("LIMIT_DEPTH", "nesting of a literal", depth, self._limits.variable_depth)
            if isinstance(value, ListValueNode):
                waiting.extend((item, depth + 1) for item in value.values)
            elif isinstance(value, ObjectValueNode):
                waiting.extend((member.value, depth + 1) for member in value.fields)
