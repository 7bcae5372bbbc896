"""Runs the rules of `{dataType}.validation.json` over a document: the source `Expression` (app folder §10.1)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.field_rules import FieldRule, RuleFile
from dialog_graph.apps.evaluator import AppEvaluator, reason
from dialog_graph.apps.standing import Standing, at_field
from dialog_graph.apps.validation_texts import LANGUAGES, message
from dialog_graph.errors import Issue, Refusal, Refused, Texts
from dialog_graph.expressions import ExpressionError, to_text
from dialog_graph.model.instance import DataElement
from dialog_graph.model.json_value import Json

SOURCE = "Expression"

Component = Callable[[str], Json]


def _always(element: DataElement, steps: tuple[paths.Step, ...]) -> bool:
    return False


def _formless(rows: tuple[int, ...]) -> Component | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What rules may know beside the document. `is_hidden`: tells of a field of an element; `component`: what a
    look-up of components answers from the given rows. Both are those of no form where there is none.
    """

    evaluator: AppEvaluator
    is_hidden: Callable[[DataElement, tuple[paths.Step, ...]], bool] = _always
    component: Callable[[tuple[int, ...]], Component | None] = _formless


def expression_issues(file: RuleFile, element: DataElement, around: Surroundings) -> Iterator[Issue]:
    """An issue for every rule whose condition is exactly true, in the order of file and rows.

    Fields that are null or hidden are not checked. A condition that fails, or gives anything but a boolean, would pass
    what it should stop: it raises `Refused` with `VALIDATION_RULE_FAILED`, which names file and field.
    """
    document = around.evaluator.document(element)
    for field in file.fields:
        for steps in paths.resolved(document, field.steps):
            if paths.get(document, steps) is None or around.is_hidden(element, steps):
                continue
            path = paths.show(steps)
            standing = at_field(element.data_type, document, steps, path)
            here = replace(standing, component=around.component(standing.rows), parameters={"field": path})
            for rule in field.rules:
                if _holds(rule, file, here, around.evaluator):
                    yield _issue(rule, element, here, around.evaluator)


def _holds(rule: FieldRule, file: RuleFile, standing: Standing, evaluator: AppEvaluator) -> bool:
    try:
        value = rule.condition.evaluate(evaluator.context(standing))
    except ExpressionError as error:
        raise _failed(file, standing, reason(error)) from error
    if not isinstance(value, bool):
        raise _failed(file, standing, "it gives something else")
    return value


def _failed(file: RuleFile, standing: Standing, actual: str) -> Refused:
    path = str(standing.argv[0])
    return Refused(
        Refusal(
            code="VALIDATION_RULE_FAILED",
            expected=f"true or false from the rule for {path} of {file.file}",
            actual=actual,
            path=(path,),
        )
    )


def _issue(rule: FieldRule, element: DataElement, standing: Standing, evaluator: AppEvaluator) -> Issue:
    code, texts = _told(rule, standing, evaluator)
    return Issue(
        code=code,
        source=SOURCE,
        severity=rule.severity,
        field=str(standing.argv[0]),
        data_element_id=element.element_id,
        message=texts,
    )


def _told(rule: FieldRule, standing: Standing, evaluator: AppEvaluator) -> tuple[str, Texts]:
    """The message as code, and its text by language; a message that cannot be computed gives a general text."""
    keys: list[str] = []
    here = evaluator.as_told(standing)
    texts: dict[str, str] = {}
    for language in LANGUAGES:
        reader = evaluator.in_language(language)
        try:
            key = to_text(rule.message.evaluate(reader.context(here)))
        except ExpressionError:
            key = None
        if key is None:
            return "expression", message("expression", {})
        keys.append(key)
        texts[language] = reader.text(key, here)
    return keys[0], texts
