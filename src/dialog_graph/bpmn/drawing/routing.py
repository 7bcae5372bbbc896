"""Ways for lines that the interchange left without waypoints: a few orthogonal candidates, the clearest one wins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dialog_graph.bpmn.drawing.geometry import (
    Box,
    Outline,
    Path,
    Point,
    border_towards,
    crossing,
    depth,
    length,
    meets,
    straightened,
)

_CLEARANCE = 20
_PER_SHAPE = 2_000
"""How much longer a way may be for each shape that it does not run through."""
_PER_BEND = 15
_NEAR = 3
"""What is so close needs no bend."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line begins or ends."""

    box: Box
    outline: Outline

    @property
    def sides(self) -> tuple[Point, Point, Point, Point]:
        """The middles of its sides: left, top, right, bottom."""
        box = self.box
        return (box.x, box.cy), (box.cx, box.y), (box.right, box.cy), (box.cx, box.bottom)


def route(source: Place, target: Place, obstacles: Sequence[Box]) -> Path:
    """A way from border to border; `obstacles` are the boxes that it should not run through."""
    if source.box.holds(target.box) or target.box.holds(source.box):
        return straight(source, target)
    return min((straightened(way) for way in _ways(source, target)), key=lambda way: _cost(way, obstacles))


def _cost(way: Path, obstacles: Sequence[Box]) -> float:
    return length(way) + _PER_BEND * len(way) + _PER_SHAPE * sum(meets(way, box) for box in obstacles)


def straight(source: Place, target: Place) -> Path:
    """The line between the middles as far as it lies between the borders."""
    start = border_towards(source.box, source.outline, (target.box.cx, target.box.cy))
    end = border_towards(target.box, target.outline, (source.box.cx, source.box.cy))
    return (start, end) if start != end else (start, (target.box.x, target.box.cy))


def _ways(source: Place, target: Place) -> Iterator[Path]:
    """Onward, around a corner, and around everything; the loop of a line that ends where it begins is among them."""
    (_, top, right, bottom), (into_left, into_top, into_right, into_bottom) = source.sides, target.sides
    yield from _across(right, into_left)
    yield from _down(bottom, into_top)
    yield from _up(top, into_bottom)
    yield from _corners(source, target)
    lowest = max(source.box.bottom, target.box.bottom) + _CLEARANCE
    highest = min(source.box.y, target.box.y) - _CLEARANCE
    yield bottom, (bottom[0], lowest), (into_bottom[0], lowest), into_bottom
    yield top, (top[0], highest), (into_top[0], highest), into_top
    rightmost = max(source.box.right, target.box.right) + _CLEARANCE
    yield right, (rightmost, right[1]), (rightmost, into_right[1]), into_right
    yield right, (rightmost, right[1]), (rightmost, highest), (into_top[0], highest), into_top


def _across(start: Point, end: Point) -> Iterator[Path]:
    if end[0] > start[0] and abs(end[1] - start[1]) < _NEAR:
        yield start, end
    elif end[0] > start[0]:
        for middle in (start[0] + end[0]) / 2, start[0] + _CLEARANCE, end[0] - _CLEARANCE:
            yield start, (middle, start[1]), (middle, end[1]), end


def _down(start: Point, end: Point) -> Iterator[Path]:
    if end[1] > start[1]:
        middle = (start[1] + end[1]) / 2
        yield start, (start[0], middle), (end[0], middle), end


def _up(start: Point, end: Point) -> Iterator[Path]:
    if end[1] < start[1]:
        middle = (start[1] + end[1]) / 2
        yield start, (start[0], middle), (end[0], middle), end


def _corners(source: Place, target: Place) -> Iterator[Path]:
    (_, top, right, bottom), (into_left, into_top, _, into_bottom) = source.sides, target.sides
    if target.box.cx > source.box.right:
        if target.box.y > source.box.cy:
            yield right, (into_top[0], right[1]), into_top
        if target.box.bottom < source.box.cy:
            yield right, (into_bottom[0], right[1]), into_bottom
    if target.box.x > source.box.cx:
        start = bottom if target.box.cy > source.box.bottom else top if target.box.cy < source.box.y else None
        if start is not None:
            yield start, (start[0], into_left[1]), into_left


def docked(path: Path, source: Place | None, target: Place | None) -> Path:
    """The path cut or led on so that it begins and ends on the borders; an end without a place stays as it is."""
    if source is not None:
        path = _from_border(path, source)
    if target is not None:
        path = tuple(reversed(_from_border(tuple(reversed(path)), target)))
    return path


def _from_border(path: Path, place: Place) -> Path:
    inside = 0
    while inside < len(path) and depth(place.box, place.outline, path[inside]) < 1:
        inside += 1
    if inside == len(path):
        return path
    if inside:
        return (crossing(place.box, place.outline, path[inside - 1], path[inside]), *path[inside:])
    first = path[0]
    edge = border_towards(place.box, place.outline, first)
    is_near = abs(edge[0] - first[0]) + abs(edge[1] - first[1]) <= _NEAR
    return (edge, *path[1:]) if is_near else (edge, *path)
