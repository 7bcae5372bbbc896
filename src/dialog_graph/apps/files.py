"""The files of an app folder as bytes: found, read within limits, hashed, packed and unpacked.

Rules: app folder §1.1 (root), §1.4 (limits), §1.6 (hash, archive), §2 (which paths are read). The rest of the loader
works on `Files` and never on a folder, so that a version compiles from the database as it does from disk.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from dialog_graph.model.diagnostic import Diags
from dialog_graph.urns import AppId

MAX_FILES = 2_000
MAX_TOTAL_BYTES = 64 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)

Contents: TypeAlias = Mapping[str, bytes]
"""Path below the app root with `/` between its parts -> the file's bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What was read of one app folder.

    `place`: what the folder's place says about its id, used for template ids only and not checked. `ignored`: paths
    that were seen and not read; `findings`: what reading met. Both are only for people, not kept in the archive.
    """

    contents: Contents
    place: AppId
    ignored: tuple[str, ...] = ()
    findings: Diags = ()
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        """Freezes the contents and takes their hash."""
        object.__setattr__(self, "contents", MappingProxyType(dict(self.contents)))
        object.__setattr__(self, "sha256", digest(self.contents))

    def matching(self, prefix: str, suffix: str = "") -> tuple[str, ...]:
        """Paths with this beginning and end, sorted."""
        return tuple(sorted(p for p in self.contents if p.startswith(prefix) and p.endswith(suffix)))

    def to_archive(self) -> bytes:
        """The contents and the place as one archive; equal files give equal bytes."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = str(self.place).encode()
            for path, content in sorted(self.contents.items()):
                info = zipfile.ZipInfo(path, _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, content)
        return buffer.getvalue()

    @staticmethod
    def from_archive(data: bytes) -> "Files":
        """The reverse of `to_archive`. The bytes are our own: anything else is a fault (ValueError)."""
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                _check_size(archive.infolist())
                contents = {info.filename: archive.read(info) for info in archive.infolist()}
                org, _, app = archive.comment.decode().partition("/")
        except (zipfile.BadZipFile, UnicodeDecodeError, EOFError) as error:
            raise ValueError("expected an archive of an app version, but it cannot be read") from error
        return Files(contents=contents, place=AppId(org, app))


def _check_size(members: Iterable[zipfile.ZipInfo]) -> None:
    if sum(member.file_size for member in members) > MAX_TOTAL_BYTES:
        raise ValueError(f"expected an archive of at most {MAX_TOTAL_BYTES} bytes, but it holds more")


def digest(contents: Contents) -> str:
    """sha256 over the sorted (path, bytes), each with its length before it; lower-case hex."""
    total = hashlib.sha256()
    for path, content in sorted(contents.items()):
        for part in (path.encode("utf-8", "surrogateescape"), content):
            total.update(len(part).to_bytes(8, "big"))
            total.update(part)
    return total.hexdigest()
