"""Puts the parts of a drawing together into one SVG document."""

from collections.abc import Iterator, Mapping

from dialog_graph.bpmn.drawing import marks
from dialog_graph.bpmn.drawing.figures import Family, Figure, Line
from dialog_graph.bpmn.drawing.geometry import Box, centred
from dialog_graph.bpmn.drawing.painters import PAINTERS, Look
from dialog_graph.bpmn.drawing.sheet import Sheet
from dialog_graph.bpmn.drawing.strokes import draw_line
from dialog_graph.bpmn.drawing.style import ROOT, STYLE, Mark
from dialog_graph.bpmn.drawing.texts import NORMAL, wrapped
from dialog_graph.bpmn.drawing.words import kind_of, word
from dialog_graph.bpmn.drawing.writing import element, number, text_lines, told

_MARGIN = 24.0
_BADGE = 16.0
_MOST_STEPS = 50
_STRONGEST = (Mark.FAILED, Mark.ACTIVE, Mark.WAITING)
_BEHIND = (Family.POOL, Family.LANE, Family.GROUP)


def picture(sheet: Sheet, states: Mapping[str, Mark], language: str, title: str = "") -> str:
    """The SVG of a drawing. `states`: element id -> how far it is; `language`: nb, nn or en, for what is not drawn.

    `title`: of a process without a name.
    """
    shown = _shown(sheet, states)
    bounds = sheet.bounds.grown(_MARGIN)
    name = sheet.contents.name or title or word("process", language)
    head = (told("title", name), told("desc", _summary(sheet, shown, language)), element("style", {}, STYLE))
    paper = {"class": "paper", "x": bounds.x, "y": bounds.y, "width": bounds.width, "height": bounds.height}
    view = " ".join(number(value) for value in (bounds.x, bounds.y, bounds.width, bounds.height))
    attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": ROOT,
        "role": "img",
        "viewBox": view,
        "width": bounds.width,
        "height": bounds.height,
        "fill": "none",
        "stroke": "currentColor",
    }
    parts = (*_parts(sheet, shown, language), *_captions(sheet))
    return element("svg", attributes, *head, element("rect", {**paper, "stroke": "none"}), *parts) + "\n"


def _shown(sheet: Sheet, states: Mapping[str, Mark]) -> dict[str, Mark]:
    """The states of what is drawn; what goes on inside a closed subprocess shows on it."""
    found: dict[str, Mark] = {}
    for id, mark in states.items():
        shown = sheet.shown(id)
        if shown == id:
            found[id] = _stronger(found.get(id), mark)
        elif shown is not None and mark is not Mark.DONE:
            found[shown] = _stronger(found.get(shown), mark)
    return found


def _stronger(one: Mark | None, other: Mark) -> Mark:
    return next((mark for mark in _STRONGEST if mark in (one, other)), other)


def _summary(sheet: Sheet, shown: Mapping[str, Mark], language: str) -> str:
    """Where it stands, in words: `active: Confirm. done: Fill in.` Without states the steps in their order."""
    figures = sheet.contents.figures
    parts: list[str] = []
    for mark in (*_STRONGEST, Mark.DONE):
        names = [figures[id].name or kind_of(figures[id], language) for id, found in shown.items() if found is mark]
        if names:
            parts.append(f"{word(mark.value, language)}: {', '.join(names)}.")
    steps = [figure.name for figure in sheet.figures if figure.family is Family.TASK and figure.name]
    if not parts and steps:
        parts.append(f"{word('steps', language)}: {', '.join(steps[:_MOST_STEPS])}.")
    return " ".join(parts) or word("process", language)


# Order: what is behind, opened subprocesses from the outermost inwards, lines, the other figures, attached events.


def _parts(sheet: Sheet, shown: Mapping[str, Mark], language: str) -> Iterator[str]:
    layers = sorted(((_layer(figure, sheet), figure) for figure in sheet.figures), key=lambda each: each[0])
    for (layer, _), figure in layers:
        if layer < _LINES:
            yield _figure(figure, sheet, shown.get(figure.id), language)
    for line in sheet.contents.lines.values():
        if line.id in sheet.paths:
            yield _line(line, sheet, language)
    for (layer, _), figure in layers:
        if layer > _LINES:
            yield _figure(figure, sheet, shown.get(figure.id), language)


_LINES = 4


def _layer(figure: Figure, sheet: Sheet) -> tuple[int, int]:
    if figure.family in _BEHIND:
        return _BEHIND.index(figure.family), 0
    if figure.id in sheet.opened:
        return 3, len(sheet.contents.above(figure))
    return (6 if figure.host else 5), 0


def _figure(figure: Figure, sheet: Sheet, mark: Mark | None, language: str) -> str:
    box = sheet.boxes[figure.id]
    is_pool = figure.family is Family.POOL
    look = Look(
        opened=figure.id in sheet.opened or (is_pool and bool(sheet.contents.inside(figure.id))),
        upright=figure.id in sheet.upright,
        bare=figure.id in sheet.bare,
        label=sheet.labels.get(figure.id),
        lower=max((box.bottom - other.y for other in _attached(figure, sheet)), default=0.0),
    )
    kind = kind_of(figure, language)
    told_state = kind if mark is None else f"{kind}, {word(mark.value, language)}"
    drawn = PAINTERS[figure.family](figure, box, look)
    badge = () if mark is None else _badge(figure, box, mark)
    return _group(
        f"{figure.family} {figure.tag}{f' {mark}' if mark else ''}",
        figure.id,
        figure.name or kind,
        told_state,
        *drawn,
        *badge,
    )


def _attached(figure: Figure, sheet: Sheet) -> Iterator[Box]:
    """The events on the lower edge."""
    box = sheet.boxes[figure.id]
    for event in sheet.contents.attached(figure.id):
        other = sheet.boxes.get(event.id)
        if other is not None and other.y < box.bottom < other.bottom:
            yield other


def _badge(figure: Figure, box: Box, mark: Mark) -> Iterator[str]:
    """The sign of a state at the upper right of a figure: colours alone tell not everybody."""
    aside = 0.0 if figure.family in (Family.TASK, Family.SUB_PROCESS) else min(box.width, box.height) * 0.12
    place = centred(box.right - aside, box.y + aside, _BADGE, _BADGE)
    yield element("circle", {"class": "badge", "cx": place.cx, "cy": place.cy, "r": _BADGE / 2})
    yield marks.sign(marks.STATES[mark.value], place.grown(-2.5))


def _line(line: Line, sheet: Sheet, language: str) -> str:
    kind = word(line.kind.value, language)
    figures = sheet.contents.figures
    ends = " → ".join(figures[id].name or id for id in (line.source, line.target) if id in figures)
    drawn = draw_line(line, sheet.paths[line.id], sheet.labels.get(line.id))
    return _group(line.kind.value, line.id, line.name or kind, f"{kind}: {ends}", *drawn)


def _group(classes: str, id: str, title: str, description: str, *drawn: str) -> str:
    about = told("title", title), told("desc", description)
    return element("g", {"class": classes, "data-element": id}, *about, *drawn)


def _captions(sheet: Sheet) -> Iterator[str]:
    for box, name in sheet.captions:
        yield text_lines(wrapped(name, max(box.width, 200), NORMAL, 1), (box.x, box.cy), anchor="start")
