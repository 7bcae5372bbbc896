"""Form data and files on their way into a step: bytes, hash, revision, events, derived texts.

Every write of form data stores the canonical JSON and, for XML types, the XML, so that `sha256` is at any time of the
bytes that a download delivers (app folder rules §6.2).
"""

import hashlib
from dataclasses import dataclass, replace
from types import MappingProxyType
from uuid import UUID

from dialog_graph.apps import DataType, document_of
from dialog_graph.apps.form_data.calculate import calculate
from dialog_graph.apps.form_data.documents import add_row_ids, data_values, presentation_texts, wire
from dialog_graph.commands.step.work import Work
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.ids import from_random
from dialog_graph.model.instance import DataElement
from dialog_graph.model.json_value import Json

MAX_TOLD = 20
"""Fields that an event names; the answer of the write names all of them."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a document. `unfit`: fields whose calculation gave something that does not fit them (`DG7203`)."""

    element: DataElement
    unfit: tuple[str, ...] = ()


def new_id(work: Work) -> UUID:
    """A new UUIDv7 at the time of the step."""
    return from_random(work.now, work.ports.random_bytes(16))


def store_document(
    work: Work, data_type: DataType, document: Json, existing: DataElement | None, warnings: tuple[str, ...] = ()
) -> Stored:
    """Calculates and writes form data; does nothing when the bytes stay the same.

    After the calculations every row of a repeating group gets an id. `warnings`: of a prefill, told with the event.
    Refuses with `CALCULATION_FAILED`.
    """
    calculated = calculate(work.version, data_type.id, document, work.instance, work.owner)
    if isinstance(calculated, Refusal):
        raise Refused(calculated)
    result, _, findings = calculated
    work.ports.findings.add(work.version, findings)
    unfit = tuple(item.path for item in findings if item.path is not None)
    told = Told(prefill=warnings, calculation=unfit[:MAX_TOLD])
    return Stored(store_as_is(work, data_type, add_row_ids(result, lambda: new_id(work)), existing, told), unfit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an event tells beside the element: warnings of a prefill, fields that were not calculated."""

    prefill: tuple[str, ...] = ()
    calculation: tuple[str, ...] = ()


NOTHING = Told()


def store_as_is(
    work: Work, data_type: DataType, document: Json, existing: DataElement | None, told: Told = NOTHING
) -> DataElement:
    """Writes form data into its element, or into a new one; does nothing when the bytes stay the same."""
    json_bytes, xml = wire(work.version, data_type.id, document)
    delivered = json_bytes if xml is None else xml
    if existing is not None and (existing.document, existing.xml) == (json_bytes, xml):
        return existing
    base = existing or replace(blank(work, data_type), is_form=True, content_type=data_type.wire_content_type)
    element = replace(
        base,
        size=len(delivered),
        sha256=hashlib.sha256(delivered).hexdigest(),
        document=json_bytes,
        xml=xml,
        updated_at=work.now,
    )
    return put(work, element, existing, told)


def blank(work: Work, data_type: DataType) -> DataElement:
    """A new element of the type, still without content."""
    return DataElement(
        element_id=new_id(work),
        data_type=data_type.id,
        task_id=data_type.task_id,
        content_type="",
        size=0,
        sha256="",
        created_at=work.now,
        updated_at=work.now,
        created_by=work.actor,
        is_read=not work.is_owner,
    )


def put(work: Work, element: DataElement, existing: DataElement | None, told: Told = NOTHING) -> DataElement:
    """Adds a data element, or replaces the content of an existing one, and tells of it."""
    stored = element if existing is None else replace(element, revision=existing.revision + 1)
    work.put_element(stored, content=True)
    _tell(work, "app.instance.data.created" if existing is None else "app.instance.data.updated", stored, told)
    refresh_texts(work)
    return stored


def remove(work: Work, element: DataElement) -> None:
    """Deletes a data element (its row stays, marked) and tells of it."""
    lifted = replace(element, lock=type(element.lock).NONE, deleted_at=work.now, updated_at=work.now)
    work.put_element(lifted, content=False)
    _tell(work, "app.instance.data.deleted", element)
    refresh_texts(work)


def _tell(work: Work, event: str, element: DataElement, told: Told = NOTHING) -> None:
    details: dict[str, Json] = {
        "elementId": str(element.element_id),
        "dataType": element.data_type,
        "sha256": element.sha256,
        "revision": element.revision,
    }
    if told.prefill:
        details["prefillWarnings"] = list(told.prefill)
    if told.calculation:
        details["calculationWarnings"] = list(told.calculation)
    work.record(event, data=details, element_id=element.data_type)


def refresh_texts(work: Work) -> None:
    """Presentation texts and data values follow the data (app folder rules §4.1)."""
    forms = {item.data_type: document_of(item) for item in work.instance.elements if item.document is not None}
    shown = {name: text for name, text in work.instance.presentation_texts.items() if name not in _declared(work)}
    kept = {name: text for name, text in work.instance.data_values.items() if name not in _declared(work)}
    work.change(
        presentation_texts=MappingProxyType(shown | presentation_texts(work.version, forms)),
        data_values=MappingProxyType(kept | data_values(work.version, forms)),
    )


def _declared(work: Work) -> frozenset[str]:
    metadata = work.version.metadata
    return frozenset(item.id for item in (*metadata.presentation_fields, *metadata.data_fields))
