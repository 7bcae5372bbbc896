"""Condition texts: JSON as people write it, and findings that name line and column."""

import pytest

from dialog_graph.expressions import Expression, compile_expression, read_condition


@pytest.mark.parametrize(
    "text",
    [
        '["equals", ["gatewayAction"], "reject"]',
        ' \n ["equals", // what was done\n ["gatewayAction",], /* no */ "reject",]\t',
        '\ufeff["equals",["gatewayAction"],"reject"]',
    ],
)
def test_a_condition_is_read_with_comments_and_trailing_commas(text: str):
    source = read_condition(text)

    assert source == ["equals", ["gatewayAction"], "reject"]
    assert isinstance(compile_expression(source), Expression)


def test_a_literal_is_a_condition_too():
    assert read_condition(" true ") is True


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("", "expected a value, but the text ends at 1:1", (1, 1)),
        ('["equals",\n  tru]', 'expected a value, but found "tru" at 2:3', (2, 3)),
        ("=${x}", 'expected a value, but found "=" at 1:1', (1, 1)),
        ("[" * 100_000, "JSON depth is 65, limit 64", (1, 65)),
    ],
)
def test_a_fault_is_an_expression_finding_with_its_place(text: str, message: str, place: tuple[int, int]):
    findings = read_condition(text)

    assert isinstance(findings, tuple)
    (finding,) = findings
    assert (finding.code, finding.message, (finding.line, finding.column)) == ("DG7001", message, place)
