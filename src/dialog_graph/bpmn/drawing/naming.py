"""Where names go that an interchange gives no room: the first usual place that nothing else takes."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import hypot

from dialog_graph.bpmn.drawing.figures import FLOW_NODES, Contents, Family
from dialog_graph.bpmn.drawing.geometry import Box, Path, Point, centred, meets
from dialog_graph.bpmn.drawing.texts import name_size

_NAME_WIDTH = 110.0
_LEAST_WIDTH = 40.0
_GAP = 4.0
_MOST_TRIALS = 300_000
_NAMED_BESIDE = frozenset({Family.EVENT, Family.GATEWAY, Family.DATA})


def rooms_for_names(
    contents: Contents, boxes: Mapping[str, Box], paths: Mapping[str, Path], given: Mapping[str, Box]
) -> dict[str, Box]:
    """The rooms given, and one for every other name that stands beside a figure or on a line."""
    rooms = {id: _fitting(room, _name(contents, id)) for id, room in given.items()}
    wanted = [*_figures(contents, boxes, given), *_lines(contents, paths, given)]
    small = contents.figures
    taken = [box for id, box in boxes.items() if small[id].family in FLOW_NODES and not contents.inside(id)]
    is_many = len(wanted) * (len(taken) + sum(map(len, paths.values()))) > _MOST_TRIALS
    lines = [] if is_many else list(paths.values())
    for id, candidates in wanted:
        others = [] if is_many else [*taken, *rooms.values()]
        rooms[id] = min(candidates, key=lambda room: _conflicts(room, others, lines))
    return rooms


def _name(contents: Contents, id: str) -> str:
    return contents.figures[id].name if id in contents.figures else contents.lines[id].name


def _fitting(given: Box, name: str) -> Box:
    """The room that the name takes in our letters, in the middle of the one given."""
    return centred(given.cx, given.cy, *name_size(name, max(given.width + 6, _LEAST_WIDTH), 6))


def _conflicts(room: Box, boxes: Sequence[Box], lines: Sequence[Path]) -> int:
    inner = room.grown(-1)
    return 2 * sum(inner.overlaps(box) for box in boxes) + sum(meets(line, inner) for line in lines)


def _figures(contents: Contents, boxes: Mapping[str, Box], given: Mapping[str, Box]) -> Iterator[tuple[str, list[Box]]]:
    for id, box in boxes.items():
        figure = contents.figures[id]
        if figure.name and figure.family in _NAMED_BESIDE and id not in given:
            yield id, list(_around(box, *name_size(figure.name, _NAME_WIDTH)))


def _around(box: Box, width: float, height: float) -> Iterator[Box]:
    """Below, above, then at the corners."""
    yield centred(box.cx, box.bottom + _GAP + height / 2, width, height)
    yield centred(box.cx, box.y - _GAP - height / 2, width, height)
    for x in (box.cx + _GAP, box.cx - _GAP - width):
        yield Box(x, box.bottom + _GAP, width, height)
        yield Box(x, box.y - _GAP - height, width, height)


def _lines(contents: Contents, paths: Mapping[str, Path], given: Mapping[str, Box]) -> Iterator[tuple[str, list[Box]]]:
    for id, path in paths.items():
        name = contents.lines[id].name
        if name and id not in given:
            yield id, list(_along(path, *name_size(name, _NAME_WIDTH)))


def _along(path: Path, width: float, height: float) -> Iterator[Box]:
    """Beside the middle of the longest parts: above and below, right and left of those that go up or down."""
    parts = sorted(pairwise(path), key=lambda part: -hypot(part[1][0] - part[0][0], part[1][1] - part[0][1]))
    for one, other in parts[:3]:
        yield from _beside(((one[0] + other[0]) / 2, (one[1] + other[1]) / 2), _is_level(one, other), width, height)


def _is_level(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) >= abs(one[1] - other[1])


def _beside(middle: Point, level: bool, width: float, height: float) -> Iterator[Box]:
    for sign in (-1, 1):
        if level:
            yield centred(middle[0], middle[1] + sign * (height / 2 + _GAP), width, height)
        else:
            yield centred(middle[0] - sign * (width / 2 + _GAP), middle[1], width, height)
