"""Every case of the shared corpus gives what it must, or fails for the reason it must."""

# The values of this file are any JSON, and its rules are lambdas: types would say nothing here.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false

import json
from typing import Any

import pytest

from dialog_graph.expressions import Expression, ExpressionError, compile_expression
from tests.unit.expressions.corpus import FOLDER, Case, cases, context_of

CASES = cases()
RUN = [case for case in CASES if case.skipped is None]
LEFT_OUT = [case for case in CASES if case.skipped is not None]

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared corpus is not beside the project")


def outcome(case: Case) -> tuple[Any, str | None]:
    """The value, or the message of the failure."""
    compiled = compile_expression(case.expression)
    if not isinstance(compiled, Expression):
        return None, compiled[0].message
    try:
        return compiled.evaluate(context_of(case)), None
    except ExpressionError as error:
        return None, error.message


def as_json(value: Any) -> str:
    """Text in which 1 and 1.0 are the same number, and 1 and true are not the same."""
    whole = json.loads(
        json.dumps(value), parse_float=lambda text: int(float(text)) if float(text) % 1 == 0 else float(text)
    )
    return json.dumps(whole, sort_keys=True)


@pytest.mark.parametrize("case", RUN, ids=lambda case: case.name)
def test_a_case_gives_its_value_or_its_failure(case: Case):
    value, failure = outcome(case)

    if case.failure is None:
        assert failure is None
        assert as_json(value) == as_json(case.expects)
    else:
        assert failure is not None
        assert case.failure in failure


def test_only_components_are_left_to_the_package_that_reads_layouts():
    assert len(CASES) == 314
    assert {case.name.partition("/")[0] for case in LEFT_OUT} == {"component", "dataModelMultiple"}
    assert len(LEFT_OUT) < 25


def test_a_case_with_another_value_is_caught():
    first = next(case for case in RUN if case.expects is True)

    assert as_json(outcome(first)[0]) != as_json(1)
    assert as_json(outcome(first)[0]) != as_json("true")
