"""Shapes from XSD: order of elements, attributes, text content, simple types (app folder §6.2).

Only structure is read: sequences, choices, groups, extensions, references. Facets are the validator's. Files may
include other files of `models/`; nothing else is ever opened.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath

from dialog_graph.apps.contents.shapes import Kind, Place, Shape
from dialog_graph.apps.diagnostics import At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.model import safe_xml
from dialog_graph.model.safe_xml import Element

XSD = "{http://www.w3.org/2001/XMLSchema}"
LIMITS = safe_xml.Limits(max_bytes=1 << 20)
TEXT_NAME = "value"
_GROUPS = frozenset({"sequence", "choice", "all"})
_INTEGERS = frozenset(
    "integer int long short byte unsignedInt unsignedLong unsignedShort unsignedByte positiveInteger "
    "nonNegativeInteger negativeInteger nonPositiveInteger".split()
)
_NUMBERS = frozenset({"decimal", "double", "float"})
_MAX_DEPTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Xsd:
    """What an XSD says: the first global element, the target namespace, whether inner elements stand in it."""

    root_name: str
    shape: Shape
    namespace: str | None
    is_qualified: bool


def read_xsd(files: Files, path: str, findings: Findings) -> Xsd | None:
    """Reads one file with its includes; None when it cannot be read or declares no element."""
    schema = _Declarations(files, findings)
    top = schema.load(path)
    first = (
        next((e for e in _children(top) if _local(e) == "element" and e.get("name")), None) if top is not None else None
    )
    if top is None or first is None:
        return None
    return Xsd(
        root_name=first.get("name", ""),
        shape=_Builder(schema).element(first),
        namespace=top.get("targetNamespace"),
        is_qualified=top.get("elementFormDefault") == "qualified",
    )


def _local(element: Element) -> str:
    tag = element.tag
    return tag.removeprefix(XSD) if isinstance(tag, str) and tag.startswith(XSD) else ""


def _children(element: Element) -> Iterator[Element]:
    return (child for child in element if _local(child))


def _name(qualified: str | None) -> str:
    return (qualified or "").rpartition(":")[2]


@dataclass(slots=True)
class _Declarations:
    """The global declarations of a file and what it includes: (kind, name) -> element."""

    files: Files
    findings: Findings
    found: dict[tuple[str, str], Element] = field(default_factory=dict[tuple[str, str], Element])
    loaded: set[str] = field(default_factory=set[str])
    waiting: list[str] = field(default_factory=list[str])

    def load(self, path: str) -> Element | None:
        """Loads a file and, one after the other, what it includes."""
        self.loaded.add(path)
        top = self._load(path)
        while self.waiting:
            self._load(self.waiting.pop())
        return top

    def _load(self, path: str) -> Element | None:
        top = safe_xml.parse(self.files.contents[path], file=path, limits=LIMITS)
        if isinstance(top, tuple):
            self.findings.extend(top)
            return None
        for child in _children(top):
            kind = _local(child)
            if kind in ("include", "import", "redefine"):
                self._include(path, child)
            elif child.get("name"):
                self.found.setdefault((kind, child.get("name", "")), child)
        return top

    def _include(self, path: str, element: Element) -> None:
        location = element.get("schemaLocation")
        if location is None:
            return
        target = normpath(join(dirname(path), location))
        if not target.startswith("models/") or target not in self.files.contents:
            self.findings.add("DG1006", At(file=path, line=element.sourceline), what=f'the include of "{location}"')
        elif target not in self.loaded:
            self.loaded.add(target)
            self.waiting.append(target)

    def get(self, kind: str, qualified: str | None) -> Element | None:
        return self.found.get((kind, _name(qualified)))


class _Builder:
    """Makes one shape for each element declaration and named type; a worklist, because types may be recursive."""

    def __init__(self, declarations: _Declarations) -> None:
        self.declarations = declarations
        self.made: dict[int, Shape] = {}
        self.waiting: list[tuple[Shape, Element]] = []

    def element(self, declaration: Element) -> Shape:
        shape = self._row(declaration)
        while self.waiting:
            self._fill(*self.waiting.pop())
        return shape

    def _row(self, declaration: Element) -> Shape:
        """The shape of one occurrence of an element or one value of an attribute."""
        type_ = self._type(declaration)
        if type_ is None:
            return Shape(kind=_simple(_name(declaration.get("type"))), is_open=declaration.get("type") is None)
        if _local(type_) == "simpleType":
            return Shape(kind=self._base(type_))
        known = self.made.get(id(type_))
        if known is None:
            known = self.made[id(type_)] = Shape(kind=Kind.OBJECT)
            self.waiting.append((known, type_))
        return known

    def _type(self, declaration: Element) -> Element | None:
        inner = next((c for c in _children(declaration) if _local(c) in ("complexType", "simpleType")), None)
        if inner is not None:
            return inner
        name = declaration.get("type")
        found = self.declarations.get("complexType", name)
        return found if found is not None else self.declarations.get("simpleType", name)

    def _base(self, type_: Element, depth: int = 0) -> Kind:
        """The kind of a simple type: that of its first built-in base."""
        base = next((c.get("base") for c in _children(type_) if _local(c) == "restriction"), None)
        further = self.declarations.get("simpleType", base)
        if further is not None and depth < _MAX_DEPTH:
            return self._base(further, depth + 1)
        return _simple(_name(base)) if base else Kind.STRING

    def _fill(self, shape: Shape, type_: Element) -> None:
        if type_.get("mixed") == "true":
            shape.members[TEXT_NAME] = Shape(kind=Kind.STRING, place=Place.TEXT)
        for child in _children(type_):
            self._particle(shape, child, False, 0)

    def _particle(self, shape: Shape, node: Element, repeats: bool, depth: int) -> None:
        kind = _local(node)
        repeats = repeats or _repeats(node)
        if depth > _MAX_DEPTH:
            return
        if kind == "element":
            self._member(shape, node, repeats)
        elif kind == "attribute":
            self._attribute(shape, node)
        elif kind in ("any", "anyAttribute"):
            shape.is_open = shape.is_open or kind == "any"
        elif kind in ("group", "attributeGroup") and node.get("ref"):
            target = self.declarations.get(kind, node.get("ref"))
            self._inside(shape, target, repeats, depth)
        elif kind in ("extension", "restriction"):
            self._derived(shape, node, depth)
        elif kind in _GROUPS or kind in ("complexContent", "simpleContent"):
            self._inside(shape, node, repeats, depth)

    def _inside(self, shape: Shape, node: Element | None, repeats: bool, depth: int) -> None:
        for child in _children(node) if node is not None else ():
            self._particle(shape, child, repeats, depth + 1)

    def _member(self, shape: Shape, node: Element, repeats: bool) -> None:
        declaration = self.declarations.get("element", node.get("ref")) if node.get("ref") else node
        name = _name(node.get("ref")) or node.get("name", "")
        row = self._row(declaration if declaration is not None else node)
        if name:
            shape.members.setdefault(name, Shape(kind=Kind.ARRAY, items=row) if repeats else row)

    def _attribute(self, shape: Shape, node: Element) -> None:
        declaration = self.declarations.get("attribute", node.get("ref")) if node.get("ref") else node
        name = _name(node.get("ref")) or node.get("name", "")
        value = self._row(declaration if declaration is not None else node)
        if name:
            kind = Kind.STRING if value.kind is Kind.ANY else value.kind
            shape.members.setdefault(name, Shape(kind=kind, place=Place.ATTRIBUTE))

    def _derived(self, shape: Shape, node: Element, depth: int) -> None:
        """Members of the base first, then the own; a simple base is the text of the element."""
        base = node.get("base")
        inherited = self.declarations.get("complexType", base)
        if inherited is not None:
            if _local(node) == "extension":
                self._inside(shape, inherited, False, depth)
        elif base:
            simple = self.declarations.get("simpleType", base)
            kind = self._base(simple) if simple is not None else _simple(_name(base))
            shape.members[TEXT_NAME] = Shape(kind=kind, place=Place.TEXT)
        self._inside(shape, node, False, depth)


def _repeats(node: Element) -> bool:
    most = node.get("maxOccurs", "1")
    return most not in ("0", "1")


def _simple(name: str) -> Kind:
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
        if key not in made:
            kind = right.kind if left.kind is Kind.ANY else left.kind
            place = left.place if right.place is Place.ELEMENT else right.place
            made[key] = Shape(kind=kind, place=place, default=left.default, is_open=left.is_open or right.is_open)
            waiting.append((made[key], left, right))
        return made[key]

    result = pair(schema, xsd)
    while waiting:
        shape, left, right = waiting.pop()
        ordered = (*right.members, *(name for name in left.members if name not in right.members))
        for name in ordered:
            one, other = left.members.get(name), right.members.get(name)
            shape.members[name] = pair(one, other) if one and other else one or other or Shape()
        if shape.kind is Kind.ARRAY:
            one, other = left.row, right.row
            shape.items = pair(one, other) if left.kind is Kind.ARRAY else other
    return result
