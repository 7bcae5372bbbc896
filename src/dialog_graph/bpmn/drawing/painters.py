"""How each kind of figure is drawn: the table `PAINTERS`, by family, and the signs by tag in `marks`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dialog_graph.bpmn.drawing import marks
from dialog_graph.bpmn.drawing.figures import Family, Figure
from dialog_graph.bpmn.drawing.geometry import Box, centred
from dialog_graph.bpmn.drawing.texts import LINE_HEIGHT, NORMAL, SMALL, name_lines, widest, wrapped
from dialog_graph.bpmn.drawing.writing import element, number, polygon, stroke, text_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one figure shows. `opened`: with its inside; `upright`: its flow runs downwards; `bare`: without its sign.

    `label`: room for the name beside it. `lower`: room at its lower edge that others take.
    """

    opened: bool = False
    upright: bool = False
    bare: bool = False
    label: Box | None = None
    lower: float = 0.0


Painter: TypeAlias = Callable[[Figure, Box, Look], Iterator[str]]

_SIGN, _SMALL_SIGN, _TALL = 18.0, 14.0, 62.0
"""Size of the sign of a task, of one that is not so tall."""
_MARKER, _BAND = 14.0, 30.0


def _rectangle(box: Box, classes: str, radius: float = 0) -> str:
    rounded = {"rx": radius} if radius else dict[str, float]()
    place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    return element("rect", {"class": classes, **place, **rounded})


def _ellipse(box: Box, classes: str) -> str:
    place = {"cx": box.cx, "cy": box.cy, "rx": box.width / 2, "ry": box.height / 2}
    return element("ellipse", {"class": classes, **place})


def _square(x: float, y: float, size: float) -> Box:
    return centred(x, y, size, size)


def _beside(figure: Figure, look: Look) -> str:
    """The name of a small figure in its room."""
    label = look.label
    if label is None:
        return ""
    lines = name_lines(figure.name, (label.width, label.height))
    return text_lines(lines, (label.cx, label.cy), size=SMALL, classes="name beside")


# Events and gateways -------------------------------------------------------------------------------------------------


def _event(figure: Figure, box: Box, look: Look) -> Iterator[str]:
    dashed = "" if figure.interrupting else " dashed"
    yield _ellipse(box, f"shape{' thick' if figure.tag == 'endEvent' else dashed}")
    if figure.tag not in ("startEvent", "endEvent"):
        yield _ellipse(box.grown(-min(box.width, box.height) * 0.09), f"shape{dashed}")
    signs = marks.THROWN if figure.throws and figure.event in marks.THROWN else marks.EVENTS
    if figure.event is not None and figure.event in signs:
        yield marks.sign(signs[figure.event], _square(box.cx, box.cy, min(box.width, box.height) * 0.6))
    yield _beside(figure, look)


def _gateway(figure: Figure, box: Box, look: Look) -> Iterator[str]:
    corners = (box.cx, box.y), (box.right, box.cy), (box.cx, box.bottom), (box.x, box.cy)
    yield stroke(polygon(corners), "shape")
    sign = marks.GATEWAYS.get(figure.tag)
    if sign is not None and not look.bare:
        yield marks.sign(sign, _square(box.cx, box.cy, min(box.width, box.height) * 0.5))
    yield _beside(figure, look)


# Activities ----------------------------------------------------------------------------------------------------------


def _task(figure: Figure, box: Box, look: Look) -> Iterator[str]:
    thick = " thick" if figure.tag == "callActivity" else ""
    yield _rectangle(box, f"shape{thick}", radius=8)
    sign = marks.TASKS.get(figure.tag)
    size = _SIGN if box.height >= _TALL else _SMALL_SIGN
    if sign is not None:
        yield marks.sign(sign, Box(box.x + size * 0.25, box.y + size * 0.25, size, size))
    yield from _inside(figure, box, look, figure.markers, size * 1.2 if sign is not None else 0.0)


def _sub_process(figure: Figure, box: Box, look: Look) -> Iterator[str]:
    dotted = " dotted" if figure.by_event else ""
    area = " area" if look.opened else ""
    yield _rectangle(box, f"shape{dotted}{area}", radius=8)
    if figure.tag == "transaction":
        yield _rectangle(box.grown(-3), f"shape{area}", radius=6)
    if not look.opened:
        yield from _inside(figure, box, look, (*figure.markers, "closed"))
        return
    lines = wrapped(figure.name, box.width - 16, NORMAL, 2)
    height = len(lines) * NORMAL * LINE_HEIGHT
    yield text_lines(lines, (box.cx, box.y + 8 + height / 2))
    yield from _markers(figure.markers, box)


