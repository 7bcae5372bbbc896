"""The layout of a whole file: the inside of every pool and subprocess from the innermost outwards."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dialog_graph.bpmn.drawing.figures import ARTIFACTS, FLOW_NODES, Contents, Family, Figure, Line, LineKind
from dialog_graph.bpmn.drawing.geometry import Box, Path, around, bounds_of
from dialog_graph.bpmn.drawing.layout.arrange import arrange
from dialog_graph.bpmn.drawing.layout.cells import (
    MARKER_HEIGHT,
    PADDING,
    POOL_TITLE,
    About,
    Room,
    room_for_name,
    room_of,
)
from dialog_graph.bpmn.drawing.layout.lattice import Link
from dialog_graph.bpmn.drawing.routing import Place, route, straight
from dialog_graph.bpmn.drawing.sheet import Sheet

_BETWEEN_PARTS = 40.0
_SHELF_WIDTH = 640.0


@dataclass(slots=True)
class _Ground:
    """What is placed inside one figure, from the upper left corner. `inner`: further grounds and where they begin."""

    boxes: dict[str, Box] = field(default_factory=dict[str, Box])
    labels: dict[str, Box] = field(default_factory=dict[str, Box])
    paths: dict[str, Path] = field(default_factory=dict[str, Path])
    inner: "list[tuple[float, float, _Ground]]" = field(default_factory=list["tuple[float, float, _Ground]"])
    width: float = 0.0
    height: float = 0.0

    def take(self, other: "_Ground", dx: float, dy: float) -> None:
        """Copies the places of another ground into this one."""
        self.boxes |= {id: box.moved(dx, dy) for id, box in other.boxes.items()}
        self.labels |= {id: box.moved(dx, dy) for id, box in other.labels.items()}
        self.paths |= {id: _moved(path, dx, dy) for id, path in other.paths.items()}
        self.inner += [(x + dx, y + dy, ground) for x, y, ground in other.inner]


def _moved(path: Path, dx: float, dy: float) -> Path:
    return tuple((x + dx, y + dy) for x, y in path)


def lay_out(contents: Contents) -> Sheet:
    """A drawing of everything but lanes, groups and message flows, which mean nothing without an editor's places."""
    layout = _Layout(contents)
    whole = _Ground()
    _flatten(layout.ground(None), 0.0, 0.0, whole)
    layout.join_rest(whole)
    opened = frozenset(id for id in whole.boxes if contents.figures[id].family is Family.SUB_PROCESS)
    return Sheet(
        contents=contents,
        boxes=whole.boxes,
        paths=whole.paths,
        labels=whole.labels,
        opened=frozenset(id for id in opened if layout.holds_something(id)),
    )


def _flatten(ground: _Ground, x: float, y: float, whole: _Ground) -> None:
    whole.boxes |= {id: box.moved(x, y) for id, box in ground.boxes.items()}
    whole.labels |= {id: box.moved(x, y) for id, box in ground.labels.items()}
    whole.paths |= {id: _moved(path, x, y) for id, path in ground.paths.items()}
    for dx, dy, inner in ground.inner:
        _flatten(inner, x + dx, y + dy, whole)


