"""The compiled table answers every question as the XML read slowly does; misreadings and broken compilers are caught.

`DIALOG_GRAPH_POLICIES` sets the number of generated policies; a failing one is printed by hypothesis.
"""

# The defects are lambdas over anything: types would say nothing here.
# pyright: reportUnknownLambdaType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import ast
import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from dialog_graph.errors import Refusal
from dialog_graph.policy import (
    DecisionTable,
    Request,
    app_rules,
    compiler,
    decide,
    organisation_key,
    read_policy,
    reader,
    role_key,
)
from dialog_graph.policy import request as words
from dialog_graph.policy.xacml import Effect, Function, Levels, Policy
from tests.unit.policy import slow_reading
from tests.unit.policy.generated import (
    ACTIONS,
    OWN,
    SCOPES,
    action,
    policies,
    policy,
    request,
    requests,
    resource,
    rule,
    subject,
    to_xml,
)
from tests.unit.policy.slow_reading import MISREADINGS, RIGHT, Misreading, Question, SlowReading

thorough = settings(
    max_examples=int(os.environ.get("DIALOG_GRAPH_POLICIES", "100")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def question(caller: Request, action: str, scope: str) -> Question:
    return Question(
        org=OWN.org,
        app=OWN.app,
        subjects=caller.subjects,
        has_relation=caller.has_relation,
        is_organisation=caller.is_organisation,
        level=caller.level,
        action=action,
        place=scope,
    )


def answer(table: DecisionTable, asked: Question) -> str | int | None:
    given_answer = decide(
        table,
        Request(
            action=asked.action,
            scope=next(scope for scope in SCOPES if scope == asked.place),
            subjects=asked.subjects,
            has_relation=asked.has_relation,
            is_organisation=asked.is_organisation,
            level=asked.level,
            org=asked.org,
        ),
    )
    if not isinstance(given_answer, Refusal):
        return None
    return given_answer.code if given_answer.code == "FORBIDDEN" else given_answer.required_level


def everywhere(caller: Request) -> Iterable[Question]:
    return (question(caller, name, scope) for name in ACTIONS for scope in SCOPES)


def disagreement(item: Policy, caller: Request, wrong: Misreading = RIGHT) -> Question | None:
    """The first question that table and reading answer differently; the reading is done once for each distinct one."""
    xml = to_xml(item)
    table, found = read_policy(xml, OWN)
    assert table is not None, found
    slow = SlowReading(xml, wrong)
    return next((asked for asked in everywhere(caller) if answer(table, asked) != slow.answer(asked)), None)


@thorough
@given(policies(), requests)
def test_the_table_answers_as_the_xml_read_slowly(item: Policy, caller: Request) -> None:
    assert disagreement(item, caller) is None


SIMPLE = (
    policy(rule(subject(words.ROLE, "DAGL"), action("read"))),
    policy(rule(subject(words.ROLE, "DAGL", "REGNA"), resource(task="T1"), action("read", "write"))),
    policy(rule(action("read")), rule(subject(words.ROLE, "DAGL"), action("read"), effect=Effect.DENY, rule_id="r2")),
    policy(rule(subject(words.ROLE, "DAGL"), levels=Levels(4, 1)), levels=Levels(1)),
    policy(rule(resource(org="[ORG]", app="[app]"), subject(words.ORGANISATION_NUMBER, "910000001"))),
    policy(rule(resource(org="skd"), subject(words.ROLE, "DAGL"))),
)
CALLERS = (
    request("read", role_key("DAGL"), level=2),
    request("read", role_key("DAGL"), organisation_key("910000001"), is_organisation=True, level=0),
    request("read", has_relation=True, level=4),
    request("read", organisation_key("910000001"), level=4, has_relation=False),
)


def is_caught(wrong: Misreading = RIGHT) -> bool:
    """Whether a mistake shows in the simplest cases, or else in generated ones."""
    if any(disagreement(item, caller, wrong) for item in SIMPLE for caller in CALLERS):
        return True
    drawn = settings(thorough, max_examples=300, database=None, derandomize=True, phases=[Phase.generate])
    cases = st.tuples(policies(), requests)
    try:
        find(cases, lambda case: disagreement(case[0], case[1], wrong) is not None, settings=drawn)
    except NoSuchExample:
        return False
    return True


def test_what_is_right_is_not_caught() -> None:
    assert all(disagreement(item, caller) is None for item in SIMPLE for caller in CALLERS)


@pytest.mark.slow
@pytest.mark.parametrize("mistake", sorted(MISREADINGS))
def test_the_comparison_catches_a_misreading(mistake: str) -> None:
    assert is_caught(MISREADINGS[mistake])


def _instead(module: Any, name: str, defect: Any) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: patch.object(module, name, defect)


_target, _levels = reader._target, reader._levels  # pyright: ignore[reportPrivateUsage]  (where the defects are put)
TWINS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "reads one AnyOf of a target": _instead(reader, "_target", lambda owner: _target(owner)[:1]),
    "reads no obligations": _instead(reader, "_levels", lambda owner, file, found: Levels()),
    "takes every role as written": _instead(app_rules, "_is_role", lambda match: False),
    "keeps placeholders": _instead(app_rules, "_filled", lambda text, app: text),
    "knows no synonyms": _instead(compiler, "_SYNONYMS", {}),
    "takes everything as a relation": _instead(compiler, "_subject_keys", lambda asked, app: ("relation",)),
    "lets other apps' rules hold": _instead(compiler, "_check_resource", lambda asked, app: None),
    "never folds": _instead(Function, "folds", False),
}
"""Readers and compilers with one seeded defect each."""


@pytest.mark.slow
@pytest.mark.parametrize("mistake", sorted(TWINS))
def test_the_comparison_catches_a_broken_compiler(mistake: str) -> None:
    with TWINS[mistake]():
        assert is_caught()


def test_the_slow_reading_shares_nothing_with_the_policy_package() -> None:
    tree = ast.parse(Path(str(slow_reading.__file__)).read_text(encoding="utf-8"))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}

    assert not [name for name in modules if name.startswith(("dialog_graph", "tests"))]
