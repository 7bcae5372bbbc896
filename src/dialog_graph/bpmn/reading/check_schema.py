"""What the schema of BPMN would tell of a file (process engine §5, `DG2005`), from our own table.

An attribute that is misspelt has no effect, so that an event may do something else than it seems; the same is told of
our own elements (`DG2302`). The order of the parts of an element is free here, as app folders are written, so nothing
is said of it.
"""

from collections.abc import Iterator

from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.ignored import ignored_attributes
from dialog_graph.bpmn.reading.markup import split_name
from dialog_graph.bpmn.reading.schema_table import ATTRIBUTES, COUNT, OURS, Check
from dialog_graph.model.safe_xml import Element


def advise_schema(root: Element, findings: Findings) -> None:
    """Every element of the file."""
    for element in root.iter(f"{{{v.BPMN}}}*"):
        name = split_name(element)[1]
        if name in ATTRIBUTES:
            for problem in _attribute_problems(element, name):
                findings.add("DG2005", element.sourceline, element.get("id"), what=problem)

    for element in root.iter(f"{{{v.OURS}}}*"):
        known = OURS.get(split_name(element)[1])
        if known is not None:
            ignored_attributes(element, known, findings)


def _attribute_problems(element: Element, name: str) -> Iterator[str]:
    for attribute, value in element.attrib.items():
        local = str(attribute)
        if local.startswith("{"):
            continue
        if local not in ATTRIBUTES[name]:
            yield f'the attribute "{local[:80]}" of {name}'
        elif not _fits(str(value).strip(), ATTRIBUTES[name][local]):
            yield f'the value "{str(value)[:80]}" of {local}'


def _fits(value: str, check: Check) -> bool:
    if check is None:
        return True
    if check == COUNT:
        return value.isascii() and value.isdigit()
    return value in check
