"""Damage to XML files: elements, attributes, texts, and markup that is never accepted."""

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any, TypeAlias

from lxml import etree

from tests.unit.expressions import worlds

Change: TypeAlias = Callable[[Random, bytes], bytes | None]
"""Of one file; None where it does not apply."""

TAGS = (
    *(
        "{urn:x}a",
        "task",
        "{http://www.omg.org/spec/BPMN/20100524/MODEL}endEvent",
        "{http://altinn.no/process}taskType",
    ),
    *("{http://www.omg.org/spec/BPMN/20100524/MODEL}sequenceFlow", "{http://www.w3.org/2001/XMLSchema}complexType"),
    *("{urn:oasis:names:tc:xacml:3.0:core:schema:wd-17}Condition", "{http://www.w3.org/2001/XInclude}include"),
    *("{http://www.w3.org/2001/XMLSchema}include", "{http://www.w3.org/2001/XMLSchema}group"),
)
VALUES = (
    *("", "x", "Task_1", "Gateway_Open", "a:b", "-1", "unbounded", "99999999999", "true", "#x", "../x.xsd", "x" * 300),
    *("model.xsd", "Deny", "http://www.w3.org/2001/XMLSchema#integer", '["equals", 1, 1]', "P1D", "R/PT0S", "T" * 255),
)


def _xml(edit: Callable[[Random, list[Any]], None]) -> Change:
    def change(random: Random, data: bytes) -> bytes | None:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError:
            return None
        edit(random, list(root.iter("*")))
        return etree.tostring(root, encoding=random.choice(("utf-8", "utf-8", "utf-16")), xml_declaration=True)

    return change


def _element_removed(random: Random, elements: list[Any]) -> None:
    element = random.choice(elements)
    if element.getparent() is not None:
        element.getparent().remove(element)


def _element_doubled(random: Random, elements: list[Any]) -> None:
    element = random.choice(elements)
    parent = random.choice((element.getparent(), random.choice(elements)))
    if parent is not None:
        copy = deepcopy(element)
        for _ in range(random.choice((1, 1, 200))):
            parent.append(deepcopy(copy))


def _element_renamed(random: Random, elements: list[Any]) -> None:
    random.choice(elements).tag = random.choice((*TAGS, random.choice(elements).tag))


def _element_moved(random: Random, elements: list[Any]) -> None:
    element, other = random.choice(elements), random.choice(elements)
    if element.getparent() is not None and element not in {other, *other.iterancestors()}:
        other.insert(random.randrange(len(other) + 1), element)


def _attribute_changed(random: Random, elements: list[Any]) -> None:
    element = random.choice([each for each in elements if each.attrib] or elements)
    names = [*element.attrib, "id", "name"]
    other = random.choice(elements)
    values = (*VALUES, *(str(value) for value in other.attrib.values()))
    element.set(random.choice(names), random.choice(values))


def _attribute_removed(random: Random, elements: list[Any]) -> None:
    element = random.choice([each for each in elements if each.attrib] or elements)
    if element.attrib:
        del element.attrib[random.choice(list(element.attrib))]


def _text_changed(random: Random, elements: list[Any]) -> None:
    planted = json.dumps(worlds.source(random)).replace("\\u0000", "")
    random.choice(elements).text = random.choice((*VALUES, planted))


def _nested(random: Random, elements: list[Any]) -> None:
    outer = random.choice(elements)
    for _ in range(random.choice((5, 60, 120))):
        inner = etree.Element(outer.tag, dict(outer.attrib))
        outer.append(inner)
        outer = inner


def _crowded(random: Random, elements: list[Any]) -> None:
    here = random.choice(elements)
    for number in range(random.choice((50, 1_000, 6_000))):
        etree.SubElement(here, random.choice((here.tag, "x")), {"id": f"i{number}", "name": f"n{number}"})


HOSTILE = (
    b'<!DOCTYPE a [<!ENTITY e "x">]>',
    b'<!DOCTYPE a SYSTEM "file:///etc/hostname">',
    b"<?pi " + b"x" * 1_000 + b"?>",
    b"&e;",
    b"<![CDATA[",
    b"<x:i xmlns:x='http://www.w3.org/2001/XInclude' href='x'/>",
)


def _hostile(random: Random, data: bytes) -> bytes:
    at = random.choice([0, *(place for place, byte in enumerate(data) if byte == 0x3E)])
    return data[: at + 1] + random.choice(HOSTILE) + data[at + 1 :]


CHANGES: dict[str, Change] = {
    "XML: an element removed": _xml(_element_removed),
    "XML: an element doubled": _xml(_element_doubled),
    "XML: an element renamed": _xml(_element_renamed),
    "XML: an element moved": _xml(_element_moved),
    "XML: an attribute changed": _xml(_attribute_changed),
    "XML: an attribute removed": _xml(_attribute_removed),
    "XML: a text changed": _xml(_text_changed),
    "XML: nested deep": _xml(_nested),
    "XML: very many children": _xml(_crowded),
    "XML: hostile markup": _hostile,
}
"""Every kind by its name."""
