"""Compiled evaluation agrees with the slow walk on random expressions, and random JSON raises nothing unexpected."""

# The values of this file are any JSON, and its rules are lambdas: types would say nothing here.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false

import itertools
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_graph.expressions import Context, Expression, ExpressionError, compile_expression, read_condition
from tests.unit.expressions.slow_walk import ASKING, BROKEN, DATE_OPERATORS, FEWEST, NUMBER_OPERATORS, RULES, Walk

DATA: dict[str, Any] = {
    "a.b": "Ola",
    "age": 17.0,
    "list": [1.0, "2", None],
    "yes": True,
    "none": None,
    "when": "2026-11-20T09:05:00Z",
}
CONTEXT = Context(
    data_model=lambda path, data_type: DATA.get(path),
    text=lambda text_id: {"title": "Søknad"}.get(text_id, text_id),
    gateway_action="sign",
    language="nn",
)

LITERALS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 2, -3, 0.1, 0.2, 0.5, 2.5, -0.5, 1.005, 2.675, 1e21, 1e-7, 9.9e28]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**53), 2**53),
    st.sampled_from(["", " ", "true", "False", "NULL", "1", "0.00", ".5e2", "55.", " 5", "1e999", "a,b , c"]),
    st.sampled_from(["2026-02-29", "2024-02-29", "2026-01-01T10:00:00Z", "2026-01-01 11:00+01:00", "2026-01-01T24:00"]),
    st.sampled_from(["🌍x", "æøå", "Ola", "else", "not", "a", "x"]),
    st.text(max_size=6),
)


def _call(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    usual = sorted(set(RULES) - {"object"})
    counted = st.sampled_from(usual).flatmap(lambda name: _arguments(inner, name))
    operator = st.sampled_from(["equals", *NUMBER_OPERATORS, *DATE_OPERATORS])
    return st.one_of(
        counted,
        counted,
        st.tuples(inner, inner).map(lambda two: ["if", *two]),
        st.tuples(inner, inner, inner).map(lambda three: ["if", three[0], three[1], "Else", three[2]]),
        st.tuples(inner, operator, inner).map(lambda three: ["compare", *three]),
        st.tuples(inner, operator, inner).map(lambda three: ["compare", three[0], "not", three[1], three[2]]),
        st.lists(st.tuples(st.sampled_from("abc"), inner), max_size=3).map(lambda some: ["object", *sum(some, ())]),
        st.sampled_from(sorted(DATA)).map(lambda path: ["dataModel", path]),
        st.tuples(st.sampled_from(sorted(ASKING)), st.lists(inner, max_size=1)).map(lambda two: [two[0], *two[1]]),
    )


def _arguments(inner: st.SearchStrategy[Any], name: str) -> st.SearchStrategy[list[Any]]:
    parameters = RULES[name][0]
    least = FEWEST.get(name, 1 if ... in parameters else len(parameters))
    most = 4 if ... in parameters else len(parameters)
    return st.lists(inner, min_size=least, max_size=most).map(lambda some: [name, *some])


SOURCES = st.recursive(LITERALS, _call, max_leaves=12)


def outcome(source: Any, context: Context) -> tuple[Any, ...]:
    compiled = compile_expression(source)
    if not isinstance(compiled, Expression):
        return ("not compiled",)
    return _evaluated(compiled.evaluate, context)


def walked(walk: Walk, source: Any, context: Context) -> tuple[Any, ...]:
    return _evaluated(lambda here: walk(source, here), context)


def _evaluated(evaluate: Any, context: Context) -> tuple[Any, ...]:
    try:
        return ("value", _plain(evaluate(context)))
    except ExpressionError as error:
        return ("error", error.message.partition(" (")[0].partition(", got ")[0], error.path)


def _plain(value: Any) -> str:
    """JSON text in which every number is a double."""
    return json.dumps(json.loads(json.dumps(value), parse_int=float), sort_keys=True)


def disagreement(source: Any, walk: Walk) -> str | None:
    ours, theirs = outcome(source, CONTEXT), walked(walk, source, CONTEXT)
    if ours == ("not compiled",):
        return None if theirs[0] == "error" else f"does not compile, but gives {theirs}"
    return None if ours == theirs else f"{ours} is not {theirs}"


@settings(max_examples=150, deadline=None)
@given(SOURCES)
def test_compiled_evaluation_gives_what_the_rules_give(source: Any):
    assert disagreement(source, Walk()) is None


TELLING: list[Any] = [
    None, True, False, 0, 1, 2, -3, 0.1, 0.2, 2.5, -0.5, 2.675, 1e21, 1e-7, 7.9e28,
    "", "true", "NULL", "1", ".5e2", "55.", "🌍x", "x", "a,b , x", "2026-01-01", "2026-02-29",
    "2026-01-01T23:30:00Z", "2026-01-02 00:30:00.5+01:00", ["list", 1, "x", None], ["object", "x", 1],
]  # fmt: skip
FEW: list[Any] = [None, True, 1, -1, 2.5, "🌍xyx🌍", "x", "null"]


def every_small_call() -> Iterator[list[Any]]:
    """Each function with every combination of telling arguments."""
    for name, (parameters, _) in RULES.items():
        least = FEWEST.get(name, 1 if ... in parameters else len(parameters))
        for count in range(least, 3 if ... in parameters else len(parameters) + 1):
            yield from ([name, *some] for some in itertools.product(TELLING if count < 3 else FEW, repeat=count))
    for operator in ("equals", *NUMBER_OPERATORS, *DATE_OPERATORS):
        yield from (["compare", one, operator, other] for one, other in itertools.product(TELLING, repeat=2))
        yield from (["compare", one, "not", operator, other] for one, other in itertools.product(FEW, repeat=2))


def test_every_function_gives_what_the_rules_give_for_telling_arguments():
    walk = Walk()

    assert [found for found in (disagreement(source, walk) for source in every_small_call()) if found] == []


@pytest.mark.parametrize("mistake", sorted(BROKEN))
def test_the_comparison_catches_a_walk_with_one_rule_wrong(mistake: str):
    assert any(disagreement(source, BROKEN[mistake]) for source in every_small_call())


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.tuples(
            st.sampled_from(sorted({*RULES, *ASKING, "compare", "if", "argv", "value", "formatDate", "jmespath"})),
            st.lists(inner, max_size=4),
        ).map(lambda two: [two[0], *two[1]]),
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_random_json_compiles_or_is_refused_and_fails_only_with_its_own_error(source: Any):
    compiled = compile_expression(source)

    if isinstance(compiled, Expression):
        try:
            json.dumps(compiled.evaluate(CONTEXT), allow_nan=False)
        except ExpressionError as error:
            error.message.encode()
    else:
        assert compiled
        assert {finding.code for finding in compiled} == {"DG7001"}


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_random_text_is_a_condition_or_is_refused(text: str):
    read = read_condition(text)

    if isinstance(read, tuple):
        assert {finding.code for finding in read} == {"DG7001"}
    else:
        compile_expression(read)


@settings(max_examples=100, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_text_reads_back_as_the_same_number(number: float):
    compiled = compile_expression(["concat", number])
    assert isinstance(compiled, Expression)

    text = compiled.evaluate(CONTEXT)

    assert isinstance(text, str)
    assert float(text) == number
    assert math.isclose(float(text), number, rel_tol=0)
