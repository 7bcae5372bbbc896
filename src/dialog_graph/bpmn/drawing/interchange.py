"""Reads the diagram interchange of a BPMN file: where an editor has put the shapes and edges.

It is other people's input and often partial. A number that is none, a size that is no size, an edge without waypoints
is as if it were not there. When a step of the process that should be seen has no place, nothing of the interchange is
used, and the layout draws everything: half a picture would be told as a whole one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite

from dialog_graph.bpmn.drawing.figures import FLOW_NODES, Contents, Family, Figure, Line
from dialog_graph.bpmn.drawing.geometry import Box, Path, Point, around, bounds_of, centred
from dialog_graph.bpmn.drawing.naming import rooms_for_names
from dialog_graph.bpmn.drawing.routing import Place, docked, route
from dialog_graph.bpmn.drawing.sheet import Sheet
from dialog_graph.model.safe_xml import Element

_BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC = "{http://www.omg.org/spec/DD/20100524/DC}"
_DI = "{http://www.omg.org/spec/DD/20100524/DI}"

_FARTHEST = 100_000.0
_SMALLEST, _LARGEST_STEP, _LARGEST = 4.0, 1_000.0, 50_000.0
_MOST_WAYPOINTS = 200
_EMPTIEST = 2_000
"""How many times larger than its steps a drawing may be."""
_LABEL_DISTANCE = 300
_EVENT_SIZE = 36
_MOST_TRIALS = 200_000
_CLEARANCE = 4
"""Distance of lines from shapes that they have nothing to do with."""
_BETWEEN_PLANES = 80
_CAPTION_HEIGHT = 24

_WIDE_FAMILIES = frozenset({Family.SUB_PROCESS, Family.POOL, Family.LANE, Family.GROUP, Family.ANNOTATION})


@dataclass(slots=True)
class _Plane:
    """What one plane has: `about` is the id of the element that it shows the inside of."""

    about: str
    boxes: dict[str, Box] = field(default_factory=dict[str, Box])
    paths: dict[str, Path] = field(default_factory=dict[str, Path])
    labels: dict[str, Box] = field(default_factory=dict[str, Box])
    flags: dict[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])


def shaped(root: Element) -> frozenset[str]:
    """Ids of the elements that have a shape, whatever it is worth."""
    return frozenset(_about(shape) for shape in root.iter(f"{_BPMNDI}BPMNShape"))


def _about(xml: Element) -> str:
    return (xml.get("bpmnElement") or "").rpartition(":")[2]


# Numbers -------------------------------------------------------------------------------------------------------------


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return round(value, 2) if isfinite(value) and abs(value) <= _FARTHEST else None


def _box(xml: Element | None) -> Box | None:
    bounds = None if xml is None else next(xml.iterchildren(f"{_DC}Bounds"), None)
    if bounds is None:
        return None
    x, y, width, height = (_number(bounds.get(name)) for name in ("x", "y", "width", "height"))
    if x is None or y is None or width is None or height is None or width < 0 or height < 0:
        return None
    return Box(x, y, width, height)


def _fits(box: Box, figure: Figure) -> bool:
    largest = _LARGEST if figure.family in _WIDE_FAMILIES else _LARGEST_STEP
    return min(box.width, box.height) >= _SMALLEST and max(box.width, box.height) <= largest


def _waypoints(xml: Element) -> Path | None:
    points: list[Point] = []
    for waypoint in xml.iterchildren(f"{_DI}waypoint"):
        x, y = _number(waypoint.get("x")), _number(waypoint.get("y"))
        if x is None or y is None:
            return None
        if not points or points[-1] != (x, y):
            points.append((x, y))
    return tuple(points) if 2 <= len(points) <= _MOST_WAYPOINTS else None


# Planes --------------------------------------------------------------------------------------------------------------


def _planes(root: Element, contents: Contents) -> Iterator[_Plane]:
    for diagram in root.iterchildren(f"{_BPMNDI}BPMNDiagram"):
        for xml in diagram.iterchildren(f"{_BPMNDI}BPMNPlane"):
            plane = _Plane(_about(xml))
            for child in xml.iterchildren(f"{_BPMNDI}*"):
                _read_part(plane, child, contents)
            yield plane


def _read_part(plane: _Plane, xml: Element, contents: Contents) -> None:
    figure, line = contents.figures.get(_about(xml)), contents.lines.get(_about(xml))
    if str(xml.tag) == f"{_BPMNDI}BPMNShape" and figure is not None and figure.id not in plane.boxes:
        box = _box(xml)
        if box is not None and _fits(box, figure):
            plane.boxes[figure.id] = box
            plane.flags[figure.id] = {str(name): str(value) for name, value in xml.attrib.items()}
            _read_label(plane, xml, figure.id, box)
    elif str(xml.tag) == f"{_BPMNDI}BPMNEdge" and line is not None and line.id not in plane.paths:
        path = _waypoints(xml)
        if path is not None:
            plane.paths[line.id] = path
            _read_label(plane, xml, line.id, bounds_of(path))


def _read_label(plane: _Plane, xml: Element, id: str, beside: Box) -> None:
    label = _box(next(xml.iterchildren(f"{_BPMNDI}BPMNLabel"), None))
    if label is not None and label.width > 0 and beside.grown(_LABEL_DISTANCE).holds(label):
        plane.labels[id] = label


def _is_opened(plane: _Plane, figure: Figure, contents: Contents) -> bool:
    """Told by the shape; where it says nothing, or opens without anything in it, by the shapes inside."""
    has_inside = any(inner.id in plane.boxes for inner in contents.inside(figure.id))
    return has_inside and plane.flags[figure.id].get("isExpanded") != "false"


def _opened(plane: _Plane, contents: Contents) -> frozenset[str]:
    containers = (contents.figures[id] for id in plane.boxes)
    return frozenset(
        figure.id
        for figure in containers
        if figure.family is Family.SUB_PROCESS and _is_opened(plane, figure, contents)
    )


def _is_seen(figure: Figure, contents: Contents, opened: frozenset[str], top: str | None) -> bool:
    """True when nothing closed is around the figure, up to `top`."""
    for around_it in contents.above(figure):
        if around_it.id == top:
            return True
        if around_it.family is Family.SUB_PROCESS and around_it.id not in opened:
            return False
    return top is None


def _complete(plane: _Plane, contents: Contents, top: str | None) -> Sheet | None:
    """The plane as a drawing of what is inside `top`; None when a step has no place or they are strewn too widely."""
    opened = _opened(plane, contents)
    seen = {figure.id: figure for figure in contents.figures.values() if _is_seen(figure, contents, opened, top)}
    steps = [figure for figure in seen.values() if figure.family in FLOW_NODES]
    if not steps or any(figure.id not in plane.boxes and figure.host is None for figure in steps):
        return None
    boxes = {id: plane.boxes[id] for id in seen if id in plane.boxes}
    _place_boundaries(boxes, steps, contents)
    whole, used = around(boxes.values()), sum(boxes[figure.id].width * boxes[figure.id].height for figure in steps)
    if whole.width * whole.height > _EMPTIEST * used:
        return None
    paths = _paths(plane, boxes, contents, opened)
    given = {id: label for id, label in plane.labels.items() if id in boxes or id in paths}
    return Sheet(
        contents=contents,
        boxes=boxes,
        paths=paths,
        opened=opened & boxes.keys(),
        labels=rooms_for_names(contents, boxes, paths, given),
        upright=frozenset(id for id in boxes if plane.flags.get(id, {}).get("isHorizontal") == "false"),
        bare=frozenset(id for id in boxes if plane.flags.get(id, {}).get("isMarkerVisible") == "false"),
    )


def _place_boundaries(boxes: dict[str, Box], steps: list[Figure], contents: Contents) -> None:
    """Puts boundary events without a place on the lower border of their hosts, from the right."""
    for figure in steps:
        if figure.host is not None and figure.id not in boxes:
            host, beside = boxes[figure.host], contents.attached(figure.host)
            step = min(_EVENT_SIZE + 8, host.width / len(beside))
            number = next(number for number, other in enumerate(beside) if other.id == figure.id)
            boxes[figure.id] = centred(host.right - step * (number + 0.5), host.bottom, _EVENT_SIZE, _EVENT_SIZE)


# Lines ---------------------------------------------------------------------------------------------------------------


def _paths(plane: _Plane, boxes: Mapping[str, Box], contents: Contents, opened: frozenset[str]) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    steps = [id for id in boxes if contents.figures[id].family in FLOW_NODES and id not in opened]
    trials = len(steps) * sum(line.id not in plane.paths for line in contents.lines.values())
    obstacles = {id: boxes[id].grown(_CLEARANCE) for id in steps} if trials <= _MOST_TRIALS else dict[str, Box]()
    for line in contents.lines.values():
        path = _path(line, plane, boxes, contents, obstacles)
        if path is not None:
            paths[line.id] = path
    return paths


def _path(
    line: Line, plane: _Plane, boxes: Mapping[str, Box], contents: Contents, obstacles: Mapping[str, Box]
) -> Path | None:
    """As given, from border to border; a way of our own for a line between two drawn figures without one."""
    ends = [
        Place(boxes[id], contents.figures[id].outline) if id in boxes else None for id in (line.source, line.target)
    ]
    source, target = ends
    given = plane.paths.get(line.id)
    hidden = [id for id in (line.source, line.target) if id in contents.figures and id not in boxes]
    if hidden:
        return None
    if given is not None:
        return docked(given, source, target)
    if source is None or target is None:
        return None
    return route(source, target, [box for id, box in obstacles.items() if id not in (line.source, line.target)])


# The whole -----------------------------------------------------------------------------------------------------------


def read_interchange(root: Element, contents: Contents) -> Sheet | None:
    """The drawing of the file's interchange, what closed subprocesses show elsewhere below it; None without a whole."""
    planes = list(_planes(root, contents))
    main = next((plane for plane in planes if contents.figures.get(plane.about) is None and plane.boxes), None)
    sheet = _complete(main, contents, None) if main is not None else None
    if sheet is None:
        return None
    for plane in planes:
        about = contents.figures.get(plane.about)
        if about is not None and about.id in sheet.boxes and about.id not in sheet.opened:
            part = _complete(plane, contents, about.id)
            sheet = _below(sheet, part, about) if part is not None else sheet
    return sheet


def _below(sheet: Sheet, part: Sheet, about: Figure) -> Sheet:
    """The drawing with the inside of a closed subprocess under it."""
    whole, inside = sheet.bounds, part.bounds
    dx, dy = whole.x - inside.x, whole.bottom + _BETWEEN_PLANES - inside.y
    caption = Box(whole.x, whole.bottom + _BETWEEN_PLANES - _CAPTION_HEIGHT - 10, inside.width, _CAPTION_HEIGHT)
    return Sheet(
        contents=sheet.contents,
        boxes={**sheet.boxes, **{id: box.moved(dx, dy) for id, box in part.boxes.items()}},
        paths={**sheet.paths, **{id: tuple((x + dx, y + dy) for x, y in path) for id, path in part.paths.items()}},
        opened=sheet.opened | part.opened,
        labels={**sheet.labels, **{id: box.moved(dx, dy) for id, box in part.labels.items()}},
        upright=sheet.upright | part.upright,
        bare=sheet.bare | part.bare,
        captions=(*sheet.captions, (caption, about.name or about.id)),
    )
