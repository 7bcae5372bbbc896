"""Forms over the sample app: tests say their components, everything else is the sample's."""

from collections.abc import Mapping
from typing import Any

from dialog_graph.apps import AppEvaluator, AppVersion
from dialog_graph.apps.forms.form_nodes import Node
from dialog_graph.apps.forms.form_tree import FormTree
from dialog_graph.apps.forms.tree_of_task import form_tree
from dialog_graph.model.instance import DataElement
from tests.unit.apps.sample import form, instance, loaded

PAGE = "ui/form/layouts/one.json"


def page(*components: Any, **data: Any) -> dict[str, Any]:
    return {"data": {"layout": list(components), **data}}


def part(id: str, type: str = "Input", bound: str | None = None, **more: Any) -> dict[str, Any]:
    """One component; `bound`: path of its `simpleBinding`."""
    bindings = {"dataModelBindings": {"simpleBinding": bound}} if bound else {}
    return {"id": id, "type": type, **bindings, **more}


def group(id: str, bound: str, *children: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "type": "RepeatingGroup",
        "dataModelBindings": {"group": bound},
        "children": list(children),
        **more,
    }


def app(*components: Any, changes: Mapping[str, Any] | None = None, **data: Any) -> AppVersion:
    """The sample with a form of one page."""
    return loaded({PAGE: page(*components, **data), **(changes or {})})


def tree(version: AppVersion, document: Any = None, *others: DataElement) -> FormTree:
    """The form of the task over a document of its type and further elements."""
    own = (form(document),) if document is not None else ()
    found = form_tree(AppEvaluator(version=version, instance=instance(*own, *others)), "Task_1")
    assert found is not None
    return found


def node(form: FormTree, id: str, *rows: int) -> Node:
    (found,) = form.scope.found[id, rows]
    return found


def hidden(form: FormTree) -> list[str]:
    """What is hidden, with its rows: `c[0]`, rows of components as `c/0`."""
    shown: list[str] = []
    for item in form.nodes():
        if form.is_hidden(item):
            name = item.component.id if item.component else item.page.name
            around = item.rows[:-1] if item.is_row else item.rows
            place = name + "".join(f"[{index}]" for index in around)
            shown.append(f"{place}/{item.index}" if item.is_row else place)
    return shown
