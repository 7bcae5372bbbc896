"""What must be true of every drawing; each rule gives the violations in words."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise

from dialog_graph.bpmn.drawing.figures import Family, Figure, Line, LineKind
from dialog_graph.bpmn.drawing.geometry import Box, depth, meets
from dialog_graph.bpmn.drawing.sheet import Sheet
from dialog_graph.model import safe_xml
from dialog_graph.model.safe_xml import Element

Rule = Callable[[Sheet], Iterator[str]]

ELEMENTS = frozenset({"svg", "title", "desc", "style", "g", "rect", "ellipse", "circle", "path", "text", "tspan"})
ATTRIBUTES = frozenset(
    (
        *("class", "role", "viewBox", "width", "height", "fill", "stroke", "data-element", "d", "transform"),
        *("x", "y", "rx", "ry", "cx", "cy", "r", "font-size", "text-anchor"),
    )
)
SVG = "{http://www.w3.org/2000/svg}"


def siblings_keep_apart(sheet: Sheet) -> Iterator[str]:
    """Figures of one ground share no area, attached events and their hosts excepted."""
    grounds: dict[str | None, list[Figure]] = {}
    for figure in sheet.figures:
        grounds.setdefault(figure.inside, []).append(figure)
    for figures in grounds.values():
        for one, other in combinations(figures, 2):
            belong = one.host == other.id or other.host == one.id
            if not belong and sheet.boxes[one.id].overlaps(sheet.boxes[other.id]):
                yield f"{one.id} and {other.id} overlap"


def children_are_inside(sheet: Sheet) -> Iterator[str]:
    """What is inside of something lies inside of it, with a margin."""
    for figure in sheet.figures:
        if figure.inside is not None and not sheet.boxes[figure.inside].grown(-4).holds(sheet.boxes[figure.id]):
            yield f"{figure.id} is not inside {figure.inside}"


def lines_end_on_borders(sheet: Sheet) -> Iterator[str]:
    """Every line begins on the border of what it comes from and ends on that of what it leads to."""
    for line, path in _drawn(sheet):
        for id, point in ((line.source, path[0]), (line.target, path[-1])):
            far = depth(sheet.boxes[id], sheet.contents.figures[id].outline, point)
            if abs(far - 1) > 0.02:
                yield f"{line.id} does not end on the border of {id}"


def lines_run_clear(sheet: Sheet) -> Iterator[str]:
    """No line runs through a figure that it has nothing to do with."""
    for line, path in _drawn(sheet):
        related = set(_related(sheet, line))
        for figure in sheet.figures:
            if figure.id not in related and meets(path, sheet.boxes[figure.id].grown(-0.5)):
                yield f"{line.id} runs through {figure.id}"


def names_keep_apart(sheet: Sheet) -> Iterator[str]:
    """Names cover neither each other nor figures."""
    rooms = {id: room.grown(-1) for id, room in sheet.labels.items() if room.width > 2 and room.height > 2}
    for (one, room), (other, beside) in combinations(rooms.items(), 2):
        if room.overlaps(beside):
            yield f"the names of {one} and {other} overlap"
    for id, room in rooms.items():
        for figure in sheet.figures:
            is_around = figure.id in sheet.opened or figure.family in (Family.POOL, Family.LANE)
            if not is_around and room.overlaps(sheet.boxes[figure.id]):
                yield f"the name of {id} lies on {figure.id}"


def everything_is_there(sheet: Sheet) -> Iterator[str]:
    """All figures and lines have a place; messages between pools are drawn only where somebody has put them."""
    for id in sheet.contents.figures.keys() - sheet.boxes.keys():
        yield f"{id} has no place"
    for id in sheet.contents.lines.keys() - sheet.paths.keys():
        if sheet.contents.lines[id].kind is not LineKind.MESSAGE:
            yield f"{id} has no way"


def bends_are_square(sheet: Sheet) -> Iterator[str]:
    """Flows go across and up and down."""
    for line, path in _drawn(sheet):
        is_flow = line.kind is LineKind.SEQUENCE
        if is_flow and any(min(abs(a[0] - b[0]), abs(a[1] - b[1])) > 0.01 for a, b in pairwise(path)):
            yield f"{line.id} runs aslant"


LAYOUT: tuple[Rule, ...] = (
    siblings_keep_apart,
    children_are_inside,
    lines_end_on_borders,
    lines_run_clear,
    names_keep_apart,
    everything_is_there,
    bends_are_square,
)


def violations(sheet: Sheet, rules: tuple[Rule, ...] = LAYOUT) -> list[str]:
    return [found for rule in rules for found in rule(sheet)]


def _drawn(sheet: Sheet) -> Iterator[tuple[Line, tuple[tuple[float, float], ...]]]:
    for id, path in sheet.paths.items():
        line = sheet.contents.lines[id]
        if line.source in sheet.boxes and line.target in sheet.boxes:
            yield line, path


def _related(sheet: Sheet, line: Line) -> Iterator[str]:
    """The ends of a line, their host, and what is around them."""
    for id in (line.source, line.target):
        figure = sheet.contents.figures[id]
        yield id
        yield from (above.id for above in sheet.contents.above(figure))
        if figure.host is not None:
            yield figure.host


# The text -------------------------------------------------------------------------------------------------------------


def read_svg(svg: str) -> Element:
    """The tree of a drawing; fails when it is not well-formed."""
    root = safe_xml.parse(
        svg.encode(), file="drawing.svg", limits=safe_xml.Limits(max_bytes=1 << 26, max_elements=1 << 20)
    )
    assert not isinstance(root, tuple), root[0].message
    return root


def foreign_parts(root: Element) -> list[str]:
    """Elements, attributes and values that no drawing may have."""
    found: list[str] = []
    for element in root.iter():
        name = str(element.tag)
        if not name.startswith(SVG) or name.removeprefix(SVG) not in ELEMENTS:
            found.append(name)
        found += [f"{name} {key}" for key in map(str, element.attrib) if key not in ATTRIBUTES]
        values = [str(value) for key, value in element.attrib.items() if key != "data-element"]
        found += [value for value in values if re.search(r"url|script|http|//|@|&|<", value, re.IGNORECASE)]
    style = "".join(root.itertext(f"{SVG}style"))
    return found + re.findall(r"url|@import|http|expression|</", style)


def drawn_ids(root: Element) -> Counter[str]:
    """How often each element is drawn."""
    return Counter(str(element.get("data-element")) for element in root.iter(f"{SVG}g") if element.get("data-element"))


def bounds(root: Element) -> Box:
    """What the drawing shows."""
    return Box(*(float(value) for value in str(root.get("viewBox")).split()))
