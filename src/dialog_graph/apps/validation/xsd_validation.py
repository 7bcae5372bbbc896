"""Validates the XML of form data by its XSD: the source `Xsd`, off unless the app asks for it (app folder §10.3).

The XSD is compiled with all files of `models/` that belong to it (`xsd_files`), only when the app asks for it and only
when that takes a bounded time (`xsd_cost`). One that cannot be compiled is an error there: it would check nothing.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from types import MappingProxyType

from lxml import etree

from dialog_graph.apps.contents.models import Model
from dialog_graph.apps.diagnostics import At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.readers.xsd_cost import MAX_COST, cost
from dialog_graph.apps.readers.xsd_files import INCLUSIONS, XSD, Declarations, XsdFile, location, read_files
from dialog_graph.apps.validation_texts import message
from dialog_graph.errors import Issue
from dialog_graph.model import safe_xml
from dialog_graph.model.instance import DataElement
from dialog_graph.model.safe_xml import Element

SOURCE = "Xsd"
CODE = "XSD"


def with_validators(files: Files, models: Mapping[str, Model], findings: Findings) -> Mapping[str, Model]:
    """The models with their XSD compiled, each once; one that does not compile is reported."""
    paths = dict.fromkeys(model.xsd_file for model in models.values() if model.xsd_file is not None)
    compiled = {path: _compiled(files, path, findings) for path in paths}
    return MappingProxyType(
        {id: replace(model, xsd=compiled.get(model.xsd_file or "")) for id, model in models.items()}
    )


def _compiled(files: Files, path: str, findings: Findings) -> etree.XMLSchema | None:
    # What is wrong with the files was told when their shapes were read.
    read = read_files(files, path, Findings())
    if not read:
        return None
    if cost(Declarations(read)) > MAX_COST:
        findings.add("DG5002", At(file=path), reason="it is too large to validate with")
        return None
    compiled = safe_xml.compile_schema({_address(file.path): _addressed(file, read) for file in read}, _address(path))
    if isinstance(compiled, str):
        findings.add("DG5002", At(file=path), reason=compiled)
        return None
    return compiled


def _address(path: str) -> str:
    return f"models:///{path.encode().hex()}"


def _addressed(file: XsdFile, read: tuple[XsdFile, ...]) -> Element:
    """A copy that names other files by their addresses; what it may not have, it does not ask for."""
    top, paths = deepcopy(file.top), {each.path for each in read}
    for element in list(top.iterchildren(*(f"{XSD}{name}" for name in INCLUSIONS))):
        target = location(file.path, element.attrib.pop("schemaLocation", None))
        if target is not None and target in paths:
            element.set("schemaLocation", _address(target))
        elif element.tag != f"{XSD}import":
            top.remove(element)
    return top


def xsd_issues(model: Model, element: DataElement, max_bytes: int) -> Iterator[Issue]:
    """One issue for each line that the XSD does not allow; none for data that is not XML. Texts hold no values."""
    if model.xsd is None or element.xml is None:
        return
    tree = safe_xml.parse(element.xml, file="", limits=safe_xml.FORM_LIMITS(max_bytes))
    if isinstance(tree, tuple):
        return
    for line in dict.fromkeys(_wrong_lines(model.xsd, tree)):
        texts = message(CODE, {"line": line})
        yield Issue(code=CODE, source=SOURCE, data_element_id=element.element_id, message=texts)


def _wrong_lines(schema: etree.XMLSchema, tree: Element) -> list[int]:
    try:
        if schema.validate(tree):
            return []
    except etree.XMLSchemaValidateError:
        # A pattern that takes too many steps on a value: the library gives up, and the document has not passed.
        pass
    # The log is the schema's, and another thread may be at it: what is wrong has a line in any case.
    return [entry.line for entry in schema.error_log] or [tree.sourceline or 1]
