"""Shapes from JSON Schema, and the root of a schema document (app folder §6.1).

A place of a schema is the union of what `$ref`, `allOf`, `anyOf`, `oneOf` and conditions say about it: for reading and
writing forms it matters which members exist, not which combinations are valid. That is the validator's duty.
"""

import re
from collections.abc import Iterator
from typing import TypeAlias
from urllib.parse import unquote

from dialog_graph.apps.contents.shapes import Kind, Place, Shape
from dialog_graph.model.json_value import Json

Schema: TypeAlias = dict[str, Json]
"""A schema object; `true` and `false` say nothing about shape."""

MAX_PARTS = 500
_UNIONS = ("allOf", "oneOf", "anyOf")
_CONDITIONS = ("then", "else")
_KINDS = {
    "object": Kind.OBJECT,
    "array": Kind.ARRAY,
    "string": Kind.STRING,
    "integer": Kind.INTEGER,
    "number": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
}
_XSD_PLACES = {"XmlAttribute": Place.ATTRIBUTE, "XmlSimpleContentExtension": Place.TEXT}
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def resolve(document: Json, ref: str) -> Json:
    """What a `$ref` inside the document points to; null when nothing is there."""
    value = document
    for part in unquote(ref).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and _INDEX.fullmatch(name) and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value if ref.startswith("#") else None


def root_pointer(document: Schema) -> str:
    """The `$ref` of the root: `#` for the document itself (the three old forms: app folder §6.1)."""
    info = document.get("info")
    named = info.get("rootNode") if isinstance(info, dict) else None
    if isinstance(named, str) and named.strip("#/ "):
        return named if named.startswith("#") else f"#{named}"
    for union in ("oneOf", "allOf", "anyOf"):
        entries = document.get(union)
        ref = _ref(entries[0]) if isinstance(entries, list) and len(entries) == 1 else None
        if ref is not None:
            return ref
    properties = document.get("properties")
    if "info" not in document and "@xsdRootElement" not in document and isinstance(properties, dict):
        return _ref(next(iter(properties.values()), None)) or "#"
    return "#"


def _ref(schema: Json) -> str | None:
    ref = schema.get("$ref") if isinstance(schema, dict) else None
    return ref if isinstance(ref, str) and ref.startswith("#") else None


Steps: TypeAlias = tuple[str | int, ...]
"""Members and items that lead to a place of a document."""


