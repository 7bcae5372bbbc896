"""Form data as XML, both ways, by the shape of the model (app folder §6.2).

Writing never fails: what the model does not name is written as it stands, names that XML cannot hold are escaped
(`_x0020_`), characters that it cannot hold become U+FFFD. Reading refuses what the model does not name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from dialog_graph.apps.contents.models import Model
from dialog_graph.apps.contents.paths import Step, show
from dialog_graph.apps.contents.shapes import OPEN, Kind, Place, Shape
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from dialog_graph.model.safe_xml import Element

ROW_ID = "altinnRowId"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_START = (
    r"A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    r"\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd"
)
_NAME = re.compile(rf"[{_START}][{_START}\-.0-9\u00b7]*")
_ALLOWED = re.compile(rf"[{_START}\-.0-9\u00b7]")
_ESCAPED = re.compile(r"_x([0-9A-F]{4,6})_")
_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,4000}(?:\.[0-9]{0,4000})?|\.[0-9]{1,4000})(?:[eE][+-]?[0-9]{1,3})?")
_MARKS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_QUOTED = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})


def fits_xml(text: str) -> bool:
    """True when XML can hold every character."""
    return not _NOT_XML.search(text)


# ---------------------------------------------------------------------------------------------------------- writing


def to_xml(model: Model, document: Json) -> bytes:
    """The XML of a document, UTF-8. Nulls, empty objects and row ids are left out."""
    root = _encoded(model.root_name)
    attributes = ""
    prefix = ""
    if model.namespace:
        prefix = "" if model.is_qualified else "n:"
        attributes = f' xmlns{":n" if prefix else ""}="{_quoted(model.namespace)}"'
    usual = (model.namespace or "") if model.is_qualified else ""
    writer = _Writer(usual)
    writer.element(f"{prefix}{root}", document if isinstance(document, dict) else {}, model.shape, (attributes, usual))
    return f"{_DECLARATION}{''.join(writer.out)}".encode()


@dataclass(slots=True)
class _Writer:
    """Writes elements. `usual`: the namespace of inner elements, unless a shape says otherwise."""

    usual: str
    out: list[str] = field(default_factory=list[str])

    def element(self, name: str, value: Json, shape: Shape, start: tuple[str, str]) -> None:
        """`start`: attributes, and the namespace that holds inside when no other is declared."""
        attributes, space = start
        if not isinstance(value, dict):
            self.out.append(f"<{name}{attributes}>{_text(value)}</{name}>")
            return
        text_member = shape.text_member
        for member, part in _ordered(value, shape):
            if shape.members.get(member, OPEN).place is Place.ATTRIBUTE and not isinstance(part, (dict, list)):
                attributes += f' {_encoded(member)}="{_quoted(_scalar(part))}"'
        self.out.append(f"<{name}{attributes}>")
        for member, part in _ordered(value, shape):
            inner = shape.members.get(member, OPEN)
            if member == text_member and not isinstance(part, (dict, list)):
                self.out.append(_text(part))
            elif inner.place is not Place.ATTRIBUTE or isinstance(part, (dict, list)):
                self._rows(member, part, inner, (shape.namespaces.get(member, self.usual), space))
        self.out.append(f"</{name}>")

    def _rows(self, member: str, part: Json, inner: Shape, spaces: tuple[str, str]) -> None:
        """One element for each row; `spaces`: of the rows, and around them."""
        own, around = spaces
        declared = "" if own == around else f' xmlns="{_quoted(own)}"'
        for row in _rows(part):
            self.element(_encoded(member), row, inner.row, (declared, own))


def _ordered(value: dict[str, Json], shape: Shape) -> Iterator[tuple[str, Json]]:
    """The members that are written: those of the model in its order, then the others as they stand."""
    for name in shape.members:
        if name in value and not _is_empty(value[name]):
            yield name, value[name]
    for name, part in value.items():
        if name not in shape.members and name != ROW_ID and not _is_empty(part):
            yield name, part


def _is_empty(value: Json) -> bool:
    """True for null and for objects and lists that hold nothing else than such."""
    if isinstance(value, dict):
        return all(name == ROW_ID or _is_empty(part) for name, part in value.items())
    return value is None or (isinstance(value, list) and all(_is_empty(part) for part in value))


def _rows(value: Json) -> Iterator[Json]:
    if isinstance(value, list):
        for part in value:
            yield from _rows(part)
    elif not _is_empty(value):
        yield value


def _scalar(value: object) -> str:
    """Booleans as `true` and `false`, numbers without exponent."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (float, Decimal)):
        return format(value if isinstance(value, Decimal) else Decimal(repr(value)), "f")
    return str(value)


def _text(value: object) -> str:
    return _NOT_XML.sub("\ufffd", _scalar(value)).translate(_MARKS)


def _quoted(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text).translate(_QUOTED)


