"""Points, boxes, outlines and paths of a drawing. Units are pixels of the drawing, y grows downwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import hypot
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
Path: TypeAlias = tuple[Point, ...]


class Outline(StrEnum):
    """The form of a figure's border inside its box."""

    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"
    DIAMOND = "diamond"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    @property
    def cx(self) -> float:
        """The middle from left to right."""
        return self.x + self.width / 2

    @property
    def cy(self) -> float:
        """The middle from top to bottom."""
        return self.y + self.height / 2

    def moved(self, dx: float, dy: float) -> "Box":
        """The same box elsewhere."""
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def grown(self, by: float) -> "Box":
        """The box with a margin on all sides; a negative one shrinks it."""
        return Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def holds(self, other: "Box") -> bool:
        """True when the other box lies inside or on the border."""
        return self.x <= other.x and self.y <= other.y and self.right >= other.right and self.bottom >= other.bottom

    def overlaps(self, other: "Box") -> bool:
        """True when the boxes share an area; touching is none."""
        apart = self.right <= other.x or other.right <= self.x or self.bottom <= other.y or other.bottom <= self.y
        return not apart


def centred(x: float, y: float, width: float, height: float) -> Box:
    """The box of this size around a point."""
    return Box(x - width / 2, y - height / 2, width, height)


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds all; an empty one at 0, 0 for none."""
    all_boxes = list(boxes)
    if not all_boxes:
        return Box(0, 0, 0, 0)
    left, top = min(box.x for box in all_boxes), min(box.y for box in all_boxes)
    return Box(left, top, max(box.right for box in all_boxes) - left, max(box.bottom for box in all_boxes) - top)


def depth(box: Box, outline: Outline, point: Point) -> float:
    """Where a point lies: below 1 inside the outline, 1 on its border, above 1 outside."""
    across = abs(point[0] - box.cx) / (box.width / 2)
    down = abs(point[1] - box.cy) / (box.height / 2)
    match outline:
        case Outline.RECTANGLE:
            return max(across, down)
        case Outline.ELLIPSE:
            return hypot(across, down)
        case Outline.DIAMOND:
            return across + down


def border_towards(box: Box, outline: Outline, point: Point) -> Point:
    """Where the line from the middle of the box to a point crosses the border."""
    far = depth(box, outline, point)
    if far == 0:
        return box.right, box.cy
    return box.cx + (point[0] - box.cx) / far, box.cy + (point[1] - box.cy) / far


_HALVINGS = 24


def crossing(box: Box, outline: Outline, inside: Point, outside: Point) -> Point:
    """Where the line between a point inside and one outside crosses the border."""
    for _ in range(_HALVINGS):
        middle = (inside[0] + outside[0]) / 2, (inside[1] + outside[1]) / 2
        if depth(box, outline, middle) < 1:
            inside = middle
        else:
            outside = middle
    return outside


def bounds_of(path: Path) -> Box:
    """The smallest box around a path."""
    return around(Box(x, y, 0, 0) for x, y in path)


def straightened(path: Iterable[Point]) -> Path:
    """The path without repeated points and without points on a straight line between their neighbours."""
    kept: list[Point] = []
    for point in path:
        if kept and _same(kept[-1], point):
            continue
        if len(kept) > 1 and _is_between(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _same(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) < 1e-6 and abs(one[1] - other[1]) < 1e-6


def _is_between(one: Point, middle: Point, other: Point) -> bool:
    """True when the path goes straight on, across or down."""
    return any(
        abs(one[axis] - middle[axis]) < 1e-6
        and abs(other[axis] - middle[axis]) < 1e-6
        and (middle[1 - axis] - one[1 - axis]) * (other[1 - axis] - middle[1 - axis]) > 0
        for axis in (0, 1)
    )


def length(path: Path) -> float:
    """The length of a path."""
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(path))


def meets(path: Path, box: Box) -> bool:
    """True when a part of the path runs through the inside of a box."""
    return any(_part_meets(one, other, box) for one, other in pairwise(path))


def _part_meets(one: Point, other: Point, box: Box) -> bool:
    """Clips the part to the box, side by side; something must be left of it."""
    start, end = 0.0, 1.0
    for axis, low, high in ((0, box.x, box.right), (1, box.y, box.bottom)):
        step = other[axis] - one[axis]
        if abs(step) < 1e-9:
            if not low < one[axis] < high:
                return False
            continue
        near, far = sorted(((low - one[axis]) / step, (high - one[axis]) / step))
        start, end = max(start, near), min(end, far)
    return end - start > 1e-9
