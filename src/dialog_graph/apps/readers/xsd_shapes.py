"""Shapes from XSD: order of elements, attributes, text content, simple types (app folder §6.2).

Only structure is read: sequences, choices, groups, extensions, references, over all files of an XSD (`xsd_files`).
Facets are the validator's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dialog_graph.apps.contents.shapes import Kind, Place, Shape
from dialog_graph.apps.diagnostics import At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.readers.xsd_files import Declarations, children, local, prefixed, read_files
from dialog_graph.model.safe_xml import Element

TEXT_NAME = "value"
_GROUPS = frozenset({"sequence", "choice", "all"})
_INTEGERS = frozenset(
    "integer int long short byte unsignedInt unsignedLong unsignedShort unsignedByte positiveInteger "
    "nonNegativeInteger negativeInteger nonPositiveInteger".split()
)
_NUMBERS = frozenset({"decimal", "double", "float"})
MAX_FIELDS = 50_000
"""Fields of one XSD, counted in each type that has them: a group may be named by any number of types."""

_MAX_DEPTH = 120
_MAX_PAIRS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Xsd:
    """What an XSD says: the first global element, the target namespace, whether inner elements stand in it."""

    root_name: str
    shape: Shape
    namespace: str | None
    is_qualified: bool


def read_xsd(files: Files, path: str, findings: Findings) -> Xsd | None:
    """Reads one file with what it includes; None when it cannot be read or declares no element."""
    declarations = Declarations(read_files(files, path, findings))
    first = next((e for e in _elements(declarations)), None)
    if first is None:
        return None
    top = declarations.files[0].top
    is_qualified = top.get("elementFormDefault") == "qualified"
    usual = declarations.files[0].namespace if is_qualified else ""
    builder = _Builder(declarations, usual)
    shape = builder.element(first)
    if builder.left < 0:
        findings.add("DG1003", At(file=path), what="number of fields of one XSD", n=MAX_FIELDS + 1, m=MAX_FIELDS)
    return Xsd(
        root_name=first.get("name", ""),
        shape=shape,
        namespace=top.get("targetNamespace"),
        is_qualified=is_qualified,
    )


def _elements(declarations: Declarations) -> Iterator[Element]:
    """The global elements of the first file's namespace, its own first."""
    for file in declarations.files:
        if file.namespace == declarations.files[0].namespace:
            yield from (child for child in children(file.top) if local(child) == "element" and child.get("name"))


