"""The heights of all vertices: flows as straight as their order allows.

Vertices whose connection should be straight form blocks that have one height. Blocks are first packed upwards, then
moved, with what they touch and with what they are straight to, for as long as that takes more slope away than it adds.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from dialog_graph.bpmn.drawing.layout.lattice import Lattice, Segment, Vertex

_BETWEEN_STEPS, _BESIDE_PLACE, _BETWEEN_PLACES = 24.0, 10.0, 4.0
_MOST_WORK = 400_000
"""Steps of the search for better heights, over all moves."""
_ROUNDS = 40


@dataclass(slots=True, eq=False)
class _Block:
    """`shift` of a member is kept in `shifts`: its height is that of the block and the shift."""

    number: int
    members: list[Vertex] = field(default_factory=list[Vertex])
    y: float = 0.0
    below: "list[tuple[_Block, float]]" = field(default_factory=list["tuple[_Block, float]"])
    above: "list[tuple[_Block, float]]" = field(default_factory=list["tuple[_Block, float]"])
    pulls: "list[tuple[_Block, float, int]]" = field(default_factory=list["tuple[_Block, float, int]"])


def set_heights(lattice: Lattice) -> None:
    """Gives every vertex its height; neighbours in a layer keep their distance."""
    blocks, home, shifts = _blocks(lattice)
    for layer in lattice.layers:
        for upper, lower in pairwise(layer):
            gap = distance(upper, lower) + shifts[id(upper)] - shifts[id(lower)]
            one, other = home[id(upper)], home[id(lower)]
            one.below.append((other, gap))
            other.above.append((one, gap))
    _connect(lattice, home, shifts)
    ordered = _packed(blocks)
    _settle(ordered)
    for block in blocks:
        for vertex in block.members:
            vertex.y = block.y + shifts[id(vertex)]


def distance(upper: Vertex, lower: Vertex) -> float:
    """How far apart the middles of two neighbours in a layer are at least."""
    places = (upper.cell is None) + (lower.cell is None)
    return upper.below + lower.above + (_BETWEEN_STEPS, _BESIDE_PLACE, _BETWEEN_PLACES)[places]


# Blocks --------------------------------------------------------------------------------------------------------------


def _blocks(lattice: Lattice) -> tuple[list[_Block], dict[int, _Block], dict[int, float]]:
    """The blocks, the block of each vertex, and its height in the block."""
    into = {id(segment.right): segment for layer in lattice.layers for segment in _straight(layer)}
    blocks: list[_Block] = []
    home: dict[int, _Block] = {}
    shifts: dict[int, float] = {}
    for layer in lattice.layers:
        for vertex in layer:
            segment = into.get(id(vertex))
            if segment is None:
                block, shift = _Block(len(blocks)), 0.0
                blocks.append(block)
            else:
                block, shift = home[id(segment.left)], shifts[id(segment.left)] + segment.port
            block.members.append(vertex)
            home[id(vertex)], shifts[id(vertex)] = block, shift
    return blocks, home, shifts


def _straight(layer: list[Vertex]) -> list[Segment]:
    """The segments to the right of a layer that shall be straight: the best ones first, none crossing another."""
    segments = [segment for vertex in layer for segment in vertex.right]
    outer = _eccentricities(segments, lambda segment: segment.left.rank)
    for number, far in _eccentricities(segments, lambda segment: segment.right.rank).items():
        outer[number] += far
    chosen: list[tuple[int, int]] = []
    found: list[Segment] = []
    for number in sorted(range(len(segments)), key=lambda each: (_merit(segments[each]), outer[each], each)):
        ends = segments[number].left.rank, segments[number].right.rank
        place = bisect_left(chosen, ends)
        beside = chosen[max(place - 1, 0) : place + 1]
        if all((ends[0] - left) * (ends[1] - right) > 0 for left, right in beside):
            chosen.insert(place, ends)
            found.append(segments[number])
    return found


def _merit(segment: Segment) -> int:
    """Long flows first, then between steps or names, then what leads to a step, then from attached events."""
    left, right = segment.left, segment.right
    places = (left.cell is None) + (right.cell is None)
    if segment.port:
        return 3
    return 0 if places == 2 else 1 if not places or right.width or left.width else 2


def _eccentricities(segments: list[Segment], end: Callable[[Segment], int]) -> dict[int, float]:
    """How far each segment is from the middle of those with the same end, by its number."""
    groups: dict[int, list[int]] = {}
    for number, segment in enumerate(segments):
        groups.setdefault(end(segment), []).append(number)
    found: dict[int, float] = {}
    for numbers in groups.values():
        numbers.sort(key=lambda each: (segments[each].left.rank, segments[each].port, segments[each].right.rank))
        found |= {number: abs(place - (len(numbers) - 1) / 2) for place, number in enumerate(numbers)}
    return found


def _connect(lattice: Lattice, home: dict[int, _Block], shifts: dict[int, float]) -> None:
    """What pulls blocks together: segments between them, and turns."""
    for one, other, port, weight in _attractions(lattice):
        first, second = home[id(one)], home[id(other)]
        if first is not second:
            offset = shifts[id(one)] + port - shifts[id(other)]
            first.pulls.append((second, offset, weight))
            second.pulls.append((first, -offset, weight))


def _attractions(lattice: Lattice) -> Iterator[tuple[Vertex, Vertex, float, int]]:
    for layer in lattice.layers:
        for vertex in layer:
            for segment in vertex.right:
                is_long = segment.left.cell is None and segment.right.cell is None
                yield segment.left, segment.right, segment.port, 3 if is_long else 2
            if vertex.cell is None:
                yield from ((vertex, step, 0.0, 1) for step in vertex.turns)


# Heights -------------------------------------------------------------------------------------------------------------


def _packed(blocks: list[_Block]) -> list[_Block]:
    """The blocks from top to bottom, each as far up as it can be."""
    waiting = {block.number: len(block.above) for block in blocks}
    ready = deque(block for block in blocks if not block.above)
    ordered: list[_Block] = []
    while ready:
        block = ready.popleft()
        ordered.append(block)
        for lower, gap in block.below:
            lower.y = max(lower.y, block.y + gap)
            waiting[lower.number] -= 1
            if not waiting[lower.number]:
                ready.append(lower)
    return ordered


@dataclass(slots=True)
class _Search:
    """`work`: what is left of the allowed steps."""

    work: int = _MOST_WORK


def _settle(ordered: list[_Block]) -> None:
    search = _Search()
    for _ in range(_ROUNDS):
        moved = [_moves(block, direction, search) for block in reversed(ordered) for direction in (1, -1)]
        moved += [_moves(block, direction, search) for block in ordered for direction in (-1, 1)]
        if not any(moved) or search.work <= 0:
            return


def _moves(block: _Block, direction: int, search: _Search) -> bool:
    """Moves a block down (1) or up (-1), alone with what it pushes or with what it is straight to, if that helps."""
    if search.work <= 0 or not block.pulls:
        return False
    for takes_along in (False, True):
        group = _group(block, direction, takes_along, search)
        step = _step(group, direction)
        if step > 0:
            for member in group.values():
                member.y += direction * step
            return True
    return False


def _group(block: _Block, direction: int, takes_along: bool, search: _Search) -> dict[int, _Block]:
    """The block and all that has to move with it."""
    group, waiting = {block.number: block}, [block]
    while waiting and search.work > 0:
        member = waiting.pop()
        touched = [
            other
            for other, gap in (member.below if direction > 0 else member.above)
            if direction * (other.y - member.y) - gap < 0.5
        ]
        if takes_along:
            touched += [other for other, offset, _ in member.pulls if abs(other.y - member.y - offset) < 0.5]
        search.work -= 1 + len(touched)
        for other in touched:
            if other.number not in group:
                group[other.number] = other
                waiting.append(other)
    return group


def _step(group: dict[int, _Block], direction: int) -> float:
    """How far the group moves until something is straight or touched; 0 when moving adds more slope than it takes."""
    gain, step = 0, float("inf")
    for member in group.values():
        for other, offset, weight in member.pulls:
            if other.number not in group:
                way = direction * (other.y - member.y - offset)
                gain += weight if way > 0 else -weight
                step = min(step, way) if way > 0 else step
        for other, gap in member.below if direction > 0 else member.above:
            if other.number not in group:
                step = min(step, direction * (other.y - member.y) - gap)
    return step if gain > 0 and step != float("inf") else 0.0
