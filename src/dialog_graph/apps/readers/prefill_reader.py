"""Reads and checks `models/{dataType}.prefill.json` (app folder §7)."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.prefill_map import SOURCES, PrefillLine, PrefillMap, Section
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.known import Known
from dialog_graph.apps.readers.reading import Findings, JsonObject
from dialog_graph.apps.readers.rule_files import rule_files

SUFFIX = ".prefill.json"
_QUERY = "QueryParameters"


def read_prefills(files: Files, known: Known, findings: Findings) -> Mapping[str, PrefillMap]:
    """The prefill maps by data type."""
    return MappingProxyType(
        {data_type: _read(data_type, known, top) for data_type, top in rule_files(files, SUFFIX, known, findings)}
    )


def _read(data_type: str, known: Known, top: JsonObject) -> PrefillMap:
    lines = {section: tuple(_lines(top, section, data_type, known)) for section in Section}
    return PrefillMap(
        file=top.node.file,
        allow_overwrite=top.flag("allowOverwrite"),
        lines=MappingProxyType(lines),
        query=MappingProxyType(_query(top, data_type, known)),
    )


def _lines(top: JsonObject, section: Section, data_type: str, known: Known) -> Iterator[PrefillLine]:
    row = top.part(section.value)
    for source in row.names():
        path = row.text(source)
        if source not in SOURCES[section]:
            row.node.findings.add("DG5011", row.at(source), path=source, section=section.value)
        elif path is not None:
            target = _target(row, source, path, (data_type, known))
            if target is not None:
                yield PrefillLine(source=tuple(source.split(".")), target=target)


def _target(row: JsonObject, key: str, path: str, model: tuple[str, Known]) -> tuple[paths.Step, ...] | None:
    """The steps in the model's letters; a path that is not there is reported and skipped."""
    data_type, known = model
    steps = paths.parse(path)
    found = known.models[data_type].shape.folded(steps) if steps and data_type in known.models else steps
    if found is None:
        row.node.findings.add("DG5010", row.at(key), path=path, type=data_type)
    return found


def _query(top: JsonObject, data_type: str, known: Known) -> dict[str, tuple[paths.Step, ...]]:
    node = top.get(_QUERY)
    if node is None:
        return {}
    value = node.value
    if not isinstance(value, dict) or not all(isinstance(path, str) for path in value.values()):
        node.findings.add("DG5013", node.at)
        return {}
    row = JsonObject(node)
    found = {name: _target(row, name, str(path), (data_type, known)) for name, path in value.items()}
    return {name: steps for name, steps in found.items() if steps is not None}
