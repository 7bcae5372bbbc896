"""The form of a task over an instance (app folder §9)."""

from dialog_graph.apps.evaluator import AppEvaluator
from dialog_graph.apps.forms.form_tree import FormTree
from dialog_graph.apps.forms.shown import of_task


def form_tree(evaluator: AppEvaluator, task_id: str) -> FormTree | None:
    """The tree of the form that is shown for a task; None for a task without form."""
    shown = of_task(evaluator.version, task_id)
    return FormTree(evaluator, shown.layout, shown.data_type) if shown else None
