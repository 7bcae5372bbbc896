"""Named places where a test can let the process die (reliability §1).

`DIALOG_GRAPH_FAULT=<point>:<n>` makes the process send itself SIGKILL at the n-th passage of the point; settings refuse
it in production. Without it, passing a point costs one look at an empty value.
"""

import os
import signal
from dataclasses import dataclass, field

POINTS = (
    "before-begin",
    "after-context",
    "after-lock",
    "after-load",
    "after-decision",
    "before-write",
    "after-write",
    "before-commit",
    "after-commit",
    "after-blob",
    "before-delivery",
    "after-delivery",
    "after-claim",
    "before-job",
    "after-job",
)
"""Every place that can be named; a test demands that each is hit."""


@dataclass(slots=True)
class _Armed:
    point: str | None = None
    left: int = 0
    passed: dict[str, int] = field(default_factory=dict[str, int])


_armed = _Armed()


def arm(setting: str | None) -> None:
    """Arms one point as `<point>:<n>`, or none. Raises ValueError for a name that is not in `POINTS`."""
    if not setting:
        _armed.point = None
        return
    point, _, count = setting.partition(":")
    if point not in POINTS:
        raise ValueError(f"expected one of {', '.join(POINTS)}, but the fault point is {point!r}")
    _armed.point, _armed.left = point, int(count or "1")


def passed(point: str) -> None:
    """Called by the code at each point; ends the process here and now when the point's turn has come."""
    if _armed.point != point:
        return
    _armed.left -= 1
    if _armed.left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
