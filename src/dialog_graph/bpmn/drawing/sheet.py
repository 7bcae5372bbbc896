"""A drawing in which everything has its place, made by the interchange reader or by the layout."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dialog_graph.bpmn.drawing.figures import Contents, Figure
from dialog_graph.bpmn.drawing.geometry import Box, Path, around, bounds_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Where the parts of `contents` are; what has no box or path is not drawn.

    `opened`: subprocesses that show their inside. `labels`: rooms for the names beside figures and on lines.
    `upright`: pools and lanes whose flow runs downwards. `bare`: gateways that hide their marker. `captions`: names of
    what is drawn apart, with the room for each.
    """

    contents: Contents
    boxes: Mapping[str, Box]
    paths: Mapping[str, Path]
    opened: frozenset[str] = frozenset()
    labels: Mapping[str, Box] = field(default_factory=dict[str, Box])
    upright: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()
    captions: tuple[tuple[Box, str], ...] = ()

    @property
    def figures(self) -> Iterator[Figure]:
        """The figures that are drawn, in document order."""
        return (figure for figure in self.contents.figures.values() if figure.id in self.boxes)

    @property
    def bounds(self) -> Box:
        """The smallest box around everything that has a place."""
        paths = (bounds_of(path) for path in self.paths.values())
        return around((*self.boxes.values(), *self.labels.values(), *paths, *(box for box, _ in self.captions)))

    def shown(self, id: str) -> str | None:
        """The element itself where it is drawn, else the nearest one around it that is."""
        figure = self.contents.figures.get(id)
        while figure is not None and figure.id not in self.boxes:
            figure = self.contents.figures.get(figure.inside or "")
        return figure.id if figure is not None else None
