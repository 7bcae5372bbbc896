"""Finds, reads and compiles the data models of an app (app folder §6.1)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import jsonschema_rs

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.metadata import DataType
from dialog_graph.apps.contents.models import Model
from dialog_graph.apps.contents.shapes import OPEN
from dialog_graph.apps.diagnostics import At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings, Json_, JsonObject, read_json
from dialog_graph.apps.readers.schema_shapes import (
    Schema,
    Steps,
    inside,
    references,
    resolve,
    root_pointer,
    schema_shape,
)
from dialog_graph.apps.readers.shape_differences import report_differences
from dialog_graph.apps.readers.xsd_shapes import Xsd, merged, read_xsd
from dialog_graph.model.json_value import Json

FOLDER = "models/"
_SCHEMA = ".schema.json"
_XSD = ".xsd"
_ADDRESS = "urn:dialog-graph:model"
_DRAFT_7 = "http://json-schema.org/draft-07/schema#"
_DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"
_DRAFTS = {
    _DRAFT_7: _DRAFT_7,
    _DRAFT_7.removesuffix("#"): _DRAFT_7,
    "https://json-schema.org/draft-07/schema#": _DRAFT_7,
    "http://json-schema.org/schema#": _DRAFT_7,
    "http://json-schema.org/schema": _DRAFT_7,
    _DRAFT_2020: _DRAFT_2020,
    f"{_DRAFT_2020}#": _DRAFT_2020,
}
_BACKTRACKS = 100_000
_FOLDED = re.compile(r"[-_.]")


def read_models(files: Files, data_types: Mapping[str, DataType], findings: Findings) -> Mapping[str, Model]:
    """The model of every form data type, by its id."""
    schemas = _Schemas(files, findings)
    models: dict[str, Model] = {}
    for data_type in data_types.values():
        if data_type.is_form:
            models[data_type.id] = _model(files, data_type, schemas, findings)
    used = {model.schema_file for model in models.values()}
    for path in files.matching(FOLDER, _SCHEMA):
        if path not in used:
            findings.add("DG5006", At(file=path))
    return MappingProxyType(models)


def find(files: Files, data_type: DataType, suffix: str) -> str | None:
    """The file of a data type's model, by the first rule that gives one."""
    present = [path.removeprefix(FOLDER).removesuffix(suffix) for path in files.matching(FOLDER, suffix)]
    class_name = (data_type.class_ref or "").rpartition(".")[2]
    wanted = [name for name in (data_type.schema_ref, data_type.id, class_name) if name]
    folded = {_fold(name): name for name in reversed(present)}
    for name in wanted:
        if name in present:
            return f"{FOLDER}{name}{suffix}"
    for name in wanted:
        if _fold(name) in folded:
            return f"{FOLDER}{folded[_fold(name)]}{suffix}"
    return f"{FOLDER}{present[0]}{suffix}" if len(present) == 1 else None


def _fold(name: str) -> str:
    return _FOLDED.sub("", name).lower()


def _model(files: Files, data_type: DataType, schemas: "_Schemas", findings: Findings) -> Model:
    path = find(files, data_type, _SCHEMA)
    xsd_file = _xsd_file(files, data_type, path)
    model = schemas.get(path) if path else None
    xsd = read_xsd(files, xsd_file, findings) if xsd_file else None
    if model is None and xsd is None:
        if path is None:
            findings.add("DG5001", At(file="config/applicationmetadata.json", line=data_type.line), id=data_type.id)
        return Model(root_name=data_type.id, schema_file=path)
    if model is not None and xsd is not None and path is not None and not model.is_open:
        report_differences(files, path, (model.shape, xsd.shape), findings)
    return _with_xsd(model or Model(root_name="", schema_file=path), xsd, xsd_file, data_type.id)


def _xsd_file(files: Files, data_type: DataType, schema_file: str | None) -> str | None:
    """The XSD that belongs to the schema; without a schema the one found by the same steps."""
    if schema_file is None:
        return find(files, data_type, _XSD)
    beside = schema_file.removesuffix(_SCHEMA) + _XSD
    return beside if beside in files.contents else None


