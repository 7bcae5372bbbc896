"""Runs the calculations of a data type over a document (app folder §10.2)."""

from copy import deepcopy

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.calculations import Calculation, CalculationFile
from dialog_graph.apps.diagnostics import At, finding
from dialog_graph.apps.evaluator import AppEvaluator, reason
from dialog_graph.apps.form_data.conversion import NotConvertible, converted
from dialog_graph.apps.form_data.documents import model_of
from dialog_graph.apps.standing import at_field
from dialog_graph.apps.version import AppVersion
from dialog_graph.errors import Refusal
from dialog_graph.expressions import ExpressionError, to_model
from dialog_graph.model.diagnostic import Diagnostic, Diags
from dialog_graph.model.instance import Instance
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party

Calculated = tuple[Json, tuple[str, ...], Diags]
"""The document, the paths that differ from before, and a `DG7203` for each result that has no place."""


def calculate(
    version: AppVersion, data_type: str, document: Json, instance: Instance, owner: Party | None
) -> Calculated | Refusal:
    """A copy of the document with every calculated field, in the order of the file, once.

    Each calculation sees the results of those before it; other data is that of the instance. A result that does not
    fit its field leaves it as it is; one that fails refuses with `CALCULATION_FAILED`, which names file and field.
    """
    file = version.calculations.get(data_type)
    if file is None:
        return document, (), ()
    result = deepcopy(document)
    shape = model_of(version, data_type).shape
    evaluator = AppEvaluator(version=version, instance=instance, owner=owner)
    warnings: list[Diagnostic] = []
    for calculation in file.calculations:
        for steps in list(paths.resolved(result, calculation.steps)):
            if shape.lacks_index(steps):
                continue
            path = paths.show(steps)
            try:
                value = calculation.expression.evaluate(evaluator.context(at_field(data_type, result, steps, path)))
            except ExpressionError as error:
                return _failed(file, path, error)
            if not _set(result, steps, calculation, to_model(value)):
                at = At(file=file.file, path=path)
                warnings.append(finding("DG7203", at, path=path, kind=calculation.kind.value))
    return result, paths.differing(document, result), tuple(warnings)


def _set(document: Json, steps: tuple[paths.Step, ...], calculation: Calculation, value: Json) -> bool:
    """Writes a value that is new; False when it does not fit."""
    try:
        fitting = converted(value, calculation.kind)
    except NotConvertible:
        return False
    # The same number keeps its digits as written, and an absent field that stays empty is not made.
    if not paths.differing(paths.get(document, steps), fitting):
        return True
    return paths.put(document, steps, fitting)


def _failed(file: CalculationFile, path: str, error: ExpressionError) -> Refusal:
    return Refusal(
        code="CALCULATION_FAILED",
        expected=f"a value for {path} of {file.file}",
        actual=reason(error),
        path=(path,),
    )
