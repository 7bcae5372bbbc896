"""A form over an instance's data: every component in every row, what is hidden, and look-ups between components.

Pages hold components, repeating groups hold rows, rows hold components again, in the order of the files; row indices
grow by one per group inside of a group (app folder §9.2). Nodes are made once; properties are computed when asked for
and remembered.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.components import ROW_BINDINGS, Binding, Component, Page
from dialog_graph.apps.contents.layouts import LayoutSet
from dialog_graph.apps.evaluator import AppEvaluator
from dialog_graph.apps.forms.form_nodes import READ_ONLY, REMOVED, REQUIRED, Field, Node, Scope
from dialog_graph.apps.forms.properties import Properties
from dialog_graph.apps.standing import Standing
from dialog_graph.errors import Refusal, Refused
from dialog_graph.expressions import ExpressionError, unknown_component
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.instance import DataElement
from dialog_graph.model.json_value import Json

MAX_NODES = 100_000
"""Components of a form in each row, and the rows: far beyond what people fill in, a bound on the work of one step."""

MAX_DRAWN = 20_000
"""The same for forms that are drawn, and for those of no instance, which anybody may ask about."""

_MAX_SUBFORMS = 3
_FIELD = "simpleBinding"


class FormTree:
    """The tree of one form. Raises `Refused` (`VALIDATION_RULE_FAILED`) when there are more rows than it can hold."""

    def __init__(
        self, evaluator: AppEvaluator, form: LayoutSet, data_type: str | None, max_nodes: int = MAX_NODES
    ) -> None:
        self.evaluator = evaluator
        self._room = max_nodes
        self._max_nodes = max_nodes
        self._standings: dict[Node, Standing] = {}
        self._fields: dict[Node, list[Field]] = {}
        self._properties = Properties(self._evaluate)
        element = self._first(data_type)
        document = evaluator.document(element) if element else None
        self.scope = Scope(form, data_type, element, document)
        self._fill(self.scope)

    # The tree ---------------------------------------------------------------------------------------------------------

    @property
    def warnings(self) -> Diags:
        """A `DG7110` for each property of a component that failed so far."""
        return self._properties.warnings

    def nodes(self) -> Iterator[Node]:
        """Every node in the order of the form, each before those inside of it."""
        waiting = list(reversed(self.scope.pages))
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    def _elements(self, data_type: str | None) -> list[DataElement]:
        found = [item for item in self.evaluator.instance.elements if item.data_type == data_type]
        return sorted(found, key=lambda item: item.created_at)

    def _first(self, data_type: str | None) -> DataElement | None:
        return next(iter(self._elements(data_type)), None)

    def _fill(self, scope: Scope) -> None:
        for page in scope.form.contents:
            node = Node(scope, page, None, scope.caller)
            scope.pages.append(node)
            self._add(node, page.components)

    def _add(self, parent: Node, components: tuple[Component, ...]) -> None:
        for component in components:
            bindings = {name: bound for name, bound in component.bindings.items() if name not in ROW_BINDINGS}
            in_rows = component.rows is not None and not component.is_repeating
            node = self._node(parent, component, {} if in_rows else bindings)
            if component.rows is not None:
                self._add_rows(node, component, component.rows, bindings)
            elif component.kind == "subform":
                self._add_subforms(node, component)
            else:
                self._add(node, component.children)
            self._add(node, component.outside)

    def _node(self, parent: Node, component: Component, bindings: Mapping[str, Binding]) -> Node:
        self._take_room()
        node = Node(parent.scope, parent.page, component, parent, parent.rows, parent.place, bindings)
        parent.children.append(node)
        parent.scope.found.setdefault((component.id, node.rows), []).append(node)
        return node

    def _take_room(self) -> None:
        self._room -= 1
        if self._room < 0:
            expected = f"a form of at most {self._max_nodes} components and rows"
            raise Refused(Refusal(code="VALIDATION_RULE_FAILED", expected=expected, actual="there are more"))

    def _add_rows(self, group: Node, component: Component, binding: Binding, bindings: Mapping[str, Binding]) -> None:
        """A node for each row; its components, or for lists of choices the component itself once more."""
        data_type = binding.data_type or group.scope.data_type or ""
        steps, value = self._walked(group, binding)
        for index, item in enumerate(value if isinstance(value, list) else ()):
            self._take_room()
            row = Node(group.scope, group.page, component, group, (*group.rows, index), (data_type, (*steps, index)))
            row.index, row.is_null = index, item is None
            group.children.append(row)
            if component.is_repeating:
                self._add(row, component.children)
            else:
                self._node(row, component, bindings)

    def _add_subforms(self, node: Node, component: Component) -> None:
        form = self.evaluator.version.layouts.sets.get(component.layout_set or "")
        if form is None or form.data_type is None or node.scope.depth >= _MAX_SUBFORMS:
            return
        for element in self._elements(form.data_type):
            scope = Scope(form, form.data_type, element, self.evaluator.document(element), node)
            self._fill(scope)
            node.children.extend(scope.pages)

    def row_element(self, row: Node) -> DataElement | None:
        """The element that holds a row."""
        data_type = row.place[0] if row.place else None
        return self._element(row.scope, data_type)

    def elements(self, node: Node) -> Mapping[str, DataElement | None]:
        """What a component binds, rows included: data type -> its element here, None where there is none yet."""
        bound = node.component.bindings.values() if node.component else ()
        types = (binding.data_type or node.scope.data_type for binding in bound)
        return {name: self._element(node.scope, name) for name in types if name is not None}

    def rows_of(self, node: Node, data_type: str | None, steps: tuple[paths.Step, ...]) -> list[Standing]:
        """Where each row of a collection stands, seen from a node."""
        name = data_type or node.scope.data_type or ""
        found, value = self._walked(node, Binding(path="", steps=steps, data_type=data_type))
        here = self.standing(node)
        standings: list[Standing] = []
        for index in range(len(value) if isinstance(value, list) else 0):
            rows, arrays = paths.context_of((*found, index))
            standings.append(replace(here, rows=rows, arrays=arrays, rows_of=name))
        return standings

    def value_at(self, node: Node, data_type: str | None, steps: tuple[paths.Step, ...], row: Standing) -> Json:
        """A field of the node's form, or of another type, in a row given by `rows_of`."""
        name = data_type or node.scope.data_type or ""
        element = self._element(node.scope, name)
        document = self.evaluator.document(element) if element else None
        return paths.get(document, steps, row.indices(name), row.arrays)

    # Data -------------------------------------------------------------------------------------------------------------

    def standing(self, node: Node) -> Standing:
        """Where expressions and texts of the node stand."""
        if node not in self._standings:
            self._standings[node] = self._standing(node)
        return self._standings[node]

    def _standing(self, node: Node) -> Standing:
        data_type, steps = node.place or (None, ())
        rows, arrays = paths.context_of(steps)
        scope = node.scope
        is_there = scope.data_type is not None and scope.element is not None
        return Standing(
            data_type=scope.data_type,
            documents={scope.data_type: scope.document} if is_there and scope.data_type else {},
            rows=rows,
            arrays=arrays,
            rows_of=data_type,
            component=partial(self._value_from, node),
        )

    def fields(self, node: Node) -> list[Field]:
        """The fields that a component binds, in the order of the file."""
        if node not in self._fields:
            found = (self._field(node, name, bound) for name, bound in node.bindings.items())
            self._fields[node] = [field for field in found if field is not None]
        return self._fields[node]

    def _field(self, node: Node, name: str, binding: Binding) -> Field | None:
        data_type = binding.data_type or node.scope.data_type
        if data_type is None or data_type not in self.evaluator.version.data_types or not binding.steps:
            return None
        steps, value = self._walked(node, binding)
        element = self._element(node.scope, data_type)
        return Field(name=name, data_type=data_type, element=element, steps=steps, value=value)

    def _walked(self, node: Node, binding: Binding) -> tuple[tuple[paths.Step, ...], Json]:
        """The path of a binding in the node's row, and the value there."""
        data_type = binding.data_type or node.scope.data_type
        element = self._element(node.scope, data_type)
        document = self.evaluator.document(element) if element else None
        standing = self.standing(node)
        return paths.walk(document, binding.steps, standing.indices(data_type or ""), standing.arrays)

    # Look-ups ---------------------------------------------------------------------------------------------------------

    def _element(self, scope: Scope, data_type: str | None) -> DataElement | None:
        return scope.element if data_type == scope.data_type else self._first(data_type)

    def component_from(self, rows: tuple[int, ...]) -> Callable[[str], Json]:
        """What `component` answers to an expression that stands in these rows of the form's data, at no component."""
        return partial(self._value, self.scope, rows, None)

    def _value_from(self, node: Node, id: str) -> Json:
        return self._value(node.scope, node.rows, node.page, id)

    def _value(self, scope: Scope, rows: tuple[int, ...], page: Page | None, id: str) -> Json:
        target = _reachable(scope, rows, page, id)
        if target is None:
            raise unknown_component(id)
        binding = target.bindings.get(_FIELD)
        if binding is None:
            raise ExpressionError(f"The component {id[:100]} has no {_FIELD}")
        if self._properties.is_hidden(target):
            return None
        return self.evaluator.field(binding.path, binding.data_type, self.standing(target))

    # Properties -------------------------------------------------------------------------------------------------------

    def _evaluate(self, node: Node, name: str) -> Json:
        expression = node.expression(name)
        return None if expression is None else expression.evaluate(self.evaluator.context(self.standing(node)))

    def is_hidden(self, node: Node) -> bool:
        """True when the node or anything around it is hidden; a rule that fails hides nothing."""
        return self._properties.shows_hidden(node)

    def is_required(self, node: Node) -> bool:
        """True when the component must be filled in."""
        return self._properties.flag(node, REQUIRED)

    def is_read_only(self, node: Node) -> bool:
        """True when the component cannot be changed."""
        return self._properties.flag(node, READ_ONLY)

    def is_removable(self, node: Node) -> bool:
        """True when hidden data of the node may be removed: nothing around it says otherwise."""
        return all(self._properties.flag(item, REMOVED, default=True) for item in node.chain() if item.component)


def _reachable(scope: Scope, rows: tuple[int, ...], page: Page | None, id: str) -> Node | None:
    """The component with this id in the nearest of the rows around, on the same page first; else outside a subform."""
    for count in range(len(rows), -1, -1):
        nodes = scope.found.get((id, rows[:count]))
        if nodes:
            return next((node for node in nodes if node.page is page), nodes[0])
    caller = scope.caller
    return _reachable(caller.scope, caller.rows, caller.page, id) if caller else None
