"""Fields that the form requires: the source `Required` (app folder §9.3)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from dialog_graph.apps.evaluator import AppEvaluator
from dialog_graph.apps.forms.form_nodes import Field, Node
from dialog_graph.apps.forms.form_tree import FormTree
from dialog_graph.apps.forms.words import said
from dialog_graph.apps.standing import Standing
from dialog_graph.apps.validation_texts import LANGUAGES, message
from dialog_graph.errors import Issue, Texts
from dialog_graph.model.json_value import Json

SOURCE = "Required"
CODE = "required"
TEXT_KEY = "backend.validation_errors.required"
TITLE = "title"


def required_issues(tree: FormTree) -> Iterator[tuple[Field, Issue]]:
    """(field, issue) for every field that a visible component requires and that is empty, in the form's order.

    One field gives one issue, however many components require it.
    """
    told: set[tuple[UUID | None, str, str]] = set()
    for node in tree.nodes():
        if node.component is None or node.is_row or not node.bindings:
            continue
        if not tree.is_required(node) or tree.is_hidden(node):
            continue
        for field in tree.fields(node):
            id = field.element.element_id if field.element else None
            key = (id, field.data_type, field.path)
            if _is_empty(field.value) and key not in told:
                told.add(key)
                yield field, _issue(tree, node, field)


def _is_empty(value: Json) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _issue(tree: FormTree, node: Node, field: Field) -> Issue:
    return Issue(
        code=CODE,
        source=SOURCE,
        field=field.path,
        data_element_id=field.element.element_id if field.element else None,
        message=_texts(tree, node, field),
    )


def _texts(tree: FormTree, node: Node, field: Field) -> Texts:
    """The app's own words where it has any, else ours."""
    own = message(CODE, {})
    if tree.evaluator.version.texts.resource(TEXT_KEY, LANGUAGES[0]) is None:
        return own
    return {language: _text(tree.evaluator.in_language(language), (tree, node, field)) for language in own}


def _text(evaluator: AppEvaluator, place: tuple[FormTree, Node, Field]) -> str:
    tree, node, field = place
    standing = evaluator.as_told(tree.standing(node))
    parameters = _parameters(evaluator, node, field, standing)
    return evaluator.text(TEXT_KEY, replace(standing, parameters=parameters))


def _parameters(evaluator: AppEvaluator, node: Node, field: Field, standing: Standing) -> Mapping[str, str]:
    component = node.component
    assert component is not None, "only components bind fields"
    return {
        "field": field.path,
        "layoutId": node.scope.form.id,
        "pageId": node.page.name,
        "componentId": component.id,
        "bindingName": field.name,
        "pageName": evaluator.text(node.page.name, standing),
        "componentTitle": text_of(evaluator, node, TITLE, standing) or component.id,
    }


def text_of(evaluator: AppEvaluator, node: Node, name: str, standing: Standing) -> str | None:
    """A text of a component in the evaluator's language; None when it has none, or it cannot be computed here."""
    written = node.component.texts.get(name) if node.component else None
    return said(evaluator, written, standing)
