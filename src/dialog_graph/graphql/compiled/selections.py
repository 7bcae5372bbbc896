"""Which fields an object of a runtime type gets from selection sets, in the order of the response (GraphQL §6.3.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

SKIP, INCLUDE = "skip", "include"
Truths = Mapping[str, bool]
"""Values of the variables that `@skip` and `@include` look at."""


def _unknown(directives: Iterable[DirectiveNode] | None) -> str | None:
    return next((each.name.value for each in directives or () if each.name.value not in (SKIP, INCLUDE)), None)


@dataclass(slots=True)
class Survey:
    """What a document holds, looked at once. `conditions`: variables of skip and include; `reason`: why it cannot be
    compiled."""

    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict[str, FragmentDefinitionNode])
    conditions: set[str] = field(default_factory=set[str])
    reason: str | None = None

    def refuse(self, reason: str) -> None:
        """Keeps the first reason."""
        self.reason = self.reason or reason


def survey(document: DocumentNode) -> Survey:
    """Looks through all definitions of a document."""
    found = Survey()
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            found.refuse("a definition that is no operation and no fragment")
            continue
        if definition.directives:
            found.refuse("a directive on a definition")
        if isinstance(definition, FragmentDefinitionNode):
            found.fragments[definition.name.value] = definition
            if definition.variable_definitions:
                found.refuse("variables of a fragment")
        _look(definition.selection_set, found)
    return found


def _look(selections: SelectionSetNode, found: Survey) -> None:
    for node in selections.selections:
        if name := _unknown(node.directives):
            found.refuse(f"the directive @{name}")
        for condition in (_condition(each) for each in node.directives or ()):
            if isinstance(condition, VariableNode):
                found.conditions.add(condition.name.value)
        if isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
            _look(node.selection_set, found)
        if isinstance(node, FieldNode) and node.name.value in ("__schema", "__type"):
            found.refuse("introspection")


def _condition(directive: DirectiveNode) -> Node | None:
    return next((each.value for each in directive.arguments or () if each.name.value == "if"), None)


@dataclass(frozen=True, slots=True)
class Collector:
    """Collects fields for one plan: one schema, the fragments of one document, one set of truths."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    truths: Truths

    def fields(self, sets: Iterable[SelectionSetNode], type_: GraphQLObjectType) -> dict[str, list[FieldNode]]:
        """Response names with the nodes that are merged under them, in the order in which they are first met."""
        found: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for each in sets:
            self._collect(each, type_, spread, found)
        return found

    def _collect(
        self,
        selections: SelectionSetNode,
        type_: GraphQLObjectType,
        spread: set[str],
        found: dict[str, list[FieldNode]],
    ) -> None:
        for node in selections.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                key = (node.alias or node.name).value
                found.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition, type_):
                    self._collect(node.selection_set, type_, spread, found)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                definition = self.fragments[node.name.value]
                if self._applies(definition.type_condition, type_):
                    spread.add(node.name.value)
                    self._collect(definition.selection_set, type_, spread, found)

    def _applies(self, condition: NamedTypeNode, type_: GraphQLObjectType) -> bool:
        wanted = self.schema.get_type(condition.name.value)
        return wanted is type_ or (is_abstract_type(wanted) and self.schema.is_sub_type(wanted, type_))

    def _is_included(self, node: SelectionNode) -> bool:
        values = {each.name.value: self._truth(_condition(each)) for each in node.directives or ()}
        return not values.get(SKIP, False) and values.get(INCLUDE, True)

    def _truth(self, condition: Node | None) -> bool:
        if isinstance(condition, VariableNode):
            return self.truths[condition.name.value]
        return isinstance(condition, BooleanValueNode) and condition.value
