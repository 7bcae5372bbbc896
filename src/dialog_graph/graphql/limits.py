"""What a GraphQL document, its variables and its pages may be: the numbers, the budgets, and how a breach is worded.

Source: security rules §11. The numbers are one frozen value, so that a deployment or a test may give others. The
analyser that counts is `analysis`; this module only compares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.principal import Principal, PrincipalKind

KIB = 1 << 10
FULL_LEVEL = 3
"""Callers below this level of authentication have the budget of anonymous ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The largest values that are accepted.

    `nesting`: selection sets inside each other however they come about (fields, inline fragments, spreads); protects
    our own recursion. `same_name`, `fields`: per selection set with its fragments merged in, `repeated_names`: the
    same over the whole document; they bound the rule for overlapping fields, which is quadratic at each level.
    `cost_*`: budgets in cost points. Seconds, bytes and characters where the name says so.
    """

    body_bytes: int = 256 * KIB
    url_bytes: int = 8 * KIB
    message_bytes: int = 64 * KIB
    document_characters: int = 20_000
    tokens: int = 2000
    depth: int = 12
    introspection_depth: int = 20
    nesting: int = 80
    aliases: int = 30
    query_fields: int = 10
    mutation_fields: int = 5
    subscription_fields: int = 1
    directives: int = 50
    fragments: int = 50
    operations: int = 10
    same_name: int = 30
    fields: int = 500
    repeated_names: int = 150
    variables: int = 100
    variable_items: int = 1000
    variable_depth: int = 16
    variable_bytes: int = 100 * KIB
    cost_anonymous: int = 5_000
    cost_authenticated: int = 20_000
    cost_service_owner: int = 50_000
    operation_seconds: float = 10.0


def over(code: str, limit: str, value: int, maximum: int) -> Refused:
    """The refusal of a value above its maximum. `limit`: what is counted, as in "aliases" or "depth"."""
    return Refused(Refusal(code=code, expected=f"{limit}: at most {maximum}", actual=f"found {value}"))


def check(code: str, limit: str, value: int, maximum: int) -> None:
    """Raises `Refused` when the value is above its maximum."""
    if value > maximum:
        raise over(code, limit, value, maximum)


def budget(principal: Principal, limits: Limits) -> int:
    """Cost points that one operation of this caller may use."""
    if principal.is_org:
        return limits.cost_service_owner
    if principal.kind is PrincipalKind.ANONYMOUS or principal.level < FULL_LEVEL:
        return limits.cost_anonymous
    return limits.cost_authenticated


def check_variables(variables: Mapping[str, Any], limits: Limits) -> None:
    """Number, list lengths, nesting and text sizes of variables. Raises `Refused(INVALID_INPUT)` with the path."""
    if len(variables) > limits.variables:
        raise _bad_variable(("variables",), "variables", len(variables), limits.variables)
    waiting: list[tuple[tuple[str, ...], Any, int]] = [((name,), value, 1) for name, value in variables.items()]
    while waiting:
        path, value, depth = waiting.pop()
        children = _checked(path, value, limits)
        if children and depth >= limits.variable_depth:
            raise _bad_variable(path, "nesting", depth + 1, limits.variable_depth)
        waiting.extend((path, child, depth + 1) for child in children)


def _checked(path: tuple[str, ...], value: Any, limits: Limits) -> Sequence[Any]:
    """The members of a value that is itself within its limits. Names of members count as texts."""
    match value:
        case str():
            _check_text(path, value, limits)
        case list():
            items = cast("list[Any]", value)
            if len(items) > limits.variable_items:
                raise _bad_variable(path, "items of a list", len(items), limits.variable_items)
            return items
        case dict():
            members = cast("dict[str, Any]", value)
            for name in members:
                _check_text(path, name, limits)
            return list(members.values())
        case _:
            pass
    return ()


def _check_text(path: tuple[str, ...], text: str, limits: Limits) -> None:
    if len(text) * 4 <= limits.variable_bytes:
        return
    size = len(text.encode("utf-8", "replace"))
    if size > limits.variable_bytes:
        raise _bad_variable(path, "bytes of a text", size, limits.variable_bytes)


def _bad_variable(path: tuple[str, ...], limit: str, value: int, maximum: int) -> Refused:
    sentence = f"{limit}: at most {maximum}"
    return Refused(Refusal(code="INVALID_INPUT", expected=sentence, actual=f"found {value}", path=path))