def _encoded(name: str) -> str:
    """A property name as an XML name; the form `_xHHHH_` stands for a character that cannot be in one."""
    if _NAME.fullmatch(name) and not _ESCAPED.search(name):
        return name
    marked = _ESCAPED.sub(lambda match: f"_x005F{match.group()}", name)
    text = "".join(c if _ALLOWED.match(c) else f"_x{ord(c):04X}_" for c in marked)
    return text if _NAME.match(text) else f"_x{ord(text[0]):04X}_{text[1:]}" if text else "_x0000_"


def _decoded(name: str) -> str:
    return _ESCAPED.sub(lambda match: chr(min(int(match.group(1), 16), 0x10FFFF)), name).replace("\0", "")


# ---------------------------------------------------------------------------------------------------------- reading


class _Unknown(Exception):
    """An element or attribute that the model does not name. Raised and caught in this module."""


def from_xml(model: Model, root: Element) -> "dict[str, Json] | Refusal":
    """The document of an XML tree; `UNKNOWN_FIELD` for what the model does not name."""
    name = _decoded(_local(root))
    if name != model.root_name:
        return _unknown_field((), f"the root element {model.root_name}", f"it is {name[:100]}")
    try:
        value = _read(root, model.shape, (), model)
    except _Unknown as error:
        steps, found = error.args
        return _unknown_field(steps, "fields of the data model", f'there is "{found[:100]}"')
    return value if isinstance(value, dict) else {}


def _unknown_field(steps: tuple[Step, ...], expected: str, actual: str) -> Refusal:
    return Refusal(code="UNKNOWN_FIELD", expected=expected, actual=actual, path=tuple(str(step) for step in steps))


def _local(element: Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _namespace(qualified: str) -> str | None:
    return qualified[1:].partition("}")[0] if qualified.startswith("{") else None


def _read(element: Element, shape: Shape, steps: tuple[Step, ...], model: Model) -> Json:
    if element.get(f"{_XSI}nil", "").strip() in ("true", "1"):
        return None
    children = list(element.iterchildren("*"))
    has_structure = shape.kind is Kind.OBJECT or (shape.kind is Kind.ANY and (children or not steps))
    if not has_structure:
        if children:
            raise _Unknown((*steps, _local(children[0])), _local(children[0]))
        return _value(_content(element), shape.kind)
    document: dict[str, Json] = {}
    _read_attributes(element, shape, steps, document)
    text_member = shape.text_member
    if text_member is not None and _content(element):
        document[text_member] = _value(_content(element), shape.members[text_member].kind)
    for child in children:
        _read_child(child, shape, steps, document, model)
    return document


def _read_attributes(element: Element, shape: Shape, steps: tuple[Step, ...], document: dict[str, Json]) -> None:
    for qualified, written in element.attrib.items():
        name = _decoded(str(qualified).rpartition("}")[2])
        if str(qualified).startswith(_XSI) or (_namespace(str(qualified)) is not None and name not in shape.members):
            continue
        if name not in shape.members and not shape.is_open:
            raise _Unknown((*steps, name), name)
        document[name] = _value(str(written).strip(), shape.members.get(name, OPEN).kind)


def _read_child(child: Element, shape: Shape, steps: tuple[Step, ...], document: dict[str, Json], model: Model) -> None:
    name = _decoded(_local(child))
    known = shape.members.get(name)
    space = _namespace(str(child.tag))
    if (known is None and not shape.is_open) or space not in (None, "", model.namespace, shape.namespaces.get(name)):
        raise _Unknown((*steps, name), name)
    inner = known or OPEN
    present = document.get(name)
    if inner.kind is Kind.ARRAY:
        rows = present if isinstance(present, list) else []
        rows.append(_read(child, inner.row, (*steps, name, len(rows)), model))
        document[name] = rows
    elif name not in document:
        document[name] = _read(child, inner, (*steps, name), model)
    elif inner.kind is Kind.ANY:
        rows = present if isinstance(present, list) else [present]
        document[name] = [*rows, _read(child, inner, (*steps, name, len(rows)), model)]
    else:
        raise _Unknown((*steps, name), f"{show((*steps, name))} twice")


def _content(element: Element) -> str:
    """The text of an element without its children's, trimmed; comments do not cut it."""
    return ((element.text or "") + "".join(child.tail or "" for child in element)).strip()


def _value(text: str, kind: Kind) -> Json:
    """A scalar of the kind; a text that is none of it stays a text, and validation tells."""
    if kind in (Kind.STRING, Kind.ANY):
        return text
    if text == "":
        return None
    if kind is Kind.BOOLEAN:
        return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
    if _INTEGER.fullmatch(text):
        return int(text)
    return _number(text) if kind is Kind.NUMBER else text


def _number(text: str) -> Json:
    if not _NUMBER.fullmatch(text):
        return text
    try:
        number: object = Decimal(text)
    except InvalidOperation:
        return text
    return number  # pyright: ignore[reportReturnType]  (form data may hold decimals, see `Json`)
