"""What an expression may ask for, as plain values and callables made by the caller (app folder rules §11.8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from dialog_graph.expressions.failure import (
    unknown_auth_property,
    unknown_component,
    unknown_data_type,
    unknown_options,
)
from dialog_graph.model.json_value import Json

OSLO: Final[tzinfo] = ZoneInfo("Europe/Oslo")
"""The time zone of apps that name none."""


def _no_data(path: str, data_type: str | None) -> Json:
    if data_type is not None:
        raise unknown_data_type(data_type)
    return None


def _no_component(component: str) -> Json:
    raise unknown_component(component)


def _no_elements(data_type: str) -> int:
    return 0


def _no_value(key: str) -> str | None:
    return None


def _itself(text_id: str) -> str:
    return text_id


def _no_auth(name: str) -> bool:
    raise unknown_auth_property(name, None)


def _no_options(options: str, value: str | None) -> str | None:
    raise unknown_options(options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where an expression stands. Callables answer at once, change nothing, and refuse with `ExpressionError`.

    - `data_model(path, data_type)`: value of a field of the context's element, or of the only element of the named
      type; None for an unknown path or a type without element.
    - `component(id)`: value of a component seen from the expression's row, None when hidden.
    - `count_data_elements(data_type)`: 0 for an unknown type.
    - `instance(key)`: one of `INSTANCE_PROPERTIES`. `frontend_setting(key)`: None when not set.
    - `text(id)`: in `language`, the id itself when there is no such text.
    - `time_zone`: the app's, in which `formatDate` shows dates with an offset.
    - `argv`: positional arguments. `values`: named ones.
    - `auth(name)`: whether the user may `read`, `write` or do the action.
    - `option_label(list, value)`: translated label of the option whose `to_text` equals the value, None without one.
    """

    data_model: Callable[[str, str | None], Json] = _no_data
    component: Callable[[str], Json] = _no_component
    count_data_elements: Callable[[str], int] = _no_elements
    instance: Callable[[str], str | None] = _no_value
    frontend_setting: Callable[[str], str | None] = _no_value
    gateway_action: str | None = None
    language: str = "nb"
    text: Callable[[str], str] = _itself
    time_zone: tzinfo = OSLO
    argv: tuple[Json, ...] = ()
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    auth: Callable[[str], bool] = _no_auth
    option_label: Callable[[str, str | None], str | None] = _no_options


EMPTY: Final = Context()
"""A context in which nothing is there: literals, arithmetic and text functions need no more."""
