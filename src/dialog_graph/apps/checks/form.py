"""Checks of the metadata against forms and models; none of them needs the process (app folder §14)."""

from collections.abc import Mapping

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.layouts import Layouts
from dialog_graph.apps.contents.metadata import ApplicationMetadata, DataType
from dialog_graph.apps.contents.models import Model
from dialog_graph.apps.diagnostics import INFO
from dialog_graph.apps.readers.metadata_reader import MetadataFile
from dialog_graph.apps.readers.reading import Findings, JsonObject

_ENTRIES = frozenset({"new-instance", "select-instance", "stateless"})


def check_forms(file: MetadataFile, layouts: Layouts, models: Mapping[str, Model], findings: Findings) -> None:
    """`onEntry`, shadow fields, presentation and data fields, copy settings."""
    metadata, top = file.metadata, file.top
    types = {data_type.id: data_type for data_type in metadata.data_types}
    _check_entry(metadata, top, layouts, types)
    for row in top.objects("dataTypes"):
        shadow = row.part("appLogic").part("shadowFields")
        target = shadow.text("saveToDataType")
        if target is not None and not (target in types and types[target].is_form):
            findings.add("DG3012", shadow.at("saveToDataType"), id=target)
    for key in ("presentationFields", "dataFields"):
        for row in top.objects(key):
            problem = _field_problem(row, types, models)
            if problem:
                findings.add("DG9501", row.node.at, key=key, reason=problem)
    copy = top.part("copyInstanceSettings")
    for excluded, at in copy.named("excludedDataTypes"):
        if excluded not in types:
            findings.add("DG9503", at, what="type", id=excluded)
    for excluded, at in copy.named("excludedDataFields"):
        if not _is_field(excluded, models):
            findings.add("DG9503", at, what="field", id=excluded)


def _is_field(path: str, models: Mapping[str, Model]) -> bool:
    """True when some model has the field, or accepts any."""
    steps = paths.parse(path)
    return steps is not None and any(model.shape.at(steps) is not None for model in models.values())


def _check_entry(
    metadata: ApplicationMetadata, top: JsonObject, layouts: Layouts, types: Mapping[str, DataType]
) -> None:
    entry, findings = metadata.on_entry, top.node.findings
    if entry.show not in _ENTRIES and entry.show not in layouts.sets:
        findings.add("DG3011", top.part("onEntry").at("show"), value=entry.show)
    form = layouts.sets.get(entry.show) if entry.is_stateless else None
    data_type = types.get(form.data_type or "") if form else None
    if data_type is None:
        return
    at = top.part("onEntry").at("show")
    if data_type.task_id is not None:
        reason, remedy = f'belongs to the task "{data_type.task_id}"', "remove taskId from the type"
        findings.add("DG3017", at, id=data_type.id, reason=reason, remedy=remedy)
    elif not data_type.allow_anonymous_on_stateless:
        # Many stateless apps are for those who have logged in.
        reason, remedy = "needs a login", "set allowAnonymousOnStateless, if it is for anybody"
        findings.add("DG3017", at, INFO, id=data_type.id, reason=reason, remedy=remedy)


def _field_problem(row: JsonObject, types: Mapping[str, DataType], models: Mapping[str, Model]) -> str | None:
    data_type, path = row.text("dataTypeId"), row.text("path")
    if data_type is None or path is None:
        return None
    if data_type not in types:
        return f'the data type "{data_type}" is unknown'
    steps = paths.parse(path)
    model = models.get(data_type)
    if steps is None or (model is not None and model.shape.at(steps) is None):
        return f'the path "{path}" is not in the model of "{data_type}"'
    return None
