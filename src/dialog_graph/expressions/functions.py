"""The table of functions: parameters, result, rule (app folder rules §11.5)."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from dialog_graph.expressions import dates, decimals, logic, lookups, texts
from dialog_graph.expressions.failure import ExpressionError, shown
from dialog_graph.expressions.jmespath_search import search
from dialog_graph.expressions.values import (
    Json,
    limited_list,
    quoted,
    to_boolean,
    to_list,
    to_number,
    to_string,
    to_text,
    unconverted,
)

Converter: TypeAlias = Callable[[Json], object]
"""A parameter kind: what a value becomes, or an `ExpressionError`."""


class Kind(StrEnum):
    """What a call can give, as far as its name tells. Text and numbers may also be null."""

    BOOLEAN = "boolean"
    NUMBER = "number"
    TEXT = "text"
    LIST = "list"
    OBJECT = "object"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One call, ready to be compiled: which arguments are evaluated, what they become, what is done with them."""

    apply: Callable[..., Json]
    converters: tuple[Converter, ...]
    arguments: tuple[int, ...]
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """One row of the table.

    `least`: fewest arguments, if fewer than the parameters. `variadic`: the last parameter repeats. `asks`: `apply`
    takes the context first. `wrong_count`: text instead of the usual one. `special`: reads literal arguments itself.
    """

    apply: Callable[..., Json]
    parameters: tuple[Converter, ...] = ()
    result: Kind = Kind.ANY
    least: int | None = None
    variadic: bool = False
    asks: bool = False
    wrong_count: str | None = None
    special: "Callable[[Sequence[Json]], Plan | str] | None" = None

    def plan(self, arguments: Sequence[Json]) -> Plan | str:
        """How a call with these arguments (in source form) is done, or the text of what is wrong with it."""
        if self.special:
            return self.special(arguments)
        count, parameters = len(arguments), self.parameters
        least = len(parameters) if self.least is None else self.least
        if count < least or (count > len(parameters) and not self.variadic):
            return self.wrong_count or count_text(_range(least, len(parameters), self.variadic), count)
        # The last parameter again for every further argument, fewer of them when some are left out.
        converters = (parameters + parameters[-1:] * count)[:count]
        return Plan(apply=self.apply, converters=converters, arguments=tuple(range(count)), asks=self.asks)


def _range(least: int, most: int, variadic: bool) -> str:
    if variadic:
        return f"{least}+"
    return str(most) if least == most else f"{least}-{most}"


def count_text(expected: str, count: int) -> str:
    """The usual text of a wrong number of arguments."""
    return f"Expected {expected} argument(s), got {count}"


TEXT, NUMBER, BOOLEAN, DATE, ANY = to_text, to_number, to_boolean, dates.to_date, unconverted

_COMPARISONS: Final[Mapping[str, tuple[Converter, Callable[..., bool]]]] = {
    "equals": (TEXT, operator.eq),
    **{name: (NUMBER, rule) for name, rule in logic.NUMBER_OPERATORS.items()},
    **{name: (DATE, rule) for name, rule in dates.OPERATORS.items()},
}


def _compare(arguments: Sequence[Json]) -> Plan | str:
    count = len(arguments)
    if count not in (3, 4):
        return count_text("3-4", count)
    if count == 4 and arguments[1] != "not":
        return 'Second argument must be "not" when providing 4 arguments in total'
    name = arguments[-2]
    if name is None or isinstance(name, list):
        return "Invalid operator (it cannot be an expression or null)"
    if not isinstance(name, str) or name not in _COMPARISONS:
        return f'Invalid operator "{shown(name) if isinstance(name, str) else quoted(name)}"'
    converter, rule = _COMPARISONS[name]
    apply = rule if count == 3 else _negation(rule)
    return Plan(apply=apply, converters=(converter, converter), arguments=(0, count - 1))


def _negation(rule: Callable[..., bool]) -> Callable[..., bool]:
    def opposite(first: object, second: object) -> bool:
        return not rule(first, second)

    return opposite


def _if(arguments: Sequence[Json]) -> Plan | str:
    count = len(arguments)
    if count > 2 and not _is_else(arguments[2]):
        return 'Expected third argument to be "else"'
    if count == 2:
        return Plan(apply=logic.when, converters=(BOOLEAN, ANY), arguments=(0, 1))
    if count == 4:
        return Plan(apply=logic.when_else, converters=(BOOLEAN, ANY, ANY), arguments=(0, 1, 3))
    return f"Expected either 2 arguments (if) or 4 (if + else), got {count}"


def _is_else(word: Json) -> bool:
    return isinstance(word, str) and word.lower() == "else"


def _data_model(arguments: Sequence[Json]) -> Plan | str:
    if len(arguments) not in (1, 2):
        return count_text("1-2", len(arguments))
    data_type = arguments[1] if len(arguments) == 2 else None
    if data_type is not None and not isinstance(data_type, str):
        return "The data type must be a string (expressions cannot be used here)"
    return Plan(apply=lookups.data_model(data_type), converters=(ANY,), arguments=(0,), asks=True)


def _option_label(arguments: Sequence[Json]) -> Plan | str:
    if len(arguments) != 2:
        return count_text("2", len(arguments))
    options = arguments[0]
    if not isinstance(options, str):
        return "The options id must be a string (expressions cannot be used here)"
    return Plan(apply=lookups.option_label(options), converters=(TEXT,), arguments=(1,), asks=True)


def _object(arguments: Sequence[Json]) -> Plan | str:
    count = len(arguments)
    if count % 2:
        return "The object function must have an even number of arguments"
    return Plan(apply=_made_object, converters=(ANY,) * count, arguments=tuple(range(count)))


