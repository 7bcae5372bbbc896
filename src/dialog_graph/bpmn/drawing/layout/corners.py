"""Which flows leave and enter steps at their upper or lower side, in the middle, instead of from the channels.

That is shorter and looks like drawn by hand, but is allowed only where nothing else of the layer lies between, and
where the side is not used in the other direction already: a flow out and one in would cover each other.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dialog_graph.bpmn.drawing.layout.lattice import Lattice, Vertex, Way

_CLEARANCE = 2.0
_FARTHEST = 20
"""How many places of a layer a flow may pass on its way to a step."""
_UP, _DOWN = -1, 1


@dataclass(slots=True)
class Corners:
    """`starts`, `ends`: link id -> the side (-1 above, 1 below) at which it leaves or enters.

    `drops`: links from attached events that go straight down to the height of what they lead to. `roles`: number of
    the cell and side -> its use; `passed`: places that a flow along such a side may pass.
    """

    starts: dict[str, int] = field(default_factory=dict[str, int])
    ends: dict[str, int] = field(default_factory=dict[str, int])
    drops: frozenset[str] = frozenset()
    roles: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])
    passed: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])


def corners_of(lattice: Lattice) -> Corners:
    """Decides for all flows: backward ones first, those with the nearest places before others."""
    corners = Corners()
    near = [turn for turn in _turns(lattice) if abs(turn[1].rank - turn[2].rank) <= _FARTHEST]
    for way, step, place, is_start in sorted(near, key=lambda turn: abs(turn[1].rank - turn[2].rank)):
        side = _UP if place.rank < step.rank else _DOWN
        if _may_use(corners, lattice, step, side, is_start) and not _between(corners, lattice, step, place, side):
            _use(corners, way, step, side, is_start)
            corners.passed[id(place)] = (step.cell or 0, side)
    corners.drops = frozenset(_drops(lattice, corners))
    for way, step, height, is_start in sorted(_slopes(lattice), key=lambda slope: abs(slope[2] - slope[1].y)):
        side = _UP if height < step.y else _DOWN
        if not is_start and len(way.chain) == 2 and way.link.id in corners.starts.keys() | corners.drops:
            continue
        if _may_use(corners, lattice, step, side, is_start) and _is_free(corners, lattice, step, height, side):
            _use(corners, way, step, side, is_start)
    return corners


def _turns(lattice: Lattice) -> Iterator[tuple[Way, Vertex, Vertex, bool]]:
    for way in lattice.ways:
        if way.backward and not way.by_bus:
            if not way.link.exit:
                yield way, way.chain[0], way.chain[1], True
            yield way, way.chain[-1], way.chain[-2], False


def _drops(lattice: Lattice, corners: Corners) -> Iterator[str]:
    """From the leftmost event of a step to the rightmost: each stays above the ones before it."""
    ways = [way for way in lattice.ways if way.link.exit and not way.backward and not way.by_bus]
    limits: dict[int, float] = {}
    for way in sorted(ways, key=lambda way: way.link.exit[0][0]):
        step, goal = way.chain[0], way.chain[1].y
        lane, limit = step.y + way.link.port, limits.get(way.link.source, float("inf"))
        drops = lane <= goal < limit and _is_free(corners, lattice, step, goal, _DOWN)
        limits[way.link.source] = goal if drops else lane
        if drops:
            yield way.link.id


def _slopes(lattice: Lattice) -> Iterator[tuple[Way, Vertex, float, bool]]:
    """Forward flows at gateways: the gateway, and the height from or to which they go."""
    for way in lattice.ways:
        if way.backward or way.by_bus:
            continue
        source, first, last, target = way.chain[0], way.chain[1], way.chain[-2], way.chain[-1]
        if _is_gateway(lattice, source) and first.y != source.y:
            yield way, source, first.y, True
        before = last.y + (way.link.port if last.cell is not None else 0)
        if _is_gateway(lattice, target) and before != target.y:
            yield way, target, before, False


def _is_gateway(lattice: Lattice, vertex: Vertex) -> bool:
    return vertex.cell is not None and lattice.cells[vertex.cell].is_gateway


def _may_use(corners: Corners, lattice: Lattice, step: Vertex, side: int, is_start: bool) -> bool:
    cell = lattice.cells[step.cell or 0]
    has_side = cell.has_top if side == _UP else cell.has_bottom
    return has_side and corners.roles.get((step.cell or 0, side)) in (None, _role(is_start))


def _role(is_start: bool) -> str:
    return "out" if is_start else "in"


def _use(corners: Corners, way: Way, step: Vertex, side: int, is_start: bool) -> None:
    corners.roles[step.cell or 0, side] = _role(is_start)
    (corners.starts if is_start else corners.ends)[way.link.id] = side


def _beyond(lattice: Lattice, step: Vertex, side: int) -> Iterable[Vertex]:
    """The vertices of the layer on one side of a step, from the nearest outwards."""
    layer = lattice.layers[step.layer]
    return reversed(layer[: step.rank]) if side == _UP else layer[step.rank + 1 :]


def _between(corners: Corners, lattice: Lattice, step: Vertex, place: Vertex, side: int) -> bool:
    """True when something else lies between a step and a place of its layer."""
    for vertex in _beyond(lattice, step, side):
        if vertex is place:
            return False
        if corners.passed.get(id(vertex)) != (step.cell, side):
            return True
    return True


def _is_free(corners: Corners, lattice: Lattice, step: Vertex, height: float, side: int) -> bool:
    """True when a vertical line from the step to this height, and one across from there, meet nothing."""
    if abs(height - step.y) <= lattice.cells[step.cell or 0].half_height + _CLEARANCE:
        return False
    for vertex in _beyond(lattice, step, side):
        if corners.passed.get(id(vertex)) == (step.cell, side) and abs(vertex.y - height) > _CLEARANCE:
            continue
        edge = vertex.y + vertex.below if side == _UP else vertex.y - vertex.above
        return side * (edge - height) >= _CLEARANCE
    return True
