"""What a BPMN file has to be drawn: figures and the lines between them, before anything has a place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby

from dialog_graph.bpmn.drawing.geometry import Outline


class Family(StrEnum):
    """What kinds of figures look alike; also a class of the drawn element."""

    EVENT = "event"
    TASK = "task"
    SUB_PROCESS = "subprocess"
    GATEWAY = "gateway"
    DATA = "data"
    ANNOTATION = "annotation"
    GROUP = "group"
    POOL = "pool"
    LANE = "lane"


FLOW_NODES = frozenset({Family.EVENT, Family.TASK, Family.SUB_PROCESS, Family.GATEWAY})
"""Families whose figures are steps of the process."""

ARTIFACTS = frozenset({Family.DATA, Family.ANNOTATION})
"""Families of what is said beside the flow."""

_OUTLINES = {Family.EVENT: Outline.ELLIPSE, Family.GATEWAY: Outline.DIAMOND}


class LineKind(StrEnum):
    """BPMN names of what connects figures; also a class of the drawn element."""

    SEQUENCE = "sequenceFlow"
    MESSAGE = "messageFlow"
    ASSOCIATION = "association"
    DATA = "dataAssociation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Something with a shape. `inside`: id of the figure around it; `host`: of the activity it is attached to.

    `event`: word of the event definition (`message`, `timer` …); `throws`: its marker is filled; `interrupting` of
    boundaries and starts of event subprocesses; `by_event`: an event subprocess. `markers`: what the lower edge of an
    activity shows, from left to right: `loop`, `parallel`, `sequential`, `compensation`, `adhoc`.
    """

    id: str
    tag: str
    family: Family
    name: str = ""
    inside: str | None = None
    host: str | None = None
    event: str | None = None
    throws: bool = False
    interrupting: bool = True
    by_event: bool = False
    markers: tuple[str, ...] = ()

    @property
    def outline(self) -> Outline:
        """The form of its border."""
        return _OUTLINES.get(self.family, Outline.RECTANGLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that connects two figures, by their ids. `conditional`, `default`: how a sequence flow is chosen.

    `directed`: an association with an arrow head at its end.
    """

    id: str
    kind: LineKind
    source: str
    target: str
    name: str = ""
    conditional: bool = False
    default: bool = False
    directed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All figures and lines of a file, each by its id in document order; both ends of every line are figures."""

    name: str
    figures: Mapping[str, Figure]
    lines: Mapping[str, Line]
    _children: dict[str | None, tuple[Figure, ...]] = field(init=False, repr=False, compare=False)
    _attached: dict[str, tuple[Figure, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Groups the figures by what they are inside of, and by what they are attached to."""
        children: dict[str | None, tuple[Figure, ...]] = {}
        attached: dict[str, tuple[Figure, ...]] = {}
        for around, inside in groupby(sorted(self.figures.values(), key=_place), key=_place):
            children[around or None] = tuple(inside)
        for figure in self.figures.values():
            if figure.host is not None:
                attached[figure.host] = (*attached.get(figure.host, ()), figure)
        object.__setattr__(self, "_children", children)
        object.__setattr__(self, "_attached", attached)

    def inside(self, around: str | None) -> tuple[Figure, ...]:
        """The figures directly inside another one, or with None inside of none, in document order."""
        return self._children.get(around, ())

    def attached(self, host: str) -> tuple[Figure, ...]:
        """The boundary events of an activity, in document order."""
        return self._attached.get(host, ())

    def above(self, figure: Figure) -> list[Figure]:
        """The figures around a figure, from the nearest outwards."""
        found: list[Figure] = []
        while figure.inside is not None:
            figure = self.figures[figure.inside]
            found.append(figure)
        return found


def _place(figure: Figure) -> str:
    return figure.inside or ""
