"""The layered graph: every step and every place that a long flow takes in a layer is a vertex.

Heights count from the middle of a step. A segment connects vertices of neighbouring layers, a turn the two vertices of
one layer between which a flow changes its direction: behind the step that a backward flow leaves, and before the step
that it enters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dialog_graph.bpmn.drawing.geometry import Point

PLACE_ABOVE, PLACE_BELOW = 5.0, 5.0
"""Room of a flow on its way through a layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The room that a step needs, with all that belongs to it; the middle of the figure is at 0, 0.

    `width` is for both sides together. `half_width`, `half_height`: of the figure itself. `has_top`, `has_bottom`: a
    flow may end there, or at a gateway begin.
    """

    width: float
    above: float
    below: float
    half_width: float
    half_height: float
    has_top: bool = False
    has_bottom: bool = False
    is_gateway: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A flow between two cells, by their numbers. `exit`: its first points, from the middle of the source.

    `label`: width and height of its name, None without one.
    """

    id: str
    source: int
    target: int
    exit: tuple[Point, ...] = ()
    label: tuple[float, float] | None = None

    @property
    def port(self) -> float:
        """The height at which it leaves the source."""
        return self.exit[-1][1] if self.exit else 0.0


@dataclass(slots=True, eq=False)
class Vertex:
    """`cell`: number of the step, None for a place on a flow. `rank`: place in its layer. `y`: height of the middle."""

    layer: int
    above: float
    below: float
    width: float
    cell: int | None = None
    has_top: bool = False
    has_bottom: bool = False
    rank: int = 0
    y: float = 0.0
    left: "list[Segment]" = field(default_factory=list["Segment"])
    right: "list[Segment]" = field(default_factory=list["Segment"])
    turns: "list[Vertex]" = field(default_factory=list["Vertex"])


@dataclass(slots=True, eq=False)
class Segment:
    """`port`: height, from the middle of the left vertex, at which it begins; it ends in the middle of the right."""

    left: Vertex
    right: Vertex
    port: float = 0.0


@dataclass(slots=True, eq=False)
class Way:
    """How a link runs. `chain`: its vertices from source to target; `segments` between them.

    `backward`: the chain has places beside source and target, in their layers. `by_bus`: it runs below everything,
    because places for it would be too many.
    """

    link: Link
    backward: bool
    chain: list[Vertex]
    segments: list[Segment] = field(default_factory=list[Segment])
    by_bus: bool = False


@dataclass(slots=True, eq=False)
class Lattice:
    """`steps`: the vertices of the cells, by number. `layers`: their vertices from top to bottom."""

    cells: Sequence[Cell]
    steps: list[Vertex]
    layers: list[list[Vertex]]
    ways: list[Way]

    def renumber(self) -> None:
        """Tells the vertices their ranks after a change of order."""
        for layer in self.layers:
            for rank, vertex in enumerate(layer):
                vertex.rank = rank

    @property
    def size(self) -> int:
        """How much there is to order: vertices and segments."""
        return sum(map(len, self.layers)) + sum(len(way.segments) for way in self.ways)


def build(cells: Sequence[Cell], links: Sequence[Link], layers: Sequence[int], backward: frozenset[int]) -> Lattice:
    """The lattice with steps in the given layers; places in a layer stand in the order of the links.

    The longest links run by the bus when places for all would be more than some times the steps.
    """
    steps = [
        Vertex(layer, cell.above, cell.below, cell.width, number, cell.has_top, cell.has_bottom)
        for number, (cell, layer) in enumerate(zip(cells, layers, strict=True))
    ]
    lattice = Lattice(cells, steps, [[] for _ in range(max(layers, default=-1) + 1)], [])
    for vertex in steps:
        lattice.layers[vertex.layer].append(vertex)
    budget = _PLACES_PER_STEP * len(cells) + _PLACES_AT_LEAST
    spans = {number: abs(layers[link.target] - layers[link.source]) for number, link in enumerate(links)}
    for number in sorted(spans, key=lambda each: (spans[each], each)):
        budget -= spans[number]
        _add(lattice, links[number], number in backward, by_bus=budget < 0)
    places = {link.id: number for number, link in enumerate(links)}
    lattice.ways.sort(key=lambda way: places[way.link.id])
    lattice.renumber()
    return lattice


_PLACES_PER_STEP = 6
_PLACES_AT_LEAST = 1_000


def _add(lattice: Lattice, link: Link, backward: bool, *, by_bus: bool) -> None:
    source, target = lattice.steps[link.source], lattice.steps[link.target]
    way = Way(link, backward, [source, target], by_bus=by_bus)
    lattice.ways.append(way)
    if by_bus:
        return
    step = -1 if backward else 1
    between = range(source.layer + (0 if backward else 1), target.layer + (-1 if backward else 0), step)
    places = [_place(lattice, layer, link, first=number == 0, turns=backward) for number, layer in enumerate(between)]
    way.chain[1:1] = places
    if backward:
        for one, other in (source, places[0]), (target, places[-1]):
            one.turns.append(other)
            other.turns.append(one)
    _connect(way)


def _place(lattice: Lattice, layer: int, link: Link, *, first: bool, turns: bool) -> Vertex:
    vertex = Vertex(layer, PLACE_ABOVE, PLACE_BELOW, 0.0)
    if first and link.label is not None:
        width, height = link.label
        vertex.above, vertex.width = height + 6, (2 * width if turns else width) + 16
    lattice.layers[layer].append(vertex)
    return vertex


def _connect(way: Way) -> None:
    inner = way.chain[1:-1] if way.backward else way.chain
    for one, other in pairwise(inner):
        left, right = (other, one) if way.backward else (one, other)
        port = way.link.port if left.cell is not None else 0.0
        segment = Segment(left, right, port)
        left.right.append(segment)
        right.left.append(segment)
        way.segments.append(segment)
