"""The functions by example: the cases of app folder §11.9, look-ups in a context, and where errors stand."""

import json
from dataclasses import replace
from typing import Any

import pytest

from dialog_graph.expressions import (
    EMPTY,
    INSTANCE_PROPERTIES,
    Context,
    Expression,
    ExpressionError,
    compile_expression,
    several_elements,
    to_model,
)


def value(source: Any, context: Context = EMPTY) -> Any:
    expression = compile_expression(source)
    assert isinstance(expression, Expression), expression
    return expression.evaluate(context)


def failure(source: Any, context: Context = EMPTY) -> tuple[str, str]:
    with pytest.raises(ExpressionError) as error:
        value(source, context)
    return error.value.message, error.value.path


CASES_OF_THE_RULES = """
["equals", "TRUE", true]                                      true
["equals", "Null", null]                                      true
["equals", 7.0, "7"]                                          true
["notEquals", true, 1]                                        true
["greaterThan", null, -3]                                     false
["lessThan", "12.", 20]                                       error  Expected number, got value "12."
["and", "1.0", null]                                          false
["or", "ja", true]                                            error  Expected boolean, got value "ja"
["if", 0, "x"]                                                null
["if", true, 1, "otherwise", 2]                               error  Expected third argument to be "else"
["concat", "A", null, false, 2.50]                            "Afalse2.5"
["stringSlice", "faktura.pdf", -3]                            "pdf"
["stringIndexOf", "🌍x", "x"]                                 2
["round", "2.675", 2]                                         "2.67"
["divide", 1, ["minus", 2, 2]]                                error  The second argument is 0, cannot divide by 0
["average", ["list", 3, null, 6], 0]                          3
["compare", null, "not", "isBefore", "2026-01-01"]            true
["compare", "2026-03-01T00:00Z", "isSameDay", "2026-03-01"]   error  Can not compare timestamps where only one specify timezone
["formatDate", "2026-11-20T09:05:00", "d. MMMM yyyy 'H'"]     "20. november 2026 '9'"
["upperCaseFirst", "null"]                                    null
""".strip().splitlines()  # noqa: E501 - the list of §11.9, line by line


@pytest.mark.parametrize("line", CASES_OF_THE_RULES)
def test_the_cases_of_the_rules(line: str):
    source, end = json.JSONDecoder().raw_decode(line)
    expected = line[end:].strip()
    compiled = compile_expression(source)
    if not isinstance(compiled, Expression):
        assert expected == f"error  {compiled[0].message}"
    elif expected.startswith("error"):
        assert expected == f"error  {failure(source)[0]}"
    else:
        assert json.dumps(to_model(value(source)), ensure_ascii=False) == expected


@pytest.mark.parametrize(
    ("source", "result"),
    [
        (["plus", 0.1, 0.2], 0.3),
        (["minus", 1, 0.9], 0.1),
        (["divide", 1, 3], 0.3333333333333333),
        (["average", ["list"], None], None),
        (["sum", ["list"]], 0),
        (["equals", False, 0], False),
        (["equals", ["list", 1.0, ["list", None, "å"]], '[1,[null,"å"]]'], True),
        (["stringSlice", "🌍x", 1], "\ufffdx"),
        (["stringSlice", "hello", 4, 1], ""),
        (["stringSlice", "hello", -0.9, 1e300], "hello"),
        (["stringReplace", "a-b-c", "-", None], "abc"),
        (["upperCase", "straße"], "STRASSE"),
        (["lowerCaseFirst", ""], ""),
        (["round", -2.5], "-3"),
        (["round", -0.4], "0"),
        (["round", 1e21, 1], "1000000000000000000000.0"),
        (["object", "a", 1, "b", ["list"]], {"a": 1, "b": []}),
        (["compare", "2026-01-01T23:30:00Z", "isSameDay", "2026-01-01 00:00+00:00"], True),
        (["compare", "2026-01-01T12:00Z", "isAfterEq", "2026-01-01T13:00+01:00"], True),
        (["jmespath", ["list", 30, "a"], "to_string([0])"], "30"),
        (["jmespath", ["list", ["list", 1], ["list", 2]], "[]"], [1, 2]),
    ],
)
def test_values(source: Any, result: Any):
    found = value(source)

    assert found == result
    assert isinstance(found, bool) == isinstance(result, bool)


