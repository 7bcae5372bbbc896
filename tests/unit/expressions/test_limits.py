"""Nothing an app or its users write makes an expression large, slow or fail in an undocumented way."""

# The values of this file are any JSON, and its contexts are lambdas: types would say nothing here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false

from dataclasses import replace
from typing import Any

import pytest

from dialog_graph.expressions import EMPTY, Expression, ExpressionError, compile_expression

LIMIT = "Expression limit exceeded"


def failure(source: Any, data: Any = None) -> str:
    expression = compile_expression(source)
    assert isinstance(expression, Expression), expression
    with pytest.raises(ExpressionError) as error:
        expression.evaluate(replace(EMPTY, data_model=lambda path, data_type: data))
    return error.value.message


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "data",
    [["x"] * 10_001, "x" * 65_537, "æ" * 40_000, {"a": ["x" * 70_000]}, nested(200), 10**70_000],
    ids=["items", "characters", "bytes", "inner string", "nesting", "digits"],
)
def test_data_beyond_the_limits_is_refused(data: Any):
    assert failure(["dataModel", "a"], data) == LIMIT


@pytest.mark.parametrize("data", [float("nan"), float("inf"), object(), {1, 2}])
def test_data_that_is_no_json_is_refused(data: Any):
    assert failure(["dataModel", "a"], data).startswith("Expected a ")


@pytest.mark.parametrize(
    "source",
    [
        ["concat", "x" * 40_000, "y" * 40_000],
        ["stringReplace", "a" * 60_000, "a", "b" * 60_000],
        ["stringReplace", "a" * 60_000, "a", "🌍"],
        ["upperCase", "ŉ" * 32_000],
        ["formatDate", "2026-01-01", "GGGG " * 12_000],
        ["concat", ["list", "x" * 40_000, "y" * 40_000]],
    ],
    ids=["concat", "replace", "replace in bytes", "case", "format", "compact"],
)
def test_texts_that_grow_are_refused(source: Any):
    assert failure(source) == LIMIT


@pytest.mark.parametrize(
    "text",
    [
        "|".join(["[@,@]"] * 40),
        "|".join(["{a:@,b:@}"] * 40),
        "|".join(["[@,@][]"] * 60),
        "|".join(["map(&[@,@,@,@],@)"] * 30),
        "|".join(["[@,@]|to_array(@)"] * 40),
        "|".join(["[@,@]"] * 30) + "==" + "|".join(["[@,@]"] * 30),
        "@" + "[]" * 20 + "|".join(["[@,@]"] * 30),
        "join(`{0}`,[`{0}`,`{0}`,`{0}`])".format('"' + "x" * 15_000 + '"'),
        "(" * 3_000,
        "!" * 5_000 + "@",
    ],
    ids=["lists", "objects", "flatten", "map", "to_array", "equality", "flattened", "join", "brackets", "not"],
)
def test_a_jmespath_text_that_describes_too_much_stops(text: str):
    assert failure(["jmespath", ["list", 1, "a"], text]).startswith((LIMIT, "Jmespath error: "))


def test_a_jmespath_text_that_only_grows_stops_at_the_limit():
    assert failure(["jmespath", 1, "|".join(["[@,@]"] * 40)]) == LIMIT


def test_jmespath_input_is_limited():
    assert failure(["jmespath", ["dataModel", "a"], "length(@)"], ["x" * 100] * 5_000) == LIMIT


@pytest.mark.parametrize(
    "text",
    [
        "[::0]",
        "to_string(&a)",
        "[&a]",
        "[&a]|to_string(@)",
        "`1e400`",
        '`"\\ud800"`',
        "nope(@)",
        "sum(@)",
        "ceil(to_number('1e999'))",
        "to_number('" + "9" * 5_000 + "')",
        "max_by(@,&a)",
        "",
        "a[",
        "\ufffd",
    ],
)
def test_what_the_jmespath_engine_cannot_do_is_an_expression_error(text: str):
    assert failure(["jmespath", ["list", 1, "a"], text]).startswith(("Jmespath error: ", "Expected a finite number"))
