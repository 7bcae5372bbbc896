"""The shape of form data: which members an object has, in which order, of which kind, and where XML keeps them.

A shape is made once per model from JSON Schema (`schema_shapes`) and XSD (`xsd_shapes`) and then only read. Shapes
may be recursive. Rules: app folder §6.1 (vendor keys) and §6.2 (order, attributes, text).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from dialog_graph.apps.contents.paths import Step
from dialog_graph.model.json_value import Json


class Kind(StrEnum):
    """Kinds of values; `ANY` where the model says nothing."""

    OBJECT = "object"
    ARRAY = "array"
    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ANY = "any"


class Place(StrEnum):
    """Where XML keeps a member."""

    ELEMENT = "element"
    ATTRIBUTE = "attribute"
    TEXT = "text"


@dataclass(slots=True, kw_only=True, eq=False)
class Shape:
    """One place of a document; not changed once the model is made.

    `members` in the order of the XML; `is_open`: an object that may have members the model does not name;
    `default`: the schema's value for a new document, None without one; `namespaces`: of members whose elements stand in
    another namespace than those of the model usually do, "" for none.
    """

    kind: Kind = Kind.ANY
    members: dict[str, "Shape"] = field(default_factory=dict[str, "Shape"], repr=False)
    items: "Shape | None" = field(default=None, repr=False)
    place: Place = Place.ELEMENT
    default: Json = None
    is_open: bool = False
    namespaces: dict[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def row(self) -> "Shape":
        """What stands in one element: the shape of the items for arrays, else the shape itself."""
        return self.items if self.kind is Kind.ARRAY and self.items is not None else self

    @property
    def text_member(self) -> str | None:
        """Name of the member that is the text of the element, when there is one."""
        return next((name for name, member in self.members.items() if member.place is Place.TEXT), None)

    def at(self, steps: tuple[Step, ...]) -> "Shape | None":
        """The shape at a path, None when the model has no such path. Indices lead to the rows of arrays."""
        shape: Shape | None = self
        for step in steps:
            if shape is None:
                return None
            if isinstance(step, int):
                shape = shape.items if shape.kind is Kind.ARRAY else None
            elif _takes_any(shape, step):
                return OPEN
            else:
                shape = shape.row.members.get(step)
        return shape

    def lacks_index(self, steps: tuple[Step, ...]) -> bool:
        """True when the path goes into an array without saying into which row."""
        shape: Shape | None = self
        for position, step in enumerate(steps):
            if shape is not None and shape.kind is Kind.ARRAY and position > 0 and isinstance(step, str):
                return True
            shape = shape.at((step,)) if shape is not None else None
        return False

    def folded(self, steps: tuple[Step, ...]) -> tuple[Step, ...] | None:
        """The path in the model's own letters, where names are compared without case and without `-`."""
        shape: Shape | None = self
        found: list[Step] = []
        for step in steps:
            if isinstance(step, str) and shape is not None and not _takes_any(shape, step):
                members = {_fold(name): name for name in reversed(shape.row.members)}
                named = step if step in shape.row.members else members.get(_fold(step))
                if named is None:
                    return None
                step = named
            found.append(step)
            shape = shape.at((step,)) if shape is not None else None
        return tuple(found)


def _takes_any(shape: Shape, name: str) -> bool:
    row = shape.row
    return row.kind is Kind.ANY or (row.is_open and name not in row.members)


def _fold(name: str) -> str:
    return name.replace("-", "").lower()


OPEN = Shape(is_open=True)
"""Any value: the shape of models without schema and XSD."""
