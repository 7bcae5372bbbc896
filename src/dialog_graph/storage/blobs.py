"""Files of data elements, in a folder: written whole or not at all, and never delivered when they have changed.

A file is received under a temporary name, its bytes and its folders are on disk before the caller knows its key; what
the key names never changes afterwards. Keys begin with the org, so that tenants can be kept and removed apart. The
hash is checked with every read (security rules §10.3). All file work is done in threads.
"""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from dialog_graph.errors import Refusal, Refused
from dialog_graph.urns import is_org

CHUNK = 256 * 1024
"""Bytes per read."""

VERIFY_FIRST = 8 * 1024 * 1024
"""Up to this size nothing is sent before the whole hash agrees; of larger files the last chunk is withheld."""

_KEY = re.compile(r"[a-z][a-z0-9-]{1,29}/[0-9a-f]{2}/[0-9a-f]{32}\Z")
_INCOMING = "incoming"
_CHANGED = Refusal(code="INTEGRITY", expected="the bytes that were stored", actual="they are gone or have changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A stored file. `size` in bytes, `sha256` in lower-case hexadecimal."""

    key: str
    size: int
    sha256: str


class _Incoming:
    """A file being received: written, counted and hashed piece by piece; blocking, for threads."""

    def __init__(self, root: Path, org: str) -> None:
        name = uuid4().hex
        self.key = f"{org}/{name[:2]}/{name}"
        self.size = 0
        self._final = root / self.key
        self._temporary = root / _INCOMING / name
        self._hash = hashlib.sha256()
        _make_folder(self._temporary.parent)
        self._file: BinaryIO = os.fdopen(os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._hash.update(chunk)
        self._file.write(chunk)

    def finish(self) -> Blob:
        """Bytes, then name, then folder: after a power cut there is either the whole file or nothing."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        _make_folder(self._final.parent)
        self._temporary.rename(self._final)
        _sync_folder(self._final.parent)
        return Blob(key=self.key, size=self.size, sha256=self._hash.hexdigest())

    def drop(self) -> None:
        """Leaves nothing behind, also when the rename has been done already."""
        self._file.close()
        for path in (self._temporary, self._final):
            with suppress(FileNotFoundError):
                path.unlink()


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Reader:
    """One pass over a stored file, hashing; blocking, for threads."""

    def __init__(self, path: Path, blob: Blob) -> None:
        self._blob = blob
        self._hash = hashlib.sha256()
        self._size = 0
        try:
            self._file = path.open("rb", buffering=0)
        except FileNotFoundError:
            raise Refused(_CHANGED) from None

    def next(self) -> bytes:
        """The next chunk; at the end of the file nothing, once everything agrees."""
        chunk = self._file.read(CHUNK)
        self._hash.update(chunk)
        self._size += len(chunk)
        if self._size > self._blob.size or (not chunk and not self._agrees()):
            raise Refused(_CHANGED)
        return chunk

    def _agrees(self) -> bool:
        return self._size == self._blob.size and self._hash.hexdigest() == self._blob.sha256

    def close(self) -> None:
        self._file.close()


class Blobs:
    """The blob store below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def receive(self, org: str, chunks: AsyncIterator[bytes], cap: int) -> Blob:
        """Stores a stream of at most `cap` bytes for an org; refuses longer ones with PAYLOAD_TOO_LARGE.

        Nothing is left of what was refused, cut off or cancelled.
        """
        if not is_org(org):
            raise ValueError(f"expected the code of a service owner, but got {org!r}")
        incoming = await asyncio.to_thread(_Incoming, self._root, org)
        try:
            async for chunk in chunks:
                if incoming.size + len(chunk) > cap:
                    raise Refused(
                        Refusal(code="PAYLOAD_TOO_LARGE", expected=f"at most {cap} bytes", actual="more came")
                    )
                await asyncio.to_thread(incoming.write, chunk)
            return await asyncio.to_thread(incoming.finish)
        except BaseException:
            # No await here: a cancelled task must still clean up.
            incoming.drop()
            raise

    async def read(self, blob: Blob, start: int | None = None, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to, not including, `end`. Refuses with INTEGRITY when the file has changed.

        Small files are checked before the first byte; of larger ones the last chunk comes only when all agrees.
        """
        first, last = start or 0, blob.size if end is None else min(end, blob.size)
        withheld: list[bytes] = []
        async for chunk in _cut(self._chunks(blob), first, last):
            withheld.append(chunk)
            if blob.size > VERIFY_FIRST and len(withheld) > 1:
                yield withheld.pop(0)
        for chunk in withheld:
            yield chunk

    async def _chunks(self, blob: Blob) -> AsyncGenerator[bytes, None]:
        reader = await asyncio.to_thread(_Reader, self._path(blob.key), blob)
        try:
            while chunk := await asyncio.to_thread(reader.next):
                yield chunk
        finally:
            reader.close()

    async def delete(self, key: str) -> None:
        """Removes a file; one that is gone already is no error."""
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.match(key):
            raise ValueError(f"expected a key of this store, but got {key!r}")
        return self._root / key


async def _cut(chunks: AsyncIterator[bytes], first: int, last: int) -> AsyncGenerator[bytes, None]:
    """The part of a stream between two positions; the stream is read to its end, because its hash comes last."""
    at = 0
    async for chunk in chunks:
        piece = chunk[max(first - at, 0) : max(last - at, 0)]
        at += len(chunk)
        if piece:
            yield piece
