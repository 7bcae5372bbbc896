"""Hidden, required and their kin: computed once per node, bounded, and safe against rules that ask in a circle.

Rules of §9.2 of the app folder: a rule that fails counts as false and gives one `DG7110` for its component and
property. What is hidden never depends on who asks first: every rule that leads into a circle fails.
"""

from collections.abc import Callable
from dataclasses import replace

from dialog_graph.apps.diagnostics import At, finding
from dialog_graph.apps.evaluator import reason
from dialog_graph.apps.forms.form_nodes import HIDDEN, Node
from dialog_graph.expressions import ExpressionError, circular_hidden, to_boolean
from dialog_graph.expressions.failure import LIMIT
from dialog_graph.model.diagnostic import Diagnostic, Diags
from dialog_graph.model.json_value import Json

_CIRCULAR = circular_hidden().message

# Rules that look at components with rules: each level takes some frames of Python's stack, deep expressions more.
_FRAMES = 16
_FRAMES_PER_DEPTH = 4
_MAX_FRAMES = 480


class Properties:
    """The properties of the nodes of one tree. `evaluate`: the value of a property, or an `ExpressionError`."""

    def __init__(self, evaluate: Callable[[Node, str], Json]) -> None:
        self._evaluate = evaluate
        self._known: dict[tuple[Node, str], bool | ExpressionError] = {}
        self._open: set[Node] = set()
        self._frames = 0
        self._warnings: dict[tuple[str, str, str], Diagnostic] = {}

    @property
    def warnings(self) -> Diags:
        """One finding for each component and property that failed."""
        return tuple(self._warnings.values())

    def is_hidden(self, node: Node) -> bool:
        """True when the node or anything around it is hidden. Raises `ExpressionError` where rules ask in a circle."""
        circle: ExpressionError | None = None
        for item in node.chain():
            try:
                if self._own(item):
                    return True
            except ExpressionError as error:
                circle = error
        if circle is not None:
            raise circle
        return False

    def shows_hidden(self, node: Node) -> bool:
        """The same for whoever draws or checks the form: a circle hides nothing."""
        try:
            return self.is_hidden(node)
        except ExpressionError:
            return False

    def flag(self, node: Node, name: str, *, default: bool = False) -> bool:
        """A property other than hidden. `default`: when it is not written, or null."""
        key = (node, name)
        known = self._known.get(key)
        if not isinstance(known, bool):
            known = self._known[key] = self._computed(node, name, default)
        return known

    def _computed(self, node: Node, name: str, default: bool) -> bool:
        if node.expression(name) is None:
            return default
        try:
            value = self._evaluate(node, name)
        except ExpressionError as error:
            self._warn(node, name, error)
            return False
        return default if value is None else _loosely(value)

    def _own(self, node: Node) -> bool:
        """The node's own rule; raises where it leads into a circle."""
        known = self._known.get((node, HIDDEN))
        if isinstance(known, ExpressionError):
            raise known
        if known is None:
            known = self._known[node, HIDDEN] = node.is_null or self._asked(node)
        return known

    def _asked(self, node: Node) -> bool:
        expression = node.expression(HIDDEN)
        if expression is None:
            return False
        if node in self._open:
            raise circular_hidden()
        cost = _FRAMES + _FRAMES_PER_DEPTH * expression.depth
        if self._frames + cost > _MAX_FRAMES:
            raise ExpressionError(LIMIT)
        self._open.add(node)
        self._frames += cost
        try:
            return _loosely(self._evaluate(node, HIDDEN))
        except ExpressionError as error:
            self._warn(node, HIDDEN, error)
            if error.message == _CIRCULAR:
                self._known[node, HIDDEN] = error
                raise
            return False
        finally:
            self._open.discard(node)
            self._frames -= cost

    def _warn(self, node: Node, name: str, error: ExpressionError) -> None:
        id = node.component.id if node.component else node.page.name
        shown = "hiddenRow" if node.is_row and name == HIDDEN else name
        at = node.component.at if node.component else At(file=node.page.file, element_id=node.page.name)
        self._warnings.setdefault(
            (node.page.file, id, shown),
            finding("DG7110", replace(at, path=shown), component=id, property=shown, reason=reason(error)),
        )


def _loosely(value: Json) -> bool:
    """The loose rule; what is no boolean counts as false."""
    try:
        return to_boolean(value)
    except ExpressionError:
        return False