@pytest.mark.parametrize(
    ("source", "message", "path"),
    [
        (
            ["compare", "2026-03-01T00:00Z", "isSameDay", "2026-03-01"],
            "Can not compare timestamps where only one specify timezone",
            "",
        ),
        (["if", True, 1, "else", ["plus", "x"]], 'Expected number, got value "x"', "[4][1]"),
        (["plus", 1, 2, ["list"]], "Expected number, got value []", "[3]"),
        (["greaterThan", "a", ["plus", "b"]], 'Expected number, got value "b"', "[2][1]"),
        (["greaterThan", 1, "b"], 'Expected number, got value "b"', "[2]"),
        (["plus", "1e999"], 'Expected number, got value "1e999"', "[1]"),
        (["multiply", 1e28, 8], "Arithmetic overflow", ""),
        (["plus", 8e28], "Arithmetic overflow", ""),
        (["round", 1, 29], "Expected 0 to 28 decimals, got 29", ""),
        (["round", 1, 28.5], "Expected 0 to 28 decimals, got 28.5", ""),
        (["round", 1, -0.5], "Expected 0 to 28 decimals, got -0.5", ""),
        (["sum", "a"], "Expected argument to be list, got string", "[1]"),
        (["sum", ["list", 1, True]], "Expected number, got value true", ""),
        (["object", 1, 2], "Object keys must be strings", ""),
        (["object", "a", 2, "a", 3], "Object keys must be unique", ""),
        (["compare", 5, "isBefore", "2026-01-01"], "Date expressions only accept strings or null", "[1]"),
        (["formatDate", "2026-1-1"], 'Unable to parse date "2026-1-1": Unknown format', "[1]"),
        (["jmespath", 1, "a["], "Jmespath error: Invalid jmespath expression: Incomplete expression:", ""),
        (["jmespath", 1, 2], "Expected argument to be string", "[2]"),
    ],
)
def test_failures(source: Any, message: str, path: str):
    assert failure(source) == (message, path)


@pytest.mark.parametrize(
    "written",
    [
        "2026-02-29",
        "2026-13-01",
        "0000-01-01",
        "2026-01-01T24:00",
        "2026-01-01T10:00:60",
        "2026-01-01T10:00+14:01",
        "2026-01-01T10:00-00:60",
    ],
)
def test_what_has_the_form_of_a_date_and_is_none(written: str):
    message, _ = failure(["formatDate", written])

    assert message == f'Unable to parse date "{written}": Format was recognized, but the date/time is invalid'


@pytest.mark.parametrize("written", ["٢٠٢٦-01-01", "2026-01-01T10", "2026-01-01\n", "2026-01-01T10:00:00.", "20260101"])
def test_what_has_not_the_form_of_a_date(written: str):
    assert failure(["formatDate", written])[0].endswith("Unknown format")


@pytest.mark.parametrize(
    "source", [["if", False, ["plus", "x"]], ["and", False, ["plus", "x"]], ["or", True, ["not", "x"]]]
)
def test_an_error_in_an_untaken_branch_fails_the_whole(source: Any):
    failure(source)


def test_a_long_value_is_cut_in_messages():
    message, _ = failure(["plus", "x" * 60_000])

    assert len(message) < 300


DATA: dict[str, Any] = {"a": "Ola", "n": 2**60, "i": 5, "deep": {"x": [1, {"y": 2}]}}


def _data(path: str, data_type: str | None) -> Any:
    if data_type == "many":
        raise several_elements(data_type)
    return DATA.get(path)


