"""Binary data over HTTP: upload, overwrite and download of data elements (security rules §10.3, event rules §4).

Uploads stream to disk and are asked about twice: before the first byte is stored, and again by the command that writes
the row. Downloads check every byte against the hash that was stored with it.
"""

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import quote
from uuid import UUID

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from dialog_graph.access import urls
from dialog_graph.commands.add_data_element import Upload, UploadResult, UploadRules, add_data_element, check_upload
from dialog_graph.commands.record_download import record_download
from dialog_graph.errors import NOT_FOUND, Issue, Refusal, Refused, refuse
from dialog_graph.model.content_type import display_name, is_consistent
from dialog_graph.model.instance import DataElement, FileScan
from dialog_graph.model.principal import Principal
from dialog_graph.ports import Ports
from dialog_graph.reads import forms, instance_details, instances
from dialog_graph.storage import faults
from dialog_graph.storage.blobs import Blob

Identify: TypeAlias = Callable[[Request], Awaitable[Principal]]
"""Who sends the request; raises `Refused` for bad tokens, gives the anonymous caller without one."""

IDLE_SECONDS, MAX_SECONDS = 60, 900
"""How long a body may pause, and how long it may take (security rules §10.3)."""

SNIFFED = 4096
"""Bytes at the beginning that must fit the declared content type."""


