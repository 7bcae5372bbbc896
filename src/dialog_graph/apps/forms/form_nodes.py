"""The nodes of a form over data: what stands where, before anything is computed (app folder §9.2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.components import Binding, Component, Page
from dialog_graph.apps.contents.layouts import LayoutSet
from dialog_graph.expressions import Expression
from dialog_graph.model.instance import DataElement
from dialog_graph.model.json_value import Json


@dataclass(slots=True, eq=False)
class Scope:
    """One form over one element: the form itself, or a subform over an element of its type.

    `found`: nodes by component id and row indices. `caller`: the component that shows a subform.
    """

    form: LayoutSet
    data_type: str | None
    element: DataElement | None
    document: Json
    caller: "Node | None" = None
    pages: list["Node"] = field(default_factory=list["Node"])
    found: dict[tuple[str, tuple[int, ...]], list["Node"]] = field(
        default_factory=dict[tuple[str, tuple[int, ...]], list["Node"]]
    )

    @property
    def depth(self) -> int:
        """1 for the form, 2 for a subform in it."""
        return 1 + (self.caller.scope.depth if self.caller else 0)


@dataclass(slots=True, eq=False)
class Node:
    """A page, a component in one row, or a row of a component.

    `rows`: indices of the rows around, outermost first; `place`: data type and path of the innermost row's data.
    `bindings`: fields, without row collections. A row has its own `index`; `is_null`: there is no object in it.
    """

    scope: Scope
    page: Page
    component: Component | None
    parent: "Node | None"
    rows: tuple[int, ...] = ()
    place: tuple[str, tuple[paths.Step, ...]] | None = None
    bindings: Mapping[str, Binding] = field(default_factory=dict[str, Binding])
    index: int | None = None
    is_null: bool = False
    children: list["Node"] = field(default_factory=list["Node"])

    @property
    def is_row(self) -> bool:
        """True for a row of a component."""
        return self.index is not None

    def expression(self, property: str) -> Expression | None:
        """What computes a property of the node; None when it is not written."""
        if self.component is None:
            return self.page.hidden if property == HIDDEN else None
        return self.component.hidden_row if self.is_row and property == HIDDEN else _WRITTEN[property](self.component)

    def chain(self) -> tuple["Node", ...]:
        """The node and everything around it, also around a subform, innermost first."""
        found: list[Node] = []
        node: Node | None = self
        while node is not None:
            found.append(node)
            node = node.parent or node.scope.caller
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field that a component binds: `name` of the binding, the element that holds it, its resolved path."""

    name: str
    data_type: str
    element: DataElement | None
    steps: tuple[paths.Step, ...]
    value: Json

    @property
    def path(self) -> str:
        """The path as people write it."""
        return paths.show(self.steps)


HIDDEN = "hidden"
REQUIRED = "required"
READ_ONLY = "readOnly"
REMOVED = "removeWhenHidden"

_WRITTEN: Mapping[str, Callable[[Component], Expression | None]] = {
    HIDDEN: lambda component: component.hidden,
    REQUIRED: lambda component: component.required,
    READ_ONLY: lambda component: component.read_only,
    REMOVED: lambda component: component.remove_when_hidden,
}
"""Property of a component -> the expression that computes it."""
