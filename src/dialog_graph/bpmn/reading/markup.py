"""Small questions to an element of the file: its name, its children, its text, an attribute that is true or false."""

from collections.abc import Iterator
from functools import lru_cache

from dialog_graph.model.safe_xml import Element

_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})
_NAMES = 1_000
"""Names that are kept split in two: more than BPMN and its extensions have."""


def flag(xml: Element, name: str, default: bool = False) -> bool:
    """What an attribute that is true or false says; anything else counts as absent."""
    text = xml.get(name, "").strip()
    return text in _TRUE or (default and text not in _FALSE)


def split_name(element: Element) -> tuple[str, str]:
    """Namespace ("" for none) and local name."""
    return split(str(element.tag))


@lru_cache(_NAMES)
def split(name: str) -> tuple[str, str]:
    """Namespace and local name of an element or attribute."""
    namespace, _, local = name.rpartition("}")
    return namespace[1:], local


def children(element: Element) -> Iterator[tuple[str, str, Element]]:
    """The child elements with namespace and local name, without comments."""
    if len(element) == 0:
        return
    for child in element.iterchildren("*"):
        yield *split(str(child.tag)), child


def text_of(element: Element) -> str:
    """The trimmed text of an element, comments left out."""
    tails = (child.tail or "" for child in element)
    return ((element.text or "") + "".join(tails)).strip()
