"""Conditions as they stand in BPMN and in templates: JSON text with comments and trailing commas (§11.1)."""

from dataclasses import replace
from typing import Final

from dialog_graph.expressions.compiler import CODE
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.json_value import Json
from dialog_graph.model.tolerant_json import Document, read

MAX_BYTES: Final = 1024 * 1024
"""Size of a condition text: that of the XML file around it."""


def read_condition(text: str) -> "Json | Diags":
    """The JSON form of a condition text, or the findings; line and column are those within the text.

    A tuple is findings: JSON arrays are read as lists.
    """
    document = read(text, max_bytes=MAX_BYTES)
    if isinstance(document, Document):
        return document.value
    return tuple(replace(finding, code=CODE) for finding in document)
