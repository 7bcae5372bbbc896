"""Form data: new documents, the bytes that are stored and delivered, patches, values shown on the instance.

The JSON document is the stored truth; for XML types the XML is made from it at every write (app folder §6.2, §6.3,
§7). Documents are plain `Json`, with `Decimal` where the sender wrote a fraction.
"""

from collections.abc import Mapping

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.metadata import JSON, XML, DataType, ModelField
from dialog_graph.apps.contents.models import Model
from dialog_graph.apps.contents.shapes import Kind, Shape
from dialog_graph.apps.form_data.conversion import NotConvertible, converted
from dialog_graph.apps.form_data.patches import apply_patch
from dialog_graph.apps.form_data.row_ids import add_row_ids, strip_row_ids
from dialog_graph.apps.form_data.xml_form import ROW_ID, fits_xml, from_xml, to_xml
from dialog_graph.apps.version import AppVersion
from dialog_graph.errors import Refusal
from dialog_graph.model import safe_xml, strict_json
from dialog_graph.model.json_value import Json

__all__ = [
    "MAX_FORM_BYTES",
    "ROW_ID",
    "add_row_ids",
    "apply_patch",
    "changed_paths",
    "check_document",
    "data_values",
    "max_bytes",
    "new_document",
    "presentation_texts",
    "read_wire",
    "strip_row_ids",
    "wire",
]

MAX_FORM_BYTES = 10 << 20
_MAX_DEFAULT_DEPTH = 32
_XML_TYPES = (XML, "text/xml")


def model_of(version: AppVersion, data_type: str) -> Model:
    """The model of a form data type; an open one for a type that has none."""
    return version.models.get(data_type) or Model(root_name=data_type)


def max_bytes(data_type: DataType) -> int:
    """Largest body of form data of this type, in bytes."""
    return min(data_type.max_size or MAX_FORM_BYTES, MAX_FORM_BYTES)


# ------------------------------------------------------------------------------------------------------ new documents


def new_document(version: AppVersion, data_type: str, prefill: Json = None) -> tuple[Json, tuple[str, ...]]:
    """An empty document with the schema's defaults and the caller's prefill, and a warning per value that has no place.

    `prefill`: `{path: scalar}`, or `{data type id: {path: scalar}}` when every key is the id of a data type. Row ids
    are added by the write.
    """
    shape = model_of(version, data_type).shape
    document = _defaults(shape, 0)
    warnings: list[str] = []
    for path, value in _prefill_of(version, data_type, prefill).items():
        problem = _fill(document, shape, path, value)
        if problem:
            warnings.append(f"{path}: {problem}")
    return document, tuple(warnings)


def _defaults(shape: Shape, depth: int) -> dict[str, Json]:
    document: dict[str, Json] = {}
    for name, member in shape.members.items():
        if member.default is not None:
            document[name] = member.default
        elif member.kind is Kind.OBJECT and depth < _MAX_DEFAULT_DEPTH:
            inner = _defaults(member, depth + 1)
            document |= {name: inner} if inner else {}
    return document


def _prefill_of(version: AppVersion, data_type: str, prefill: Json) -> Mapping[str, Json]:
    if not isinstance(prefill, dict) or not prefill:
        return {}
    if all(name in version.data_types for name in prefill):
        own = prefill.get(data_type)
        return own if isinstance(own, dict) else {}
    return prefill


def _fill(document: Json, shape: Shape, path: str, value: Json) -> str | None:
    """Sets one value; says why it has no place."""
    steps = paths.parse(path)
    target = shape.at(steps) if steps else None
    if steps is None or target is None:
        return "no such field"
    if isinstance(value, (dict, list)):
        return "expected a scalar"
    if paths.get(document, steps) is not None:
        return None
    try:
        fitting = converted(value, target.kind)
        is_set = not shape.lacks_index(steps) and paths.put(document, steps, fitting)
    except NotConvertible:
        return f"expected {target.kind.value}"
    return None if is_set else "no such row"


# --------------------------------------------------------------------------------------------------------- the bytes


def wire(version: AppVersion, data_type: str, document: Json) -> tuple[bytes, bytes | None]:
    """The canonical JSON of a document, and its XML when the type is XML: the second is what a download delivers."""
    canonical = strict_json.canonical(document)
    if not version.data_types[data_type].is_xml:
        return canonical, None
    return canonical, to_xml(model_of(version, data_type), document)


def read_wire(version: AppVersion, data_type: str, content_type: str, body: bytes) -> "Json | Refusal":
    """The document of an uploaded body, JSON or (for XML types) XML.

    Refusals: `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE`, `BAD_JSON`, `INVALID_INPUT` (XML that cannot be read, or
    a document that is no object), `UNKNOWN_FIELD`.
    """
    declared = version.data_types[data_type]
    bare = content_type.partition(";")[0].strip().lower()
    accepted = (JSON, *_XML_TYPES) if declared.is_xml else (JSON,)
    if bare not in accepted:
        return Refusal(code="UNSUPPORTED_MEDIA_TYPE", expected=" or ".join(accepted), actual="it is something else")
    limit = max_bytes(declared)
    if len(body) > limit:
        return Refusal(code="PAYLOAD_TOO_LARGE", expected=f"at most {limit} bytes", actual=f"there are {len(body)}")
    if bare == JSON:
        value = strict_json.parse(body, max_bytes=limit, decimals=True)
        return value if isinstance(value, Refusal) else check_document(version, data_type, value)
    tree = safe_xml.parse(body, file="body", limits=safe_xml.FORM_LIMITS(limit))
    if isinstance(tree, tuple):
        place = f" at line {tree[0].line}" if tree[0].line else ""
        return Refusal(code="INVALID_INPUT", expected="XML", actual=f"{tree[0].message}{place}", path=("body",))
    return from_xml(model_of(version, data_type), tree)


def check_document(version: AppVersion, data_type: str, document: Json) -> "Json | Refusal":
    """The document, when it can be stored: an object, and for XML types of characters that XML can hold."""
    if not isinstance(document, dict):
        return Refusal(code="INVALID_INPUT", expected="an object", actual="it is something else", path=("data",))
    if version.data_types[data_type].is_xml and not _fits_xml(document):
        expected = "characters that XML can hold"
        return Refusal(code="INVALID_INPUT", expected=expected, actual="there is a control character", path=("data",))
    return document


def _fits_xml(document: Json) -> bool:
    if isinstance(document, dict):
        return all(_fits_xml(value) for value in document.values())
    if isinstance(document, list):
        return all(_fits_xml(value) for value in document)
    return not isinstance(document, str) or fits_xml(document)


def changed_paths(before: Json, after: Json) -> tuple[str, ...]:
    """Paths at which the documents differ; a row that only one of them has counts as one path."""
    return paths.differing(before, after)


# --------------------------------------------------------------------------------------------- values of the instance


def presentation_texts(version: AppVersion, documents: Mapping[str, Json]) -> dict[str, str]:
    """`presentationFields` by id, from the first document of each data type; fields without value are left out."""
    return _shown(version.metadata.presentation_fields, documents)


def data_values(version: AppVersion, documents: Mapping[str, Json]) -> dict[str, str]:
    """`dataFields` by id, from the first document of each data type; fields without value are left out."""
    return _shown(version.metadata.data_fields, documents)


def _shown(fields: tuple[ModelField, ...], documents: Mapping[str, Json]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in fields:
        steps = paths.parse(field.path)
        value = paths.get(documents.get(field.data_type), steps) if steps else None
        if value is not None:
            found[field.id] = value if isinstance(value, str) else strict_json.canonical(value).decode()
    return found
