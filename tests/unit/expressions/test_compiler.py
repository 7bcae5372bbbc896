"""What compiles, what is refused and where, and what the linter can learn from a compiled expression."""

# The values of this file are any JSON: types would say nothing here.
# pyright: reportUnknownArgumentType=false

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from dialog_graph.expressions import (
    EMPTY,
    MAX_DEPTH,
    MAX_NODES,
    Expression,
    ExpressionError,
    Kind,
    compile_expression,
    place,
)


def compiled(source: Any) -> Expression:
    expression = compile_expression(source)
    assert isinstance(expression, Expression)
    return expression


def findings(source: Any) -> list[tuple[str, str | None]]:
    refused = compile_expression(source)
    assert isinstance(refused, tuple)
    assert all(finding.is_error and finding.code == "DG7001" and finding.hint for finding in refused)
    return [(finding.message, finding.path) for finding in refused]


@pytest.mark.parametrize("value", [None, True, False, 3, -2.5, "", "æ🌍"])
def test_a_literal_is_its_value(value: Any):
    assert compiled(value).evaluate(EMPTY) == value


@pytest.mark.parametrize(
    ("source", "message", "path"),
    [
        ([], "Missing function name in expression", ""),
        (["not", []], "Missing function name in expression", "[1]"),
        ([True, 1], "Function name in expression should be string", ""),
        ([["concat"]], "Function name in expression should be string", ""),
        ({}, 'Invalid type "object"', ""),
        (["list", 1, {"a": 1}], 'Invalid type "object"', "[2]"),
        (["Equals", 1, 2], 'Function "Equals" not implemented', ""),
        (["if", True, 1, "else", ["nope"]], 'Function "nope" not implemented', "[4]"),
        (["not"], "Expected 1 argument(s), got 0", ""),
        (["and"], "Expected 1+ argument(s), got 0", ""),
        (["stringSlice", "a"], "Expected 2-3 argument(s), got 1", ""),
        (["gatewayAction", 1], "Expected 0 argument(s), got 1", ""),
        (["value", 1, 2], "Expected 0-1 argument(s), got 2", ""),
        (["plus"], "Invalid number of args", ""),
        (["lessThan", 1], "Invalid number of args", ""),
        (["compare", 1, "NOT", "equals", 2], 'Second argument must be "not" when providing 4 arguments in total', ""),
        (["compare", 1, None, 2], "Invalid operator (it cannot be an expression or null)", ""),
        (["compare", 1, 7, 2], 'Invalid operator "7"', ""),
        (["compare", 1, "contains", 2], 'Invalid operator "contains"', ""),
        (["if", True, 1, ["concat", "else"], 2], 'Expected third argument to be "else"', ""),
        (["if", True, 1, "ELSE"], "Expected either 2 arguments (if) or 4 (if + else), got 3", ""),
        (["object", "a"], "The object function must have an even number of arguments", ""),
        (["dataModel", "a", 1], "The data type must be a string (expressions cannot be used here)", ""),
        (["dataModel", "a", "b", "c"], "Expected 1-2 argument(s), got 3", ""),
        (["optionLabel", None, 1], "The options id must be a string (expressions cannot be used here)", ""),
        (["optionLabel", "a"], "Expected 2 argument(s), got 1", ""),
    ],
)
def test_a_fault_is_told_in_the_words_of_the_rules_and_at_its_place(source: Any, message: str, path: str):
    assert findings(source) == [(message, path)]


def test_all_faults_of_an_expression_are_told_in_source_order():
    assert findings(["equals", [], ["nope", {}], 3]) == [
        ("Expected 2 argument(s), got 3", ""),
        ("Missing function name in expression", "[1]"),
        ('Function "nope" not implemented', "[2]"),
        ('Invalid type "object"', "[2][1]"),
    ]


@pytest.mark.parametrize("source", [float("nan"), float("-inf"), 10**400, "\ud800", ["concat", (1,)], b"x"])
def test_what_json_cannot_say_is_no_literal(source: Any):
    assert len(findings(source)) == 1


def test_a_path_is_indices_into_the_source():
    assert place("") == ()
    assert place("[1][12][3]") == (1, 12, 3)


def nested(depth: int) -> Any:
    source: Any = 1
    for _ in range(depth):
        source = ["list", source]
    return source


@pytest.mark.parametrize(
    ("largest", "beyond"),
    [
        (nested(MAX_DEPTH), nested(MAX_DEPTH + 1)),
        (["list", *[1] * (MAX_NODES - 1)], ["list", *[1] * MAX_NODES]),
        ("x" * 65536, "x" * 65537),
        ("æ" * 32768, "æ" * 32769),
    ],
    ids=["depth", "nodes", "characters", "bytes"],
)
def test_limits_hold_exactly(largest: Any, beyond: Any):
    assert isinstance(compile_expression(largest), Expression)
    assert findings(beyond) == [("Expression limit exceeded", "")]


def test_a_source_of_any_depth_is_refused_without_being_walked():
    assert findings(nested(100_000)) == [("Expression limit exceeded", "")]


def test_the_linter_sees_calls_names_and_sizes():
    expression = compiled(["if", ["equals", ["dataModel", "a.b"], 1], ["dataModel", ["concat", "a"], "t"]])

    paths = [(call.path, call.literal(0), call.literal(1)) for call in expression.calls("dataModel")]
    assert paths == [("[1][1]", "a.b", None), ("[2]", None, "t")]
    assert expression.functions == {"if", "equals", "dataModel", "concat"}
    assert [call.name for call in expression.all_calls] == ["if", "equals", "dataModel", "dataModel", "concat"]
    assert (expression.nodes, expression.depth) == (9, 3)
    assert expression.calls("equals")[0].kinds == (Kind.ANY, Kind.NUMBER)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (True, Kind.BOOLEAN),
        ("true", Kind.TEXT),
        (["concat"], Kind.TEXT),
        (["plus", 1], Kind.NUMBER),
        (["compare", 1, "equals", 1], Kind.BOOLEAN),
        (["if", True, True], Kind.ANY),
        (["list"], Kind.LIST),
        (["object"], Kind.OBJECT),
    ],
)
def test_the_kind_of_a_result_is_known_as_far_as_its_function_tells(source: Any, kind: Kind):
    assert compiled(source).result is kind


def test_browser_functions_compile_and_fail_here():
    expression = compiled(["concat", ["linkToPage", "Next", "page2"]])

    assert expression.browser_only
    assert not compiled(["concat", "a"]).browser_only
    with pytest.raises(ExpressionError) as error:
        expression.evaluate(EMPTY)
    assert error.value.message == 'Function "linkToPage" not available on the server'
    assert error.value.path == "[1]"


def test_a_compiled_expression_cannot_be_changed_and_keeps_its_source():
    source = ["equals", 1, 1]
    expression = compiled(source)

    assert expression.source == source
    with pytest.raises(FrozenInstanceError):
        expression.nodes = 1  # type: ignore[misc]  # the point of the test


def test_results_do_not_share_containers_between_evaluations():
    expression = compiled(["list", 1])
    first = expression.evaluate(EMPTY)
    assert isinstance(first, list)
    first.append(2)

    assert expression.evaluate(EMPTY) == [1]