@dataclass(frozen=True, slots=True)
class Data:
    """The routes' shared means."""

    ports: Ports
    identify: Identify
    known: Identify

    async def create(self, request: Request) -> Response:
        """POST /instances/{id}/data?dataType=…&filename=…"""
        given = _upload(request, data_type=request.query_params.get("dataType"))
        if not given.data_type:
            raise Refused(Refusal(code="INVALID_INPUT", expected="the parameter dataType", path=("dataType",)))
        return await self._store(request, given)

    async def overwrite(self, request: Request) -> Response:
        """PUT /instances/{id}/data/{elementId}"""
        return await self._store(request, _upload(request, element=_uuid(request, "element_id")))

    async def _store(self, request: Request, given: Upload) -> Response:
        principal = await self.known(request)
        rules = await check_upload(self.ports, principal, given)
        if rules.is_repeat:
            return await self._repeated(request, principal, given, rules.max_bytes)
        content = await self._received(request, given, rules)
        sha256 = content.sha256 if isinstance(content, Blob) else hashlib.sha256(content).hexdigest()
        faults.passed("after-blob")
        try:
            result = await add_data_element(self.ports, principal, replace(given, content_sha256=sha256), content)
        except Refused as refused:
            # After a lost connection nobody knows whether the row was committed: then the file stays for the sweep.
            if isinstance(content, Blob) and not refused.refusal.rule.retryable:
                await self.ports.blobs.delete(content.key)
            raise
        return await self._told(principal, result)

    async def _repeated(self, request: Request, principal: Principal, given: Upload, cap: int) -> Response:
        """The answer of the first time, for the same bytes; they are hashed and not kept."""
        digest, size = hashlib.sha256(), 0
        async for chunk in _timely(request.stream()):
            digest.update(chunk)
            size += len(chunk)
            if size > cap:
                raise refuse("PAYLOAD_TOO_LARGE", f"at most {cap} bytes")
        result = await add_data_element(self.ports, principal, replace(given, content_sha256=digest.hexdigest()), None)
        return await self._told(principal, result)

    async def _received(self, request: Request, given: Upload, rules: UploadRules) -> Blob | bytes:
        if rules.is_form:
            return await _whole(_timely(request.stream()), rules.max_bytes)
        chunks = _sniffed(_timely(request.stream()), given.content_type)
        blob = await self.ports.blobs.receive(rules.org, chunks, rules.max_bytes)
        if blob.size == 0:
            await self.ports.blobs.delete(blob.key)
            raise Refused(Refusal(code="INVALID_INPUT", expected="a body", actual="it is empty", path=("body",)))
        return blob

    async def _told(self, principal: Principal, result: UploadResult) -> Response:
        async with self.ports.database.snapshot(principal) as snapshot:
            instance = await instances.one(self.ports, snapshot, result.instance_id)
            if instance is None:
                return JSONResponse({"dataElement": {"id": str(result.data_element_id)}}, 200)
            written = await forms.written(self.ports, snapshot, instance, result)
        status = 201 if result.is_new else 200
        if written is None:
            return JSONResponse({"dataElement": {"id": str(result.data_element_id)}}, status)
        body = {
            "dataElement": element_json(written.element),
            "instanceRevision": instance.revision,
            "issues": [_issue(issue) for issue in written.issues],
            **_stored(written.element, result),
        }
        return Response(
            orjson.dumps(body), status, media_type="application/json", headers={"Cache-Control": "no-store"}
        )

    async def download(self, request: Request) -> Response:
        """GET /data/{elementId}, by a signed address or a token."""
        element_id = _uuid(request, "element_id")
        principal, wanted = await self._downloader(request, element_id)
        element = await self._readable(principal, element_id)
        if wanted is not None and wanted != element.sha256:
            raise Refused(NOT_FOUND)
        _refuse_unscanned(request, principal, element)
        etag = f'"{element.sha256}"'
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={"ETag": etag, "Cache-Control": _HEADERS["Cache-Control"]})
        answer = await self._delivered(request, element)
        if principal.is_org or not element.is_read:
            await record_download(self.ports, principal, element)
        return answer

    async def _downloader(self, request: Request, element_id: UUID) -> tuple[Principal, str | None]:
        """Who downloads, and which version a signed address was made for."""
        if "signature" not in request.query_params:
            return await self.known(request), None
        query: Mapping[str, str] = dict(request.query_params)
        return urls.check(self.ports.keys, element_id, query, int(time.time())), urls.version(query)

    async def _readable(self, principal: Principal, element_id: UUID) -> DataElement:
        async with self.ports.database.snapshot(principal) as snapshot:
            found = await instance_details.of_element(self.ports, snapshot, element_id)
            if found is None:
                raise Refused(NOT_FOUND)
            return found

    async def _delivered(self, request: Request, element: DataElement) -> Response:
        headers = {**_HEADERS, "ETag": f'"{element.sha256}"', "Repr-Digest": _digest(element.sha256)}
        headers["Content-Disposition"] = _disposition(element)
        # As it was stored: given as a media type, texts would be called UTF-8.
        headers["Content-Type"] = element.content_type
        # A client that has the beginning of another version gets the whole.
        is_same = request.headers.get("if-range", headers["ETag"]) == headers["ETag"]
        start, end = _range(request.headers.get("range") if is_same else None, element.size)
        status = 200 if (start, end) == (0, element.size) else 206
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{element.size}"
        headers["Content-Length"] = str(end - start)
        if element.wire is not None:
            whole = _checked(element, element.wire)
            return Response(whole[start:end], status, headers)
        assert element.blob_key is not None, "an element has a document or a blob"
        blob = Blob(key=element.blob_key, size=element.size, sha256=element.sha256)
        # The first piece is read before the answer begins, so that damaged small files are refused as a whole.
        pieces = self.ports.blobs.read(blob, start, end)
        first = await anext(pieces, b"")
        return StreamingResponse(_rest(first, pieces), status, headers)


_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
    "Accept-Ranges": "bytes",
}


def _uuid(request: Request, name: str) -> UUID:
    text: str = request.path_params[name]
    try:
        return UUID(text)
    except ValueError:
        raise Refused(NOT_FOUND) from None


def _upload(request: Request, *, data_type: str | None = None, element: UUID | None = None) -> Upload:
    revision = request.query_params.get("expectedRevision")
    if revision is not None and not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        raise Refused(Refusal(code="INVALID_INPUT", expected="a whole number", path=("expectedRevision",)))
    return Upload(
        instance_id=_uuid(request, "instance_id"),
        expected_revision=None if revision is None else int(revision),
        idempotency_key=request.headers.get("idempotency-key"),
        data_type=data_type,
        data_element_id=element,
        content_type=request.headers.get("content-type", "").partition(";")[0].strip().lower(),
        filename=display_name(request.query_params.get("filename")),
    )