def _with_xsd(model: Model, xsd: Xsd | None, xsd_file: str | None, data_type: str) -> Model:
    if xsd is None:
        return replace(model, root_name=model.root_name or data_type)
    return replace(
        model,
        root_name=model.root_name or xsd.root_name,
        shape=xsd.shape if model.is_open else merged(model.shape, xsd.shape),
        xsd_file=xsd_file,
        namespace=xsd.namespace,
        is_qualified=xsd.is_qualified,
    )


class _Schemas:
    """Schemas by path, each read once however many data types use it. `root_name` is "" where the schema has none."""

    def __init__(self, files: Files, findings: Findings) -> None:
        self.files = files
        self.findings = findings
        self.read: dict[str, Model | None] = {}

    def get(self, path: str) -> Model | None:
        if path not in self.read:
            self.read[path] = self._read(path)
        return self.read[path]

    def _read(self, path: str) -> Model | None:
        document = read_json(self.files, path, self.findings)
        value = document.value if document else None
        if document is None or not isinstance(value, dict):
            if document is not None:
                document.wrong("a JSON Schema")
            return None
        outside = {ref: place for ref, place in references(value) if not ref.startswith("#")}
        for ref, place in outside.items():
            self.findings.add("DG5003", _inside(document, place).at, ref=ref)
        self._report_names(document, value)
        root, name = root_pointer(value), value.get("@xsdRootElement")
        if not isinstance(resolve(value, root), dict):
            self.findings.add("DG5002", document.at, reason=f'the root "{root}" is no schema')
            return Model(root_name="", shape=OPEN, schema_file=path, schema=MappingProxyType(value))
        return Model(
            root_name=name if isinstance(name, str) else "",
            shape=schema_shape(value, root),
            validator=None if outside else self._compiled(document, value, root),
            schema_file=path,
            schema=MappingProxyType(value),
        )

    def _compiled(self, document: Json_, schema: Schema, root: str) -> jsonschema_rs.Validator | None:
        written = schema.get("$schema", _DRAFT_2020)
        draft = _DRAFTS.get(written) if isinstance(written, str) else None
        if draft is None:
            self.findings.add("DG5002", document.at, reason=f'unknown draft "{written}"')
            return None
        try:
            return compile_schema(schema, root, draft)
        except (ValueError, TypeError, jsonschema_rs.ReferencingError, RecursionError) as error:
            place = _place_of(error, schema)
            pointer = "".join(f"/{step}" for step in place)
            reason = " ".join(text for text in (pointer, str(error).partition("\n")[0]) if text)
            self.findings.add("DG5002", _inside(document, place).at, reason=reason)
            return None

    def _report_names(self, document: Json_, schema: Json) -> None:
        """Each name once, at its first place."""
        found: dict[str, Steps] = {}
        for place, value in inside(schema):
            properties = value.get("properties")
            for name in properties if isinstance(properties, dict) else ():
                if not paths.is_addressable(name):
                    found.setdefault(name, (*place, "properties"))
        for name, place in found.items():
            self.findings.add("DG5005", JsonObject(_inside(document, place)).key_at(name), name=name)


def _inside(document: Json_, place: Steps) -> Json_:
    """The node of a document at a place."""
    for step in place:
        document = document.child(step)
    return document


def _place_of(error: Exception, schema: Schema) -> Steps:
    """Where a schema does not compile; a reference to nothing stands in the text of its error only."""
    if isinstance(error, jsonschema_rs.ValidationError) and error.instance_path:
        return tuple(error.instance_path)
    dangling = ((ref, place) for ref, place in references(schema) if resolve(schema, ref) is None)
    return next((place for ref, place in dangling if ref.removeprefix("#") in str(error)), ())


def compile_schema(schema: Schema, root: str, draft: str = _DRAFT_2020) -> jsonschema_rs.Validator:
    """The validator of a schema's root. Raises ValueError and its kin for schemas that do not compile."""
    own = {name: value for name, value in schema.items() if name not in ("$id", "id")}
    registry = jsonschema_rs.Registry([(_ADDRESS, own | {"$schema": draft})], retriever=_refuse)
    kind = jsonschema_rs.Draft7Validator if draft == _DRAFT_7 else jsonschema_rs.Draft202012Validator
    return kind(
        {"$ref": _ADDRESS + root},
        registry=registry,
        validate_formats=True,
        pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACKS),
    )


def _refuse(address: str) -> "jsonschema_rs.JSONType":
    raise ValueError(f"expected references inside the file, but {address[:100]} is outside")