class _Builder:
    """Makes one shape for each element declaration and named type; a worklist, because types may be recursive.

    `usual`: the namespace of inner elements, unless the shape says otherwise. `seen`: what was looked into already for
    the shape that is being filled; a group that is named again adds nothing.
    """

    def __init__(self, declarations: Declarations, usual: str) -> None:
        self.declarations = declarations
        self.usual = usual
        self.made: dict[Element, Shape] = {}
        self.waiting: list[tuple[Shape, Element]] = []
        self.seen: set[tuple[Element, bool]] = set()
        self.left = MAX_FIELDS

    def element(self, declaration: Element) -> Shape:
        shape = self._row(declaration)
        while self.waiting:
            self._fill(*self.waiting.pop())
        return shape

    def _row(self, declaration: Element) -> Shape:
        """The shape of one occurrence of an element or one value of an attribute."""
        type_ = self._type(declaration)
        if type_ is None:
            return Shape(kind=_simple(declaration.get("type")), is_open=declaration.get("type") is None)
        if local(type_) == "simpleType":
            return Shape(kind=self._base(type_))
        known = self.made.get(type_)
        if known is None:
            known = self.made[type_] = Shape(kind=Kind.OBJECT)
            self.waiting.append((known, type_))
        return known

    def _type(self, declaration: Element) -> Element | None:
        inner = next((c for c in children(declaration) if local(c) in ("complexType", "simpleType")), None)
        if inner is not None:
            return inner
        name = declaration.get("type")
        found = self.declarations.get("complexType", name, declaration)
        return found if found is not None else self.declarations.get("simpleType", name, declaration)

    def _base(self, type_: Element, depth: int = 0) -> Kind:
        """The kind of a simple type: that of its first built-in base."""
        base = next((c.get("base") for c in children(type_) if local(c) == "restriction"), None)
        further = self.declarations.get("simpleType", base, type_)
        if further is not None and depth < _MAX_DEPTH:
            return self._base(further, depth + 1)
        return _simple(base) if base else Kind.STRING

    def _fill(self, shape: Shape, type_: Element) -> None:
        self.seen.clear()
        if type_.get("mixed") == "true":
            shape.members[TEXT_NAME] = Shape(kind=Kind.STRING, place=Place.TEXT)
        for child in children(type_):
            self._particle(shape, child, False, 0)

    def _particle(self, shape: Shape, node: Element, repeats: bool, depth: int) -> None:
        kind = local(node)
        repeats = repeats or _repeats(node)
        self.left -= 1
        if depth > _MAX_DEPTH or self.left < 0:
            return
        if kind == "element":
            self._member(shape, node, repeats)
        elif kind == "attribute":
            self._attribute(shape, node)
        elif kind in ("any", "anyAttribute"):
            shape.is_open = shape.is_open or kind == "any"
        elif kind in ("group", "attributeGroup") and node.get("ref"):
            self._elsewhere(shape, self.declarations.get(kind, node.get("ref"), node), repeats, depth)
        elif kind in ("extension", "restriction"):
            self._derived(shape, node, depth)
        elif kind in _GROUPS or kind in ("complexContent", "simpleContent"):
            self._inside(shape, node, repeats, depth)

    def _elsewhere(self, shape: Shape, target: Element | None, repeats: bool, depth: int) -> None:
        """What stands at a named group or type, looked into once."""
        if target is not None and (target, repeats) not in self.seen:
            self.seen.add((target, repeats))
            self._inside(shape, target, repeats, depth)

    def _inside(self, shape: Shape, node: Element | None, repeats: bool, depth: int) -> None:
        for child in children(node) if node is not None else ():
            self._particle(shape, child, repeats, depth + 1)

    def _member(self, shape: Shape, node: Element, repeats: bool) -> None:
        global_ = self.declarations.get("element", node.get("ref"), node) if node.get("ref") else None
        declaration = global_ if global_ is not None else node
        name = prefixed(node.get("ref"))[1] or node.get("name", "")
        row = self._row(declaration)
        if name and name not in shape.members:
            shape.members[name] = Shape(kind=Kind.ARRAY, items=row) if repeats else row
            namespace = self._namespace(declaration, global_ is not None)
            if namespace != self.usual:
                shape.namespaces[name] = namespace

    def _namespace(self, declaration: Element, is_global: bool) -> str:
        """The namespace in which an element of a document stands."""
        top = declaration.getroottree().getroot()
        form = declaration.get("form") or top.get("elementFormDefault")
        return self.declarations.namespace(declaration) if is_global or form == "qualified" else ""

    def _attribute(self, shape: Shape, node: Element) -> None:
        declaration = self.declarations.get("attribute", node.get("ref"), node) if node.get("ref") else node
        name = prefixed(node.get("ref"))[1] or node.get("name", "")
        value = self._row(declaration if declaration is not None else node)
        if name:
            kind = Kind.STRING if value.kind is Kind.ANY else value.kind
            shape.members.setdefault(name, Shape(kind=kind, place=Place.ATTRIBUTE))

    def _derived(self, shape: Shape, node: Element, depth: int) -> None:
        """Members of the base first, then the own; a simple base is the text of the element."""
        base = node.get("base")
        inherited = self.declarations.get("complexType", base, node)
        if inherited is not None:
            if local(node) == "extension":
                self._elsewhere(shape, inherited, False, depth)
        elif base:
            simple = self.declarations.get("simpleType", base, node)
            kind = self._base(simple) if simple is not None else _simple(base)
            shape.members[TEXT_NAME] = Shape(kind=kind, place=Place.TEXT)
        self._inside(shape, node, False, depth)


def _repeats(node: Element) -> bool:
    most = node.get("maxOccurs", "1")
    return most not in ("0", "1")


def _simple(qualified: str | None) -> Kind:
    name = prefixed(qualified)[1]
    if name in _INTEGERS:
        return Kind.INTEGER
    if name in _NUMBERS:
        return Kind.NUMBER
    if name == "boolean":
        return Kind.BOOLEAN
    return Kind.ANY if name in ("", "anyType") else Kind.STRING


def merged(schema: Shape, xsd: Shape) -> Shape:
    """Kinds and defaults of the schema, order and places of the XSD; members that only one of them has follow."""
    made: dict[tuple[int, int], Shape] = {}
    waiting: list[tuple[Shape, Shape, Shape]] = []

    def pair(left: Shape, right: Shape) -> Shape:
        key = (id(left), id(right))
        if key not in made and len(made) >= _MAX_PAIRS:
            # Two recursive models that go round in step: what the XSD says is as good.
            return right
        if key not in made:
            kind = right.kind if left.kind is Kind.ANY else left.kind
            place = left.place if right.place is Place.ELEMENT else right.place
            made[key] = Shape(kind=kind, place=place, default=left.default, is_open=left.is_open or right.is_open)
            waiting.append((made[key], left, right))
        return made[key]

    result = pair(schema, xsd)
    while waiting:
        shape, left, right = waiting.pop()
        shape.namespaces.update(right.namespaces)
        ordered = (*right.members, *(name for name in left.members if name not in right.members))
        for name in ordered:
            one, other = left.members.get(name), right.members.get(name)
            shape.members[name] = pair(one, other) if one and other else one or other or Shape()
        if shape.kind is Kind.ARRAY:
            one, other = left.row, right.row
            shape.items = pair(one, other) if left.kind is Kind.ARRAY else other
    return result
