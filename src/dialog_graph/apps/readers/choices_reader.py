"""Reads the options that stand in a component itself: a list, or rows of form data to make one of (app folder §12).

What cannot be read is left out: browsers know more forms of it than the server needs.
"""

import re

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.options import Option, OptionSource
from dialog_graph.apps.readers.reading import JsonObject
from dialog_graph.expressions import Expression, compile_expression

_MARKER = re.compile(r"\[\{[0-9]*\}\]")


def read_choices(row: JsonObject) -> tuple[Option, ...] | None:
    """The list written in a component; None where there is none."""
    node = row.get("options")
    if node is None or not isinstance(node.value, list):
        return None
    found = (_choice(JsonObject(item)) for item in node.items() if isinstance(item.value, dict))
    return tuple(option for option in found if option is not None)


def _choice(row: JsonObject) -> Option | None:
    node, label = row.get("value"), _text(row, "label")
    value = node.value if node else None
    if label is None or isinstance(value, (list, dict)):
        return None
    return Option(value=value, label=label, description=_text(row, "description"), help_text=_text(row, "helpText"))


def read_option_source(row: JsonObject) -> OptionSource | None:
    """The rows of which a component makes its options; None where there are none."""
    node = row.get("source")
    written = JsonObject(node) if node is not None and isinstance(node.value, dict) else None
    if written is None:
        return None
    group, value, label = _steps(written, "group"), _steps(written, "value"), _words(written, "label")
    if group is None or value is None or label is None:
        return None
    return OptionSource(
        group=group,
        value=value,
        label=label,
        description=_words(written, "description"),
        help_text=_words(written, "helpText"),
        data_type=_text(written, "dataType"),
    )


def _text(row: JsonObject, name: str) -> str | None:
    node = row.get(name)
    return node.value if node is not None and isinstance(node.value, str) and node.value else None


def _steps(row: JsonObject, name: str) -> tuple[paths.Step, ...] | None:
    text = _text(row, name)
    return paths.parse(_MARKER.sub("", text)) if text else None


def _words(row: JsonObject, name: str) -> Expression | None:
    node = row.get(name)
    compiled = compile_expression(node.value) if node is not None else None
    return compiled if isinstance(compiled, Expression) else None
