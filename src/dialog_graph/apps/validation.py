"""Validation of an instance at a task's gate, and of one element while it is edited (app folder §10.3).

Sources that stand here: `Task` (too many, too few elements), `File` (content type, size, scan, name) and `DataModel`
(JSON Schema). Each is one function of the table `_SOURCES`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import cast
from uuid import UUID

import jsonschema_rs

from dialog_graph.apps import paths
from dialog_graph.apps.evaluator import document_of
from dialog_graph.apps.metadata import MEBIBYTE, DataType
from dialog_graph.apps.validation_texts import message
from dialog_graph.apps.version import AppVersion
from dialog_graph.apps.xml_form import ROW_ID
from dialog_graph.errors import Issue
from dialog_graph.model.instance import DataElement, FileScan, Instance
from dialog_graph.model.json_value import Json

MAX_ISSUES = 1_000
MAX_FILE_NAME = 255
_BAD_NAME = re.compile("[\x00-\x1f\x7f/\\\\\u202a-\u202e\u2066-\u2069]")
_UNEXPECTED = ("additionalProperties", "unevaluatedProperties")


class Source(StrEnum):
    """Where an issue comes from."""

    TASK = "Task"
    FILE = "File"
    DATA_MODEL = "DataModel"


ALL = frozenset(Source)


def validate(
    version: AppVersion, instance: Instance, task_id: str, sources: Iterable[Source] = ALL
) -> tuple[Issue, ...]:
    """The issues of a task: over the types that belong to it, in the order of the metadata and of creation."""
    wanted = frozenset(sources)
    issues: list[Issue] = []
    for data_type in version.types_of_task(task_id):
        elements = [element for element in instance.elements if element.data_type == data_type.id]
        if Source.TASK in wanted:
            issues += count_issues(data_type, len(elements))
        for element in elements:
            issues += _element_issues(version, data_type, element, wanted)
    return tuple(issues[:MAX_ISSUES])


def validate_element(version: AppVersion, element: DataElement) -> tuple[Issue, ...]:
    """The issues of one element, as they are told while it is edited; they never block a write."""
    data_type = version.data_types.get(element.data_type)
    return tuple(_element_issues(version, data_type, element, ALL))[:MAX_ISSUES] if data_type else ()


def validate_document(
    version: AppVersion, data_type: str, document: Json, element_id: UUID | None = None
) -> tuple[Issue, ...]:
    """What JSON Schema says of a document. Nulls, empty objects and row ids do not count."""
    model = version.models.get(data_type)
    if model is None or model.validator is None:
        return ()
    errors = model.validator.iter_errors(_relevant(document))
    return tuple(issue for error in errors for issue in _schema_issues(error, element_id))[:MAX_ISSUES]


def count_issues(data_type: DataType, count: int) -> tuple[Issue, ...]:
    """Too many or too few elements of a type; the field of the issue is the type's id."""
    limits = {"type": data_type.id, "count": count}
    if data_type.max_count and count > data_type.max_count:
        return (_task_issue("TooManyDataElementsOfType", data_type, limits | {"limit": data_type.max_count}),)
    if count < data_type.min_count:
        return (_task_issue("TooFewDataElementsOfType", data_type, limits | {"limit": data_type.min_count}),)
    return ()


def file_issues(
    data_type: DataType, content_type: str | None, size: int, filename: str | None, element_id: UUID | None = None
) -> tuple[Issue, ...]:
    """What an upload is checked for: content type, size in bytes, name."""
    found = dict(_content_problems(data_type, content_type, size))
    if not filename or not filename.strip():
        found["MissingFileName"] = {}
    elif _BAD_NAME.search(filename) or len(filename.encode("utf-8", "surrogatepass")) > MAX_FILE_NAME:
        found["InvalidFileNameFormat"] = {}
    return tuple(_file_issue(code, parameters, element_id) for code, parameters in found.items())


def _element_issues(
    version: AppVersion, data_type: DataType, element: DataElement, wanted: frozenset[Source]
) -> Iterator[Issue]:
    for source, issues in _SOURCES.items():
        if source in wanted:
            yield from issues(version, data_type, element)


def _task_issue(code: str, data_type: DataType, parameters: Mapping[str, object]) -> Issue:
    return Issue(code=code, source=Source.TASK, field=data_type.id, message=message(code, parameters))


# ------------------------------------------------------------------------------------------------------------- files


def _of_file(version: AppVersion, data_type: DataType, element: DataElement) -> Iterator[Issue]:
    if data_type.is_form:
        return
    found = dict(_content_problems(data_type, element.content_type, element.size))
    if element.file_scan is FileScan.INFECTED:
        found["DataElementFileInfected"] = {}
    if element.file_scan is FileScan.PENDING and data_type.validation_error_on_pending_file_scan:
        found["DataElementFileScanPending"] = {}
    for code, parameters in found.items():
        yield _file_issue(code, parameters, element.element_id)


def _content_problems(
    data_type: DataType, content_type: str | None, size: int
) -> Iterator[tuple[str, Mapping[str, object]]]:
    if not content_type:
        yield "MissingContentType", {}
    elif not data_type.allows_content_type(content_type):
        yield "ContentTypeNotAllowed", {"found": content_type.partition(";")[0].strip()}
    if data_type.max_size is not None and size > data_type.max_size:
        yield "DataElementTooLarge", {"limit": data_type.max_size // MEBIBYTE}


def _file_issue(code: str, parameters: Mapping[str, object], element_id: UUID | None) -> Issue:
    return Issue(code=code, source=Source.FILE, data_element_id=element_id, message=message(code, parameters))


# -------------------------------------------------------------------------------------------------------- data model


def _of_model(version: AppVersion, data_type: DataType, element: DataElement) -> Iterator[Issue]:
    if data_type.is_form:
        yield from validate_document(version, data_type.id, document_of(element), element.element_id)


def _relevant(document: Json) -> Json:
    """Without nulls, objects that hold nothing, and row ids; rows keep their place."""
    if isinstance(document, dict):
        kept = {name: _relevant(value) for name, value in document.items() if name != ROW_ID and value is not None}
        return {name: value for name, value in kept.items() if value != {}}
    return [_relevant(item) for item in document] if isinstance(document, list) else document


def _schema_issues(error: jsonschema_rs.ValidationError, element_id: UUID | None) -> Iterator[Issue]:
    code, at = error.kind.name, tuple(error.instance_path)
    parameters = cast("dict[str, object]", error.kind.as_dict())
    for steps in _places(code, at, parameters):
        yield Issue(
            code=code,
            source=Source.DATA_MODEL,
            field=paths.show(steps) or None,
            data_element_id=element_id,
            message=message(code, _named(code, parameters)),
        )


def _places(code: str, at: tuple[paths.Step, ...], parameters: Mapping[str, object]) -> list[tuple[paths.Step, ...]]:
    """The fields that an error is about: the missing one, each that is too much, else the value itself."""
    if code == "required":
        return [(*at, str(parameters.get("property")))]
    unexpected = parameters.get("unexpected")
    if code in _UNEXPECTED and isinstance(unexpected, list):
        return [(*at, str(name)) for name in cast("list[object]", unexpected)]
    return [at]


def _named(code: str, parameters: Mapping[str, object]) -> Mapping[str, object]:
    return {"value": parameters.get("expected_value")} if code == "const" else parameters


_SOURCES: Mapping[Source, Callable[[AppVersion, DataType, DataElement], Iterator[Issue]]] = {
    Source.FILE: _of_file,
    Source.DATA_MODEL: _of_model,
}
