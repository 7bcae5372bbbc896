"""The expression language of apps: conditions, layouts, validation, calculation (app folder rules §11).

An expression is a literal or `[name, argument, …]`. It is compiled once to closures; evaluation is strict, total
(no loops, no recursion, no I/O) and pure: all it knows of the world comes through the `Context`.
"""

from dialog_graph.expressions.compiler import (
    MAX_DEPTH,
    MAX_NODES,
    Call,
    Expression,
    compile_expression,
    place,
)
from dialog_graph.expressions.condition import read_condition
from dialog_graph.expressions.context import EMPTY, OSLO, Context
from dialog_graph.expressions.failure import (
    ExpressionError,
    circular_hidden,
    several_elements,
    unknown_auth_property,
    unknown_component,
    unknown_data_type,
    unknown_options,
)
from dialog_graph.expressions.functions import FUNCTIONS, Kind
from dialog_graph.expressions.lookups import BROWSER_ONLY, INSTANCE_PROPERTIES
from dialog_graph.expressions.values import compact, from_model, to_boolean, to_model, to_number, to_text

__all__ = [
    "BROWSER_ONLY",
    "EMPTY",
    "FUNCTIONS",
    "INSTANCE_PROPERTIES",
    "MAX_DEPTH",
    "MAX_NODES",
    "OSLO",
    "Call",
    "Context",
    "Expression",
    "ExpressionError",
    "Kind",
    "circular_hidden",
    "compact",
    "compile_expression",
    "from_model",
    "place",
    "read_condition",
    "several_elements",
    "to_boolean",
    "to_model",
    "to_number",
    "to_text",
    "unknown_auth_property",
    "unknown_component",
    "unknown_data_type",
    "unknown_options",
]
