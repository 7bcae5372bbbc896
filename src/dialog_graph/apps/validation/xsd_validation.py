"""Validates the XML of form data by its XSD: the source `Xsd`, off unless the app asks for it (app folder §10.3).

The compiler of the XML library opens what a schema includes by itself. So only files that include nothing are
compiled; and none is before the app asks for it, since some take long.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from lxml import etree

from dialog_graph.apps.contents.models import Model
from dialog_graph.apps.diagnostics import WARNING, At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.readers.xsd_shapes import LIMITS, XSD
from dialog_graph.apps.validation_texts import message
from dialog_graph.errors import Issue
from dialog_graph.model import safe_xml
from dialog_graph.model.instance import DataElement

SOURCE = "Xsd"
CODE = "XSD"
_OUTSIDE = (f"{XSD}include", f"{XSD}import", f"{XSD}redefine")


def with_validators(files: Files, models: Mapping[str, Model], findings: Findings) -> Mapping[str, Model]:
    """The models with their XSD compiled; one that does not compile is reported and checks nothing."""
    return MappingProxyType({id: _with_validator(files, model, findings) for id, model in models.items()})


def _with_validator(files: Files, model: Model, findings: Findings) -> Model:
    if model.xsd_file is None:
        return model
    top = safe_xml.parse(files.contents[model.xsd_file], file=model.xsd_file, limits=LIMITS)
    if isinstance(top, tuple):
        return model
    if any(True for _ in top.iter(*_OUTSIDE)):
        findings.add("DG5002", At(file=model.xsd_file), WARNING, reason="validation takes no XSD of several files")
        return model
    try:
        return replace(model, xsd=etree.XMLSchema(top))
    except etree.XMLSchemaParseError as error:
        reason = str(error).partition("\n")[0]
        findings.add("DG5002", At(file=model.xsd_file), WARNING, reason=reason)
        return model


def xsd_issues(model: Model, element: DataElement, max_bytes: int) -> Iterator[Issue]:
    """One issue for each line that the XSD does not allow; none for data that is not XML. Texts hold no values."""
    if model.xsd is None or element.xml is None:
        return
    tree = safe_xml.parse(element.xml, file="", limits=safe_xml.FORM_LIMITS(max_bytes))
    if isinstance(tree, tuple) or model.xsd.validate(tree):
        return
    for line in dict.fromkeys(entry.line for entry in model.xsd.error_log):
        texts = message(CODE, {"line": line})
        yield Issue(code=CODE, source=SOURCE, data_element_id=element.element_id, message=texts)
