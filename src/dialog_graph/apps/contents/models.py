"""A data model as the rest of the server uses it: compiled schema, shape, name of the XML root (app folder §6)."""

from collections.abc import Mapping
from dataclasses import dataclass

import jsonschema_rs
from lxml import etree

from dialog_graph.apps.contents.shapes import OPEN, Shape
from dialog_graph.model.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """The model of one form data type; safe to share between threads.

    `schema_file`, `xsd_file`: paths below the app root, None when there is none; `validator`: None when there is no
    schema that compiles; `schema`: the file as written, for front ends; `namespace`: target namespace of the XSD;
    `is_qualified`: inner elements stand in it too; `xsd`: only where the app validates by it.
    """

    root_name: str
    shape: Shape = OPEN
    validator: jsonschema_rs.Validator | None = None
    schema_file: str | None = None
    schema: Mapping[str, Json] | None = None
    xsd_file: str | None = None
    namespace: str | None = None
    is_qualified: bool = True
    xsd: etree.XMLSchema | None = None

    @property
    def is_open(self) -> bool:
        """True when any object is accepted and no path can be checked."""
        return self.shape is OPEN
