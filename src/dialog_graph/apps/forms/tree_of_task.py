"""The form of a task over an instance (app folder §9)."""

from dialog_graph.apps.evaluator import AppEvaluator
from dialog_graph.apps.forms.form_tree import FormTree


def form_tree(evaluator: AppEvaluator, task_id: str) -> FormTree | None:
    """The tree of the form that is shown for a task; None for a task without form."""
    version = evaluator.version
    form = version.layouts.of_task(task_id)
    if form is None or not form.contents:
        return None
    return FormTree(evaluator, form, version.default_data_type(task_id))
