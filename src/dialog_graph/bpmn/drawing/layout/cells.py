"""How much room the steps need: the figure, its name beside it, what is attached to it or said about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dialog_graph.bpmn.drawing.figures import Family, Figure
from dialog_graph.bpmn.drawing.geometry import Box, Point, centred
from dialog_graph.bpmn.drawing.layout.lattice import Cell
from dialog_graph.bpmn.drawing.texts import SMALL, height_of, name_size, widest, wrapped

EVENT, GATEWAY = 36.0, 50.0
_TASK_WIDTH, _TASK_HEIGHT = 120.0, 64.0
_NAME_WIDTH = 96.0
_BESIDE_NAME = 4.0
_BETWEEN_ATTACHED, _LANE, _BELOW_ATTACHED = 14.0, 12.0, 12.0
_ARTIFACT_GAP = 18.0

PADDING, MARKER_HEIGHT, POOL_TITLE = 24.0, 20.0, 30.0
"""Beside what a subprocess or pool holds; at a lower edge with markers; at the left edge of a pool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A step with all that belongs to it; all places count from the middle of the figure.

    `boxes`: of the figure, of attached events and artifacts. `labels`: of names that stand beside figures. `exits`: id
    of an attached event -> the first points of a flow from it.
    """

    cell: Cell
    boxes: Mapping[str, Box]
    labels: Mapping[str, Box] = field(default_factory=dict[str, Box])
    exits: Mapping[str, tuple[Point, ...]] = field(default_factory=dict[str, tuple[Point, ...]])


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a step has besides itself. `inside`: size of what it holds; `leaving`: attached events with a flow."""

    inside: tuple[float, float] | None = None
    attached: Sequence[Figure] = ()
    leaving: frozenset[str] = frozenset()
    artifacts: Sequence[Figure] = ()


def room_of(figure: Figure, about: About) -> Room:
    """The room of a step or an artifact."""
    match figure.family:
        case Family.EVENT:
            return _small(figure, EVENT, about)
        case Family.GATEWAY:
            return _small(figure, GATEWAY, about)
        case Family.DATA | Family.ANNOTATION:
            return _artifact(figure)
        case _:
            return _activity(figure, about)


def room_for_name(name: str) -> tuple[float, float]:
    """Width and height of a name beside a figure or on a line; nothing for no name."""
    return name_size(name, _NAME_WIDTH)


def _small(figure: Figure, size: float, about: About) -> Room:
    """An event with its name below, or a gateway with its name above."""
    half = size / 2
    width, height = room_for_name(figure.name)
    is_gateway = figure.family is Family.GATEWAY
    named = height + _BESIDE_NAME if figure.name else 0.0
    beside = centred(0, 0, width, height).moved(0, (-1 if is_gateway else 1) * (half + _BESIDE_NAME + height / 2))
    artifacts, notes, above = _artifacts(about.artifacts, half + (named if is_gateway else 0.0))
    cell = Cell(
        width=max(size, width, _spread(artifacts)),
        above=above,
        below=half + (0.0 if is_gateway else named),
        half_width=half,
        half_height=half,
        has_top=above == half,
        has_bottom=is_gateway or not figure.name,
        is_gateway=is_gateway,
    )
    labels = {figure.id: beside, **notes} if figure.name else notes
    return Room(cell=cell, boxes={figure.id: centred(0, 0, size, size), **artifacts}, labels=labels)


def _activity(figure: Figure, about: About) -> Room:
    width, height = _size(figure, about)
    slots = [max(EVENT, EVENT / 2 + 6 + room_for_name(event.name)[0]) + _BETWEEN_ATTACHED for event in about.attached]
    width = max(width, sum(slots) + _BETWEEN_ATTACHED)
    boxes, labels = {figure.id: centred(0, 0, width, height)}, dict[str, Box]()
    x = width / 2 - sum(slots)
    for event, slot in zip(about.attached, slots, strict=True):
        boxes[event.id] = centred(x + EVENT / 2, height / 2, EVENT, EVENT)
        if event.name:
            size = room_for_name(event.name)
            labels[event.id] = Box(x + EVENT / 2 + 5, height / 2 + EVENT / 2 + 3, *size)
        x += slot
    exits, below = _exits(boxes, labels, about, (width / 2, height / 2))
    artifacts, notes, above = _artifacts(about.artifacts, height / 2)
    cell = Cell(
        width=max(width, _spread(artifacts)),
        above=above,
        below=below,
        half_width=width / 2,
        half_height=height / 2,
        has_top=above == height / 2,
        has_bottom=not about.attached,
    )
    return Room(cell=cell, boxes={**boxes, **artifacts}, labels={**labels, **notes}, exits=exits)


