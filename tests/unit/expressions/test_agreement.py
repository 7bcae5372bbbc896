"""Compiled evaluation agrees with the slow walk on random expressions in random worlds, and with what it refuses.

`DIALOG_GRAPH_EXPRESSIONS` sets the number of examples of each property; a failing one is printed by hypothesis.
"""

# The values of this file are any JSON, and its rules are lambdas: types would say nothing here.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false

import ast
import itertools
import json
import math
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialog_graph.expressions import (
    BROWSER_ONLY,
    EMPTY,
    FUNCTIONS,
    Context,
    Expression,
    ExpressionError,
    compile_expression,
    read_condition,
)
from tests.unit.expressions import slow_asking, slow_refusals, slow_values, slow_walk, worlds
from tests.unit.expressions.slow_refusals import KNOWN, OPERATORS, refusals
from tests.unit.expressions.slow_walk import BROKEN, RULES, Walk
from tests.unit.expressions.twins import TWINS
from tests.unit.expressions.worlds import FIXED, NAMES, PATTERNS, SEARCHES, TYPES

EXAMPLES = int(os.environ.get("DIALOG_GRAPH_EXPRESSIONS", "150"))
thorough = settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def outcome(evaluate: Callable[[Context], Any], context: Context) -> tuple[str, ...]:
    """`value` and its JSON, `error`, the message and the place, or `raised` and what should never be."""
    try:
        return ("value", _plain(evaluate(context)))
    except ExpressionError as error:
        # What the engine of jmespath says is its own.
        return ("error", re.sub(r"(?<=Jmespath error).*", "", error.message, flags=re.DOTALL), error.path)
    except Exception as error:
        return ("raised", repr(error))


def _plain(value: Any) -> str:
    """JSON text in which every number is a double."""
    return json.dumps(json.loads(json.dumps(value), parse_int=float), sort_keys=True)


def disagreement(source: Any, walk: Walk, *worlds: Context) -> str | None:
    """What the two do not agree on, refusals and every world in turn; one compiled form serves all worlds."""
    compiled, refused = compile_expression(source), refusals(source)
    if not isinstance(compiled, Expression):
        found = [(item.message, item.path) for item in compiled]
        return None if found == refused else f"refused for {found}, not for {refused}"
    if refused:
        return f"compiles in spite of {refused}"
    for context in worlds:
        ours, theirs = outcome(compiled.evaluate, context), outcome(lambda c: walk(source, c), context)
        if ours != theirs or ours[0] == "raised":
            return f"{ours} is not {theirs}"
    return None


RANDOMS = st.randoms(use_true_random=False)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.tuples(st.sampled_from(sorted(KNOWN)), st.lists(inner, max_size=4)).map(lambda two: [two[0], *two[1]]),
    ),
    max_leaves=20,
)


@thorough
@given(RANDOMS)
def test_compiled_evaluation_gives_what_the_rules_give(random: Random):
    source, one, other = worlds.source(random), worlds.context(random), worlds.context(random)

    assert disagreement(source, Walk(), one, other, one) is None


@thorough
@given(RANDOMS)
def test_what_does_not_compile_is_refused_for_what_the_rules_refuse(random: Random):
    assert disagreement(worlds.json_value(random), Walk(), EMPTY, FIXED) is None


TELLING: list[Any] = [
    None, True, False, 0, 1, 2, -3, 0.1, 0.2, 2.5, -0.5, 2.675, 1e21, 1e-7, 7.9e28,
    "", "true", "NULL", "1", ".5e2", "55.", "🌍x", "x", "a,b , x", "2026-01-01", "2026-02-29",
    "2026-01-01T23:30:00Z", "2026-01-02 00:30:00.5+01:00", ["list", 1, "x", None], ["object", "x", 1],
    "a", "list", ["dataModel", "deep"],
]  # fmt: skip
FEW: list[Any] = [None, True, 1, -1, 2.5, "🌍xyx🌍", "x", "null"]


