"""Expressions where they live: the contexts that a loaded app gives, over stored documents (app folder §11.8).

The cases of the corpus that need no form run here once more, with the app's own look-ups in place of the test's.
"""

# The values of this file are any JSON: types would say nothing here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given

from dialog_graph.apps import AppEvaluator, AppVersion
from dialog_graph.apps.standing import Standing
from dialog_graph.expressions import Context, Expression, ExpressionError, compile_expression
from tests.unit.apps.sample import METADATA, PROCESS, SCHEMA, SETS, TEXTS, form, instance, loaded, metadata, process
from tests.unit.expressions import worlds
from tests.unit.expressions.corpus import Case, cases
from tests.unit.expressions.test_agreement import RANDOMS, thorough
from tests.unit.expressions.test_corpus import assert_as_expected, outcome

DEFAULT = "default"
FORMLESS = [case for case in cases() if case.skipped is None and not case.surroundings.get("layouts")]
OWN_INSTANCE = "the instance of the case has ids that are no ids of ours"
LEFT_OUT = {case.name: OWN_INSTANCE for case in FORMLESS if "instance" in case.surroundings}
CASES = [case for case in FORMLESS if case.name not in LEFT_OUT]


@cache
def app(types: tuple[str, ...], texts: str, settings: str) -> AppVersion:
    """The sample with these data types; most cases share one."""
    rows = [{"id": name, "taskId": "Task_1", "appLogic": {"classRef": "X"}} for name in types]
    return loaded(
        {
            METADATA: metadata(dataTypes=rows),
            PROCESS: process(),
            SCHEMA: None,
            SETS: {"sets": [{"id": "form", "dataType": types[0], "tasks": ["Task_1"]}]},
            TEXTS: {"language": "nb", "resources": json.loads(texts)},
            "appsettings.json": {"FrontEndSettings": json.loads(settings)},
            "dialog-graph.toml": 'timezone = "UTC"',
        }
    )


def as_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def context_of(case: Case) -> Context:
    given = case.surroundings
    alone = [{"dataElement": {"dataType": DEFAULT}, "data": given.get("dataModel", {})}]
    models = given.get("dataModels") or alone
    types = dict.fromkeys(model["dataElement"]["dataType"] for model in models)
    version = app(tuple(types), as_text(given.get("textResources", [])), as_text(given.get("frontendSettings", {})))
    data = [form(model["data"], model["dataElement"]["dataType"], at) for at, model in enumerate(models, start=1)]
    language = given.get("profileSettings", {}).get("language", "nb")
    evaluator = AppEvaluator(version=version, instance=instance(*data), language=language)
    return evaluator.context(
        Standing(
            data_type=next(iter(types)),
            rows=tuple(given.get("context", {}).get("rowIndices") or ()),
            argv=tuple(given.get("positionalArguments", ())),
            gateway_action=given.get("gatewayAction"),
        )
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_gives_its_value_or_its_failure_in_an_app(case: Case):
    assert_as_expected(case, *outcome(case, context_of))


def test_all_cases_without_a_form_run_in_an_app_but_those_with_another_s_instance():
    if FORMLESS:
        assert (len(CASES), len(LEFT_OUT)) == (279, 6)


PATHS = ("name", "rows", "rows[0].item", "rows.item", "rows[].cost", "a.b[", "", "[0]", "tags[9]", "a" * 300, "\u0000")


def strange_document(random: Random) -> dict[str, Any]:
    members = ("name", "age", "price", "agreed", "address", "rows", "tags", "\u2028", "a.b")
    return {name: plain(worlds.value(random)) for name in members if random.random() < 0.7}


def plain(value: Any) -> Any:
    """As a document is stored: numbers are numbers of JSON, and no text holds U+0000, which no write lets in."""
    match value:
        case dict():
            return {plain(name): plain(member) for name, member in value.items()}
        case list() | tuple():
            return [plain(member) for member in value]
        case str():
            return value.replace("\u0000", "")
        case Decimal():
            return float(value)
        case _:
            return value


@thorough
@given(RANDOMS)
def test_over_random_documents_nothing_but_the_documented_error_comes_out(random: Random):
    context = AppEvaluator(
        version=SAMPLE_APP,
        instance=instance(*(form(strange_document(random), "model", number) for number in range(random.randrange(3)))),
        language=random.choice(("nb", "nn", "en")),
        allowed={"read": True},
    ).context(Standing(data_type=random.choice((None, "model", "xml", "file", "gone")), rows=(random.randrange(3),)))
    source = ["list", worlds.source(random), *(["dataModel", path] for path in random.sample(PATHS, 2))]
    compiled = compile_expression(source)
    assert isinstance(compiled, Expression)

    try:
        json.dumps(compiled.evaluate(context), allow_nan=False)
    except ExpressionError as error:
        error.message.encode()


SAMPLE_APP = loaded()
