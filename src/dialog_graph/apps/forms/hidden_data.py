"""Removes the data that a form hides, when a task ends (app folder §9.3)."""

from collections.abc import Mapping
from copy import deepcopy
from uuid import UUID

from dialog_graph.apps.contents import paths
from dialog_graph.apps.forms.form_tree import FormTree
from dialog_graph.apps.forms.reader import ANYONE, Reader
from dialog_graph.apps.forms.tree_of_task import form_tree
from dialog_graph.apps.forms.visibility import Visibility
from dialog_graph.apps.version import AppVersion
from dialog_graph.model.instance import Instance
from dialog_graph.model.json_value import Json


def remove_hidden(
    version: AppVersion, instance: Instance, task_id: str, reader: Reader = ANYONE
) -> Mapping[UUID, Json]:
    """The changed documents of a task's form by element; none when the setting `RemoveHiddenData` is off.

    A field that only hidden components bind becomes null; hidden rows go, highest index first. Elements of types that
    belong to other tasks stay as they are: they are locked. `reader`: who ends the task, as the gate knows them.
    """
    if not version.settings.remove_hidden_data:
        return {}
    tree = form_tree(reader.judging(version, instance), task_id)
    return _cleaned(tree, task_id) if tree else {}


def _cleaned(tree: FormTree, task_id: str) -> Mapping[UUID, Json]:
    visibility = Visibility(tree)
    types = {data_type.id for data_type in tree.evaluator.version.types_of_task(task_id)}
    own = {item.element_id: item for item in tree.evaluator.instance.elements if item.data_type in types}
    documents: dict[UUID, Json] = {}
    for id, steps in visibility.fields.removable():
        if id in own and paths.get(tree.evaluator.document(own[id]), steps) is not None:
            paths.put(documents.setdefault(id, deepcopy(tree.evaluator.document(own[id]))), steps, None)
    # The last row first: until it is its turn, every row has the index that the form gave it.
    for id, steps in sorted(visibility.rows.removable(), key=lambda spot: _order(spot[1]), reverse=True):
        if id in own:
            paths.remove_row(documents.setdefault(id, deepcopy(tree.evaluator.document(own[id]))), steps)
    return documents


def _order(steps: tuple[paths.Step, ...]) -> tuple[tuple[int, str], ...]:
    """Paths in document order: names and indices compared among themselves."""
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in steps)
