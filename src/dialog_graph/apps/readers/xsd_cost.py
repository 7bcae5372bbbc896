"""How hard an XSD is to compile, estimated before it is compiled: the compiler of the XML library has no bound.

Measured: a sequence of n optional parts takes time n³ (1 000 of them 3 s, 2 000 of them 31 s), a group with a finite
`maxOccurs` about trebles what is in it, a group that names another twice doubles it. So parts are counted as the
compiler sees them, all names followed, and never further than the limit.
"""

import re
from typing import Final

from dialog_graph.apps.readers.xsd_files import Declarations, children, local
from dialog_graph.model.safe_xml import Element

MAX_COST: Final = 1_000**3
"""The cubes of the parts of all content models and patterns together; about three seconds."""

_MAX_PARTS: Final = 1_001
_MAX_DEPTH: Final = 200
_QUANTIFIER: Final = re.compile(r"[?*+{]")
_COUNTED_ELEMENT: Final = 2
_COUNTED_GROUP: Final = 3


def cost(declarations: Declarations) -> int:
    """The cost of compiling all that is declared, in the unit of `MAX_COST`."""
    parts = _Parts(declarations)
    models = (each for file in declarations.files for each in file.top.iter("{*}complexType"))
    patterns = (each for file in declarations.files for each in file.top.iter("{*}pattern"))
    total = sum(parts.of(model, 0) ** 3 for model in models)
    return total + sum(len(_QUANTIFIER.findall(pattern.get("value", ""))) ** 3 for pattern in patterns)


class _Parts:
    """Counts the parts of content models, each declaration once; `_MAX_PARTS` stands for more than that."""

    def __init__(self, declarations: Declarations) -> None:
        self.declarations = declarations
        self.known: dict[Element, int] = {}
        tops = (file.top for file in declarations.files)
        self.substitutes = sum(child.get("substitutionGroup") is not None for top in tops for child in children(top))

    def of(self, node: Element, depth: int) -> int:
        """Parts of a declaration or a particle."""
        if depth > _MAX_DEPTH:
            return _MAX_PARTS
        kind = local(node)
        if kind == "element":
            own = 1 if node.get("ref") is None else 1 + self.substitutes
            return min(_MAX_PARTS, own * (_COUNTED_ELEMENT if _is_counted(node) else 1))
        if kind == "any":
            return 1
        if kind == "group" and node.get("ref") is not None:
            inner = self._declared("group", node.get("ref"), node, depth)
        else:
            base = self._declared("complexType", node.get("base"), node, depth) if kind == "extension" else 0
            inner = base + sum(self.of(child, depth + 1) for child in children(node) if local(child) != "annotation")
        return min(_MAX_PARTS, inner * (_COUNTED_GROUP if _is_counted(node) else 1))

    def _declared(self, kind: str, name: str | None, asking: Element, depth: int) -> int:
        target = self.declarations.get(kind, name, asking)
        if target is None:
            return 0
        if target not in self.known:
            self.known[target] = 0  # a group that leads back to itself, which the compiler refuses
            self.known[target] = sum(min(_MAX_PARTS, self.of(child, depth + 1)) for child in children(target))
        return min(_MAX_PARTS, self.known[target])


def _is_counted(node: Element) -> bool:
    """True for occurrences that the compiler counts: not 0, 1 or any number."""
    return node.get("maxOccurs", "1") not in ("0", "1", "unbounded") or node.get("minOccurs", "1") not in ("0", "1")