def inside(document: Json) -> Iterator[tuple[Steps, dict[str, Json]]]:
    """Every object of a document with its place, in the order of the document."""
    waiting: list[tuple[Steps, Json]] = [((), document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            yield place, value
            waiting += [((*place, name), value[name]) for name in reversed(value)]
        elif isinstance(value, list):
            waiting += [((*place, number), item) for number, item in reversed(list(enumerate(value)))]


def references(schema: Json) -> Iterator[tuple[str, Steps]]:
    """Every `$ref` of a document with its place."""
    for place, value in inside(schema):
        ref = value.get("$ref")
        if isinstance(ref, str):
            yield ref, (*place, "$ref")


def place_in_schema(document: Json, names: list[str]) -> Steps:
    """Where a schema document speaks of a field: the steps to its schema, or to the nearest one that there is."""
    root = root_pointer(document) if isinstance(document, dict) else "#"
    place = _steps(root)
    for name in names:
        found = (part for part in _part_places(document, place) if _has_property(document, part, name))
        part = next(found, None)
        if part is None:
            return place
        place = (*part, "properties", name)
    return place


def _has_property(document: Json, place: Steps, name: str) -> bool:
    value = _at(document, place)
    properties = value.get("properties") if isinstance(value, dict) else None
    return isinstance(properties, dict) and name in properties


def _part_places(document: Json, place: Steps) -> Iterator[Steps]:
    """A schema and everything it refers to at the same place, and the rows of an array, nearest first."""
    waiting, seen = [place], set[Steps]()
    while waiting and len(seen) < MAX_PARTS:
        place = waiting.pop(0)
        part = _at(document, place)
        if place in seen or not isinstance(part, dict):
            continue
        seen.add(place)
        yield place
        ref = _ref(part)
        waiting += [_steps(ref)] if ref else []
        for name in _UNIONS:
            entries = part.get(name)
            waiting += [(*place, name, number) for number in range(len(entries))] if isinstance(entries, list) else []
        waiting += [(*place, name) for name in (*_CONDITIONS, "items") if name in part]


def _steps(ref: str) -> Steps:
    parts = (part.replace("~1", "/").replace("~0", "~") for part in unquote(ref).split("/")[1:])
    return tuple(int(part) if _INDEX.fullmatch(part) else part for part in parts)


def _at(document: Json, place: Steps) -> Json:
    value = document
    for step in place:
        if isinstance(value, dict):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def schema_shape(document: Schema, root: str) -> Shape:
    """The shape of a document's root."""
    return _Shapes(document).of(resolve(document, root))


class _Shapes:
    """Makes one shape for each place; a worklist, because schemas may be recursive and chains of `$ref` long."""

    def __init__(self, document: Schema) -> None:
        self.document = document
        self.made: dict[int, Shape] = {}
        self.waiting: list[tuple[Shape, list[Schema]]] = []

    def of(self, schema: Json) -> Shape:
        shape = self._shape(schema)
        while self.waiting:
            self._fill(*self.waiting.pop())
        return shape

    def _shape(self, schema: Json) -> Shape:
        if not isinstance(schema, dict):
            return Shape(is_open=True)
        known = self.made.get(id(schema))
        if known is not None:
            return known
        parts = self._parts(schema)
        shape = Shape(kind=_kind(parts), place=_place(parts), default=_first(parts, "default"))
        self.made[id(schema)] = shape
        self.waiting.append((shape, parts))
        return shape

    def _fill(self, shape: Shape, parts: list[Schema]) -> None:
        for part in parts:
            properties = part.get("properties")
            for name, schema in properties.items() if isinstance(properties, dict) else ():
                shape.members.setdefault(name, self._shape(schema))
        items = _first(parts, "items")
        if shape.kind is Kind.ARRAY:
            shape.items = self._shape(items)
        shape.is_open = shape.kind is Kind.ANY or _is_open(shape, parts)

    def _parts(self, schema: Schema) -> list[Schema]:
        """The schema and everything that it refers to at the same place, nearest first."""
        found: list[Schema] = []
        seen: set[int] = set()
        queue: list[Json] = [schema]
        while queue and len(found) < MAX_PARTS:
            part = queue.pop(0)
            if not isinstance(part, dict) or id(part) in seen:
                continue
            seen.add(id(part))
            found.append(part)
            ref = _ref(part)
            queue += [resolve(self.document, ref)] if ref else []
            unions = [part.get(name) for name in _UNIONS]
            queue += [entry for union in unions if isinstance(union, list) for entry in union]
            queue += [part.get(name) for name in _CONDITIONS]
        return found


def _first(parts: list[Schema], name: str) -> Json:
    return next((part[name] for part in parts if part.get(name) is not None), None)


def _kind(parts: list[Schema]) -> Kind:
    for part in parts:
        written = part.get("type")
        names = written if isinstance(written, list) else [written]
        for name in names:
            if isinstance(name, str) and name in _KINDS:
                return _KINDS[name]
    if any(isinstance(part.get("properties"), dict) for part in parts):
        return Kind.OBJECT
    if any("items" in part for part in parts):
        return Kind.ARRAY
    values = _first(parts, "enum")
    sample = next((v for v in values if v is not None), None) if isinstance(values, list) else _first(parts, "const")
    return _kind_of(sample)


def _kind_of(sample: Json) -> Kind:
    kinds: tuple[tuple[type, Kind], ...] = (
        (bool, Kind.BOOLEAN),
        (str, Kind.STRING),
        (int, Kind.INTEGER),
        (float, Kind.NUMBER),
    )
    return next((kind for type_, kind in kinds if isinstance(sample, type_)), Kind.ANY)


def _place(parts: list[Schema]) -> Place:
    for part in parts:
        if part.get("@xsdAttribute") is True:
            return Place.ATTRIBUTE
        if part.get("@xsdText") is True:
            return Place.TEXT
        written = part.get("@xsdType")
        if isinstance(written, str) and written in _XSD_PLACES:
            return _XSD_PLACES[written]
    return Place.ELEMENT


def _is_open(shape: Shape, parts: list[Schema]) -> bool:
    """Objects that name no members, or say which further ones they take, accept members of any name."""
    further = _first(parts, "additionalProperties")
    says_more = bool(_first(parts, "patternProperties")) or isinstance(further, dict) or further is True
    return shape.kind is Kind.OBJECT and (says_more or not shape.members)
