"""Reads the `dataTypes` of `applicationmetadata.json` (app folder §4.2)."""

from dialog_graph.apps.contents.metadata import APP_OWNED, MEBIBYTE, PDF_TYPE, DataType, ShadowFields
from dialog_graph.apps.diagnostics import METADATA, At
from dialog_graph.apps.readers.reading import MAX_NAME, JsonObject
from dialog_graph.model.diagnostic import DiagnosticPlace

_CONTRIBUTORS = ("app:", "org:", "orgno:")
_METADATA_KEYS = "allowedKeysForUserDefinedMetadata"
_WITHOUT_EFFECT = ("allowUserCreate", "allowUserDelete")
_KEPT = ("description", "dataTypeTextResourceKey", "pdfFileName")
PDF = DataType(
    id=PDF_TYPE, allowed_content_types=("application/pdf",), allowed_contributors=(APP_OWNED,), is_implicit=True
)
"""The type of generated PDFs, made where the file does not name it."""


def read_data_types(top: JsonObject) -> tuple[DataType, ...]:
    """All types in the order of the file, the implicit one last; of two with one id the first counts."""
    found: dict[str, DataType] = {}
    for row in top.objects("dataTypes"):
        data_type = _data_type(row)
        if data_type is None:
            continue
        first = found.setdefault(data_type.id.lower(), data_type)
        if first is not data_type:
            place = DiagnosticPlace(file=METADATA, line=first.line, message="first written here")
            at = row.at("id")
            at = At(file=at.file, line=at.line, column=at.column, related=(place,))
            row.node.findings.add("DG3003", at, id=data_type.id)
    found.setdefault(PDF_TYPE, PDF)
    return tuple(found.values())


def _data_type(row: JsonObject) -> DataType | None:
    id = row.text("id")
    if id is None:
        row.node.wrong("a data type with an id")
        return None
    if len(id) > MAX_NAME:
        row.node.findings.add("DG1003", row.at("id"), what="length of the id", n=len(id), m=MAX_NAME)
    logic, max_size = row.part("appLogic"), row.count("maxSize")
    class_ref, schema_ref = logic.text("classRef"), logic.text("schemaRef")
    data_type = DataType(
        id=id,
        task_id=row.text("taskId"),
        is_form=bool(class_ref or schema_ref),
        auto_create=logic.flag("autoCreate"),
        class_ref=class_ref,
        schema_ref=schema_ref,
        allow_anonymous_on_stateless=logic.flag("allowAnonymousOnStateless"),
        auto_delete_on_process_end=logic.flag("autoDeleteOnProcessEnd"),
        disallow_user_create=_either(row, logic, "disallowUserCreate"),
        disallow_user_delete=_either(row, logic, "disallowUserDelete") or _misspelt_delete(row, logic),
        allow_in_subform=logic.flag("allowInSubform"),
        shadow_fields=_shadow_fields(logic),
        allowed_content_types=_content_types(row),
        allowed_contributors=_contributors(row),
        action_required_to_read=row.text("actionRequiredToRead"),
        action_required_to_write=row.text("actionRequiredToWrite"),
        max_size=max_size * MEBIBYTE if max_size else None,
        max_count=row.count("maxCount") or 0,
        min_count=row.count("minCount") or 0,
        grouping=row.text("grouping"),
        enable_file_scan=row.flag("enableFileScan"),
        validation_error_on_pending_file_scan=row.flag("validationErrorOnPendingFileScan"),
        enabled_file_analysers=row.names_in("enabledFileAnalysers"),
        enabled_file_validators=row.names_in("enabledFileValidators"),
        allowed_metadata_keys=row.names_in(_METADATA_KEYS) if row.get(_METADATA_KEYS) else None,
        enable_pdf_creation=row.flag("enablePdfCreation"),
        line=row.node.at.line,
        column=row.node.at.column,
    )
    _check_counts(row, data_type)
    logic.report_unknown(*_WITHOUT_EFFECT)
    row.report_unknown(*_WITHOUT_EFFECT, *_KEPT)
    return data_type


def _either(row: JsonObject, logic: JsonObject, name: str) -> bool:
    """A flag of `appLogic` that some files have beside it."""
    return logic.flag(name) or row.flag(name)


def _misspelt_delete(row: JsonObject, logic: JsonObject) -> bool:
    for holder in (row, logic):
        if holder.get("diallowUserDelete") is not None:
            at = holder.key_at("diallowUserDelete")
            row.node.findings.add("DG3006", at, key="diallowUserDelete", name="disallowUserDelete")
            return holder.flag("diallowUserDelete")
    return False


def _shadow_fields(logic: JsonObject) -> ShadowFields | None:
    shadow = logic.part("shadowFields")
    prefix = shadow.text("prefix")
    return ShadowFields(prefix=prefix, save_to_data_type=shadow.text("saveToDataType")) if prefix else None


def _content_types(row: JsonObject) -> tuple[str, ...]:
    found: list[str] = []
    for written, at in row.named("allowedContentTypes"):
        bare = written.partition(";")[0].strip().lower()
        if "/" not in bare:
            row.node.findings.add("DG3018", at, value=written)
        found.append(bare)
    return tuple(found)


def _contributors(row: JsonObject) -> tuple[str, ...]:
    """Both spellings together; values that match nobody are kept, so that they shut out."""
    if row.get("allowedContributers") is not None:
        at = row.key_at("allowedContributers")
        row.node.findings.add("DG3006", at, key="allowedContributers", name="allowedContributors")
    written = (*row.named("allowedContributors"), *row.named("allowedContributers"))
    for value, at in written:
        if not value.startswith(_CONTRIBUTORS):
            row.node.findings.add("DG3009", at, value=value)
    return tuple(dict.fromkeys(value for value, _ in written))


def _check_counts(row: JsonObject, data_type: DataType) -> None:
    low, high = data_type.min_count, data_type.max_count
    if low > high > 0:
        row.node.findings.add("DG3007", row.at("minCount"), low=low, high=high)
    if low > 0 and data_type.task_id is None:
        row.node.findings.add("DG3008", row.at("minCount"), low=low)
