"""The functions that ask the context (app folder rules §11.5). Each takes the context before its arguments."""

from collections.abc import Callable, Mapping
from typing import Final

from dialog_graph.expressions.context import Context
from dialog_graph.expressions.dates import Date
from dialog_graph.expressions.failure import ExpressionError, shown
from dialog_graph.expressions.format_date import format_date
from dialog_graph.expressions.values import Json, Number, Text, from_model, limited, number_text, quoted, to_string

INSTANCE_PROPERTIES: Final = frozenset(
    ("instanceId", "appId", "instanceOwnerPartyId", "instanceOwnerPartyType", "instanceOwnerName")
)
"""What `instanceContext` may be asked for."""


def data_model(data_type: str | None) -> Callable[[Context, Json], Json]:
    """`dataModel` for one data type, None for that of the context."""

    def look_up(context: Context, path: Json) -> Json:
        if path is None:
            raise ExpressionError("Cannot lookup dataModel null")
        return from_model(context.data_model(path if isinstance(path, str) else to_string(path), data_type))

    return look_up


def component(context: Context, component_id: Json) -> Json:
    """Value of a component."""
    if component_id is None:
        raise ExpressionError("Cannot lookup component null")
    return from_model(context.component(to_string(component_id)))


def count_data_elements(context: Context, data_type: Json) -> float:
    """Number of data elements of a type."""
    if not isinstance(data_type, str):
        raise ExpressionError("Expected dataType argument to be a string")
    return float(context.count_data_elements(data_type))


def instance_context(context: Context, key: Json) -> Json:
    """A property of the instance."""
    if not isinstance(key, str) or key not in INSTANCE_PROPERTIES:
        name = key if isinstance(key, str) else quoted(key)
        raise ExpressionError(f"Unknown Instance context property {shown(name)}")
    return from_model(context.instance(key))


def frontend_settings(context: Context, key: Json) -> Json:
    """A setting of the app."""
    if key is None:
        raise ExpressionError("Value cannot be null. (Parameter 'key')")
    return from_model(context.frontend_setting(to_string(key)))


def gateway_action(context: Context) -> Text:
    """The action that brought the process to the gateway."""
    return context.gateway_action


def language(context: Context) -> str:
    """The language of the reader."""
    return context.language


def text(context: Context, text_id: Json) -> Text:
    """A translated text; null has none."""
    return None if text_id is None else limited(context.text(to_string(text_id)))


def formatted(context: Context, moment: Date, pattern: Text = None) -> Text:
    """`formatDate`."""
    return format_date(moment, pattern, context.language, context.time_zone)


def argv(context: Context, index: Number) -> Json:
    """A positional argument."""
    if not context.argv:
        raise ExpressionError("No positional arguments available")
    if index is None or not index.is_integer() or not 0 <= index < len(context.argv):
        raise ExpressionError(f"Index {'null' if index is None else number_text(index)} out of range")
    return from_model(context.argv[int(index)])


def value(context: Context, key: Text = None) -> Json:
    """A named value; without a name the only one there is."""
    names = list(context.values)
    if key is None and len(names) == 1:
        key = names[0]
    if key is None or key not in context.values:
        known = shown(", ".join(names))
        raise ExpressionError(f"Unknown key {shown(key or 'null')}, Valid keys are: {known}")
    return from_model(context.values[key])


def auth_context(context: Context, name: Json) -> bool:
    """Whether the user may do something."""
    return context.auth(to_string(name))


def option_label(options: str) -> Callable[[Context, Text], Text]:
    """`optionLabel` for one list of options."""

    def look_up(context: Context, option: Text) -> Text:
        return context.option_label(options, option)

    return look_up


def in_browser(name: str) -> Callable[..., Json]:
    """A function that only a browser can answer (§11.6)."""

    def refuse(*values: Json) -> Json:
        raise ExpressionError(f'Function "{name}" not available on the server')

    return refuse


BROWSER_ONLY: Final[Mapping[str, Callable[..., Json]]] = {
    name: in_browser(name)
    for name in ("displayValue", "linkToComponent", "linkToPage", "externalApi", "_experimentalSelectAndMap")
}
"""Functions that are kept for the client and fail on the server."""