def _size(figure: Figure, about: About) -> tuple[float, float]:
    if about.inside is not None and figure.family is Family.POOL:
        return about.inside[0] + 2 * PADDING + POOL_TITLE, about.inside[1] + 2 * PADDING
    if about.inside is not None:
        width = max(about.inside[0] + 2 * PADDING, 140.0)
        title = height_of(len(wrapped(figure.name, width - 16, lines=2)))
        return width, about.inside[1] + title + 2 * PADDING + (MARKER_HEIGHT if figure.markers else 0.0)
    lines = wrapped(figure.name, _TASK_WIDTH - 14, lines=5)
    has_marker = bool(figure.markers) or figure.family is Family.SUB_PROCESS
    height = 34 + height_of(len(lines)) + (MARKER_HEIGHT if has_marker else 0.0) + (14 if about.attached else 0)
    return _TASK_WIDTH, max(_TASK_HEIGHT, 2.0 * round(height / 2))


def _exits(
    boxes: Mapping[str, Box], labels: Mapping[str, Box], about: About, half: tuple[float, float]
) -> tuple[dict[str, tuple[Point, ...]], float]:
    """The ways out of the attached events, the rightmost highest, and how far down all of it reaches."""
    if not about.attached:
        return {}, half[1]
    lowest = half[1] + EVENT / 2
    y = max((label.bottom for label in labels.values()), default=lowest) + _BELOW_ATTACHED
    exits: dict[str, tuple[Point, ...]] = {}
    for event in reversed(about.attached):
        if event.id in about.leaving:
            x = boxes[event.id].cx
            exits[event.id] = ((x, boxes[event.id].bottom), (x, y), (half[0], y))
            lowest = y
            y += _LANE
    return exits, max(lowest, max((label.bottom for label in labels.values()), default=lowest))


# Artifacts -----------------------------------------------------------------------------------------------------------


def _artifact(figure: Figure) -> Room:
    width, height, label = _artifact_size(figure)
    box = centred(0, 0, width, height)
    below = height / 2 + (label[1] + _BESIDE_NAME if label[1] else 0.0)
    cell = Cell(width=max(width, label[0]), above=height / 2, below=below, half_width=width / 2, half_height=height / 2)
    labels = {figure.id: _under(box, label)} if label[1] else dict[str, Box]()
    return Room(cell=cell, boxes={figure.id: box}, labels=labels)


def _artifact_size(figure: Figure) -> tuple[float, float, tuple[float, float]]:
    """Width and height of an artifact, and the size of the name below it."""
    if figure.family is Family.ANNOTATION:
        lines = wrapped(figure.name, 150, SMALL, 6)
        return max(widest(lines, SMALL) + 14, 40.0), max(height_of(len(lines), SMALL) + 8, 24.0), (0.0, 0.0)
    width, height = (44.0, 40.0) if figure.tag == "dataStoreReference" else (34.0, 44.0)
    return width, height, room_for_name(figure.name)


def _under(box: Box, size: tuple[float, float]) -> Box:
    return centred(box.cx, box.bottom + _BESIDE_NAME + size[1] / 2, *size)


def _over(box: Box, size: tuple[float, float]) -> Box:
    return centred(box.cx, box.y - _BESIDE_NAME - size[1] / 2, *size)


def _artifacts(figures: Sequence[Figure], above: float) -> tuple[dict[str, Box], dict[str, Box], float]:
    """Artifacts in a row above a step, their names over them, and how far up all of it reaches."""
    boxes, labels, highest = dict[str, Box](), dict[str, Box](), above
    sizes = [_artifact_size(figure) for figure in figures]
    widths = [max(width, label[0]) for width, _, label in sizes]
    x = -(sum(widths) + _ARTIFACT_GAP * (len(figures) - 1)) / 2
    for figure, wide, (width, height, label) in zip(figures, widths, sizes, strict=True):
        named = label[1] + _BESIDE_NAME if label[1] else 0.0
        box = Box(x + (wide - width) / 2, -above - _ARTIFACT_GAP - height, width, height)
        boxes[figure.id] = box
        if named:
            labels[figure.id] = _over(box, label)
        highest = max(highest, named - box.y)
        x += wide + _ARTIFACT_GAP
    return boxes, labels, highest


def _spread(boxes: Mapping[str, Box]) -> float:
    """The width that boxes need on both sides of the middle."""
    return 2 * max((max(-box.x, box.right) for box in boxes.values()), default=0.0) + (_ARTIFACT_GAP if boxes else 0.0)
