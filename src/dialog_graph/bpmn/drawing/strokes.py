"""How each kind of line is drawn: its stroke, its ends, its name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import hypot

from dialog_graph.bpmn.drawing.figures import Line, LineKind
from dialog_graph.bpmn.drawing.geometry import Box, Path, Point, centred
from dialog_graph.bpmn.drawing.texts import SMALL, name_lines
from dialog_graph.bpmn.drawing.writing import element, number, polygon, polyline, stroke, text_lines

_HEAD, _HALF_HEAD = 10.0, 4.5


@dataclass(frozen=True, slots=True)
class _Pen:
    """`pattern`: class of the stroke; `head`: class of the arrow head, "" for none, `v` for one without a base."""

    pattern: str
    head: str


_PENS: Mapping[LineKind, _Pen] = {
    LineKind.SEQUENCE: _Pen("", "head"),
    LineKind.MESSAGE: _Pen(" dashed", "head open"),
    LineKind.ASSOCIATION: _Pen(" dotted", ""),
    LineKind.DATA: _Pen(" dotted", "v"),
}


def draw_line(line: Line, path: Path, label: Box | None) -> Iterator[str]:
    """The parts of a line, its name last."""
    pen = _PENS[line.kind]
    head = "v" if line.directed and not pen.head else pen.head
    shown = _shortened(path) if head.startswith("head") else path
    yield stroke(polyline(shown), f"flow{pen.pattern}")
    tip, before = path[-1], path[-2]
    if head == "v":
        yield stroke(_corner(tip, before), "flow")
    elif head:
        yield stroke(polygon(_triangle(tip, before)), head, **_FILLED.get(head, {}))
    yield from _start(line, path)
    if line.name and label is not None:
        yield _name(line.name, label)


_FILLED = {"head": {"fill": "currentColor"}}


def _unit(start: Point, end: Point) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    distance = hypot(dx, dy) or 1.0
    return dx / distance, dy / distance


def _along(start: Point, direction: Point, far: float, aside: float = 0.0) -> Point:
    (x, y), (dx, dy) = start, direction
    return x + dx * far - dy * aside, y + dy * far + dx * aside


def _shortened(path: Path) -> Path:
    """The path without what its arrow head covers."""
    last = hypot(path[-1][0] - path[-2][0], path[-1][1] - path[-2][1])
    return (*path[:-1], _along(path[-1], _unit(path[-1], path[-2]), min(_HEAD / 2, last / 2)))


def _triangle(tip: Point, before: Point) -> tuple[Point, Point, Point]:
    back = _unit(tip, before)
    return tip, _along(tip, back, _HEAD, _HALF_HEAD), _along(tip, back, _HEAD, -_HALF_HEAD)


def _corner(tip: Point, before: Point) -> str:
    _, one, other = _triangle(tip, before)
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in (one, tip, other))


def _start(line: Line, path: Path) -> Iterator[str]:
    """The sign at the beginning: a slash for a default flow, a diamond for a condition, a ring for a message."""
    direction = _unit(path[0], path[1])
    if line.kind is LineKind.MESSAGE:
        ring = centred(*path[0], 8, 8)
        place = {"cx": ring.cx, "cy": ring.cy, "r": 4}
        yield element("circle", {"class": "head open", **place})
    elif line.default:
        one, other = _along(path[0], direction, 6, 5), _along(path[0], direction, 11, -5)
        yield stroke("M" + "L".join(f"{number(x)} {number(y)}" for x, y in (one, other)), "flow")
    elif line.conditional:
        sides = (0.0, 0.0), (7.0, 4.0), (14.0, 0.0), (7.0, -4.0)
        yield stroke(polygon([_along(path[0], direction, far, aside) for far, aside in sides]), "head open")


def _name(name: str, label: Box) -> str:
    lines = name_lines(name, (label.width, label.height))
    return text_lines(lines, (label.cx, label.cy), size=SMALL, classes="name beside")
