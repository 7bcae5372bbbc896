"""What an operation costs: weights of fields, page sizes, and a plan that is added up anew for each set of variables.

Cost (security rules §11), counted in tenths so that it stays exact: an entity 1, a value read from its parent's row
and a scalar 0.1 each, all multiplied by the enclosing page sizes; free-text search 100, a mutation 50. An entity is an
object type with a field `id`. A page is the argument `first` or `limit` of a field, or a member of its input object,
its default the one that the schema declares. A list without such an argument counts as one; its field may declare a
size, and any field a weight: `strawberry.field(metadata={COST: Weight(page=20)})`.

The plan is a list of nodes, one per selection set of the document, where a fragment is one node however often it is
spread; adding it up is one pass over that list, with arithmetic that stops at a ceiling.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    IntValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
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
class Source:
    """Where an argument's value comes from: the document, or a path into the variables."""

    literal: Any = None
    path: tuple[str, ...] = ()

    def read(self, variables: Mapping[str, Any]) -> Any:
        """The value; None when it is not given."""
        if not self.path:
            return self.literal
        value: Any = variables
        for name in self.path:
            value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else None
        return value


@dataclass(frozen=True, slots=True)
class Page:
    """A page size of the document. `default`: what holds when none is given."""

    rule: PageRule
    default: int
    source: Source

    def size(self, variables: Mapping[str, Any]) -> int:
        """The multiplier. Raises `Refused(LIMIT_PAGE)` for a strict page outside its range."""
        given = self.source.read(variables)
        size = given if isinstance(given, int) and not isinstance(given, bool) else self.default
        if self.rule.strict and not 1 <= size <= self.rule.maximum:
            raise refuse("LIMIT_PAGE", f"page size: 1 to {self.rule.maximum}", f"found {size}")
        return min(max(size, 0), self.rule.maximum)


@dataclass(frozen=True, slots=True)
class Part:
    """One contribution to a selection set: `times` × page × (`own` + what the node of the selection costs).

    `when`: counts only if this value is given.
    """

    own: int
    node: int | None = None
    page: Page | None = None
    times: int = 1
    when: Source | None = None

    def total(self, totals: list[int], variables: Mapping[str, Any]) -> int:
        """What it adds, once the totals of earlier nodes are known."""
        if self.when is not None and self.when.read(variables) is None:
            return 0
        inner = self.own if self.node is None else self.own + totals[self.node]
        return self.times * inner * (self.page.size(variables) if self.page else 1)


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
            total = fixed + sum(part.total(totals, variables) for part in parts)
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
    parts = [Part(SEARCH, when=search)] if (search := _argument(node, definition, _SEARCH_ARGUMENT)[0]) else []
    page = _page(node, definition)
    times = (declared.page or 1) if page is None else 1
    if page is None or unwrapped(definition)[1]:
        return 0, [*parts, Part(own, child, page, times)]
    return own, [*parts, Part(0, child, page, times)]


def _declared(definition: GraphQLField) -> Weight:
    strawberry_field = definition.extensions.get(_STRAWBERRY_DEFINITION)
    weight = getattr(strawberry_field, "metadata", {}).get(COST)
    return weight if isinstance(weight, Weight) else Weight()


def _own(definition: GraphQLField, declared: Weight) -> int:
    if declared.own is not None:
        return round(declared.own * TENTHS)
    return ENTITY if is_entity(unwrapped(definition)[0]) else VALUE


def unwrapped(definition: Any) -> tuple[GraphQLNamedType, bool]:
    """The named type of a field or argument, and whether it is a list."""
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


def literal(node: ValueNode | None) -> Any:
    """A value of the document as far as costs need it: whole numbers and objects, None, else just that it is there.

    The grammar's integers have any length; those of more than twelve digits are all alike to us.
    """
    match node:
        case None | NullValueNode():
            return None
        case IntValueNode(value=digits):
            return int(digits[:12])
        case ObjectValueNode():
            return {member.name.value: literal(member.value) for member in node.fields}
        case _:
            return True


def _source(node: ValueNode | None, *inner: str) -> Source:
    """The value of an argument, or of a member of it."""
    if isinstance(node, VariableNode):
        return Source(path=(node.name.value, *inner))
    if inner and isinstance(node, ObjectValueNode):
        return _source(next((each.value for each in node.fields if each.name.value == inner[0]), None))
    return Source(None if inner else literal(node))


def _argument(node: FieldNode, definition: GraphQLField, name: str) -> tuple[Source | None, object]:
    """Where a field's argument of that name gets its value, and its default; also as a member of an input object."""
    for argument, declared in definition.args.items():
        given = next((each.value for each in node.arguments or () if each.name.value == argument), None)
        if argument == name:
            return _source(given), declared.default_value
        members = getattr(unwrapped(declared)[0], "fields", {})
        if name in members:
            return _source(given, name), members[name].default_value
    return None, None


def _page(node: FieldNode, definition: GraphQLField) -> Page | None:
    for name, rule in PAGE_ARGUMENTS.items():
        source, declared = _argument(node, definition, name)
        if source is not None:
            return Page(rule, declared if isinstance(declared, int) else rule.default, source)
    return None