def _inside(figure: Figure, box: Box, look: Look, markers: tuple[str, ...], sign: float = 0.0) -> Iterator[str]:
    """The name in the middle of an activity, as much of it as there is room for, above the markers.

    `sign`: size of what is in the upper left corner; a name that would cover it moves down as far as it can.
    """
    room = box.height - max(look.lower, _MARKER + 4 if markers else 0.0)
    most = max(int((room - 4) / (NORMAL * LINE_HEIGHT)), 1)
    lines = wrapped(figure.name, max(box.width - 10, 10), NORMAL, most)
    half = len(lines) * NORMAL * LINE_HEIGHT / 2
    middle = room / 2
    if box.width / 2 - widest(lines) / 2 < sign:
        middle = max(middle, min(sign + half, room - half - 2))
    yield text_lines(lines, (box.cx, box.y + middle))
    yield from _markers(markers, box)


def _markers(markers: tuple[str, ...], box: Box) -> Iterator[str]:
    x = box.cx - (len(markers) - 1) * (_MARKER + 4) / 2
    for marker in markers:
        yield marks.sign(marks.MARKERS[marker], _square(x, box.bottom - _MARKER / 2 - 4, _MARKER))
        x += _MARKER + 4


# Data and annotations ------------------------------------------------------------------------------------------------


def _data(figure: Figure, box: Box, look: Look) -> Iterator[str]:
    yield from (_store if figure.tag == "dataStoreReference" else _page)(box)
    yield _beside(figure, look)


def _page(box: Box) -> Iterator[str]:
    fold = min(box.width, box.height) * 0.3
    corner = (box.right - fold, box.y), (box.right, box.y + fold)
    yield stroke(polygon(((box.x, box.y), *corner, (box.right, box.bottom), (box.x, box.bottom))), "shape")
    yield stroke(polygon((corner[0], (corner[0][0], corner[1][1]), corner[1])), "shape")


def _store(box: Box) -> Iterator[str]:
    top = Box(box.x, box.y, box.width, box.height * 0.3)
    low, rounded = box.bottom - top.height / 2, f"{number(top.width / 2)} {number(top.height / 2)}"
    left, right = (f"{number(x)} {number(top.cy)}" for x in (box.x, box.right))
    yield stroke(f"M{left}V{number(low)}A{rounded} 0 0 0 {number(box.right)} {number(low)}L{right}", "shape")
    yield _ellipse(top, "shape")


def _annotation(figure: Figure, box: Box, look: Look) -> Iterator[str]:
    bracket = ((box.x + 10, box.y), (box.x, box.y), (box.x, box.bottom), (box.x + 10, box.bottom))
    yield stroke("M" + "L".join(f"{number(x)} {number(y)}" for x, y in bracket), "flow")
    most = max(int(box.height / (SMALL * LINE_HEIGHT)), 1)
    lines = wrapped(figure.name, max(box.width - 12, 10), SMALL, most)
    yield text_lines(lines, (box.x + 7, box.cy), size=SMALL, anchor="start")


# What stands around others -------------------------------------------------------------------------------------------


def _pool(figure: Figure, box: Box, look: Look) -> Iterator[str]:
    yield _rectangle(box, "shape area")
    if not look.opened:
        yield from _inside(figure, box, look, figure.markers)
    elif look.upright:
        yield _rectangle(Box(box.x, box.y, box.width, _BAND), "shape")
        yield text_lines(wrapped(figure.name, box.width - 10, lines=1), (box.cx, box.y + _BAND / 2))
    else:
        yield _rectangle(Box(box.x, box.y, _BAND, box.height), "shape")
        yield _turned(figure.name, box)


def _lane(figure: Figure, box: Box, look: Look) -> Iterator[str]:
    yield _rectangle(box, "shape area none")
    if look.upright:
        yield text_lines(wrapped(figure.name, box.width - 10, lines=1), (box.cx, box.y + _BAND / 2))
    else:
        yield _turned(figure.name, box)


def _turned(name: str, box: Box) -> str:
    """A name that reads upwards at the left edge."""
    x, y = box.x + _BAND / 2, box.cy
    lines = wrapped(name, max(box.height - 10, 10), NORMAL, 2)
    return text_lines(lines, (x, y), transform=f"rotate(-90 {number(x)} {number(y)})")


def _group(figure: Figure, box: Box, look: Look) -> Iterator[str]:
    yield _rectangle(box, "flow dashed", radius=8)
    lines = wrapped(figure.name, box.width, SMALL, 1)
    yield text_lines(lines, (box.cx, box.y + 12), size=SMALL, classes="name beside")


PAINTERS: Mapping[Family, Painter] = {
    Family.EVENT: _event,
    Family.GATEWAY: _gateway,
    Family.TASK: _task,
    Family.SUB_PROCESS: _sub_process,
    Family.DATA: _data,
    Family.ANNOTATION: _annotation,
    Family.GROUP: _group,
    Family.POOL: _pool,
    Family.LANE: _lane,
}
"""Family -> what draws its figures."""
