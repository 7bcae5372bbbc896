"""Reads and checks `models/{dataType}.calculation.json` (app folder §10.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.calculations import Calculation, CalculationFile
from dialog_graph.apps.contents.shapes import Kind
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.expression_checks import check_names, check_parts, check_server
from dialog_graph.apps.readers.expression_reader import Written, read_expression
from dialog_graph.apps.readers.known import Known
from dialog_graph.apps.readers.reading import Findings, JsonObject
from dialog_graph.apps.readers.rule_files import rule_files

SUFFIX = ".calculation.json"
_NO_SCALAR = {Kind.ARRAY: "is an array", Kind.OBJECT: "is a group of fields"}


def read_calculations(files: Files, known: Known, findings: Findings) -> Mapping[str, CalculationFile]:
    """The calculations by data type. They run without a form, so they see no components."""
    formless = replace(known, components=frozenset())
    return MappingProxyType(
        {
            data_type: CalculationFile(file=top.node.file, calculations=tuple(_read(data_type, formless, top)))
            for data_type, top in rule_files(files, SUFFIX, known, findings)
        }
    )


def _read(data_type: str, known: Known, top: JsonObject) -> Iterator[Calculation]:
    calculations, findings = top.part("calculations"), top.node.findings
    names = calculations.names()
    for number, path in enumerate(names):
        steps, shape = paths.parse(path), known.shape(data_type, path)
        if steps is None or shape is None or shape.kind in _NO_SCALAR:
            near = known.near(data_type, path) if shape is None else ""
            reason = _NO_SCALAR[shape.kind] if shape else "is not in the model"
            findings.add("DG7201", calculations.at(path), path=path, reason=reason, near=near)
            continue
        written = read_expression(calculations.node.child(path))
        if written is None:
            continue
        _check(data_type, known, written, findings)
        _check_order(written, data_type, frozenset(names[number + 1 :]), findings)
        yield Calculation(path=path, steps=steps, kind=shape.kind, expression=written.expression)


def _check(data_type: str, known: Known, written: Written, findings: Findings) -> None:
    check_server(written.expression, written.place, findings)
    check_names(written.expression, data_type, known, written.place, findings)
    check_parts(written.expression, written.place, findings)


def _check_order(written: Written, data_type: str, later: frozenset[str], findings: Findings) -> None:
    """There is one pass: what a later calculation gives is not there yet."""
    for call in written.expression.calls("dataModel"):
        path = call.literal(0)
        if isinstance(path, str) and path in later and call.literal(1) in (None, data_type):
            findings.add("DG7202", written.place(call.path), path=path)