def _made_object(*items: Json) -> Json:
    made: dict[str, Json] = {}
    for name, member in zip(items[::2], items[1::2], strict=True):
        if not isinstance(name, str):
            raise ExpressionError("Object keys must be strings")
        if name in made:
            raise ExpressionError("Object keys must be unique")
        made[name] = member
    return made


def _made_list(*items: Json) -> Json:
    return limited_list(list(items))


def _count(items: list[Json]) -> float:
    return float(len(items))


def _nothing() -> Json:
    """Stands where a special plan brings its own."""
    return None


_COUNT: Final = "Invalid number of args"

FUNCTIONS: Final[Mapping[str, Function]] = {
    # comparison
    "equals": Function(operator.eq, (TEXT, TEXT), Kind.BOOLEAN),
    "notEquals": Function(operator.ne, (TEXT, TEXT), Kind.BOOLEAN),
    **{
        name: Function(rule, (NUMBER, NUMBER), Kind.BOOLEAN, wrong_count=_COUNT)
        for name, rule in logic.NUMBER_OPERATORS.items()
    },
    "compare": Function(_nothing, result=Kind.BOOLEAN, special=_compare),
    # truth and choice
    "and": Function(logic.all_true, (BOOLEAN,), Kind.BOOLEAN, variadic=True),
    "or": Function(logic.any_true, (BOOLEAN,), Kind.BOOLEAN, variadic=True),
    "not": Function(operator.not_, (BOOLEAN,), Kind.BOOLEAN),
    "if": Function(_nothing, special=_if),
    # text
    "concat": Function(texts.concat, (TEXT,), Kind.TEXT, least=0, variadic=True),
    "upperCase": Function(texts.upper_case, (TEXT,), Kind.TEXT),
    "lowerCase": Function(texts.lower_case, (TEXT,), Kind.TEXT),
    "upperCaseFirst": Function(texts.upper_case_first, (TEXT,), Kind.TEXT),
    "lowerCaseFirst": Function(texts.lower_case_first, (TEXT,), Kind.TEXT),
    "contains": Function(texts.contains, (TEXT, TEXT), Kind.BOOLEAN),
    "notContains": Function(texts.not_contains, (TEXT, TEXT), Kind.BOOLEAN),
    "startsWith": Function(texts.starts_with, (TEXT, TEXT), Kind.BOOLEAN),
    "endsWith": Function(texts.ends_with, (TEXT, TEXT), Kind.BOOLEAN),
    "commaContains": Function(texts.comma_contains, (TEXT, TEXT), Kind.BOOLEAN),
    "stringLength": Function(texts.string_length, (TEXT,), Kind.NUMBER),
    "stringIndexOf": Function(texts.string_index_of, (TEXT, TEXT), Kind.NUMBER),
    "stringReplace": Function(texts.string_replace, (TEXT, TEXT, TEXT), Kind.TEXT),
    "stringSlice": Function(texts.string_slice, (TEXT, NUMBER, NUMBER), Kind.TEXT, least=2),
    # numbers
    "round": Function(decimals.rounded, (NUMBER, NUMBER), Kind.TEXT, least=1),
    "plus": Function(decimals.plus, (NUMBER,), Kind.NUMBER, variadic=True, wrong_count=_COUNT),
    "multiply": Function(decimals.multiply, (NUMBER,), Kind.NUMBER, variadic=True, wrong_count=_COUNT),
    "minus": Function(decimals.minus, (NUMBER, NUMBER), Kind.NUMBER, wrong_count=_COUNT),
    "divide": Function(decimals.divide, (NUMBER, NUMBER), Kind.NUMBER, wrong_count=_COUNT),
    # lists and objects
    "sum": Function(decimals.total, (to_list,), Kind.NUMBER),
    "average": Function(decimals.average, (to_list, NUMBER), Kind.NUMBER),
    "count": Function(_count, (to_list,), Kind.NUMBER),
    "list": Function(_made_list, (ANY,), Kind.LIST, least=0, variadic=True),
    "object": Function(_nothing, result=Kind.OBJECT, special=_object),
    "jmespath": Function(search, (ANY, to_string)),
    # what the context knows
    "dataModel": Function(_nothing, special=_data_model),
    "component": Function(lookups.component, (ANY,), asks=True),
    "countDataElements": Function(lookups.count_data_elements, (ANY,), Kind.NUMBER, asks=True),
    "instanceContext": Function(lookups.instance_context, (ANY,), Kind.TEXT, asks=True),
    "frontendSettings": Function(lookups.frontend_settings, (ANY,), Kind.TEXT, asks=True),
    "gatewayAction": Function(lookups.gateway_action, (), Kind.TEXT, asks=True),
    "language": Function(lookups.language, (), Kind.TEXT, asks=True),
    "text": Function(lookups.text, (ANY,), Kind.TEXT, asks=True),
    "formatDate": Function(lookups.formatted, (DATE, TEXT), Kind.TEXT, least=1, asks=True),
    "argv": Function(lookups.argv, (NUMBER,), asks=True),
    "value": Function(lookups.value, (TEXT,), least=0, asks=True),
    "authContext": Function(lookups.auth_context, (ANY,), Kind.BOOLEAN, asks=True),
    "optionLabel": Function(_nothing, result=Kind.TEXT, special=_option_label),
    # the client's
    **{name: Function(refuse, (ANY,), least=0, variadic=True) for name, refuse in lookups.BROWSER_ONLY.items()},
}
"""Every function by its name; names are case-sensitive."""
