"""A process as SVG: `drawing_of` reads and places everything once, `Drawing.svg` writes it with the present states.

From the diagram interchange where the file has a usable one, else by the layout. Values in, text out; the same input
gives the same bytes. The text holds no script, no link, no foreign content and no reference, not even to itself.
Rules: process engine §9.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dialog_graph.bpmn.drawing.contents import read_contents
from dialog_graph.bpmn.drawing.interchange import read_interchange, shaped
from dialog_graph.bpmn.drawing.layout import lay_out
from dialog_graph.bpmn.drawing.picture import picture
from dialog_graph.bpmn.drawing.sheet import Sheet
from dialog_graph.bpmn.drawing.style import Mark
from dialog_graph.bpmn.drawing.words import LANGUAGES, language_for
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.markup import split_name
from dialog_graph.model import safe_xml
from dialog_graph.model.diagnostic import Diags

__all__ = ["LANGUAGES", "Drawing", "Mark", "drawing_of", "language_for"]

_NOTHING: Mapping[str, Mark] = {}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A process in which everything has its place. `from_layout`: the file has no usable interchange."""

    sheet: Sheet
    from_layout: bool

    def svg(self, states: Mapping[str, Mark] = _NOTHING, language: str = LANGUAGES[0], title: str = "") -> str:
        """The SVG document. `states`: element id -> how far it is; ids of elements that are not drawn do no harm.

        `title`: what a process without a name is called.
        """
        return picture(self.sheet, states, language, title)


def drawing_of(xml: bytes, *, file: str = "process.bpmn", places: bool = True) -> Drawing | Diags:
    """The drawing of a BPMN file, also of one that cannot be executed; findings for what is no BPMN.

    `places` false: as if the file had no interchange. Never raises on bad input.
    """
    root = safe_xml.parse(xml, file=file)
    if isinstance(root, tuple):
        return root
    if split_name(root) != (v.BPMN, "definitions"):
        findings = Findings(file)
        findings.add("DG2001", root.sourceline, problem=f'the root element is "{split_name(root)[1]}"')
        return findings.all()
    contents = read_contents(root, shaped(root) if places else frozenset())
    sheet = read_interchange(root, contents) if places else None
    return Drawing(sheet or lay_out(contents), sheet is None)
