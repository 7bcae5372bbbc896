"""Where findings of the checks stand: at an element of the process, at a data type of the metadata."""

from dialog_graph.apps.contents.metadata import DataType
from dialog_graph.apps.diagnostics import METADATA, PROCESS, At
from dialog_graph.bpmn import Element


def at_element(element: Element) -> At:
    """The place of an element in the process."""
    return At(file=PROCESS, line=element.line, element_id=element.id)


def at_data_type(data_type: DataType) -> At:
    """The place of a data type in the metadata."""
    return At(file=METADATA, line=data_type.line, column=data_type.column)