def every_small_call() -> Iterator[list[Any]]:
    """Each function with every combination of telling arguments."""
    special = {"compare", "if", "object", "dataModel", "optionLabel", "jmespath"}
    for name, (least, most, _, _) in slow_refusals.COUNTS.items():
        for count in range(least, 3 if most is None else most + 1) if name not in special else ():
            yield from ([name, *some] for some in itertools.product(TELLING if count < 3 else FEW, repeat=count))
    for operator in OPERATORS:
        yield from (["compare", one, operator, other] for one, other in itertools.product(TELLING, repeat=2))
        yield from (["compare", one, "not", operator, other] for one, other in itertools.product(FEW, repeat=2))
    for condition in TELLING:
        yield from (["if", condition, ["list", 1]], ["if", condition, 1, "ELSE", ["argv", 0]])
    yield from (["object", one, 1, other, two] for one, other, two in itertools.product(FEW, FEW, (None, ["list"])))
    types = ([], *([name] for name in (None, *TYPES)))
    yield from (["dataModel", path, *data_type] for path in (*NAMES, *FEW) for data_type in types)
    yield from (["optionLabel", options, one] for options in ("colours", "nowhere") for one in TELLING)
    yield from (["jmespath", one, text] for one in (["dataModel", "deep"], *TELLING) for text in SEARCHES)
    yield from (["formatDate", f"2026-{month}-0{day}T{hour}:05:03.0456{zone}", pattern]
                for month, day, hour in (("01", 1, "00"), ("12", 2, "12"), ("07", 5, "23"), ("03", 7, "09"))
                for zone in ("", "Z", "-05:30") for pattern in PATTERNS)  # fmt: skip


def test_every_function_gives_what_the_rules_give_for_telling_arguments():
    walk = Walk()

    assert [found for found in (disagreement(source, walk, FIXED) for source in every_small_call()) if found] == []


def test_the_slow_walk_covers_every_function_and_no_other():
    assert set(FUNCTIONS) == KNOWN
    assert {*RULES, *slow_asking.ASKING, "if", "compare", "dataModel", "optionLabel"} == KNOWN
    assert set(slow_asking.BROWSER) == set(BROWSER_ONLY)
    assert {call[0] for call in every_small_call()} == KNOWN


def test_the_slow_walk_shares_nothing_with_the_compiler_but_context_and_exception():
    imported: set[tuple[str, str]] = set()
    for module in (slow_values, slow_asking, slow_refusals, slow_walk):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            origin = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            imported |= {(origin, name) for name in names if "dialog_graph" in f"{origin}.{name}"}

    assert imported == {("dialog_graph.expressions", "Context"), ("dialog_graph.expressions", "ExpressionError")}


@pytest.mark.parametrize("mistake", sorted(BROKEN))
def test_the_comparison_catches_a_walk_with_one_rule_wrong(mistake: str):
    assert any(disagreement(source, BROKEN[mistake], FIXED) for source in every_small_call())


def first_disagreement(examples: int) -> str | None:
    """The first of some random examples that tells the compiler from the walk; None when none does."""
    for seed in range(examples):
        random = Random(seed)
        source = (worlds.source if seed % 4 else worlds.json_value)(random)
        one, other = worlds.context(random), worlds.context(random)
        found = disagreement(source, Walk(), one, other, one)
        if found:
            return f"{seed}: {found}"
    return None


@pytest.mark.parametrize("mistake", sorted(TWINS))
def test_random_expressions_catch_a_broken_compiler(mistake: str):
    with TWINS[mistake]():
        assert first_disagreement(20_000) is not None


def test_what_catches_the_broken_ones_says_nothing_of_the_compiler_itself():
    assert first_disagreement(20 * EXAMPLES) is None


@thorough
@given(RANDOMS, st.data())
def test_random_json_compiles_or_is_refused_and_fails_only_with_its_own_error(random: Random, data: st.DataObject):
    compiled = compile_expression(data.draw(ANYTHING))

    if isinstance(compiled, Expression):
        try:
            json.dumps(compiled.evaluate(worlds.context(random)), allow_nan=False)
        except ExpressionError as error:
            error.message.encode()
    else:
        assert compiled
        assert {finding.code for finding in compiled} == {"DG7001"}


@thorough
@given(st.text())
def test_random_text_is_a_condition_or_is_refused(text: str):
    read = read_condition(text)

    if isinstance(read, tuple):
        assert {finding.code for finding in read} == {"DG7001"}
    else:
        compile_expression(read)


@thorough
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_text_reads_back_as_the_same_number(number: float):
    compiled = compile_expression(["concat", number])
    assert isinstance(compiled, Expression)

    text = compiled.evaluate(EMPTY)

    assert isinstance(text, str)
    assert float(text) == number
    assert math.isclose(float(text), number, rel_tol=0)
