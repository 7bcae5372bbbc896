"""The cases of the shared corpus that stand in a form: each is an app of its own, loaded like any other."""

# The values of this file are any JSON: types would say nothing here.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false

from dataclasses import replace
from typing import Any

import pytest

from dialog_graph.apps import AppEvaluator, AppVersion, load
from dialog_graph.apps.forms.form_nodes import Node
from dialog_graph.apps.forms.form_tree import FormTree
from dialog_graph.apps.forms.tree_of_task import form_tree
from dialog_graph.expressions import Expression, ExpressionError, compile_expression
from dialog_graph.model.instance import DataElement
from tests.unit.apps.sample import METADATA, SCHEMA, SETS, TEXTS, files, form, instance, metadata
from tests.unit.expressions.corpus import FOLDER, Case, cases
from tests.unit.expressions.test_corpus import as_json

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared corpus is not beside the project")

DEFAULT = "default"
IN_FORMS = [case for case in cases() if case.surroundings.get("layouts")]
LEFT_TO_FORMS = [case for case in cases() if case.skipped]


def models_of(case: Case) -> list[dict[str, Any]]:
    given = case.surroundings
    alone = [{"dataElement": {"dataType": DEFAULT}, "data": given.get("dataModel", {})}]
    return given.get("dataModels") or alone


def app_of(case: Case) -> AppVersion:
    given = case.surroundings
    types = dict.fromkeys(model["dataElement"]["dataType"] for model in models_of(case))
    rows = [{"id": name, "taskId": "Task_1", "appLogic": {"classRef": "X"}} for name in types]
    layouts: dict[str, Any] = given["layouts"]
    texts = {"language": "nb", "resources": given.get("textResources", [])}
    settings = {"FrontEndSettings": given.get("frontendSettings", {})}
    changes: dict[str, Any] = {
        METADATA: metadata(dataTypes=rows),
        SCHEMA: None,
        TEXTS: texts,
        "appsettings.json": settings,
        SETS: {"sets": [{"id": "form", "dataType": next(iter(types)), "tasks": ["Task_1"]}]},
        "ui/form/Settings.json": {"pages": {"order": list(layouts)}},
        "ui/form/layouts/one.json": None,
        **{f"ui/form/layouts/{name}.json": page for name, page in layouts.items()},
    }
    version, diagnostics = load(files(changes), "development")
    assert version is not None, diagnostics
    return version


def elements_of(case: Case) -> list[DataElement]:
    return [
        form(model["data"], model["dataElement"]["dataType"], number)
        for number, model in enumerate(models_of(case), start=1)
    ]


def tree_of(case: Case) -> FormTree:
    given = case.surroundings
    language = given.get("profileSettings", {}).get("language", "nb")
    evaluator = AppEvaluator(version=app_of(case), instance=instance(*elements_of(case)), language=language)
    tree = form_tree(evaluator, "Task_1")
    assert tree is not None
    return tree


def node_of(case: Case, tree: FormTree) -> Node:
    """The component that the expression stands at; without a context the first of the first page."""
    context = case.surroundings.get("context")
    if context is None:
        return tree.scope.pages[0].children[0]
    found = tree.scope.found[context["component"], tuple(context.get("rowIndices") or ())]
    return next(node for node in found if node.page.name == context["currentLayout"])


def outcome(case: Case) -> tuple[Any, str | None]:
    compiled = compile_expression(case.expression)
    assert isinstance(compiled, Expression)
    tree = tree_of(case)
    standing = replace(
        tree.standing(node_of(case, tree)),
        argv=tuple(case.surroundings.get("positionalArguments", ())),
        gateway_action=case.surroundings.get("gatewayAction"),
    )
    try:
        return compiled.evaluate(tree.evaluator.context(standing)), None
    except ExpressionError as error:
        return None, error.message


@pytest.mark.parametrize("case", IN_FORMS, ids=lambda case: case.name)
def test_a_case_in_a_form_gives_its_value_or_its_failure(case: Case):
    value, failure = outcome(case)

    if case.failure is None:
        assert failure is None
        assert as_json(value) == as_json(case.expects)
    else:
        assert failure is not None
        assert case.failure in failure


def test_every_case_that_needs_a_form_runs_here():
    assert {case.name for case in LEFT_TO_FORMS} <= {case.name for case in IN_FORMS}
    assert len(LEFT_TO_FORMS) == 15
