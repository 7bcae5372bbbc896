"""Random documents over a whole schema: aliases, merged selections, fragments, variables, skip and include, arguments.

They are valid but for merges that clash, which validation refuses and the caller passes over. `values` give arguments
by their name, so that documents meet things that exist; a root field is drawn more often when it leads far.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast

import graphql
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema

_core: Any = graphql
MISSING = object()
Values = Mapping[str, Sequence[object]]
"""`argument: Type`, `Type` or `argument` -> values to draw from, as JSON; the first that is there counts."""


@dataclass(frozen=True)
class Drawn:
    """A document and its variables."""

    text: str
    variables: dict[str, Any]


def document(random: Random, schema: GraphQLSchema, values: Values, kind: str = "query") -> Drawn:
    """One operation with its fragments."""
    return _Writing(random, schema, values).document(kind)


@dataclass
class _Writing:
    random: Random
    schema: GraphQLSchema
    values: Values
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    declared: list[str] = field(default_factory=list[str])
    fragments: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    given: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    aliases: dict[str, str] = field(default_factory=dict[str, str])
    fields: int = 0

    def document(self, kind: str) -> Drawn:
        root = self.schema.query_type
        assert root is not None
        roots = self.random.choices(list(root.fields), k=self.random.choice([1, 1, 2, 3]))
        if "dialogById" in roots:
            # It marks the dialog, so what stands beside it sees the data of before or after.
            roots = ["dialogById"]
        selections = [self._field(root, name, self.random.randint(2, 5)) for name in roots]
        if self._chance(0.1):
            selections.append("__typename")
        body = " ".join(selections)
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        fragments = " ".join(f"fragment {name} on {on} {text}" for name, (on, text) in self.fragments.items())
        return Drawn(f"{kind} q{declared} {{ {body} }} {fragments}", self.variables)

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _condition(self) -> str:
        """Nothing mostly, or a directive whose truth is written, given, or left to a default."""
        if not self._chance(0.12):
            return ""
        name = self.random.choice(["skip", "include"])
        if self._chance(0.3):
            return f" @{name}(if: {self.random.choice(['true', 'false'])})"
        variable = f"c{self.random.randint(0, 2)}"
        default = "" if self._chance(0.5) else " = true"
        if not any(each.startswith(f"${variable}:") for each in self.declared):
            self.declared.append(f"${variable}: Boolean!{default}")
            if not default or self._chance(0.5):
                self.variables[variable] = self.random.choice([True, False])
        return f" @{name}(if: ${variable})"

    # Selections ------------------------------------------------------------------------------------------------------

    def _set(self, type_: Any, depth: int) -> str:
        """A selection set of a type, perhaps through fragments."""
        parts = [self._part(type_, depth) for _ in range(self.random.choice([1, 2, 3, 4, 6]))]
        return "{ " + " ".join(parts) + " }"

    def _part(self, type_: Any, depth: int) -> str:
        chosen = self.random.random()
        if chosen < 0.08:
            return self._conditional("...", "", self._set(type_, depth))
        if chosen < 0.18:
            other = self._overlapping(type_)
            return self._conditional("... on ", other.name, self._set(other, depth))
        if chosen < 0.28:
            return f"...{self._fragment(type_, depth)}{self._condition()}"
        if chosen < 0.36 or not hasattr(type_, "fields"):
            return "__typename" if self._chance(0.7) else f"a{self.random.randint(90, 99)}: __typename"
        return self._field(type_, self.random.choice(list(type_.fields)), depth)

    def _conditional(self, before: str, name: str, inner: str) -> str:
        return f"{before}{name}{self._condition()} {inner}"

    def _overlapping(self, type_: Any) -> Any:
        """The type itself, an interface of it, or a type that implements it."""
        if _core.is_abstract_type(type_):
            return self.random.choice([type_, *self.schema.get_possible_types(type_)])
        return self.random.choice([type_, type_, *cast(GraphQLObjectType, type_).interfaces])

    def _fragment(self, type_: Any, depth: int) -> str:
        known = [name for name, (on, _) in self.fragments.items() if on == type_.name]
        if known and self._chance(0.5):
            return self.random.choice(known)
        text = self._set(type_, min(depth, 2))
        name = f"F{len(self.fragments)}"
        self.fragments[name] = (type_.name, text)
        return name

    def _field(self, owner: Any, name: str, depth: int) -> str:
        definition = owner.fields[name]
        named = _core.get_named_type(definition.type)
        self.fields += 1
        if _core.is_leaf_type(named):
            return self._head(owner.name, name, definition.args) + self._condition()
        if depth <= 0 or self.fields > 120:
            return "__typename"
        head = self._head(owner.name, name, definition.args)
        return f"{head}{self._condition()} {self._set(named, depth - 1)}"

    def _head(self, owner: str, name: str, arguments: Mapping[str, Any]) -> str:
        """Response name, name and arguments; one response name always has the same arguments."""
        if not self._chance(0.25):
            key = (owner, name)
            if key not in self.given:
                self.given[key] = self._arguments(arguments)
            return name + self.given[key]
        meant = f"{name}{self._arguments(arguments)}"
        alias = self.random.choice([f"a{len(self.aliases)}", f"{name}{self.random.randint(1, 2)}"])
        return f"{alias}: {self.aliases.setdefault(f'{owner}.{alias}', meant)}"

    # Arguments -------------------------------------------------------------------------------------------------------

    def _arguments(self, arguments: Mapping[str, Any]) -> str:
        given = [(name, self._argument(name, each)) for name, each in arguments.items()]
        text = ", ".join(f"{name}: {value}" for name, value in given if value)
        return f"({text})" if text else ""

    def _argument(self, name: str, argument: Any) -> str | None:
        is_needed = _core.is_required_argument(argument)
        if not is_needed and self._chance(0.5):
            return None
        value = self._drawn(name, argument.type)
        if value is MISSING:
            return None
        if self._chance(0.4):
            return self._variable(argument, value)
        return literal(value, argument.type)

    def _drawn(self, name: str, type_: Any) -> Any:
        named = _core.get_named_type(type_)
        pool = self.values.get(f"{name}: {named.name}") or self.values.get(named.name) or self.values.get(name)
        if isinstance(named, GraphQLEnumType):
            pool = list(named.values)
        if pool is None:
            return MISSING
        is_null = not _core.is_non_null_type(type_) and self._chance(0.1)
        return None if is_null else self.random.choice(pool)

    def _variable(self, argument: Any, value: Any) -> str:
        name = f"v{len(self.declared)}"
        default = ""
        if self._chance(0.2) and value is not None:
            default = f" = {literal(value, argument.type)}"
        self.declared.append(f"${name}: {argument.type}{default}")
        if not default or self._chance(0.5):
            self.variables[name] = value
        return f"${name}"


def literal(value: Any, type_: Any) -> str:
    """A JSON value in the language, as a type has it."""
    inner = _core.get_nullable_type(type_)
    if value is None:
        return "null"
    if _core.is_list_type(inner):
        items = cast("list[Any]", value) if isinstance(value, list) else [value]
        return "[" + ", ".join(literal(item, inner.of_type) for item in items) + "]"
    if isinstance(inner, GraphQLInputObjectType):
        members = cast("dict[str, Any]", value).items()
        return "{" + ", ".join(f"{name}: {literal(each, inner.fields[name].type)}" for name, each in members) + "}"
    return (
        _json(value) if isinstance(value, dict | list) else _scalar(value, is_enum=isinstance(inner, GraphQLEnumType))
    )


def _json(value: Any) -> str:
    """A value of the scalar JSON."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value).items()
        return "{" + ", ".join(f"{name}: {_json(each)}" for name, each in members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_json(each) for each in cast("list[Any]", value)) + "]"
    return "null" if value is None else _scalar(value, is_enum=False)


def _scalar(value: Any, *, is_enum: bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and not is_enum:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
