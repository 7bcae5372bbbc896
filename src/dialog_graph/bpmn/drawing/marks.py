"""The small signs of BPMN as path data on a grid of 24 by 24, and how one is put into a drawing.

A sign is a few strokes; a stroke is path data and its class: `line`, `bold` or `full` (filled).
"""

from collections.abc import Mapping
from typing import TypeAlias

from dialog_graph.bpmn.drawing.geometry import Box
from dialog_graph.bpmn.drawing.writing import element, number, stroke

Sign: TypeAlias = tuple[tuple[str, str], ...]

_ENVELOPE = "M3.5 6h17v12h-17z"
_FLAP = "M3.5 6l8.5 7 8.5-7"
_REWIND = "M11.5 6v12l-8-6zM19.5 6v12l-8-6z"
_CLOCK = "M12 3a9 9 0 1 0 .01 0z"

EVENTS: Mapping[str, Sign] = {
    "message": ((_ENVELOPE, "line"), (_FLAP, "line")),
    "timer": ((_CLOCK, "line"), ("M12 6.5v5.5l4 2.5", "line")),
    "error": (("M5 19l4-13 5.5 7.5 5-8.5-4 14-5.5-7.5z", "line"),),
    "escalation": (("M12 4l6.5 15-6.5-6-6.5 6z", "line"),),
    "signal": (("M12 4l8.5 14.5h-17z", "line"),),
    "conditional": (("M6 4h12v16h-12z", "line"), ("M8.5 8h7M8.5 12h7M8.5 16h7", "line")),
    "link": (("M3.5 9.5h9.5v-4l7.5 6.5-7.5 6.5v-4h-9.5z", "line"),),
    "compensation": ((_REWIND, "line"),),
    "cancel": (
        ("M6.5 4l5.5 5.5 5.5-5.5 2.5 2.5-5.5 5.5 5.5 5.5-2.5 2.5-5.5-5.5-5.5 5.5-2.5-2.5 5.5-5.5-5.5-5.5z", "line"),
    ),
    "terminate": (("M12 4a8 8 0 1 0 .01 0z", "full"),),
    "multiple": (("M12 3.5l8.5 6.2-3.2 10h-10.6l-3.2-10z", "line"),),
    "parallelMultiple": (("M9.5 4h5v5.5h5.5v5h-5.5v5.5h-5v-5.5h-5.5v-5h5.5z", "line"),),
    "referenced": (("M12 3.5l8.5 6.2-3.2 10h-10.6l-3.2-10z", "line"),),
}
"""Word of an event definition -> its sign."""

THROWN: Mapping[str, Sign] = {"message": ((_ENVELOPE, "full"), (_FLAP, "reverse"))} | {
    word: tuple((d, "full") for d, _ in EVENTS[word])
    for word in ("error", "escalation", "signal", "link", "compensation", "cancel", "multiple")
}
"""The signs of events that throw."""

TASKS: Mapping[str, Sign] = {
    "userTask": (("M12 3.5a4 4 0 1 0 .01 0z", "line"), ("M4.5 20.5c0-5.5 3-8 7.5-8s7.5 2.5 7.5 8z", "line")),
    "manualTask": (
        ("M7 12.5V6.2a1.4 1.4 0 0 1 2.8 0V11V4.6a1.4 1.4 0 0 1 2.8 0V11V5.2a1.4 1.4 0 0 1 2.8 0V11.5", "line"),
        ("M15.4 11.5V7.6a1.4 1.4 0 0 1 2.8 0V15c0 3.6-2.4 6-5.6 6c-3 0-4.6-1.6-6-4.2", "line"),
        ("M6.6 16.8L4 13.4c-.8-1.5 1.2-2.6 2.2-1.3L7 13.2", "line"),
    ),
    "serviceTask": (
        ("M12 6.5a5.5 5.5 0 1 0 .01 0zM12 10a2 2 0 1 0 .01 0z", "line"),
        ("M12 2.5v4M12 17.5v4M2.5 12h4M17.5 12h4", "bold"),
        ("M5.3 5.3l2.8 2.8M15.9 15.9l2.8 2.8M5.3 18.7l2.8-2.8M15.9 8.1l2.8-2.8", "bold"),
    ),
    "sendTask": THROWN["message"],
    "receiveTask": EVENTS["message"],
    "scriptTask": (
        ("M8 3.5h11c-3.5 3-3.5 5.5-1.5 8.5s2 5.5-1.5 8.5h-11c3.5-3 3.5-5.5 1.5-8.5s-2-5.5 1.5-8.5z", "line"),
        ("M9.5 8h5.5M9.5 12h6M9.5 16h6", "line"),
    ),
    "businessRuleTask": (("M3.5 5h17v14h-17z", "line"), ("M3.5 9.5h17M9 9.5v9.5M3.5 14.2h17", "line")),
}
"""Tag of a task -> the sign in its upper left corner."""

MARKERS: Mapping[str, Sign] = {
    "loop": (("M15.5 18.8a7.5 7.5 0 1 0-7.5-.7", "line"), ("M3.8 18.3h4.7v-4.7", "line")),
    "parallel": (("M7 4v16M12 4v16M17 4v16", "bold"),),
    "sequential": (("M4 7h16M4 12h16M4 17h16", "bold"),),
    "compensation": ((_REWIND, "line"),),
    "adhoc": (("M3.5 14.5c2.5-6 6-6 8.5-2.5s6 3.5 8.5-2.5", "bold"),),
    "closed": (("M4 4h16v16h-16z", "line"), ("M12 7.5v9M7.5 12h9", "line")),
}
"""Signs at the lower edge of an activity."""

GATEWAYS: Mapping[str, Sign] = {
    "exclusiveGateway": (("M7 6l10 12M17 6l-10 12", "bold"),),
    "parallelGateway": (("M12 3.5v17M3.5 12h17", "bold"),),
    "inclusiveGateway": (("M12 4a8 8 0 1 0 .01 0z", "bold"),),
    "eventBasedGateway": (
        ("M12 1.5a10.5 10.5 0 1 0 .01 0zM12 4a8 8 0 1 0 .01 0z", "line"),
        ("M12 7l5 3.7-1.9 5.9h-6.2l-1.9-5.9z", "line"),
    ),
    "complexGateway": (("M12 3.5v17M3.5 12h17M6 6l12 12M18 6l-12 12", "bold"),),
}
"""Tag of a gateway -> its sign."""

STATES: Mapping[str, Sign] = {
    "done": (("M5.5 12.5l4.5 4.5 8.5-9.5", "glyph"),),
    "active": (("M9 6l9 6-9 6z", "glyph solid"),),
    "waiting": (("M9 6.5v11M15 6.5v11", "glyph"),),
    "failed": (("M12 5v9M12 18.2v.3", "glyph"),),
}
"""How far a step is -> the sign on its badge."""


def sign(strokes: Sign, box: Box) -> str:
    """The sign, filling a square box."""
    scale = f"{box.width / 24:.3f}"
    drawn = [stroke(d, f"mark {kind}", **_PLAIN.get(kind, {})) for d, kind in strokes]
    return element("g", {"transform": f"translate({number(box.x)} {number(box.y)}) scale({scale})"}, *drawn)


_PLAIN: Mapping[str, Mapping[str, str]] = {"full": {"fill": "currentColor"}}
"""What a stroke needs to be seen for what it is where the style is not applied."""