class _Layout:
    """`flows`: lines between steps, by what both are inside of; `beside`: step -> artifacts that are about it."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.flows: dict[str | None, list[Line]] = {}
        self.beside: dict[str, list[Figure]] = {}
        self.rest: list[Line] = []
        self.leaving: set[str] = set()
        placed: set[str] = set()
        for line in contents.lines.values():
            if line.kind is not LineKind.MESSAGE:
                self._sort_in(line, placed)
        self.apart = frozenset(figure.id for figure in contents.figures.values() if figure.family in ARTIFACTS) - placed

    def _sort_in(self, line: Line, placed: set[str]) -> None:
        source, target = self.contents.figures.get(line.source), self.contents.figures.get(line.target)
        if source is None or target is None:
            return
        self.rest.append(line)
        is_near = source.inside == target.inside
        if is_near and {source.family, target.family} <= FLOW_NODES:
            self.rest.pop()
            self.flows.setdefault(source.inside, []).append(line)
            self.leaving |= {source.id} if source.host else set()
        for artifact, step in (source, target), (target, source):
            if is_near and artifact.family in ARTIFACTS and step.family in FLOW_NODES and artifact.id not in placed:
                placed.add(artifact.id)
                self.beside.setdefault(step.host or step.id, []).append(artifact)

    def holds_something(self, id: str) -> bool:
        """True for a pool or subprocess with anything in it that is drawn."""
        return any(figure.family in FLOW_NODES | ARTIFACTS for figure in self.contents.inside(id))

    # Grounds

    def ground(self, around_it: str | None) -> _Ground:
        """The inside of a figure, or of the whole drawing."""
        inner: dict[str, _Ground] = {}
        rooms: dict[str, Room] = {}
        for figure in self._steps(around_it):
            if figure.family in (Family.SUB_PROCESS, Family.POOL) and self.holds_something(figure.id):
                inner[figure.id] = self.ground(figure.id)
            rooms[figure.id] = self._room(figure, inner.get(figure.id))
        ground = _stacked(self._parts(rooms, self.flows.get(around_it, [])))
        for id, inside in inner.items():
            ground.inner.append((*_inside(self.contents.figures[id], ground.boxes[id], inside), inside))
        return ground

    def _steps(self, around_it: str | None) -> Iterator[Figure]:
        """What gets a place of its own on a ground."""
        for figure in self.contents.inside(around_it):
            is_step = figure.family in FLOW_NODES and figure.host is None
            is_pool = figure.family is Family.POOL and self.holds_something(figure.id)
            if is_step or is_pool or figure.id in self.apart:
                yield figure

    def _room(self, figure: Figure, inside: _Ground | None) -> Room:
        attached = self.contents.attached(figure.id)
        about = About(
            inside=(inside.width, inside.height) if inside is not None else None,
            attached=attached,
            leaving=frozenset(event.id for event in attached if event.id in self.leaving),
            artifacts=self.beside.get(figure.id, ()),
        )
        return room_of(figure, about)

    # Parts: connected steps, then the single ones

    def _parts(self, rooms: Mapping[str, Room], flows: Sequence[Line]) -> Iterator[_Ground]:
        home = {id: id for id in rooms}
        for line in flows:
            home[_top(home, self._step(line.target))] = _top(home, self._step(line.source))
        groups: dict[str, list[str]] = {}
        for id in rooms:
            groups.setdefault(_top(home, id), []).append(id)
        flows_of: dict[str, list[Line]] = {}
        for line in flows:
            flows_of.setdefault(_top(home, self._step(line.source)), []).append(line)
        for top, ids in groups.items():
            if top in flows_of:
                yield self._part({id: rooms[id] for id in ids}, flows_of[top])
        single = {ids[0]: _alone(rooms[ids[0]]) for top, ids in groups.items() if top not in flows_of}
        is_pool = {id: self.contents.figures[id].family is Family.POOL for id in single}
        yield from (single[id] for id in single if is_pool[id])
        yield from _shelves([single[id] for id in single if not is_pool[id]])

    def _step(self, id: str) -> str:
        """The step itself, or the one that it is attached to."""
        return self.contents.figures[id].host or id

    def _part(self, rooms: Mapping[str, Room], flows: Sequence[Line]) -> _Ground:
        numbers = {id: number for number, id in enumerate(rooms)}
        links = [self._link(line, numbers, rooms) for line in flows]
        arranged = arrange([room.cell for room in rooms.values()], links)
        ground = _Ground(labels=arranged.labels, paths=arranged.paths)
        for room, (x, y) in zip(rooms.values(), arranged.centres, strict=True):
            ground.take(_Ground(boxes=dict(room.boxes), labels=dict(room.labels)), x, y)
        return _cropped(ground, rooms, arranged.centres)

    def _link(self, line: Line, numbers: Mapping[str, int], rooms: Mapping[str, Room]) -> Link:
        source, target = self._step(line.source), self._step(line.target)
        label = room_for_name(line.name) if line.name else None
        exit = rooms[source].exits.get(line.source, ())
        return Link(id=line.id, source=numbers[source], target=numbers[target], exit=exit, label=label)

    # Lines that are in no part

    def join_rest(self, whole: _Ground) -> None:
        """Gives paths to lines between artifacts and steps, and to those across borders."""
        for line in self.rest:
            if line.source in whole.boxes and line.target in whole.boxes:
                source, target = (
                    Place(whole.boxes[id], self.contents.figures[id].outline) for id in (line.source, line.target)
                )
                is_flow = line.kind is LineKind.SEQUENCE
                whole.paths[line.id] = route(source, target, ()) if is_flow else straight(source, target)


def _top(home: dict[str, str], id: str) -> str:
    """The one that stands for all that are joined with it."""
    while home[id] != id:
        home[id] = home[home[id]]
        id = home[id]
    return id


def _inside(figure: Figure, box: Box, inside: _Ground) -> tuple[float, float]:
    """Where the inside of a figure begins."""
    if figure.family is Family.POOL:
        return box.x + POOL_TITLE + PADDING, box.y + PADDING
    markers = MARKER_HEIGHT if figure.markers else 0.0
    return box.cx - inside.width / 2, box.bottom - PADDING - markers - inside.height


def _alone(room: Room) -> _Ground:
    ground = _Ground(boxes=dict(room.boxes), labels=dict(room.labels))
    return _cropped(ground, {"": room}, [(0.0, 0.0)])


def _cropped(ground: _Ground, rooms: Mapping[str, Room], centres: Sequence[tuple[float, float]]) -> _Ground:
    """The same with its upper left corner at 0, 0."""
    cells = [
        Box(x - room.cell.width / 2, y - room.cell.above, room.cell.width, room.cell.above + room.cell.below)
        for room, (x, y) in zip(rooms.values(), centres, strict=True)
    ]
    whole = around((*cells, *ground.labels.values(), *(bounds_of(path) for path in ground.paths.values())))
    cropped = _Ground(width=whole.width, height=whole.height)
    cropped.take(ground, -whole.x, -whole.y)
    return cropped


def _shelves(items: Sequence[_Ground]) -> Iterator[_Ground]:
    """Single things in rows; of very many the rows are longer."""
    widest = max(_SHELF_WIDTH, 1.5 * sum((item.width + 40) * (item.height + 40) for item in items) ** 0.5)
    row = _Ground()
    for item in items:
        if row.width and row.width + _BETWEEN_PARTS + item.width > widest:
            yield row
            row = _Ground()
        x = row.width + _BETWEEN_PARTS if row.width else 0.0
        row.take(item, x, 0.0)
        row.width, row.height = x + item.width, max(row.height, item.height)
    if row.width:
        yield row


def _stacked(parts: Iterator[_Ground]) -> _Ground:
    """The parts below each other."""
    ground = _Ground()
    for part in parts:
        y = ground.height + _BETWEEN_PARTS if ground.height else 0.0
        ground.take(part, 0.0, y)
        ground.width, ground.height = max(ground.width, part.width), y + part.height
    return ground
