"""Which fields and rows of the data a form hides, and which it shows (app folder §9.3)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from dialog_graph.apps.contents.paths import Step
from dialog_graph.apps.forms.form_nodes import Node
from dialog_graph.apps.forms.form_tree import FormTree
from dialog_graph.model.instance import DataElement

Spot = tuple[UUID, tuple[Step, ...]]
"""Element and resolved path of a field or a row."""


@dataclass(slots=True)
class _Spots:
    """Fields, or rows. `hidden`: those that a hidden node binds -> may its data be removed."""

    shown: set[Spot] = field(default_factory=set[Spot])
    hidden: dict[Spot, bool] = field(default_factory=dict[Spot, bool])

    def add(self, spot: Spot, *, is_hidden: bool, is_removable: bool) -> None:
        if is_hidden:
            self.hidden[spot] = self.hidden.get(spot, True) and is_removable
        else:
            self.shown.add(spot)

    def only_hidden(self, spot: Spot) -> bool:
        return spot in self.hidden and spot not in self.shown

    def removable(self) -> Iterator[Spot]:
        """What only hidden nodes bind, and none of them wants to keep."""
        return (spot for spot, is_removable in self.hidden.items() if is_removable and spot not in self.shown)


class Visibility:
    """What one form hides and shows; what no component binds is neither."""

    def __init__(self, tree: FormTree) -> None:
        self.fields = _Spots()
        self.rows = _Spots()
        for node in tree.nodes():
            if node.component is not None:
                self._add(tree, node)
        # A row stays as long as something in it is shown.
        for id, steps in self.fields.shown:
            inner = (steps[: number + 1] for number, step in enumerate(steps) if isinstance(step, int))
            self.rows.shown.update((id, row) for row in inner)

    def _add(self, tree: FormTree, node: Node) -> None:
        is_hidden = tree.is_hidden(node)
        is_removable = is_hidden and tree.is_removable(node)
        if node.is_row:
            element = tree.row_element(node)
            # Its rows are the questions, which the app has put there.
            is_removable = is_removable and node.component is not None and node.component.kind != "likert"
            if element is not None and node.place is not None:
                spot = (element.element_id, node.place[1])
                self.rows.add(spot, is_hidden=is_hidden, is_removable=is_removable)
        for bound in tree.fields(node):
            if bound.element is not None:
                spot = (bound.element.element_id, bound.steps)
                self.fields.add(spot, is_hidden=is_hidden, is_removable=is_removable)

    def is_hidden(self, element: DataElement, steps: tuple[Step, ...]) -> bool:
        """True for a field that only hidden components bind, and for what stands in one or in a hidden row."""
        for count in range(len(steps), 0, -1):
            spot = (element.element_id, steps[:count])
            if spot in self.fields.shown or spot in self.rows.shown:
                return False
            if self.fields.only_hidden(spot) or self.rows.only_hidden(spot):
                return True
        return False
