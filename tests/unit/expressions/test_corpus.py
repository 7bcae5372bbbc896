"""Every case of the shared corpus gives what it must, or fails for the reason it must."""

# The values of this file are any JSON, and its rules are lambdas: types would say nothing here.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false

import json
from collections.abc import Callable
from typing import Any

import pytest

from dialog_graph.expressions import Context, Expression, ExpressionError, compile_expression
from tests.unit.expressions.corpus import FOLDER, Case, cases, context_of

CASES = cases()
RUN = [case for case in CASES if case.skipped is None]

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared corpus is not beside the project")


def outcome(case: Case, make_context: Callable[[Case], Context] = context_of) -> tuple[Any, str | None]:
    """The value, or the message of the failure."""
    compiled = compile_expression(case.expression)
    if not isinstance(compiled, Expression):
        return None, compiled[0].message
    try:
        return compiled.evaluate(make_context(case)), None
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
    assert_as_expected(case, *outcome(case))


def assert_as_expected(case: Case, value: Any, failure: str | None) -> None:
    if case.failure is None:
        assert failure is None
        assert as_json(value) == as_json(case.expects)
    else:
        assert failure is not None
        assert case.failure in failure


NOT_PASSING: dict[str, str] = {}
"""Cases that no test runs, with the reason."""


def test_every_file_of_the_corpus_is_run_here_or_in_a_form():
    """`tests/unit/apps/test_component_cases.py` runs those with a form, `test_in_an_app.py` the others in an app."""
    in_forms = {case.name for case in CASES if case.surroundings.get("layouts")}
    run = {case.name for case in RUN} | in_forms

    assert len(list(FOLDER.rglob("*.json"))) == len({case.file for case in CASES}) == 302
    assert (len(CASES), len(RUN), len(in_forms)) == (314, 299, 29)
    assert {case.name for case in CASES} - run == set(NOT_PASSING)
    assert len(NOT_PASSING) == 0


def test_a_case_with_another_value_is_caught():
    first = next(case for case in RUN if case.expects is True)

    assert as_json(outcome(first)[0]) != as_json(1)
    assert as_json(outcome(first)[0]) != as_json("true")
