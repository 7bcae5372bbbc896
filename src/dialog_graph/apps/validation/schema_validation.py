"""Validates documents by their JSON Schema: the source `DataModel` (app folder §10.3)."""

from collections.abc import Iterator, Mapping
from typing import cast
from uuid import UUID

import jsonschema_rs

from dialog_graph.apps.contents import paths
from dialog_graph.apps.form_data.xml_form import ROW_ID
from dialog_graph.apps.validation_texts import message
from dialog_graph.apps.version import AppVersion
from dialog_graph.errors import Issue
from dialog_graph.model.json_value import Json

SOURCE = "DataModel"
MAX_ISSUES = 1_000
_UNEXPECTED = ("additionalProperties", "unevaluatedProperties")


def validate_document(
    version: AppVersion, data_type: str, document: Json, element_id: UUID | None = None
) -> tuple[Issue, ...]:
    """What JSON Schema says of a document. Nulls, empty objects and row ids do not count."""
    model = version.models.get(data_type)
    if model is None or model.validator is None:
        return ()
    errors = model.validator.iter_errors(_relevant(document))
    return tuple(issue for error in errors for issue in _schema_issues(error, element_id))[:MAX_ISSUES]


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
            source=SOURCE,
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