FULL = Context(
    data_model=_data,
    component=lambda component: f"value of {component}",
    count_data_elements=lambda data_type: {"form": 2}.get(data_type, 0),
    instance=lambda key: f"the {key}",
    frontend_setting={"Key": "on"}.get,
    gateway_action="reject",
    language="en",
    text=lambda text_id: {"title": "Title"}.get(text_id, text_id),
    argv=("path[0]", 1, 2**60),
    values={"first": 1, "second": "b"},
    auth=lambda name: name == "read",
    option_label=lambda options, option: {("l", "1"): "One"}.get((options, option or "")),
)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        (["dataModel", "a"], "Ola"),
        (["dataModel", "a", None], "Ola"),
        (["dataModel", ["concat", "a"]], "Ola"),
        (["dataModel", "nothing"], None),
        (["dataModel", "n"], "1152921504606846976"),
        (["dataModel", "deep"], {"x": [1, {"y": 2}]}),
        (["component", "c1"], "value of c1"),
        (["countDataElements", "form"], 2),
        (["countDataElements", "other"], 0),
        (["instanceContext", "instanceId"], "the instanceId"),
        (["frontendSettings", "Key"], "on"),
        (["frontendSettings", "key"], None),
        (["gatewayAction"], "reject"),
        (["language"], "en"),
        (["text", "title"], "Title"),
        (["text", "other"], "other"),
        (["text", None], None),
        (["argv", 0], "path[0]"),
        (["argv", "1"], 1),
        (["argv", 2], "1152921504606846976"),
        (["value", "second"], "b"),
        (["authContext", "read"], True),
        (["optionLabel", "l", 1], "One"),
        (["optionLabel", "l", 2], None),
        (["formatDate", "2026-01-31"], "1/31/26"),
    ],
)
def test_look_ups(source: Any, result: Any):
    assert value(source, FULL) == result


@pytest.mark.parametrize(
    ("source", "context", "message"),
    [
        (["dataModel", None], FULL, "Cannot lookup dataModel null"),
        (["dataModel", 1], FULL, "Expected argument to be string"),
        (["dataModel", "a", "many"], FULL, "Data type many has more than one data element"),
        (["dataModel", "a", "t"], EMPTY, "Data model with type t not found"),
        (["component", None], FULL, "Cannot lookup component null"),
        (["component", "c"], EMPTY, "Unable to find component with identifier c"),
        (["countDataElements", None], FULL, "Expected dataType argument to be a string"),
        (["instanceContext", "id"], FULL, "Unknown Instance context property id"),
        (["instanceContext", None], FULL, "Unknown Instance context property null"),
        (["frontendSettings", None], FULL, "Value cannot be null. (Parameter 'key')"),
        (["text", 1], FULL, "Expected argument to be string"),
        (["argv", 0], EMPTY, "No positional arguments available"),
        (["argv", 3], FULL, "Index 3 out of range"),
        (["argv", -1], FULL, "Index -1 out of range"),
        (["argv", 0.5], FULL, "Index 0.5 out of range"),
        (["argv", None], FULL, "Index null out of range"),
        (["value", "third"], FULL, "Unknown key third, Valid keys are: first, second"),
        (["value"], FULL, "Unknown key null, Valid keys are: first, second"),
        (["authContext", "pay"], EMPTY, "Unknown Auth context property pay for task null"),
        (["optionLabel", "x", 1], EMPTY, 'Could not find options with id "x"'),
    ],
)
def test_look_ups_that_fail(source: Any, context: Context, message: str):
    assert failure(["list", source], context) == (message, "[1]")


def test_an_empty_context_answers_as_if_nothing_were_there():
    missing = [["dataModel", "a"], ["frontendSettings", "a"], ["gatewayAction"], ["instanceContext", "appId"]]

    assert value(["list", *missing, ["countDataElements", "a"], ["language"], ["text", "a"]]) == [
        *[None] * 4,
        0,
        "nb",
        "a",
    ]
    assert len(INSTANCE_PROPERTIES) == 5


def test_the_only_named_value_needs_no_name():
    assert value(["value"], replace(EMPTY, values={"only": 7})) == 7


def test_an_expression_cannot_change_the_data_it_was_given():
    found = value(["dataModel", "deep"], FULL)
    found["x"].append("more")

    assert DATA["deep"] == {"x": [1, {"y": 2}]}


def test_a_result_goes_back_to_the_model_with_whole_numbers_as_integers():
    result = value(["object", "n", ["plus", 1, 1], "l", ["list", 0.5, 1e20, ["stringLength", "abc"]]])

    assert repr(to_model(result)) == "{'n': 2, 'l': [0.5, 1e+20, 3]}"
