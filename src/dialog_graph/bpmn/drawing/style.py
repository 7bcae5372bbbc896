"""The look: two palettes, and the rules made of them. Contrasts keep to WCAG AA: 4.5 for text, 3 for what has a shape.

Class names are ours alone, and every rule is held to drawings by the class of the root: a drawing may stand inside a
page with a style of its own.
"""

from collections.abc import Mapping
from enum import StrEnum

ROOT = "dialog-graph-process"


class Mark(StrEnum):
    """How far a step of an instance is, as far as it can be known."""

    DONE = "done"
    ACTIVE = "active"
    WAITING = "waiting"
    FAILED = "failed"


LIGHT: Mapping[str, str] = {
    "paper": "#ffffff",
    "ink": "#1c2733",
    "surface": "#f6f8fa",
    "quiet": "#4d5a67",
    "done": "#1a7431",
    "done-fill": "#e2f3e6",
    "active": "#0b5cad",
    "active-fill": "#dcebfa",
    "waiting": "#855600",
    "waiting-fill": "#fdf1d0",
    "failed": "#b3261e",
    "failed-fill": "#fde4e1",
}
"""Colours on white paper."""

DARK: Mapping[str, str] = {
    "paper": "#14181d",
    "ink": "#e8edf2",
    "surface": "#1f262e",
    "quiet": "#a9b4c0",
    "done": "#6fd08c",
    "done-fill": "#163d22",
    "active": "#7db8f5",
    "active-fill": "#12365f",
    "waiting": "#f0c04d",
    "waiting-fill": "#45340c",
    "failed": "#ff9a8f",
    "failed-fill": "#4f1713",
}
"""Colours where dark ones are preferred."""

_SHAPES = (
    ("", "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"),
    (".shape", "stroke-width:1.5"),
    (".thick", "stroke-width:3"),
    (".dashed", "stroke-dasharray:6 3"),
    (".dotted", "stroke-dasharray:1.5 3.5;stroke-linecap:round"),
    (".flow", "fill:none;stroke-width:1.5"),
    (".mark", "fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round"),
    (".bold", "stroke-width:3"),
    (".glyph", "stroke-width:3.2"),
    (".beside", "paint-order:stroke;stroke-width:3;stroke-linejoin:round"),
    (".active>.shape", "stroke-width:3"),
)
_COLOURS = (
    (".paper", "fill:{paper};stroke:none"),
    (".shape", "fill:{surface};stroke:{ink}"),
    (".area", "fill:{paper};stroke:{quiet}"),
    (".none", "fill:none"),
    (".flow", "stroke:{ink}"),
    (".head", "fill:{ink};stroke:{ink}"),
    (".open", "fill:{paper};stroke:{ink}"),
    (".mark", "stroke:{ink}"),
    (".full", "fill:{ink}"),
    (".reverse", "stroke:{surface}"),
    (".name", "fill:{ink};stroke:none"),
    (".beside", "stroke:{paper}"),
    (".quiet", "fill:{quiet}"),
)
_STATE_COLOURS = (
    (".{mark}>.shape", "fill:{{{mark}-fill}};stroke:{{{mark}}}"),
    (".{mark}>.area", "fill:{{paper}}"),
    (".{mark}>.badge", "fill:{{{mark}}};stroke:{{paper}}"),
)
_GLYPHS = ((".glyph", "stroke:{paper}"), (".solid", "fill:{paper}"))


def _rules(rules: tuple[tuple[str, str], ...], palette: Mapping[str, str]) -> str:
    return "".join(f".{ROOT} {selector}{{{body.format_map(palette)}}}" for selector, body in rules)


def _coloured(palette: Mapping[str, str]) -> str:
    states = tuple(
        (selector.format(mark=mark), body.format(mark=mark)) for mark in Mark for selector, body in _STATE_COLOURS
    )
    return _rules(_COLOURS + states + _GLYPHS, palette)


STYLE = (
    _rules(_SHAPES, {}).replace(f".{ROOT} {{", f".{ROOT}{{", 1)
    + _coloured(LIGHT)
    + f"@media (prefers-color-scheme:dark){{{_coloured(DARK)}}}"
)
"""The style sheet of every drawing; the same for all, so that several in one page do not disagree."""
