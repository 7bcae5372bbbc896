"""Writes SVG: elements, numbers, texts. Everything that comes from a file goes through `escaped`."""

from collections.abc import Mapping, Sequence

from dialog_graph.bpmn.drawing.geometry import Path, Point
from dialog_graph.bpmn.drawing.texts import LINE_HEIGHT, NORMAL

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_RADIUS = 5.0


def escaped(text: str) -> str:
    """The text for element content and attribute values."""
    return text.translate(_ESCAPES)


def number(value: float) -> str:
    """A coordinate with at most one decimal; never an exponent, never a negative zero."""
    rounded = round(value, 1)
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)


def element(name: str, attributes: Mapping[str, str | float], *inside: str) -> str:
    """An element. Names are ours; values are escaped here, `inside` is SVG already."""
    written = "".join(
        f' {key}="{escaped(value) if isinstance(value, str) else number(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(inside)}</{name}>" if inside else f"<{name}{written}/>"


def told(name: str, text: str) -> str:
    """An element that holds only a text."""
    return f"<{name}>{escaped(text)}</{name}>"


def stroke(d: str, classes: str, **more: str) -> str:
    """A path by its data, which is ours."""
    return element("path", {"class": classes, "d": d, **more})


def polyline(path: Path) -> str:
    """Path data with rounded bends."""
    first, *rest = path
    parts = [f"M{_at(first)}"]
    for before, bend, after in zip(path, path[1:], path[2:], strict=False):
        parts.append(f"L{_at(_towards(bend, before))}Q{_at(bend)} {_at(_towards(bend, after))}")
    parts.append(f"L{_at(rest[-1])}")
    return "".join(parts)


def polygon(points: Sequence[Point]) -> str:
    """Path data of a closed figure."""
    return f"M{'L'.join(map(_at, points))}Z"


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _towards(bend: Point, other: Point) -> Point:
    """The point on the way to another one where the rounding begins."""
    dx, dy = other[0] - bend[0], other[1] - bend[1]
    distance = max((dx * dx + dy * dy) ** 0.5, 1e-6)
    share = min(_RADIUS, distance / 2) / distance
    return bend[0] + dx * share, bend[1] + dy * share


def text_lines(lines: Sequence[str], middle: Point, *, size: float = NORMAL, classes: str = "name", **more: str) -> str:
    """Lines of text around a point, or with the anchor `start` from there on; `more` are further attributes."""
    if not lines:
        return ""
    step = size * LINE_HEIGHT
    first = middle[1] - step * (len(lines) - 1) / 2 + size * 0.35
    rows = [
        element("tspan", {"x": middle[0], "y": first + step * row}, escaped(line)) for row, line in enumerate(lines)
    ]
    anchor = more.pop("anchor", "middle")
    return element("text", {"class": classes, "font-size": size, "text-anchor": anchor, **_BARE, **more}, *rows)


_BARE = {"fill": "currentColor", "stroke": "none"}
"""How a text looks where the style is not applied."""