async def _timely(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The body, as long as it goes on coming. Raises `Refused(TIMEOUT)`; a client that has gone is told nothing."""
    pieces, clock = aiter(chunks), asyncio.get_running_loop().time
    end = clock() + MAX_SECONDS
    try:
        while (chunk := await asyncio.wait_for(anext(pieces, None), min(IDLE_SECONDS, end - clock()))) is not None:
            yield chunk
    except TimeoutError:
        raise refuse("TIMEOUT", f"a body within {MAX_SECONDS} seconds, without pauses of {IDLE_SECONDS}") from None
    except ClientDisconnect:
        raise refuse("INVALID_INPUT", "the whole body", "the connection was closed") from None


async def _whole(chunks: AsyncIterator[bytes], cap: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > cap:
            raise refuse("PAYLOAD_TOO_LARGE", f"at most {cap} bytes")
    return bytes(body)


async def _sniffed(chunks: AsyncIterator[bytes], declared: str) -> AsyncGenerator[bytes, None]:
    """Passes the bytes on once their beginning fits the declared content type."""
    head = bytearray()
    is_checked = False
    async for chunk in chunks:
        if is_checked:
            yield chunk
            continue
        head += chunk
        if len(head) >= SNIFFED:
            _refuse_other_type(bytes(head), declared)
            is_checked = True
            yield bytes(head)
    if not is_checked and head:
        _refuse_other_type(bytes(head), declared)
        yield bytes(head)


def _refuse_other_type(head: bytes, declared: str) -> None:
    if not is_consistent(declared, head[:SNIFFED]):
        raise refuse("UNSUPPORTED_MEDIA_TYPE", f"content of the type {declared}", "the bytes are something else")


def _issue(issue: Issue) -> dict[str, object]:
    """A finding in all languages."""
    return {
        "code": issue.code,
        "severity": issue.severity.value,
        "field": issue.field,
        "source": issue.source,
        "message": dict(issue.message),
    }


def _stored(element: DataElement, result: UploadResult) -> dict[str, object]:
    """Form data comes back where it is not as it was sent: calculated fields, row ids, defaults."""
    if element.document is None:
        return {}
    stored: dict[str, object] = {"changedPaths": list(result.changed_paths)}
    return stored | ({"formData": orjson.Fragment(element.document)} if result.changed_paths else {})


def element_json(element: DataElement) -> dict[str, object]:
    """An element as the upload's answer shows it."""
    return {
        "id": str(element.element_id),
        "type": element.data_type,
        "contentType": element.content_type,
        "filename": element.filename,
        "size": element.size,
        "sha256": element.sha256,
        "revision": element.revision,
        "fileScan": element.file_scan.value,
    }


def _refuse_unscanned(request: Request, principal: Principal, element: DataElement) -> None:
    if element.file_scan is FileScan.INFECTED:
        raise refuse("INFECTED")
    accepts = principal.is_org and request.query_params.get("acceptUnscanned") == "true"
    if element.file_scan is FileScan.PENDING and not accepts:
        raise refuse("SCAN_PENDING")


def _digest(sha256: str) -> str:
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def _disposition(element: DataElement) -> str:
    suffix = ".xml" if element.xml is not None else ".json"
    name = element.filename or element.data_type + ("" if element.blob_key else suffix)
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _checked(element: DataElement, wire: bytes) -> bytes:
    if hashlib.sha256(wire).hexdigest() != element.sha256:
        raise refuse("INTEGRITY")
    return wire


_NUMBER = re.compile(r"[0-9]{1,15}\Z")


def _range(header: str | None, size: int) -> tuple[int, int]:
    """The one range asked for, else the whole; what cannot be read counts as no range (RFC 9110)."""
    unit, _, spec = (header or "").partition("=")
    first, dash, last = spec.strip().partition("-")
    if unit.strip().lower() != "bytes" or not dash or not all(_NUMBER.match(part) for part in (first, last) if part):
        return 0, size
    if not first:
        start, end = max(size - int(last or size), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    return (start, end) if start < end else (0, size)


async def _rest(first: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    yield first
    async for piece in pieces:
        yield piece


def routes(data: Data) -> list[Route]:
    """The three addresses of binary data."""
    return [
        Route("/instances/{instance_id}/data", data.create, methods=["POST"]),
        Route("/instances/{instance_id}/data/{element_id}", data.overwrite, methods=["PUT"]),
        Route("/data/{element_id}", data.download, methods=["GET"]),
    ]
