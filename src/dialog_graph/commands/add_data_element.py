"""Uploads: a new data element, or new content of one, from a form document or a stored file (process engine §6.5).

The caller streams the bytes first; `check_upload` asks everything beforehand so that nobody stores a file that will be
refused, and the command asks again under the lock.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from dialog_graph.apps import DataType, document_of
from dialog_graph.apps.form_data.documents import changed_paths, max_bytes, read_wire
from dialog_graph.apps.validation.gate import file_issues
from dialog_graph.commands.step import Given, Work, in_step
from dialog_graph.commands.step.documents import Stored, blank, put, store_document
from dialog_graph.commands.step.frame import actor_key, check_key
from dialog_graph.commands.step.roads import Road, data_type_of, permit_write
from dialog_graph.errors import NOT_FOUND, Refusal, Refused, refuse
from dialog_graph.model.instance import DataElement
from dialog_graph.model.principal import Principal
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports
from dialog_graph.storage import idempotency
from dialog_graph.storage.blobs import Blob


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(Given):
    """`data_element_id` for new content of an element, else `data_type` for a new one.

    `content_type` without parameters; `filename` is a display text, never a path. `content_sha256` makes a repeat with
    other bytes another request.
    """

    data_type: str | None = None
    data_element_id: UUID | None = None
    content_type: str
    filename: str | None = None
    content_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadResult:
    """The element that was written; `changed_paths` and `unfit` of form data as in `WriteFormDataResult`."""

    instance_id: UUID
    data_element_id: UUID
    is_new: bool
    changed_paths: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRules:
    """What the bytes may be: largest size, and whether they are form data (read whole) or a file (streamed).

    `is_repeat`: the key has an outcome already; the bytes are only compared with those of the first time.
    """

    org: str
    max_bytes: int
    is_form: bool
    is_repeat: bool = False


async def _asked(work: Work, given: Upload) -> tuple[Permit, DataType, DataElement | None]:
    existing = None if given.data_element_id is None else work.element(given.data_element_id)
    name = given.data_type if existing is None else existing.data_type
    if name is None:
        raise Refused(NOT_FOUND)
    permit = await permit_write(work, name, existing, Road.CREATE if existing is None else Road.REPLACE)
    return permit, data_type_of(work, name), existing


def _named(given: Upload, existing: DataElement | None) -> Upload:
    """New content without a name keeps the old one."""
    return replace(given, filename=given.filename or (existing and existing.filename))


async def _is_repeat(ports: Ports, principal: Principal, given: Upload) -> bool:
    """True when the key has an outcome, which is to be found again whatever has happened to the instance since."""
    if given.idempotency_key is None:
        return False
    async with ports.database.transaction(principal) as tx:
        return await idempotency.is_known(tx, str(given.instance_id), actor_key(principal), given.idempotency_key)


async def check_upload(ports: Ports, principal: Principal, given: Upload) -> UploadRules:
    """Would the upload be accepted? Writes nothing."""
    check_key(given.idempotency_key)
    if await _is_repeat(ports, principal, given):
        return UploadRules(org="", max_bytes=ports.settings.max_upload, is_form=True, is_repeat=True)

    async def body(work: Work) -> tuple[Permit, UploadRules]:
        permit, data_type, existing = await _asked(work, given)
        if data_type.is_form:
            limit = max_bytes(data_type)
        else:
            _refuse_file(data_type, _named(given, existing), size=1)
            limit = data_type.max_size or ports.settings.max_upload
        return permit, UploadRules(org=work.instance.org, max_bytes=limit, is_form=data_type.is_form)

    return await in_step(ports, principal, replace(given, idempotency_key=None), UploadRules, body)


def _refuse_file(data_type: DataType, given: Upload, size: int) -> None:
    issues = file_issues(data_type, given.content_type, size, given.filename)
    if issues:
        raise Refused(Refusal(code="VALIDATION_FAILED", issues=issues))


async def add_data_element(
    ports: Ports, principal: Principal, given: Upload, content: Blob | bytes | None
) -> UploadResult:
    """Stores form data (`bytes`, JSON or XML) or the metadata of a file whose bytes are stored already.

    None for a request whose key has an outcome. A file that was received once more under a known key is deleted again:
    the first one stands.
    """
    is_repeat = True

    async def body(work: Work) -> tuple[Permit, UploadResult]:
        nonlocal is_repeat
        is_repeat = False
        if content is None:
            raise refuse("TEMPORARY", "the outcome of an earlier request", "it is no longer kept")
        permit, data_type, existing = await _asked(work, given)
        if isinstance(content, bytes):
            stored, changed = _form(work, data_type, existing, (given.content_type, content))
        else:
            stored, changed = Stored(_file(work, data_type, existing, (given, content))), ()
        result = UploadResult(
            instance_id=work.instance.instance_id,
            data_element_id=stored.element.element_id,
            is_new=existing is None,
            changed_paths=changed,
            unfit=stored.unfit,
        )
        return permit, result

    result = await in_step(ports, principal, given, UploadResult, body)
    if is_repeat and isinstance(content, Blob):
        await ports.blobs.delete(content.key)
    return result


def _form(
    work: Work, data_type: DataType, existing: DataElement | None, sent: tuple[str, bytes]
) -> tuple[Stored, tuple[str, ...]]:
    """The stored document, and where it differs from the one that was sent."""
    if not data_type.is_form:
        raise Refused(Refusal(code="INVALID_INPUT", expected="a data type with form data", path=("dataType",)))
    document = read_wire(work.version, data_type.id, *sent)
    if isinstance(document, Refusal):
        raise Refused(document)
    stored = store_document(work, data_type, document, existing)
    return stored, changed_paths(document, document_of(stored.element))


def _file(work: Work, data_type: DataType, existing: DataElement | None, sent: tuple[Upload, Blob]) -> DataElement:
    given, blob = _named(sent[0], existing), sent[1]
    if data_type.is_form:
        raise Refused(Refusal(code="INVALID_INPUT", expected="a data type for files", path=("dataType",)))
    _refuse_file(data_type, given, blob.size)
    element = replace(
        existing or blank(work, data_type),
        content_type=given.content_type,
        filename=given.filename,
        size=blob.size,
        sha256=blob.sha256,
        blob_key=blob.key,
        updated_at=work.now,
    )
    return put(work, element, existing)
