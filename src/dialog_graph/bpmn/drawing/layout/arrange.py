"""One graph of steps and flows, arranged: the middles of the steps, the paths of the flows, the room of their names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dialog_graph.bpmn.drawing.geometry import Box, Path, Point, straightened
from dialog_graph.bpmn.drawing.layout.channels import Channel, Key
from dialog_graph.bpmn.drawing.layout.corners import Corners, corners_of
from dialog_graph.bpmn.drawing.layout.lattice import Cell, Lattice, Link, Segment, Vertex, Way, build
from dialog_graph.bpmn.drawing.layout.layering import backward_links, layers_of
from dialog_graph.bpmn.drawing.layout.ordering import order
from dialog_graph.bpmn.drawing.layout.rows import set_heights

_BETWEEN_STEPS, _BESIDE_PLACES = 44.0, 12.0
_BUS_GAP, _BUS_STEP = 24.0, 14.0


@dataclass(frozen=True, slots=True)
class Arrangement:
    """`centres`: by number of the cell. `paths` and `labels`: by id of the link. The origin is anywhere."""

    centres: list[Point]
    paths: dict[str, Path]
    labels: dict[str, Box]


def arrange(cells: Sequence[Cell], links: Sequence[Link]) -> Arrangement:
    """Arranges from left to right in the direction of the links."""
    backward = backward_links(len(cells), links)
    lattice = build(cells, links, layers_of(len(cells), links, backward), backward)
    order(lattice)
    set_heights(lattice)
    drawing = _Drawing(lattice)
    paths = {way.link.id: straightened(drawing.path(way)) for way in lattice.ways}
    labels = {way.link.id: drawing.label(way) for way in lattice.ways if way.link.label is not None}
    return Arrangement([drawing.centre(vertex) for vertex in lattice.steps], paths, labels)


class _Drawing:
    """Places in both directions of everything in a lattice whose heights are set."""

    def __init__(self, lattice: Lattice) -> None:
        self.lattice = lattice
        self.corners: Corners = corners_of(lattice)
        self.buses = _buses(lattice)
        self.channels = [Channel() for _ in range(len(lattice.layers) + 1)]
        for way in lattice.ways:
            for number, key, left, right in self._runs(way):
                self.channels[number].run(key, left, right)
        self.middles = self._middles()

    def _middles(self) -> list[float]:
        """The middle of every layer, from left to right; the channels are placed on the way."""
        x, middles = 0.0, list[float]()
        for number, channel in enumerate(self.channels):
            channel.arrange(self._least_width(number))
            channel.place(x)
            x += channel.width
            if number < len(self.lattice.layers):
                width = max((vertex.width for vertex in self.lattice.layers[number]), default=0.0)
                middles.append(x + width / 2)
                x += width
        return middles

    def _least_width(self, number: int) -> float:
        layers = self.lattice.layers
        if number in (0, len(layers)):
            return 0.0
        beside = layers[number - 1 : number + 1]
        return _BETWEEN_STEPS if all(any(v.cell is not None for v in layer) for layer in beside) else _BESIDE_PLACES

    def centre(self, vertex: Vertex) -> Point:
        """The middle of a vertex."""
        return self.middles[vertex.layer], vertex.y

    # Runs: (number of the channel, key, heights on the left, heights on the right)

    def _runs(self, way: Way) -> Iterator[tuple[int, Key, list[float], list[float]]]:
        source, target, port = way.chain[0], way.chain[-1], way.chain[0].y + way.link.port
        if way.by_bus:
            bus, across = self.buses[way.link.id], target.layer > source.layer
            yield source.layer + 1, ("from", way.link.id), [port, *([] if across else [bus])], [bus] if across else []
            yield target.layer, ("to", way.link.id), [bus] if across else [], [target.y, *([] if across else [bus])]
            return
        if way.backward:
            if way.link.id not in self.corners.starts:
                yield source.layer + 1, (id(source), way.link.port), [port, way.chain[1].y], []
            if way.link.id not in self.corners.ends:
                yield target.layer, ("turn", way.link.id), [], [way.chain[-2].y, target.y]
        yield from self._runs_between(way)

    def _runs_between(self, way: Way) -> Iterator[tuple[int, Key, list[float], list[float]]]:
        for segment in way.segments:
            is_first, is_last = segment.left is way.chain[0], segment.right is way.chain[-1]
            starts = is_first and way.link.id in self.corners.starts.keys() | self.corners.drops
            ends = is_last and way.link.id in self.corners.ends
            if not starts and not ends:
                height = segment.left.y + segment.port
                yield segment.right.layer, (id(segment.left), segment.port), [height], [segment.right.y]

    def _x(self, number: int, *key: object) -> float:
        return self.channels[number].runs[key].x

    # Paths

    def path(self, way: Way) -> Iterator[Point]:
        """The points from border to border."""
        x, y = self.centre(way.chain[0])
        corner = self.corners.starts.get(way.link.id)
        if corner is not None:
            yield x, y + corner * self._cell(way.chain[0]).half_height
        elif way.link.id in self.corners.drops:
            yield from ((x + way.link.exit[0][0], height) for height in (y + way.link.exit[0][1], way.chain[1].y))
        elif way.link.exit:
            yield from ((x + dx, y + dy) for dx, dy in way.link.exit)
        else:
            yield x + self._cell(way.chain[0]).half_width, y
        yield from self._by_bus(way) if way.by_bus else self._backward(way) if way.backward else self._forward(way)
        yield from self._into(way)

    def _cell(self, step: Vertex) -> Cell:
        return self.lattice.cells[step.cell or 0]

    def _into(self, way: Way) -> Iterator[Point]:
        """The last points, from the height at which the flow comes."""
        x, y = self.centre(way.chain[-1])
        corner = self.corners.ends.get(way.link.id)
        if corner is None:
            yield x - self._cell(way.chain[-1]).half_width, y
            return
        before = way.chain[-2]
        height = before.y + (way.link.port if before.cell is not None else 0)
        yield from ((x, height), (x, y + corner * self._cell(way.chain[-1]).half_height))

    def _forward(self, way: Way) -> Iterator[Point]:
        for segment in way.segments:
            height = segment.left.y + segment.port
            if segment.left is way.chain[0] and way.link.id in self.corners.starts:
                yield self.middles[segment.left.layer], segment.right.y
            elif height != segment.right.y and not self._is_led_elsewhere(segment, way):
                x = self._x(segment.right.layer, id(segment.left), segment.port)
                yield from ((x, height), (x, segment.right.y))

    def _is_led_elsewhere(self, segment: Segment, way: Way) -> bool:
        """True for a part without a run, because the flow enters from above or below, or drops from an event."""
        ends = segment.right is way.chain[-1] and way.link.id in self.corners.ends
        return ends or (segment.left is way.chain[0] and way.link.id in self.corners.drops)

    def _backward(self, way: Way) -> Iterator[Point]:
        source, first, last, target = way.chain[0], way.chain[1], way.chain[-2], way.chain[-1]
        if way.link.id in self.corners.starts:
            yield self.middles[source.layer], first.y
        else:
            x = self._x(source.layer + 1, id(source), way.link.port)
            yield from ((x, source.y + way.link.port), (x, first.y))
        for segment in way.segments:
            if segment.left.y != segment.right.y:
                x = self._x(segment.right.layer, id(segment.left), segment.port)
                yield from ((x, segment.right.y), (x, segment.left.y))
        if way.link.id not in self.corners.ends:
            x = self._x(target.layer, "turn", way.link.id)
            yield from ((x, last.y), (x, target.y))

    def _by_bus(self, way: Way) -> Iterator[Point]:
        source, target, bus = way.chain[0], way.chain[-1], self.buses[way.link.id]
        down, up = self._x(source.layer + 1, "from", way.link.id), self._x(target.layer, "to", way.link.id)
        yield from ((down, source.y + way.link.port), (down, bus), (up, bus), (up, target.y))

    # Labels

    def label(self, way: Way) -> Box:
        """Above the first horizontal part that the flow has for itself."""
        width, height = way.link.label or (0.0, 0.0)
        if way.by_bus:
            x = self._x(way.chain[0].layer + 1, "from", way.link.id)
            return Box(x + 6, self.buses[way.link.id] - height - 3, width, height)
        x, y = self.centre(way.chain[1])
        if way.link.id in self.corners.starts and way.backward:
            return Box(x - width - 6, y - height - 3, width, height)
        return Box(x - width / 2, y - height - 3, width, height)


def _buses(lattice: Lattice) -> dict[str, float]:
    """The heights below everything at which long flows run."""
    y = max((vertex.y + vertex.below for layer in lattice.layers for vertex in layer), default=0.0) + _BUS_GAP
    buses: dict[str, float] = {}
    for way in lattice.ways:
        if way.by_bus:
            y += _BUS_STEP + (way.link.label[1] if way.link.label else 0.0)
            buses[way.link.id] = y
    return buses
