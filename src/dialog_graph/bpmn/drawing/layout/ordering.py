"""The order inside the layers: sweeps by barycentre, then swaps of neighbours; the one with fewest crossings stays."""

from bisect import bisect_right, insort
from collections.abc import Callable

from dialog_graph.bpmn.drawing.layout.lattice import Lattice, Segment, Vertex, Way

_SWEEPS = 12
_SWEEPS_OF_LARGE = 4
_LARGE = 1_600
_SMALL = 900
_ROUNDS_OF_SWAPS = 6
_PER_CROSSING = 4


def order(lattice: Lattice) -> None:
    """Orders the layers, once with the backward flows above at first, once with them below; the better one stays."""
    best: tuple[int, list[list[Vertex]]] | None = None
    for backward_first in (True, False) if lattice.size <= _LARGE else (True,):
        _begin(lattice, backward_first)
        found = _improved(lattice)
        if best is None or found[0] < best[0]:
            best = found
    if best is not None:
        lattice.layers[:] = best[1]
        lattice.renumber()


def _begin(lattice: Lattice, backward_first: bool) -> None:
    """The order in which a walk along the flows comes by."""
    numbers = _walk(lattice)
    for way in lattice.ways:
        for vertex in way.chain:
            if vertex.cell is None and way.backward:
                numbers[id(vertex)] = -1.0 if backward_first else float("inf")
    for layer in lattice.layers:
        layer.sort(key=lambda vertex: numbers[id(vertex)])
    lattice.renumber()


def _walk(lattice: Lattice) -> dict[int, float]:
    after: list[list[Way]] = [[] for _ in lattice.steps]
    for way in sorted(lattice.ways, key=lambda way: way.link.port):
        after[way.link.source].append(way)
    numbers: dict[int, float] = {}
    for root in sorted(lattice.steps, key=lambda vertex: vertex.layer):
        stack = [root]
        while stack:
            vertex = stack.pop()
            if id(vertex) in numbers:
                continue
            numbers[id(vertex)] = float(len(numbers))
            if vertex.cell is not None:
                for way in reversed(after[vertex.cell]):
                    stack.extend(reversed(way.chain[1:]))
    return numbers


def _improved(lattice: Lattice) -> tuple[int, list[list[Vertex]]]:
    best = _crossings(lattice), [list(layer) for layer in lattice.layers]
    for number in range(_SWEEPS if lattice.size <= _LARGE else _SWEEPS_OF_LARGE):
        if best[0] == 0:
            break
        _sweep(lattice, forward=number % 2 == 0)
        if lattice.size <= _SMALL:
            _swap(lattice)
        count = _crossings(lattice)
        if count < best[0]:
            best = count, [list(layer) for layer in lattice.layers]
    return best


# Sweeps --------------------------------------------------------------------------------------------------------------


def _sweep(lattice: Lattice, *, forward: bool) -> None:
    for layer in lattice.layers if forward else reversed(lattice.layers):
        keys = {id(vertex): _barycentre(vertex, forward) for vertex in layer}
        for vertex in layer:
            if keys[id(vertex)] is None:
                keys[id(vertex)] = _beside_turn(vertex, keys)
        _sort(layer, keys)


def _barycentre(vertex: Vertex, forward: bool) -> float | None:
    segments = vertex.left if forward else vertex.right
    if not segments:
        return None
    ranks = (_from(segment) if forward else segment.right.rank for segment in segments)
    return sum(ranks) / len(segments)


def _from(segment: Segment) -> float:
    """Where a segment begins, with flows from the lower edge of a step behind those from its side."""
    return segment.left.rank + (0.3 * segment.port / segment.left.below if segment.port else 0.0)


def _beside_turn(vertex: Vertex, keys: dict[int, float | None]) -> float | None:
    if vertex.cell is not None:
        return None
    for other in vertex.turns:
        key = keys[id(other)]
        if key is not None:
            return key + (0.01 if vertex.rank > other.rank else -0.01)
    return None


def _sort(layer: list[Vertex], keys: dict[int, float | None]) -> None:
    """Sorts those that have a key; the others keep their ranks."""
    keyed = [(key, vertex.rank, vertex) for vertex in layer if (key := keys[id(vertex)]) is not None]
    keyed.sort(key=lambda each: each[:2])
    ordered = iter(keyed)
    layer[:] = [vertex if keys[id(vertex)] is None else next(ordered)[2] for vertex in layer]
    for rank, vertex in enumerate(layer):
        vertex.rank = rank


# Crossings -----------------------------------------------------------------------------------------------------------


def _crossings(lattice: Lattice) -> int:
    """What is wrong with an order: crossings above all, then turns at sides that are taken."""
    between = sum(_between(layer) for layer in lattice.layers)
    return _PER_CROSSING * between + sum(_turns_of(vertex) for layer in lattice.layers for vertex in layer)


def _between(layer: list[Vertex]) -> int:
    """Crossings of the segments that leave a layer to the right."""
    segments = sorted((segment for vertex in layer for segment in vertex.right), key=lambda s: (_from(s), s.right.rank))
    passed: list[int] = []
    count = 0
    for segment in segments:
        count += len(passed) - bisect_right(passed, segment.right.rank)
        insort(passed, segment.right.rank)
    return count


def _turns_of(vertex: Vertex) -> int:
    """What lies between a place and the step it turns to, and whether it can turn there; each turn is counted once."""
    if vertex.cell is not None:
        return 0
    return sum(_turn(vertex, step) for step in vertex.turns)


def _turn(place: Vertex, step: Vertex) -> int:
    is_open = step.has_top if place.rank < step.rank else step.has_bottom
    return _PER_CROSSING * (abs(place.rank - step.rank) - 1) + (0 if is_open else 1)


def _swap(lattice: Lattice) -> None:
    """Swaps neighbours for as long as that takes crossings away."""
    for _ in range(_ROUNDS_OF_SWAPS):
        if not any(_swap_layer(layer) for layer in lattice.layers):
            return


def _swap_layer(layer: list[Vertex]) -> bool:
    changed = False
    for rank in range(len(layer) - 1):
        upper, lower = layer[rank], layer[rank + 1]
        before = _PER_CROSSING * _pair(upper, lower) + _turns_at(upper, lower)
        after = _PER_CROSSING * _pair(lower, upper)
        upper.rank, lower.rank = rank + 1, rank
        if after + _turns_at(upper, lower) < before:
            layer[rank], layer[rank + 1] = lower, upper
            changed = True
        else:
            upper.rank, lower.rank = rank, rank + 1
    return changed


def _turns_at(one: Vertex, other: Vertex) -> int:
    turns = ((vertex, partner) for vertex in (one, other) for partner in vertex.turns)
    return sum(_turn(a, b) if a.cell is None else _turn(b, a) for a, b in turns)


def _pair(upper: Vertex, lower: Vertex) -> int:
    """Crossings between the segments of two vertices when the first is above the second."""
    return _inversions(upper.left, lower.left, _from) + _inversions(upper.right, lower.right, _to)


def _to(segment: Segment) -> float:
    return segment.right.rank


def _inversions(upper: list[Segment], lower: list[Segment], where: Callable[[Segment], float]) -> int:
    ends = [where(segment) for segment in lower]
    return sum(end < where(segment) for segment in upper for end in ends)
