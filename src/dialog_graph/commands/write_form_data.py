"""`writeFormData`: replaces or patches a form (process engine §8.2, app folder rules §6)."""

from dataclasses import dataclass
from uuid import UUID

from dialog_graph.apps import DataType, document_of
from dialog_graph.apps.form_data.documents import apply_patch, changed_paths, check_document, max_bytes
from dialog_graph.commands.step import Given, Work, in_step
from dialog_graph.commands.step.documents import store_document
from dialog_graph.commands.step.json_input import refuse_large, refuse_unfit
from dialog_graph.commands.step.roads import Road, data_type_of, permit_write
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.instance import DataElement
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteFormData(Given):
    """Exactly one of `data` and `patch` (RFC 6902), exactly one of `data_element_id` and `data_type`."""

    data_element_id: UUID | None = None
    data_type: str | None = None
    data: Json = None
    patch: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteFormDataResult:
    """`changed_paths`: where the stored document differs from what was sent; `unfit`: fields that keep what they had,
    because the result of their calculation does not fit them.
    """

    instance_id: UUID
    data_element_id: UUID
    changed_paths: tuple[str, ...]
    unfit: tuple[str, ...] = ()


def _check_choice(given: WriteFormData) -> None:
    choices = (
        ("data", "patch", given.data, given.patch),
        ("dataElementId", "dataType", given.data_element_id, given.data_type),
    )
    for one, other, first, second in choices:
        if (first is None) == (second is None):
            raise Refused(Refusal(code="INVALID_INPUT", expected=f"exactly one of {one} and {other}", path=(one,)))


def _addressed(work: Work, given: WriteFormData) -> tuple[DataType, DataElement | None]:
    if given.data_element_id is not None:
        element = work.element(given.data_element_id)
        return _form_type(work, element.data_type), element
    data_type = _form_type(work, given.data_type or "")
    existing = work.of_type(data_type.id)
    if len(existing) > 1:
        refusal = Refusal(
            code="INVALID_INPUT",
            expected="dataElementId",
            actual=f"the type {data_type.id} has {len(existing)} elements",
            path=("dataElementId",),
        )
        raise Refused(refusal)
    return data_type, existing[0] if existing else None


def _form_type(work: Work, name: str) -> DataType:
    data_type = data_type_of(work, name)
    if not data_type.is_form:
        refusal = Refusal(
            code="INVALID_INPUT",
            expected="a data type with form data",
            actual=f"{name} takes files, by POST /instances/{{id}}/data",
            path=("dataType",),
        )
        raise Refused(refusal)
    return data_type


def _sent(given: WriteFormData, existing: DataElement | None) -> Json:
    """The document as the caller wants it."""
    if given.patch is None:
        if not isinstance(given.data, dict):
            raise Refused(Refusal(code="INVALID_INPUT", expected="a JSON object", path=("data",)))
        return given.data
    if existing is None:
        raise Refused(
            Refusal(
                code="INVALID_INPUT", expected="existing form data to patch", actual="there is none", path=("patch",)
            )
        )
    patched = apply_patch(document_of(existing), given.patch)
    if isinstance(patched, Refusal):
        raise Refused(patched)
    return patched


async def write_form_data(ports: Ports, principal: Principal, given: WriteFormData) -> WriteFormDataResult:
    """Stores the document; validation issues never block it."""
    _check_choice(given)
    refuse_unfit(given.data, "data")
    refuse_unfit(given.patch, "patch")

    async def body(work: Work) -> tuple[Permit, WriteFormDataResult]:
        data_type, existing = _addressed(work, given)
        road = Road.CREATE if existing is None else Road.REPLACE
        permit = await permit_write(work, data_type.id, existing, road)
        if given.patch is not None:
            await work.require_readable(data_type)
        sent = _sent(given, existing)
        refuse_large(sent, max_bytes(data_type))
        checked = check_document(work.version, data_type.id, sent)
        if isinstance(checked, Refusal):
            raise Refused(checked)
        stored = store_document(work, data_type, checked, existing)
        result = WriteFormDataResult(
            instance_id=work.instance.instance_id,
            data_element_id=stored.element.element_id,
            changed_paths=changed_paths(sent, document_of(stored.element)),
            unfit=stored.unfit,
        )
        return permit, result

    return await in_step(ports, principal, given, WriteFormDataResult, body)
