"""Where the tags of an XML text stand, for edits in the middle of it.

The text has been read by `safe_xml` before: it is well-formed, within the limits, and without a DOCTYPE. Meaning is
never taken from here; whoever edits reads the edited text anew.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple

_MARKUP = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|</(?P<end>[^\s>]++)\s*+>"
    r"""|<(?P<start>[^\s/>!?]++)(?P<attributes>(?:[^"'>/]++|"[^"]*+"|'[^']*+'|/(?!>))*+)(?P<empty>/?)>""",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""")


class Attribute(NamedTuple):
    """One attribute: namespace ("" for none), local name, value, and its place without the space before it."""

    space: str
    local: str
    value: str
    start: int
    end: int


@dataclass(slots=True)
class Tag:
    """One element. `start`, `opened`: of its start tag; `closed`: begin of its end tag; `end`: behind everything.

    `prefix`: as written with its colon, "" without one. An empty element has `opened`, `closed` and `end` alike.
    """

    prefix: str
    space: str
    local: str
    attributes: tuple[Attribute, ...]
    start: int
    opened: int
    closed: int = -1
    end: int = -1
    children: "list[Tag]" = field(default_factory=list["Tag"])

    def attribute(self, local: str, space: str = "") -> str | None:
        """Value of an attribute."""
        return next((item.value for item in self.attributes if (item.space, item.local) == (space, local)), None)

    def below(self) -> "Iterator[Tag]":
        """The element and all inside of it, in document order. Depth is bounded by the reader's limits."""
        waiting: list[Tag] = [self]
        while waiting:
            tag = waiting.pop()
            yield tag
            waiting.extend(reversed(tag.children))

    def inside(self, local: str) -> "list[Tag]":
        """The children of this name in the element's own namespace."""
        return [child for child in self.children if (child.space, child.local) == (self.space, local)]


def read_tags(text: str) -> Tag | None:
    """The root element; None when the text is not what was read before."""
    top = Tag("", "", "", (), 0, 0)
    open_tags: list[tuple[Tag, Mapping[str, str]]] = [(top, {"xml": "http://www.w3.org/XML/1998/namespace"})]
    for match in _MARKUP.finditer(text):
        if match.group("start") is not None:
            tag, names = _tag(match, open_tags[-1][1])
            open_tags[-1][0].children.append(tag)
            if match.group("empty"):
                tag.closed = tag.end = tag.opened
            else:
                open_tags.append((tag, names))
        elif match.group("end") is not None and len(open_tags) > 1:
            tag, _ = open_tags.pop()
            tag.closed, tag.end = match.start(), match.end()
    return top.children[0] if len(open_tags) == 1 and len(top.children) == 1 else None


def _tag(match: re.Match[str], outer: Mapping[str, str]) -> tuple[Tag, Mapping[str, str]]:
    written = [
        (item.group(1), unescape(item.group(2)[1:-1]), match.start("attributes") + item.start(), item.end())
        for item in _ATTRIBUTE.finditer(match.group("attributes"))
    ]
    declared = {name.partition(":")[2]: value for name, value, *_ in written if name.partition(":")[0] == "xmlns"}
    names = {**outer, **declared} if declared else outer
    prefix, colon, local = match.group("start").rpartition(":")
    attributes = tuple(
        Attribute(_space(name, names), name.rpartition(":")[2], value, start, match.start("attributes") + end)
        for name, value, start, end in written
    )
    return Tag(prefix + colon, names.get(prefix, ""), local, attributes, match.start(), match.end()), names


def _space(name: str, names: Mapping[str, str]) -> str:
    """Namespace of an attribute: without a prefix it has none."""
    prefix, colon, _ = name.rpartition(":")
    return names.get(prefix, "") if colon else ""
