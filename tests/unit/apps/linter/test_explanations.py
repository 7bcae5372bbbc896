"""Every finding is explained, and the examples of the explanations are true."""

import re
from pathlib import Path

import pytest

from dialog_graph.apps import load
from dialog_graph.apps.linter.explanations import Explanation, explain, explanations
from dialog_graph.apps.linter.rules import FINDING_RULES
from tests.unit.apps.linter.examples import app_with, template

SOURCE = Path(__file__).resolve().parents[4] / "src" / "dialog_graph"
CODE = re.compile(r'"(DG\d{4})')
IN_FILES = [code for code, told in explanations().items() if told.file and code in FINDING_RULES]


def codes(told: Explanation, part: str, other: str) -> set[str]:
    return {item.code for item in load(app_with(told.file, part, other), "development")[1]}


def test_every_code_of_every_table_is_explained_and_no_other() -> None:
    assert set(explanations()) ^ set(FINDING_RULES) == set()


def test_every_code_that_the_program_writes_stands_in_a_table() -> None:
    written = {code for file in SOURCE.rglob("*.py") for code in CODE.findall(file.read_text(encoding="utf-8"))}

    assert written - set(FINDING_RULES) == set()


@pytest.mark.parametrize("code", FINDING_RULES)
def test_an_explanation_says_all_it_should(code: str) -> None:
    text = explain(code)

    assert text is not None
    assert text.startswith(f"{code} {FINDING_RULES[code].severity.value}: ")
    for part in ("\n\nWhy it matters: ", "\n\nHow to mend it: ", "\n\nBefore", "\n\nAfter:\n"):
        assert text.count(part) == 1
    told = explanations()[code]
    assert all(sentence.endswith(".") for sentence in (told.meaning, told.reason, told.remedy))
    assert told.before != told.after


def test_the_app_of_the_examples_has_nothing_to_mend() -> None:
    told = Explanation(
        title="", meaning="", reason="", remedy="", before="", after="", file="config/texts/resource.nb.json"
    )
    text = template()[told.file].decode()

    assert codes(told, text, text) == set()


@pytest.mark.parametrize("code", IN_FILES)
def test_an_example_has_the_finding_before_and_not_after(code: str) -> None:
    told = explanations()[code]

    assert code in codes(told, told.before, told.after)
    assert code not in codes(told, told.after, told.before)


@pytest.mark.parametrize("asked", ["DG3005", "dg3005", "3005", " DG3005 "])
def test_a_code_may_be_asked_for_in_short(asked: str) -> None:
    assert explain(asked) == explain("DG3005")


@pytest.mark.parametrize("asked", ["DG0000", "", "DG", "three", "DG3005x", "DG3005\x1b[2J"])
def test_what_is_no_code_is_not_explained(asked: str) -> None:
    assert explain(asked) is None
