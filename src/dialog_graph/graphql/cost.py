"""What an operation costs: weights of fields, page sizes, and a plan that is added up anew for each set of variables.

Cost (security rules §11), counted in tenths so that it stays exact: an entity 1, a value read from its parent's row
and a scalar 0.1 each, all multiplied by the enclosing page sizes; free-text search 100, a mutation 50. An entity is an
object type with a field `id`. A page is the argument `first` or `limit` of a field, its default the one that the
schema declares. A list without such an argument counts as one; its field may declare a size, and any field a weight:
`strawberry.field(metadata={COST: Weight(page=20)})`.

The plan is a list of nodes, one per selection set of the document, where a fragment is one node however often it is
spread; adding it up is one pass over that list, with arithmetic that stops at a ceiling.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    IntValueNode,
    NullValueNode,
    VariableNode,
    is_composite_type,
)

from dialog_graph.errors import refuse

COST = "cost"
"""Key of a field's metadata under which its `Weight` stands."""

TENTHS = 10
ENTITY = 1 * TENTHS
VALUE = 1
SEARCH = 100 * TENTHS
MUTATION = 50 * TENTHS
CEILING = 10**12
"""Sums stop here; far above every budget, far below where numbers grow slow."""

_SEARCH_ARGUMENT = "search"
_STRAWBERRY_DEFINITION = "strawberry-definition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What a field declares about its cost. `own`: cost points of one object; `page`: length of its list."""

    own: float | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class PageRule:
    """A page argument: size when none is given, largest size, and whether a size outside 1..maximum refuses here.

    The others are refused by their resolver, because their clients await a typed error.
    """

    default: int
    maximum: int
    strict: bool


PAGE_ARGUMENTS: Mapping[str, PageRule] = MappingProxyType(
    {"first": PageRule(50, 100, strict=True), "limit": PageRule(100, 1000, strict=False)}
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page size of the document: a literal, or a variable with what holds without it."""

    rule: PageRule
    default: int
    literal: int | None = None
    variable: str | None = None

    def size(self, variables: Mapping[str, Any]) -> int:
        """The multiplier. Raises `Refused(LIMIT_PAGE)` for a strict page outside its range."""
        given = variables.get(self.variable) if self.variable else self.literal
        size = given if isinstance(given, int) and not isinstance(given, bool) else self.default
        if self.rule.strict and not 1 <= size <= self.rule.maximum:
            raise refuse("LIMIT_PAGE", f"page size: 1 to {self.rule.maximum}", f"found {size}")
        return min(max(size, 0), self.rule.maximum)


@dataclass(frozen=True, slots=True)
class Part:
    """One contribution to a selection set: `times` × page × (`own` + what the node of the selection costs)."""

    own: int
    node: int | None = None
    page: Page | None = None
    times: int = 1


@dataclass(slots=True)
class Plan:
    """The nodes of a document, each after those it refers to."""

    nodes: list[tuple[int, tuple[Part, ...]]] = field(default_factory=list[tuple[int, tuple[Part, ...]]])

    def add(self, fixed: int, parts: list[Part]) -> int:
        """Appends a node: what it costs by itself, and its parts. Returns its index."""
        self.nodes.append((fixed, tuple(parts)))
        return len(self.nodes) - 1

    def totals(self, variables: Mapping[str, Any]) -> list[int]:
        """Cost of every node, in tenths. Raises `Refused(LIMIT_PAGE)`."""
        totals: list[int] = []
        for fixed, parts in self.nodes:
            total = fixed
            for part in parts:
                inner = part.own if part.node is None else part.own + totals[part.node]
                total += part.times * inner * (part.page.size(variables) if part.page else 1)
            totals.append(min(total, CEILING))
        return totals


def priced(node: FieldNode, definition: GraphQLField | None, child: int | None) -> tuple[int, list[Part]]:
    """What one selected field adds to its selection set: the fixed tenths, and its parts.

    `definition` is None for a field that does not exist; validation refuses it afterwards. `child`: plan node of its
    selection.
    """
    if definition is None:
        return VALUE, [Part(0, child)] if child is not None else []
    declared = _declared(definition)
    own = _own(definition, declared)
    fixed = SEARCH if _is_given(node, _SEARCH_ARGUMENT) else 0
    page = _page(node, definition)
    times = (declared.page or 1) if page is None else 1
    if page is None or unwrapped(definition)[1]:
        return fixed, [Part(own, child, page, times)]
    return fixed + own, [Part(0, child, page, times)]


def _declared(definition: GraphQLField) -> Weight:
    strawberry_field = definition.extensions.get(_STRAWBERRY_DEFINITION)
    weight = getattr(strawberry_field, "metadata", {}).get(COST)
    return weight if isinstance(weight, Weight) else Weight()


def _own(definition: GraphQLField, declared: Weight) -> int:
    if declared.own is not None:
        return round(declared.own * TENTHS)
    return ENTITY if is_entity(unwrapped(definition)[0]) else VALUE


def unwrapped(definition: Any) -> tuple[GraphQLNamedType, bool]:
    """The named type of a field, and whether the field is a list."""
    type_: Any = definition.type
    is_list = False
    while (inner := getattr(type_, "of_type", None)) is not None:
        is_list = is_list or issubclass(type(type_), GraphQLList)
        type_ = inner
    return type_, is_list


def is_entity(type_: GraphQLNamedType) -> bool:
    """True for objects that are read by themselves, not from their parent's row: those that have an `id`."""
    return is_composite_type(type_) and "id" in getattr(type_, "fields", {})


def is_mutation(parent: GraphQLNamedType | None, mutation: GraphQLObjectType | None) -> bool:
    """True when the fields of this parent are mutations."""
    return parent is not None and parent is mutation


def _argument(node: FieldNode, name: str) -> ArgumentNode | None:
    return next((argument for argument in node.arguments or () if argument.name.value == name), None)


def _is_given(node: FieldNode, name: str) -> bool:
    argument = _argument(node, name)
    return argument is not None and not isinstance(argument.value, NullValueNode)


def _page(node: FieldNode, definition: GraphQLField) -> Page | None:
    for name, rule in PAGE_ARGUMENTS.items():
        if name in definition.args:
            return _page_of(_argument(node, name), rule, definition.args[name].default_value)
    return None


def _page_of(argument: ArgumentNode | None, rule: PageRule, declared: object) -> Page:
    default = declared if isinstance(declared, int) else rule.default
    value = argument.value if argument else None
    if isinstance(value, VariableNode):
        return Page(rule, default, variable=value.name.value)
    if isinstance(value, IntValueNode):
        # The grammar's integers have any length; those with more digits are all alike to us.
        return Page(rule, default, literal=int(value.value[:12]))
    return Page(rule, default)
